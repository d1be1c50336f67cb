"""Closed cases pile up in one file: they are found again, whatever a crash left of it."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from hub import Damaged
from plugins.folderdrop.clerk.cases import Case, Said, Stage
from plugins.folderdrop.clerk.store import Store
from tests.plugins.clerk_desk import Day


def a_case(number: int, **fields: object) -> Case:
    at = "2026-11-23T01:00:00+00:00"
    case = Case(f"d{number}", "0" * 64, 1, f"T{number}", "thư mục", "1/GM", "Sở", "V/v", 0, at, placed=True)
    return replace(case, said=(Said("03", at, told=True),), **fields)  # type: ignore[arg-type]  # any field


def a_store(folder: Path) -> Store:
    store = Store(folder)
    store.load()
    return store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With one open case, two closed ones and one whose answer is not told yet."""
    store = a_store(tmp_path)
    store.keep(a_case(1))
    store.keep(a_case(2, stage=Stage.FINISHED))
    store.keep(a_case(3, stage=Stage.REFUSED))
    store.keep(replace(a_case(4, stage=Stage.FINISHED), said=(Said("06", "2026-11-23T01:00:00+00:00"),)))
    store.settle()
    return tmp_path


def test_what_is_closed_and_told_is_put_away_and_known(folder: Path) -> None:
    store = a_store(folder)
    assert set(store.live) == {"d1", "d4"}
    assert set(store.closed) == {"d2", "d3"}
    assert sorted(path.name for path in folder.glob("*.json")) == ["d1.json", "d4.json"]
    assert store["d2"] == a_case(2, stage=Stage.FINISHED)
    assert store.get("d3") == a_case(3, stage=Stage.REFUSED)
    assert store.get("d9") is None
    assert "d2" in store
    assert store.tails == {"T1", "T2", "T3", "T4"}
    assert store.years == {2026}
    assert {case.delivery for case in store.of_year(2026)} == {"d1", "d2", "d3"}
    assert (folder / "closed.jsonl").stat().st_mode & 0o077 == 0


def test_what_a_crash_cut_off_is_overwritten(folder: Path) -> None:
    whole = (folder / "closed.jsonl").read_bytes()
    (folder / "closed.jsonl").write_bytes(whole + whole.splitlines(keepends=True)[0][:-30])
    store = a_store(folder)
    assert set(store.closed) == {"d2", "d3"}
    store.keep(replace(store["d4"], said=a_case(4).said))
    store.settle()
    again = a_store(folder)
    assert set(again.closed) == {"d2", "d3", "d4"}
    assert again["d4"].stage is Stage.FINISHED


def test_a_crash_between_leaves_a_case_twice_and_the_own_file_holds(folder: Path) -> None:
    store = a_store(folder)
    store.keep(replace(store["d2"], gone=True))
    again = a_store(folder)
    assert again["d2"].gone
    assert [case.gone for case in again.of_year(2026) if case.delivery == "d2"] == [True]
    again.settle()
    last = a_store(folder)
    assert set(last.live) == {"d1", "d4"}
    assert last["d2"].gone
    assert len(last.of_year(2026)) == 3


def test_a_full_disk_loses_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = a_store(folder)
    store.keep(replace(store["d4"], said=a_case(4).said))

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="full"):
            store.settle()
    assert "d4" in store.live
    assert set(a_store(folder).live) >= {"d1", "d4"}
    store.settle()
    assert set(a_store(folder).closed) == {"d2", "d3", "d4"}
    assert (folder / "closed.jsonl").read_bytes().count(b"\n") == 3


def test_a_damaged_line_is_named(folder: Path) -> None:
    whole = (folder / "closed.jsonl").read_bytes()
    (folder / "closed.jsonl").write_bytes(b"{broken}\n" + whole)
    with pytest.raises(Damaged, match=r"closed\.jsonl"):
        a_store(folder)


def test_what_is_put_away_is_put_back_when_it_is_moved(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.do("move", "6-hoan-thanh", 0)
    day.wait(700)
    assert day.told == ["01", "03", "06"]
    [finished] = day.folders
    day.do("restart", "", 0)
    day.look()
    day.do("move", "1-moi-den", 0)
    day.wait(60)
    assert day.folders == [finished]
    assert "Đã hoàn thành" in (finished / "GHI-CHU.txt").read_text("utf-8-sig")
    day.do("copy", "3-da-tiep-nhan", 0)
    day.wait(700)
    assert day.folders == [finished]
    assert day.told == ["01", "03", "06"]
