"""Random days of a clerk on a real folder, with a clock of the test's own: nothing is lost, doubled or told wrongly."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hub import Context
from hub.vocabulary import Document, Organization, Unit
from plugins.folderdrop.clerk.decisions import Spans
from plugins.folderdrop.clerk.names import STAGES
from plugins.folderdrop.clerk.rounds import Desk
from plugins.folderdrop.share import Share
from tests.plugins.clerk import PDF, Office


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
        delivery = self.office.delivery()
        assert isinstance(delivery.envelope.body, Document)
        self.desk.place(delivery, delivery.envelope.body)
        self.look()

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


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["move", "move", "move", "copy", "file", "reason", "delete", "rename", "restart", "look"]),
        st.sampled_from([*STAGES.values(), "4-phan-cong/An"]),
        st.integers(0, 3),
        st.sampled_from([0.0, 1.0, 30.0, 130.0, 700.0]),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(_STEPS)
def test_whatever_a_day_brings_the_document_is_kept_and_answered_rightly(
    steps: list[tuple[str, str, int, float]],
) -> None:
    with tempfile.TemporaryDirectory() as home:
        day = Day(Path(home))
        (day.office.stage("4-phan-cong") / "An").mkdir()
        for what, stage, which, pause in steps:
            day.do(what, stage, which)
            day.wait(pause)
        for _hour in range(6):
            day.wait(3600.0)
        _check(day)


def _check(day: Day) -> None:
    assert day.told[0] == "01"
    once = [code for code in day.told if code != "04"]
    assert len(once) == len(set(once))
    if "02" in day.told:
        assert day.told[-1] == "02"
    assert day.folders or day.deleted
    if not day.deleted:
        files = list(day.office.share.glob("van-ban-den/**/*.pdf"))
        assert any(path.read_bytes().startswith(PDF) for path in files)
    assert day.office.drafts() == []
    assert (day.office.share / "theo-doi.html").exists()
