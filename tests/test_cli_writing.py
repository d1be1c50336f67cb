"""requeue and quarantine: done at once where no hub runs, asked of the hub where one runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from hub import lock
from hub.cli import writing
from hub.ledger import open_views
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document
from tests.cli import Province

ONE, OTHER = a_document(subject="Bản đầu"), a_document(subject="Bản khác")


@pytest.fixture
def province(tmp_path: Path) -> Province:
    """Two dead letters, and one packet in quarantine."""
    made = Province(tmp_path)
    unknown = ("000.00.98.H99", "000.00.99.H99")
    made.take_in(proposal(ONE, unknown=unknown), proposal(OTHER, "xa-binh-son"))
    return made


@pytest.fixture(params=["no hub runs", "beside a running hub"])
def anyway(request: pytest.FixtureRequest, province: Province) -> Iterator[Province]:
    """The same commands do the same, whoever does the work."""
    with province.running() if "beside" in request.param else nullcontext():
        yield province


def test_dead_letters_go_out_again(anyway: Province) -> None:
    first, second = anyway.json("deadletters")

    assert anyway.json("requeue", first["delivery"]) == {"result": "1 deliveries wait again"}
    assert anyway.hub("requeue", second["recipient"]).stdout == "1 deliveries wait again\n"

    assert anyway.json("deadletters") == []
    kinds = [event["kind"] for event in anyway.json("trace", ONE.code)[0]["events"]]
    assert kinds.count("requeued") == 2


def test_all_dead_letters_go_out_again_at_once(anyway: Province) -> None:
    assert anyway.json("requeue", "all") == {"result": "2 deliveries wait again"}


def test_a_person_may_insist(anyway: Province) -> None:
    assert anyway.json("requeue", "all", "--force") == {"result": "2 deliveries wait again"}


def test_what_is_not_there_cannot_be_done(anyway: Province) -> None:
    assert "no dead letter by the name xa-la" in anyway.json("requeue", "xa-la", ends=1)["error"]
    assert "không có đúng một" in anyway.hub("quarantine", "discard", "f" * 64).stderr.casefold()


def test_a_quarantined_packet_is_looked_at_and_discarded(anyway: Province, tmp_path: Path) -> None:
    [kept] = anyway.json("quarantine", "list")
    assert (kept["unit"], kept["code"], kept["state"]) == ("so-nv", "conflict", "kept")
    assert kept["digest"][:12] in anyway.hub("quarantine", "list").stdout

    short = kept["digest"][:8]
    assert anyway.json("quarantine", "show", short) == kept
    shown = anyway.hub("quarantine", "show", short).stdout
    assert f"{kept['reason']} [conflict]" in shown
    assert anyway.json("quarantine", "export", short, str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_text() == repr(OTHER)
    assert anyway.json("quarantine", "discard", short) == {"result": "discarded"}

    assert [one["state"] for one in anyway.json("quarantine", "list")] == ["discarded"]
    assert anyway.json("verify")["bad"] == []


def test_an_id_must_be_long_enough_and_name_one_packet(province: Province) -> None:
    [kept] = province.json("quarantine", "list")

    assert province.hub("quarantine", "show", kept["digest"][:7]).exit_code == 1
    assert province.hub("quarantine", "show", kept["digest"][:8].upper()).exit_code == 0


def test_an_export_overwrites_nothing(province: Province, tmp_path: Path) -> None:
    [kept] = province.json("quarantine", "list")
    (tmp_path / "mine").write_text("của tôi")

    result = province.hub("quarantine", "export", kept["digest"], str(tmp_path / "mine"))

    assert (result.exit_code, (tmp_path / "mine").read_text()) == (1, "của tôi")


def test_a_damaged_packet_is_not_exported(province: Province, tmp_path: Path) -> None:
    [kept] = province.json("quarantine", "list")
    (province.data / "blobs" / kept["digest"]).unlink()

    said = province.json("quarantine", "export", kept["digest"], str(tmp_path / "copy"), ends=1)

    assert "is missing" in said["error"]
    assert not (tmp_path / "copy").exists()


def test_only_a_running_hub_can_take_a_packet_in_after_all(province: Province) -> None:
    [kept] = province.json("quarantine", "list")

    assert "needs a running hub" in province.json("quarantine", "release", kept["digest"], ends=1)["error"]
    assert [one["state"] for one in province.json("quarantine", "list")] == ["kept"]


@pytest.mark.slow
def test_a_hub_that_does_not_answer_is_waited_for_only_so_long(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_PATIENCE", 0.3)

    with lock.hold(province.data):
        said = province.json("requeue", "all", ends=1)

    assert "did not answer yet" in said["error"]
    [request] = open_views("sqlite", province.data).requests()
    assert (request.verb, request.target) == ("requeue", "all")
