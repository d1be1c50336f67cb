"""A look into the files that a clerk dropped. Their bytes and texts stay in memory, and no longer than the look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hub.standards.secrecy import is_secret, page_is_secret
from plugins.folderdrop.clerk.sending import firstpage, kinds, ole, pdf, zips
from plugins.folderdrop.clerk.sending.kinds import Form
from plugins.folderdrop.clerk.sending.pdf import USUAL, Limits, Look
from plugins.folderdrop.clerk.sending.records import Inspection, Kind
from plugins.folderdrop.clerk.sending.window import Window
from plugins.folderdrop.clerk.sending.zips import Contents

#: bytes of one file that are read in this process
_BUDGET = 6 << 20

# What `Inspection.detail` may say.
MACRO = "macro"
LOCKED = "locked"
UNREADABLE = "unreadable"
#: it could not be looked into, which proves nothing against it: its name and its slip are all that is known
NOT_READ = "not-read"
#: a PDF that starts a script or a program when it is opened
ACTIVE = "active"


def inspect(descriptor: int, name: str, limits: Limits = USUAL) -> Inspection:
    """What one open regular file is; its descriptor stays open, its position where it was. Blocks. Raises OSError."""
    return inspect_all([(descriptor, name)], limits)[0]


def inspect_all(files: Sequence[tuple[int, str]], limits: Limits = USUAL) -> list[Inspection]:
    """What each open regular file (descriptor, name) is, in their order; one child reads all PDFs. Raises OSError."""
    seen = [_seen(descriptor, name) for descriptor, name in files]
    looks = iter(
        pdf.look([descriptor for (descriptor, _), found in zip(files, seen, strict=True) if not found], limits)
    )
    return [_named(found or _of_pdf(next(looks)), name) for (_, name), found in zip(files, seen, strict=True)]


def _seen(descriptor: int, name: str) -> Inspection | None:
    """What this process finds out by itself; None for a PDF."""
    window = Window(descriptor, _BUDGET)
    head = window.at(0, kinds.HEAD)
    match kinds.form_of(head):
        case Form.PDF, _:
            return None
        case Form.ZIP, _:
            return _of_container(zips.look(window), name)
        case Form.OLE, _:
            return _of_container(ole.look(window), name)
        case _, kind:
            return _of_plain(kind, head, name)


def _of_plain(kind: Kind, head: bytes, name: str) -> Inspection:
    promised = kinds.by_name(name)
    if kinds.is_broken_promise(kind, head, name):
        return Inspection(promised or kind, damaged=True, detail=UNREADABLE)
    if promised is Kind.EDXML and kind in (Kind.TEXT, Kind.OTHER):
        # A broken packet is refused as one, with its place.
        return Inspection(promised)
    if kind is Kind.TEXT:
        return Inspection(kind, secret=page_is_secret(head.decode("utf-8", "replace")))
    return Inspection(promised or kind if kind is Kind.OTHER else kind)


def _of_container(found: Contents, name: str) -> Inspection:
    if found.macro:
        return Inspection(Kind.PROGRAM, detail=MACRO)
    if found.damaged or found.locked:
        kind = kinds.by_name(name) or found.kind
        return Inspection(kind, damaged=True, detail=LOCKED if found.locked else UNREADABLE)
    return _of_text(Inspection(found.kind), found.text)


def _of_pdf(found: Look) -> Inspection:
    if found.state in ("damaged", "locked"):
        return Inspection(Kind.PDF, damaged=True, detail=LOCKED if found.state == "locked" else UNREADABLE)
    seen = Inspection(Kind.PDF, signed=bool(found.signatures), detail=ACTIVE if found.active else "")
    if found.signatures:
        # The agency signs after its leader, and a field is added at the end: the last one is its own.
        name, at = found.signatures[-1]
        seen = replace(seen, signer=firstpage.clean(name), signed_at=firstpage.signed_at(at))
    return _of_text(seen, found.text)


def _of_text(seen: Inspection, text: str | None) -> Inspection:
    if text is None:
        return replace(seen, detail=NOT_READ)
    return replace(seen, secret=page_is_secret(text), day=firstpage.day_of(text))


def _named(seen: Inspection, name: str) -> Inspection:
    """Besides, what its name alone says."""
    if kinds.runs_by_name(name):
        seen = replace(seen, kind=Kind.PROGRAM, damaged=False)
    return replace(seen, secret=seen.secret or is_secret(name))
