"""hub simulate as people type it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.config.systems import load_systems, owner
from hub.errors import ConfigError, HubError
from hub.simulating.central import FAULTS, Setup
from hub.simulating.central.assumptions import ASSUMPTIONS, assuming
from tests import cli
from tests.simulating.bench import HOME_AFFAIRS, OFFICE, PROVINCE, packet
from tests.simulating.test_kept import YAML, program


def hub(*words: str, ends: int = 0) -> Any:
    """The JSON that `hub simulate ... --json` prints."""
    result = CliRunner().invoke(app, ["simulate", *words, "--json"], catch_exceptions=False)
    assert result.exit_code == ends, result.output
    return json.loads(result.stdout)


def test_the_government_office_sends_and_reads_what_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "a.edxml"
    path.write_bytes(packet())
    with program(tmp_path) as (_, url):
        here = ("--systems", str(tmp_path / "systems.yaml"), "--url", url)
        (sent,) = hub("send", "--as", OFFICE, str(path), *here)
        (document,) = hub("take", "--as", PROVINCE, "--answer", "01", "--answer", "03", *here)
        statuses = hub("take", "--as", OFFICE, *here)
        assert hub("take", "--as", OFFICE, *here) == []
        listed = hub("list", "--data", str(tmp_path / "data"))
        spoken = CliRunner().invoke(app, ["simulate", "list", "--data", str(tmp_path / "data")]).stdout
    assert (document["from"], document["to"], document["code"]) == (OFFICE, HOME_AFFAIRS, "1234/VPCP-KSTT")
    assert [(each["from"], each["status"], each["code"]) for each in statuses] == [
        (HOME_AFFAIRS, "01", "1234/VPCP-KSTT"), (HOME_AFFAIRS, "03", "1234/VPCP-KSTT"),
    ]  # fmt: skip
    assert [each["message_type"] for each in listed] == ["edoc", "status", "status"]
    assert [each["status"] for each in listed] == ["done"] * 3
    assert listed[0]["sender_doc_id"] == sent["docId"]
    assert [step["status"] for step in listed[0]["steps"]] == ["initial", "done"]
    assert f"edoc {OFFICE} -> {HOME_AFFAIRS} 1234/VPCP-KSTT done: initial@" in spoken


def test_faults_are_turned_on_while_it_runs(tmp_path: Path) -> None:
    with program(tmp_path, "--fault", "html502=1", "--fault", "slow=0.1") as (_, url):
        assert hub("fault", "--url", url) == {"faults": ["html502=1", "slow=0.1"]}
        assert hub("fault", "--url", url, "--clear", "lost-answer=2") == {"faults": ["lost@sendEdoc=2"]}
        assert "error" in hub("fault", "--url", url, "nonsense", ends=1)
        assert hub("fault", "--url", url) == {"faults": ["lost@sendEdoc=2"]}


def test_sigterm_ends_it_and_says_nothing_more(tmp_path: Path) -> None:
    with program(tmp_path) as (process, _):
        process.terminate()
        assert process.wait(20) == 0
        assert process.stdout
        assert process.stdout.read() == ""


def test_a_system_that_nobody_has_and_a_hub_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "systems.yaml").write_text(YAML)
    (tmp_path / "a.edxml").write_bytes(packet())
    here = (str(tmp_path / "a.edxml"), "--systems", str(tmp_path / "systems.yaml"), "--url", "http://127.0.0.1:1")
    assert "A01" in hub("send", "--as", "000.00.00.A01", *here, ends=1)["error"]
    assert hub("send", "--as", OFFICE, *here, ends=1)["error"]
    assert "sổ" in hub("list", "--data", str(tmp_path), ends=1)["error"]


def test_another_address_than_this_machine_s_must_be_asked_for(tmp_path: Path) -> None:
    assert Setup(tmp_path, ()).host == "127.0.0.1"
    (tmp_path / "systems.yaml").write_text(YAML)
    words = ("simulate", "central", "--data", str(tmp_path / "d"), "--systems", str(tmp_path / "systems.yaml"))
    assert CliRunner().invoke(app, (*words, "--host", "hub.invalid")).exit_code == 2


def test_each_assumption_is_a_setting(tmp_path: Path) -> None:
    given = ["on-fail=dropped", "route-by=xml", "fresh=30", "filter-dates=yes", "hop=00.22.w00", "max-packet=9"]
    given += ["rest-token=9", "rest-edxml=plain", "rest-agencies=array"]
    assert {each.partition("=")[0] for each in given} == ASSUMPTIONS.keys()
    made = assuming(Setup(tmp_path, ()), given)
    assert (made.on_fail, made.route_by_header, made.fresh) == ("dropped", False, 30.0)
    assert (made.filter_dates, made.hop, made.max_packet) == (True, "00.22.W00", 9)
    assert (made.rest_token, made.rest_edxml, made.rest_agencies) == (9.0, "plain", "array")


@pytest.mark.parametrize(
    "text", ["on-fail=x", "nothing=1", "fresh=-1", "fresh=nan", "max-packet=0", "filter-dates", ""]
)
def test_a_wrong_assumption_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(HubError, match="--set"):
        assuming(Setup(tmp_path, ()), [text])


def test_systems_yaml_as_the_docs_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SECRET_office", "from the environment")
    path = tmp_path / "systems.yaml"
    path.write_text(
        "000.00.00.G22: {name: Văn phòng Chính phủ, secret: !secret office, units: [01.02.g22]}\n"
        '000.00.00.H48: {name: UBND tỉnh, secret: "123"}\n',
        encoding="utf-8",
    )
    office, province = systems = load_systems(path)
    assert (office.secret.get_secret_value(), office.units, province.units) == (
        "from the environment", ("01.02.G22",), None,
    )  # fmt: skip
    found = {code: each.code if (each := owner(code, systems)) else "" for code in
             ("01.02.G22", OFFICE, "02.02.G22", "000.00.31.H48", "H48.31", "H49.01")}  # fmt: skip
    assert found == {"01.02.G22": OFFICE, OFFICE: OFFICE, "02.02.G22": "", "000.00.31.H48": PROVINCE,
                     "H48.31": PROVINCE, "H49.01": ""}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("[a]", "table"),
        ("A01: {name: x}", "needs a secret"),
        ("A01: {secret: x}", "needs a name"),
        ("A01: {name: x, secret: 12}", "text in quotes"),
        ("A01: {name: x, secret: y, port: 1}", "no setting"),
        ("A01: {name: x, secret: y, units: a}", "list of codes"),
        ("A01: {name: x, secret: y}\n000.00.00.A01: {name: x, secret: y}", "belongs to A01"),
        ("A01: {name: x, secret: y, units: [q]}\nB01: {name: x, secret: y, units: [Q]}", "Q belongs to A01"),
        ("A01: {name: x, secret: !secret nowhere}", "nowhere"),
    ],
)
def test_mistakes_in_systems_yaml_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "systems.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_systems(path)


def test_a_mistake_ends_the_command_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "systems.yaml").write_text("A01: {name: x}\n")
    words = ("simulate", "central", "--data", str(tmp_path / "d"), "--systems", str(tmp_path / "systems.yaml"))
    with cli.start(*words, stdout=-1, stderr=-1) as process:
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (1, "")
    assert "systems.yaml:1:1:" in stderr


def test_every_fault_and_assumption_is_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    assert [name for name in (*FAULTS, *ASSUMPTIONS) if f"`{name}`" not in page] == []


def test_the_simulator_knows_nothing_of_the_client_s_rules() -> None:
    """Two sides that share a line share its mistake."""
    for path in (Path(__file__).parents[2] / "hub" / "simulating").rglob("*.py"):
        assert not re.search(r"standards(\.| import )vxp|plugins", path.read_text(encoding="utf-8")), path
