"""What goes over the wire between a hub and a worker: the same on the other side, or refused."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.errors import (
    Damaged,
    Deferred,
    HubError,
    NoRoom,
    OutcomeUnknown,
    Quarantined,
    Refused,
    StorageError,
    StorageFailed,
)
from hub.isolation import wire
from hub.isolation.faults import Bug, error, fault
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Blob, Envelope, Health, Incoming, Packet, Receipt, Urgency

BLOB = Blob("ab" * 32, 12)
DOCUMENT = a_document("204/UBND-VX", urgency=Urgency.FLASH, to_places=("Như trên", "Lưu: VT"))


@pytest.mark.parametrize(
    "told",
    [
        Refused("wrong-sender", "Sai đơn vị gửi", "From"),
        Quarantined("plugin", "Chờ kiểm tra"),
        Deferred("bận", 30.0),
        OutcomeUnknown("nobody knows"),
        NoRoom("full"),
        Damaged("other bytes"),
        StorageFailed("EIO"),
        StorageError("locked"),
        HubError("some"),
        TimeoutError("late"),
        ConnectionError("no route"),
        ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
        FileNotFoundError(errno.ENOENT, "No such file", "/srv/x"),
        EOFError("short"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_an_error_is_the_same_on_the_other_side(told: Exception) -> None:
    heard = error(fault(told))
    assert type(told) is type(heard)
    assert str(told) == str(heard)
    for name in ("code", "reason", "where", "retry_after", "errno", "filename"):
        assert getattr(told, name, None) == getattr(heard, name, None)


def test_a_bug_keeps_its_words_and_its_traceback() -> None:
    try:
        raise KeyError("share")  # noqa: TRY301 - what a connector does
    except KeyError as wrong:
        heard = error(fault(wrong))
    assert isinstance(heard, Bug)
    assert not isinstance(heard, HubError | OSError)
    assert "KeyError: 'share'" == str(heard)
    assert __file__ in str(heard.__cause__)


@pytest.mark.parametrize("pause", [float("inf"), float("nan"), -1.0, 10**400, "soon", None])
def test_a_pause_that_is_none_is_none(pause: Any) -> None:
    assert 0.0 == fault(Deferred("later", pause)).retry_after


@pytest.mark.parametrize(
    "packet",
    [
        Packet(DOCUMENT, repairs=("a",), variant="dotnet", attachments_span=(3, 5)),
        Packet(an_answer(DOCUMENT, at=datetime(2026, 1, 2, tzinfo=UTC))),
        Refused("not-edxml", "Không phải gói tin", "line 1"),
    ],
    ids=["document", "answer", "refusal"],
)
def test_an_input_is_the_same_on_the_other_side(packet: Packet | Refused) -> None:
    found = Incoming("khóa 1", "tệp.edxml", packet, BLOB, 1.5, ("000.00.14.H48",))
    [frame] = wire.parts(3, [found])
    part = wire.read(frame[wire.HEAD.size :])
    assert isinstance(part, wire.Part)
    [heard] = map(wire.incoming, part.found)
    assert 3 == part.number
    if isinstance(packet, Refused):
        assert isinstance(heard.packet, Refused)
        assert (packet.code, packet.reason, packet.where) == (
            heard.packet.code,
            heard.packet.reason,
            heard.packet.where,
        )
    else:
        assert found == heard


def test_many_inputs_go_in_pieces_in_their_order() -> None:
    found = [Incoming(f"{turn}", "x", Refused("a", "y" * 10_000), None) for turn in range(40)]
    frames = list(wire.parts(1, found))
    assert len(frames) > 2
    assert max(map(len, frames)) < 2 * wire.PIECE
    parts = [wire.read(frame[wire.HEAD.size :]) for frame in frames]
    keys = [each.source_key for part in parts if isinstance(part, wire.Part) for each in part.found]
    assert [each.source_key for each in found] == keys


@pytest.mark.parametrize(
    "word",
    [
        wire.Ended(1, health=Health(False, "mất kết nối")),
        wire.Ended(2, ends=(wire.End(Receipt("a", "b")), wire.end(Deferred("later", 3.0)), wire.end(None))),
        wire.Ended(3, fault=fault(OSError(errno.EIO, "I/O error"))),
        wire.Ask(4, "stories", ("a", "b")),
        wire.Ask(6, "nearby", ("Bộ Nội vụ",)),
        wire.Ask(5, "piece", ("4", wire.text_of(b"\xff\0"))),
        wire.Alive(),
        wire.Stalled("x.py:3"),
        wire.Lost("EIO"),
    ],
    ids=lambda each: each.kind,
)
def test_a_word_is_the_same_on_the_other_side(word: wire.Word) -> None:
    frame = wire.write(word)
    assert wire.HEAD.unpack(frame[: wire.HEAD.size]) == (len(frame) - wire.HEAD.size,)
    assert word == wire.read(frame[wire.HEAD.size :])


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"kind":"alive"',
        b'{"kind":"dead"}',
        b'{"kind":"ended"}',
        b'{"kind":"ended","number":"1"}',
        b'{"kind":"ask","number":1,"verb":"format_the_disk"}',
        b'{"kind":"part","number":1,"found":[{"source_key":"a","name":"a","hold":0.0,"digest":"../x","size":1}]}',
        b'{"kind":"part","number":1,"found":[{"source_key":"a","name":"a","hold":1e999,"digest":null,"size":1}]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_no_worker_says_is_garbage(said: bytes) -> None:
    with pytest.raises(wire.Garbage):
        wire.read(said)


def test_an_input_without_packet_and_refusal_is_garbage() -> None:
    with pytest.raises(wire.Garbage):
        wire.incoming(wire.Found("a", "a", 0.0, None, 0, None, None))


def test_what_a_plugin_must_not_answer_is_its_bug() -> None:
    with pytest.raises(ValueError, match="too many"):
        wire.write(wire.Stalled("x" * (wire.MOST + 1)))
    with pytest.raises(ValueError, match="str"):
        wire.write(wire.Ended(1, ends=(wire.End(Receipt(b"bytes")),)))  # type: ignore[arg-type]  # the bug


def test_an_order_is_the_same_on_the_other_side() -> None:
    envelope = Envelope("e", "so-nv", "k", DOCUMENT, BLOB, datetime(2026, 1, 2, tzinfo=UTC))
    order = wire.Call(7, "send_many", ((envelope,),))
    assert order == wire.unpack(wire.pack(order)[wire.HEAD.size :])
