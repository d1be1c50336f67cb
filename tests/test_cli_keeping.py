"""verify, backup, restore: every damage is named, and a copy is whole or none."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hub.keeping import backups
from hub.keeping.sealing import MEMORY
from hub.ledger import intake
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from tests.cli import Province

FIRST, SECOND = a_document("1/GM-SNV"), a_document("2/GM-SNV")


@pytest.fixture
def province(tmp_path: Path) -> Province:
    made = Province(tmp_path / "one")
    made.take_in(proposal(FIRST, "xa-binh-son"), proposal(SECOND, "xa-binh-son"))
    made.take_in(proposal(an_answer(FIRST, "01"), "so-nv", unit="xa-binh-son"))
    return made


@pytest.fixture
def other(tmp_path: Path) -> Province:
    return Province(tmp_path / "other")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy"


def change(province: Province, *statements: str) -> None:
    """What somebody with the file in his hands could do."""
    with closing(sqlite3.connect(province.data / "ledger.sqlite")) as ledger, ledger:
        for statement in statements:
            ledger.execute(statement)


#: The newest event with all that it is about: what nobody can see without a checkpoint.
TAIL = (
    *(
        f"DELETE FROM {table} WHERE envelope_id = (SELECT envelope_id FROM event WHERE seq = 3)"
        for table in ("input", "delivery")
    ),
    "DELETE FROM envelope WHERE id = (SELECT envelope_id FROM event WHERE seq = 3)",
    "DELETE FROM event WHERE seq = 3",
)


def blobs(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "blobs").iterdir() if path.is_file())


def rewrite(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)


# verify


def test_what_is_sound_is_counted_and_its_checkpoint_told(province: Province) -> None:
    said = province.json("verify")

    assert (said["events"], said["blobs"], said["bad"]) == (3, 3, [])
    [mark] = said["checkpoint"]
    assert (mark["writer"], mark["seq"], len(mark["hash"])) == ("hub", 3, 64)
    people = province.hub("verify").stdout
    assert "3 dòng nhật ký, 3 tệp lưu (events, blobs): 0 sai (bad)." in people
    assert f"mốc (checkpoint): hub 3 {mark['hash']}" in people


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE event SET unit = 'xa-la' WHERE seq = 2", "event hub 2 "),
        ("UPDATE event SET at = at + 1 WHERE seq = 1", "event hub 1 "),
        ("UPDATE event SET data = '{}' WHERE seq = 3", "event hub 3 "),
        ("DELETE FROM event WHERE seq = 2", "line 2 is missing"),
        ("UPDATE event SET at = 'hôm qua' WHERE seq = 2", "after 1 events, "),
        ("UPDATE event SET at = 9223372036854775807 WHERE seq = 2", "after 1 events, "),
        ("UPDATE event SET unit = x'ff00' WHERE seq = 2", "after 1 events, "),
        ("UPDATE envelope SET size = size + 1 WHERE code = '1/gm-snv' AND kind = 'document'", "bytes, not"),
        ("UPDATE envelope SET digest = 12", "is missing"),
        ("DROP TABLE event", "no such table"),
    ],
)
def test_a_changed_ledger_is_found_at_its_first_bad_record(province: Province, statement: str, named: str) -> None:
    change(province, statement)

    assert named in province.json("verify", ends=1)["bad"][0]
    first = province.hub("verify").stdout.splitlines()[0]
    assert first.startswith("✗ ")
    assert named in first


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE envelope SET subject = 'khác' WHERE code = '1/gm-snv'", "it is not what was accepted"),
        ("UPDATE envelope SET body = replace(body, 'GM-SNV', 'QĐ-SNV') WHERE code = '2/gm-snv'", "is not what was"),
        ("UPDATE envelope SET business_key = '' WHERE code = '2/gm-snv'", "is not what was accepted"),
        ("UPDATE delivery SET recipient = 'so-nv' WHERE recipient = 'xa-binh-son'", "is not what was accepted"),
        (
            "UPDATE delivery SET state = 'delivered', receipt = 'x' WHERE recipient = 'xa-binh-son'",
            "its events leave it",
        ),
        ("UPDATE delivery SET state = 'dead', ended_at = 1", "its events leave it"),
        ("UPDATE delivery SET ended_at = 1", "its ended_at is"),
        ("DELETE FROM delivery WHERE recipient = 'so-nv'", "is not what was accepted"),
        ("UPDATE input SET digest = 'x'", "is not what was accepted"),
        ("UPDATE input SET state = 'x'", "is not what was accepted"),
        ("UPDATE input SET verdict = 'duplicate'", "0 inputs accepted as it"),
        ("DELETE FROM input", "0 inputs accepted as it"),
        (
            "INSERT INTO input SELECT unit, 'x', 'refused', name, at, 0, '', '', '', '', '', 0, '' FROM input LIMIT 1",
            "no event says",
        ),
        ("DELETE FROM event WHERE seq = 3", "0 events that accept it"),
    ],
)
def test_a_row_that_is_not_as_the_events_say_is_named(province: Province, statement: str, named: str) -> None:
    change(province, statement)

    assert named in " ".join(province.json("verify", ends=1)["bad"])


def test_events_from_before_there_were_seals_are_held_against_their_rows(
    province: Province, other: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "seal", lambda *_: "")
    other.take_in(proposal(FIRST, "xa-binh-son", "so-nv", unknown=("H99.01",)))
    other.take_in(proposal(FIRST, "xa-binh-son"))
    assert other.json("verify")["bad"] == []
    change(other, "UPDATE delivery SET recipient = 'xa-khac' WHERE recipient = 'so-nv'", "DELETE FROM input")

    bad = " ".join(other.json("verify", ends=1)["bad"])

    assert "0 inputs accepted as it" in bad
    assert "the input that it is about is gone" in bad


def test_a_damaged_or_lost_body_is_named_with_who_needs_it(province: Province) -> None:
    changed, lost, _ = blobs(province.data)
    rewrite(changed, changed.read_bytes()[:-1] + b"?")
    lost.unlink()

    bad = province.json("verify", ends=1)["bad"]

    owners = {one["document"]["id"] for code in (FIRST.code, SECOND.code) for one in province.json("trace", code)}
    assert {f"the blob {changed.name} has other content", f"the blob {lost.name} is missing, or cannot be read"} == {
        line.partition(": ")[2].partition(":")[0] for line in bad
    }
    assert owners & {line.partition(":")[0] for line in bad}


def test_pages_that_the_database_cannot_read_are_found(province: Province) -> None:
    ledger = province.data / "ledger.sqlite"
    content = bytearray(ledger.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 16] = b"\xff" * 16
    ledger.write_bytes(content)

    assert province.json("verify", ends=1)["bad"]


def test_a_cut_tail_shows_against_an_earlier_checkpoint(province: Province, tmp_path: Path) -> None:
    kept = str(tmp_path / "mốc.json")
    assert province.hub("verify", "--save", kept).exit_code == 0
    change(province, *TAIL)
    assert province.json("verify")["bad"] == []

    bad = province.json("verify", "--checkpoint", kept, ends=1)["bad"]

    assert bad == ["checkpoint hub 3: this event is gone, with all after it"]


def test_a_ledger_that_went_on_agrees_with_its_earlier_checkpoint(province: Province, tmp_path: Path) -> None:
    kept = str(tmp_path / "mốc.json")
    province.hub("verify", "--save", kept)
    province.take_in(proposal(a_document("3/GM-SNV"), "xa-binh-son"))

    assert province.json("verify", "--checkpoint", kept)["events"] == 4


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[{"writer": "hub"}]'])
def test_a_file_that_is_no_checkpoint_is_told_so(province: Province, tmp_path: Path, content: str) -> None:
    (tmp_path / "a").write_text(content)

    said = province.json("verify", "--checkpoint", str(tmp_path / "a"), ends=1)

    assert "is no checkpoint" in said["error"]


def test_a_bad_ledger_saves_no_checkpoint(province: Province, tmp_path: Path) -> None:
    change(province, "UPDATE event SET unit = 'xa-la' WHERE seq = 2")

    province.hub("verify", "--save", str(tmp_path / "a"))

    assert not (tmp_path / "a").exists()


# backup and restore


def test_what_was_copied_away_comes_back_whole(province: Province, other: Province, copy: Path) -> None:
    manifest = province.json("backup", str(copy))
    assert (manifest["events"], manifest["blobs"], manifest["bad"]) == (3, 3, [])
    assert manifest["checkpoint"] == province.json("verify")["checkpoint"]

    assert other.json("restore", str(copy)) == manifest

    assert other.json("verify") == province.json("verify")
    [there], [here] = other.json("trace", FIRST.code), province.json("trace", FIRST.code)
    assert (there["document"], there["events"]) == (here["document"], here["events"])
    assert [path.stat().st_mode & 0o777 for path in blobs(other.data)] == [0o400] * 3
    assert other.take_in(proposal(a_document("3/GM-SNV"), "xa-binh-son"))[0].recipients == ("xa-binh-son",)


def test_what_was_open_may_have_arrived_since_and_is_asked_about(
    province: Province, other: Province, copy: Path
) -> None:
    province.take_in(proposal(a_document("3/GM-SNV"), "xa-binh-son", hold=9.0))
    province.json("backup", str(copy))

    said = other.hub("restore", str(copy))

    assert "have it sent again" in said.stderr
    with closing(sqlite3.connect(other.data / "ledger.sqlite")) as ledger:
        rows = sorted(ledger.execute("SELECT state, possible_duplicate FROM delivery"))
    assert rows == [("held", 1), ("uncertain", 0), ("uncertain", 0), ("uncertain", 0)]
    assert other.json("verify")["bad"] == []


def test_a_restore_forgets_what_an_earlier_ledger_reached(province: Province, other: Province, copy: Path) -> None:
    province.json("backup", str(copy))
    other.data.mkdir()
    (other.data / MEMORY).write_text("{}")

    other.json("restore", str(copy))

    assert not (other.data / MEMORY).exists()


def test_a_backup_holds_the_configuration_but_no_secrets(province: Province, copy: Path) -> None:
    (province.folder / "secrets.yaml").write_text("DATABASE: canary\n")
    (province.folder / "secrets.yaml").chmod(0o600)

    province.json("backup", str(copy))

    assert sorted(path.name for path in (copy / "config").iterdir()) == ["hub.yaml", "units.yaml"]
    files = [path for path in copy.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o077 for path in (copy, *files)} == {0}
    assert not [path for path in files if b"canary" in path.read_bytes()]


def test_a_second_backup_copies_only_what_is_new(province: Province, other: Province, copy: Path) -> None:
    province.json("backup", str(copy))
    before = {path.name: path.stat().st_ino for path in blobs(copy)}
    province.take_in(proposal(a_document("3/GM-SNV"), "xa-binh-son"))

    assert province.json("backup", str(copy))["blobs"] == 4

    after = {path.name: path.stat().st_ino for path in blobs(copy)}
    assert before.items() < after.items()
    assert other.json("restore", str(copy))["events"] == 4


@pytest.mark.parametrize("step", ["copy_ledger", "_copy_blobs", "write"])
def test_a_backup_cut_short_leaves_the_one_before_whole(
    province: Province, other: Province, copy: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    province.json("backup", str(copy))
    province.take_in(proposal(a_document("3/GM-SNV"), "xa-binh-son"))
    _cut(monkeypatch, step)
    assert province.hub("backup", str(copy)).exit_code == 1
    monkeypatch.undo()

    assert other.hub("restore", str(copy)).exit_code == 0

    assert other.json("verify")["bad"] == []
    assert len(other.json("trace", FIRST.code)) == 1


@pytest.mark.parametrize("step", ["copy_ledger", "_copy_blobs", "write"])
def test_a_first_backup_cut_short_is_none(
    province: Province, other: Province, copy: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cut(monkeypatch, step)
    assert province.hub("backup", str(copy)).exit_code == 1
    monkeypatch.undo()

    assert "holds no whole backup" in other.json("restore", str(copy), ends=1)["error"]
    assert province.json("backup", str(copy))["events"] == 3


def _cut(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """After this step's work is done the disk fails."""
    whole: Callable[..., Any] = getattr(backups, step)

    def cut(*given: Any, **named: Any) -> None:
        if step != "write":
            whole(*given, **named)
        raise OSError("No space left on device")

    monkeypatch.setattr(backups, step, cut)


def test_a_backup_of_another_hub_is_not_written_over(province: Province, other: Province, copy: Path) -> None:
    province.json("backup", str(copy))
    other.take_in(proposal(SECOND, "xa-binh-son"))

    assert "backup of another hub" in other.json("backup", str(copy), ends=1)["error"]
    shutil.rmtree(other.data)
    assert other.json("restore", str(copy))["events"] == 3


def test_a_body_that_is_bad_already_is_named_and_hinders_nothing(
    province: Province, other: Province, copy: Path
) -> None:
    lost, changed, _ = blobs(province.data)
    lost.unlink()
    rewrite(changed, b"?" * changed.stat().st_size)

    bad = province.json("backup", str(copy), ends=1)["bad"]

    assert sorted(line.partition(":")[0] for line in bad) == sorted([lost.name, changed.name])
    assert other.json("restore", str(copy), ends=1)["bad"] == bad
    assert len(other.json("verify", ends=1)["bad"]) == 2


def test_a_damaged_copy_is_not_put_in_place(province: Province, other: Province, copy: Path) -> None:
    province.json("backup", str(copy))
    rewrite(blobs(copy)[0], b"?" * blobs(copy)[0].stat().st_size)

    said = other.json("restore", str(copy), ends=1)

    assert "the backup is damaged" in said["error"]
    assert [path.name for path in other.data.iterdir() if path.name not in {"hub.lock", "blobs"}] == []


def test_a_copy_without_its_tail_is_not_put_in_place(province: Province, other: Province, copy: Path) -> None:
    province.json("backup", str(copy))
    with closing(sqlite3.connect(copy / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("DELETE FROM event WHERE seq = 3")

    assert "checkpoint hub 3" in other.json("restore", str(copy), ends=1)["error"]


def test_a_ledger_is_never_overwritten(province: Province, copy: Path) -> None:
    province.json("backup", str(copy))
    before = (province.data / "ledger.sqlite").read_bytes()

    assert "never overwritten" in province.json("restore", str(copy), ends=1)["error"]
    assert (province.data / "ledger.sqlite").read_bytes() == before


def test_another_database_is_left_to_its_own_tools(province: Province, other: Province, copy: Path) -> None:
    province.json("backup", str(copy))
    settings = other.folder / "hub.yaml"
    settings.write_text(settings.read_text() + "database: postgresql://hub@127.0.0.1:1/hub\n")

    assert "pg_dump" in other.json("backup", str(copy), ends=1)["error"]
    assert "pg_restore" in other.json("restore", str(copy), ends=1)["error"]


def test_the_manifest_is_for_people_too(province: Province, copy: Path) -> None:
    assert "3 dòng nhật ký, 3 tệp lưu." in province.hub("backup", str(copy)).stdout

    said = json.loads((copy / "manifest.json").read_text())
    assert said.keys() == {"made_at", "events", "blobs", "checkpoint", "bad", "endpoints"}
