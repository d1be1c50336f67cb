"""Copies what is stored away, and brings it back."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from hub import states
from hub.config import Config
from hub.errors import Damaged, StorageError
from hub.keeping.files import copy, sync, write
from hub.keeping.sealing import MEMORY
from hub.keeping.verifying import BLOBS, Findings, Mark, Progress, checkpoint, has, verify
from hub.ledger import Views, copy_ledger, doubt_open, open_views
from hub.vocabulary import Blob

_MANIFEST, _LEDGER = "manifest.json", "ledger.sqlite"
_DRAFT = ".draft"
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. It is written last: a folder without it holds no whole backup."""

    made_at: str
    events: int
    blobs: int
    checkpoint: list[Mark]
    #: bodies that were damaged or missing when the backup was made
    bad: list[str]
    #: endpoint -> digest of its packed private folder; None: made when these were not copied
    endpoints: dict[str, str] | None = None


_MANIFESTS = TypeAdapter(Manifest)


def backup(config: Config, folder: Path, now: datetime, progress: Progress) -> dict[str, Any]:
    """Copy ledger, blobs, what connectors keep, and configuration, but no secrets.yaml. Returns the manifest.

    A second backup into the folder copies what is new; cut short, it leaves the first one whole.
    Raises StorageError, OSError.
    """
    draft = _fresh_draft(folder)
    # The ledger first: every blob that it names was durable before, and what a connector knows is never older.
    copy_ledger(config.database.get_secret_value(), config.data, draft / _LEDGER)
    (draft / _LEDGER).chmod(0o600)
    endpoints = states.pack(config.data, folder / states.ENDPOINTS)
    with _views(draft) as views:
        _check_continues(views, folder)
        wanted = {blob.digest: blob for _, blob in views.blobs()}
        events, newest = views.count_events(), checkpoint(views)
    bad = _copy_blobs(list(wanted.values()), config.data / "blobs", folder / "blobs", progress)
    for file in sorted(config.folder.glob("*.yaml")):
        if file.name != "secrets.yaml":
            copy(file, folder / "config" / file.name)
    made = Manifest(now.isoformat(timespec="seconds"), events, len(wanted), newest, bad, endpoints)
    write(draft / _MANIFEST, json.dumps(asdict(made), ensure_ascii=False, indent=1).encode())
    (draft / _LEDGER).replace(folder / _LEDGER)
    sync(folder)
    shutil.rmtree(_settled(folder))
    states.forget(folder / states.ENDPOINTS, endpoints)
    return asdict(made)


def _fresh_draft(folder: Path) -> Path:
    draft = folder / _DRAFT
    for made in (folder, draft):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.rmtree(_settled(folder))
    draft.mkdir(mode=0o700)
    return draft


def _settled(folder: Path) -> Path:
    """Put the manifest beside its ledger, should that be there alone. Returns the draft's folder."""
    if _is_settling(folder):
        (folder / _DRAFT / _MANIFEST).replace(folder / _MANIFEST)
        sync(folder)
    return folder / _DRAFT


def _check_continues(views: Views, folder: Path) -> None:
    """Raise StorageError where the folder holds what this ledger does not follow from."""
    if _place_of_manifest(folder).exists() and not all(has(views, mark) for mark in _manifest(folder).checkpoint):
        raise StorageError(f"{folder} holds the backup of another hub, or of a later state: take another folder")


def verify_backup(folder: Path, progress: Progress, earlier: Sequence[Mark] = ()) -> Findings:
    """Check a backup as `verify` checks what is in use, and the endpoints' packs. Raises StorageError."""
    manifest = _manifest(folder)
    with _views(folder) as views:
        found = verify(views, folder, progress, [*manifest.checkpoint, *earlier])
    found.bad.extend(states.damages(folder / states.ENDPOINTS, manifest.endpoints or {}))
    return found


def restore(config: Config, folder: Path, progress: Progress) -> dict[str, Any]:
    """Bring a backup into a data folder that has no ledger; it is put in place once it was verified.

    Returns the manifest. Raises StorageError, OSError.
    """
    manifest, staged = _manifest(folder), config.data / ".restoring"
    endpoints = manifest.endpoints or {}
    _check_room(config)
    copy(folder / _LEDGER, staged / _LEDGER)
    try:
        bad = list(states.damages(folder / states.ENDPOINTS, endpoints))
        with _views(staged) as views:
            wanted = {blob.digest: blob for _, blob in views.blobs()}
            bad += _copy_blobs(list(wanted.values()), folder / "blobs", config.data / "blobs", progress)
            bad += verify(views, config.data, progress, manifest.checkpoint).bad
        _check_known(bad, manifest)
        doubt_open(staged / _LEDGER)
        states.unpack(folder / states.ENDPOINTS, endpoints, staged / states.ENDPOINTS, manifest.made_at)
        if endpoints:
            (staged / states.ENDPOINTS).replace(config.data / states.ENDPOINTS)
        # What an earlier ledger reached is no measure for this one.
        (config.data / MEMORY).unlink(missing_ok=True)
        # The ledger last: once it is there, so is all that belongs to it.
        (staged / _LEDGER).replace(config.data / _LEDGER)
    finally:
        shutil.rmtree(staged)
    sync(config.data)
    return asdict(manifest)


def _check_known(bad: Sequence[str], manifest: Manifest) -> None:
    """Raise StorageError for what was not bad already when the backup was made."""
    known = {line.partition(":")[0] for line in manifest.bad}
    for line in bad:
        if not any(digest in line for digest in known):
            raise StorageError(f"the backup is damaged, nothing was put in place: {line}")


def _check_room(config: Config) -> None:
    if config.database.get_secret_value() != "sqlite":
        raise StorageError("a PostgreSQL ledger is restored with pg_restore; copy the blobs folder before it")
    for left in config.data.glob(f"{_LEDGER}*"):
        raise StorageError(f"{left} is there already; a ledger is never overwritten")
    endpoints = config.data / states.ENDPOINTS
    if endpoints.is_dir() and any(endpoints.iterdir()):
        raise StorageError(f"{endpoints} holds what connectors know already; move it away first")


def _is_settling(folder: Path) -> bool:
    """Whether a backup was cut short between its last two steps: its ledger is in place, its manifest is not."""
    draft = folder / _DRAFT
    return (draft / _MANIFEST).exists() and not (draft / _LEDGER).exists()


def _place_of_manifest(folder: Path) -> Path:
    return (folder / _DRAFT if _is_settling(folder) else folder) / _MANIFEST


def _manifest(folder: Path) -> Manifest:
    try:
        return _MANIFESTS.validate_json(_place_of_manifest(folder).read_bytes())
    except (FileNotFoundError, ValueError) as error:
        raise StorageError(f"{folder} holds no whole backup: {error}") from error


@contextmanager
def _views(folder: Path) -> Iterator[Views]:
    views = open_views("sqlite", folder)
    try:
        yield views
    finally:
        views.close()


def _copy_blobs(blobs: Sequence[Blob], source: Path, target: Path, progress: Progress) -> list[str]:
    """Copy what is not there yet. Returns "digest: why" for those that cannot be."""
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    bad: list[str] = []
    for number, blob in enumerate(blobs, 1):
        try:
            _copy_blob(blob, source, target)
        except (Damaged, FileNotFoundError) as error:
            bad.append(f"{blob.digest}: {error}")
        progress(BLOBS, number, len(blobs))
    sync(target)
    return bad


def _copy_blob(blob: Blob, source: Path, target: Path) -> None:
    if not _DIGEST.fullmatch(blob.digest):
        raise Damaged("this is no digest")
    path = target / blob.digest
    if not path.exists() or path.stat().st_size != blob.size:
        copy(source / blob.digest, path, blob.digest, mode=0o400)
