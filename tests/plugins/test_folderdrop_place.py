"""Into `in/`: whole, in order, once, and with the bytes that were accepted."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest

from hub import Deferred, Delivery, Document, OutcomeUnknown, Receipt, Refused
from hub.standards import edxml
from hub.testing import eventually
from hub.testing.samples import a_document, an_answer
from plugins.folderdrop import system
from tests.plugins.folder import Bench, a_delivery


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def content_of(bench: Bench, delivery: Delivery) -> bytes:
    return bench.stored(delivery.envelope.blob.digest)


async def test_a_document_is_placed_with_our_hop_and_its_attachments_as_they_lay(bench: Bench) -> None:
    delivery = bench.delivery(1, "204/UBND-VX", size=300_000)
    async with bench.connector() as connector:
        receipt = await connector.send(delivery)
    placed = (bench.arrivals / receipt.reference).read_bytes()
    assert receipt.reference == "204-UBND-VX_delivery000000000000000001.edxml"
    offset, length = delivery.envelope.attachments_span
    assert length
    assert content_of(bench, delivery)[offset : offset + length] in placed
    body = edxml.read(io.BytesIO(placed)).body
    assert isinstance(body, Document)
    assert [(hop.organ_id, hop.timestamp) for hop in body.trace] == [("000.00.00.H48", "2026/11/23 08:30:00")]


async def test_a_packet_that_cannot_be_copied_is_written_anew(bench: Bench) -> None:
    whole = bench.delivery(1, size=5000)
    rewritten = a_delivery(2, whole.envelope.body, whole.envelope.blob)
    async with bench.connector() as connector:
        receipts = [await connector.send(each) for each in (whole, rewritten)]
    first, second = ((bench.arrivals / receipt.reference).read_bytes() for receipt in receipts)
    assert [_attached(each) for each in (first, second)] == [_attached(content_of(bench, whole))] * 2


def _attached(packet: bytes) -> list[tuple[str, int, str]]:
    body = edxml.read(io.BytesIO(packet)).body
    assert isinstance(body, Document)
    return [(each.name, each.size, each.digest) for each in body.attachments]


async def test_a_status_is_placed(bench: Bench) -> None:
    content = b"the answer as it came"
    blob = bench.blobs.store(io.BytesIO(content), 1000)
    answer = an_answer(a_document(), "03")
    async with bench.connector() as connector:
        receipt = await connector.send(a_delivery(5, answer, blob))
    assert receipt.reference == "trang-thai_03_delivery000000000000000005.edxml"
    read = edxml.read(io.BytesIO((bench.arrivals / receipt.reference).read_bytes()))
    assert read.body == answer


async def test_a_batch_appears_in_order_and_leaves_nothing_behind(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries = [bench.delivery(number, f"{number}/QĐ") for number in range(64)]
    order: list[bytes] = []
    rename = system.rename_new

    def noted(source: int, name: bytes, target: int, new_name: bytes) -> None:
        rename(source, name, target, new_name)
        order.append(new_name)

    monkeypatch.setattr(system, "rename_new", noted)
    async with bench.connector() as connector:
        outcomes = await connector.send_many(deliveries)
    names = [each.reference for each in outcomes if isinstance(each, Receipt)]
    assert len(names) == 64
    assert [name.encode() for name in names] == order
    assert {path.name for path in bench.arrivals.iterdir()} == set(names)
    assert not any((bench.share / ".hub" / "tmp").iterdir())


async def test_a_delivery_sent_twice_lies_there_once_and_is_not_overwritten(bench: Bench) -> None:
    delivery = bench.delivery()
    async with bench.connector() as connector:
        first = await connector.send(delivery)
        path = bench.arrivals / first.reference
        path.write_bytes(b"the software's own mark")
        assert await connector.send(delivery) == first
        assert path.read_bytes() == b"the software's own mark"


async def test_a_name_taken_in_the_last_moment_is_not_overwritten(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = bench.delivery()
    monkeypatch.setattr(system, "exists", lambda _directory, _name: False)
    async with bench.connector() as connector:
        name = (await connector.send(delivery)).reference
        (bench.arrivals / name).write_bytes(b"mark")
        assert (await connector.send(delivery)).reference == name
    assert (bench.arrivals / name).read_bytes() == b"mark"
    assert not any((bench.share / ".hub" / "tmp").iterdir())


async def test_what_lies_in_in_is_found_and_what_was_taken_is_not(bench: Bench) -> None:
    delivery = bench.delivery()
    async with bench.connector() as connector:
        assert await connector.find(delivery) is None
        receipt = await connector.send(delivery)
        assert await connector.find(delivery) == receipt
        (bench.arrivals / receipt.reference).unlink()
        assert await connector.find(delivery) is None


async def test_a_damaged_blob_is_never_sent_and_stops_only_itself(bench: Bench) -> None:
    deliveries = [bench.delivery(number, f"{number}/QĐ") for number in range(3)]
    blob = bench.home / "blobs" / deliveries[1].envelope.blob.digest
    blob.chmod(0o600)
    with blob.open("r+b") as file:
        file.seek(700)
        file.write(b"#")
    async with bench.connector() as connector:
        outcomes = await connector.send_many(deliveries)
        assert [type(each) for each in outcomes] == [Receipt, Refused]
        assert "damaged" in str(outcomes[1])
        assert isinstance(await connector.send(deliveries[2]), Receipt)
    assert len(list(bench.arrivals.iterdir())) == 2
    assert not any((bench.share / ".hub" / "tmp").iterdir())


async def test_a_missing_blob_is_damage_too(bench: Bench) -> None:
    delivery = bench.delivery()
    (bench.home / "blobs" / delivery.envelope.blob.digest).unlink()
    async with bench.connector() as connector:
        with pytest.raises(Refused, match="damaged"):
            await connector.send(delivery)


@pytest.mark.parametrize("failing", ["copy_file_range", "fsync"])
async def test_a_full_share_puts_off_what_does_not_fit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    deliveries = [bench.delivery(number, f"{number}/QĐ", size=2_500_000) for number in range(3)]
    async with bench.connector() as connector:
        monkeypatch.setattr(os, failing, failing_at(2, getattr(os, failing), errno.ENOSPC))
        first, second = await connector.send_many(deliveries)
        assert isinstance(first, Receipt)
        assert isinstance(second, Deferred)
        assert "disk is full" in str(second)
        monkeypatch.undo()
        assert all(isinstance(each, Receipt) for each in await connector.send_many(deliveries))
    assert len(list(bench.arrivals.iterdir())) == 3


def failing_at(turn: int, call: Any, number: int) -> Any:
    """The same call, which fails at its nth turn."""
    turns = iter(range(1, 1000))

    def failing(*given: Any) -> Any:
        if next(turns) == turn:
            raise OSError(number, os.strerror(number))
        return call(*given)

    return failing


async def test_a_share_that_fails_after_the_rename_leaves_the_outcome_unknown(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries = [bench.delivery(number, f"{number}/QĐ") for number in range(2)]
    async with bench.connector() as connector:
        monkeypatch.setattr(os, "fsync", failing_at(3, os.fsync, errno.EIO))
        outcomes = await connector.send_many(deliveries)
        assert [type(each) for each in outcomes] == [OutcomeUnknown, OutcomeUnknown]
        assert await connector.find(deliveries[1]) is not None


async def test_where_the_kernel_cannot_copy_the_bytes_are_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = bench.delivery(size=2_500_000)
    async with bench.connector() as connector:
        path = bench.arrivals / (await connector.send(delivery)).reference
        copied = path.read_bytes()
        path.unlink()
        monkeypatch.setattr(os, "copy_file_range", failing_at(1, None, errno.EXDEV))
        await connector.send(delivery)
    assert path.read_bytes() == copied


async def test_leftovers_are_removed_at_start(bench: Bench) -> None:
    leftover = bench.share / ".hub" / "tmp" / ".delivery"
    async with bench.connector():
        leftover.write_bytes(b"half")
    async with bench.connector() as connector:
        await connector.send(bench.delivery())
        assert not leftover.exists()
    leftover.write_bytes(b"half")
    async with bench.listening():
        await eventually(lambda: not leftover.exists())


@pytest.mark.root
async def test_what_is_placed_belongs_to_the_owner_of_in(bench: Bench) -> None:
    async with bench.connector() as connector:
        os.chown(bench.arrivals, 1234, 5678)
        bench.arrivals.chmod(0o2770)
        receipt = await connector.send(bench.delivery())
    found = (bench.arrivals / receipt.reference).stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (1234, 5678, 0o660)
