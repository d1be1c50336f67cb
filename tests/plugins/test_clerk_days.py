"""Random days of a clerk on a real folder, with a clock of the test's own: nothing is lost, doubled or told wrongly."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.folderdrop.clerk.names import STAGES
from tests.plugins.clerk import PDF
from tests.plugins.clerk_desk import Day

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
