"""A clerk's desk without a connector, on a real folder, with a clock of the test's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub import Context, Delivery
from hub.vocabulary import Document, Organization, Unit
from plugins.folderdrop.clerk.cases import Case, Said
from plugins.folderdrop.clerk.decisions import Spans
from plugins.folderdrop.clerk.rounds import Desk
from plugins.folderdrop.share import Share
from tests.plugins.clerk import Office

#: 8:00 on a Monday.
MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


class StillClock:
    """Stands still until it is moved."""

    def __init__(self, began: datetime = MONDAY) -> None:
        self.began, self.passed = began, 0.0

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return 1000.0 + self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


def desk_at(office: Office, clock: StillClock) -> Desk:
    """The hub's half of an office, as a new process begins it."""
    unit = Unit("xa-binh-son", "UBND xã Bình Sơn", "000.00.31.H48")
    context = Context(unit, Organization("000.00.00.H48"), office.home, office.blobs, clock, {}, office.home / "state")
    share = Share(office.share, unit.id, context.state, public=())
    desk = Desk(share, context, Spans(120.0, 600.0, 2.0))
    desk.open()
    desk.clear()
    return desk


class Hours:
    """Documents in one folder, and what the hub does about them while time passes."""

    def __init__(self, home: Path, began: datetime = MONDAY) -> None:
        self.office, self.clock = Office(home), StillClock(began)
        #: what the sender hears: delivery, code, person
        self.heard: list[tuple[str, str, str]] = []
        self.desk = desk_at(self.office, self.clock)

    def place(self, delivery: Delivery) -> None:
        """A document comes."""
        assert isinstance(delivery.envelope.body, Document)
        self.desk.place(delivery, delivery.envelope.body)

    def restart(self) -> None:
        """The hub is stopped, and started again."""
        self.desk = desk_at(self.office, self.clock)

    def round(self) -> None:
        """One round of the hub's."""
        assert self.desk.look().troubles == []
        self.tell()
        self.desk.show()

    def tell(self) -> None:
        """The sender hears what is written down for it."""
        for case, said in self.desk.untold():
            self.hear(case, said)
            self.desk.told(case, said, "")

    def hear(self, case: Case, said: Said) -> None:
        """One answer."""
        self.heard.append((case.delivery, said.code, said.staff))

    def known(self) -> dict[str, dict[str, Any]]:
        """What is stored of each document, closed or not."""
        folder = self.office.home / "state" / "clerk"
        closed = folder / "closed.jsonl"
        lines = closed.read_bytes().splitlines() if closed.exists() else []
        lines += [path.read_bytes() for path in folder.glob("[!.]*.json")]
        return {case["delivery"]: case for case in map(json.loads, lines)}


class Day(Hours):
    """One document in one folder, and what a clerk does with it."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.deleted = 0
        self.receive([1])

    def receive(self, numbers: Iterable[int]) -> None:
        """Documents come."""
        for number in numbers:
            self.place(self.office.delivery(number))
        self.look()

    @property
    def told(self) -> list[str]:
        """The codes that the sender heard."""
        return [code for _delivery, code, _staff in self.heard]

    def case(self) -> dict[str, Any]:
        """What is stored of the one document."""
        [known] = self.known().values()
        return known

    @property
    def folders(self) -> list[Path]:
        """Where the document's folders lie."""
        return sorted(path.parent for path in self.office.share.glob("van-ban-den/**/.lt-id"))

    def look(self) -> None:
        """One round of the hub's."""
        self.round()

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
                self.restart()
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
