"""Taking custody: every input becomes accepted, duplicate, refused or quarantined, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, tuple_

from hub import identity
from hub.errors import Quarantined, Refused
from hub.ledger.again import outcomes
from hub.ledger.duties import Dues
from hub.ledger.earlier import (
    EARLIER,
    IS_DOCUMENT,
    PARTS,
    Earlier,
    Nearby,
    addressed_as,
    by_names,
    day,
    earlier,
    is_certain,
    may_answer,
    recipients_of,
    respelt,
)
from hub.ledger.evidence import SEAL, seal
from hub.ledger.lanes import number
from hub.ledger.proposal import Proposal, Verdict
from hub.ledger.records import columns, delivery_row, envelope_row, input_row, orphan_row, orphan_said
from hub.ledger.writer import Transaction
from hub.tables import DeliveryRow, EnvelopeRow, InputRow, LaneRow, OrphanRow
from hub.vocabulary import (
    Acceptance,
    Acknowledgement,
    DeliveryState,
    Envelope,
    Event,
    StatusCode,
    new_id,
)

INPUTS, ENVELOPES, DELIVERIES, LANES = columns(InputRow), columns(EnvelopeRow), columns(DeliveryRow), columns(LaneRow)
ORPHANS = columns(OrphanRow)


class Intake:
    """One transaction's judgement. `answering` names the routes whose recipients' answers reach the origin."""

    def __init__(self, transaction: Transaction, answering: frozenset[str]) -> None:
        self._transaction, self._answering = transaction, answering
        self._inputs: list[dict[str, Any]] = []
        self._envelopes: list[dict[str, Any]] = []
        self._deliveries: list[dict[str, Any]] = []
        self._held: list[dict[str, Any]] = []
        self._same: dict[str, list[Earlier]] = {}
        self._documents: list[Earlier] = []
        self._orphans: list[dict[str, Any]] = []
        self._nearby = Nearby(transaction)
        self._dues = Dues(transaction)

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
        keys = {proposal.business_key for proposal in proposals}
        answers = [p.envelope.body for p in proposals if p.envelope and isinstance(p.envelope.body, Acknowledgement)]
        ids = {identity.document_id(body.response_for.document_id) for body in answers} - {""}
        codes = {identity.fold(body.response_for.code) for body in answers} - {""}
        rows = self._transaction.execute(_SAME, {"keys": list(keys)}).all() if keys else []
        if ids or codes:
            rows = [*rows, *self._transaction.execute(_ANSWERED, {"ids": list(ids), "codes": list(codes)})]
        sent = recipients_of(self._transaction, [row.id for row in rows])
        for row in rows:
            self._remember(row.business_key, earlier(row, sent.get(row.id, {})))
        if answers:
            self._dues.look_up({known.id for known in self._documents})

    def _remember(self, business_key: str, earlier: Earlier) -> None:
        if earlier.id not in {known.id for known in self._same.setdefault(business_key, [])}:
            self._same[business_key].append(earlier)
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
        waits = isinstance(envelope.body, Acknowledgement) and document is None
        earlier = self._earlier_same(proposal, envelope)
        went = {recipient for same in earlier for recipient in same.recipients}
        fresh = tuple(recipient for recipient in proposal.plan.recipients if not _had(proposal, recipient, went))
        unknown = tuple(code for code in proposal.plan.unknown if code not in went)
        if earlier and (waits or (not fresh and not unknown)):
            self._note(proposal, "duplicate", envelope_id=earlier[0].id, recipients=sorted(went))
            return Acceptance(earlier[0].id, duplicate=True, recipients=tuple(sorted(went)))
        if waits or (document and not self._forwarded(proposal, envelope, document)):
            fresh = ()
        self._keep(proposal, envelope, fresh, unknown, document)
        return Acceptance(envelope.id, duplicate=False, recipients=fresh, unknown=unknown)

    def _earlier_same(self, proposal: Proposal, envelope: Envelope) -> list[Earlier]:
        """What came before with the same key and content. Raises Quarantined for other content of a new document."""
        known = self._same.get(proposal.business_key, [])
        marks = {proposal.fingerprint, envelope.blob.digest}
        same = [earlier for earlier in known if marks & {earlier.fingerprint, earlier.digest}]
        if known and not same and not proposal.decided and not identity.repeats_by_design(envelope.body):
            raise Quarantined("conflict", f"Văn bản này đã được gửi với nội dung khác (mã tiếp nhận {known[0].id}).")
        return same

    def _answered(self, proposal: Proposal) -> Earlier | None:
        """The document an answer is about; None where it waits for it. Raises Refused where it is not its to give."""
        assert proposal.envelope
        body = proposal.envelope.body
        assert isinstance(body, Acknowledgement)
        named = by_names(body, self._documents)
        for document in reversed(named):
            if may_answer(proposal, document):
                return document
        if near := self._nearby.named(proposal, body):
            return near
        if not is_certain(proposal, body, named):
            return None
        said = body.response_for.code or body.response_for.document_id or "?"
        reason = f"Không tìm thấy văn bản {said} mà đơn vị này đã nhận hoặc đã gửi qua trục."
        raise Refused("unknown-document", reason, "ResponseFor")

    def _forwarded(self, proposal: Proposal, envelope: Envelope, document: Earlier) -> bool:
        """Whether an answer goes on: not a second "arrived", not of one whom only a route added."""
        assert isinstance(envelope.body, Acknowledgement)
        route = document.recipients.get(addressed_as(proposal, document), "")
        if route and route not in self._answering:
            return False
        again = self._same.get(proposal.business_key, [])
        return not (again and envelope.body.status == StatusCode.ARRIVED)

    # What waited for its document

    def claim(self, proposal: Proposal, document: Earlier, keys: Sequence[str]) -> list[dict[str, Any]]:
        """Send on an answer that waited, as if its document had been known. `keys`: what the same answer may be called.

        Returns the deliveries that this makes.
        """
        envelope = proposal.envelope
        assert envelope
        rows = [row for row in self._transaction.execute(_SAME, {"keys": keys}) if row.id != envelope.id]
        sent = recipients_of(self._transaction, [row.id for row in rows])
        for row in rows:
            self._remember(proposal.business_key, earlier(row, sent.get(row.id, {})))
        went = {recipient for same in self._earlier_same(proposal, envelope) for recipient in same.recipients}
        if self._forwarded(proposal, envelope, document):
            for recipient in proposal.plan.recipients:
                if recipient not in went:
                    self._deliver(envelope, recipient, self._transaction.now, route="")
        self._write()
        return self._deliveries

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
        document: Earlier | None,
    ) -> None:
        self._note(proposal, "accepted", envelope.id)
        row = envelope_row(proposal, envelope, document.id if document else "")
        if document:
            row["origin"] = addressed_as(proposal, document)
            row["repairs"] += respelt(row["document_id"], document)
        self._envelopes.append(row)
        added = proposal.plan.added
        due_at = self._transaction.now + timedelta(seconds=proposal.hold)
        went = [self._deliver(envelope, recipient, due_at, route=added.get(recipient, "")) for recipient in fresh]
        buried = [self._bury(envelope, code, _why_unknown(proposal, code)) for code in unknown]
        data: dict[str, object] = {"digest": envelope.blob.digest, "size": envelope.blob.size, "kind": envelope.kind}
        data |= {"recipients": list(fresh), "name": proposal.incoming.name}
        data |= {"unknown": list(unknown)} if unknown else {}
        data |= {"repairs": row["repairs"]} if row["repairs"] else {}
        data |= {"held_until": due_at.isoformat()} if proposal.hold and fresh else {}
        data |= {"test": True} if proposal.plan.trial else {}
        data |= {"inherited": dict(proposal.plan.inherited)} if proposal.plan.inherited else {}
        if document is None and isinstance(envelope.body, Acknowledgement):
            self._orphans.append(orphan_row(row, self._transaction.now))
            data |= orphan_said(proposal)
        data |= self._dues.kept(proposal, envelope, fresh, document.id if document else "")
        data[SEAL] = seal(self._inputs[-1], row, went + buried)
        self._transaction.record(Event("accepted", self._transaction.now, envelope.id, "", proposal.unit, data))
        for dead in buried:
            said = {"reason": dead["reason"]}
            self._transaction.record(
                Event("dead", self._transaction.now, envelope.id, dead["id"], dead["recipient"], said)
            )
        recipients = {recipient: added.get(recipient, "") for recipient in (*fresh, *unknown)}
        parts = {name: row[name] for name in PARTS}
        self._remember(row["business_key"], Earlier(**parts, day=day(row["business_key"]), recipients=recipients))

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
        self._transaction.execute(_NEW_ORPHANS, self._orphans)
        self._dues.write()


def _why_unknown(proposal: Proposal, code: str) -> str:
    return proposal.plan.reasons.get(code) or f"no unit or hub for {code}"


def _had(proposal: Proposal, recipient: str, went: set[str]) -> bool:
    """Whether it went there already, or to the unit whose place the recipient takes in this packet."""
    former = {gone for gone, heir in proposal.plan.inherited.items() if heir == recipient}
    return bool(({recipient} | former) & went)


# Built once: what a statement is made of costs more than running it.
_KEY = tuple_(INPUTS.c.unit, INPUTS.c.source_key).in_(bindparam("keys", expanding=True))
_KNOWN, _FORGET = select(INPUTS).where(_KEY), delete(INPUTS).where(_KEY)
_SAME = EARLIER.where(ENVELOPES.c.business_key.in_(bindparam("keys", expanding=True)))
_ANSWERED = EARLIER.where(
    IS_DOCUMENT,
    or_(
        ENVELOPES.c.document_id.in_(bindparam("ids", expanding=True)),
        ENVELOPES.c.code.in_(bindparam("codes", expanding=True)),
    ),
)
_NEW_INPUTS, _NEW_ENVELOPES, _NEW_DELIVERIES = insert(INPUTS), insert(ENVELOPES), insert(DELIVERIES)
_NEW_ORPHANS = insert(ORPHANS)
