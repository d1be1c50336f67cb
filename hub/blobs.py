"""Content-addressed bodies: one file a SHA-256, durable before anybody is told.

One flat directory, so that one fsync covers a batch; ext4 and XFS find a name among millions by hash. Small bodies that
are in memory are durable by a redo journal first (`hub.redo`), and their files are synced later, many at once.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import secrets
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import BinaryIO, cast

from hub import room
from hub.errors import Damaged, NoRoom, Refused, StorageError, StorageFailed
from hub.failpoints import failpoint
from hub.log import logger
from hub.redo import Bodies, Journal, Redo, records
from hub.room import Refusal
from hub.vocabulary import Blob

#: The folder of the redo journals, beside the bodies.
JOURNALS = "redo"
_CHUNK = 1024 * 1024
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
_LOST = {errno.EIO, errno.ENXIO}
#: Errors of opening that say that the blob itself is gone or broken.
_BROKEN = {errno.ENOENT, errno.EIO}


@dataclass(slots=True, eq=False)
class _Put:
    """Bodies of one caller, and what came of them."""

    bodies: Bodies
    #: somebody did it, or tried to
    is_over: bool = False
    #: None once it is durable
    error: Exception | None = field(default_factory=lambda: StorageError("the bodies were not stored"))


class Blobs:
    """The bodies' folder. Blocking: call from a thread. `failed` is set once an fsync went wrong."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._temporary, self._name = folder, folder / "tmp", str(folder)
        self._journals, self._redo, self._putting = folder / JOURNALS, cast("Redo | None", None), Lock()
        self._waiting = deque[_Put]()
        self._is_open = False
        self.failed: StorageFailed | None = None
        #: when the disk took nothing, last
        self.refused: Refusal | None = None

    def open_store(self) -> None:
        """Make the folder, remove what an earlier run left half written, write again what a power cut took."""
        with self._translated():
            self._temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
            for leftover in self._temporary.iterdir():
                leftover.unlink()
            self._journals.mkdir(exist_ok=True, mode=0o700)
            left = sorted(self._journals.iterdir())
            for digest, body in chain.from_iterable(map(records, left)):
                self._write_again(digest.hex(), body)
            _sync_folder(self._folder)
            for journal in left:
                journal.unlink()
        self._is_open = True

    def close_store(self) -> None:
        """All bodies are durable in their own files; where that fails, the journals stay for the next start."""
        redo, self._redo = self._redo, None
        try:
            if redo:
                with self._translated():
                    redo.end()
        except StorageError as error:
            logger.warning("bodies wait in {} for the next start: {}", self._journals, error)

    def adopt(self, claims: Iterable[tuple[str | Path, Blob]]) -> None:
        """See `hub.connector.Bodies`."""
        with self._translated():
            for claim, blob in claims:
                self._link(str(claim), blob)
            failpoint("blobs.linked")
            _sync_folder(self._folder)
        failpoint("blobs.synced")

    def store(self, source: BinaryIO, limit: int) -> Blob:
        """See `hub.connector.Bodies`."""
        temporary = self._temporary / secrets.token_hex(8)
        try:
            with self._translated():
                blob = _copy(source, temporary, limit)
                self._link(str(temporary), blob)
                _sync_folder(self._folder)
            return blob
        finally:
            temporary.unlink(missing_ok=True)

    def put(self, bodies: Sequence[tuple[Blob, bytes]]) -> None:
        """See `hub.connector.Bodies`."""
        if not self._is_open:
            # In another process than the hub's, whose journals they are.
            for blob, body in bodies:
                self.store(io.BytesIO(body), blob.size)
            return
        mine = _Put([(bytes.fromhex(blob.digest), body) for blob, body in bodies])
        self._waiting.append(mine)
        with self._putting:
            if not mine.is_over:
                self._put_all([self._waiting.popleft() for _ in range(len(self._waiting))])
        if mine.error:
            raise mine.error
        failpoint("redo.written")

    def _put_all(self, puts: Sequence[_Put]) -> None:
        """One sync for all who wait. What goes wrong goes wrong for each of them."""
        for put in puts:
            put.is_over = True
        error = self._why_not([body for put in puts for body in put.bodies])
        for put in puts:
            put.error = error

    def _why_not(self, bodies: Bodies) -> Exception | None:
        """Make them durable. Returns why they are not, None where they are."""
        try:
            with self._translated():
                self._append(bodies)
        except (OSError, StorageError) as error:
            return error
        return None

    def _append(self, bodies: Bodies) -> None:
        redo = self._redo = self._redo or self._opened_redo()
        redo.append(bodies)
        failpoint("redo.appended")
        try:
            for digest, body in bodies:
                self._write(digest.hex(), body)
        except OSError:
            redo.take_back(bodies)
            raise

    def open(self, blob: Blob) -> BinaryIO:
        """See `hub.connector.Bodies`."""
        try:
            # Unbuffered: readers take large pieces, and a small file costs three calls less.
            file = io.FileIO(f"{self._name}/{blob.digest}")
        except OSError as error:
            if error.errno not in _BROKEN:
                raise
            raise Damaged(f"the blob {blob.digest} is missing, or cannot be read: {error.strerror}") from error
        if (size := os.fstat(file.fileno()).st_size) != blob.size:
            file.close()
            raise Damaged(f"the blob {blob.digest} has {size} bytes, not {blob.size}")
        return cast("BinaryIO", file)

    def check(self, blob: Blob) -> None:
        """Read a blob whole. Raises Damaged where it is not what was stored."""
        try:
            with self.open(blob) as file:
                digest = _digest(file)
        except OSError as error:
            raise Damaged(f"the blob {blob.digest} cannot be read: {error}") from error
        if digest != blob.digest:
            raise Damaged(f"the blob {blob.digest} has other content: {digest}")

    def holds(self, digest: str, size: int) -> bool:
        """Whether bytes of that name and size are there; they are not read."""
        try:
            return self._path(digest).stat().st_size == size
        except OSError:
            return False

    def free(self) -> int:
        """Bytes free where the blobs lie, or beside them, where the ledger is: the smaller counts."""
        return min(room.free(self._folder), room.free(self._folder.parent))

    def names(self) -> Iterator[str]:
        """The digest of every blob there is."""
        with os.scandir(self._folder) as entries:
            yield from (entry.name for entry in entries if entry.is_file(follow_symlinks=False))

    def _link(self, source: str, blob: Blob) -> None:
        """Give bytes their content's name. An earlier blob of that name stays, unless it lost its size."""
        path = f"{self._name}/{blob.digest}"
        try:
            os.link(source, path, follow_symlinks=False)
        except FileExistsError:
            if os.stat(path).st_size != blob.size:  # noqa: PTH116 - a path object costs more than the call
                spare = self._temporary / secrets.token_hex(8)
                os.link(source, spare, follow_symlinks=False)
                spare.replace(path)

    def _opened_redo(self) -> Redo:
        redo = Redo(self._journals, self._settle)
        _sync_folder(self._journals)
        return redo

    def _write(self, digest: str, body: bytes) -> None:
        """A journaled body's file; what is there under its name is the same, unless it lost its size."""
        path = f"{self._name}/{digest}"
        try:
            descriptor = os.open(path, _NEW, 0o400)
        except FileExistsError:
            if not self.holds(digest, len(body)):
                self._write_again(digest, body)
            return
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                _write_all(file, body)
        except OSError:
            with suppress(OSError):
                self._path(digest).unlink()
            raise

    def _write_again(self, digest: str, body: bytes) -> None:
        """Durable, but for its name, whatever is there: what memory shows of a file may never have reached the disk."""
        spare = self._temporary / secrets.token_hex(8)
        _copy(io.BytesIO(body), spare, len(body))
        spare.replace(self._path(digest))

    def _settle(self, journal: Journal) -> None:
        """Sync the files of journaled bodies, and their names. One that somebody removed is written again."""
        with self._translated():
            gone = {digest for digest in journal.digests if not self._is_synced(digest.hex())}
            for digest, body in journal.kept(gone):
                self._write_again(digest.hex(), body)
            _sync_folder(self._folder)
        failpoint("redo.settled")

    def _is_synced(self, digest: str) -> bool:
        """Whether its file was there to be synced."""
        try:
            _synced(f"{self._name}/{digest}")
        except FileNotFoundError:
            return False
        return True

    def _path(self, digest: str) -> Path:
        return self._folder / digest

    @contextmanager
    def _translated(self) -> Iterator[None]:
        if self.failed:
            raise self.failed
        try:
            yield
            self.refused = None
        except OSError as error:
            if error.errno in _FULL:
                self.refused = Refusal.now(full := NoRoom(f"the disk of the blobs takes nothing more: {error}"))
                raise full from error
            if error.errno in _LOST:
                self.failed = StorageFailed(f"the blobs cannot be written: {error}")
                raise self.failed from error
            raise


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _copy(source: BinaryIO, target: Path, limit: int) -> Blob:
    digest, size = hashlib.sha256(), 0
    with target.open("xb", buffering=0) as file:
        os.fchmod(file.fileno(), 0o400)
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise Refused("too-large", f"Tệp lớn hơn giới hạn {limit // 1_000_000} MB.")
            digest.update(chunk)
            _write_all(file, chunk)
        os.fsync(file.fileno())
    return Blob(digest.hexdigest(), size)


def _write_all(file: BinaryIO, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[file.write(view) :]


def _sync_folder(folder: Path) -> None:
    _synced(str(folder))


def _synced(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
