"""Both layouts keep the contract of connectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.testing import Check, connector_contract
from plugins.folderdrop.counterpart import clerk, software


@pytest.mark.parametrize("check", connector_contract(software), ids=str)
def test_plain(check: Check, tmp_path: Path) -> None:
    assert check.run(tmp_path)


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, marks=[pytest.mark.slow] if check.name == "lane" else [], id=check.name)
        for check in connector_contract(clerk)
    ],
)
def test_clerk(check: Check, tmp_path: Path) -> None:
    assert check.run(tmp_path)
