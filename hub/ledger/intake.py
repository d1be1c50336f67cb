"""Taking custody: every input becomes accepted, duplicate, refused or quarantined, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, tuple_

from hub.errors import Quarantined, Refused
from hub.ledger.again import outcomes
from hub.ledger.duties import Dues
from hub.ledger.earlier import Earlier, addressed_as, asked_instead, kept, party, respelt
from hub.ledger.evidence import SEAL, seal
from hub.ledger.lanes import number
from hub.ledger.past import Past
from hub.ledger.proposal import Proposal, Verdict
from hub.ledger.recalls import Ask, Judged, asks_of, flags, link, stop
from hub.ledger.records import columns, delivery_row, envelope_row, input_row, orphan_row, orphan_said
from hub.ledger.writer import Transaction
from hub.tables import DeliveryRow, EnvelopeRow, InputRow, LaneRow, OrphanRow
from hub.vocabulary import (
    Acceptance,
    Acknowledgement,
    DeliveryState,
    Document,
    Envelope,
    Event,
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
        self._orphans: list[dict[str, Any]] = []
        self._past = Past(transaction)
        self._dues = Dues(transaction)
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
        self.stop()
        return verdicts

    def stop(self) -> None:
        """Stop what was asked back and has not gone; the hub says so in the recipients' place."""
        if answers := stop(self._transaction, self._asks):
            Intake(self._transaction, self._answering).accept(answers)

    # What came before

    def _known(self, proposals: Sequence[Proposal]) -> dict[tuple[str, str], Verdict]:
        keys = list({key for proposal in proposals for key in (proposal.key, proposal.name_at_source)})
        rows = self._transaction.execute(_KNOWN, {"keys": keys}).all()
        begun = [(row.unit, row.source_key) for row in rows if row.verdict == "reading"]
        if begun:
            self._transaction.execute(_FORGET, {"keys": begun})
        return outcomes(self._transaction, [row for row in rows if row.verdict != "reading"])

    def _look_back(self, proposals: Sequence[Proposal]) -> None:
        self._past.look_up(proposals)
        if self._past.documents:
            self._dues.look_up({known.id for known in self._past.documents})

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
        body, document = envelope.body, None
        if isinstance(body, Acknowledgement):
            document = self._past.answered(proposal, body)
        waits = isinstance(body, Acknowledgement) and document is None
        self._dues.look_up({document.id} if document else ())
        earlier = self._past.same_as(proposal)
        went = {recipient for same in earlier for recipient in same.recipients if recipient not in same.stopped}
        fresh = tuple(recipient for recipient in proposal.plan.recipients if not _had(proposal, recipient, went))
        unknown = tuple(code for code in proposal.plan.unknown if code not in went)
        if earlier and (waits or not (fresh or unknown) or (not went and self._said(proposal, document))):
            self._note(proposal, "duplicate", envelope_id=earlier[0].id, recipients=sorted(went))
            return Acceptance(earlier[0].id, duplicate=True, recipients=tuple(sorted(went)))
        judged = self._judged(proposal, envelope, document) if document else None
        if waits or (judged and not judged.goes_on):
            fresh = ()
        self._keep(proposal, envelope, fresh, unknown, judged)
        return Acceptance(envelope.id, duplicate=False, recipients=fresh, unknown=unknown)

    def _said(self, proposal: Proposal, document: Earlier | None) -> bool:
        """Whether this code was said about the document before: kept without going on, it is not worth another row."""
        body = proposal.envelope and proposal.envelope.body
        if document is None or not isinstance(body, Acknowledgement):
            return False
        return self._past.lives.knows(document.id, party(proposal, document), body.status)

    def _judged(self, proposal: Proposal, envelope: Envelope, document: Earlier) -> Judged:
        """What an answer is in its place, and whether it goes on: not of one whom only a route added, not again."""
        assert isinstance(envelope.body, Acknowledgement)
        whom = party(proposal, document)
        what, news = self._past.lives.judge(document.id, whom, envelope.body, envelope.received_at)
        route = document.recipients.get(addressed_as(proposal, document), "")
        return Judged(document, whom, what, news and not (route and route not in self._answering))

    # What waited for its document

    def claim(self, proposal: Proposal, document: Earlier, keys: Sequence[str]) -> list[dict[str, Any]]:
        """Send on an answer that waited, as if its document had been known. `keys`: what the same answer may be called.

        Returns the deliveries that this makes. `stop` is to be called once the match is recorded.
        """
        envelope = proposal.envelope
        assert envelope
        self._past.look_up_claimed(proposal, document, keys)
        went = {recipient for same in self._past.same_as(proposal) for recipient in same.recipients}
        judged = self._judged(proposal, envelope, document)
        fresh = [name for name in proposal.plan.recipients if judged.goes_on and name not in went]
        for recipient in fresh:
            self._deliver(envelope, recipient, self._transaction.now, route="")
        self._asks += asks_of(proposal, envelope, fresh, [], judged)
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
        judged: Judged | None,
    ) -> None:
        self._note(proposal, "accepted", envelope.id)
        document = judged.document if judged else None
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
        data |= flags(envelope.body, judged)
        data |= asked_instead(proposal, document, fresh) if document else {}
        named = self._past.named(proposal, envelope.body) if isinstance(envelope.body, Document) else {}
        data |= {"links": [list(pair) for pair in named.items()]} if named else {}
        owing = [each for each in fresh if not self._is_asked(proposal, each, named)]
        data |= self._dues.kept(proposal, envelope, owing, document.id if document else "")
        data[SEAL] = seal(self._inputs[-1], row, went + buried)
        self._transaction.record(Event("accepted", self._transaction.now, envelope.id, "", proposal.unit, data))
        for dead in buried:
            said = {"reason": dead["reason"]}
            self._transaction.record(
                Event("dead", self._transaction.now, envelope.id, dead["id"], dead["recipient"], said)
            )
        recipients = {recipient: added.get(recipient, "") for recipient in (*fresh, *unknown)}
        self._past.add(
            row["business_key"], kept(row, recipients), [one for one, how in named.items() if how == "revoke"]
        )
        self._ask(proposal, envelope, (*fresh, *unknown), named, judged)

    def _is_asked(self, proposal: Proposal, recipient: str, named: Mapping[str, str]) -> bool:
        """Whether it has the document that this one revokes: then its answer is owed about that."""
        if not named:
            return False
        units = proposal.stands_for(recipient)
        asked = [known for known in self._past.documents if named.get(known.id) == "revoke"]
        return any(unit in known.recipients for known in asked for unit in units)

    def _ask(
        self,
        proposal: Proposal,
        envelope: Envelope,
        addressed: Sequence[str],
        named: Mapping[str, str],
        judged: Judged | None,
    ) -> None:
        """Have documents bear what a later one does to them, and note whom this envelope asks to give one back."""
        documents = [known for known in self._past.documents if known.id in named] if named else []
        asks = asks_of(proposal, envelope, addressed, [one for one in documents if named[one.id] == "revoke"], judged)
        self._asks += asks
        for known in documents:
            mine = [ask for ask in asks if ask.document == known.id]
            parties = [ask.party for ask in mine]
            for each in parties:
                self._past.lives.ask(known.id, each, envelope.received_at)
            said = self._dues.asked(proposal, known.id, [ask.target for ask in mine], envelope.received_at)
            link(self._transaction, envelope, proposal.unit, known.id, named[known.id], parties or addressed, said)

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
_NEW_INPUTS, _NEW_ENVELOPES, _NEW_DELIVERIES = insert(INPUTS), insert(ENVELOPES), insert(DELIVERIES)
_NEW_ORPHANS = insert(ORPHANS)
