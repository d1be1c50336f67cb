"""Differences of conservation sheets that are known, and what was recorded of them: each once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection

from hub.ledger.balance import BOOKS, Cell, Difference, Sheet
from hub.ledger.chain import canonical
from hub.ledger.records import columns
from hub.ledger.writer import Transaction
from hub.tables import MetaRow
from hub.vocabulary import Event

META = columns(MetaRow)
_ALARMS, _RECONCILED = "unbalanced", "reconciled"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A difference, and on which day's sheet it is; None: on that of all days."""

    day: date | None
    difference: Difference


def alarms(connection: Connection) -> list[Alarm]:
    """The differences that are known and not settled."""
    said = connection.execute(select(META.c.value).where(META.c.key == _ALARMS)).scalar()
    return [_alarm(one) for one in json.loads(said)] if said else []


def reconciled(connection: Connection) -> date | None:
    """The last day whose sheet was made."""
    said = connection.execute(select(META.c.value).where(META.c.key == _RECONCILED)).scalar()
    return date.fromisoformat(said) if said else None


def note(transaction: Transaction, sheet: Sheet) -> list[Alarm]:
    """Take in what a sheet found, with an event for each difference that is new. Returns all that are known now.

    A day's sheet says nothing of other days; that of all days says everything.
    """
    before = alarms(transaction.connection)
    kept = [alarm for alarm in before if sheet.day and alarm.day != sheet.day]
    found = [Alarm(sheet.day, one) for one in sheet.differences if one not in {alarm.difference for alarm in kept}]
    known = {alarm.difference for alarm in before}
    for alarm in found:
        if alarm.difference not in known:
            said, unit = _said(alarm), alarm.difference.cell.unit
            transaction.record(Event("unbalanced", transaction.now, unit=unit, data=said))
    if before and not (kept or found):
        transaction.record(Event("balanced", transaction.now))
    _keep(transaction, _ALARMS, canonical([_said(alarm) for alarm in (*kept, *found)]))
    return [*kept, *found]


def close(transaction: Transaction, sheet: Sheet) -> list[Alarm]:
    """The same for the sheet of a day that is over, with an event that has its sums."""
    assert sheet.day
    units: dict[str, object] = {
        unit: {book: words for book in BOOKS if (words := sheet.book(unit, book))} for unit in sheet.units()
    }
    data: dict[str, object] = {
        "day": sheet.day.isoformat(),
        "units": units,
        "differences": len(sheet.differences),
    }
    transaction.record(Event("reconciled", transaction.now, data=data))
    mark(transaction, sheet.day)
    return note(transaction, sheet)


def mark(transaction: Transaction, day: date) -> None:
    """Remember this as the last day whose sheet need not be made any more."""
    _keep(transaction, _RECONCILED, day.isoformat())


def _keep(transaction: Transaction, key: str, value: str) -> None:
    transaction.execute(delete(META).where(META.c.key == key))
    transaction.execute(insert(META), [{"key": key, "value": value}])


def _said(alarm: Alarm) -> dict[str, Any]:
    return ({"day": alarm.day.isoformat()} if alarm.day else {}) | alarm.difference.data()


def _alarm(said: dict[str, Any]) -> Alarm:
    cell = Cell(said["unit"], said["book"], said["word"])
    day = date.fromisoformat(said["day"]) if "day" in said else None
    return Alarm(day, Difference(cell, said["rows"], said["events"], tuple(said["ids"])))
