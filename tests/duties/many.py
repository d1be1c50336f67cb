"""What duties cost: `python -m tests.duties many [--duties 100000] [--documents 3000]`.

A tick with nothing to do must not grow with what is open; a document must not cost much more for what it opens.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from hub.calendar import USUAL, WorkCalendar
from hub.directory import Directory
from hub.duties import Book, Subject
from hub.ledger import Ledger, Proposal
from hub.ledger.duties import DUTIES
from hub.ledger.writer import Transaction
from hub.minding import Minder
from hub.reminding import Herald
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document
from hub.vocabulary import Document, new_id
from tests.duties.rows import envelope_of

#: How much slower a tick may be with all of them open than with few, and how slow at most, in seconds.
FLAT, SLOWEST = 3.0, 0.05
_UNITS = [f"dv-{number}" for number in range(36)]
_NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
_FEW, _TICKS, _BATCH = 1000, 60, 64


@dataclass(frozen=True, slots=True)
class Costs:
    """The figures, in seconds; those of a document are of this process's own time."""

    duties: int
    #: one tick with nothing to do, with few duties open and with all
    few: float
    many: float
    #: as many steps as one transaction takes, with all open
    batch: float
    #: the first lines of `hub duties`
    shown: float
    #: a document with one recipient: without duties, with them, and the judging of its rules alone
    without: float
    owing: float
    judging: float

    @property
    def flat(self) -> bool:
        """Whether the tick keeps its promise."""
        return self.many <= max(FLAT * self.few, SLOWEST)

    def __str__(self) -> str:
        return (
            f"tick with {_FEW} open {self.few * 1e3:.2f} ms, with {self.duties} {self.many * 1e3:.2f} ms; "
            f"200 steps {self.batch * 1e3:.0f} ms; the first 200 of {self.duties} {self.shown * 1e3:.0f} ms; "
            f"a document {self.without * 1e6:.0f} us, with a duty {self.owing * 1e6:.0f} us "
            f"(rules {self.judging * 1e6:.0f} us)"
        )


async def measure(duties: int, documents: int) -> Costs:
    """Measure in a folder of its own."""
    clock, book = ManualClock(_NOW), Book(WorkCalendar((USUAL,)), subjects={unit: Subject(unit) for unit in _UNITS})
    with tempfile.TemporaryDirectory() as folder:
        async with Ledger("sqlite", Path(folder), "hub", clock) as ledger:
            without, owing, judging = await _documents(ledger, book, documents)
            minder = _minder(ledger, clock, book)
            await _open(ledger, _FEW)
            few = await _tick(minder, clock)
            await _open(ledger, duties - _FEW)
            many = await _tick(minder, clock)
            clock.jump(86_400 * 102)
            began = time.perf_counter()
            await minder.tick()
            batch = time.perf_counter() - began
            began = time.perf_counter()
            ledger.views.duties("", most=200)
            shown = time.perf_counter() - began
    return Costs(duties, few, many, batch, shown, without, owing, judging)


def _minder(ledger: Ledger, clock: ManualClock, book: Book) -> Minder:
    directory = Directory(())
    return Minder(
        ledger,
        clock,
        lambda: book,
        lambda: directory,
        Herald(ledger, clock, lambda _: None, lambda: directory, lambda *_: None),
    )


async def _tick(minder: Minder, clock: ManualClock) -> float:
    """The median of many ticks, none of which has anything to do."""
    while await minder.tick():
        pass
    spans = []
    for _ in range(_TICKS):
        clock.jump(1)
        began = time.perf_counter()
        assert not await minder.tick()
        spans.append(time.perf_counter() - began)
    return statistics.median(spans)


async def _open(ledger: Ledger, count: int) -> None:
    """So many duties of one document, due in a hundred days and looked at until then by nobody."""
    [verdict] = await ledger.accept([proposal(a_document(new_id(_NOW)), _UNITS[0])])
    envelope = envelope_of(verdict)
    await ledger._writer.run(lambda transaction: _insert(transaction, list(_rows(envelope, count))))


def _insert(transaction: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    transaction.execute(insert(DUTIES), rows)


def _rows(envelope: str, count: int) -> Iterator[dict[str, Any]]:
    due = _NOW + timedelta(days=100)
    for number in range(count):
        yield {
            "id": new_id(_NOW),
            "envelope_id": envelope,
            "unit": _UNITS[number % len(_UNITS)],
            "code": "03",
            "rule": "Tiếp nhận trong ngày",
            "opened_at": _NOW,
            "due_at": due + timedelta(seconds=number),
            "next_at": due + timedelta(seconds=number),
            "state": "open",
            "ended_at": None,
            "reminded": 0,
        }


async def _documents(ledger: Ledger, book: Book, count: int) -> tuple[float, float, float]:
    """This process's time for each document: without duties, with one and the sender's own, and the rules alone."""
    plain, owing = [_given(number) for number in range(count)], [_given(count + n) for n in range(count)]
    began = time.process_time()
    await _accept(ledger, plain)
    without = time.process_time() - began
    began = time.process_time()
    owing = [_owing(given, book) for given in owing]
    judging = time.process_time() - began
    # As it was for the others: what a document is called is known before.
    assert all(given.fingerprint and given.business_key for given in owing)
    began = time.process_time()
    await _accept(ledger, owing)
    return without / count, (judging + time.process_time() - began) / count, judging / count


def _given(number: int) -> Proposal:
    given = proposal(a_document(f"{number}/GM-SNV"), _UNITS[number % len(_UNITS)], unit=_UNITS[-1])
    assert given.fingerprint
    assert given.business_key
    return given


def _owing(given: Proposal, book: Book) -> Proposal:
    assert given.envelope
    body = given.envelope.body
    assert isinstance(body, Document)
    return replace(given, owed=book.owed(body, given.plan.recipients, _NOW), sent=book.sender(body, given.unit, _NOW))


async def _accept(ledger: Ledger, given: Sequence[Proposal]) -> None:
    for start in range(0, len(given), _BATCH):
        await ledger.accept(given[start : start + _BATCH])


def costs(duties: int, documents: int) -> Costs:
    """Measure, from outside a loop."""
    return asyncio.run(measure(duties, documents))
