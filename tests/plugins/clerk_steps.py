"""What a clerk does, drawn at random: each gesture on the disk and in the model."""

from __future__ import annotations

import shutil
from typing import NamedTuple

from hypothesis import strategies as st

from tests.plugins.clerk_days import ModelledDay, file_name
from tests.plugins.clerk_model import Copy, Paper, Spot

_TEXTS = {
    "reason": ("ly-do.txt", "Văn bản không thuộc thẩm quyền"),
    "short": ("ly-do.txt", "Trả lại"),
    "result": ("ket-qua.txt", "Đã trả lời tại văn bản số 88/UBND"),
}
SPOTS = (*(Spot(stage) for stage in range(1, 9)), Spot(4, "An"), Spot(4, "Bình"), Spot(0))
_WHAT = (
    *("move", "move", "move", "move", "undo", "undo", "copy", "half", "file", "file copy", "reason", "short", "result"),
    *("delete", "rename", "foreign", "all", "restart", "crash", "crash", "crash", "look"),
)


class Step(NamedTuple):
    """One gesture, and the time until the next; a crash comes after that time."""

    what: str
    #: which document, which of its folders, which durable step to die at
    which: int
    spot: Spot
    #: seconds until the next gesture; 0: the hub does not look before it
    pause: float


_step = st.builds(
    Step,
    st.sampled_from(_WHAT),
    st.integers(1, 40),
    st.sampled_from(SPOTS),
    st.sampled_from([0.0, 1.0, 30.0, 60.0, 130.0, 700.0, 40_000.0]),
)
steps = st.lists(_step, max_size=14)
#: A gesture or two, then a kill; over and over.
_kill = st.builds(Step, st.just("crash"), st.integers(1, 8), st.just(SPOTS[0]), st.just(0.0))
killing_steps = st.lists(st.tuples(_step, _kill), min_size=2, max_size=4).map(
    lambda pairs: [step for pair in pairs for step in pair]
)


class Clerk:
    """Makes gestures that a person at Explorer can make; what cannot be done now is left out."""

    def __init__(self, day: ModelledDay) -> None:
        self._day = day
        self._before: tuple[Copy, Spot, str, str] | None = None
        self._written = 0

    def make(self, step: Step) -> None:
        """One gesture."""
        day = self._day
        if step.what == "restart":
            day.restart()
        elif step.what == "crash":
            day.clock.passed += step.pause
            day.crash(1 + step.which % 8)
        elif step.what == "all":
            for paper in day.model.papers:
                self._with_paper("move", paper, step)
        elif step.what == "undo":
            self._undo()
        elif step.what != "look":
            self._with_paper(step.what, day.model.papers[step.which % len(day.model.papers)], step)
        if step.pause:
            day.wait(step.pause)

    def _with_paper(self, what: str, paper: Paper, step: Step) -> None:
        if not paper.copies:
            return
        copy = paper.copies[step.which % len(paper.copies)]
        match what:
            case "move":
                self._move(paper, copy, step.spot)
            case "copy" | "half":
                self._copy(paper, copy, step.spot, whole=what == "copy")
            case "file" | "file copy":
                self._file(paper, copy, step.spot, alone=what == "file copy")
            case "delete":
                shutil.rmtree(self._day.share / copy.path)
                paper.copies.remove(copy)
            case "rename" if len(paper.copies) == 1:
                self._rename(copy, copy.above, f"{step.which}5 CV khẩn {self._day.model.papers.index(paper)}")
            case "reason" | "short" | "result":
                self._write(copy, *_TEXTS[what])
            case "foreign":
                self._written += 1
                self._write(copy, "bút phê.txt", f"Chuyển đồng chí An {self._written}")

    def _move(self, paper: Paper, copy: Copy, spot: Spot) -> None:
        if any(other.spot == spot for other in paper.copies):
            return
        before = copy, copy.spot, copy.above, copy.name
        if self._rename(copy, spot.path, copy.name):
            copy.spot, self._before = spot, before

    def _undo(self) -> None:
        """Ctrl+Z: the last folder that was moved, if it lies where it was moved to."""
        if self._before is None:
            return
        copy, spot, above, name = self._before
        papers = [paper for paper in self._day.model.papers if any(each is copy for each in paper.copies)]
        there = any(other.spot == spot for paper in papers for other in paper.copies)
        if papers and not there and self._rename(copy, above, name):
            copy.spot = spot
        self._before = None

    def _rename(self, copy: Copy, above: str, name: str) -> bool:
        target = self._day.share / above / name
        if target.exists():
            return False
        target.parent.mkdir(exist_ok=True)
        (self._day.share / copy.path).rename(target)
        copy.above, copy.name = above, name
        return True

    def _copy(self, paper: Paper, copy: Copy, spot: Spot, *, whole: bool) -> None:
        target = self._day.share / spot.path / copy.name
        if len(paper.copies) > 1 or copy.spot == spot or target.exists():
            return
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(self._day.share / copy.path, target)
        made = Copy(spot, spot.path, copy.name, copy.whole, dict(copy.extras))
        if not whole and copy.whole:
            (target / file_name(self._day.model.papers.index(paper))).unlink()
            made.whole = False
        paper.copies.append(made)

    def _file(self, paper: Paper, copy: Copy, spot: Spot, *, alone: bool) -> None:
        """The PDF without its folder. One at a time, and into a stage."""
        name = file_name(self._day.model.papers.index(paper))
        target = self._day.share / spot.path / name
        if paper.loose or not copy.whole or not spot.stage:
            return
        target.parent.mkdir(exist_ok=True)
        if alone:
            shutil.copyfile(self._day.share / copy.path / name, target)
        else:
            (self._day.share / copy.path / name).rename(target)
            copy.whole = False
        paper.loose = spot

    def _write(self, copy: Copy, name: str, text: str) -> None:
        (self._day.share / copy.path / name).write_text(text, "utf-8")
        copy.extras[name] = text
