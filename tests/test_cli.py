"""The command line: options, errors, exit codes, and what reading commands say of a ledger."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import HOMES, app
from hub.errors import Quarantined, Refused
from hub.ledger import Ledger, Proposal, Settlement
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Blob, DeliveryState, Incoming
from tests.cli import Province, start

_WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")
DOCUMENT = a_document()


@pytest.fixture
def province(tmp_path: Path) -> Province:
    return Province(tmp_path)


@pytest.fixture
def travelled(province: Province) -> Province:
    """One document of two recipients: one has it and answered twice, the other one is unknown here."""
    province.take_in(proposal(DOCUMENT, "xa-binh-son", unknown=("000.00.99.H99",)))
    province.in_ledger(_deliver)
    for status, by in (("01", ""), ("03", "Nguyễn Thị Hạnh")):
        said = an_answer(DOCUMENT, status, description=f"Số đến 12 {by}".strip())
        province.take_in(proposal(said, "so-nv", unit="xa-binh-son"))
    return province


async def _deliver(ledger: Ledger) -> None:
    grant = await ledger.lease("xa-binh-son", 1)
    assert grant
    await ledger.settle(grant, [Settlement(grant.taken[0], DeliveryState.DELIVERED)], 0)


async def _defer(ledger: Ledger) -> None:
    grant = await ledger.lease("xa-binh-son", 1)
    assert grant
    await ledger.settle(grant, [Settlement(grant.taken[0], DeliveryState.DEFERRED, 3600, reason="ổ chia sẻ bận")], 0)


def quarantined(name: str = "a.edxml") -> Proposal:
    error = Quarantined("conflict", "Văn bản này đã được gửi với nội dung khác.", "dòng 1")
    return Proposal("so-nv", Incoming(name, name, error, Blob("ab" * 32, 5)), refused=error)


# Options, errors, exit codes


def test_every_command_takes_a_folder_and_speaks_json() -> None:
    for command in HOMES:
        words = [
            command,
            *{
                "quarantine": ["list"],
                "units": ["list"],
                "routes": ["explain"],
                "checkpoints": ["key"],
                "calendar": ["show"],
                "profile": ["try"],
                "simulate": ["list"],
            }.get(command, []),
        ]
        said = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
        assert said.exit_code == 0
        # The simulated hub is no hub of this configuration: it has a folder of its own.
        assert ("--data" if command == "simulate" else "--config") in said.stdout, command
        assert "--json" in said.stdout, command


@pytest.mark.parametrize("words", [["statu"], ["trace"], ["status", "--jsn"], ["quarantine", "eat"], ["requeue"]])
def test_wrong_usage_ends_with_2(province: Province, words: list[str]) -> None:
    result = CliRunner().invoke(app, words)

    assert result.exit_code == 2
    assert not result.stdout


def test_a_misspelt_command_is_told_the_nearest() -> None:
    assert "'status'" in CliRunner().invoke(app, ["statu"]).stderr


def test_the_version_is_said() -> None:
    assert re.fullmatch(r"hub \d+\.\d+\.\d+\n", CliRunner().invoke(app, ["--version"]).stdout)


def test_the_folder_comes_from_the_environment_too(travelled: Province) -> None:
    result = CliRunner().invoke(app, ["trace", "211/GM-SNV", "--json"], env={"HUB_CONFIG": str(travelled.folder)})

    assert result.exit_code == 0
    assert len(json.loads(result.stdout)) == 1


def test_a_broken_configuration_is_told_by_any_command_that_needs_it_as_by_check(province: Province) -> None:
    (province.folder / "units.yaml").write_text("units: {so-nv: {nme: Sở Nội vụ}}\n")

    result = province.hub("units", "list")

    assert result.exit_code == 1
    assert not result.stdout
    assert any(line.startswith("units.yaml:1:17: ") for line in result.stderr.splitlines())
    assert "units.yaml:1:17: " in province.json("units", "list", ends=1)["error"]


@pytest.mark.parametrize("command", [["deadletters"], ["quarantine", "list"]])
def test_where_no_hub_ever_ran_lists_are_empty_and_it_is_said(province: Province, command: list[str]) -> None:
    assert province.json(*command) == []
    assert "Chưa có sổ cái" in province.hub(*command).stderr


def test_where_no_hub_ever_ran_nothing_is_found(province: Province) -> None:
    assert province.json("trace", "1/A", ends=1) == []
    for command in (["status"], ["verify"], ["requeue", "all"], ["backup", str(province.folder / "copy")]):
        assert "Chưa có sổ cái" in province.json(*command, ends=1)["error"]
    assert not province.data.exists()


def test_a_damaged_ledger_is_named_without_a_traceback(travelled: Province) -> None:
    (travelled.data / "ledger.sqlite").write_bytes(b"not a database at all" * 1000)

    assert "the ledger is damaged" in travelled.json("status", ends=1)["error"]


# check, plugins


def test_check_names_every_mistake_at_its_place(province: Province) -> None:
    (province.folder / "routes.yaml").write_text("routes:\n  - name: A\n    to: so-nw\n  - name: A\n    to: []\n")

    said = province.json("check", ends=1)

    assert [(one["file"], one["line"], one["column"], one["level"]) for one in said] == [
        ("routes.yaml", 3, 9, "mistake"),
        ("routes.yaml", 4, 11, "mistake"),
        ("routes.yaml", 5, 9, "mistake"),
    ]
    lines = province.hub("check").stdout.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["routes.yaml:3:9", "routes.yaml:4:11", "routes.yaml:5:9"]
    assert lines[0].endswith(said[0]["message"])


def test_check_praises_what_is_fine_and_warns_of_what_is_doubtful(province: Province) -> None:
    (province.folder / "routes.yaml").write_text("routes: [{name: A, to: so-nv}]\n")

    result = province.hub("check")

    assert result.exit_code == 0
    assert "routes.yaml:1:24: warning: " in result.stdout
    assert "2 đơn vị, 0 nhóm, 1 quy tắc chuyển, thành phần folderdrop, 1 điều nên xem lại" in result.stdout
    assert [one["level"] for one in province.json("check")] == ["warning"]


def test_plugins_says_what_each_brings(province: Province) -> None:
    [said] = province.json("plugins")

    assert said == {"name": "folderdrop", "kinds": ["folderdrop"], "hooks": ["hub_connectors"], "from": "built in"}
    assert "folderdrop" in province.hub("plugins").stdout


# trace, deadletters


def test_trace_says_exactly_this(travelled: Province) -> None:
    [said] = travelled.json("trace", "211/GM-SNV")

    assert said.keys() == {"document", "links", "recipients", "sent", "events"}
    assert said["links"] == said["sent"] == []
    document = said["document"]
    assert _WHEN.fullmatch(document.pop("received_at"))
    assert len(document.pop("id")) == 26
    assert document == {
        "code": "211/GM-SNV",
        "sender": "000.00.14.H48",
        "subject": DOCUMENT.subject,
        "kind": "document",
        "test": False,
    }
    has_it, unknown = sorted(said["recipients"], key=lambda one: str(one["state"]), reverse=True)
    assert len(has_it.pop("delivery")) == 26
    at, plain = "2026-11-23T02:00:00.000+00:00", {"at_text": "", "word": "expected"}
    assert has_it == {
        "unit": "xa-binh-son",
        "state": "delivered",
        "status": "03",
        "recall": "none",
        "skipped": [],
        "contradictions": [],
        "answers": [
            {"code": "01", "at": at, "by": "000.00.31.H48", "reason": "Số đến 12", **plain},
            {"code": "03", "at": at, "by": "000.00.31.H48", "reason": "Số đến 12 Nguyễn Thị Hạnh", **plain},
        ],
        "duties": [],
    }
    assert (unknown["unit"], unknown["state"], unknown["status"]) == ("000.00.99.H99", "dead", None)
    assert [event["kind"] for event in said["events"]] == ["accepted", "dead", "delivered", "accepted", "accepted"]
    assert all(_WHEN.fullmatch(event["at"]) for event in said["events"])


@pytest.mark.parametrize("name", ["211/gm-snv ", "000.00.14.H48,2026-11-23,211/GM-SNV"])
def test_trace_finds_a_document_by_each_of_its_names(travelled: Province, name: str) -> None:
    [said] = travelled.json("trace", name)

    for other in (said["document"]["id"], said["recipients"][0]["delivery"]):
        assert travelled.json("trace", other) == [said]


def test_trace_tells_people_who_stands_where_in_their_own_words_and_time(travelled: Province) -> None:
    said = travelled.hub("trace", "211/GM-SNV").stdout

    assert "xa-binh-son (UBND xã Bình Sơn)  đã chuyển  03 Đã tiếp nhận" in said
    assert "000.00.99.H99  không chuyển được  chưa hồi báo  no unit or hub for 000.00.99.H99" in said
    assert "23/11/2026 09:00:00  01 Đã đến  000.00.31.H48: Số đến 12\n" in said


def test_trace_of_nothing_is_empty_and_ends_with_1(travelled: Province) -> None:
    assert travelled.json("trace", "999/XX", ends=1) == []
    assert "Không tìm thấy văn bản 999/XX" in travelled.hub("trace", "999/XX").stderr


def test_what_a_packet_says_cannot_paint_or_forge_the_screen(province: Province) -> None:
    subject = "[red]đỏ[/red] \x1b[2J\x07 \u202eoạđ\u202c\nnhật ký giả"
    province.take_in(proposal(a_document(subject=subject), "xa-binh-son"))

    people, programs = province.hub("trace", "211/GM-SNV"), province.hub("trace", "211/GM-SNV", "--json")

    assert r"[red]đỏ[/red] \u001b[2J\u0007 \u202eoạđ\u202c\u000anhật ký giả" in people.stdout
    assert programs.stdout.isascii()
    assert len(programs.stdout.splitlines()) == 1
    assert json.loads(programs.stdout)[0]["document"]["subject"] == subject


def test_without_a_terminal_nothing_is_wrapped_or_coloured(province: Province) -> None:
    subject = "V/v " + "rà soát việc phản hồi trạng thái " * 40
    province.take_in(proposal(a_document(subject=subject), "xa-binh-son"))

    said = province.hub("trace", "211/GM-SNV", env={"COLUMNS": "40", "FORCE_COLOR": "", "TERM": "xterm"}).stdout

    assert subject in said
    assert "\x1b" not in said


def test_deadletters_says_what_could_not_be_delivered_and_why(travelled: Province) -> None:
    [said] = travelled.json("deadletters")

    assert (said["recipient"], said["reason"]) == ("000.00.99.H99", "no unit or hub for 000.00.99.H99")
    line = travelled.hub("deadletters").stdout.splitlines()[1]
    assert line.startswith(said["delivery"])
    assert "211/GM-SNV" in line


# status


def test_status_says_first_that_no_hub_runs(travelled: Province) -> None:
    said = travelled.json("status", ends=1)

    assert said["running"] is False
    assert said["broken"][0].startswith("Trục không chạy")
    assert said["inputs"] == {"accepted": 3}
    # so-nv gets the two answers
    assert said["deliveries"] == {"delivered": 1, "dead": 1, "waiting": 2}
    people = travelled.hub("status").stdout.splitlines()
    assert people[0].startswith("✗ Trục không chạy")
    assert "Đã nhận (inputs): 3 = 3 chấp nhận" in people


def test_what_is_held_and_what_was_stopped_is_told(province: Province) -> None:
    held, stopped = (proposal(a_document(f"{n}/CV"), "xa-binh-son", hold=60) for n in (1, 2))
    province.take_in(held, stopped)
    assert stopped.envelope
    envelope = stopped.envelope.id
    assert province.in_ledger(lambda ledger: ledger.withdraw("so-nv", envelope))

    assert province.json("status", ends=1)["deliveries"] == {"held": 1, "withdrawn": 1}
    counted = "Lượt chuyển (deliveries): 2 = 1 đang chờ trước khi chuyển + 1 đã dừng trước khi chuyển"
    assert counted in province.hub("status").stdout
    states = [province.json("trace", code)[0]["recipients"][0]["state"] for code in ("1/CV", "2/CV")]
    assert states == ["held", "withdrawn"]
    told = province.hub("trace", "2/CV").stdout
    assert "đã dừng trước khi chuyển" in told
    assert "nơi gửi đã dừng trước khi chuyển" in told
    assert province.json("deadletters") == []
    assert province.json("verify")["bad"] == []


def test_status_names_the_lanes_that_wait_with_the_reason_at_their_head(province: Province) -> None:
    other = a_document("212/GM-SNV")
    province.take_in(proposal(DOCUMENT, "xa-binh-son"), proposal(other, "xa-binh-son"))
    province.in_ledger(_defer)

    said = province.json("status", ends=1)

    [lane] = said["lanes"]
    assert (lane["recipient"], lane["open"], lane["reason"]) == ("xa-binh-son", 2, "ổ chia sẻ bận")
    assert "xa-binh-son: 2 lượt đang chờ (waiting): ổ chia sẻ bận" in said["broken"]


def test_status_names_a_lane_that_the_configuration_forgot(province: Province) -> None:
    province.take_in(proposal(DOCUMENT, "xa-cu"))

    broken = province.json("status", ends=1)["broken"]

    assert "xa-cu: 1 lượt đang chờ (waiting): không còn trong cấu hình (not in the configuration any more)" in broken


def test_status_counts_what_was_kept_and_what_was_given_back(province: Province) -> None:
    wrong = Refused("not-xml", "Tệp không phải XML.")
    province.take_in(
        proposal(DOCUMENT, "xa-binh-son"),
        proposal(DOCUMENT, "xa-binh-son"),
        quarantined(),
        Proposal("so-nv", Incoming("b", "b.edxml", wrong, None), refused=wrong),
    )

    said = province.json("status", ends=1)

    assert said["inputs"] == {"accepted": 1, "duplicate": 1, "refused": 1, "quarantined": 1}
    assert said["quarantined"] == 1
    counted = "Đã nhận (inputs): 4 = 1 chấp nhận + 1 trùng + 1 cách ly + 1 trả lại"
    assert counted in province.hub("status").stdout


# As a program of its own


def test_the_program_ends_with_its_code_and_writes_to_both_streams(travelled: Province) -> None:
    words = ("trace", "999/XX", "--json", "--config", str(travelled.folder))
    with start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        stdout, stderr = process.communicate(timeout=60)

    assert (process.returncode, stdout, stderr) == (1, "[]\n", "")


def test_a_reader_that_goes_away_ends_it_quietly(travelled: Province) -> None:
    words = ("trace", "211/GM-SNV", "--config", str(travelled.folder))
    with start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        stderr = process.stderr.read()
        process.wait(60)

    assert (process.returncode, stderr) == (1, "")


def test_a_terminal_of_another_encoding_gets_escapes(travelled: Province) -> None:
    words = ("trace", "211/GM-SNV", "--config", str(travelled.folder))
    with start(*words, stdout=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii"}) as process:
        stdout, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert r"\u0110\xe3 \u0111\u1ebfn" in stdout


def test_reading_commands_do_not_wait_for_the_running_hubs_libraries() -> None:
    """What the reading commands import; the rest costs their start a quarter of a second."""
    code = "import sys, hub.cli.reading, hub.cli.checking; print('aiohttp' in sys.modules, 'hub.app' in sys.modules)"

    said = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)

    assert said.stdout == "False False\n"


def test_a_ledger_that_cannot_be_written_to_can_be_read(travelled: Province) -> None:
    with sqlite3.connect(travelled.data / "ledger.sqlite") as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert len(travelled.json("trace", "211/GM-SNV")) == 1
        writer.rollback()
    writer.close()
