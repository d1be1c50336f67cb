"""What was answered before, as the next answer is judged by it: of each code only the latest time is read."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, ColumnElement, Select, bindparam, case, cast, func, literal_column, select

from hub.ledger.asked import asked_of
from hub.ledger.records import columns
from hub.ledger.writer import Transaction
from hub.tables import DeliveryRow, EnvelopeRow, EventRow, OrphanRow
from hub.tracking import Recall, Word, note, recall, word
from hub.vocabulary import Acknowledgement, StatusCode

DELIVERIES, ENVELOPES = columns(DeliveryRow), columns(EnvelopeRow)
EVENTS, ORPHANS = columns(EventRow), columns(OrphanRow)
#: The event of a document that a later one revokes, updates or replaces.
LINKED = "linked"
#: The codes about a recall.
RECALLS = frozenset({StatusCode.RECALL, StatusCode.RECALL_AGREED, StatusCode.RECALL_REFUSED})
# Written out, so that the partial index is used.
_IS_ANSWER = ENVELOPES.c.kind == literal_column("'acknowledgement'")


class Lives:
    """One transaction's answers and those before it, by document and by the recipient whom they concern."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._said: dict[tuple[str, str], dict[str, datetime]] = defaultdict(dict)
        #: who works on it by the latest 04, and since when
        self._assigned: dict[tuple[str, str], tuple[datetime, str]] = {}
        self._asking: set[str] = set()

    def look_up(self, documents: Collection[str], units: Collection[str], codes: Collection[str]) -> None:
        """Read what these units said about these documents, as far as answers of these codes need it."""
        if not documents:
            return
        dialect = self._transaction.connection.dialect.name
        wanted = {"documents": list(documents), "units": list(units)}
        for query in (_said(dialect), _waited(dialect)):
            for row in self._transaction.execute(query, wanted):
                self._note(row.about, row.unit, row.status, row)
                if row.status == StatusCode.ASSIGNED:
                    self._assign((row.about, row.unit), max(_moments(row)), row.person or "")
        if RECALLS & set(codes):
            self._look_up_asked(documents)
            self._look_up_links(documents)

    def judge(self, document: str, party: str, body: Acknowledgement, received_at: datetime) -> tuple[Word, bool]:
        """What an answer is after all before it, and whether it goes on: what the other side has, or cannot use, stays.

        `party`: the recipient of the document whom it concerns. From now on it is one of those before.
        """
        latest, at = self._said[document, party], body.at or received_at
        what = word(body.status, at, latest, document in self._asking)
        if body.status == StatusCode.ASSIGNED and self._assign((document, party), at, body.staff.staff):
            what = Word.EXPECTED if what is Word.REPEAT else what
        over = StatusCode.RECALL_AGREED in latest and what is not Word.UNKNOWN
        note(latest, body.status, at)
        return what, what is not Word.REPEAT and not over

    def knows(self, document: str, party: str, code: str) -> bool:
        """Whether this code was said before."""
        return code in self._said[document, party]

    def is_asked_back(self, document: str, party: str) -> bool:
        """Whether its sender asked this recipient to give it back, and was not told that it will not."""
        return recall(self._said[document, party]) in (Recall.ASKED, Recall.AGREED)

    def ask(self, document: str, party: str, at: datetime) -> None:
        """The document's sender asks this recipient to give it back."""
        note(self._said[document, party], StatusCode.RECALL.value, at)

    def _note(self, document: str, party: str, code: str, row: Any) -> None:
        for at in _moments(row):
            note(self._said[document, party], code, at)

    def _assign(self, key: tuple[str, str], at: datetime, person: str) -> bool:
        """Keep who works on it now. Whether that is somebody else than before."""
        since, before = self._assigned.get(key, (at, ""))
        if at < since:
            return False
        self._assigned[key] = (at, person)
        return person != before

    def _look_up_asked(self, documents: Collection[str]) -> None:
        connection, wanted = self._transaction.connection, {"documents": list(documents)}
        asked = [row for query in _asked(connection.dialect.name) for row in self._transaction.execute(query, wanted)]
        instead = asked_of(connection, {row.id for row in asked})
        for row in asked:
            self._note(row.about, instead.get(row.id, row.recipient), StatusCode.RECALL.value, row)

    def _look_up_links(self, documents: Collection[str]) -> None:
        wanted = {"documents": list(documents)}
        told = [(row, json.loads(row.data)) for row in self._transaction.execute(_LINKS, wanted)]
        revoking = {said["by"] for _, said in told if said["as"] == "revoke"}
        stopped = self._transaction.execute(_STOPPED, {"revoking": list(revoking)}).scalars() if revoking else ()
        revoking.difference_update(stopped)
        for row, said in told:
            for party in said["recipients"] if said["by"] in revoking else ():
                self.ask(row.envelope_id, party, row.at)
        kinds = self._transaction.execute(_KINDS, wanted)
        self._asking |= {row.id for row in kinds if not row.business_key.endswith("|0")}


def _moments(row: Any) -> list[datetime]:
    """The times that a row tells: the latest that was said, the latest reception of one without."""
    read = datetime.fromisoformat(row.at) if row.at else None
    return [at for at in (read, row.received) if at]


def _part(dialect: str, name: str) -> ColumnElement[Any]:
    if dialect == "sqlite":
        found: ColumnElement[Any] = func.json_extract(ENVELOPES.c.body, f"$.{name}")
        return found
    read: ColumnElement[Any] = cast(ENVELOPES.c.body, JSON)[tuple(name.split("."))].as_string()
    return read


def _times(dialect: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The latest time that was said, and the latest reception of one without a time."""
    at = _part(dialect, "at")
    return func.max(at).label("at"), func.max(case((at.is_(None), ENVELOPES.c.received_at))).label("received")


# Each built once: what a statement is made of costs more than running it.
_IN = ENVELOPES.c.about.in_(bindparam("documents", expanding=True))


@cache
def _said(dialect: str) -> Select[Any]:
    what = _what(dialect)
    query = select(ENVELOPES.c.about, ENVELOPES.c.origin.label("unit"), *what, *_times(dialect))
    mine = ENVELOPES.c.origin.in_(bindparam("units", expanding=True))
    return query.where(_IS_ANSWER, _IN, mine).group_by(ENVELOPES.c.about, ENVELOPES.c.origin, *what)


def _what(dialect: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The code, and of a 04 the person."""
    status = _part(dialect, "status")
    person = case((status == StatusCode.ASSIGNED.value, _part(dialect, "staff.staff")))
    return status.label("status"), person.label("person")


@cache
def _waited(dialect: str) -> Select[Any]:
    """The same of answers that waited for their document."""
    what = _what(dialect)
    query = select(ORPHANS.c.document.label("about"), ORPHANS.c.unit, *what, *_times(dialect))
    query = query.join(ENVELOPES, ENVELOPES.c.id == ORPHANS.c.envelope_id)
    known = ORPHANS.c.document.in_(bindparam("documents", expanding=True))
    mine = ORPHANS.c.unit.in_(bindparam("units", expanding=True))
    return query.where(known, mine).group_by(ORPHANS.c.document, ORPHANS.c.unit, *what)


@cache
def _asked(dialect: str) -> tuple[Select[Any], Select[Any]]:
    """The recalls that named these documents, and those that waited for them, by whom they went to."""
    at, went = _part(dialect, "at"), (DELIVERIES, DELIVERIES.c.envelope_id == ENVELOPES.c.id)
    when = (at.label("at"), case((at.is_(None), ENVELOPES.c.received_at)).label("received"))
    is_recall = _IS_ANSWER & (_part(dialect, "status") == StatusCode.RECALL.value)
    named = select(ENVELOPES.c.id, ENVELOPES.c.about, DELIVERIES.c.recipient, *when).join(*went)
    waited = select(ENVELOPES.c.id, ORPHANS.c.document.label("about"), DELIVERIES.c.recipient, *when).join(*went)
    waited = waited.join(ORPHANS, ORPHANS.c.envelope_id == ENVELOPES.c.id)
    known = ORPHANS.c.document.in_(bindparam("documents", expanding=True))
    return named.where(is_recall, _IN), waited.where(is_recall, known)


_LINKS = select(EVENTS.c.envelope_id, EVENTS.c.at, EVENTS.c.data).where(
    EVENTS.c.envelope_id.in_(bindparam("documents", expanding=True)), EVENTS.c.kind == LINKED
)
_KINDS = select(ENVELOPES.c.id, ENVELOPES.c.business_key).where(
    ENVELOPES.c.id.in_(bindparam("documents", expanding=True))
)
# A document that revokes and was withdrawn before it went asks nobody.
_STOPPED = select(ENVELOPES.c.id).where(
    ENVELOPES.c.id.in_(bindparam("revoking", expanding=True)), ENVELOPES.c.business_key == ""
)
