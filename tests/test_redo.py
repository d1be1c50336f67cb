"""Small bodies that are durable in a redo journal before their own files are."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from hub import blobs, redo
from hub.blobs import JOURNALS, Blobs
from hub.errors import NoRoom, StorageFailed
from hub.redo import Journal, records
from hub.vocabulary import Blob
from tests.crash.power import Disk, disk

BODIES = [f"van ban {number}".encode() * 500 for number in range(20)]
NAMED = [(hashlib.sha256(body).digest(), body) for body in BODIES]
PUT = [(Blob(digest.hex(), len(body)), body) for digest, body in NAMED]


@contextmanager
def store(folder: Path) -> Iterator[Blobs]:
    opened = Blobs(folder)
    opened.open_store()
    yield opened


def wait_for(check: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not check():
        assert time.monotonic() < ends
        time.sleep(0.001)


def _raising(error: Exception) -> Callable[..., None]:
    def broken(*_: object) -> None:
        raise error

    return broken


def whole(folder: Path) -> set[str]:
    """The names of the bodies that are there, each read."""
    there = Blobs(folder)
    for blob, _ in PUT:
        if there.holds(blob.digest, blob.size):
            there.check(blob)
    return set(there.names())


def everything() -> set[str]:
    return {blob.digest for blob, _ in PUT}


# the journal


def test_what_is_appended_is_read_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "0")
    journal.append(NAMED[:5])
    journal.append(NAMED[5:])

    assert NAMED == list(records(tmp_path / "0"))


@pytest.mark.parametrize("cut", [1, 20, 41, 3000])
def test_a_record_that_is_not_whole_ends_it(tmp_path: Path, cut: int) -> None:
    journal = Journal(tmp_path / "0")
    journal.append(NAMED[:3])
    size = (tmp_path / "0").stat().st_size
    journal.append(NAMED[3:4])
    os.truncate(tmp_path / "0", size + cut)

    assert NAMED[:3] == list(records(tmp_path / "0"))


@pytest.mark.parametrize("at", [0, 33, 100])
def test_a_flipped_bit_ends_it(tmp_path: Path, at: int) -> None:
    journal = Journal(tmp_path / "0")
    journal.append(NAMED[:3])
    said = bytearray((tmp_path / "0").read_bytes())
    said[at] ^= 1
    (tmp_path / "0").write_bytes(said)

    assert [] == list(records(tmp_path / "0"))


def test_what_is_taken_back_or_cleared_does_not_count(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "0")
    journal.append(NAMED[:3])
    journal.append(NAMED[3:6])
    journal.take_back(NAMED[3:6])
    assert NAMED[:3] == list(records(tmp_path / "0"))
    assert [digest for digest, _ in NAMED[:3]] == journal.digests

    journal.append(NAMED[6:8])
    assert [*NAMED[:3], *NAMED[6:8]] == list(records(tmp_path / "0"))[:5]

    journal.clear()
    assert [] == list(records(tmp_path / "0"))


# the bodies


def test_bodies_are_there_at_once_and_no_second_time(tmp_path: Path) -> None:
    with store(tmp_path / "blobs") as opened:
        opened.put(PUT)
        opened.put(PUT[:3])
        assert everything() == whole(tmp_path / "blobs")
        assert 0o400 == (tmp_path / "blobs" / PUT[0][0].digest).stat().st_mode & 0o777
        opened.close_store()
    assert [] == list((tmp_path / "blobs" / JOURNALS).iterdir())


@contextmanager
def held_up(monkeypatch: pytest.MonkeyPatch, wrong: OSError | None = None) -> Iterator[list[int]]:
    """The first sync of a journal waits until the block has put all it puts, and fails so. Gives: at each sync 1."""
    syncs: list[int] = []
    go, properly = Event(), os.fdatasync

    def late(file: int) -> None:
        syncs.append(1)
        if len(syncs) == 1:
            go.wait(10)
            if wrong:
                raise wrong
        properly(file)

    monkeypatch.setattr(os, "fdatasync", late)
    try:
        yield syncs
    finally:
        go.set()


def _waiting(opened: Blobs, number: int) -> bool:
    return len(opened._waiting) == number


def test_those_who_wait_while_one_is_synced_are_synced_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store(tmp_path / "blobs") as opened, ThreadPoolExecutor(len(PUT)) as threads:
        with held_up(monkeypatch) as syncs:
            first = threads.submit(opened.put, PUT[:1])
            wait_for(lambda: syncs == [1])
            others = [threads.submit(opened.put, [one]) for one in PUT[1:]]
            wait_for(lambda: _waiting(opened, len(others)))
        for each in (first, *others):
            each.result(10)
        assert [1, 1] == syncs
        assert everything() == whole(tmp_path / "blobs")
        assert dict(NAMED) == dict(records(tmp_path / "blobs" / JOURNALS / "0"))


def test_what_goes_wrong_with_their_sync_is_told_to_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with store(tmp_path / "blobs") as opened, ThreadPoolExecutor(len(PUT)) as threads:
        with held_up(monkeypatch, OSError(errno.EIO, "I/O error")) as syncs:
            first = threads.submit(opened.put, PUT[:1])
            wait_for(lambda: syncs == [1])
            others = [threads.submit(opened.put, [one]) for one in PUT[1:]]
            wait_for(lambda: _waiting(opened, len(others)))
        assert [StorageFailed] * len(PUT) == [type(each.exception(10)) for each in (first, *others)]
        assert set() == whole(tmp_path / "blobs")


def test_nobody_is_told_that_it_is_stored_where_who_did_it_broke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store(tmp_path / "blobs") as opened, ThreadPoolExecutor(3) as threads:
        with held_up(monkeypatch) as syncs:
            first = threads.submit(opened.put, PUT[:1])
            wait_for(lambda: syncs == [1])
            monkeypatch.setattr(opened, "_append", _raising(KeyError("a mistake")))
            others = [threads.submit(opened.put, [one]) for one in PUT[1:3]]
            wait_for(lambda: _waiting(opened, 2))
        first.result(10)
        told = [each.exception(10) for each in others]
        assert sorted(["KeyError", "StorageError"]) == sorted(type(each).__name__ for each in told)
        assert {PUT[0][0].digest} == whole(tmp_path / "blobs")


def test_journals_take_turns_and_a_full_one_is_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    properly = blobs._synced
    monkeypatch.setattr(redo, "CAPACITY", 30_000)

    def noted(path: str) -> None:
        synced.append(Path(path).name)
        properly(path)

    monkeypatch.setattr(blobs, "_synced", noted)
    with store(tmp_path / "blobs") as opened:
        for one in PUT:
            opened.put([one])
        assert 0 < len(everything() & set(synced)) < len(PUT)
        assert (tmp_path / "blobs" / JOURNALS / "0").stat().st_size < 40_000
        opened.close_store()
    assert everything() <= set(synced)


def test_what_lost_its_bytes_is_written_again_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "blobs"
    with store(folder) as opened:
        opened.put(PUT)
    files = [folder / blob.digest for blob, _ in PUT]
    files[0].unlink()
    files[1].chmod(0o600)
    files[1].write_bytes(b"")
    files[1].chmod(0o400)
    files[2].chmod(0o600)
    files[2].write_bytes(bytes(PUT[2][0].size))

    with store(folder):
        assert everything() == whole(folder)
    assert [] == list((folder / "tmp").iterdir())


def test_a_disk_that_takes_the_journal_alone_takes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "blobs"
    with store(folder) as opened:
        opened.put(PUT[:2])
        with monkeypatch.context() as full:
            full.setattr(blobs, "_write_all", _refusing(errno.ENOSPC))
            with pytest.raises(NoRoom):
                opened.put(PUT[2:4])
        assert opened.failed is None
        assert {blob.digest for blob, _ in PUT[:2]} == whole(folder)
        assert NAMED[:2] == list(records(folder / JOURNALS / "0"))
        opened.put(PUT[2:])
        assert everything() == whole(folder)


def test_after_a_sync_that_failed_nothing_is_stored_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with store(tmp_path / "blobs") as opened:
        with monkeypatch.context() as broken:
            broken.setattr(os, "fdatasync", _refusing(errno.EIO))
            with pytest.raises(StorageFailed):
                opened.put(PUT[:2])
        with pytest.raises(StorageFailed):
            opened.put(PUT[:2])
        assert set() == whole(tmp_path / "blobs")


def test_settling_that_failed_is_known_before_the_next_body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "blobs"
    monkeypatch.setattr(redo, "CAPACITY", 30_000)
    with store(folder) as opened:
        opened.put(PUT[:2])
        monkeypatch.setattr(blobs, "_synced", _refusing(errno.EIO))
        with pytest.raises(StorageFailed):
            _put_all(opened)
    monkeypatch.undo()
    with store(folder):
        assert {blob.digest for blob, _ in PUT[:2]} <= whole(folder)


def test_what_somebody_removed_is_there_again_once_it_is_settled(tmp_path: Path) -> None:
    folder = tmp_path / "blobs"
    with store(folder) as opened:
        opened.put(PUT)
        for blob, _ in PUT[3:6]:
            (folder / blob.digest).unlink()
        opened.close_store()
    assert everything() == whole(folder)
    assert [] == list((folder / JOURNALS).iterdir())


def test_settling_for_which_there_was_no_room_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "blobs"
    monkeypatch.setattr(redo, "CAPACITY", 30_000)
    with store(folder) as opened:
        opened.put(PUT[:2])
        (folder / PUT[0][0].digest).unlink()
        with monkeypatch.context() as full:
            full.setattr(blobs, "_copy", _refusing(errno.ENOSPC))
            with pytest.raises(NoRoom):
                _put_all(opened, PUT[1:] * 2)
        _put_all(opened)
        opened.close_store()
    assert everything() == whole(folder)
    assert [] == list((folder / JOURNALS).iterdir())


def _put_all(opened: Blobs, bodies: Sequence[tuple[Blob, bytes]] = (*PUT, *PUT)) -> None:
    for one in bodies:
        opened.put([one])


def _refusing(number: int) -> object:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


# power


@pytest.mark.root
@pytest.mark.parametrize("settled", [False, True])
def test_after_a_power_cut_all_that_was_put_is_there(tmp_path: Path, settled: bool) -> None:
    with disk(tmp_path / "disk") as own:
        folder = own.mount / "blobs"
        with store(folder) as opened:
            opened.put(PUT[:10])
            opened.put(PUT[10:])
            if settled:
                opened.close_store()
            _cut(own, opened)
        there = set(Blobs(folder).names())
        assert (there == everything()) is settled
        with store(folder) as opened:
            assert everything() == whole(folder)
            _cut(own, opened)
        assert everything() == whole(folder)


def _cut(own: Disk, opened: Blobs) -> None:
    own.cut()
    if opened._redo:
        for journal in (opened._redo._now, opened._redo._other):
            os.close(journal._file)
    own.detach()
    own.attach()
