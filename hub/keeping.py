"""Looking after what is stored: verify it, copy it away, bring it back."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.blobs import Blobs
from hub.config import Config
from hub.errors import Damaged, StorageError
from hub.ledger import Views, copy_ledger, open_views

#: Told how far a long work is: its stage, how many are done, of how many.
Progress = Callable[[str, int, int], None]
_MANIFEST = "manifest.json"
_LEDGER = "ledger.sqlite"


@dataclass(slots=True)
class Findings:
    """What a verification looked at, and what is wrong, the first first."""

    events: int = 0
    blobs: int = 0
    bad: list[str] = field(default_factory=list)
    #: each writer's newest event, to keep elsewhere: a cut tail shows against it
    checkpoint: list[dict[str, Any]] = field(default_factory=list)


def verify(views: Views, data: Path, progress: Progress, earlier: list[dict[str, Any]] | None = None) -> Findings:
    """Check the chain of events and every blob, against an earlier checkpoint too if there is one."""
    found = Findings(events=views.count_events())
    found.bad += views.unsound()
    progress("nhật ký (events)", 0, found.events)
    found.bad += [f"event {line.writer} {line.seq} ({line.kind}, {line.at}): {why}" for line, why in views.broken()]
    progress("nhật ký (events)", found.events, found.events)
    marks = [{"writer": writer, "seq": seq, "hash": sum_} for writer, seq, sum_ in views.writers()]
    found.checkpoint = marks
    found.bad += [
        f"checkpoint {mark['writer']} {mark['seq']}: it is gone" for mark in earlier or () if not views.has(mark)
    ]
    found.bad += _bad_blobs(views, Blobs(data / "blobs"), found, progress)
    return found


def _bad_blobs(views: Views, blobs: Blobs, found: Findings, progress: Progress) -> Iterator[str]:
    total = views.count_blobs()
    for owner, blob in views.blobs():
        found.blobs += 1
        progress("tệp lưu (blobs)", found.blobs, max(total, found.blobs))
        try:
            blobs.check(blob)
        except Damaged as error:
            yield f"{owner}: {error}"


def backup(config: Config, folder: Path, progress: Progress) -> dict[str, Any]:
    """Copy ledger, blobs and configuration; the manifest comes last, so that half a backup is none.

    Blobs that lie there already are not copied again. Raises StorageError, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / _MANIFEST).unlink(missing_ok=True)
    # The ledger first: every blob that it names was durable before.
    copy_ledger(config.database.get_secret_value(), config.data, folder / _LEDGER)
    views = open_views("sqlite", folder)
    try:
        wanted = {blob.digest for _, blob in views.blobs()}
        marks = [{"writer": writer, "seq": seq, "hash": sum_} for writer, seq, sum_ in views.writers()]
    finally:
        views.close()
    _copy_blobs(sorted(wanted), config.data / "blobs", folder / "blobs", progress)
    for file in sorted(config.folder.glob("*.yaml")):
        if file.name != "secrets.yaml":
            _copy(file, folder / "config" / file.name)
    manifest = {"blobs": len(wanted), "checkpoint": marks}
    _write(folder / _MANIFEST, json.dumps(manifest).encode())
    return manifest


def restore(config: Config, folder: Path, progress: Progress) -> dict[str, Any]:
    """Bring a backup into a data folder that has no ledger, and verify it. Raises StorageError, OSError."""
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_bytes())
    except (FileNotFoundError, ValueError) as error:
        raise StorageError(f"{folder} holds no whole backup: {error}") from error
    if (config.data / _LEDGER).exists():
        raise StorageError(f"{config.data} has a ledger already; it is never overwritten")
    _copy_blobs(
        sorted(path.name for path in (folder / "blobs").iterdir()), folder / "blobs", config.data / "blobs", progress
    )
    _copy(folder / _LEDGER, config.data / _LEDGER)
    views = open_views("sqlite", config.data)
    try:
        found = verify(views, config.data, progress, manifest["checkpoint"])
    finally:
        views.close()
    if found.bad:
        raise StorageError(f"the restored copy is damaged: {found.bad[0]}")
    return manifest


def _copy_blobs(names: list[str], source: Path, target: Path, progress: Progress) -> None:
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number, name in enumerate(names, 1):
        here, there = source / name, target / name
        if not there.exists() or there.stat().st_size != here.stat().st_size:
            _copy(here, there)
        progress("tệp lưu (blobs)", number, len(names))
    _sync(target)


def _copy(source: Path, target: Path) -> None:
    """Copy so that the target appears whole and durable."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_name(f".{target.name}.part")
    with source.open("rb") as here, draft.open("wb") as there:
        shutil.copyfileobj(here, there, 1 << 20)
        there.flush()
        os.fsync(there.fileno())
    draft.replace(target)
    _sync(target.parent)


def _write(target: Path, content: bytes) -> None:
    draft = target.with_name(f".{target.name}.part")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
