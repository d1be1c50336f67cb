"""What must never be followed, read, overwritten or lost, however it is put there."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import socket
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import pytest

from hub import Receipt
from hub.errors import Deferred
from hub.testing import eventually
from plugins.folderdrop.claims import Held
from plugins.folderdrop.intake import Intake
from plugins.folderdrop.share import Outage
from tests.plugins.folder import Bench, a_packet, digest_of

_ONE, _SECRET = a_packet(), a_packet("1/MẬT", to=("000.00.99.H48",))
_EXCHANGE = 2
_libc = ctypes.CDLL(None, use_errno=True)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A packet outside the share, in a folder of its own."""
    path = tmp_path / "elsewhere" / "secret.edxml"
    path.parent.mkdir()
    path.write_bytes(_SECRET)
    return path


def exchange(one: Path, other: Path) -> None:
    """Swap two names in one step."""
    if _libc.renameat2(-100, os.fsencode(one), -100, os.fsencode(other), _EXCHANGE):
        raise OSError(ctypes.get_errno(), f"{one} <-> {other}")


@contextmanager
def flipping(one: Path, other: Path) -> Iterator[Callable[[], int]]:
    """Swap two names over and over in another thread. Gives the number of flips so far."""
    flips, stop = 0, threading.Event()

    def flip() -> None:
        nonlocal flips
        while not stop.is_set():
            with suppress(OSError):
                exchange(one, other)
                flips += 1

    thread = threading.Thread(target=flip)
    thread.start()
    try:
        yield lambda: flips
    finally:
        stop.set()
        thread.join()


async def test_a_symlink_is_not_followed_but_given_back_as_what_it_is(bench: Bench, secret: Path) -> None:
    async with bench.listening():
        (bench.out / "a.edxml").symlink_to(secret)
        bench.drop("b.edxml", _ONE)
        await eventually(lambda: (bench.error / "a.edxml").is_symlink() and len(bench.journal.lines) == 2)
    assert json.loads((bench.error / "a.edxml.error.json").read_bytes())["code"] == "symlink"
    assert bench.journal.digests() == [digest_of(_ONE)]
    assert secret.read_bytes() == _SECRET


def test_no_file_is_opened_through_a_link(secret: Path) -> None:
    (secret.parent / "link.edxml").symlink_to(secret)
    folder = os.open(secret.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with pytest.raises(OSError, match="symbolic links"):
            Held.open(folder, b"link.edxml")
        Held.open(folder, b"secret.edxml").close()
    finally:
        os.close(folder)


async def test_a_hard_link_is_given_back_unread(bench: Bench, secret: Path) -> None:
    mode = stat.S_IMODE(secret.stat().st_mode)
    async with bench.listening():
        os.link(secret, bench.out / "a.edxml")
        await eventually((bench.error / "a.edxml").exists)
    assert json.loads((bench.error / "a.edxml.error.json").read_bytes())["code"] == "hard-link"
    assert (secret.read_bytes(), stat.S_IMODE(secret.stat().st_mode)) == (_SECRET, mode)
    assert bench.journal.digests() == []


async def test_a_pipe_and_a_socket_hang_nobody(bench: Bench) -> None:
    async with bench.listening():
        os.mkfifo(bench.out / "pipe.edxml")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(bench.home / "s"))
            (bench.home / "s").rename(bench.out / "socket.edxml")
        bench.drop("b.edxml", _ONE)
        await eventually(lambda: sorted(bench.journal.names("refused")) == ["pipe.edxml", "socket.edxml"])
        await eventually(lambda: (bench.error / "pipe.edxml").is_fifo() and (bench.error / "socket.edxml").exists())
        await eventually(lambda: bench.journal.digests() == [digest_of(_ONE)])


@pytest.mark.root
async def test_a_device_is_not_opened(bench: Bench) -> None:
    async with bench.listening():
        os.mknod(bench.out / "a.edxml", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        await eventually((bench.error / "a.edxml").is_char_device)
    assert bench.journal.names("refused") == ["a.edxml"]


async def test_a_link_among_the_claims_is_given_back_unread(bench: Bench, secret: Path) -> None:
    async with bench.connector():
        (bench.claims / "a.edxml").symlink_to(secret)
    async with bench.listening():
        await eventually((bench.error / "a.edxml").is_symlink)
    assert bench.journal.names("refused") == ["a.edxml"]


async def test_out_swapped_for_a_link_leads_nowhere(bench: Bench, secret: Path) -> None:
    async with bench.connector() as connector:
        intake = connector._intake
        decoy = bench.share / "decoy"
        decoy.symlink_to(secret.parent)
        rounds = taken = outages = 0
        with flipping(bench.out, decoy) as flips:
            while flips() < 20_000 or not (taken and outages):
                rounds += 1
                bench.drop(f"real-{rounds}.edxml", _ONE)
                try:
                    taken += len(_drained(intake))
                except Outage:
                    outages += 1
    assert secret.read_bytes() == _SECRET
    assert digest_of(_SECRET) not in set(bench.blobs.names())
    # What the test itself dropped through the link is all that was added there.
    assert all(path.name == "secret.edxml" or path.name.startswith("real-") for path in secret.parent.iterdir())


def _drained(intake: Intake) -> list[bytes]:
    """One scan and take, whose claims the inbox has."""
    listing = intake.scan(lambda _directory: None)
    batch = intake.take(listing.candidates, frozenset())
    assert digest_of(_SECRET) not in {each.found.blob and each.found.blob.digest for each in batch.taken}
    intake.release(batch.taken, [each.found.packet for each in batch.taken])  # type: ignore[misc]
    return [each.name for each in batch.taken]


async def test_a_file_swapped_for_a_link_is_not_read_through_it(bench: Bench, secret: Path) -> None:
    async with bench.connector() as connector:
        intake = connector._intake
        place, link = bench.out / "a.edxml", bench.home / "link"
        link.symlink_to(secret)
        seen: set[str] = set()
        for _round in range(80):
            bench.drop("a.edxml", _ONE)
            with flipping(place, link), suppress(FileNotFoundError):
                batch = intake.take(intake.scan(lambda _directory: None).candidates, frozenset())
                seen |= {each.found.blob.digest for each in batch.taken if each.found.blob}
            for leftover in (*bench.claims.iterdir(), *bench.out.iterdir()):
                leftover.unlink()
            link.unlink(missing_ok=True)
            link.symlink_to(secret)
    assert seen <= {digest_of(_ONE)}
    assert secret.read_bytes() == _SECRET


async def test_in_swapped_for_a_link_is_never_written_through(bench: Bench, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    async with bench.connector() as connector:
        decoy = bench.share / "decoy"
        decoy.symlink_to(elsewhere)
        delivery, placed, refused = bench.delivery(), 0, 0
        with flipping(bench.arrivals, decoy) as flips:
            while flips() < 20_000 or not (placed and refused):
                try:
                    [outcome] = await connector.send_many([delivery])
                    placed += isinstance(outcome, Receipt)
                except Deferred:
                    refused += 1
    assert list(elsewhere.iterdir()) == []


async def test_a_sender_that_replaces_its_file_loses_none(bench: Bench) -> None:
    """Each version is taken, or is in its sender's hand again: nothing in between."""
    packets = [a_packet(f"{number}/QĐ", size=10) for number in range(1500)]
    withdrawn: list[str] = []

    def send() -> None:
        place, hand = bench.out / "a.edxml", bench.home / "hand"
        for packet in packets:
            hand.write_bytes(packet)
            try:
                exchange(hand, place)
                withdrawn.append(digest_of(hand.read_bytes()))
            except OSError:
                hand.rename(place)

    async with bench.listening():
        await asyncio.to_thread(send)
        await eventually(bench.is_quiet)
        await eventually(lambda: len(bench.journal.lines) + len(withdrawn) == len(packets))
    assert sorted([*bench.journal.digests(), *withdrawn]) == sorted(digest_of(packet) for packet in packets)
    assert bench.journal.digests()


async def test_a_writer_that_slips_in_before_the_seal_gets_its_file_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal, writers, other = Held.seal, list[BinaryIO](), a_packet("2/QĐ")

    def late(held: Held) -> bool:
        if not writers:
            writers.append((bench.claims / os.fsdecode(held.name)).open("r+b"))
        return seal(held)

    monkeypatch.setattr(Held, "seal", late)
    async with bench.listening(settle="50ms"):
        bench.drop("a.edxml", _ONE).chmod(0o640)
        await eventually(lambda: writers and (bench.out / "a.edxml").exists())
        assert stat.S_IMODE((bench.out / "a.edxml").stat().st_mode) == 0o640
        writers[0].write(other)
        writers[0].truncate()
        await asyncio.sleep(0.2)
        assert bench.journal.lines == {}
        writers[0].close()
        await eventually(bench.took(1))
    assert bench.journal.digests() == [digest_of(other)]


@pytest.mark.root
async def test_an_old_writer_cannot_change_what_was_accepted(bench: Bench) -> None:
    count, user = 40, 65534
    async with bench.listening():
        # pytest's folders are closed to everybody else; this user passes by an open descriptor.
        bench.out.chmod(0o777)
        os.chown(bench.out, user, user)
        out = os.open(bench.out, os.O_RDONLY | os.O_DIRECTORY)
        try:
            writer = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tests.plugins.folder_writer", str(user), f"/proc/self/fd/{out}/x", str(count)),
                cwd=Path(__file__).parents[2],
                pass_fds=[out],
                stdout=asyncio.subprocess.PIPE,
            )
            said, _ = await writer.communicate()
        finally:
            os.close(out)
        await eventually(lambda: len(bench.journal.lines) >= count and bench.is_quiet())
    assert len(said.split()) == count
    assert sum(map(int, said.split())) > 0, "the writer never had a chance: the race was not run"
    changed = [digest for digest in bench.journal.digests() if digest_of(bench.stored(digest)) != digest]
    assert changed == []
