"""Taking custody: every input becomes accepted, duplicate, refused or quarantined, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, or_, select, tuple_

from hub import identity
from hub.errors import Quarantined, Refused
from hub.ledger.again import outcomes
from hub.ledger.evidence import SEAL, seal
from hub.ledger.lanes import number
from hub.ledger.lives import Lives
from hub.ledger.proposal import Proposal, Verdict
from hub.ledger.recalls import TO_RECALL, Ask, link, named_by, revoked_by, stop
from hub.ledger.records import columns, delivery_row, envelope_row, input_row
from hub.ledger.writer import Transaction
from hub.tables import DeliveryRow, EnvelopeRow, InputRow, LaneRow
from hub.tracking import NEED_REASON, Word
from hub.vocabulary import (
    Acceptance,
    Acknowledgement,
    Business,
    DeliveryState,
    Document,
    Envelope,
    Event,
    StatusCode,
    new_id,
)

_NINE = frozenset(StatusCode)
_REVOKES = str(int(Business.REVOKE))
INPUTS, ENVELOPES, DELIVERIES, LANES = columns(InputRow), columns(EnvelopeRow), columns(DeliveryRow), columns(LaneRow)


@dataclass(frozen=True, slots=True)
class _Earlier:
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
    business: str
    recipients: dict[str, str]
    stopped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Judged:
    """An answer in its place: its document, the recipient whom it concerns, what it is, and whether it goes on."""

    document: _Earlier
    party: str
    word: Word
    goes_on: bool


class Intake:
    """One transaction's judgement. `answering` names the routes whose recipients' answers reach the origin."""

    def __init__(self, transaction: Transaction, answering: frozenset[str]) -> None:
        self._transaction, self._answering = transaction, answering
        self._inputs: list[dict[str, Any]] = []
        self._envelopes: list[dict[str, Any]] = []
        self._deliveries: list[dict[str, Any]] = []
        self._held: list[dict[str, Any]] = []
        self._same: dict[str, dict[str, _Earlier]] = {}
        self._marked: dict[tuple[str, str], dict[str, _Earlier]] = {}
        self._documents: list[_Earlier] = []
        self._lives = Lives(transaction)
        self._revoked: dict[str, list[str]] = {}
        self._asks: list[Ask] = []

    def accept(self, proposals: Sequence[Proposal]) -> list[Verdict]:
        """Judge all, write all."""
        self._transaction.alone()
        known = self._known(proposals)
        self._look_back([proposal for proposal in proposals if proposal.envelope and proposal.key not in known])
        verdicts = []
        for proposal in proposals:
            if proposal.key not in known:
                known[proposal.key] = self._judge(proposal)
            verdicts.append(known[proposal.key])
        self._write()
        if answers := stop(self._transaction, self._asks):
            Intake(self._transaction, self._answering).accept(answers)
        return verdicts

    # What came before

    def _known(self, proposals: Sequence[Proposal]) -> dict[tuple[str, str], Verdict]:
        keys = list({key for proposal in proposals for key in (proposal.key, proposal.name_at_source)})
        rows = self._transaction.execute(_KNOWN, {"keys": keys}).all()
        begun = [(row.unit, row.source_key) for row in rows if row.verdict == "reading"]
        if begun:
            self._transaction.execute(_FORGET, {"keys": begun})
        return outcomes(self._transaction, [row for row in rows if row.verdict != "reading"])

    def _look_back(self, proposals: Sequence[Proposal]) -> None:
        given = [(proposal, proposal.envelope.body) for proposal in proposals if proposal.envelope]
        answers = [(proposal, body) for proposal, body in given if isinstance(body, Acknowledgement)]
        documents = [(proposal, body) for proposal, body in given if isinstance(body, Document)]
        rows = self._same_documents({proposal.business_key for proposal, _ in documents})
        rows += self._same_answers([proposal for proposal, _ in answers])
        ids = {identity.document_id(body.response_for.document_id) for _, body in answers} - {""}
        ids |= {name for _, body in documents for name in named_by(body)}
        codes = {identity.fold(body.response_for.code) for _, body in answers} - {""}
        if ids or codes:
            rows += self._transaction.execute(_ANSWERED, {"ids": list(ids), "codes": list(codes)})
        self._remember_all(rows)
        self._look_up_lives(answers)

    def _remember_all(self, rows: Sequence[Row[Any]]) -> None:
        sent = self._recipients([row.id for row in rows])
        for row in rows:
            self._remember(row.business_key, _earlier(row, sent.get(row.id, {})))

    def _same_documents(self, keys: set[str]) -> list[Row[Any]]:
        return list(self._transaction.execute(_SAME, {"keys": list(keys)})) if keys else []

    def _same_answers(self, proposals: Sequence[Proposal]) -> list[Row[Any]]:
        """Of answers only those that say the very same: of a flood there may be thousands under one key."""
        keys = {proposal.business_key for proposal in proposals}
        marks = {mark for proposal in proposals for mark in _marks(proposal)}
        said = {"keys": list(keys), "marks": list(marks)}
        return list(self._transaction.execute(_SAME_ANSWERS, said)) if keys else []

    def _look_up_lives(self, answers: Sequence[tuple[Proposal, Acknowledgement]]) -> None:
        if {body.status for _, body in answers} & TO_RECALL:
            self._revoked = revoked_by(
                self._transaction, [one.id for one in self._documents if one.business == _REVOKES]
            )
            ids = {name for names in self._revoked.values() for name in names}
            self._remember_all(self._transaction.execute(_BY_ID, {"ids": list(ids)}).all() if ids else [])
        if answers:
            units = {unit for proposal, _ in answers for unit in proposal.stands_for(proposal.origin)}
            self._lives.look_up({known.id for known in self._documents}, units, {body.status for _, body in answers})

    def _recipients(self, envelope_ids: Sequence[str]) -> dict[str, dict[str, tuple[str, str]]]:
        found: dict[str, dict[str, tuple[str, str]]] = {}
        if envelope_ids:
            for row in self._transaction.execute(_SENT, {"envelopes": list(envelope_ids)}):
                found.setdefault(row.envelope_id, {})[row.recipient] = (row.route, row.state)
        return found

    def _remember(self, business_key: str, earlier: _Earlier) -> None:
        known = self._same.setdefault(business_key, {})
        if earlier.id not in known:
            known[earlier.id] = earlier
            for mark in (earlier.fingerprint, earlier.digest):
                self._marked.setdefault((business_key, mark), {})[earlier.id] = earlier
            if earlier.kind == "document":
                self._documents.append(earlier)

    # Judgement

    def _judge(self, proposal: Proposal) -> Verdict:
        try:
            if proposal.refused:
                raise proposal.refused
            assert proposal.envelope
            return self._take(proposal, proposal.envelope)
        except Quarantined as refused:
            self._note(proposal, "quarantined", refused=refused)
            return refused
        except Refused as refused:
            self._note(proposal, "refused", refused=refused)
            return refused

    def _take(self, proposal: Proposal, envelope: Envelope) -> Acceptance:
        if proposal.plan.echo:
            self._note(proposal, "echo")
            return Acceptance("", duplicate=True)
        document = self._answered(proposal) if isinstance(envelope.body, Acknowledgement) else None
        earlier = self._earlier_same(proposal, envelope)
        went = {recipient for same in earlier for recipient in same.recipients if recipient not in same.stopped}
        fresh = tuple(recipient for recipient in proposal.plan.recipients if not _had(proposal, recipient, went))
        unknown = tuple(code for code in proposal.plan.unknown if code not in went)
        # An answer that was kept and went nowhere is not worth another row either.
        if earlier and ((document and not went) or (not fresh and not unknown)):
            self._note(proposal, "duplicate", envelope_id=earlier[0].id, recipients=sorted(went))
            return Acceptance(earlier[0].id, duplicate=True, recipients=tuple(sorted(went)))
        judged = self._judged(proposal, envelope, document) if document else None
        if judged and not judged.goes_on:
            fresh = ()
        self._keep(proposal, envelope, fresh, unknown, judged)
        return Acceptance(envelope.id, duplicate=False, recipients=fresh, unknown=unknown)

    def _earlier_same(self, proposal: Proposal, envelope: Envelope) -> list[_Earlier]:
        """What came before with the same key and content. Raises Quarantined for other content of a new document."""
        known = self._same.get(proposal.business_key, {})
        same = {}
        for mark in _marks(proposal):
            same |= self._marked.get((proposal.business_key, mark), {})
        if known and not same and not proposal.decided and not identity.repeats_by_design(envelope.body):
            first = next(iter(known))
            raise Quarantined("conflict", f"Văn bản này đã được gửi với nội dung khác (mã tiếp nhận {first}).")
        return [same[name] for name in sorted(same)]

    def _answered(self, proposal: Proposal) -> _Earlier:
        """The document an answer is about. Raises Refused where the answer is not this unit's to give."""
        assert proposal.envelope
        body = proposal.envelope.body
        assert isinstance(body, Acknowledgement)
        named = identity.document_id(body.response_for.document_id)
        code = identity.fold(body.response_for.code)
        candidates = [known for known in self._documents if named and known.document_id == named]
        candidates = candidates or [known for known in self._documents if code and known.code == code]
        for document in reversed(candidates):
            if _may_answer(proposal, document):
                return self._meant(proposal, body.status, document)
        said = body.response_for.code or body.response_for.document_id or "?"
        reason = f"Không tìm thấy văn bản {said} mà đơn vị này đã nhận hoặc đã gửi qua trục."
        raise Refused("unknown-document", reason, "ResponseFor")

    def _meant(self, proposal: Proposal, code: str, document: _Earlier) -> _Earlier:
        """What agrees to a document that revokes, or does not, is about the one that is revoked."""
        behind = self._revoked.get(document.id, []) if code in TO_RECALL else []
        found = (known for known in self._documents if known.id in behind and _may_answer(proposal, known))
        return next(found, document)

    def _judged(self, proposal: Proposal, envelope: Envelope, document: _Earlier) -> _Judged:
        """What an answer is in its place, and whether it goes on: not of one whom only a route added, not again."""
        assert isinstance(envelope.body, Acknowledgement)
        party = _party(proposal, document)
        what, news = self._lives.judge(document.id, party, envelope.body, envelope.received_at)
        route = document.recipients.get(_addressed_as(proposal, document), "")
        return _Judged(document, party, what, news and not (route and route not in self._answering))

    # Writing

    def _note(
        self,
        proposal: Proposal,
        verdict: str,
        envelope_id: str = "",
        refused: Refused | None = None,
        **more: object,
    ) -> None:
        row = input_row(proposal, verdict, self._transaction.now, envelope_id, refused)
        self._inputs.append(row)
        if verdict != "accepted":
            said = ("name", "digest", "code", "reason", "place") if refused else ("name", "digest")
            data: dict[str, object] = {part: row[part] for part in said} | more | {SEAL: seal(row)}
            self._transaction.record(Event(verdict, self._transaction.now, envelope_id, "", proposal.unit, data))

    def _keep(
        self,
        proposal: Proposal,
        envelope: Envelope,
        fresh: tuple[str, ...],
        unknown: tuple[str, ...],
        judged: _Judged | None,
    ) -> None:
        self._note(proposal, "accepted", envelope.id)
        row = envelope_row(proposal, envelope, judged.document.id if judged else "")
        if judged:
            row["origin"] = _addressed_as(proposal, judged.document)
        self._envelopes.append(row)
        added = proposal.plan.added
        due_at = self._transaction.now + timedelta(seconds=proposal.hold)
        went = [self._deliver(envelope, recipient, due_at, route=added.get(recipient, "")) for recipient in fresh]
        buried = [self._bury(envelope, code, _why_unknown(proposal, code)) for code in unknown]
        data: dict[str, object] = {"digest": envelope.blob.digest, "size": envelope.blob.size, "kind": envelope.kind}
        data |= {"recipients": list(fresh), "name": proposal.incoming.name}
        data |= {"unknown": list(unknown)} if unknown else {}
        data |= {"repairs": list(envelope.repairs)} if envelope.repairs else {}
        data |= {"held_until": due_at.isoformat()} if proposal.hold and fresh else {}
        data |= {"test": True} if proposal.plan.trial else {}
        data |= {"inherited": dict(proposal.plan.inherited)} if proposal.plan.inherited else {}
        data |= _said(envelope.body, judged) if judged else {}
        named = self._named(proposal, envelope.body) if isinstance(envelope.body, Document) else {}
        data |= {"links": [list(pair) for pair in named.items()]} if named else {}
        data[SEAL] = seal(self._inputs[-1], row, went + buried)
        self._transaction.record(Event("accepted", self._transaction.now, envelope.id, "", proposal.unit, data))
        for dead in buried:
            said = {"reason": dead["reason"]}
            self._transaction.record(
                Event("dead", self._transaction.now, envelope.id, dead["id"], dead["recipient"], said)
            )
        link(self._transaction, envelope, proposal.unit, named, fresh)
        self._revoked[envelope.id] = [known for known, how in named.items() if how == "revoke"]
        self._ask(proposal, envelope, fresh, named, judged)
        recipients = {recipient: added.get(recipient, "") for recipient in (*fresh, *unknown)}
        parts = {name: row[name] for name in _PARTS} | {"business": _business(row["business_key"])}
        self._remember(row["business_key"], _Earlier(**parts, recipients=recipients))

    # What is asked back, updated or replaced

    def _named(self, proposal: Proposal, body: Document) -> dict[str, str]:
        """The earlier documents of the same sender that one points at, by their envelopes' ids, and as what."""
        named, mine = named_by(body), proposal.stands_for(proposal.origin)
        return {
            known.id: named[known.document_id]
            for known in (self._documents if named else ())
            if known.document_id in named and known.origin in mine and known.business != _REVOKES
        }

    def _ask(
        self,
        proposal: Proposal,
        envelope: Envelope,
        fresh: Sequence[str],
        named: Mapping[str, str],
        judged: _Judged | None,
    ) -> None:
        """Note whom this envelope asks to give a document back. One that is kept back for a while asks when it goes."""
        if judged and isinstance(envelope.body, Acknowledgement) and envelope.body.status == StatusCode.RECALL:
            target = fresh[0] if fresh else judged.party
            self._asks.append(Ask(proposal, envelope, judged.document.id, judged.party, target))
        revoked = [known for known in self._documents if named.get(known.id) == "revoke"]
        for known, target in product(revoked, fresh):
            for party in proposal.stands_for(target) & known.recipients.keys():
                self._lives.ask(known.id, party, envelope.received_at)
                if not proposal.hold:
                    self._asks.append(Ask(proposal, envelope, known.id, party, target))

    def _deliver(self, envelope: Envelope, recipient: str, due_at: datetime, route: str) -> dict[str, Any]:
        now = self._transaction.now
        state = DeliveryState.HELD if due_at > now else DeliveryState.WAITING
        row = delivery_row(new_id(now), envelope, recipient, state, now) | {"due_at": due_at, "route": route}
        if state is DeliveryState.HELD:
            # It gets its place in the lane when it goes, so that it holds nobody up; until then: what came first.
            row["seq"] = len(self._held)
            self._held.append(row)
        else:
            self._deliveries.append(row)
        return row

    def _bury(self, envelope: Envelope, code: str, reason: str) -> dict[str, Any]:
        now = self._transaction.now
        row = delivery_row(new_id(now), envelope, code, DeliveryState.DEAD, now) | {"reason": reason}
        self._deliveries.append(row)
        return row

    def _write(self) -> None:
        number(self._transaction, self._deliveries)
        self._transaction.execute(_NEW_INPUTS, self._inputs)
        self._transaction.execute(_NEW_ENVELOPES, self._envelopes)
        self._transaction.execute(_NEW_DELIVERIES, self._deliveries + self._held)


def _why_unknown(proposal: Proposal, code: str) -> str:
    return proposal.plan.reasons.get(code) or f"no unit or hub for {code}"


def _may_answer(proposal: Proposal, document: _Earlier) -> bool:
    """Whether it is this one's to say: who got it tells its sender, and only its sender asks one who got it (13)."""
    assert proposal.envelope
    assert isinstance(proposal.envelope.body, Acknowledgement)
    code, target = proposal.envelope.body.status, _target(proposal)
    if document.origin in proposal.stands_for(target) and code != StatusCode.RECALL:
        return proposal.outside or bool(proposal.stands_for(proposal.origin) & document.recipients.keys())
    was_ours = document.origin in proposal.stands_for(proposal.origin)
    asks = code == StatusCode.RECALL or code not in _NINE
    return asks and was_ours and bool(proposal.stands_for(target) & document.recipients.keys())


def _target(proposal: Proposal) -> str:
    return proposal.plan.recipients[0] if proposal.plan.recipients else ""


def _party(proposal: Proposal, document: _Earlier) -> str:
    """The recipient of the document whom an answer concerns: who says it, of a 13 who is asked."""
    assert proposal.envelope
    assert isinstance(proposal.envelope.body, Acknowledgement)
    if proposal.envelope.body.status != StatusCode.RECALL:
        return _addressed_as(proposal, document)
    target = _target(proposal)
    asked = proposal.stands_for(target) & document.recipients.keys()
    return target if target in asked or not asked else min(asked)


def _said(body: Document | Acknowledgement, judged: _Judged) -> dict[str, object]:
    """What an answer's event says of it beside the usual."""
    lacks = isinstance(body, Acknowledgement) and body.status in NEED_REASON and not body.description
    return ({} if judged.word is Word.EXPECTED else {"word": judged.word.value}) | (
        {"flags": ["no-reason"]} if lacks else {}
    )


def _marks(proposal: Proposal) -> tuple[str, str]:
    assert proposal.envelope
    return proposal.fingerprint, proposal.envelope.blob.digest


def _addressed_as(proposal: Proposal, document: _Earlier) -> str:
    """Whom the document went to of those that its answerer stands for: itself, else a unit that is no more."""
    mine = proposal.stands_for(proposal.origin) & document.recipients.keys()
    return min(mine) if mine and proposal.origin not in mine else proposal.origin


def _had(proposal: Proposal, recipient: str, went: set[str]) -> bool:
    """Whether it went there already, or to the unit whose place the recipient takes in this packet."""
    former = {gone for gone, heir in proposal.plan.inherited.items() if heir == recipient}
    return bool(({recipient} | former) & went)


def _earlier(row: Row[Any], went: Mapping[str, tuple[str, str]]) -> _Earlier:
    return _Earlier(
        **{name: getattr(row, name) for name in _PARTS},
        business=_business(row.business_key),
        recipients={recipient: route for recipient, (route, _) in went.items()},
        stopped=frozenset(name for name, (_, state) in went.items() if state == DeliveryState.WITHDRAWN.value),
    )


def _business(business_key: str) -> str:
    """What a document does, by its key: 0 is new, 1 revokes, 2 updates, 3 replaces."""
    return business_key.rpartition("|")[2]


# Built once: what a statement is made of costs more than running it.
_KEY = tuple_(INPUTS.c.unit, INPUTS.c.source_key).in_(bindparam("keys", expanding=True))
_KNOWN, _FORGET = select(INPUTS).where(_KEY), delete(INPUTS).where(_KEY)
_PARTS = ("id", "kind", "origin", "fingerprint", "digest", "document_id", "code")
_EARLIER = select(*(ENVELOPES.c[name] for name in (*_PARTS, "business_key"))).order_by(ENVELOPES.c.id)
_SAME = _EARLIER.where(ENVELOPES.c.business_key.in_(bindparam("keys", expanding=True)))
_SAME_ANSWERS = _SAME.where(
    or_(
        ENVELOPES.c.fingerprint.in_(bindparam("marks", expanding=True)),
        ENVELOPES.c.digest.in_(bindparam("marks", expanding=True)),
    )
)
_ANSWERED = _EARLIER.where(
    ENVELOPES.c.kind == "document",
    # A withdrawn one never came to anybody.
    ENVELOPES.c.business_key != "",
    or_(
        ENVELOPES.c.document_id.in_(bindparam("ids", expanding=True)),
        ENVELOPES.c.code.in_(bindparam("codes", expanding=True)),
    ),
)
_BY_ID = _EARLIER.where(ENVELOPES.c.id.in_(bindparam("ids", expanding=True)))
_SENT = select(*(DELIVERIES.c[name] for name in ("envelope_id", "recipient", "route", "state"))).where(
    DELIVERIES.c.envelope_id.in_(bindparam("envelopes", expanding=True))
)
_NEW_INPUTS, _NEW_ENVELOPES, _NEW_DELIVERIES = insert(INPUTS), insert(ENVELOPES), insert(DELIVERIES)
