"""The axis keeps the contract of connectors, and a check that it leaves out is one of how the hub sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.testing import Check, connector_contract
from plugins.eoffice.counterpart import axis

#: promises of how a hub sends: the unit's software fetches
_LEFT_OUT = {"find", "outage"}


@pytest.mark.parametrize("check", connector_contract(axis), ids=str)
def test_contract(check: Check, tmp_path: Path) -> None:
    assert check.run(tmp_path) is (check.name not in _LEFT_OUT)
