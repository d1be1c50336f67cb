"""Killed at every step of its own, the connector goes on as if nothing had been, and loses nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hub.testing import eventually
from tests.forked import forked, killed
from tests.plugins.folder import UNWANTED, Bench, a_packet, digest_of
from tests.plugins.folder_child import life, place, take
from tests.short import short

_CONTEXT = forked("tests.plugins.folder_child")
_GOOD = [a_packet(f"{number}/QĐ") for number in range(6)]
_BAD = [a_packet(f"{number}/CV", subject=UNWANTED) for number in range(2)]
_COUNT = len(_GOOD) + len(_BAD)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def kill_taking(bench: Bench, failpoint: str, turn: int) -> None:
    """Run a connector in a process of its own until it dies at that turn of that point."""
    assert killed(_CONTEXT, life, take, bench.home, _COUNT, f"{failpoint}=kill@{turn}")


def drop_all(bench: Bench) -> None:
    bench.out.mkdir(parents=True)
    for number, packet in enumerate([*_GOOD[:3], *_BAD, *_GOOD[3:]]):
        os.utime(bench.drop(f"{number}.edxml", packet), ns=(0, 10**18 + number))


def lying(bench: Bench) -> set[str]:
    """Digests of what lies in the share or is in custody."""
    files = [path for folder in (bench.out, bench.claims, bench.error) for path in folder.iterdir()]
    kept = set(Bench(bench.home).journal.digests())
    return {digest_of(path.read_bytes()) for path in files} | {digest for digest in kept if bench.stored(digest)}


@pytest.mark.parametrize("turn", short([1, 2], 2))
@pytest.mark.parametrize(
    "point", ["claimed", "sealed", "hashed", "released", "refused", "blobs.linked", "blobs.synced"]
)
async def test_a_kill_while_taking_loses_and_doubles_nothing(bench: Bench, point: str, turn: int) -> None:
    drop_all(bench)
    name = point if "." in point else f"folderdrop.{point}"
    # There is one adoption in the first life: what is dropped later makes a second.
    if name.startswith("blobs.") and turn == 2:
        kill_taking(bench, name, 1)
    kill_taking(bench, name, 1 if name.startswith("blobs.") else turn)
    assert {digest_of(packet) for packet in (*_GOOD, *_BAD)} <= lying(bench)

    again = Bench(bench.home)
    async with again.listening():
        await eventually(lambda: len(again.journal.lines) == _COUNT and again.is_quiet())
    assert sorted(again.journal.digests()) == sorted(digest_of(packet) for packet in _GOOD)
    assert all(digest_of(again.stored(digest)) == digest for digest in again.journal.digests())
    given_back = {path.read_bytes() for path in bench.error.glob("*.edxml")}
    assert given_back == set(_BAD)
    reasons = [json.loads(path.read_bytes()) for path in bench.error.glob("*.error.json")]
    assert sorted(each["file"] for each in reasons) == ["3.edxml", "4.edxml"]
    assert not any((bench.share / ".hub" / "tmp").iterdir())


async def test_a_file_that_kills_the_hub_is_kept_unread_and_costs_its_neighbours_nothing(bench: Bench) -> None:
    drop_all(bench)
    for _life in range(3):
        kill_taking(bench, "folderdrop.hashed", 1)

    again = Bench(bench.home)
    async with again.listening():
        await eventually(lambda: len(again.journal.lines) == _COUNT and again.is_quiet())
    assert again.journal.names("quarantined") == ["0.edxml"]
    assert again.stored(digest_of(_GOOD[0])) == _GOOD[0]
    assert sorted(again.journal.digests()) == sorted(digest_of(packet) for packet in _GOOD[1:])


@pytest.mark.parametrize("turn", short([1, 2], 2))
@pytest.mark.parametrize("point", ["copied", "placed"])
async def test_a_kill_while_placing_leaves_each_whole_and_once(bench: Bench, point: str, turn: int) -> None:
    assert killed(_CONTEXT, life, place, bench.home, 8, f"folderdrop.{point}=kill@{turn}")
    lay = {path.name: path.read_bytes() for path in bench.arrivals.iterdir()}
    assert len(lay) == 4 * (turn - (point == "copied"))

    deliveries = [bench.delivery(number, f"{number}/QĐ") for number in range(8)]
    async with bench.connector() as connector:
        found = [await connector.find(each) for each in deliveries]
        assert {each.reference for each in found if each} == set(lay)
        for start in (0, 4):
            await connector.send_many(deliveries[start : start + 4])
    names = {path.name: path.read_bytes() for path in bench.arrivals.iterdir()}
    assert len(names) == 8
    assert lay.items() <= names.items()
    assert all(content.endswith(b"</edXML>") for content in names.values())
    assert not any((bench.share / ".hub" / "tmp").iterdir())
