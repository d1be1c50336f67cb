"""Answers that name no document for certain: they wait until a person, or evidence, says which one is meant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from hub import identity
from hub.duties import Book
from hub.errors import HubError
from hub.ledger import duties
from hub.ledger.chain import canonical
from hub.ledger.desk import NotFound
from hub.ledger.earlier import IS_DOCUMENT, Earlier, addressed_as, asked_instead, earlier, recipients_of
from hub.ledger.intake import Intake
from hub.ledger.proposal import Proposal
from hub.ledger.records import columns, envelope
from hub.ledger.strays import DISCARDED, MATCHED, PAIRED, pairing
from hub.ledger.writer import Transaction
from hub.routing import Plan
from hub.tables import EnvelopeRow, EventRow, OrphanRow
from hub.vocabulary import Acknowledgement, Document, Event, Incoming, Organization, Packet

ENVELOPES, EVENTS, ORPHANS = columns(EnvelopeRow), columns(EventRow), columns(OrphanRow)


class NotAllowed(HubError):
    """A person may say which document an answer is about only of those that its unit received or sent."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a matched answer goes; nowhere where its sender is told already, or asked for no answers."""

    recipients: tuple[str, ...]
    urgency: int


def match(
    transaction: Transaction,
    answering: frozenset[str],
    envelope_id: str,
    document_id: str,
    how: str,
    book: Book | None = None,
) -> Sent:
    """Say which document a waiting answer is about, and send it on as if that had been known when it came.

    `book`: the rules of what is owed where it asks the document back, and of whether it came in time.
    Raises NotFound where the answer does not wait or there is no such document, NotAllowed where it is not its unit's.
    """
    transaction.alone()
    waiting = _waiting(transaction, envelope_id)
    document, body = _document(transaction, document_id)
    proposal = replace(_addressed(_proposal(transaction, waiting, body), document), book=book)
    intake = Intake(transaction, answering)
    rows = intake.claim(proposal, document, [waiting.business_key, proposal.business_key])
    unit, to = addressed_as(proposal, document), [row["recipient"] for row in rows]
    _end(transaction, envelope_id, state="matched", document=document.id, how=how, unit=unit)
    data: dict[str, object] = {"document": document.id, "how": how, "recipients": to, PAIRED: pairing(rows)}
    data |= asked_instead(proposal, document, to)
    delivery = rows[0]["id"] if rows else ""
    transaction.record(Event(MATCHED, transaction.now, envelope_id, delivery, unit, data))
    duties.matched(transaction, proposal, document.id, to)
    intake.stop()
    return Sent(tuple(to), waiting.urgency)


def discard(transaction: Transaction, envelope_id: str, reason: str) -> None:
    """Let a waiting answer wait no longer: it goes nowhere. Raises NotFound where it does not wait."""
    waiting = _waiting(transaction, envelope_id)
    _end(transaction, envelope_id, state="discarded", document="", how=reason, unit=waiting.origin)
    transaction.record(Event(DISCARDED, transaction.now, envelope_id, "", waiting.origin, {"reason": reason}))


def note(transaction: Transaction, found: Sequence[tuple[str, list[dict[str, object]]]]) -> None:
    """Keep for people which documents come near each of these answers, best first."""
    transaction.execute(_NOTE, [{"answer": name, "found": canonical(near)} for name, near in found])


def _waiting(transaction: Transaction, envelope_id: str) -> Row[Any]:
    row: Row[Any] | None = transaction.execute(_WAITING, {"answer": envelope_id}).first()
    if row is None:
        raise NotFound(f"no answer waits under the id {envelope_id}")
    return row


def _document(transaction: Transaction, document_id: str) -> tuple[Earlier, Document]:
    row = transaction.execute(_DOCUMENT, {"document": document_id}).first()
    if row is None:
        raise NotFound(f"no document under the id {document_id}")
    body = envelope(row).body
    assert isinstance(body, Document)
    return earlier(row, recipients_of(transaction, [row.id]).get(row.id, {})), body


def _proposal(transaction: Transaction, row: Row[Any], document: Document) -> Proposal:
    """The answer as it was laid before the ledger, but naming its document as that names itself."""
    said = json.loads(transaction.execute(_SAID, {"answer": row.id}).scalar())
    came = envelope(row)
    assert isinstance(came.body, Acknowledgement)
    asked = Organization(came.body.response_for.organ_id)
    carried = replace(came, body=identity.naming(came.body, document))
    return Proposal(
        row.unit,
        Incoming(row.source_key, "", Packet(carried.body), carried.blob),
        origin=row.origin,
        envelope=carried,
        plan=Plan(tuple(said["to"])),
        outside=said.get("outside", False),
        took_over={unit: frozenset(former) for unit, former in said.get("stands", {}).items()},
        parties=dict.fromkeys(said["to"], asked),
    )


def _addressed(proposal: Proposal, document: Earlier) -> Proposal:
    """To whom it goes now: to the sender of what its unit got, or to one that got what its unit sent."""
    target = proposal.plan.recipients[0] if proposal.plan.recipients else ""
    mine, asked = proposal.stands_for(proposal.origin), proposal.stands_for(target) & document.recipients.keys()
    from_target = document.origin in proposal.stands_for(target)
    if mine & document.recipients.keys() or (proposal.outside and from_target):
        to = target if from_target else document.origin
    elif document.origin in mine and (asked or len(document.recipients) == 1):
        to = target if asked else next(iter(document.recipients))
    elif document.origin in mine:
        raise NotAllowed(
            f"Văn bản {document.id} đã gửi nhiều nơi, hồi báo không ghi nơi nào trong số đó "
            "(it went to several, and the answer names none of them)."
        )
    else:
        raise NotAllowed(
            f"{proposal.origin} không nhận và không gửi văn bản {document.id} (neither received nor sent by that unit)."
        )
    return replace(proposal, plan=Plan((to,) if to else ()))


def _end(transaction: Transaction, envelope_id: str, **row: str) -> None:
    transaction.execute(_END, {"answer": envelope_id, **{f"new_{name}": value for name, value in row.items()}})


# Built once: what a statement is made of costs more than running it.
_IS_WAITING = ORPHANS.c.state == "waiting"
_WAITING = (
    select(ENVELOPES)
    .join(ORPHANS, ORPHANS.c.envelope_id == ENVELOPES.c.id)
    .where(ENVELOPES.c.id == bindparam("answer"), _IS_WAITING)
)
_DOCUMENT = select(ENVELOPES).where(ENVELOPES.c.id == bindparam("document"), IS_DOCUMENT)
_SAID = select(EVENTS.c.data).where(EVENTS.c.envelope_id == bindparam("answer"), EVENTS.c.kind == "accepted")
_OF_ANSWER = update(ORPHANS).where(ORPHANS.c.envelope_id == bindparam("answer"), _IS_WAITING)
_END = _OF_ANSWER.values({name: bindparam(f"new_{name}") for name in ("state", "document", "how", "unit")})
_NOTE = _OF_ANSWER.values(candidates=bindparam("found"))
