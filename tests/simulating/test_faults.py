"""Each fault switch over a socket, against what the records say."""

from __future__ import annotations

import asyncio
import gc
import http.client
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hub.errors import HubError
from hub.simulating.central import FAULTS, Switches, fault, turn
from tests.simulating.bench import OFFICE, PROVINCE, Bench, exchange, packet, request, running, signed, status

LIST: dict[str, Any] = {"servicetype": "eDoc", "messagetype": "edoc"}


async def with_a_fault(bench: Bench, text: str) -> None:
    await asyncio.to_thread(turn, bench.hub.url, [text])


@pytest.mark.parametrize(
    ("name", "http_code", "kind", "start"),
    [
        ("html502", 502, "text/html", b"<html>"),
        ("html200", 200, "text/html", b"<html>"),
        ("http500", 500, "text/plain", b""),
        ("empty", 200, "application/json", b""),
    ],
)
async def test_pages_that_are_no_answer(tmp_path: Path, name: str, http_code: int, kind: str, start: bytes) -> None:
    async with running(tmp_path) as bench:
        await with_a_fault(bench, f"{name}=2")
        bad = [await bench.call("getReceivedEdocList", **LIST), await bench.send(packet())]
        good = await bench.call("getReceivedEdocList", **LIST)
        assert [(each.http, each.kind, each.body[:6]) for each in bad] == [(http_code, kind, start)] * 2
        assert good.json["data"] == bench.records() == []


async def test_slow_answers_wait(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await with_a_fault(bench, "slow@countReceiveEdoc=0.4")
        begun = time.monotonic()
        await bench.call("countReceiveStatus", PROVINCE, b"{}")
        quick = time.monotonic() - begun
        await bench.call("countReceiveEdoc", PROVINCE, b"{}")
        assert quick < 0.4 <= time.monotonic() - begun - quick


async def test_a_stale_list_shows_what_was(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.send(packet("1"))
        (row,) = await bench.waiting()
        await asyncio.sleep(0.6)
        await bench.send(packet("2"))
        await bench.update(row["docId"], "done")
        await with_a_fault(bench, "stale=0.5")
        assert [(each["docId"], each["status"]) for each in await bench.waiting()] == [(row["docId"], "initial")]
        assert (await bench.call("countReceiveEdoc", PROVINCE, b"{}")).json["count"] == 1
        await asyncio.to_thread(turn, bench.hub.url, [], clear=True)
        assert [each["docId"] for each in await bench.waiting()] == [bench.records()[1].doc_id]


async def test_duplicate_rows_and_rows_that_come_again(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        for number in ("1", "2"):
            await bench.send(packet(number))
        first, second = (record.doc_id for record in bench.records())
        await with_a_fault(bench, "duplicate=1")
        assert [row["docId"] for row in await bench.waiting()] == [first, first, second, second]
        assert [row["docId"] for row in await bench.waiting()] == [first, second]
        await bench.update(first, "done")
        await with_a_fault(bench, "relisted=1")
        assert [(row["docId"], row["status"]) for row in await bench.waiting()] == [
            (first, "done"),
            (second, "initial"),
        ]
        assert [row["docId"] for row in await bench.waiting()] == [second]


async def test_statuses_out_of_order(tmp_path: Path) -> None:
    document = packet()
    async with running(tmp_path) as bench:
        for code in ("01", "03", "06"):
            await bench.send(status(document, code), "000.00.00.H48", "000.00.14.H48", messagetype="status")
        in_order = [record.doc_id for record in bench.records()]
        assert [record.answer for record in bench.records()] == ["01", "03", "06"]
        await with_a_fault(bench, "disordered")
        assert [row["docId"] for row in await bench.waiting("status", OFFICE)] == in_order[::-1]


async def test_truncated_answers_look_whole(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.send(packet())
        (row,) = await bench.waiting()
        whole = (await bench.call("downloadEdoc", docId=row["docId"])).body
        await with_a_fault(bench, "truncated=3")
        half = await bench.call("downloadEdoc", docId=row["docId"])
        listed = await bench.call("getReceivedEdocList", **LIST)
        told = await bench.call("getEdoc", PROVINCE, b"{}", docId=row["docId"])
        assert half.body == whole[: len(whole) // 2]
        for answer in (listed, told):
            assert answer.http == 200
            with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
                _ = answer.json
        assert (await bench.call("downloadEdoc", docId=row["docId"])).body == whole


@pytest.mark.parametrize("operation", ["downloadEdoc", "getEdoc", "getReceivedEdocList"])
async def test_cut_answers_end_with_their_connection(tmp_path: Path, operation: str) -> None:
    async with running(tmp_path) as bench:
        await bench.send(packet())
        await with_a_fault(bench, f"cut@{operation}=1")
        doc_id = bench.records()[0].doc_id
        with pytest.raises(http.client.IncompleteRead):
            await bench.call(operation, docId=doc_id, **LIST)
        assert (await bench.call(operation, docId=doc_id, **LIST)).http == 200


async def test_fail_without_a_docid_takes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await with_a_fault(bench, "no-docid=1")
        assert (await bench.call("getReceivedEdocList", **LIST)).json["ErrorCode"] == "0"
        told = (await bench.send(packet())).json
        assert (told["status"], told["ErrorCode"]) == ("FAIL", "20")
        assert "DocId" not in told
        assert bench.records() == []
        assert (await bench.send(packet())).json["DocId"] == bench.records()[0].sender_doc_id


async def test_a_lost_answer_comes_after_the_packet_is_kept(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await with_a_fault(bench, "lost-answer=1")
        with pytest.raises(http.client.RemoteDisconnected):
            await bench.send(packet())
        (record,) = bench.records()
        sent = (await bench.call("getSentEdocList", OFFICE, **LIST)).json["data"]
        assert [row["senderDocId"] for row in sent] == [record.sender_doc_id]


async def test_lost_meets_any_operation(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.send(packet())
        await with_a_fault(bench, "lost@updateStatus=1")
        with pytest.raises(http.client.RemoteDisconnected):
            await bench.update(bench.records()[0].doc_id, "done")
        assert bench.records()[0].status == "done"


async def test_answers_without_their_key_or_with_fail(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await with_a_fault(bench, "keyless=1")
        assert "ErrorCode" not in (await bench.call("getReceivedEdocList", **LIST)).json
        await with_a_fault(bench, "refuse@sendEdoc=1")
        told = (await bench.send(packet())).json
        assert (told["ErrorCode"], told["DocId"]) == ("20", "")
        assert bench.records() == []


async def test_faults_of_the_start_are_on_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, faults=(fault("html502=1"),)) as bench:
        assert (await bench.call("getAgenciesList")).http == 502
        assert (await bench.call("getAgenciesList")).http == 200


async def test_what_is_on_is_said(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        on = await asyncio.to_thread(turn, bench.hub.url, ["slow=0.5", "html502@sendEdoc=3", "stale"])
        assert on == ["slow=0.5", "html502@sendEdoc=3", "stale=60"]
        assert await asyncio.to_thread(turn, bench.hub.url, ["empty"], clear=True) == ["empty"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"fault": "nothing"}', b'{"fault": 7}', b"[" * 4000])
async def test_a_broken_control_call_is_refused(tmp_path: Path, body: bytes) -> None:
    head = (
        f"POST /_simulator/faults HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    )
    async with running(tmp_path) as bench:
        answer = await asyncio.to_thread(exchange, bench.hub.port, f"{head}\r\n\r\n".encode() + body)
        assert answer.http == 400
        plain = head.replace("application/json", "text/plain")
        assert (await asyncio.to_thread(exchange, bench.hub.port, f"{plain}\r\n\r\n".encode() + body)).http == 415
        assert bench.hub.switches.on() == ()


@pytest.mark.parametrize("text", ["", "html", "html502=0", "html502=1.5", "html502=-1", "slow=x", "html502@=1", "a b"])
def test_what_is_no_fault_is_refused_with_their_names(text: str) -> None:
    with pytest.raises(HubError):
        fault(text)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_can_be_said(name: str) -> None:
    assert fault(name).name == ("lost" if name == "lost-answer" else name)


def test_a_counted_fault_ends_and_the_same_again_takes_its_place() -> None:
    switches = Switches([fault("empty=2"), fault("empty@sendEdoc=1")])
    met = [switches.meet("sendEdoc").keys(), switches.meet("sendEdoc").keys(), switches.meet("getEdoc").keys()]
    assert met == [{"empty"}, {"empty"}, {"empty"}]
    assert switches.on() == ()
    switches.set(fault("empty=5"))
    switches.set(fault("empty=1"))
    assert [str(each) for each in switches.on()] == ["empty=1"]


@pytest.mark.parametrize("name", ["lost", "cut", "truncated"])
async def test_a_large_packet_that_is_not_sent_whole_leaves_no_file_open(tmp_path: Path, name: str) -> None:
    async with running(tmp_path) as bench:
        await bench.send(packet(pdf=os.urandom(2_000_000)))
        doc_id = bench.records()[0].doc_id
        await with_a_fault(bench, f"{name}@downloadEdoc=1")
        with suppress(http.client.HTTPException):
            await bench.call("downloadEdoc", docId=doc_id)
        await bench.waiting()
        gc.collect()
        await asyncio.sleep(0.05)
        assert not [link for link in Path("/proc/self/fd").iterdir() if str(os.path.realpath(link)).endswith(".edxml")]


async def test_a_caller_that_does_not_wait_is_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running(tmp_path, faults=(fault("slow@getReceivedEdocList=0.3"),)) as bench:
        raw = request("getReceivedEdocList", signed(OFFICE, "application/json", **LIST))
        _, writer = await asyncio.open_connection("127.0.0.1", bench.hub.port)
        writer.write(raw)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(0.5)
        assert await bench.waiting() == []
    assert caplog.records == []
