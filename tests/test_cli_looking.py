"""Commands that only look at the ledger work while units.yaml or routes.yaml has mistakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.duties import Owed
from hub.errors import Quarantined
from hub.ledger import Proposal, gazette
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document
from hub.vocabulary import Blob, Incoming
from tests.cli import Province, told

DOCUMENT = a_document()
KEPT = Quarantined("conflict", "Văn bản này đã được gửi với nội dung khác.", "dòng 1")
LOOKS = [
    ("trace", DOCUMENT.code),
    ("deadletters",),
    ("status",),
    ("quarantine", "list"),
    ("quarantine", "show", "abababab"),
]
BREAKAGES = [
    ("routes.yaml", "routes:\n  - {name: A, to: so-nw}\n", "routes.yaml:2:"),
    ("routes.yaml", "routes: [", "routes.yaml:"),
    ("units.yaml", "units: {}\n", "units.yaml:1:8: warning: "),
    ("units.yaml", None, "units.yaml:1:1: warning: "),
]


@pytest.fixture
def province(tmp_path: Path) -> Province:
    made = Province(tmp_path)
    made.take_in(proposal(DOCUMENT, "xa-binh-son"))
    made.take_in(Proposal("so-nv", Incoming("a", "a", KEPT, Blob("ab" * 32, 5)), refused=KEPT))
    return made


def break_(province: Province, name: str, text: str | None) -> None:
    if text is None:
        (province.folder / name).unlink()
    else:
        (province.folder / name).write_text(text)


@pytest.mark.parametrize(("name", "text", "warning"), BREAKAGES)
@pytest.mark.parametrize("words", LOOKS, ids=" ".join)
def test_they_say_the_same_and_warn_on_stderr(
    province: Province, words: tuple[str, ...], name: str, text: str | None, warning: str
) -> None:
    before = province.hub(*words, "--json")
    assert not before.stderr
    break_(province, name, text)

    after = province.hub(*words, "--json")

    assert (after.exit_code, _steady(after.stdout)) == (before.exit_code, _steady(before.stdout))
    assert after.stderr.startswith(warning)
    assert "hub.yaml alone is used" in after.stderr.splitlines()[-1]


def _steady(said: str) -> Any:
    """Without the number of free bytes."""
    return [part for part in said.split(", ") if "disk_free" not in part]


def test_units_are_then_shown_by_their_ids(province: Province) -> None:
    assert "UBND xã Bình Sơn" in province.hub("trace", DOCUMENT.code).stdout
    break_(province, "units.yaml", None)
    shown = province.hub("trace", DOCUMENT.code).stdout
    assert "UBND xã Bình Sơn" not in shown
    assert "xa-binh-son" in shown


def test_no_lane_is_called_forgotten_where_no_unit_is_known(province: Province) -> None:
    break_(province, "units.yaml", None)
    assert not any("not in the configuration" in line for line in province.json("status", ends=1)["broken"])


def test_verify_looks_too(province: Province) -> None:
    break_(province, "routes.yaml", "routes: [")
    result = province.hub("verify")
    assert "dòng nhật ký" in result.stdout
    assert "hub.yaml alone is used" in result.stderr


def test_a_mistake_in_hub_yaml_is_the_end_and_everything_is_named(province: Province) -> None:
    break_(province, "routes.yaml", "routes: [{name: A, to: so-nw}]\n")
    hub = province.folder / "hub.yaml"
    hub.write_text(hub.read_text() + "dta: x\n")

    result = province.hub("status")

    assert (result.exit_code, result.stdout) == (1, "")
    assert {line.partition(":")[0] for line in result.stderr.splitlines()} == {"hub.yaml", "routes.yaml"}


def test_commands_about_units_and_rules_still_want_all_of_it(province: Province) -> None:
    break_(province, "routes.yaml", "routes: [")
    for words in (["routes", "lint"], ["units", "list"]):
        assert province.json(*words, ends=1)["error"]


def test_what_waits_for_a_person_is_decided_with_hub_yaml_alone(province: Province) -> None:
    break_(province, "routes.yaml", "routes: [")
    assert province.json("quarantine", "discard", "abababab")["result"] == "discarded"
    assert province.json("requeue", "all", ends=1)["error"] == "no dead letter by the name all"


_OFFICE = {"id": "1", "pid": "", "code": "000.00.00.G22", "oldCode": "G22", "name": "Văn phòng Chính phủ", "mail": ""}


def test_a_code_outside_is_shown_with_its_name_where_the_directory_knows_it(province: Province) -> None:
    body = a_document("9/TTr-UBND", to=("000.00.00.G22", "G22", "000.00.00.G99"))
    codes = "000.00.00.G22", "G22", "000.00.00.G99"
    due = datetime(2026, 11, 25, tzinfo=UTC)
    owed = tuple(Owed(code, "01", "luật", due, due) for code in (*codes, "xa-binh-son"))
    province.take_in(replace(proposal(body, "xa-binh-son", *codes), owed=owed))
    told(province, _OFFICE)
    for words in (("trace", body.code), ("status",), ("reconcile",), ("duties",)):
        shown = " ".join(province.hub(*words).stdout.split())
        assert "000.00.00.G22 (Văn phòng Chính phủ)" in shown, words
        assert " G22 (Văn phòng Chính phủ)" in shown, words
        assert "000.00.00.G99 " in shown, words
        assert "000.00.00.G99 (" not in shown, words

    [traced] = province.json("trace", body.code)
    status, sheet = (province.json(word, ends=1) for word in ("status", "reconcile"))
    found = [(traced["recipients"], "unit"), (status["lanes"], "recipient"), (sheet["units"], "unit")]
    for listed, key in (*found, (province.json("duties"), "unit")):
        names = {each[key]: each.get("name") for each in listed}
        assert ("Văn phòng Chính phủ", "Văn phòng Chính phủ") == (names["000.00.00.G22"], names["G22"])
        assert (None, None) == (names["000.00.00.G99"], names["xa-binh-son"])


def test_names_are_asked_for_once_a_command(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [f"000.00.{number:02}.G22" for number in range(20)]
    province.take_in(proposal(a_document("9/TTr-UBND", to=tuple(others)), *others))
    told(province, *({**_OFFICE, "id": code, "code": code, "oldCode": ""} for code in others))
    asked: list[int] = []
    names = gazette.names

    def counted(connection: Any, codes: Any) -> dict[str, str]:
        asked.append(len(codes))
        return names(connection, codes)

    monkeypatch.setattr(gazette, "names", counted)
    for words in (("trace", "9/TTr-UBND"), ("status",), ("reconcile",)):
        province.hub(*words)
    assert [20, 20, 20] == asked
