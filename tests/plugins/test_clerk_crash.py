"""Killed at any durable step, a clerk's folder holds its document once and the sender hears each answer once."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from hub.testing import eventually
from tests.forked import forked, killed
from tests.plugins.clerk import PDF, Office
from tests.plugins.clerk_child import DurableSender, day, life, office_at
from tests.short import short

_CONTEXT = forked("tests.plugins.clerk_child")


@pytest.mark.parametrize("turn", short([*range(4, 26, 3), *range(27, 65, 4)], 3))
async def test_a_kill_at_any_step_loses_and_doubles_nothing(tmp_path: Path, turn: int) -> None:
    assert killed(_CONTEXT, life, tmp_path, turn)
    office = office_at(tmp_path)
    await day(office)

    folders = [path.parent for path in office.share.glob("van-ban-den/**/.lt-id")]
    assert len(folders) == 1
    assert (folders[0] / "211.pdf").read_bytes().startswith(PDF)
    await eventually(lambda: office.drafts() == [])
    assert {"01", "03", "06"} == set(_digests(office))
    assert all(len(digests) == 1 for digests in _digests(office).values())


def _digests(office: Office) -> dict[str, set[str]]:
    """Under each answer's key the bytes that were offered."""
    assert isinstance(office.sender, DurableSender)
    found = defaultdict(set)
    for line in office.sender.lines:
        found[line["key"].split("|")[2]].add(line["digest"])
    return found
