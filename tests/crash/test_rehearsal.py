"""A short rehearsal; the long form is `python -m tests.crash.rehearsal`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.harness import bench
from tests.crash.rehearsal import rehearse, table


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("moved", [True, False])
def test_what_was_in_custody_before_a_backup_comes_back_and_the_rest_is_asked_for(tmp_path: Path, moved: bool) -> None:
    with bench(tmp_path) as mine:
        found = rehearse(mine, tmp_path, 6.0, moved=moved, seed=1)

    assert found.bad == [], "\n".join(table(found))
    assert found.before
