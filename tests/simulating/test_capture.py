"""The twelve requests that the vendor's own client sent, byte for byte, over a socket."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from tests.simulating.bench import (
    HOME_AFFAIRS,
    OFFICE,
    PROVINCE,
    Answer,
    Bench,
    exchange,
    names,
    packet,
    running,
)

CAPTURE = Path(__file__).parent.parent / "data" / "vxp" / "wire-capture-sdk-2.0.1.txt"
#: 92 bytes; the capture's server never asked for this body
REGISTRATION = json.dumps(
    {"id": "", "pcode": "", "code": "000.00.99.H48", "name": "Ab", "mail": "a@b.vn", "mobile": "", "fax": ""},
    separators=(",", ":"),
).encode()


def captured() -> dict[str, list[bytes]]:
    """Operation -> head and body of its request, as they went over the wire."""
    found = {}
    for part in CAPTURE.read_bytes().split(b"=====\n")[1:]:
        head, _, rest = part.partition(b"\n\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        wanted = int(length[1]) if length else 0
        operation = head.split(b" ", 2)[1].rpartition(b"/")[2].decode()
        body = rest.rstrip(b"\n") + b"\r\n" if operation == "sendEdoc" else b""
        assert operation != "sendEdoc" or len(body) == wanted
        found[operation] = [head.replace(b"\n", b"\r\n") + b"\r\n\r\n", body]
    return found


def test_there_are_twelve() -> None:
    assert len(captured()) == 12
    assert len(REGISTRATION) == 92


async def sent_as_captured(bench: Bench, operation: str, forged: tuple[bytes, bytes] = (b"", b"")) -> Answer:
    head, body = captured()[operation]
    assert not forged[0] or forged[0] in head
    head = head.replace(*forged)
    if b"Expect: 100-continue" not in head:
        return await asyncio.to_thread(exchange, bench.hub.port, head + body)
    late = REGISTRATION if operation == "registerAgency" else b"{}"
    assert b"Content-Length: %d\r\n" % len(late) in head
    return await asyncio.to_thread(exchange, bench.hub.port, head, late)


def accepted_by_the_sdk(answer: Answer) -> None:
    """Facts 3.3: these three are strings; nothing else is a success than ErrorCode 0."""
    assert answer.http in (200, 201)
    told = answer.json
    assert [type(told[name]) for name in ("status", "ErrorCode", "ErrorDesc")] == [str, str, str]
    assert (told["status"] == "OK") is (told["ErrorCode"] == "0")


async def _with_two_packets(bench: Bench) -> None:
    for number in ("1", "2"):
        assert (await bench.send(packet(number))).json["ErrorCode"] == "0"


@pytest.mark.parametrize("operation", sorted(captured().keys() - {"downloadEdoc", "sendEdoc"}))
async def test_it_is_verified_and_answered_as_the_client_reads_it(tmp_path: Path, operation: str) -> None:
    async with running(tmp_path, new_id=names("s1", "d1", "s2", "d2")) as bench:
        await _with_two_packets(bench)
        if operation == "deleteAgency":
            await sent_as_captured(bench, "registerAgency")
        answer = await sent_as_captured(bench, operation)
    accepted_by_the_sdk(answer)
    assert answer.json["ErrorCode"] == "0", answer


async def test_the_document_of_the_capture_is_no_edxml_and_still_has_a_docid(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        answer = await sent_as_captured(bench, "sendEdoc")
        accepted_by_the_sdk(answer)
        # Its signature and its hash-file are right: 15 and 21 come before.
        assert (answer.json["ErrorCode"], answer.json["DocId"]) == ("22", "")
        assert bench.records() == []


async def test_the_download_is_the_packet_itself(tmp_path: Path) -> None:
    async with running(tmp_path, new_id=names("s1", "d1", "s2", "d2")) as bench:
        await _with_two_packets(bench)
        answer = await sent_as_captured(bench, "downloadEdoc")
    assert answer.http == 200
    assert answer.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert b"<edXML:CodeNumber>2<" in answer.body


async def test_what_the_capture_does_stands_in_the_records(tmp_path: Path) -> None:
    async with running(tmp_path, new_id=names("s1", "d1", "s2", "d2")) as bench:
        await _with_two_packets(bench)
        await sent_as_captured(bench, "updateStatus")
        first, second = bench.records()
    assert (first.doc_id, first.sender_doc_id, first.sender, first.recipient) == ("d1", "s1", OFFICE, HOME_AFFAIRS)
    assert [step.status for step in first.steps] == ["initial", "done"]
    assert (first.recipient_system, second.status) == (PROVINCE, "initial")


@pytest.mark.parametrize("operation", sorted(captured()))
async def test_a_changed_byte_of_what_is_signed_fails(tmp_path: Path, operation: str) -> None:
    async with running(tmp_path) as bench:
        answer = await sent_as_captured(bench, operation, (b'"XroadVnpt-systemid":"000', b'"XroadVnpt-systemid":"001'))
    assert answer.json["ErrorCode"] == "15"
