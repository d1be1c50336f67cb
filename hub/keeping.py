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

from hub.blobs import Blobs
from hub.config import Config
from hub.errors import Damaged, StorageError
from hub.ledger import Views, copy_ledger, open_views
from hub.vocabulary import Blob

#: Told how far a long work is: its stage, how many are done, of how many.
Progress = Callable[[str, int, int], None]

EVENTS, BLOBS = "nhật ký (events)", "tệp lưu (blobs)"
_MANIFEST, _LEDGER = "manifest.json", "ledger.sqlite"
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
    """Check the database, the chain of events and every blob, against an earlier checkpoint too if there is one."""
    found = Findings()
    look = _Look(views, Blobs(data / "blobs"), progress, found)
    for stage in (look.pages, look.chain, partial(look.reached, earlier), look.bodies):
        try:
            found.bad.extend(stage())
        except (StorageError, TypeError, ValueError, ArithmeticError) as error:
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


_MANIFESTS = TypeAdapter(Manifest)


def backup(config: Config, folder: Path, now: datetime, progress: Progress) -> dict[str, Any]:
    """Copy ledger, blobs and configuration, but no secrets.yaml. Returns the manifest.

    A second backup into the folder copies what is new; cut short, it leaves the first one whole.
    Raises StorageError, OSError.
    """
    draft = folder / ".draft"
    for made in (folder, draft):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The ledger first: every blob that it names was durable before.
    copy_ledger(config.database.get_secret_value(), config.data, draft / _LEDGER)
    (draft / _LEDGER).chmod(0o600)
    with _views(draft) as views:
        _check_continues(views, folder)
        wanted = {blob.digest: blob for _, blob in views.blobs()}
        events, newest = views.count_events(), _checkpoint(views)
    bad = _copy_blobs(list(wanted.values()), config.data / "blobs", folder / "blobs", progress)
    for file in sorted(config.folder.glob("*.yaml")):
        if file.name != "secrets.yaml":
            _copy(file, folder / "config" / file.name)
    manifest = asdict(Manifest(now.isoformat(timespec="seconds"), events, len(wanted), newest, bad))
    (draft / _LEDGER).replace(folder / _LEDGER)
    shutil.rmtree(draft)
    _write(folder / _MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    return manifest


def _check_continues(views: Views, folder: Path) -> None:
    """Raise StorageError where the folder holds what this ledger does not follow from."""
    if (folder / _MANIFEST).exists() and not all(_has(views, mark) for mark in _manifest(folder).checkpoint):
        raise StorageError(f"{folder} holds the backup of another hub, or of a later state: take another folder")


def restore(config: Config, folder: Path, progress: Progress) -> dict[str, Any]:
    """Bring a backup into a data folder that has no ledger; it is put in place once it was verified.

    Returns the manifest. Raises StorageError, OSError.
    """
    manifest, staged = _manifest(folder), config.data / ".restoring"
    _check_room(config)
    _copy(folder / _LEDGER, staged / _LEDGER)
    try:
        with _views(staged) as views:
            wanted = {blob.digest: blob for _, blob in views.blobs()}
            bad = _copy_blobs(list(wanted.values()), folder / "blobs", config.data / "blobs", progress)
            bad += verify(views, config.data, progress, manifest.checkpoint).bad
        _check_known(bad, manifest)
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


def _manifest(folder: Path) -> Manifest:
    try:
        return _MANIFESTS.validate_json((folder / _MANIFEST).read_bytes())
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
