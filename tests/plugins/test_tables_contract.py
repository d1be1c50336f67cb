"""The connector to a unit's tables keeps the contract of connectors, on every database that it is for."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from hub.testing import Counterpart, connector_contract
from tests.plugins.tables import counterpart
from tests.unitdatabase import UnitDatabase

NAMES = [str(check) for check in connector_contract(lambda _: None)]  # type: ignore[arg-type,return-value]  # names alone


@pytest.mark.parametrize("name", NAMES)
def test_contract(name: str, unit_database: UnitDatabase, tmp_path: Path) -> None:
    def make(_: Path) -> AbstractAsyncContextManager[Counterpart]:
        return counterpart(unit_database)

    [check] = [each for each in connector_contract(make) if each.name == name]
    assert check.run(tmp_path)
