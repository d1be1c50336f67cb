"""Looking after what is stored: verify it, copy it away, bring it back."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from hub import states
from hub.blobs import Blobs
from hub.config import Config
from hub.errors import Damaged, StorageError
from hub.ledger import Views, copy_ledger, open_views
from hub.vocabulary import Blob

#: Told how far a long work is: its stage, how many are done, of how many.
Progress = Callable[[str, int, int], None]

EVENTS, BLOBS = "nhật ký (events)", "tệp lưu (blobs)"
_MANIFEST, _LEDGER = "manifest.json", "ledger.sqlite"
_DRAFT = ".draft"
_DIGEST = re.compile("[0-9a-f]{64}")
_STEP = 500
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Mark:
    """A writer's newest event. Kept elsewhere it shows that a ledger lost its tail, or is an old copy."""

    writer: str
    seq: int
    hash: str


_MARKS = TypeAdapter(list[Mark])


def marks(saved: bytes) -> list[Mark]:
    """A checkpoint as it was saved, a JSON list. Raises ValueError."""
    return _MARKS.validate_json(saved)


@dataclass(slots=True)
class Findings:
    """What a verification looked at, and what is wrong, the first first."""

    events: int = 0
    blobs: int = 0
    bad: list[str] = field(default_factory=list)
    checkpoint: list[Mark] = field(default_factory=list)


def verify(views: Views, data: Path, progress: Progress, earlier: Sequence[Mark] = ()) -> Findings:
    """Check the database, the chain of events, every blob, what connectors keep, and an earlier checkpoint."""
    found = Findings()
    look = _Look(views, Blobs(data / "blobs"), progress, found)
    stages = (look.pages, look.chain, partial(look.reached, earlier), look.bodies, partial(states.unreadable, data))
    for stage in stages:
        try:
            found.bad.extend(stage())
        except (StorageError, OSError, TypeError, ValueError, ArithmeticError) as error:
            # A record that nobody of ours wrote can hold anything at all.
            found.bad.append(f"after {found.events} events, {found.blobs} blobs: {error}")
    return found


@dataclass(frozen=True, slots=True)
class _Look:
    views: Views
    blobs: Blobs
    progress: Progress
    found: Findings

    def pages(self) -> Iterator[str]:
        """What the database itself says of its pages."""
        yield from self.views.unsound()

    def chain(self) -> Iterator[str]:
        """Every event against the one before it."""
        total = self.views.count_events()
        for line, why in self.views.broken(partial(self._count_event, total)):
            yield f"event {line.writer} {line.seq} ({line.kind}, {line.at.isoformat()}): {why}"
        self.progress(EVENTS, self.found.events, self.found.events)

    def _count_event(self, total: int) -> None:
        self.found.events += 1
        if self.found.events % _STEP == 0:
            self.progress(EVENTS, self.found.events, max(total, self.found.events))

    def reached(self, earlier: Sequence[Mark]) -> Iterator[str]:
        """Every event of an earlier checkpoint must still be there."""
        self.found.checkpoint += _checkpoint(self.views)
        for mark in earlier:
            if not _has(self.views, mark):
                yield f"checkpoint {mark.writer} {mark.seq}: this event is gone, with all after it"

    def bodies(self) -> Iterator[str]:
        """Every blob against its own name."""
        total = self.views.count_blobs()
        for owner, blob in self.views.blobs():
            self.found.blobs += 1
            self.progress(BLOBS, self.found.blobs, max(total, self.found.blobs))
            try:
                self.blobs.check(blob)
            except Damaged as error:
                yield f"{owner}: {error}"


def _checkpoint(views: Views) -> list[Mark]:
    return [Mark(*newest) for newest in views.writers()]


def _has(views: Views, mark: Mark) -> bool:
    return views.has(mark.writer, mark.seq, mark.hash)


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
        events, newest = views.count_events(), _checkpoint(views)
    bad = _copy_blobs(list(wanted.values()), config.data / "blobs", folder / "blobs", progress)
    for file in sorted(config.folder.glob("*.yaml")):
        if file.name != "secrets.yaml":
            _copy(file, folder / "config" / file.name)
    made = Manifest(now.isoformat(timespec="seconds"), events, len(wanted), newest, bad, endpoints)
    _write(draft / _MANIFEST, json.dumps(asdict(made), ensure_ascii=False, indent=1).encode())
    (draft / _LEDGER).replace(folder / _LEDGER)
    _sync(folder)
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
        _sync(folder)
    return folder / _DRAFT


def _check_continues(views: Views, folder: Path) -> None:
    """Raise StorageError where the folder holds what this ledger does not follow from."""
    if _place_of_manifest(folder).exists() and not all(_has(views, mark) for mark in _manifest(folder).checkpoint):
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
    _copy(folder / _LEDGER, staged / _LEDGER)
    try:
        bad = list(states.damages(folder / states.ENDPOINTS, endpoints))
        with _views(staged) as views:
            wanted = {blob.digest: blob for _, blob in views.blobs()}
            bad += _copy_blobs(list(wanted.values()), folder / "blobs", config.data / "blobs", progress)
            bad += verify(views, config.data, progress, manifest.checkpoint).bad
        _check_known(bad, manifest)
        states.unpack(folder / states.ENDPOINTS, endpoints, staged / states.ENDPOINTS, manifest.made_at)
        if endpoints:
            (staged / states.ENDPOINTS).replace(config.data / states.ENDPOINTS)
        # The ledger last: once it is there, so is all that belongs to it.
        (staged / _LEDGER).replace(config.data / _LEDGER)
    finally:
        shutil.rmtree(staged)
    _sync(config.data)
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
    _sync(target)
    return bad


def _copy_blob(blob: Blob, source: Path, target: Path) -> None:
    if not _DIGEST.fullmatch(blob.digest):
        raise Damaged("this is no digest")
    path = target / blob.digest
    if not path.exists() or path.stat().st_size != blob.size:
        _copy(source / blob.digest, path, blob.digest, mode=0o400)


def _copy(source: Path, target: Path, digest: str = "", mode: int = 0o600) -> None:
    """Copy so that the target appears whole and durable. Raises Damaged where the bytes have another digest."""
    with source.open("rb") as file:
        _write_chunks(target, iter(partial(file.read, _CHUNK), b""), digest, mode)


def _write(target: Path, content: bytes) -> None:
    _write_chunks(target, [content])


def _write_chunks(target: Path, chunks: Iterable[bytes], digest: str = "", mode: int = 0o600) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft, found = target.with_name(f".{target.name}.part"), sha256()
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        for chunk in chunks:
            found.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if digest and found.hexdigest() != digest:
        draft.unlink()
        raise Damaged(f"its content is another: {found.hexdigest()}")
    draft.replace(target)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
