"""What makes two packets the same document, or the same answer. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from hub.vocabulary import Acknowledgement, Business, Document, Reference, StatusCode

DOCUMENTS = TypeAdapter(Document)
ACKNOWLEDGEMENTS = TypeAdapter(Acknowledgement)
#: What belongs to one journey of a document, not to what it says.
_CARRIAGE: Any = {"to": True, "trace": True, "attachments": {"__all__": {"content_id", "offset", "length"}}}


def fold(text: str) -> str:
    """Text for comparing: NFC, trimmed, lower case, "-" and "/" of dates alike in a DocumentId's middle."""
    return unicodedata.normalize("NFC", text).strip().casefold()


def document_id(text: str) -> str:
    """A mã định danh văn bản for comparing: "organ,yyyy/MM/dd,code" or anything else, never parsed strictly."""
    parts = fold(text).split(",")
    if len(parts) >= 3:
        parts[1] = parts[1].replace("-", "/")
    return ",".join(part.strip() for part in parts)


def business_key(body: Document | Acknowledgement, origin: str) -> str:
    """The same for two packets that mean the same document (or answer) of one sender."""
    if isinstance(body, Acknowledgement):
        target = body.response_for
        named = document_id(target.document_id) or f"{fold(target.code)} {fold(target.promulgation_date)}"
        return f"{origin}|{named}|{body.status}|{fold(target.organ_id)}"
    named = document_id(body.document_id) or f"{fold(body.code)} {body.promulgation_date}"
    return f"{origin}|{named}|{int(body.business.type)}"


def naming(answer: Acknowledgement, document: Document) -> Acknowledgement:
    """The answer with its document named as that names itself; whom it is for stays, where it asks for a recall."""
    day = f"{document.promulgation_date:%Y/%m/%d}" if document.promulgation_date else ""
    to = answer.response_for.organ_id if answer.status == StatusCode.RECALL else document.sender.id
    return replace(answer, response_for=Reference(to, document.code, document.document_id, day))


def fingerprint(body: Document | Acknowledgement) -> str:
    """SHA-256 (hex) over what the sender said: no addressees, no hops, no byte positions."""
    if isinstance(body, Acknowledgement):
        # Only where there is one: answers from before it was kept are recognised too.
        left_out = set() if body.at_text else {"at_text"}
        return hashlib.sha256(ACKNOWLEDGEMENTS.dump_json(body, exclude=left_out)).hexdigest()
    return hashlib.sha256(DOCUMENTS.dump_json(body, exclude=_CARRIAGE)).hexdigest()


def repeats_by_design(body: Document | Acknowledgement) -> bool:
    """Recalls, updates and replacements bear an earlier id on purpose; so do progress answers."""
    return isinstance(body, Acknowledgement) or body.business.type is not Business.NEW
