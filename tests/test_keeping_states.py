"""What connectors keep is backed up beside ledger and blobs: whole, in the right order, and checked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub import states
from hub.keeping import backups
from hub.ledger import copy_ledger
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document
from tests.cli import Province

CASE, CLOSED = "xa-binh-son/clerk/d1.json", "xa-binh-son/clerk/closed.jsonl"


@pytest.fixture
def province(tmp_path: Path) -> Province:
    made = Province(tmp_path / "one")
    made.take_in(proposal(a_document("1/GM-SNV"), "xa-binh-son"))
    for place, content in {CASE: '{"a": 1}\n', CLOSED: '{"b": 1}\n', "so-nv/share.json": '{"id": "x"}\n'}.items():
        write(made.data / "endpoints" / place, content)
    return made


@pytest.fixture
def other(tmp_path: Path) -> Province:
    return Province(tmp_path / "other")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy"


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")


def kept(province: Province) -> dict[str, str]:
    folder = province.data / "endpoints"
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
    }


def packs(copy: Path) -> list[Path]:
    return sorted((copy / "endpoints").glob("*.tar"))


def test_what_connectors_keep_comes_back_with_a_note_of_when(province: Province, other: Province, copy: Path) -> None:
    before = kept(province)
    write(province.data / "endpoints/xa-binh-son/clerk/.d2.json", "half a fi")
    manifest = province.json("backup", str(copy))
    assert manifest["endpoints"].keys() == {"xa-binh-son", "so-nv"}

    other.json("restore", str(copy))

    notes = {f"{unit}/restored": manifest["made_at"] for unit in ("xa-binh-son", "so-nv")}
    assert kept(other) == before | notes
    assert {path.stat().st_mode & 0o077 for path in (copy / "endpoints").iterdir()} == {0}
    assert (other.data / "endpoints/xa-binh-son").stat().st_mode & 0o077 == 0


def test_what_is_known_after_the_ledger_was_copied_is_in_the_backup(
    province: Province, other: Province, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: Callable[..., None] = copy_ledger

    def copied(*given: Any) -> None:
        write(province.data / "endpoints/xa-binh-son/clerk/before.json", "{}")
        whole(*given)
        write(province.data / "endpoints/xa-binh-son/clerk/delivered-meanwhile.json", "{}")

    monkeypatch.setattr(backups, "copy_ledger", copied)
    province.json("backup", str(copy))
    other.json("restore", str(copy))

    assert {"xa-binh-son/clerk/before.json", "xa-binh-son/clerk/delivered-meanwhile.json"} <= kept(other).keys()


def test_a_case_that_is_put_away_meanwhile_is_not_lost_between(
    province: Province, other: Province, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: Callable[..., None] = states._add

    def add(archive: Any, path: Path, name: str) -> None:
        if name.endswith("d1.json"):  # the connector settles it right now
            with (path.parent / "closed.jsonl").open("a") as file:
                file.write(path.read_text())
            path.unlink()
        whole(archive, path, name)

    monkeypatch.setattr(states, "_add", add)
    province.json("backup", str(copy))
    other.json("restore", str(copy))

    assert kept(other)[CLOSED] == '{"b": 1}\n{"a": 1}\n'


@pytest.mark.parametrize("harm", ["changed", "cut", "lost"])
def test_a_damaged_pack_is_found_and_not_put_in_place(
    province: Province, other: Province, copy: Path, harm: str
) -> None:
    province.json("backup", str(copy))
    assert province.json("verify", "--backup", str(copy))["bad"] == []
    [pack] = [path for path in packs(copy) if path.name.startswith("xa-binh-son.")]
    content = pack.read_bytes()
    if harm == "lost":
        pack.unlink()
    else:
        pack.write_bytes(content.replace(b'{"a": 1}', b'{"a": 2}') if harm == "changed" else content[:700])

    [bad] = province.json("verify", "--backup", str(copy), ends=1)["bad"]
    assert bad.startswith("endpoints/xa-binh-son: ")
    assert "✗ endpoints/xa-binh-son" in province.hub("verify", "--backup", str(copy)).stdout
    assert "the backup is damaged" in other.json("restore", str(copy), ends=1)["error"]
    assert not (other.data / "endpoints").exists()
    assert not (other.data / "ledger.sqlite").exists()


@pytest.mark.parametrize(("place", "content"), [(CASE, '{"a": '), (CASE, ""), (CLOSED, '{"b"\n{"c": 1}\n')])
def test_what_cannot_be_read_in_use_is_found_by_verify(province: Province, place: str, content: str) -> None:
    assert province.json("verify")["bad"] == []
    write(province.data / "endpoints" / place, content)

    [bad] = province.json("verify", ends=1)["bad"]
    assert bad.startswith(f"endpoints/{place}: ")


def test_a_last_line_on_its_way_is_no_damage(province: Province) -> None:
    write(province.data / "endpoints" / CLOSED, '{"b": 1}\n{"c":')

    assert province.json("verify")["bad"] == []


def test_a_backup_of_old_is_restored_with_a_warning(province: Province, other: Province, copy: Path) -> None:
    manifest = province.json("backup", str(copy))
    shutil.rmtree(copy / "endpoints")
    del manifest["endpoints"]
    (copy / "manifest.json").write_text(json.dumps(manifest))

    said = other.hub("restore", str(copy))

    assert said.exit_code == 0
    assert "Bản sao lưu cũ" in said.stderr
    assert other.json("verify")["bad"] == []
    assert not (other.data / "endpoints").exists()


def test_a_second_backup_holds_each_pack_once(province: Province, other: Province, copy: Path) -> None:
    province.json("backup", str(copy))
    first = packs(copy)
    write(province.data / "endpoints" / CASE, '{"a": 2}\n')

    province.json("backup", str(copy))

    assert len(packs(copy)) == 2
    assert len(set(first) & set(packs(copy))) == 1
    other.json("restore", str(copy))
    assert kept(other)[CASE] == '{"a": 2}\n'


@pytest.mark.parametrize("step", ["states.pack", "_copy_blobs", "write", "_settled"])
def test_ledger_and_packs_of_a_backup_belong_together_wherever_it_is_cut(
    province: Province, other: Province, copy: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    province.json("backup", str(copy))
    write(province.data / "endpoints" / CASE, '{"a": 2}\n')
    province.take_in(proposal(a_document("2/GM-SNV"), "xa-binh-son"))
    where, name = (states, "pack") if step == "states.pack" else (backups, step)
    whole, calls = getattr(where, name), []

    def cut(*given: Any, **named: Any) -> Any:
        calls.append(step)
        if step != "_settled" or len(calls) == 1:
            done = whole(*given, **named)
            if step == "_settled":
                return done
        raise OSError("No space left on device")

    monkeypatch.setattr(where, name, cut)
    assert province.hub("backup", str(copy)).exit_code == 1
    monkeypatch.undo()

    whole_backup = province.json("verify", "--backup", str(copy))
    other.json("restore", str(copy))

    done = step == "_settled"
    assert whole_backup["events"] == (2 if done else 1)
    assert kept(other)[CASE] == ('{"a": 2}\n' if done else '{"a": 1}\n')
    assert province.json("backup", str(copy))["events"] == 2
    assert not (copy / ".draft").exists()
    assert len(packs(copy)) == 2


def test_what_connectors_know_is_never_overwritten(province: Province, other: Province, copy: Path) -> None:
    province.json("backup", str(copy))
    write(other.data / "endpoints" / CASE, '{"a": 9}\n')

    assert "move it away first" in other.json("restore", str(copy), ends=1)["error"]
    assert kept(other) == {CASE: '{"a": 9}\n'}
