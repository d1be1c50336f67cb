"""Killed at every step of receiving and sending, the hub loses and doubles nothing: the office's own records say so."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from hub import failpoints, keeping
from hub.testing import RunningHub, eventually
from hub.testing.samples import GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from hub.vocabulary import Document
from plugins.centralhub.counterpart import Office, office
from tests.journeys.border import Border, from_office, office_answers, posted

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])
_OURS = [a_document(f"{number}/GM-SNV", to=(GOVERNMENT_OFFICE,)) for number in range(1, 4)]
_THEIRS = [f"{number}/VPCP" for number in range(1, 4)]
#: those that such a trip passes: each is shown to be passed
STEPS = [
    *(name for name in failpoints.NAMES if name.startswith(("central.", "blobs."))),
    "inbox.before_accept",
    "inbox.accepted",
    "ledger.after_commit",
    "dispatcher.taken",
    "dispatcher.sent",
    "dispatcher.settled",
]


@pytest.fixture
async def central(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as made:
        yield made


async def _run(home: Path) -> None:
    async with RunningHub(home):
        await eventually((home / "stop").exists, 60)


def _life(home: Path, armed: str) -> None:
    failpoints._points = failpoints._Points(armed, "")
    asyncio.run(_run(home))


class Trip:
    """Three documents each way, and an answer to each."""

    def __init__(self, home: Path, central: Office) -> None:
        self.border, self.central = Border(home, central.settings), central
        self.border.sends(*_OURS)
        for code in _THEIRS:
            central.put(from_office(code, HOME_AFFAIRS))
        self._answered = 0

    async def live(self, armed: str = "") -> BaseProcess:
        """A life of the hub, until it dies or all is done."""
        process: BaseProcess = _CONTEXT.Process(target=_life, args=(self.border.home, armed))
        process.start()
        await eventually(lambda: self._goes_on() or not process.is_alive(), 50)
        (self.border.home / "stop").touch()
        await asyncio.to_thread(process.join, 30)
        (self.border.home / "stop").unlink()
        return process

    def _goes_on(self) -> bool:
        if (self.border.so_nv / "in").exists():
            self.border.answers()
        documents = [each for each in self.central.posted if each.kind == "edoc"]
        for number in range(self._answered, len(documents)):
            [document] = [each for each in _OURS if each.code == documents[number].code]
            office_answers(self.central, document, "03")
        self._answered = len(documents)
        return self.is_over()

    def is_over(self) -> bool:
        """Everything that was to come came, and the office was told of all that it put out."""
        return (
            len(self.central.posted) >= 6
            and len(self.border.found()) >= 6
            and all(each.words for each in self.central.waiting.values())
        )

    def check(self) -> None:
        """Once each, by the records of the office and of the unit's folder."""
        assert sorted((HOME_AFFAIRS, each.code, "") for each in _OURS) == sorted(posted(self.central, "edoc"))
        assert [(HOME_AFFAIRS, code, "03") for code in _THEIRS] == sorted(posted(self.central, "status"))
        found = self.border.found()
        assert _THEIRS == sorted(each.code for each in found if isinstance(each, Document))
        answers = [each for each in found if not isinstance(each, Document)]
        assert sorted(each.code for each in _OURS) == sorted(each.response_for.code for each in answers)
        assert {"done"} == {word for each in self.central.waiting.values() for word in each.words}
        views = self.border.views()
        assert {"delivered": 12} == dict(views.counts().deliveries)
        assert keeping.verify(views, self.border.home / "data", lambda *_: None, []).bad == []
        views.close()


def _points() -> Iterator[ParameterSet]:
    for step in STEPS:
        for turn in (1, 2):
            quick = turn == 1 and step.startswith("central.")
            yield pytest.param(step, turn, marks=() if quick else pytest.mark.slow, id=f"{step}@{turn}")


@pytest.mark.parametrize(("step", "turn"), list(_points()))
async def test_a_kill_at_any_step_loses_and_doubles_nothing(
    tmp_path: Path, central: Office, step: str, turn: int
) -> None:
    trip = Trip(tmp_path, central)
    process = await trip.live(f"{step}=kill@{turn}")
    assert -signal.SIGKILL == process.exitcode, f"{step} was not passed {turn} times"
    second = await trip.live()
    assert 0 == second.exitcode
    trip.check()


async def test_an_undisturbed_trip(tmp_path: Path, central: Office) -> None:
    trip = Trip(tmp_path, central)
    assert 0 == (await trip.live()).exitcode
    trip.check()
