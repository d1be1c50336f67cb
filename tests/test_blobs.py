"""Bodies on the disk."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.blobs import Blobs
from hub.errors import Damaged, NoRoom, Refused, StorageFailed
from hub.vocabulary import Blob

SAID = b"van ban" * 1000
BLOB = Blob(hashlib.sha256(SAID).hexdigest(), len(SAID))


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    store = Blobs(tmp_path / "blobs")
    store.open_store()
    return store


def claim(folder: Path, said: bytes = SAID) -> Path:
    path = folder / "claim.edxml"
    path.write_bytes(said)
    return path


def test_a_stored_stream_is_read_back(blobs: Blobs) -> None:
    assert BLOB == blobs.store(io.BytesIO(SAID), limit=10**6)

    with blobs.open(BLOB) as file:
        assert SAID == file.read()
    assert [BLOB.digest] == list(blobs.names())


def test_a_claim_is_adopted_without_a_copy(blobs: Blobs, tmp_path: Path) -> None:
    path = claim(tmp_path)

    blobs.adopt([(path, BLOB)])
    blobs.adopt([(path, BLOB)])

    assert path.stat().st_ino == (tmp_path / "blobs" / BLOB.digest).stat().st_ino
    blobs.check(BLOB)


def test_an_adopted_claim_replaces_a_blob_that_lost_its_size(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "blobs" / BLOB.digest).write_bytes(b"half")

    blobs.adopt([(claim(tmp_path), BLOB)])

    blobs.check(BLOB)


def test_too_much_is_refused_and_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="too-large"):
        blobs.store(io.BytesIO(SAID), limit=100)

    assert [] == list(blobs.names()) + list((tmp_path / "blobs" / "tmp").iterdir())


def test_a_flipped_bit_and_a_missing_file_are_damage(blobs: Blobs, tmp_path: Path) -> None:
    blobs.store(io.BytesIO(SAID), limit=10**6)
    path = tmp_path / "blobs" / BLOB.digest
    path.chmod(0o600)
    path.write_bytes(SAID[:-1] + b"x")
    with pytest.raises(Damaged, match="other content"):
        blobs.check(BLOB)

    path.unlink()
    with pytest.raises(Damaged, match="missing"):
        blobs.open(BLOB)


def test_leftovers_go_at_the_start(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "blobs" / "tmp" / "half").write_bytes(b"x")

    blobs.open_store()

    assert [] == list((tmp_path / "blobs" / "tmp").iterdir())


def test_a_full_disk_is_no_room(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", _failing(errno.ENOSPC))

    with pytest.raises(NoRoom):
        blobs.store(io.BytesIO(SAID), limit=10**6)
    assert blobs.failed is None


@pytest.mark.parametrize("of_folders", [False, True])
def test_after_a_failed_fsync_nothing_is_stored_any_more(
    blobs: Blobs, monkeypatch: pytest.MonkeyPatch, of_folders: bool
) -> None:
    fail, properly = _failing(errno.EIO), os.fsync

    def failing(descriptor: int) -> None:
        of_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        (fail if of_folder is of_folders else properly)(descriptor)

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", failing)
        with pytest.raises(StorageFailed):
            blobs.store(io.BytesIO(SAID), limit=10**6)

    with pytest.raises(StorageFailed):
        blobs.store(io.BytesIO(SAID), limit=10**6)


def _failing(number: int) -> Callable[[int], None]:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    return fail
