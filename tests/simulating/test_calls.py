"""Every operation, over a socket: what it does, what it refuses, and what the records say."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from hub.simulating.central.signing import signed_headers, timestamp
from hub.standards import edxml
from hub.vocabulary import Document
from tests.simulating.bench import (
    BINH_SON,
    HOME_AFFAIRS,
    OFFICE,
    PROVINCE,
    SECRETS,
    exchange,
    packet,
    request,
    running,
    short_digest,
    signed,
    status,
)

NINH = "000.00.00.H49"


async def test_a_document_goes_to_each_recipient_under_a_docid_of_its_own(tmp_path: Path) -> None:
    sent = packet(to=(HOME_AFFAIRS, BINH_SON, NINH))
    async with running(tmp_path) as bench:
        answer = await bench.send(sent)
        ours, theirs = await bench.waiting(), await bench.waiting(system=NINH)
        kept = bench.records()
    assert [row["to"] for row in ours] == [HOME_AFFAIRS, BINH_SON]
    assert [row["to"] for row in theirs] == [NINH]
    assert len({answer.json["DocId"], *(row["docId"] for row in (*ours, *theirs))}) == 4
    assert ours[0].keys() == {
        "docId", "serviceType", "messageType", "created_time", "updated_time", "from", "to", "status", "status_desc",
    }  # fmt: skip
    assert (ours[0]["from"], ours[0]["status"], ours[0]["serviceType"]) == (OFFICE, "initial", "eDoc")
    assert {record.sha256 for record in kept} == {hashlib.sha256(sent).hexdigest()}


@pytest.mark.parametrize("stray", [b"", b"1212", b"\xef\xbb\xbf"])
async def test_a_packet_is_written_anew_with_one_more_trace(tmp_path: Path, stray: bytes) -> None:
    sent = packet()
    async with running(tmp_path, hop="001.00.20.TT2") as bench:
        await bench.send(stray + sent)
        (row,) = await bench.waiting()
        got = await bench.call("downloadEdoc", docId=row["docId"])
        told = (await bench.call("getEdoc", PROVINCE, b"{}", docId=row["docId"])).json
    assert base64.b64decode(told["data"], validate=True) == got.body
    before, after = edxml.read(BytesIO(sent)).body, edxml.read(BytesIO(got.body)).body
    assert isinstance(before, Document)
    assert isinstance(after, Document)
    assert [hop.organ_id for hop in after.trace] == [*(hop.organ_id for hop in before.trace), "001.00.20.TT2"]
    assert after.trace[-1].timestamp.startswith(f"{datetime.now(UTC) + timedelta(hours=7):%Y/%m/%d}")
    assert [each.digest for each in after.attachments] == [each.digest for each in before.attachments]
    assert got.body != sent


async def test_a_packet_is_listed_until_it_is_done(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.send(packet())
        (row,) = await bench.waiting()
        seen = []
        for word in ("processing", "done", "done", "fail", "processing"):
            assert (await bench.update(row["docId"], word)).json["status"] == "OK"
            seen.append([each["status"] for each in await bench.waiting()])
        (record,) = bench.records()
    assert seen == [["processing"], [], [], [], []]
    assert [step.status for step in record.steps] == ["initial", "processing", "done", "done", "fail", "processing"]
    assert record.status == "done"


@pytest.mark.parametrize(("on_fail", "listed"), [("listed", ["fail"]), ("requeued", ["initial"]), ("dropped", [])])
async def test_what_fail_does_is_a_setting(tmp_path: Path, on_fail: str, listed: list[str]) -> None:
    async with running(tmp_path, on_fail=on_fail) as bench:
        await bench.send(packet())
        (row,) = await bench.waiting()
        await bench.update(row["docId"], "fail")
        assert [each["status"] for each in await bench.waiting()] == listed
        count = await bench.call("countReceiveEdoc", PROVINCE, b"{}")
        assert count.json["count"] == len(listed)
        assert [step.status for step in bench.records()[0].steps] == ["initial", "fail"]


async def test_a_status_goes_to_whom_it_answers(tmp_path: Path) -> None:
    document = packet()
    async with running(tmp_path) as bench:
        await bench.send(document)
        answer = await bench.send(status(document), PROVINCE, HOME_AFFAIRS, messagetype="status")
        assert answer.json["ErrorCode"] == "0", answer
        (row,) = await bench.waiting("status", OFFICE)
        assert (row["from"], row["to"], row["messageType"]) == (HOME_AFFAIRS, OFFICE, "status")
        counts = [(await bench.call(f"countReceive{what}", OFFICE, b"{}")).json["count"] for what in ("Edoc", "Status")]
        got = await bench.call("downloadEdoc", OFFICE, docId=row["docId"])
        record = bench.records()[1]
    assert counts == [0, 1]
    assert b"<edXML:StatusCode>01</edXML:StatusCode>" in got.body
    assert b"TraceHeader" not in got.body
    assert (record.answer, record.notation) == ("01", "1234/VPCP-KSTT")


async def test_the_sender_sees_each_recipient_of_what_it_sent(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        first = (await bench.send(packet("1", (HOME_AFFAIRS, BINH_SON)))).json["DocId"]
        await bench.send(packet("2"))
        docs = await bench.waiting()
        await bench.update(docs[1]["docId"], "done")
        asked = {"servicetype": "eDoc", "messagetype": "edoc"}
        every = (await bench.call("getSentEdocList", OFFICE, **asked)).json["data"]
        one = (await bench.call("getSentEdocList", OFFICE, **asked, docId=first)).json["data"]
        foreign = (await bench.call("getSentEdocList", PROVINCE, **asked)).json["data"]
    assert [(row["notation"], row["toCode"]) for row in every] == [
        ("1/VPCP-KSTT", HOME_AFFAIRS), ("1/VPCP-KSTT", BINH_SON), ("2/VPCP-KSTT", HOME_AFFAIRS),
    ]  # fmt: skip
    assert [(row["senderDocId"], row["receiverDocId"], row["receiveStatus"]) for row in one] == [
        (first, docs[0]["docId"], "initial"), (first, docs[1]["docId"], "done"),
    ]  # fmt: skip
    assert one[0]["title"] == "Về việc hồi báo"
    assert foreign == []


async def test_the_header_to_narrows_unless_the_packet_alone_counts(tmp_path: Path) -> None:
    both, one = packet(to=(HOME_AFFAIRS, BINH_SON)), json.dumps([BINH_SON])
    async with running(tmp_path / "a") as bench:
        await bench.send(both, to=one)
        assert [record.recipient for record in bench.records()] == [BINH_SON]
        stranger = await bench.send(both, to=json.dumps([NINH]))
        assert stranger.json["ErrorCode"] == "22"
    async with running(tmp_path / "b", route_by_header=False) as bench:
        await bench.send(both, to=one)
        assert [record.recipient for record in bench.records()] == [HOME_AFFAIRS, BINH_SON]


@pytest.mark.parametrize(
    ("sent", "headers", "code"),
    [
        (packet(), {"hash-file": "0" * 64}, "21"),
        (b"<edXML/>", {}, "22"),
        (b"no xml", {}, "22"),
        (packet(), {"messagetype": "status"}, "22"),
        (packet(), {"from": NINH}, "19"),
        (packet(sender="001.00.00.G22"), {}, "19"),
        (packet(to=("000.00.00.A01",)), {}, "18"),
        (packet(to=(HOME_AFFAIRS, "000.00.00.A01")), {}, "18"),
        (packet(), {"servicetype": "soap"}, "20"),
        (packet(), {"to": "not json"}, "22"),
    ],
)
async def test_what_is_refused_leaves_nothing(tmp_path: Path, sent: bytes, headers: dict[str, str], code: str) -> None:
    async with running(tmp_path) as bench:
        answer = await bench.send(sent, **headers)
        told = answer.json
        assert (told["status"], told["ErrorCode"], told["DocId"]) == ("FAIL", code, "")
        assert bench.records() == []
    assert not list((tmp_path / "packets").iterdir())


async def test_a_foreign_sender_is_told_in_the_words_of_the_real_one(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        told = (await bench.send(packet(), **{"from": NINH})).json
    assert told["ErrorDesc"] == f"Don vi gui {NINH} khong dung voi ma da dang ky: {OFFICE}"


@pytest.mark.parametrize("digest", ["short", "whole"])
async def test_both_forms_of_the_digest_are_right(tmp_path: Path, digest: str) -> None:
    sent = packet()
    written = short_digest(sent) if digest == "short" else hashlib.sha256(sent).hexdigest()
    async with running(tmp_path) as bench:
        assert (await bench.send(sent, **{"hash-file": written})).json["ErrorCode"] == "0"


async def test_a_child_unit_of_a_system_sends_for_itself(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        answer = await bench.send(packet(sender="001.00.00.G22"), sender="001.00.00.G22")
        assert answer.json["ErrorCode"] == "0"
        assert (bench.records()[0].sender, bench.records()[0].sender_system) == ("001.00.00.G22", OFFICE)


async def test_nobody_reaches_the_packets_of_another(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.send(packet())
        (row,) = await bench.waiting()
        stolen = await bench.call("getEdoc", NINH, b"{}", docId=row["docId"])
        loaded = await bench.call("downloadEdoc", NINH, docId=row["docId"])
        marked = await bench.update(row["docId"], "done", NINH)
        assert [stolen.json["ErrorCode"], loaded.json["ErrorCode"], marked.json["ErrorCode"]] == ["10"] * 3
        assert loaded.http == 404
        assert len(await bench.waiting()) == 1


async def test_what_is_too_large_is_refused_and_not_kept(tmp_path: Path) -> None:
    sent = packet()
    async with running(tmp_path, max_packet=len(sent) - 1) as bench:
        assert (await bench.send(sent)).json["ErrorCode"] == "10"
    async with running(tmp_path, max_packet=len(sent)) as bench:
        assert (await bench.send(sent)).json["ErrorCode"] == "0"


async def test_dates_are_looked_at_only_where_set(tmp_path: Path) -> None:
    async with running(tmp_path / "a") as bench:
        await bench.send(packet())
        assert len(await bench.waiting(fromDate="01/01/2090", toDate="x")) == 1
    today = datetime.now(UTC) + timedelta(hours=7)
    async with running(tmp_path / "b", filter_dates=True) as bench:
        await bench.send(packet())
        assert len(await bench.waiting(fromDate=f"{today:%d/%m/%Y}", toDate=f"{today:%Y/%m/%d}")) == 1
        assert await bench.waiting(fromDate="01/01/2090") == []
        assert await bench.waiting(toDate="31/12/2020 00:00:00") == []
        unread = await bench.call("getReceivedEdocList", servicetype="eDoc", messagetype="edoc", fromDate="yesterday")
        assert unread.json["ErrorCode"] == "20"


async def test_old_timestamps_are_fine_unless_freshness_is_asked_for(tmp_path: Path) -> None:
    old = {
        "systemid": PROVINCE,
        "timestamp": timestamp(datetime.now(UTC) - timedelta(days=9)),
        "Content-Type": "application/json",
    }
    raw = request("getAgenciesList", signed_headers(SECRETS[PROVINCE].encode(), old))
    async with running(tmp_path) as bench:
        assert (await asyncio.to_thread(exchange, bench.hub.port, raw)).json["ErrorCode"] == "0"
    async with running(tmp_path, fresh=600.0) as bench:
        assert (await asyncio.to_thread(exchange, bench.hub.port, raw)).json["ErrorCode"] == "15"
        assert (await bench.call("getAgenciesList")).json["ErrorCode"] == "0"


async def test_headers_that_leaked_from_earlier_calls_do_no_harm(tmp_path: Path) -> None:
    """The vendor's client never clears its headers, and knows docId beside docid (facts 3.2)."""
    async with running(tmp_path) as bench:
        await bench.send(packet("1"))
        await bench.send(packet("2"))
        first, second = await bench.waiting()
        leaked = {"from": OFFICE, "hash-file": "ab", "messagetype": "edoc", "docId": first["docId"], "filePath": "x"}
        done = await bench.call("updateStatus", PROVINCE, b"{}", **leaked, docid=second["docId"], status="done")
        assert done.json["ErrorCode"] == "0"
        assert [record.status for record in bench.records()] == ["initial", "done"]
        got = await bench.call("downloadEdoc", **leaked, docid=second["docId"], status="done")
        assert b"<edXML:CodeNumber>1<" in got.body


@pytest.mark.parametrize(
    ("system", "secret"), [(PROVINCE, "wrong"), ("000.00.00.X99", "test-secret-123"), (PROVINCE, SECRETS[OFFICE])]
)
async def test_wrong_credentials_are_fail_15(tmp_path: Path, system: str, secret: str) -> None:
    logical = {"systemid": system, "timestamp": timestamp(datetime.now(UTC)), "Content-Type": "application/json"}
    raw = request("getAgenciesList", signed_headers(secret.encode(), logical))
    async with running(tmp_path) as bench:
        answer = await asyncio.to_thread(exchange, bench.hub.port, raw)
    assert (answer.http, answer.json["status"], answer.json["ErrorCode"]) == (200, "FAIL", "15")
    assert b"secret-123" not in answer.body


async def test_verbs_and_unknown_operations(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:

        async def http(operation: str, method: str) -> int:
            raw = request(operation, signed(PROVINCE, "application/json"), method=method)
            return (await asyncio.to_thread(exchange, bench.hub.port, raw)).http

        assert await http("getAgenciesList", "GET") == 405
        assert await http("downloadEdoc", "POST") == 405
        assert await http("getListUnit", "POST") == 404


async def test_many_packets_come_in_their_order(tmp_path: Path) -> None:
    """More than one page of the database."""
    async with running(tmp_path) as bench:
        many = tuple(f"{number // 100:03}.{number % 100:02}.01.H48" for number in range(900))
        assert (await bench.send(packet(to=many))).json["ErrorCode"] == "0"
        rows = await bench.waiting()
    assert [row["to"] for row in rows] == list(many)


async def test_a_sender_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    sent = packet(pdf=os.urandom(400_000)) + b"\r\n"
    said = {"from": OFFICE, "servicetype": "eDoc", "messagetype": "edoc", "hash-file": short_digest(sent[:-2])}
    raw = request("sendEdoc", signed(OFFICE, "application/octet-stream", **said), sent)
    async with running(tmp_path) as bench:
        _, writer = await asyncio.open_connection("127.0.0.1", bench.hub.port)
        writer.write(raw[:-1000])
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await bench.send(packet("2"))).json["ErrorCode"] == "0"
        assert [record.notation for record in bench.records()] == ["2/VPCP-KSTT"]
        assert not list((tmp_path / "packets").iterdir())


async def test_many_at_once_are_all_taken_and_kept_apart(tmp_path: Path) -> None:
    large = os.urandom(400_000)
    async with running(tmp_path) as bench:
        packets = [packet(str(number), pdf=large if number % 2 else b"%PDF") for number in range(12)]
        told = [answer.json for answer in await asyncio.gather(*map(bench.send, packets))]
        rows = await bench.waiting()
        bodies = await asyncio.gather(*(bench.call("downloadEdoc", docId=row["docId"]) for row in rows))
    assert len({each["DocId"] for each in told}) == len(rows) == 12
    numbers = set()
    for body in bodies:
        document = edxml.read(BytesIO(body.body)).body
        assert isinstance(document, Document)
        assert (document.attachments[0].size == 400_000) is bool(int(document.number) % 2)
        numbers.add(document.number)
    assert numbers == {str(number) for number in range(12)}


async def test_a_header_may_name_a_thousand_recipients(tmp_path: Path) -> None:
    many = tuple(f"{number // 100:03}.{number % 100:02}.01.H48" for number in range(1000))
    async with running(tmp_path) as bench:
        assert (await bench.send(packet(to=many), to=json.dumps(many))).json["ErrorCode"] == "0"
        assert (await bench.call("countReceiveEdoc", PROVINCE, b"{}")).json["count"] == 1000
