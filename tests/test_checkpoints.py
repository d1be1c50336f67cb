"""Signed checkpoints: written by a running hub, checked from outside, and no place holds the hub up."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from hub.cli import app
from hub.errors import Damaged, HubError
from hub.keeping import Mark, sealing
from hub.keeping import checkpoints as signing
from hub.keeping.sealing import MEMORY
from hub.log import logger
from hub.testing import RunningHub, eventually
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document
from tests.cli import Province


@pytest.fixture
def province(tmp_path: Path) -> Province:
    """One whose checkpoints go to `place`, signed by `key`."""
    made = Province(tmp_path / "one")
    assert made_key(made.folder / "key")
    place(made).mkdir()
    set_up(made)
    return made


def set_up(province: Province, every: str = "1h", events: int = 10_000, key: str = "key") -> None:
    said = re.sub(r"checkpoints:.*\n", "", (province.folder / "hub.yaml").read_text())
    line = f"checkpoints: {{to: place, every: {every}, events: {events}, key: {key}}}\n"
    (province.folder / "hub.yaml").write_text(said + line)


def made_key(file: Path) -> str:
    return signing.new_key(file)


def place(province: Province) -> Path:
    return province.folder / "place"


def files(province: Province) -> list[Path]:
    return sorted(place(province).glob("checkpoint-*.json"))


async def runs(province: Province, while_it_does: Callable[[Any], Any] | None = None) -> None:
    async with RunningHub(province.folder) as hub:
        if while_it_does:
            await while_it_does(hub)


def grown(province: Province, number: int) -> None:
    province.take_in(proposal(a_document(f"{number}/GM-SNV"), "xa-binh-son"))


def verified(province: Province, *words: str, ends: int = 0) -> Any:
    return province.json("verify", "--checkpoints", str(place(province)), *words, ends=ends)


async def test_a_hub_seals_at_its_start_and_at_its_end_and_the_rest_is_said(province: Province) -> None:
    await runs(province, lambda _: eventually(lambda: len(files(province)) == 1))
    assert len(files(province)) == 2

    assert await asyncio.to_thread(lambda: verified(province)["unsealed"]) == 0
    await asyncio.to_thread(grown, province, 1)

    said = await asyncio.to_thread(verified, province)
    assert (said["bad"], said["unsealed"]) == ([], 1)
    checkpoint = json.loads(files(province)[-1].read_text())["checkpoint"]
    assert checkpoint.keys() == {"at", "events", "schema", "marks", "key"}
    assert checkpoint["events"] == said["events"] - 1


async def test_enough_events_are_sealed_before_it_is_time(province: Province) -> None:
    set_up(province, events=1)

    async def grow(hub: Any) -> None:
        await eventually(lambda: len(files(province)) == 1)
        for number in (1, 2):
            await hub.ledger.accept([proposal(a_document(f"{number}/GM-SNV"), "xa-binh-son")])
            await eventually(lambda number=number: len(files(province)) > number)  # type: ignore[misc]  # a default in a lambda has no type

    await runs(province, grow)


async def sealed(province: Province, count: int = 2) -> None:
    for number in range(count):
        await asyncio.to_thread(grown, province, number + 1)
        await runs(province)


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        ("roll back", "this event is gone"),
        ("forge", "its signature is wrong"),
        ("foreign", "it is signed by the key"),
        ("rubbish", "this is no checkpoint"),
        ("cut", "this is no checkpoint"),
        ("other ledger", "contradict each other"),
    ],
)
async def test_what_a_checkpoint_shows(province: Province, tmp_path: Path, harm: str, named: str) -> None:
    await sealed(province)
    old = tmp_path / "old.sqlite"
    newest = files(province)[-1]
    if harm == "roll back":
        shutil.copy(province.data / "ledger.sqlite", old)
        await sealed(province, 1)
        shutil.copy(old, province.data / "ledger.sqlite")
    elif harm == "forge":
        newest.write_text(newest.read_text().replace('"events": ', '"events": 1'))
    elif harm == "foreign":
        made_key(tmp_path / "theirs")
        other = signing.signer(str(tmp_path / "theirs"), tmp_path)
        newest.write_bytes(other.signed([], "0002", datetime.now(UTC)))
    elif harm == "other ledger":
        own = signing.signer("key", province.folder)
        [mark] = signing.kept(place(province), own.public()).good[-1].marks
        other_mark = Mark(mark.writer, mark.seq, "0" * 64)
        (place(province) / "checkpoint-9.json").write_bytes(own.signed([other_mark], "0002", datetime.now(UTC)))
    else:
        newest.write_text("{}" if harm == "rubbish" else newest.read_text()[:200])

    bad = await asyncio.to_thread(lambda: verified(province, ends=1)["bad"])

    assert named in " ".join(bad)


async def test_an_auditor_needs_the_public_key_and_a_copy_only(province: Province, tmp_path: Path) -> None:
    await sealed(province)
    copy, public = tmp_path / "copy", str(province.folder / "key.pub")
    await asyncio.to_thread(province.json, "backup", str(copy))
    (province.folder / "key").unlink()
    words = ("verify", "--backup", str(copy), "--checkpoints", str(place(province)))

    said = await asyncio.to_thread(province.json, *words, "--public-key", public)

    assert (said["bad"], said["unsealed"]) == ([], 0)
    assert "hub checkpoints key" in (await asyncio.to_thread(lambda: province.json(*words, ends=1)))["error"]
    assert not [path for path in copy.rglob("*") if path.is_file() and b"PRIVATE" in path.read_bytes()]


async def test_the_script_of_the_manual_checks_without_a_hub(province: Province, tmp_path: Path) -> None:
    await sealed(province)
    manual = (Path(__file__).parents[1] / "docs/operating.md").read_text(encoding="utf-8")
    [script] = re.findall(r"```python\n# check.py\n(.*?)```", manual, re.DOTALL)
    (tmp_path / "check.py").write_text(script, encoding="utf-8")

    def run() -> subprocess.CompletedProcess[str]:
        words = (province.data / "ledger.sqlite", province.data / "blobs", place(province), province.folder / "key.pub")
        command = [sys.executable, "-P", str(tmp_path / "check.py"), *map(str, words)]
        return subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, check=False, timeout=60)

    sound = await asyncio.to_thread(run)
    assert (sound.returncode, "0 after the newest" in sound.stdout) == (0, True), sound.stdout + sound.stderr
    blob = next(path for path in (province.data / "blobs").iterdir() if path.is_file())
    blob.chmod(0o600)
    blob.write_bytes(b"?" * blob.stat().st_size)
    newest = files(province)[-1]
    newest.write_text(newest.read_text().replace('"events": ', '"events": 1'))

    said = await asyncio.to_thread(run)

    assert (said.returncode, blob.name in said.stdout, newest.name in said.stdout) == (1, True, True)


# The place


async def test_a_place_that_is_away_is_said_and_made_good_later(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "PATIENCE", 0.1)
    await sealed(province, 1)
    away = province.folder / "away"
    place(province).rename(away)

    async def look(hub: Any) -> None:
        await eventually(lambda: not hub.health()["checkpoints"]["ok"])
        assert hub.health()["ok"]
        await eventually(lambda: hub.ledger.views.checkpoints() is not None)
        # In a process of its own: within this one a command would take the hub's streams.
        said = json.loads((await asyncio.to_thread(province.told, "status", "--json"))[1])
        assert any("no signed checkpoints" in line for line in said["broken"])
        # What lies under a mount point is not the place.
        place(province).mkdir()
        await asyncio.sleep(1.2)
        assert not hub.health()["checkpoints"]["ok"]
        assert "the newest checkpoint, is not there" in hub.health()["checkpoints"]["detail"]
        place(province).rmdir()
        away.rename(place(province))
        await eventually(lambda: hub.health()["checkpoints"]["ok"])

    await runs(province, look)
    assert await asyncio.to_thread(lambda: verified(province)["bad"]) == []


async def test_a_place_that_hangs_holds_up_neither_documents_nor_the_end(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "PATIENCE", 0.2)
    hangs = threading.Event()
    monkeypatch.setattr(sealing, "vouched", lambda *_: hangs.wait(60))
    try:

        async def look(hub: Any) -> None:
            await eventually(lambda: "does not answer" in hub.health()["checkpoints"]["detail"])
            verdicts = await hub.ledger.accept([proposal(a_document("1/GM-SNV"), "xa-binh-son")])
            assert verdicts[0].recipients == ("xa-binh-son",)

        async with asyncio.timeout(20):
            await runs(province, look)
    finally:
        hangs.set()
    assert files(province) == []


async def test_an_old_copy_does_not_seal_beside_the_newer_checkpoints(
    province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "PATIENCE", 0.1)
    await sealed(province, 1)
    shutil.copytree(province.data, tmp_path / "old")
    await sealed(province, 2)
    before = files(province)
    shutil.rmtree(province.data)
    shutil.copytree(tmp_path / "old", province.data)

    async def look(hub: Any) -> None:
        await eventually(lambda: "it is an old copy" in hub.health()["checkpoints"]["detail"])

    await runs(province, look)
    assert files(province) == before


# The key


def test_a_key_is_private_never_overwritten_and_in_no_message(province: Province, tmp_path: Path) -> None:
    key = tmp_path / "k"
    said = json.loads(CliRunner().invoke(app, ["checkpoints", "key", str(key), "--json"]).stdout)
    assert said["key"] == signing.signer("k", tmp_path).id
    assert [path.stat().st_mode & 0o777 for path in (key, tmp_path / "k.pub")] == [0o600, 0o644]
    assert signing.key_id(signing.public_key(tmp_path / "k.pub")) == signing.signer("k", tmp_path).id
    for again in (key, tmp_path / "k.yaml"):
        with pytest.raises(HubError):
            made_key(again)
    key.chmod(0o644)
    with pytest.raises(HubError, match="chmod 600"):
        signing.signer("k", tmp_path)
    body = key.read_text().splitlines()[1]
    assert body not in repr(signing.Signer(Ed25519PrivateKey.generate()))
    for broken in (key.read_text().replace(body, body[:-9]), key.read_text()[:40] + "PRIVATE KEY"):
        with pytest.raises(HubError) as refused:
            signing.signer(broken + "PRIVATE KEY-", tmp_path)
        assert body[:20] not in str(refused.value)


async def test_a_key_may_be_a_secret_and_is_in_no_log(province: Province) -> None:
    pem = (province.folder / "key").read_text()
    (province.folder / "key").unlink()
    secrets = province.folder / "secrets.yaml"
    secrets.write_text("SEAL: |\n" + "".join(f"  {line}\n" for line in pem.splitlines()))
    secrets.chmod(0o600)
    set_up(province, key="!secret SEAL")
    lines: list[str] = []
    sink = logger.add(lines.append, level="TRACE")
    try:
        await runs(province, lambda _: eventually(lambda: len(files(province)) == 1))
    finally:
        logger.remove(sink)
    assert pem.splitlines()[1] not in "".join(lines)
    assert pem.splitlines()[1] not in "".join(path.read_text() for path in files(province))


def test_a_key_written_out_and_a_place_in_the_data_folder_are_mistakes(province: Province) -> None:
    set_up(province, key='"-----BEGIN PRIVATE KEY-----"')
    said = (province.folder / "hub.yaml").read_text().replace("to: place", "to: data/place")
    (province.folder / "hub.yaml").write_text(said)

    messages = " ".join(one["message"] for one in province.json("check", ends=1))

    assert "a secret is written out here" in messages
    assert "another place than the data folder" in messages


def test_without_its_key_a_hub_does_not_start(province: Province) -> None:
    (province.folder / "key").unlink()

    code, _, said = province.refused()

    assert code == 1
    assert "hub checkpoints key" in said


# The mark in the data folder


async def test_a_ledger_that_lost_what_it_held_is_not_run_on(province: Province, tmp_path: Path) -> None:
    await sealed(province, 1)
    shutil.copy(province.data / "ledger.sqlite", tmp_path / "old")
    await sealed(province, 1)
    shutil.copy(tmp_path / "old", province.data / "ledger.sqlite")

    with pytest.raises(Damaged, match="an old copy was put back"):
        await runs(province)
    (province.data / MEMORY).unlink()
    await runs(province)


async def test_a_mark_that_nobody_wrote_is_said(province: Province) -> None:
    await sealed(province, 1)
    (province.data / MEMORY).write_text("{")

    with pytest.raises(Damaged, match="remove it"):
        await runs(province)


def test_a_share_that_knows_no_rights_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(os.strerror(1))

    monkeypatch.setattr(Path, "chmod", refuse)
    sealing._lay_down(tmp_path, "", "checkpoint-1.json", b"{}")
    assert (tmp_path / "checkpoint-1.json").read_bytes() == b"{}"
