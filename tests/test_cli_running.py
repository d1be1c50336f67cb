"""hub run as a program: its one line, its end, and why it would not start."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from pathlib import Path

import pytest

from hub.testing.ledgers import proposal
from hub.testing.samples import a_document
from tests.cli import Province, Running


@pytest.fixture
def province(tmp_path: Path) -> Province:
    return Province(tmp_path)


def listen_on(province: Province, address: str) -> None:
    settings = province.folder / "hub.yaml"
    settings.write_text(settings.read_text().replace("127.0.0.1:0", address))


def break_share(province: Province) -> None:
    """A file lies where the unit's share should be."""
    (province.folder / "shares").mkdir()
    (province.folder / "shares" / "xa-binh-son").write_text("")


def test_standard_output_is_one_line_and_the_end_is_0(province: Province) -> None:
    with province.running() as hub:
        assert re.fullmatch(r"ready http://127\.0\.0\.1:\d+ units=2 down=-\n", hub.ready)
        hub.process.send_signal(signal.SIGTERM)
        assert hub.process.wait(30) == 0
        assert hub.process.stdout.read() == ""

    lines = [json.loads(line) for line in hub.log.read_text().splitlines()]
    assert {line["level"] for line in lines} == {"INFO"}


def test_ready_names_what_is_down_and_status_says_why(province: Province) -> None:
    break_share(province)

    with province.running("--json") as hub:
        said = json.loads(hub.ready)
        assert (said["units"], said["down"]) == (2, ["xa-binh-son"])
        broken = _when_noted(province)

    assert re.match(r"xa-binh-son: mất kết nối từ \d\d/\d\d/\d{4} \d\d:\d\d:\d\d \(down\): .+", broken)


def _when_noted(province: Province) -> str:
    """What status says first, once the hub wrote down what it knows."""
    end = time.monotonic() + 30
    while not (said := province.hub("status", "--json")).exit_code:
        assert time.monotonic() < end
    first: str = json.loads(said.stdout)["broken"][0]
    return first


def test_a_second_hub_names_the_first_and_leaves(province: Province) -> None:
    with province.running() as hub:
        code, stdout, stderr = province.refused()

    assert (code, stdout) == (1, "")
    assert f"process {hub.process.pid} holds" in stderr


def test_an_address_in_use_is_named(province: Province) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        listen_on(province, address)
        code, stdout, stderr = province.refused()

    assert (code, stdout) == (1, "")
    assert f"listen: {address} in hub.yaml cannot be used" in stderr
    assert "Traceback" not in stderr


def test_mistakes_go_to_standard_error(province: Province) -> None:
    (province.folder / "routes.yaml").write_text("routes:\n  - name: A\n    to: so-nw\n")

    code, stdout, stderr = province.refused()

    assert (code, stdout) == (1, "")
    assert stderr.startswith("routes.yaml:3:9: ")


def test_a_damaged_ledger_is_not_run_on(province: Province) -> None:
    province.data.mkdir()
    (province.data / "ledger.sqlite").write_bytes(b"not a database at all" * 1000)

    code, stdout, stderr = province.refused()

    assert (code, stdout) == (1, "")
    assert "Traceback" not in stderr


def test_every_reading_command_works_beside_a_running_hub(province: Province) -> None:
    province.take_in(proposal(a_document(), "000.00.99.H99"))
    with province.running():
        assert len(province.json("trace", "211/GM-SNV")) == 1
        assert province.json("deadletters") == []
        assert province.json("quarantine", "list") == []
        assert province.json("verify")["bad"] == []
        assert province.json("status", ends=1)["running"] is True
        assert province.json("backup", str(province.folder / "copy"))["blobs"] == 1


def test_a_restore_beside_a_running_hub_is_refused(province: Province) -> None:
    with province.running():
        province.json("backup", str(province.folder / "copy"))
        said = province.json("restore", str(province.folder / "copy"), ends=1)

    assert "stop the hub first" in said["error"]


def test_it_is_clear_who_runs(province: Province) -> None:
    with province.running() as hub:
        assert isinstance(hub, Running)
        assert province.json("status")["running"] is True
    assert province.json("status", ends=1)["running"] is False
