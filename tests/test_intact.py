"""What is stored is given as it was stored, or not at all."""

from __future__ import annotations

import errno
import hashlib
import io
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from hub import Blob, Damaged
from hub.blobs import Blobs
from hub.carrying.intact import SMALL, intact

_SIZES = [0, 1, 20_000, SMALL, SMALL + 1, (1 << 20) + 7]


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    made = Blobs(tmp_path / "blobs")
    made.open_store()
    return made


def _stored(blobs: Blobs, content: bytes) -> Blob:
    return blobs.store(io.BytesIO(content), 1 << 30)


@pytest.mark.parametrize("size", _SIZES)
def test_it_is_given_from_its_beginning(blobs: Blobs, size: int) -> None:
    content = bytes(range(251)) * (size // 251 + 1)
    blob = _stored(blobs, content[:size])
    with intact(blobs, blob) as source:
        assert content[:size] == source.read()
        source.seek(0)
        assert content[: min(size, 9)] == source.read(9)


@pytest.mark.parametrize("size", _SIZES[1:])
@pytest.mark.parametrize("place", [0, -1], ids=["first", "last"])
def test_a_byte_that_changed_is_damage(tmp_path: Path, blobs: Blobs, size: int, place: int) -> None:
    blob = _stored(blobs, bytes(size))
    path, content = tmp_path / "blobs" / blob.digest, bytearray(size)
    content[place] = 1
    path.chmod(0o600)
    path.write_bytes(content)
    with pytest.raises(Damaged, match="has other content"):
        intact(blobs, blob)


def test_one_that_is_gone_or_has_another_size_is_damage(tmp_path: Path, blobs: Blobs) -> None:
    blob = _stored(blobs, b"abc")
    path = tmp_path / "blobs" / blob.digest
    path.chmod(0o600)
    path.write_bytes(b"abcd")
    with pytest.raises(Damaged, match="has 4 bytes, not 3"):
        intact(blobs, blob)
    path.unlink()
    with pytest.raises(Damaged, match="is missing"):
        intact(blobs, blob)


class _Slow(io.BytesIO):
    """Gives less than it is asked for, and fails behind so many bytes."""

    def __init__(self, content: bytes, fails: int = 1 << 30) -> None:
        super().__init__(content)
        self._fails = fails

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= self._fails:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(min(size or 0, 7))


class _Shelf:
    def __init__(self, file: io.BytesIO) -> None:
        self.file = file

    def open(self, _: Blob) -> BinaryIO:
        return cast("BinaryIO", self.file)


def test_what_comes_in_pieces_is_whole() -> None:
    content = bytes(range(100))
    shelf = _Shelf(_Slow(content))
    with intact(shelf, Blob(hashlib.sha256(content).hexdigest(), 100)) as source:
        assert content == source.read()
    assert shelf.file.closed


def test_a_disk_that_cannot_read_it_is_damage() -> None:
    content = bytes(100)
    shelf = _Shelf(_Slow(content, 50))
    with pytest.raises(Damaged, match=r"cannot be read: .*Input/output error"):
        intact(shelf, Blob(hashlib.sha256(content).hexdigest(), 100))
    assert shelf.file.closed
