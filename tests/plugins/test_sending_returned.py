"""What lies in `tra-lai`: this month's and the last, the newest first; answers without a file go after a while."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from hub import VIETNAM
from plugins.folderdrop.clerk.sending import returned
from plugins.folderdrop.clerk.sending.records import Returned

NOW = datetime(2026, 1, 15, 8, 0, tzinfo=VIETNAM)


def _answer(folder: Path, name: str, said: str, age: float) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.LY-DO.txt"
    path.write_bytes(b"\xef\xbb\xbf" + said.encode() + b"\r\nL7\r\n")
    os.utime(path, (NOW.timestamp() - age,) * 2)
    return path


def _look(share: Path) -> tuple[Returned, ...]:
    root = os.open(share, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return returned.look(root, NOW)
    finally:
        os.close(root)


def test_this_month_and_the_last_over_the_turn_of_the_year(tmp_path: Path) -> None:
    for month, age in (("2025-11", 80), ("2025-12", 60), ("2026-01", 70)):
        _answer(tmp_path / "tra-lai" / month, "a.pdf", f"Vì {month}.", age * 1000)
        (tmp_path / "tra-lai" / month / "a.pdf").mkdir()
    assert _look(tmp_path) == (Returned("a.pdf", "Vì 2025-12."), Returned("a.pdf", "Vì 2026-01."))


@pytest.mark.parametrize(("age", "stays"), [(599, True), (601, False), (-3600, True)])
def test_an_answer_without_its_file_stays_as_long_as_it_may_be_read(tmp_path: Path, age: float, stays: bool) -> None:
    alone = _answer(tmp_path / "tra-lai" / "2026-01", "a.pdf", "x", age)
    beside = _answer(tmp_path / "tra-lai" / "2026-01", "b.pdf", "Vì b.", 9999)
    (beside.parent / "b.pdf").symlink_to("nowhere")
    earlier = _answer(tmp_path / "tra-lai" / "2025-11", "a.pdf", "x", 9999)
    (beside.parent / "GHI-CHU.txt").touch()
    assert _look(tmp_path) == (Returned("b.pdf", "Vì b."),)
    assert alone.exists() is stays
    assert beside.exists()
    assert earlier.exists()


def test_only_some_reasons_are_read(tmp_path: Path) -> None:
    for number in range(30):
        _answer(tmp_path / "tra-lai" / "2026-01", f"{number}.pdf", "Vì", number)
        (tmp_path / "tra-lai" / "2026-01" / f"{number}.pdf").touch()
    found = _look(tmp_path)
    assert [each.name for each in found[:3]] == ["0.pdf", "1.pdf", "2.pdf"]
    assert [each.why for each in found] == ["Vì"] * 10 + [""] * 20


def test_no_month_is_needed(tmp_path: Path) -> None:
    assert _look(tmp_path) == ()
    (tmp_path / "tra-lai" / "2026-01").touch()
    assert _look(tmp_path) == ()
