"""How long one look through a clerk's share takes.

    .venv/bin/python benchmarks/clerk_rescan.py [OPEN [FINISHED]]

Exit 0: a look takes less than the target; 1: it does not.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from hub import Context
from hub.blobs import Blobs
from hub.clock import SystemClock
from hub.standards import edxml
from hub.testing.samples import a_document
from hub.vocabulary import Delivery, Document, Envelope, Organization, Unit
from plugins.folderdrop.clerk import arrivals
from plugins.folderdrop.clerk.cases import Said, Stage
from plugins.folderdrop.clerk.decisions import Spans
from plugins.folderdrop.clerk.rounds import Desk
from plugins.folderdrop.share import Share, owner_of

_ROUNDS, _TARGET = 20, 200.0
_NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
#: The folders that open documents lie in, in turn.
_PLACES = {
    "1-moi-den": Stage.NEW,
    "3-da-tiep-nhan": Stage.ACCEPTED,
    "5-dang-xu-ly": Stage.PROCESSING,
    "4-phan-cong/Nguyễn Văn An": Stage.ASSIGNED,
}


class Bench:
    """A share with so many documents, made without a look for each."""

    def __init__(self, home: Path) -> None:
        self.share = home / "share"
        self._blobs = Blobs(home / "blobs")
        self._blobs.open_store()
        unit, us = Unit("xa-binh-son", "UBND xã Bình Sơn", "000.00.31.H48"), Organization("000.00.00.H48")
        self._context = Context(unit, us, home, self._blobs, SystemClock(), {}, home / "state")
        self.desk = self._desk()
        self.desk.look()

    def _desk(self) -> Desk:
        share = Share(self.share, self._context.unit.id, self._context.state, public=())
        desk = Desk(share, self._context, Spans(120.0, 600.0, 2.0))
        desk.open()
        return desk

    def fill(self, opened: int, finished: int) -> None:
        """Put documents there, and begin anew with them."""
        places = list(_PLACES.items())
        for number in range(opened):
            self._put(number, *places[number % len(places)])
        for number in range(opened, opened + finished):
            self._put(number, f"6-hoan-thanh/2026-{1 + number % 10:02}", Stage.FINISHED)
        self.desk.show()  # what is closed is put away
        self.desk = self._desk()

    def _put(self, number: int, place: str, stage: Stage) -> None:
        pdf = edxml.File("van-ban.pdf", lambda: io.BytesIO(b"%PDF-1.7\n" + bytes(8_000 + number)))
        content = b"".join(edxml.compose(a_document(f"{number}/GM-SNV"), [pdf]))
        body = edxml.read(io.BytesIO(content)).body
        assert isinstance(body, Document)
        envelope = Envelope(
            f"e{number:025}", "so-nv", str(number), body, self._blobs.store(io.BytesIO(content), 10**6), _NOW
        )
        delivery = Delivery(f"d{number:025}", envelope, "xa-binh-son", number)
        (self.share / "van-ban-den" / place).mkdir(exist_ok=True)
        root = os.open(self.share, os.O_RDONLY)
        case = arrivals.new_case(delivery, body, body.sender.id, (), _NOW)
        case = replace(case, tail=str(number), folder=f"{number}-GM-SNV ~{number}")
        case = arrivals.write(root, self._blobs, case, body, owner_of(root))
        arrivals.appear(root, case, f"van-ban-den/{place}")
        os.close(root)
        said = tuple(Said(code, _NOW.isoformat(), told=True) for code in ("01", "03"))
        person = place.partition("/")[2] if stage is Stage.ASSIGNED else ""
        self.desk._store.keep(replace(case, stage=stage, person=person, placed=True, said=said))  # noqa: SLF001  # as a Desk keeps it


def milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """How long that takes, and how long the processor works on it."""
    began, worked = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000


def measured(opened: int, finished: int) -> dict[str, list[tuple[float, float]]]:
    """Looks at one share, by what went before them."""
    with tempfile.TemporaryDirectory() as home:
        bench = Bench(Path(home))
        bench.fill(opened, finished)
        found = {"first after a start": [milliseconds(bench.desk.look)], "one was moved": []}
        time.sleep(6)  # folders of finished documents that have not changed for a while are trusted
        bench.desk.look()
        found["nothing moves"] = [milliseconds(bench.desk.look) for _ in range(_ROUNDS)]
        for folder in sorted((bench.share / "van-ban-den/1-moi-den").iterdir())[:_ROUNDS]:
            folder.rename(bench.share / "van-ban-den/3-da-tiep-nhan" / folder.name)
            found["one was moved"].append(milliseconds(bench.desk.look))
        return found


def main(opened: int = 1_000, finished: int = 5_000) -> int:
    """Print the table."""
    found = measured(opened, finished)
    print(f"{opened} open, {finished} finished documents; milliseconds a look, medians of {_ROUNDS}")
    print(f"{'':20} {'passed':>8} {'worst':>8} {'CPU':>8}")
    for name, figures in found.items():
        passed, worked = zip(*figures, strict=True)
        print(f"{name:20} {statistics.median(passed):8.1f} {max(passed):8.1f} {statistics.median(worked):8.1f}")
    binding = ("nothing moves", "one was moved")
    return int(any(statistics.median(passed for passed, _ in found[name]) >= _TARGET for name in binding))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
