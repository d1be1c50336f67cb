"""From `out/` into custody, on a real folder with real events."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import os
import stat
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Literal

import pytest
from watchdog.observers import Observer

from hub import Deferred, NoRoom, Packet
from hub.standards import edxml
from hub.testing import ManualClock, eventually
from plugins.folderdrop import release, system
from plugins.folderdrop.claims import Held
from plugins.folderdrop.connector import BATCH
from tests.plugins.folder import UNWANTED, Bench, a_packet, digest_of

_ONE = a_packet()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_a_packet_is_taken_and_its_bytes_are_kept(bench: Bench) -> None:
    async with bench.listening():
        inode = bench.drop("a.edxml", _ONE).stat().st_ino
        await eventually(lambda: bench.journal.digests() == [digest_of(_ONE)] and bench.is_quiet())
    assert bench.stored(digest_of(_ONE)) == _ONE
    assert (bench.home / "blobs" / digest_of(_ONE)).stat().st_ino == inode, "adopted, not copied"
    assert bench.journal.names("accepted") == ["a.edxml"]


async def test_what_lay_there_before_comes_oldest_first_in_whole_batches(bench: Bench) -> None:
    async with bench.connector():
        packets = [a_packet(f"{number}/QĐ-SNV") for number in range(32 + 64 + BATCH + 10)]
    for number, packet in enumerate(packets):
        path = bench.drop(f"{number % 7}-{number}.edxml", packet)
        os.utime(path, ns=(0, 10**18 + number))
    async with bench.listening():
        await eventually(lambda: bench.journal.calls and bench.is_quiet())
    assert bench.journal.digests() == [digest_of(packet) for packet in packets]
    assert bench.journal.calls == [32, 64, BATCH, 10]


async def test_the_same_name_may_come_again(bench: Bench) -> None:
    packets = [a_packet(f"{number}/QĐ-SNV") for number in range(3)]
    async with bench.listening():
        for count, packet in enumerate(packets, 1):
            bench.drop("van-ban.edxml", packet)
            await eventually(bench.took(count))
    assert bench.journal.digests() == [digest_of(packet) for packet in packets]


async def test_a_file_is_not_taken_while_a_writer_has_it_open(bench: Bench) -> None:
    async with bench.listening(settle="50ms"):
        bench.drop("canary.edxml", a_packet("1/QĐ"))
        with (bench.out / "a.edxml").open("wb") as writer:
            writer.write(_ONE)
            writer.flush()
            await eventually(lambda: bench.journal.names("accepted") == ["canary.edxml"])
            bench.drop("later.edxml", a_packet("2/QĐ"))
            await eventually(lambda: bench.journal.names("accepted") == ["canary.edxml", "later.edxml"])
            await asyncio.sleep(0.3)
            assert (bench.out / "a.edxml").exists()
        await eventually(lambda: digest_of(_ONE) in bench.journal.digests())


async def test_a_closed_half_is_not_taken_before_it_has_settled(bench: Bench) -> None:
    path = bench.out / "a.edxml"
    async with bench.listening(settle="2s"):
        path.write_bytes(_ONE[:1000])
        bench.drop("canary.edxml", a_packet("1/QĐ"))
        await eventually(lambda: bench.journal.names("accepted") == ["canary.edxml"])
        assert path.exists()
        with path.open("ab") as writer:
            writer.write(_ONE[1000:])
        await eventually(lambda: digest_of(_ONE) in bench.journal.digests())
    assert bench.journal.names("refused") == []


async def test_a_clock_that_jumps_settles_nothing(bench: Bench, clock: ManualClock) -> None:
    async with bench.connector(settle="1h") as connector:
        intake = connector._intake
        intake._context = replace(connector.context, clock=clock)
        (bench.out / "a.edxml").write_bytes(_ONE[:1000])

        def taken() -> int:
            return len(intake.take(intake.scan(lambda _: None).candidates, ()).taken)

        assert taken() == 0
        clock.jump(86400)
        assert taken() == 0
        clock.jump(-2 * 86400)
        await clock.advance(3599)
        assert taken() == 0
        await clock.advance(1)
        assert taken() == 1


async def test_a_half_that_stays_one_goes_back_with_the_readers_reason(bench: Bench) -> None:
    async with bench.listening():
        with (bench.out / "a.edxml").open("wb") as writer:
            writer.write(_ONE[:1000])
        await eventually(lambda: (bench.error / "a.edxml").exists() and bench.is_quiet())
    assert (bench.error / "a.edxml").read_bytes() == _ONE[:1000]
    reason = json.loads((bench.error / "a.edxml.error.json").read_bytes())
    assert list(reason) == ["code", "reason", "where", "at", "file"]
    assert reason["file"] == "a.edxml"
    assert list((bench.home / "blobs").glob("?" * 64)) == []


async def test_a_half_that_was_renamed_into_place_need_not_settle(bench: Bench) -> None:
    async with bench.listening(settle="1h"):
        bench.drop("canary.edxml", a_packet("1/QĐ"))
        await eventually(lambda: bench.journal.lines)
        bench.drop("a.edxml", _ONE[:1000])
        await eventually((bench.error / "a.edxml").exists)


async def test_a_file_renamed_into_place_while_it_is_written_waits_for_its_writer(bench: Bench) -> None:
    async with bench.listening(settle="200ms"):
        bench.drop("canary.edxml", a_packet("1/QĐ"))
        await eventually(lambda: bench.journal.lines)
        draft = bench.out / ".a"
        with draft.open("wb") as writer:
            writer.write(_ONE[:1000])
            writer.flush()
            draft.rename(bench.out / "a.edxml")
            await asyncio.sleep(1.0)
            assert (bench.out / "a.edxml").exists()
            writer.write(_ONE[1000:])
        await eventually(lambda: digest_of(_ONE) in bench.journal.digests())
    assert bench.journal.names("refused") == []


async def test_a_file_that_was_linked_into_place_is_found(bench: Bench) -> None:
    async with bench.listening(settle="1h"):
        draft = bench.home / "draft"
        draft.write_bytes(_ONE)
        await asyncio.sleep(0.1)
        os.link(draft, bench.out / "a.edxml")
        draft.unlink()
        await eventually(lambda: bench.journal.digests() == [digest_of(_ONE)])


async def test_a_refused_file_has_its_owner_and_mode_again_and_never_overwrites(bench: Bench) -> None:
    packets = [a_packet(f"{number}/QĐ", subject=UNWANTED) for number in range(2)]
    async with bench.listening():
        for count, packet in enumerate(packets):
            path = bench.drop("a.edxml", packet)
            path.chmod(0o640)
            await eventually(bench.took(count + 1))
    assert [(bench.error / name).read_bytes() for name in ("a.edxml", "a~2.edxml")] == packets
    assert (bench.error / "a~2.edxml").stat().st_uid == os.geteuid()
    assert json.loads((bench.error / "a~2.edxml.error.json").read_bytes())["code"] == "unknown-addressee"
    assert not any((bench.share / ".hub" / "tmp").iterdir())


async def test_a_refused_file_moved_back_is_judged_anew(bench: Bench) -> None:
    async with bench.listening():
        bench.drop("a.edxml", a_packet(subject=UNWANTED))
        await eventually(lambda: (bench.error / "a.edxml").exists() and bench.is_quiet())
        (bench.error / "a.edxml").rename(bench.out / "a.edxml")
        await eventually(lambda: bench.took(2)() and (bench.error / "a.edxml").exists())
    assert [line["code"] for line in bench.journal.lines.values()] == ["unknown-addressee"] * 2


async def test_a_refused_file_is_never_the_blob_itself(bench: Bench) -> None:
    packet = a_packet(subject=UNWANTED)
    async with bench.listening():
        bench.drop("a.edxml", packet)
        await eventually(lambda: (bench.error / "a.edxml").exists() and bench.is_quiet())
    with (bench.error / "a.edxml").open("r+b") as file:
        file.write(b"changed")
    assert bench.stored(digest_of(packet)) == packet
    assert stat.S_IMODE((bench.home / "blobs" / digest_of(packet)).stat().st_mode) == 0o400


async def test_a_copy_given_back_before_a_crash_is_not_given_back_again(bench: Bench) -> None:
    packet = a_packet(subject=UNWANTED)
    async with bench.connector():
        (bench.claims / "a.edxml").write_bytes(packet)
        (bench.error / "a.edxml").write_bytes(packet)
    async with bench.listening():
        await eventually(bench.took(1))
    assert {path.name for path in bench.error.iterdir()} == {"a.edxml", "a.edxml.error.json"}


async def test_a_file_that_cannot_be_given_back_counts_one_try_in_each_life(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[bytes] = []

    def fail(_dirs: object, _context: object, name: bytes, _refused: object) -> None:
        failed.append(name)
        raise OSError(errno.EMFILE, "Too many open files")

    sound = release._explain
    monkeypatch.setattr(release, "_explain", fail)
    async with bench.listening():
        bench.drop("a.edxml", b"not a packet</edXML>")
        await eventually(lambda: len(failed) > 5)
    counted = (bench.home / "journal.tries").read_text().splitlines()
    assert [1, 1] == [len(counted), len(set(counted))]
    monkeypatch.setattr(release, "_explain", sound)
    async with bench.listening():
        await eventually(lambda: (bench.error / "a.edxml").exists() and bench.is_quiet())
    assert bench.journal.names("refused") == ["a.edxml"]


async def test_a_file_larger_than_the_limit_goes_back_unread(bench: Bench) -> None:
    async with bench.listening(largest=1):
        with (bench.home / "huge").open("wb") as file:
            file.truncate(10**12)
        (bench.home / "huge").rename(bench.out / "huge.edxml")
        await eventually((bench.error / "huge.edxml").exists)
    assert json.loads((bench.error / "huge.edxml.error.json").read_bytes())["code"] == "too-large"


async def test_temporary_names_and_folders_stay_where_they_are(bench: Bench) -> None:
    async with bench.listening() as connector:
        (bench.out / "sent").mkdir()
        for name in (".a.edxml", "b.edxml.part", "~$c.docx"):
            bench.drop(name, _ONE)
        bench.drop("a.edxml", _ONE)
        await eventually(lambda: len(bench.journal.lines) == 1)
        assert (await connector.check()).ok
    assert {path.name for path in bench.out.iterdir()} == {"sent", ".a.edxml", "b.edxml.part", "~$c.docx"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"C\xabng v\xa8n.edxml", "C\\xabng v\\xa8n.edxml"),
        (unicodedata.normalize("NFC", "Công văn.edxml").encode(), unicodedata.normalize("NFC", "Công văn.edxml")),
        (unicodedata.normalize("NFD", "Công văn.edxml").encode(), unicodedata.normalize("NFD", "Công văn.edxml")),
        (b"x" * 249 + b".edxml", "x" * 249 + ".edxml"),
        (b"CON", "CON"),
        (b"a. ", "a. "),
        (b"-rf\n\x1b[31m.edxml", "-rf\n\x1b[31m.edxml"),
    ],
    ids=["tcvn3", "nfc", "nfd", "255", "con", "trailing", "control"],
)
async def test_any_name_is_taken_and_given_back(bench: Bench, name: bytes, shown: str) -> None:
    async with bench.listening():
        bench.drop(name, _ONE)
        await eventually(lambda: bench.journal.names("accepted") == [shown] and bench.is_quiet())
        bench.drop(name, b"<edXML>not one</edXML>")
        await eventually(lambda: bench.journal.names("refused") == [shown] and bench.is_quiet())
    reasons = [path for path in bench.error.iterdir() if path.name.endswith(".error.json")]
    [reason] = reasons
    assert (bench.error / reason.name.removesuffix(".error.json")).read_bytes() == b"<edXML>not one</edXML>"


async def test_without_room_files_stay_and_intake_resumes_by_itself(bench: Bench) -> None:
    bench.journal.room = False
    async with bench.listening() as connector:
        path = bench.drop("a.edxml", _ONE)
        await eventually(lambda: connector._trouble)
        health = await connector.check()
        assert not health.ok
        assert "disk is full" in health.detail
        assert path.read_bytes() == _ONE
        bench.journal.room = True
        await eventually(lambda: bench.journal.digests() == [digest_of(_ONE)])
        await eventually(lambda: not connector._trouble)
        assert (await connector.check()).ok


async def test_a_share_on_another_file_system_is_copied_from(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def refusing(source: str, target: str, **given: bool) -> None:
        if bench.share in Path(source).resolve().parents:
            raise OSError(18, "Invalid cross-device link")
        link(source, target, **given)

    monkeypatch.setattr(os, "link", refusing)
    packets = [a_packet(f"{number}/QĐ") for number in range(3)]
    async with bench.listening():
        for count, packet in enumerate(packets, 1):
            bench.drop("a.edxml", packet)
            await eventually(bench.took(count))
    assert [bench.stored(digest) for digest in bench.journal.digests()] == packets


@pytest.mark.parametrize("watch", ["inotify", "watchdog", "poll"])
async def test_every_watch_wakes(bench: Bench, watch: Literal["inotify", "watchdog", "poll"]) -> None:
    async with bench.listening(watch=watch):
        for number in range(5):
            bench.drop(f"{number}.edxml", a_packet(f"{number}/QĐ"))
            await eventually(bench.took(number + 1), within=5)


@pytest.mark.parametrize("watch", ["inotify", "watchdog"])
async def test_a_claim_holds_up_no_later_event(bench: Bench, watch: Literal["inotify", "watchdog"]) -> None:
    async with bench.listening(watch=watch):
        bench.drop("first.edxml", a_packet("0/QĐ"))
        await eventually(lambda: len(bench.journal.lines) == 1)
        waits = []
        for number in range(1, 8):
            begun = time.monotonic()
            bench.drop(f"{number}.edxml", a_packet(f"{number}/QĐ"))
            await eventually(bench.took(number + 1), within=5)
            waits.append(time.monotonic() - begun)
    assert sorted(waits)[3] < 0.4


async def test_a_file_that_is_held_open_costs_no_busy_loop(bench: Bench) -> None:
    async with bench.listening(settle="50ms", watch="watchdog") as connector:
        scans = 0
        scan = connector._intake.scan

        def counted(*given: object) -> object:
            nonlocal scans
            scans += 1
            return scan(*given)  # type: ignore[arg-type]

        connector._intake.scan = counted  # type: ignore[method-assign, assignment]
        with (bench.out / "a.edxml").open("wb") as writer:
            writer.write(_ONE)
            writer.flush()
            await asyncio.sleep(1.2)
            assert 0 < scans <= 6
        await eventually(lambda: len(bench.journal.lines) == 1)


async def test_a_broken_reader_costs_only_its_own_file(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    read = edxml.read

    def broken(file: io.BytesIO) -> Packet:
        if file.getvalue().startswith(b"{"):
            raise RecursionError("too deep")
        return read(file)

    monkeypatch.setattr(edxml, "read", broken)
    async with bench.listening():
        bench.drop("a.json", b"{}")
        bench.drop("b.edxml", _ONE)
        await eventually(lambda: len(bench.journal.lines) == 2 and bench.is_quiet())
    assert bench.journal.names("quarantined") == ["a.json"]
    assert bench.stored(digest_of(b"{}")) == b"{}"
    assert bench.journal.names("accepted") == ["b.edxml"]


@pytest.fixture
def full(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """The disk of the blobs is full until `monkeypatch.undo()`. Gives how often that was met."""
    met = 0

    def refusing(*_given: object) -> None:
        nonlocal met
        met += 1
        raise NoRoom

    monkeypatch.setattr(bench.blobs, "adopt", refusing)
    monkeypatch.setattr(bench.blobs, "store", refusing)
    return lambda: met


async def test_a_disk_that_fills_up_in_between_only_delays(
    bench: Bench, full: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench.listening() as connector:
        bench.drop("a.edxml", _ONE)
        await eventually(lambda: full() > 2)
        assert not (await connector.check()).ok
        assert bench.journal.lines == {}
        monkeypatch.undo()
        await eventually(lambda: bench.journal.digests() == [digest_of(_ONE)] and bench.is_quiet())


async def test_a_full_disk_does_not_hold_up_the_end(
    bench: Bench, full: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asyncio.timeout(5), bench.listening(poll="1h"):
        bench.drop("a.edxml", _ONE)
        await eventually(full)
    monkeypatch.undo()
    async with bench.listening():
        await eventually(lambda: bench.journal.digests() == [digest_of(_ONE)] and bench.is_quiet())


async def test_what_can_only_be_copied_is_put_back_when_the_disk_is_full(
    bench: Bench, full: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Held, "seal", lambda _held: False)
    async with bench.listening(settle="50ms"):
        path = bench.drop("a.edxml", _ONE)
        await eventually(lambda: full() > 2 and path.exists())
        monkeypatch.undo()
        await eventually(lambda: bench.journal.digests() == [digest_of(_ONE)] and bench.is_quiet())


async def test_a_file_whose_bytes_the_disk_will_not_promise_is_copied(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", failing)
    async with bench.listening():
        inode = bench.drop("a.edxml", _ONE).stat().st_ino
        await eventually(lambda: bench.journal.digests() == [digest_of(_ONE)] and bench.is_quiet())
    assert bench.stored(digest_of(_ONE)) == _ONE
    assert (bench.home / "blobs" / digest_of(_ONE)).stat().st_ino != inode


async def test_a_file_that_changes_while_it_is_read_is_put_back_and_read_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, read, changed = a_packet("2/QĐ"), edxml.read, list[Path]()

    def changing(file: BinaryIO) -> Packet:
        packet = read(file)
        if not changed:
            [claim] = bench.claims.iterdir()
            claim.chmod(0o600)
            claim.write_bytes(other)
            changed.append(claim)
        return packet

    monkeypatch.setattr(edxml, "read", changing)
    async with bench.listening(settle="50ms"):
        bench.drop("a.edxml", _ONE)
        await eventually(lambda: bench.journal.lines and bench.is_quiet())
    assert bench.journal.digests() == [digest_of(other)]


async def test_a_closed_connector_says_so(bench: Bench) -> None:
    async with bench.connector() as connector:
        hands = connector._hands
    with pytest.raises(Deferred, match="closed"):
        await hands.do(int)


@pytest.mark.parametrize("call", ["inotify_open", "inotify_add"])
async def test_without_events_the_folder_is_polled(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, call: Literal["inotify_open", "inotify_add"]
) -> None:
    def refusing(*_given: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(system, call, refusing)
    monkeypatch.setattr(Observer, "start", refusing)
    async with bench.listening():
        for number in range(2):
            bench.drop(f"{number}.edxml", a_packet(f"{number}/QĐ"))
            await eventually(bench.took(number + 1))
