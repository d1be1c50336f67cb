"""What came before the inputs of one transaction, as far as they need it: looked up at once, then grown by each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, or_

from hub import identity
from hub.errors import Quarantined, Refused
from hub.ledger.earlier import (
    EARLIER,
    IS_DOCUMENT,
    Earlier,
    Nearby,
    by_names,
    earlier,
    is_certain,
    is_its_own,
    may_answer,
    names_nobody,
    recipients_of,
)
from hub.ledger.lives import Lives
from hub.ledger.proposal import Proposal
from hub.ledger.recalls import TO_RECALL, named_by, revoked_by
from hub.ledger.records import columns
from hub.ledger.writer import Transaction
from hub.tables import EnvelopeRow
from hub.vocabulary import Acknowledgement, Business, Document

ENVELOPES = columns(EnvelopeRow)
_REVOKES = str(int(Business.REVOKE))


class Past:
    """Earlier envelopes by their names and content, and the answers to those that are documents."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._by_key: dict[str, dict[str, Earlier]] = {}
        self._by_mark: dict[tuple[str, str], dict[str, Earlier]] = {}
        self.documents: list[Earlier] = []
        #: of those that revoke: what they revoke
        self._revoked: dict[str, list[str]] = {}
        self._nearby = Nearby(transaction)
        self._near: set[tuple[str, str]] = set()
        self.lives = Lives(transaction)

    def look_up(self, proposals: Sequence[Proposal]) -> None:
        """Read what these need."""
        given = [(proposal, proposal.envelope.body) for proposal in proposals if proposal.envelope]
        answers = [(proposal, body) for proposal, body in given if isinstance(body, Acknowledgement)]
        documents = [(proposal, body) for proposal, body in given if isinstance(body, Document)]
        rows = self._same_documents({proposal.business_key for proposal, _ in documents})
        rows += self._same_answers([proposal for proposal, _ in answers])
        ids = {identity.document_id(body.response_for.document_id) for _, body in answers} - {""}
        ids |= {name for _, body in documents for name in named_by(body)}
        codes = {identity.fold(body.response_for.code) for _, body in answers} - {""}
        if ids or codes:
            rows += self._transaction.execute(_NAMED, {"ids": list(ids), "codes": list(codes)})
        self._add(rows)
        if {body.status for _, body in answers} & TO_RECALL:
            self._look_behind()
        self.look_up_lives(self.documents, [proposal for proposal, _ in answers])

    def look_up_lives(self, documents: Iterable[Earlier], answers: Sequence[Proposal]) -> None:
        """Read what was answered before about these documents, as these answers need it."""
        bodies = [proposal.envelope.body for proposal in answers if proposal.envelope]
        codes = {body.status for body in bodies if isinstance(body, Acknowledgement)}
        names = {name for proposal in answers for name in (proposal.origin, *proposal.plan.recipients)}
        units = {unit for proposal in answers for name in names for unit in proposal.stands_for(name)}
        if answers:
            self.lives.look_up({known.id for known in documents}, units, codes)

    def look_up_claimed(self, proposal: Proposal, document: Earlier, keys: Sequence[str]) -> None:
        """Read what an answer needs that waited for this document. `keys`: what the same answer may be called."""
        assert proposal.envelope
        marks = [proposal.fingerprint, proposal.envelope.blob.digest]
        rows = self._transaction.execute(_SAME_ANSWERS, {"keys": list(keys), "marks": marks}).all()
        rows = [row for row in rows if row.id != proposal.envelope.id]
        sent = recipients_of(self._transaction, [row.id for row in rows])
        for row in rows:
            self.add(proposal.business_key, earlier(row, sent.get(row.id, {})))
        self.look_up_lives([document], [proposal])

    def add(self, key: str, one: Earlier, revoked: Sequence[str] = ()) -> None:
        """From now on it came before. `revoked`: the documents that it revokes."""
        known = self._by_key.setdefault(key, {})
        if one.id in known:
            return
        known[one.id] = one
        for mark in (one.fingerprint, one.digest):
            self._by_mark.setdefault((key, mark), {})[one.id] = one
        if one.kind == "document":
            self.documents.append(one)
        if revoked:
            self._revoked[one.id] = list(revoked)

    # What it says of a new one

    def same_as(self, proposal: Proposal) -> list[Earlier]:
        """What came before with the same key and content. Raises Quarantined for other content of a new document."""
        assert proposal.envelope
        key, known = proposal.business_key, self._by_key.get(proposal.business_key, {})
        same: dict[str, Earlier] = {}
        for mark in (proposal.fingerprint, proposal.envelope.blob.digest):
            same |= self._by_mark.get((key, mark), {})
        if known and not same and not proposal.decided and not identity.repeats_by_design(proposal.envelope.body):
            reason = f"Văn bản này đã được gửi với nội dung khác (mã tiếp nhận {next(iter(known))})."
            raise Quarantined("conflict", reason)
        return [same[name] for name in sorted(same)]

    def answered(self, proposal: Proposal, body: Acknowledgement) -> Earlier | None:
        """The document an answer is about; None where it waits for it. Raises Refused where it is not its to give."""
        named = by_names(body, self.documents)
        mine = [document for document in reversed(named) if may_answer(proposal, document)]
        if mine:
            # One that was stopped on its way did not reach who answers.
            reached = next((document for document in mine if proposal.origin not in document.stopped), mine[0])
            return self._meant(proposal, body.status, reached)
        if near := self._nearby.named(proposal, body):
            self._look_up_near(proposal, near)
            return near
        if not is_certain(proposal, body, named):
            return None
        if names_nobody(proposal) and any(is_its_own(proposal, document) for document in named):
            return None
        said = body.response_for.code or body.response_for.document_id or "?"
        reason = f"Không tìm thấy văn bản {said} mà đơn vị này đã nhận hoặc đã gửi qua trục."
        raise Refused("unknown-document", reason, "ResponseFor")

    def _look_up_near(self, proposal: Proposal, near: Earlier) -> None:
        """Read what was answered before about one that was not among those looked up."""
        key = near.id, proposal.origin
        if key not in self._near:
            self._near.add(key)
            self.look_up_lives([near], [proposal])

    def named(self, proposal: Proposal, body: Document) -> dict[str, str]:
        """The earlier documents of its sender that one revokes, updates or replaces: envelope id -> which of these."""
        names, mine = named_by(body), proposal.stands_for(proposal.origin)
        return {
            known.id: names[known.document_id]
            for known in (self.documents if names else ())
            if known.document_id in names and known.origin in mine and known.business != _REVOKES
        }

    def _meant(self, proposal: Proposal, code: str, document: Earlier) -> Earlier:
        """What agrees to a document that revokes, or does not, is about the one that is revoked."""
        behind = self._revoked.get(document.id, []) if code in TO_RECALL else []
        found = (known for known in self.documents if known.id in behind and may_answer(proposal, known))
        return next(found, document)

    # Reading

    def _add(self, rows: Sequence[Row[Any]]) -> None:
        sent = recipients_of(self._transaction, [row.id for row in rows])
        for row in rows:
            self.add(row.business_key, earlier(row, sent.get(row.id, {})))

    def _same_documents(self, keys: set[str]) -> list[Row[Any]]:
        return list(self._transaction.execute(_SAME, {"keys": list(keys)})) if keys else []

    def _same_answers(self, proposals: Sequence[Proposal]) -> list[Row[Any]]:
        """Of answers only those that say the very same: of a flood there may be thousands under one key."""
        marks = {proposal.fingerprint for proposal in proposals}
        marks |= {proposal.envelope.blob.digest for proposal in proposals if proposal.envelope}
        said: Mapping[str, Any] = {
            "keys": list({proposal.business_key for proposal in proposals}),
            "marks": list(marks),
        }
        return list(self._transaction.execute(_SAME_ANSWERS, said)) if proposals else []

    def _look_behind(self) -> None:
        """Read what the documents that revoke are about."""
        revoking = [known.id for known in self.documents if known.business == _REVOKES]
        self._revoked = revoked_by(self._transaction, revoking)
        ids = [name for names in self._revoked.values() for name in names]
        self._add(self._transaction.execute(_BY_ID, {"ids": ids}).all() if ids else [])


# Built once: what a statement is made of costs more than running it.
_SAME = EARLIER.where(ENVELOPES.c.business_key.in_(bindparam("keys", expanding=True)))
_SAME_ANSWERS = _SAME.where(
    or_(
        ENVELOPES.c.fingerprint.in_(bindparam("marks", expanding=True)),
        ENVELOPES.c.digest.in_(bindparam("marks", expanding=True)),
    )
)
_NAMED = EARLIER.where(
    IS_DOCUMENT,
    or_(
        ENVELOPES.c.document_id.in_(bindparam("ids", expanding=True)),
        ENVELOPES.c.code.in_(bindparam("codes", expanding=True)),
    ),
)
_BY_ID = EARLIER.where(ENVELOPES.c.id.in_(bindparam("ids", expanding=True)))
