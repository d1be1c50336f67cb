"""From a claimed drop to what the hub is offered: a packet with its bytes stored, or a refusal. Blocking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub import Blob, Context, Document, Incoming, Packet, Refused
from hub.standards import edxml
from hub.standards.addresses import AddressBook
from plugins.folderdrop import naming
from plugins.folderdrop.claims import Held
from plugins.folderdrop.clerk import mentions, names
from plugins.folderdrop.clerk.sending import opening, packing, placing, reasons
from plugins.folderdrop.clerk.sending.claiming import Claimed
from plugins.folderdrop.clerk.sending.drops import is_slip
from plugins.folderdrop.clerk.sending.judging import Facts, Paper, Reading, Ready, has_signs_of_secrecy, judge
from plugins.folderdrop.clerk.sending.looking import Inspector, seen
from plugins.folderdrop.clerk.sending.reasons import Reason
from plugins.folderdrop.clerk.sending.records import ANSWER, Enclosed, Posted

_FLASH = 3
#: The ledger's word for each answer.
_CODES = {
    "L2": "already-sent",
    "L3": "no-recipient",
    "L5": "unknown-addressee",
    "L6": "archive-alone",
    "L7": "no-number",
    "L8": "unreadable-file",
    "L10": "too-large",
    "L11": "former-unit",
    "L12": "program",
    "L15": "unsigned",
    "L16": "slip-alone",
}


class Secret(Exception):
    """It may be a state secret after all: to be put back, and forgotten."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the hub is offered, and what follows from its answer."""

    claimed: Claimed
    incoming: Incoming
    #: what is known of it, should the hub take it
    posted: Posted | None = None
    #: why it goes back, where that is known already
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the endpoint's settings say of sending; sizes in bytes, spans in seconds."""

    largest: int
    hold: float
    hold_flash: float
    signed_only: bool = False

    def held(self, urgency: int) -> float:
        """How long a document of that urgency is kept back."""
        return self.hold_flash if urgency >= _FLASH else self.hold


def refused(claimed: Claimed, reason: Reason, why: Refused | None = None) -> Offer:
    """An offer of something that goes back."""
    code = why.code if why else _CODES.get(reason.code, "refused")
    said = why or Refused(code, f"{reason.what} {reason.todo}".strip())
    return Offer(claimed, Incoming(claimed.key, naming.readable(claimed.name), said, None), reason=reason)


def unread(claimed: Claimed, now: datetime) -> Posted:
    """What is known of a drop that the hub has, and that could not be read again."""
    at, tail, called = now.isoformat(timespec="seconds"), claimed.id[-6:].upper(), naming.readable(claimed.name)
    return Posted(claimed.id, at, at, tail, placing.folder_for(called, tail, now), called, "", "", 0, ())


class Offerer:
    """Makes offers of claimed drops. One call at a time."""

    def __init__(self, context: Context, terms: Terms, inspector: Inspector) -> None:
        self._context, self._terms, self._inspector = context, terms, inspector

    def offer(
        self,
        helds: Mapping[str, Held],
        claimed: Claimed,
        book: AddressBook,
        sent: tuple[Posted, ...],
        note: Callable[[Claimed, Blob], Claimed],
    ) -> Offer:
        """Read the sealed files and store them as a packet; `note` writes down which.

        Raises Secret, Changed, NoRoom, StorageFailed, Damaged, OSError.
        """
        papers = {place: held for place, held in helds.items() if not is_slip(place.rpartition("/")[2])}
        if not papers:
            return refused(claimed, reasons.slip_alone())
        slips = opening.slips(helds, book)
        slip = slips[0] if slips else None
        looks = seen(self._inspector, papers)
        called = [claimed.name, *(part for place in papers for part in place.split("/"))]
        if has_signs_of_secrecy(called, list(looks.values()), slips):
            raise Secret
        if len(papers) == 1 and opening.is_packet_name(next(iter(papers))):
            return self._packet(claimed, next(iter(papers.items())), sent, note)
        read = tuple(Paper(place, held.look.size, held.digest(), looks[place]) for place, held in papers.items())
        facts = Facts(book, self._context.clock.now(), sent, self._terms.largest, self._terms.signed_only)
        verdict = judge(Reading(claimed.name, claimed.whole, claimed.to, read, slip), facts)
        if isinstance(verdict, Reason):
            return refused(claimed, verdict)
        offered = self._composed(claimed, verdict, papers, note)
        return replace(offered, posted=self._posted(offered, sent, verdict)) if offered.reason is None else offered

    def _composed(
        self, claimed: Claimed, ready: Ready, papers: Mapping[str, Held], note: Callable[[Claimed, Blob], Claimed]
    ) -> Offer:
        ordered = {each.place: (papers[each.place], each.digest) for each in ready.papers}
        document = edxml.draft(self._context.unit, ready.to, ready.outline)
        if not packing.is_stored(self._context.bodies, claimed.blob):
            blob = packing.packed(self._context.bodies, document, ordered, self._terms.largest)
            claimed = note(claimed, blob)
        assert claimed.blob
        packet = packing.read(self._context.bodies, claimed.blob)
        if isinstance(packet, Refused):
            return refused(claimed, reasons.hub_refused(packet), packet)
        hold = self._terms.held(ready.outline.urgency)
        return Offer(claimed, Incoming(claimed.key, naming.readable(claimed.name), packet, claimed.blob, hold))

    def _packet(
        self,
        claimed: Claimed,
        paper: tuple[str, Held],
        sent: tuple[Posted, ...],
        note: Callable[[Claimed, Blob], Claimed],
    ) -> Offer:
        """A packet that says everything itself. Raises Changed, NoRoom, StorageFailed, OSError."""
        held = paper[1]
        if held.look.size > self._terms.largest:
            return refused(claimed, reasons.too_large(held.look.size, self._terms.largest))
        packet = packing.peeked(held)
        if isinstance(packet, Refused):
            return refused(claimed, reasons.hub_refused(packet), packet)
        bodies, blob = self._context.bodies, claimed.blob
        if blob is None or not packing.is_stored(bodies, blob):
            blob = packing.stored(bodies, held, self._terms.largest)
        if not held.unchanged():
            raise packing.Changed
        claimed = note(claimed, blob)
        hold = self._terms.held(int(packet.body.urgency)) if isinstance(packet.body, Document) else 0.0
        offered = Offer(claimed, Incoming(claimed.key, naming.readable(claimed.name), packet, blob, hold))
        return replace(offered, posted=self._posted(offered, sent))

    def _posted(self, offered: Offer, sent: tuple[Posted, ...], ready: Ready | None = None) -> Posted:
        """What is to be known of a document, should the hub take it."""
        at, incoming = self._context.clock.now(), offered.incoming
        assert isinstance(incoming.packet, Packet)
        assert incoming.blob
        body, tail = incoming.packet.body, names.tail_of(offered.claimed.id, [each.tail for each in sent])
        document = body if isinstance(body, Document) else None
        day = document.promulgation_date if document else None
        code = document.code if document else ANSWER
        alone = Enclosed(incoming.name, incoming.blob.size, incoming.blob.digest)
        return Posted(
            id=offered.claimed.id,
            at=at.isoformat(timespec="seconds"),
            until=(at + timedelta(seconds=incoming.hold)).isoformat(timespec="seconds"),
            tail=tail,
            folder=placing.folder_for(code, tail, at),
            code=code,
            day=day.isoformat() if day else "",
            subject=document.subject if document else "",
            urgency=int(document.urgency) if document else 0,
            files=tuple(map(_enclosed, ready.papers)) if ready else (alone,),
            warnings=ready.warnings if ready else (),
            to=tuple(each.id for each in ready.to) if ready else (),
            replaces=mentions.replaced(document) if document else (),
            revokes=mentions.revoked(document) if document else (),
            updates=mentions.updated(document) if document else (),
            document_id=document.document_id if document else "",
            answers=mentions.answered(document) if document else (),
        )


def _enclosed(paper: Paper) -> Enclosed:
    look = paper.inspection
    return Enclosed(naming.readable(paper.place), paper.size, paper.digest, look.signed, look.signer, look.signed_at)
