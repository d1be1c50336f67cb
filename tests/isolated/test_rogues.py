"""Whatever a connector in a worker process does: it is ended with all it began, comes back, and the others go on."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from hub.errors import Refused
from hub.inbox import UnitInbox
from hub.ledger import open_views
from hub.testing import eventually
from hub.vocabulary import Acceptance, Incoming
from tests.isolated.stage import ROGUE, ROGUE_CODE, Stage, alive, highest
from tests.short import short

pytestmark = pytest.mark.root

#: a deed, where it is done, and why it says that it ended
ENDS = [
    ("block", "listen", "it blocked its loop for 2 s in"),
    ("spin", "listen", "it spun without a pause at"),
    ("hold_the_interpreter", "listen", "it said nothing for 4 s"),
    ("keep_the_interpreter", "listen", "it kept its interpreter for"),
    ("leak", "listen", "MB of memory, 300 MB are allowed"),
    ("breed", "listen", "it began more than 12 processes"),
    ("fork", "listen", "it ended with exit code 0"),
    ("say_garbage", "listen", "it said what cannot be"),
    ("exit_hard", "open", "it ended with exit code 3"),
    ("kill_the_warden", "listen", "its warden was killed"),
]
MORE_ENDS = [
    ("block", "open", "it blocked its loop for 2 s in"),
    ("block", "check", "it blocked its loop for 2 s in"),
    ("leak_at_once", "listen", "MemoryError"),
    ("say_too_much", "listen", "it said 4294967295 bytes at once"),
    ("say_a_part", "listen", "it said what cannot be"),
    ("hand_over_too_much", "listen", "are more than may be handed over at once"),
    ("close_all", "listen", "it ended with exit code 1"),
    ("exit_softly", "listen", "it raised SystemExit"),
    ("crash", "listen", "it was killed by SIGSEGV"),
    ("raise_a_bug", "listen", "LookupError: no such thing"),
]


def _cases() -> list[ParameterSet]:
    short = [pytest.param(*case, id=f"{case[0]}-{case[1]}") for case in ENDS]
    return short + [pytest.param(*case, id=f"{case[0]}-{case[1]}", marks=pytest.mark.slow) for case in MORE_ENDS]


@pytest.mark.parametrize(("deed", "verb", "words"), _cases())
@pytest.mark.slow
async def test_one_that_must_end_ends_alone_and_comes_back(stage: Stage, deed: str, verb: str, words: str) -> None:
    stage.plan(deed, verb, volume="2MB")
    async with stage.hub() as hub:
        await stage.passes()
        await stage.ended_because(words)
        await stage.back(hub)
        stage.drop(ROGUE_CODE)
        await eventually(lambda: len(stage.kept()) == 1)
    assert [verb] == stage.lines("deeds")


@pytest.mark.parametrize(
    ("verb", "seconds", "words"),
    [
        ("check", 2.0, "check did not end when nobody waited for it any more"),
        pytest.param("open", 10.0, "no answer within 10 s", marks=pytest.mark.slow),
    ],
)
async def test_one_that_never_answers_and_cannot_be_stopped_is_killed(
    stage: Stage, verb: str, seconds: float, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"hub.supervisor._{verb.upper()}_TIMEOUT"
    monkeypatch.setattr(name, seconds)
    stage.plan("hang", verb)
    async with stage.hub() as hub:
        await stage.ended_because(words, 30.0)
        monkeypatch.setattr(name, 60.0)
        await stage.passes()
        await stage.back(hub)


@pytest.mark.parametrize("deed", short(["block", "hang", "kill", "exit_hard"], 2))
async def test_a_send_that_nobody_hears_of_is_asked_about_and_flagged(stage: Stage, deed: str) -> None:
    stage.plan(deed, "send", timeout="1s")
    async with stage.hub() as hub:
        stage.drop(ROGUE_CODE)
        await eventually(lambda: stage.lines("deeds"))
        await stage.passes()
        await stage.back(hub)
        await eventually(lambda: len(stage.kept()) == 1)
    (first, plain), (second, flagged) = (line.split() for line in stage.lines("sent"))
    assert first == second == stage.kept()[0]
    assert ("False", "True") == (plain, flagged)
    assert first in stage.lines("asked")


async def test_what_the_counterpart_has_is_not_sent_again(stage: Stage) -> None:
    stage.plan("keep_and_die", "send")
    async with stage.hub() as hub:
        stage.drop(ROGUE_CODE)
        await stage.back(hub)
        views = open_views("sqlite", stage.home / "data")
        await eventually(lambda: views.trace("1/GM-SNV")[0].recipients[0].state == "delivered")
    assert not views.trace("1/GM-SNV")[0].recipients[0].possible_duplicate
    assert 1 == len(stage.lines("sent")) == len(stage.lines("asked"))


async def test_one_killed_after_custody_and_before_it_hears_of_it_hands_over_one_document(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    properly = UnitInbox.accept

    async def deadly(self: UnitInbox, found: Sequence[Incoming]) -> Sequence[Acceptance | Refused]:
        verdicts = await properly(self, found)
        if self.unit == ROGUE and len(stage.lines("lives")) == 1:
            os.kill(int(stage.lines("lives")[0]), signal.SIGKILL)
            await eventually(lambda: not alive(stage.lines("lives")[0]))
        return verdicts

    monkeypatch.setattr(UnitInbox, "accept", deadly)
    stage.plan()
    async with stage.hub() as hub:
        stage.hand("mot.edxml")
        await stage.back(hub)
        await eventually(lambda: stage.lines("verdicts"))
        await eventually(lambda: len(stage.arrived()) == 1)
        await asyncio.sleep(0.3)
    views = open_views("sqlite", stage.home / "data")
    assert 1 == len(stage.arrived()) == len(views.trace("900/TT-UBND"))
    assert "duplicate=False" in stage.lines("verdicts")[0]


async def test_a_flood_waits_in_the_worker(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    properly, open_now, most = UnitInbox.accept, 0, 0

    async def counted(self: UnitInbox, found: Sequence[Incoming]) -> Sequence[Acceptance | Refused]:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        try:
            return await properly(self, found)
        finally:
            open_now -= 1

    monkeypatch.setattr(UnitInbox, "accept", counted)
    stage.plan("flood", "listen", requests="4", volume="1MB")
    async with stage.hub() as hub:
        before = highest(anew=True)
        await stage.passes()
        await eventually(lambda: stage.lines("flooded"), 40.0)
        await stage.passes()
        assert "life 1" == hub.supervisor.health[ROGUE].detail
    assert ["600"] == stage.lines("flooded")
    assert most <= 5  # one more is the good unit's
    assert highest() - before < 40_000


async def test_questions_from_many_threads_and_the_loop_are_answered(stage: Stage) -> None:
    stage.plan("ask_from_threads", "listen")
    async with stage.hub() as hub:
        await eventually(lambda: len(stage.lines("rooms")) == 1000, 30.0)
        assert "life 1" == hub.supervisor.health[ROGUE].detail
    assert {"True"} == set(stage.lines("rooms"))
    assert ["2"] == stage.lines("book")


@pytest.mark.slow
async def test_answers_that_list_agencies_go_through_whole_or_not_at_all(stage: Stage) -> None:
    stage.plan("bring_the_directory", "listen, serves: others")
    async with stage.hub() as hub:
        await eventually(lambda: len(stage.lines("directory")) == 3, 30.0)
        assert "life 1" == hub.supervisor.health[ROGUE].detail
        assert len(await hub.ledger.agencies.search("H48.3999", 5)) == 1
    assert ["4000 1", "cut", "directory-unreadable"] == stage.lines("directory")


async def test_a_gigabyte_of_output_is_neither_kept_nor_in_the_way(stage: Stage, logged: list[str]) -> None:
    stage.plan("print_much", "listen")
    async with stage.hub() as hub:
        before = highest(anew=True)
        for _each in range(20):
            await stage.passes()
        assert "life 1" == hub.supervisor.health[ROGUE].detail
    assert highest() - before < 40_000
    printed = [line for line in logged if "printed" in line]
    assert 0 < len(printed) <= 600
    assert any("lines of its worker's output are left out" in line for line in logged)


async def test_a_log_keeps_its_levels_and_names_its_unit(stage: Stage, logged: list[str]) -> None:
    stage.plan("log_much", "listen")
    async with stage.hub():
        await eventually(lambda: any("rogue 0" in line for line in logged))
        await stage.passes()
    assert f"WARNING rogue 0 {ROGUE}" in logged
    assert len([line for line in logged if "WARNING rogue" in line]) <= 200
    assert any("are left out" in line for line in logged)


async def test_one_that_changes_its_world_changes_no_other(stage: Stage) -> None:
    stage.plan("change_the_world", "listen")
    before = Path.cwd(), os.environ.get("HOME"), signal.getsignal(signal.SIGCHLD)
    async with stage.hub():
        await eventually(lambda: stage.lines("deeds"))
        stage.drop(ROGUE_CODE)
        await stage.passes()
        await eventually(lambda: len(stage.kept()) == 1)
        assert before == (Path.cwd(), os.environ.get("HOME"), signal.getsignal(signal.SIGCHLD))


async def test_one_that_burns_leaves_the_others_their_part(stage: Stage) -> None:
    stage.plan("burn", "listen")
    async with stage.hub() as hub:
        await eventually(lambda: stage.lines("burning"))
        for _each in range(5):
            assert await stage.passes() < 5
        assert hub.supervisor.health[ROGUE].ok


async def test_a_stop_lets_it_close(stage: Stage) -> None:
    stage.plan()
    async with stage.hub():
        stage.drop(ROGUE_CODE)
        await eventually(lambda: len(stage.kept()) == 1)
    assert stage.lines("lives") == stage.lines("closed")
