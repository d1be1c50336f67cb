"""A clerk's desk without a connector, on a real folder, with a clock of the test's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub import Context
from hub.vocabulary import Document, Organization, Unit
from plugins.folderdrop.clerk.decisions import Spans
from plugins.folderdrop.clerk.rounds import Desk
from plugins.folderdrop.share import Share
from tests.plugins.clerk import Office


class StillClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 1, 0, tzinfo=UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return 1000.0 + self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


class Day:
    """One document in one folder, and what a clerk does with it."""

    def __init__(self, home: Path) -> None:
        self.office, self.clock = Office(home), StillClock()
        self.told: list[str] = []
        self.deleted = 0
        self.desk = self._desk()
        self.receive([1])

    def receive(self, numbers: Iterable[int]) -> None:
        """Documents come."""
        for number in numbers:
            delivery = self.office.delivery(number)
            assert isinstance(delivery.envelope.body, Document)
            self.desk.place(delivery, delivery.envelope.body)
        self.look()

    def case(self) -> dict[str, Any]:
        """What is stored of the one document, closed or not."""
        [path] = (self.office.home / "state" / "clerk").glob("[!.]*.json*")
        known: dict[str, Any] = json.loads(path.read_bytes())
        return known

    def _desk(self) -> Desk:
        unit = Unit("xa-binh-son", "UBND xã Bình Sơn", "000.00.31.H48")
        province, home = Organization("000.00.00.H48"), self.office.home
        context = Context(unit, province, home, self.office.blobs, self.clock, {}, home / "state")
        share = Share(self.office.share, unit.id, context.state, public=())
        desk = Desk(share, context, Spans(120.0, 600.0, 2.0))
        desk.open()
        desk.clear()
        return desk

    @property
    def folders(self) -> list[Path]:
        """Where the document's folders lie."""
        return sorted(path.parent for path in self.office.share.glob("van-ban-den/**/.lt-id"))

    def look(self) -> None:
        """One round of the hub's."""
        assert self.desk.look().troubles == []
        for case, said in self.desk.untold():
            self.told.append(said.code)
            self.desk.told(case, said, "")
        self.desk.show()

    def wait(self, seconds: float) -> None:
        """Time passes, the hub looks."""
        for _look in range(4):
            self.clock.passed += seconds / 4
            self.look()

    def do(self, what: str, stage: str, which: int) -> None:
        """One step of the clerk's."""
        folder = self.folders[which % len(self.folders)] if self.folders else None
        target = self.office.stage(stage) / (f"x{which}" if folder is None else folder.name)
        match what:
            case "restart":
                self.desk = self._desk()
            case "move" if folder and not target.exists():
                folder.rename(target)
            case "rename" if folder:
                folder.rename(folder.with_name(f"{which}5 CV khẩn"))
            case "copy" if folder and not target.exists():
                shutil.copytree(folder, target)
            case "file" if folder and (folder / "211.pdf").exists():
                (folder / "211.pdf").rename(self.office.stage(stage) / "211.pdf")
            case "reason" if folder:
                (folder / "ly-do.txt").write_text("Văn bản không thuộc thẩm quyền", "utf-8")
            case "delete" if folder:
                shutil.rmtree(folder)
                self.deleted += 1
