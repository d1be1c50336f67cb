"""The suite is awake: what is planted is found, and every plant still has its place in the code."""

from __future__ import annotations

import pytest

from tests.crash import sabotage
from tests.crash.planted import FAULTS, Fault
from tests.crash.sabotage import ROOT, Case, planted, survived, try_out
from tests.short import short

_BY_NAME = {fault.name: fault for fault in FAULTS}
_FAULT = Fault("n", "w", "hub/lock.py", "a", "b", ("tests/test_lock.py::test_one", "tests/test_lock.py::test_two"))
_ONE, _TWO = _FAULT.tests


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_plant_has_its_place_and_the_code_is_whole_with_it(fault: Fault) -> None:
    code = planted((ROOT / fault.path).read_text("utf-8"), fault)
    compile(code, fault.path, "exec")
    for test in fault.tests:
        path, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text("utf-8"), test


def test_faults_are_enough_and_bear_names_of_their_own() -> None:
    assert len(FAULTS) == len(_BY_NAME) >= 20


@pytest.mark.root
@pytest.mark.parametrize("name", short(["blob-unchecked", "pid-file-lock", "arrivals-not-synced"], 3))
def test_what_is_planted_is_found(name: str) -> None:
    fault = _BY_NAME[name]
    before = (ROOT / fault.path).read_bytes()
    assert try_out(fault) == ""
    assert (ROOT / fault.path).read_bytes() == before


@pytest.mark.parametrize("code", ["", "b", "aa"])
def test_a_plant_without_exactly_one_place_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="its place"):
        planted(code, _FAULT)


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ([], "did not run"),
        ([Case(_ONE, "assert 1 == 2")], "did not run"),
        ([Case(_ONE), Case(_TWO)], "stayed green"),
        ([Case(_ONE, "assert 1 == 2"), Case(_TWO)], "stayed green"),
        ([Case(_ONE, "assert 1 == 2"), Case(_TWO, "ImportError: no")], "another reason"),
        ([Case(_ONE, "assert 1 == 2"), Case(_TWO, "assert 1 == 2", around=True)], "another reason"),
        ([Case(_ONE, "assert 1 == 2"), Case(f"{_TWO}[a]", "KeyError: 1"), Case(f"{_TWO}[b]", "assert 0")], "reason"),
    ],
)
def test_what_is_no_proof_counts_as_survival(cases: list[Case], said: str) -> None:
    assert said in survived(_FAULT, cases)


def test_one_case_of_a_test_is_enough() -> None:
    cases = [Case(_ONE, "Failed: DID NOT RAISE <X>"), Case(f"{_TWO}[a]"), Case(f"{_TWO}[b]", "AssertionError: I1")]
    assert survived(_FAULT, cases) == ""


def test_a_survivor_ends_the_command_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sabotage, "sound", lambda faults: [])
    monkeypatch.setattr(sabotage, "try_out", lambda fault: "it stayed green" if fault is FAULTS[0] else "")
    monkeypatch.setattr("sys.argv", ["sabotage", FAULTS[0].name, FAULTS[1].name])
    assert sabotage.main() == 1
    said = capsys.readouterr().out
    assert "SURVIVED: it stayed green" in said
    assert "1 of 2 planted faults were caught" in said
