"""The connector to a central hub keeps the contract of connectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.testing import Check, connector_contract
from plugins.centralhub.counterpart import office


@pytest.mark.parametrize("check", connector_contract(office), ids=str)
def test_contract(check: Check, tmp_path: Path) -> None:
    check.run(tmp_path)
