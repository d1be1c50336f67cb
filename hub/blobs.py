"""Content-addressed bodies: one file a SHA-256, durable before anybody is told.

One flat directory, so that one fsync covers a batch; ext4 and XFS find a name among millions by hash.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from hub import room
from hub.errors import Damaged, NoRoom, Refused, StorageFailed
from hub.failpoints import failpoint
from hub.room import Refusal
from hub.vocabulary import Blob

_CHUNK = 1024 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
_LOST = {errno.EIO, errno.ENXIO}
#: Errors of opening that say that the blob itself is gone or broken.
_BROKEN = {errno.ENOENT, errno.EIO}


class Blobs:
    """The bodies' folder. Blocking: call from a thread. `failed` is set once an fsync went wrong."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._temporary, self._name = folder, folder / "tmp", str(folder)
        self.failed: StorageFailed | None = None
        #: when the disk took nothing, last
        self.refused: Refusal | None = None

    def open_store(self) -> None:
        """Make the folder, remove what an earlier run left half written."""
        with self._translated():
            self._temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
            for leftover in self._temporary.iterdir():
                leftover.unlink()
            _sync_folder(self._folder)

    def adopt(self, claims: Iterable[tuple[Path, Blob]]) -> None:
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
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
