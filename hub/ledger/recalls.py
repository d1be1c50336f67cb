"""Documents that are asked back, updated or replaced: what they point at, and stopping what has not gone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from sqlalchemy import bindparam, select, update

from hub import identity
from hub.ledger.duties import Dues
from hub.ledger.earlier import Earlier
from hub.ledger.evidence import RECALLED
from hub.ledger.lives import LINKED
from hub.ledger.pledges import ENDED, OPENED, TAKEN
from hub.ledger.proposal import Proposal
from hub.ledger.records import columns
from hub.ledger.writer import Transaction
from hub.routing import Plan
from hub.tables import DeliveryRow, EventRow
from hub.tracking import NEED_REASON, Word
from hub.vocabulary import (
    Acknowledgement,
    Business,
    DeliveryState,
    Document,
    Envelope,
    Event,
    Incoming,
    Organization,
    Packet,
    Reference,
    StatusCode,
    new_id,
)

DELIVERIES, EVENTS = columns(DeliveryRow), columns(EventRow)
#: The answers to being asked a document back.
TO_RECALL = frozenset({StatusCode.RECALL_AGREED, StatusCode.RECALL_REFUSED})
UNASKED = "Nơi gửi đã dừng văn bản thu hồi trước khi chuyển."
STOPPED = "Nơi gửi đã thu hồi trước khi văn bản được chuyển."
_TESTIFIED = (
    "Trục liên thông tỉnh ghi nhận: văn bản chưa được chuyển tới nơi nhận, đã dừng chuyển theo yêu cầu thu hồi."
)
#: What a document of each business does to those that it names.
_WORDS = {Business.REVOKE: "revoke", Business.UPDATE: "update", Business.REPLACE: "replace"}


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer in its place: its document, the recipient whom it concerns, what it is, and whether it goes on."""

    document: Earlier
    party: str
    word: Word
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """One recipient of a document is asked to give it back."""

    #: the 13, or the document that revokes
    proposal: Proposal
    envelope: Envelope
    #: the envelope of the document that is asked back, and the recipient as it was addressed
    document: str
    party: str
    #: whom the asking goes to: that recipient, or who took its place
    target: str


def named_by(body: Document) -> dict[str, str]:
    """Which earlier documents a document of business 1 to 3 points at: normalised id -> revoke, update or replace."""
    business = body.business
    if business.type not in _WORDS:
        return {}
    named = [each.document_id for each in business.replacements] if business.type is Business.REPLACE else []
    if business.document_id or business.type is not Business.REPLACE:
        named.append(business.document_id or body.document_id)
    ids = [identity.document_id(name) for name in named]
    return {name: _WORDS[business.type] for name in ids if name}


def asks_of(
    proposal: Proposal, envelope: Envelope, went: Sequence[str], revoked: Iterable[Earlier], judged: Judged | None
) -> list[Ask]:
    """Whom an accepted envelope asks to give a document back, by a 13 or as one that revokes."""
    if judged and isinstance(envelope.body, Acknowledgement) and envelope.body.status == StatusCode.RECALL:
        return [Ask(proposal, envelope, judged.document.id, judged.party, went[0] if went else judged.party)]
    return [
        Ask(proposal, envelope, known.id, party, target)
        for known, target in product(revoked, went)
        for party in proposal.stands_for(target) & known.recipients.keys()
    ]


def flags(body: Document | Acknowledgement, judged: Judged | None) -> dict[str, object]:
    """What an answer's event says of it beside the usual."""
    if not isinstance(body, Acknowledgement):
        return {}
    lacks = {"flags": ["no-reason"]} if body.status in NEED_REASON and not body.description.strip() else {}
    return lacks | ({"word": judged.word.value} if judged and judged.word is not Word.EXPECTED else {})


def link(
    transaction: Transaction,
    envelope: Envelope,
    unit: str,
    document: str,
    how: str,
    recipients: Sequence[str],
    duties: Sequence[object],
) -> None:
    """Record with an earlier document what this one does to it, for which recipients, and what they owe for it."""
    assert isinstance(envelope.body, Document)
    data: dict[str, object] = {"by": envelope.id, "code": envelope.body.code, "as": how, "recipients": list(recipients)}
    data |= {OPENED: list(duties), TAKEN: envelope.received_at.isoformat()} if duties else {}
    transaction.record(Event(LINKED, transaction.now, document, unit=unit, data=data))


def revoked_by(transaction: Transaction, revoking: Sequence[str]) -> dict[str, list[str]]:
    """The documents that these revoke, by the envelopes' ids."""
    rows = transaction.execute(_ACCEPTED, {"envelopes": list(revoking)}).all() if revoking else []
    return {row.envelope_id: [one for one, _ in json.loads(row.data).get("links", ())] for row in rows}


def unasked(transaction: Transaction, dues: Dues, envelope_id: str, unit: str) -> None:
    """A document that revokes was withdrawn before it went: what is owed since it was accepted is void."""
    [documents] = revoked_by(transaction, [envelope_id]).values() or [[]]
    dues.look_up(documents)
    for row in transaction.execute(_LINKS, {"documents": documents}).all() if documents else ():
        said = json.loads(row.data)
        units = {one[0] for one in said.get(OPENED, ())} if said["by"] == envelope_id else set()
        void = dues.voided(row.envelope_id, units, StatusCode.RECALL_AGREED.value) if units else []
        if void:
            data: dict[str, object] = {ENDED: void, "reason": UNASKED}
            transaction.record(Event("duty-void", transaction.now, row.envelope_id, unit=unit, data=data))


def stop(transaction: Transaction, asks: Iterable[Ask]) -> list[Proposal]:
    """Stop what has not gone, with the asking itself. Returns what the hub answers in the recipients' place.

    What may have gone is left to go, and the asking follows it in the same lane.
    """
    # One that is kept back for a while asks when it goes: in the same lane, after its document.
    return [_answer(transaction, ask) for ask in asks if not ask.proposal.hold and _stopped(transaction, ask)]


def _stopped(transaction: Transaction, ask: Ask) -> bool:
    row = transaction.execute(_NOT_GONE, {"envelope": ask.document, "recipient": ask.party}).first()
    if row is None:
        return False
    _end(transaction, ask, row.id, ask.document, ask.party)
    mine = transaction.execute(_NOT_GONE, {"envelope": ask.envelope.id, "recipient": ask.target}).first()
    if mine is not None:
        _end(transaction, ask, mine.id, ask.envelope.id, ask.target)
    return True


def _end(transaction: Transaction, ask: Ask, delivery: str, envelope: str, recipient: str) -> None:
    transaction.execute(_STOP, {"key": delivery, "now": transaction.now})
    data: dict[str, object] = {"by": ask.envelope.id, "reason": STOPPED}
    transaction.record(Event(RECALLED, transaction.now, envelope, delivery, recipient, data))


def _answer(transaction: Transaction, ask: Ask) -> Proposal:
    """The hub's word that it was stopped. Its bytes are those of the asking, which caused it."""
    now, asking, body = transaction.now, ask.envelope, ask.envelope.body
    who = body.response_for if isinstance(body, Acknowledgement) else _reference(body)
    party = ask.proposal.parties.get(ask.target) or Organization(ask.party)
    about = Reference(body.sender.id, who.code, who.document_id, who.promulgation_date)
    said = Acknowledgement(party, about, StatusCode.RECALL_AGREED.value, now, _TESTIFIED)
    key, origin = f"recalled:{asking.id}:{ask.party}", ask.proposal.origin
    incoming = Incoming(key, asking.source_key, Packet(said), asking.blob)
    answer = Envelope(new_id(now), "", key, said, asking.blob, now)
    return Proposal("", incoming, ask.party, answer, Plan((origin,)), took_over=ask.proposal.took_over)


def _reference(body: Document) -> Reference:
    """What a document that revokes names."""
    day = f"{body.promulgation_date:%Y/%m/%d}" if body.promulgation_date else ""
    return Reference(body.sender.id, body.code, body.business.document_id or body.document_id, day)


# Built once: what a statement is made of costs more than running it.
_LINKS = select(EVENTS.c.envelope_id, EVENTS.c.data).where(
    EVENTS.c.envelope_id.in_(bindparam("documents", expanding=True)), EVENTS.c.kind == LINKED
)
_ACCEPTED = select(EVENTS.c.envelope_id, EVENTS.c.data).where(
    EVENTS.c.envelope_id.in_(bindparam("envelopes", expanding=True)), EVENTS.c.kind == "accepted"
)
_STATES = (DeliveryState.HELD.value, DeliveryState.WAITING.value, DeliveryState.DEFERRED.value)
_NOT_GONE = select(DELIVERIES.c.id).where(
    DELIVERIES.c.envelope_id == bindparam("envelope"),
    DELIVERIES.c.recipient == bindparam("recipient"),
    DELIVERIES.c.state.in_(_STATES),
    # An earlier attempt of this one may have arrived.
    DELIVERIES.c.possible_duplicate.is_(False),
)
_STOP = (
    update(DELIVERIES)
    .where(DELIVERIES.c.id == bindparam("key"))
    .values(state=DeliveryState.WITHDRAWN.value, ended_at=bindparam("now"), reason=STOPPED)
)
