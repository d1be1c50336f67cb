"""What is owed, as rows: opened with a document, ended by an answer, in the transaction of either.

An event says each of it. Its data `duties` opened [unit, code, due, rule], its data `met` ended [unit, code, state].
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, insert, literal_column, select, update
from sqlalchemy.sql.elements import ColumnElement

from hub.duties import GUI, Book, Owed, ending
from hub.ledger import records
from hub.ledger.lateness import met
from hub.ledger.pledges import ENDED, OPENED, TAKEN
from hub.ledger.proposal import Proposal
from hub.ledger.records import columns
from hub.ledger.writer import Transaction
from hub.tables import DutyRow, EnvelopeRow
from hub.vocabulary import Acknowledgement, Document, Envelope, Event, StatusCode, new_id

DUTIES, ENVELOPES = columns(DutyRow), columns(EnvelopeRow)
#: The states in which something is still owed.
OWED = ("open", "overdue", "paused")
#: [unit, code, due, rule], and [unit, code, state]
Said = list[list[str]]


def is_owed() -> ColumnElement[bool]:
    """The condition, written out so that the partial indexes are used."""
    return DUTIES.c.state.in_([literal_column(f"'{state}'") for state in OWED])


class Dues:
    """One transaction's duties: those opened in it, and those of the documents that were looked up."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._owed: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._seen: set[str] = set()
        self._new: list[dict[str, Any]] = []
        self._over: list[dict[str, Any]] = []

    def look_up(self, documents: Collection[str]) -> None:
        """Read what is still owed about these documents, by their envelopes' ids; `ended` sees these only."""
        fresh = set(documents) - self._seen
        self._seen |= fresh
        for row in self._transaction.execute(_OF, {"documents": list(fresh)}).mappings() if fresh else ():
            self._owed[row["envelope_id"]].append(dict(row))

    def kept(self, proposal: Proposal, envelope: Envelope, fresh: Collection[str], document: str) -> dict[str, object]:
        """What an accepted envelope does to duties, as its event's data. `document`: of an answer, its document's."""
        if isinstance(envelope.body, Document):
            said, over = self._of_document(proposal, envelope, fresh)
        elif document:
            said, over = self.of_answer(proposal, envelope.body, document, fresh, envelope.received_at)
        else:
            return {}
        return {name: what for name, what in ((OPENED, said), (ENDED, over)) if what}

    def _of_document(self, proposal: Proposal, envelope: Envelope, fresh: Collection[str]) -> tuple[Said, Said]:
        if proposal.plan.trial:
            return [], []
        at, own = envelope.received_at, proposal.sent
        owed = [owed for owed in proposal.owed if owed.unit in fresh]
        # Named after their document: cheaper than a fresh id for each.
        said = self._add(_row(f"{envelope.id}-{number}", envelope.id, each, at) for number, each in enumerate(owed))
        if own is None:
            return said, []
        state = "met" if own.met else "late"
        ended = {"state": state, "ended_at": self._transaction.now}
        row = _row(f"{envelope.id}-{GUI}", envelope.id, own.owed, at) | ended
        self._new.append(row)
        return [*said, _said(row)], [[row["unit"], row["code"], state]]

    def of_answer(
        self, proposal: Proposal, body: Acknowledgement, document: str, to: Collection[str], at: datetime
    ) -> tuple[Said, Said]:
        """What an answer that goes on to these opens and ends. One that goes to nobody asks nobody for anything."""
        over = self.ended(document, proposal.stands_for(proposal.origin), body.status, at, proposal.book)
        return self.asked(proposal, document, to, at) if body.status == StatusCode.RECALL else [], over

    def asked(self, proposal: Proposal, document: str, units: Collection[str], at: datetime) -> Said:
        """Open what these units owe who are asked to give this document back. Returns what is to be said."""
        if not units or proposal.book is None:
            return []
        carried = records.envelope(self._transaction.execute(_DOCUMENT, {"id": document}).one())
        assert isinstance(carried.body, Document)
        # By the hub's time of now: an answer that waited for its document asks them only today.
        owed = proposal.book.recalled(carried.body, [*units], max(at, self._transaction.now))
        return self.opened(document, self.missing(document, owed), at)

    def opened(self, document: str, owed: Iterable[Owed], at: datetime) -> Said:
        """Open duties about a document. Returns what an event's data `duties` is to say."""
        return self._add(_row(new_id(at), document, each, at) for each in owed)

    def _add(self, fresh: Iterable[dict[str, Any]]) -> Said:
        rows = list(fresh)
        self._new += rows
        for row in rows:
            self._owed[row["envelope_id"]].append(row)
        return [_said(row) for row in rows]

    def missing(self, document: str, owed: Iterable[Owed]) -> list[Owed]:
        """Those of them that are not owed already."""
        have = {(row["unit"], row["code"]) for row in self._owed[document]}
        return [each for each in owed if (each.unit, each.code) not in have]

    def ended(
        self, document: str, units: Collection[str], answered: str, at: datetime, book: Book | None = None
    ) -> Said:
        """End what an answer of these units meets or makes void; `at`: when the hub took it. Returns what `met` says.

        In time is what came until `due_at`, "late" what came after; by `book`, where given, a deadline that a late
        delivery put off is counted anew.
        """
        mine = [row for row in self._owed.get(document, ()) if row["unit"] in units]
        over = [(row, ending(row["code"], answered)) for row in mine]
        state = partial(met, self._transaction, at=at, book=book)
        return [self._end(row, "void" if end == "void" else state(row)) for row, end in over if end]

    def voided(self, document: str, units: Collection[str] = (), code: str = "") -> Said:
        """End as void what is owed about a document, by these units or by all, of this code or of all.

        Returns what `met` is to say.
        """
        rows = [row for row in self._owed.get(document, ()) if not units or row["unit"] in units]
        rows = [row for row in rows if not code or row["code"] == code]
        return [self._end(row, "void") for row in rows]

    def _end(self, row: dict[str, Any], state: str) -> list[str]:
        row |= {"state": state, "ended_at": self._transaction.now}
        self._owed[row["envelope_id"]].remove(row)
        self._over.append(row)
        return [row["unit"], row["code"], state]

    def write(self) -> None:
        """Write the rows."""
        self._transaction.execute(_OPEN, self._new)
        over = [
            {"key": row["id"], "end": row["state"], "now": row["ended_at"], "due": row["due_at"]} for row in self._over
        ]
        self._transaction.execute(_END, over)


def matched(transaction: Transaction, proposal: Proposal, document: str, to: Collection[str]) -> None:
    """Open and end what an answer does that found its document after it had been accepted, with events of their own.

    `to`: whom it goes on to. In time is what the hub had in time.
    """
    answer, dues = proposal.envelope, Dues(transaction)
    assert answer
    assert isinstance(answer.body, Acknowledgement)
    dues.look_up([document])
    said, over = dues.of_answer(proposal, answer.body, document, to, answer.received_at)
    taken = answer.received_at.isoformat()
    _record(transaction, "duty-met", document, {ENDED: over, "answer": answer.id}, over)
    _record(transaction, "duty-opened", document, {OPENED: said, TAKEN: taken, "answer": answer.id}, said)
    dues.write()


def void(transaction: Transaction, document: str, units: Collection[str], reason: str) -> Said:
    """End as void what these units (none: all) still owe about a document, with an event of its own."""
    dues = Dues(transaction)
    dues.look_up([document])
    said = dues.voided(document, units)
    _record(transaction, "duty-void", document, {ENDED: said, "reason": reason}, said)
    dues.write()
    return said


def _record(transaction: Transaction, kind: str, document: str, data: Mapping[str, object], said: Said) -> None:
    if said:
        unit = said[0][0] if len({each[0] for each in said}) == 1 else ""
        transaction.record(Event(kind, transaction.now, document, unit=unit, data=dict(data)))


def _row(key: str, document: str, owed: Owed, at: datetime) -> dict[str, Any]:
    return {
        "id": key,
        "envelope_id": document,
        "unit": owed.unit,
        "code": owed.code,
        "rule": owed.rule,
        "opened_at": at,
        "due_at": owed.due_at,
        "next_at": owed.next_at,
        "state": "open",
        "ended_at": None,
        "reminded": 0,
    }


def _said(row: Mapping[str, Any]) -> list[str]:
    return [row["unit"], row["code"], row["due_at"].isoformat(), row["rule"]]


# Built once: what a statement is made of costs more than running it.
_OF = (
    select(DUTIES)
    .where(DUTIES.c.envelope_id.in_(bindparam("documents", expanding=True)), is_owed())
    .order_by(DUTIES.c.id)
)
_DOCUMENT = select(ENVELOPES).where(ENVELOPES.c.id == bindparam("id"))
_OPEN = insert(DUTIES)
_END = (
    update(DUTIES)
    .where(DUTIES.c.id == bindparam("key"))
    .values(state=bindparam("end"), ended_at=bindparam("now"), due_at=bindparam("due"))
)
