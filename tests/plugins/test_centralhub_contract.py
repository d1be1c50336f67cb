"""The connector to a central hub keeps the contract of connectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.testing import Check, connector_contract
from plugins.centralhub.counterpart import office, provincial


@pytest.mark.parametrize("check", connector_contract(office), ids=str)
def test_contract(check: Check, tmp_path: Path) -> None:
    assert check.run(tmp_path)


#: with seconds of waiting, for promises that the code beside the calls keeps
_LONG = ("lane", "custody", "refusal")
_PROVINCIAL = [
    pytest.param(each, marks=pytest.mark.slow if each.name in _LONG else ())
    for each in connector_contract(provincial)
    if each.name != "find"
]


@pytest.mark.parametrize("check", _PROVINCIAL, ids=str)
def test_contract_of_the_provincial_shape_but_for_what_nobody_can_tell_there(check: Check, tmp_path: Path) -> None:
    assert check.run(tmp_path)
