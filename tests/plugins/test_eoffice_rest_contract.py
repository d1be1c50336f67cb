"""The connector to REST software keeps the contract of connectors with both profiles that come with the hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.testing import Check, connector_contract
from plugins.eoffice.counterpart import rest
from tests.plugins.rest import unit_of

#: with seconds of waiting, for promises that the code beside the calls keeps
_LONG = ("lane", "custody", "refusal", "once")


@pytest.mark.parametrize("check", connector_contract(unit_of("provincial-rest")), ids=str)
def test_contract(check: Check, tmp_path: Path) -> None:
    assert check.run(tmp_path)


@pytest.mark.parametrize("check", [
    pytest.param(each, marks=pytest.mark.slow if each.name in _LONG else ()) for each in connector_contract(rest)
], ids=str)  # fmt: skip
def test_contract_with_the_counterpart_that_comes_with_it(check: Check, tmp_path: Path) -> None:
    assert check.run(tmp_path)


_AGAIN = [
    pytest.param(profile, each, marks=pytest.mark.slow if each.name in _LONG else ())
    for profile in ("bkav-rest", "third-rest")
    for each in connector_contract(unit_of(profile))
]


@pytest.mark.parametrize(("profile", "check"), _AGAIN, ids=str)
def test_contract_with_the_others(profile: str, check: Check, tmp_path: Path) -> None:
    assert check.run(tmp_path)
