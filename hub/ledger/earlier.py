"""What came before, as a new input is judged by it; which document an answer is about for certain."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select

from hub import identity
from hub.ledger.asked import ASKED_OF
from hub.ledger.proposal import Proposal
from hub.ledger.records import columns
from hub.ledger.writer import Transaction
from hub.matching import tolerant
from hub.tables import DeliveryRow, EnvelopeRow
from hub.vocabulary import Acknowledgement, DeliveryState, StatusCode

DELIVERIES, ENVELOPES = columns(DeliveryRow), columns(EnvelopeRow)
#: The newest deliveries to one who answers, among which a DocumentId in another spelling is looked for at once.
_NEWEST = 400
#: What only one who got a document can say of it.
_ANSWERS = frozenset(StatusCode) - {StatusCode.RECALL}
_RESPELT = "ResponseFor/DocumentId: "
_DAY = re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b")
_DAY_FIRST = re.compile(r"\b(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})\b")


@dataclass(frozen=True, slots=True)
class Earlier:
    """An envelope that came before, and whom it went to (recipient -> the route that added it).

    `stopped`: those of them whom it did not reach, since it was asked back before it went.
    """

    id: str
    kind: str
    origin: str
    fingerprint: str
    digest: str
    document_id: str
    code: str
    #: its date of promulgation, yyyymmdd; "" where its names bear none
    day: str
    #: of a document its business: 0 is new, 1 revokes, 2 updates, 3 replaces
    business: str
    recipients: dict[str, str]
    stopped: frozenset[str] = frozenset()


PARTS = ("id", "kind", "origin", "fingerprint", "digest", "document_id", "code")
EARLIER = select(*(ENVELOPES.c[name] for name in (*PARTS, "business_key"))).order_by(ENVELOPES.c.id)
# A withdrawn one never came to anybody.
IS_DOCUMENT = (ENVELOPES.c.kind == "document") & (ENVELOPES.c.business_key != "")


#: Whom an envelope went to: recipient -> the route that added it, and how the delivery stands.
Went = Mapping[str, tuple[str, str]]


def earlier(row: Row[Any], went: Went) -> Earlier:
    """Out of its row."""
    return kept(
        {name: getattr(row, name) for name in (*PARTS, "business_key")},
        {recipient: route for recipient, (route, _) in went.items()},
        frozenset(name for name, (_, state) in went.items() if state == DeliveryState.WITHDRAWN.value),
    )


def kept(row: Mapping[str, Any], recipients: dict[str, str], stopped: frozenset[str] = frozenset()) -> Earlier:
    """Out of the columns of a row, which need not be written yet."""
    parts, key = {name: row[name] for name in PARTS}, row["business_key"]
    return Earlier(**parts, day=day(key), business=key.rpartition("|")[2], recipients=recipients, stopped=stopped)


def recipients_of(transaction: Transaction, envelopes: Sequence[str]) -> dict[str, dict[str, tuple[str, str]]]:
    """Whom each of these went to."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    if envelopes:
        for row in transaction.execute(_SENT, {"envelopes": list(envelopes)}):
            found.setdefault(row.envelope_id, {})[row.recipient] = (row.route, row.state)
    return found


def day(text: str) -> str:
    """The first date in a text, yyyymmdd; "" where there is none."""
    if found := _DAY.search(text):
        year, month, of_month = found.groups()
    elif found := _DAY_FIRST.search(text):
        of_month, month, year = found.groups()
    else:
        return ""
    return f"{year}{month:0>2}{of_month:0>2}"


def by_names(body: Acknowledgement, documents: Iterable[Earlier]) -> list[Earlier]:
    """The documents that an answer names exactly: by their id, else by number and notation unless the date differs."""
    target = body.response_for
    named, code = identity.document_id(target.document_id), identity.fold(target.code)
    if found := [known for known in documents if named and known.document_id == named]:
        return found
    said = day(target.promulgation_date) or day(target.document_id)
    same = [known for known in documents if code and known.code == code]
    return [known for known in same if not said or not known.day or known.day == said]


def is_certain(proposal: Proposal, body: Acknowledgement, named: Iterable[Earlier]) -> bool:
    """Whether one of these is surely the document that is meant: by its id, or by its number and its sender."""
    said = identity.document_id(body.response_for.document_id)
    senders = proposal.stands_for(_target(proposal)) | proposal.stands_for(proposal.origin)
    return any((said and known.document_id == said) or known.origin in senders for known in named)


def may_answer(proposal: Proposal, document: Earlier) -> bool:
    """Whether it is this unit's to say: who got it answers its sender, and only its sender asks it back (13)."""
    target, code = _target(proposal), _code(proposal)
    if document.origin in proposal.stands_for(target) and code != StatusCode.RECALL:
        return proposal.outside or bool(proposal.stands_for(proposal.origin) & document.recipients.keys())
    was_ours = document.origin in proposal.stands_for(proposal.origin)
    return was_ours and code not in _ANSWERS and bool(proposal.stands_for(target) & document.recipients.keys())


def is_its_own(proposal: Proposal, document: Earlier) -> bool:
    """Whether it is this unit's to say, but for whom it says it to: of what it got, or sent and asks back."""
    mine, code = proposal.stands_for(proposal.origin), _code(proposal)
    if document.origin in mine and code not in _ANSWERS:
        return True
    return code != StatusCode.RECALL and (proposal.outside or bool(mine & document.recipients.keys()))


def names_nobody(proposal: Proposal) -> bool:
    """Whether the organisation that an answer is for is one that nobody knows, or its own."""
    return not proposal.plan.recipients


def _target(proposal: Proposal) -> str:
    return proposal.plan.recipients[0] if proposal.plan.recipients else ""


def _code(proposal: Proposal) -> str:
    assert proposal.envelope
    assert isinstance(proposal.envelope.body, Acknowledgement)
    return proposal.envelope.body.status


def party(proposal: Proposal, document: Earlier) -> str:
    """The recipient of the document whom an answer concerns: who says it, of a 13 who is asked."""
    if _code(proposal) != StatusCode.RECALL:
        return addressed_as(proposal, document)
    target = _target(proposal)
    asked = proposal.stands_for(target) & document.recipients.keys()
    return target if target in asked or not asked else min(asked)


def asked_instead(proposal: Proposal, document: Earlier, went: Collection[str]) -> dict[str, object]:
    """What the event of a 13 says where it goes to another than its document did: whom it concerns."""
    whom = party(proposal, document)
    elsewhere = _code(proposal) == StatusCode.RECALL and went and whom not in went
    return {ASKED_OF: whom} if elsewhere else {}


def addressed_as(proposal: Proposal, document: Earlier) -> str:
    """Whom the document went to of those that its answerer stands for: itself, else a unit that is no more."""
    mine = proposal.stands_for(proposal.origin) & document.recipients.keys()
    return min(mine) if mine and proposal.origin not in mine else proposal.origin


def respelt(said: str, document: Earlier) -> list[str]:
    """What was mended of an answer that has another id than its document, in words."""
    differs = bool(said and document.document_id and said != document.document_id)
    return [f"{_RESPELT}{document.document_id}"] if differs else []


def is_respelt(repairs: Iterable[str]) -> bool:
    """Whether that was mended."""
    return any(repair.startswith(_RESPELT) for repair in repairs)


class Nearby:
    """The newest documents that each unit got, by the tolerant form of their ids; each unit is read once."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._known: dict[str, dict[str, list[Row[Any]]]] = {}

    def named(self, proposal: Proposal, body: Acknowledgement) -> Earlier | None:
        """The one document, got by who answers, whose id the answer has in another spelling."""
        wanted = tolerant(body.response_for.document_id)
        if not wanted:
            return None
        units = proposal.stands_for(proposal.origin)
        got = [(unit, row) for unit in units for row in self._of(unit).get(wanted, ())]
        if len({row.document_id for _, row in got}) != 1:
            return None
        mine = [known for unit, row in got if may_answer(proposal, known := self._whole(unit, row))]
        return max(mine, key=lambda known: known.id, default=None)

    def _of(self, unit: str) -> dict[str, list[Row[Any]]]:
        if unit not in self._known:
            found = self._known[unit] = {}
            for row in self._transaction.execute(_NEAR, {"unit": unit, "most": _NEWEST}):
                found.setdefault(tolerant(row.document_id), []).append(row)
        return self._known[unit]

    def _whole(self, unit: str, near: Row[Any]) -> Earlier:
        row = self._transaction.execute(_BY_ID, {"envelope": near.id}).one()
        return earlier(row, {unit: (near.route, near.state)})


_SENT = select(*(DELIVERIES.c[name] for name in ("envelope_id", "recipient", "route", "state"))).where(
    DELIVERIES.c.envelope_id.in_(bindparam("envelopes", expanding=True))
)
_LATEST = (
    select(DELIVERIES.c.envelope_id, DELIVERIES.c.route, DELIVERIES.c.state)
    .where(DELIVERIES.c.recipient == bindparam("unit"))
    .order_by(DELIVERIES.c.id.desc())
    .limit(bindparam("most"))
    .subquery()
)
# Little of each: there are many, and nearly never is one of them meant.
_NEAR = (
    select(ENVELOPES.c.id, ENVELOPES.c.document_id, _LATEST.c.route, _LATEST.c.state)
    .join(_LATEST, _LATEST.c.envelope_id == ENVELOPES.c.id)
    .where(IS_DOCUMENT, ENVELOPES.c.document_id != "")
)
_BY_ID = EARLIER.where(ENVELOPES.c.id == bindparam("envelope"))
