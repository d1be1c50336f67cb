"""A large answer of the directory: nobody waits for it, readers see all of it or nothing, also after a kill."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from hub import failpoints
from hub.agencies import KINDS
from hub.enrolling import enrol
from hub.errors import StorageError
from hub.ledger import Ledger, enrolment
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document
from tests.forked import forked
from tests.short import short
from tests.test_enrolling import in_steps

LIST = KINDS[0]
ROWS, STEP = 60, 10
_CONTEXT = forked(__name__)


@pytest.fixture
async def ledger(
    database: str, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Ledger]:
    in_steps(monkeypatch, STEP)
    async with Ledger(database, tmp_path, "hub", clock) as opened:
        yield opened


def rows(word: str, less: int = 0) -> list[dict[str, str]]:
    """Each belongs to the one ten before it, and was called otherwise before."""
    return [
        {"id": f"{at}", "pid": f"{at - 10}", "code": f"H48.{at:03}", "oldCode": f"{word}.{at}", "name": f"{word} {at}"}
        for at in range(less, ROWS)
    ]


async def bring(ledger: Ledger, said: list[dict[str, str]]) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield json.dumps({"status": "OK", "ErrorCode": "0", "data": said}).encode()

    await enrol(ledger, "truc", LIST, pieces(), shrunk=True)


async def seen(ledger: Ledger) -> tuple[int, int, str, str, dict[str, str]]:
    """What readers find: by words, by the words of what it belongs to, by old codes, what a unit is called."""
    old, new = [len(await ledger.agencies.search(word, 100)) for word in ("cu", "moi 1")]
    before, now = [",".join(one.name for one in await ledger.agencies.named(code)) for code in ("CU.55", "MOI.55")]
    return old, new, before, now, await ledger.agencies.learned({"H48.007": "so-7"})


@contextmanager
def written(ledger: Ledger) -> Iterator[list[int]]:
    """How many rows of the directory each transaction wrote."""
    counts = [0]

    def executed(_: Any, cursor: Any, statement: str, *__: Any) -> None:
        if "agency" in statement and not statement.startswith("SELECT"):
            counts[-1] += max(0, cursor.rowcount)

    def committed(_: Any) -> None:
        counts.append(0)

    event.listen(ledger._engine, "after_cursor_execute", executed)
    event.listen(ledger._engine, "commit", committed)
    try:
        yield counts
    finally:
        event.remove(ledger._engine, "after_cursor_execute", executed)
        event.remove(ledger._engine, "commit", committed)


async def _documents(ledger: Ledger, over: asyncio.Event, counts: list[int]) -> list[int]:
    """One after the other is accepted. Returns for how many other transactions each waited."""
    waited: list[int] = []
    while not over.is_set():
        begun, number = len(counts), len(waited)
        await ledger.accept([proposal(a_document(f"{number}/GM-SNV"), "xa-binh-son", key=f"k{number}")])
        waited.append(len(counts) - begun - 1)
    return waited


async def test_documents_are_accepted_between_its_steps_and_readers_see_all_or_nothing(ledger: Ledger) -> None:
    await bring(ledger, rows("cu"))
    before, views, over = await seen(ledger), [], asyncio.Event()
    with written(ledger) as counts:
        documents = asyncio.create_task(_documents(ledger, over, counts))
        coming = asyncio.create_task(bring(ledger, rows("moi", less=15)))
        while not coming.done():
            views.append(await seen(ledger))
        over.set()
        await coming
        waited = await documents
    after = await seen(ledger)

    assert (60, 0, "cu 55", "") == before[:4]
    assert (10, 15, "moi 55", "moi 55") == after[:4]
    assert [{"CU.7"}, {"CU.7"}] == [set(said[4]) for said in (before, after)]
    # Each is a look of its own: the answer may be shown between two of them.
    assert all(one in (old, new) for view in views for one, old, new in zip(view, before, after, strict=True))
    assert before in views
    assert max(waited) <= 2
    # a row of the directory, and the other code that it answers to
    assert max(counts) <= 2 * STEP
    assert sum(count > 0 for count in counts) >= 2 * ROWS // STEP


def look(ledger: Ledger, query: Any) -> list[tuple[Any, ...]]:
    return ledger.views.looking(lambda connection: [tuple(row) for row in connection.execute(query)])


def rows_of(ledger: Ledger) -> list[Any]:
    """All that readers see, but for the edition's number."""
    agencies = select(*(each for each in enrolment.AGENCIES.c if each.name != "edition")).where(enrolment.shown())
    aliases = select(*(each for each in enrolment.ALIASES.c if each.name != "edition")).where(enrolment.alias_shown())
    return [sorted(look(ledger, query)) for query in (agencies, aliases)]


async def test_steps_make_the_same_as_one_transaction(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed = [{**each, "code": f"H49.{each['id']}", "name": "so"} for each in rows("khac")[:25]] + rows("khac")[25:50]
    made = []
    for number in (1, 7, 1000):
        in_steps(monkeypatch, number)
        (tmp_path / str(number)).mkdir()
        async with Ledger("sqlite", tmp_path / str(number), "hub", clock) as ledger:
            for said in (rows("cu"), rows("moi", less=15), renamed, [*rows("khac")[:1], *renamed]):
                clock.jump(60)
                await bring(ledger, said)
            clock.jump(-240)
            made.append(rows_of(ledger))
    assert made[0] == made[1] == made[2]
    assert {"said", "renamed"} == {alias[3] for alias in made[0][1]}


async def test_a_small_change_with_much_below_it_goes_in_steps_too(ledger: Ledger) -> None:
    below = [{"id": f"b{at}", "pid": "0", "code": f"H48.1.{at:03}", "name": f"phong {at}"} for at in range(30)]
    await bring(ledger, rows("cu") + below)
    with written(ledger) as counts:
        await bring(ledger, [{**rows("cu")[0], "name": "so khac"}, *rows("cu")[1:], *below])
    assert max(counts) <= 2 * STEP
    assert 30 == len(await ledger.agencies.search("so khac phong", 100))
    with written(ledger) as counts:
        await bring(
            ledger, [{**rows("cu")[0], "name": "so khac"}, {**rows("cu")[1], "name": "ban"}, *rows("cu")[2:], *below]
        )
    assert 1 == sum(count > 0 for count in counts)


@pytest.mark.parametrize("step", short(range(1, 30), 4))
async def test_one_that_breaks_off_in_the_middle_changes_nothing_and_the_next_is_whole(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    in_steps(monkeypatch, STEP)
    async with Ledger("sqlite", tmp_path, "hub", clock) as ledger:
        await bring(ledger, rows("cu"))
        before, run, left = await seen(ledger), ledger._writer.run, [step]

        async def breaks(job: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                raise StorageError("the disk is full")
            return await run(job)

        monkeypatch.setattr(ledger._writer, "run", breaks)
        came = "khac 55"
        try:
            await bring(ledger, rows("moi", less=15))
        except StorageError:
            assert before == await seen(ledger)
            came = ""
        monkeypatch.setattr(ledger._writer, "run", run)
        await bring(ledger, rows("khac"))
        assert (0, 0, "khac 55", came) == (await seen(ledger))[:4]
        assert 60 == len(await ledger.agencies.search("khac", 100))
        assert [(0, 0)] == unseen(ledger)


def unseen(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Rows and other codes that no reader sees."""
    rows = "SELECT COUNT(*) FROM agency a WHERE edition <> (SELECT edition FROM agency_edition e WHERE e.kind = a.kind)"
    codes = rows.replace("agency a", "agency_alias a").replace("<>", ">")
    return look(ledger, text(f"SELECT ({rows}), ({codes})"))


async def _killed(folder: Path, armed: str) -> None:
    in_steps(pytest.MonkeyPatch(), STEP)
    async with Ledger("sqlite", folder, "hub", ManualClock()) as ledger:
        failpoints._points = failpoints._Points(armed, "")
        await bring(ledger, rows("moi", less=15))


def _life(folder: Path, armed: str) -> None:
    asyncio.run(_killed(folder, armed))


@pytest.mark.parametrize("turn", [2, 8, 13, 18, 25])
@pytest.mark.parametrize("point", ["ledger.before_commit", "ledger.after_commit"])
async def test_a_kill_in_the_middle_changes_nothing_and_the_next_is_whole(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, point: str, turn: int
) -> None:
    in_steps(monkeypatch, STEP)
    async with Ledger("sqlite", tmp_path, "hub", clock) as ledger:
        await bring(ledger, rows("cu"))
        before = await seen(ledger)
    process: Any = _CONTEXT.Process(target=_life, args=(tmp_path, f"{point}=kill@{turn}"))
    process.start()
    await asyncio.to_thread(process.join, 30)
    assert -signal.SIGKILL == process.exitcode
    async with Ledger("sqlite", tmp_path, "hub", clock) as ledger:
        halfway = await seen(ledger)
        await bring(ledger, rows("moi", less=15))
        after = await seen(ledger)
        assert [(0, 0)] == unseen(ledger)
        assert list(ledger.views.broken()) == []
    assert halfway in (before, after)
    assert (10, 15, "moi 55", "moi 55") == after[:4]
