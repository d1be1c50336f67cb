"""Earlier documents that a document names, as people write them: "320/UBND-VP ngày 20/11/2026". Pure."""

from __future__ import annotations

from hub import Document
from plugins.folderdrop.clerk import texts
from plugins.folderdrop.clerk.cases import RECALL, UPDATE

_MOST = 20


def replaced(document: Document) -> tuple[str, ...]:
    """Those whose place it takes."""
    return tuple(_named(each.document_id) for each in document.business.replacements[:_MOST])


def revoked(document: Document) -> tuple[str, ...]:
    """The one that it wants back."""
    return _changed(document, RECALL)


def updated(document: Document) -> tuple[str, ...]:
    """The one that it changes."""
    return _changed(document, UPDATE)


def earlier(document: Document) -> tuple[str, ...]:
    """All that it wants back, changes or replaces."""
    return (*revoked(document), *updated(document), *replaced(document))


def _changed(document: Document, kind: int) -> tuple[str, ...]:
    asks = document.business
    return (_named(asks.document_id),) if int(asks.type) == kind and asks.document_id else ()


def answered(document: Document) -> tuple[str, ...]:
    """Those it replies to."""
    said = ((each.code or each.document_id, each.promulgation_date) for each in document.response_for[:_MOST])
    return tuple(_dated(code, day) for code, day in said if code)


def _named(document_id: str) -> str:
    """An id of the form "organ,yyyy/MM/dd,code" says all three; another stays as it is."""
    parts = document_id.split(",", 2)
    return _dated(parts[2], parts[1]) if len(parts) == 3 else _dated(document_id, "")


def _dated(code: str, day: str) -> str:
    shown = texts.line(texts.day(day), 20)
    return f"{texts.line(code, 60)}{f' ngày {shown}' if shown else ''}"
