"""In from a central hub: custody before `done`, outages that are no empty lists, packets that nobody can read."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from aiohttp import web

from hub import Acknowledgement, Document, NoRoom, Packet, Quarantined, Refused
from hub.carrying.hand import Hand
from hub.standards import edxml, vxp
from hub.testing import eventually, sample_packet
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from tests.looking import undisturbed
from tests.plugins.central import Bench, answers, bench, from_office, kept_as_it_stands, status_of

_BROKEN = b"<?xml version='1.0'?><edXML xmlns='http://www.mic.gov.vn/TBT/QCVN_102_2016'><a>"


@pytest.fixture
async def central(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


def bodies(central: Bench) -> list[Document | Acknowledgement]:
    return [each.packet.body for each in central.inbox.accepted.values() if isinstance(each.packet, Packet)]


async def test_documents_and_statuses_are_taken_stored_and_then_confirmed(central: Bench) -> None:
    packet = from_office()
    central.office.put(packet)
    central.office.put(edxml.write_acknowledgement(status_of()), "status")
    async with central.listening():
        await eventually(lambda: central.words() == [["done"], ["done"]])

    assert set(central.office.waiting) == set(central.inbox.accepted)
    [document] = [each for each in bodies(central) if isinstance(each, Document)]
    assert 2 == len(bodies(central))
    assert "3127/VPCP-KSTT" == document.code
    stored = central.inbox.accepted[next(iter(central.office.waiting))].blob
    assert stored is not None
    with central.context.bodies.open(stored) as file:
        assert packet == file.read()
    assert {"edoc", "status"} == {call.get("messagetype") for call in central.calls("getReceivedEdocList")}
    assert [] == list((central.context.state / "incoming").iterdir())


async def test_nothing_is_confirmed_before_it_is_accepted(central: Bench) -> None:
    central.inbox.error = NoRoom("full")
    central.office.put(from_office())
    async with central.listening():
        await eventually(lambda: len(central.inbox.offered) >= 3)
        assert [[]] == central.words()
        central.inbox.error = None
        await eventually(lambda: central.words() == [["done"]])
    assert 1 == len({each.source_key for each in central.inbox.offered})


async def test_what_is_listed_again_is_confirmed_again_and_not_fetched_again(central: Bench) -> None:
    waiting = central.office.put(from_office())
    async with central.listening():
        await eventually(lambda: central.words() == [["done"]])
        waiting.words.clear()
        await eventually(lambda: central.words() == [["done"]])
    assert 1 == len(central.calls("downloadEdoc")) == len(central.inbox.offered)


async def test_in_a_new_life_a_duplicate_gets_the_same_outcome_and_is_confirmed(central: Bench) -> None:
    waiting = central.office.put(from_office())
    for _ in range(2):
        async with central.listening():
            await eventually(lambda: central.words() == [["done"]])
        waiting.words.clear()
    assert [1, 2] == [len(central.inbox.accepted), len(central.inbox.offered)]


async def test_a_list_with_the_same_packet_twice_brings_it_once(central: Bench) -> None:
    waiting = central.office.put(from_office())
    rows = [{"docId": waiting.doc_id, "to": "", "status": "initial"}] * 3

    async def doubled(request: web.Request) -> web.StreamResponse | None:
        if not request.path.endswith("List") or waiting.words or "status" == request.headers["XroadVnpt-messagetype"]:
            return None
        return web.Response(body=vxp.write_answer(data=rows))

    central.office.fault = doubled
    async with central.listening():
        await eventually(lambda: central.words() == [["done"]])
    assert 1 == len(central.inbox.offered)


@pytest.mark.parametrize("handed", ["row", "packet"])
async def test_the_row_says_whom_of_us_a_copy_is_for_unless_the_settings_say_otherwise(
    central: Bench, handed: str
) -> None:
    central.office.put(from_office(to=(HOME_AFFAIRS, BINH_SON)), to=" 000.00.31.h48")
    central.office.put(from_office("2/VPCP", to=(HOME_AFFAIRS, BINH_SON)))
    async with central.listening(addressees=handed):
        await eventually(lambda: central.words() == [["done"]] * 2)
    wanted = {("000.00.31.h48",), ()} if handed == "row" else {()}
    assert wanted == {each.addressees for each in central.inbox.accepted.values()}


_OUTAGES = {
    "html": lambda: web.Response(text="<html><body>502 Bad Gateway</body></html>", content_type="text/html"),
    "empty": lambda: web.Response(body=b""),
    "error": lambda: web.Response(status=500, body=vxp.write_answer(data=[])),
    "bad-gateway": lambda: web.Response(status=502, text="<html>502</html>"),
    "redirect": lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"}),
    "no-data": lambda: web.Response(body=vxp.write_answer()),
    "no-code": lambda: web.Response(body=b'{"status":"OK","data":[]}'),
    "cut": lambda: web.Response(body=vxp.write_answer(data=[{"docId": "d1"}])[:-5]),
    "no-rows": lambda: web.Response(body=b'{"status":"OK","ErrorCode":"0","data":"none"}'),
    "busy": lambda: web.Response(status=503, headers={"Retry-After": "1"}),
    "failed": lambda: web.Response(body=vxp.write_answer("20", "Loi he thong")),
}


@pytest.mark.parametrize("outage", _OUTAGES)
async def test_an_outage_is_never_an_empty_list(central: Bench, outage: str) -> None:
    central.office.fault = answers("getReceivedEdocList", _OUTAGES[outage])
    async with central.listening() as connector:
        await eventually(lambda: all(poll.trouble for poll in connector._polls))
        health = await connector.check()
        assert not health.ok
        assert health.detail
        central.office.put(from_office())
        central.office.fault = None
        await eventually(lambda: central.words() == [["done"]])
        await eventually(lambda: not any(poll.trouble for poll in connector._polls))
        assert (await connector.check()).ok


async def test_a_row_that_nobody_can_fetch_is_said_and_the_others_are_not_lost(central: Bench) -> None:
    waiting = central.office.put(from_office())
    row = {"docId": waiting.doc_id, "status": "initial"}
    rows = [{"docId": None}, {"docId": "d\n1"}, row]
    central.office.fault = answers("getReceivedEdocList", lambda: web.Response(body=vxp.write_answer(data=rows)))
    async with central.listening() as connector:
        await eventually(lambda: waiting.words)
        await eventually(lambda: all(poll.trouble for poll in connector._polls))
        assert "2 gói tin" in (await connector.check()).detail
    assert 1 == len(central.inbox.accepted)


async def test_of_rows_that_nobody_can_fetch_no_more_are_kept_than_of_others(central: Bench) -> None:
    rows = b'{"status":"OK","ErrorCode":"0","data":[' + b"{}," * 11_000 + b'{"docId":"d1"}]}'
    central.office.fault = answers("getReceivedEdocList", lambda: web.Response(body=rows))
    async with central.connector() as connector:
        found, strange = await connector._client.received("edoc")
    assert (["d1"], 10_000) == ([row.doc_id for row in found], len(strange))


async def test_a_hub_that_cannot_count_is_well_without_it(central: Bench) -> None:
    central.office.fault = answers("countReceiveEdoc", lambda: web.Response(status=404))
    async with central.listening() as connector:
        assert (await connector.check()).ok
        assert 0 == connector._traffic.rest
        central.office.fault = answers("List", lambda: web.Response(status=404))
        await eventually(lambda: all(poll.trouble for poll in connector._polls))
        assert not (await connector.check()).ok


async def test_an_outage_is_not_hammered(central: Bench) -> None:
    central.office.fault = answers("getReceivedEdocList", _OUTAGES["html"])
    async with central.listening(pause="300ms", pause_most="10s"):
        await eventually(lambda: central.office.calls)
        await asyncio.sleep(1.0)
    assert 2 <= len(central.office.calls) <= 6


async def test_a_wrong_secret_stops_the_polling_and_says_so(central: Bench) -> None:
    asked = 0

    async def counted(_: web.Request) -> web.StreamResponse | None:
        nonlocal asked
        asked += 1
        return None

    central.office.fault = counted
    async with central.listening(secret="sai", retry_credentials="1h") as connector:
        await eventually(lambda: asked)
        await asyncio.sleep(0.5)
        health = await connector.check()
        before = asked
        assert before <= 2
        await connector.check()
        outcome = await connector.send_many([central.delivery()])
        assert before == asked
        assert "Deferred" == type(outcome[0]).__name__
    assert not health.ok
    assert "systemid" in health.detail
    assert "sai" not in health.detail.replace("sai SystemId", "")


@pytest.mark.parametrize("status", [401, 403])
async def test_what_http_denies_is_a_wrong_secret_too_and_is_tried_again_in_time(central: Bench, status: int) -> None:
    central.office.fault = answers("getReceivedEdocList", lambda: web.Response(status=status))
    central.office.put(from_office())
    async with central.listening(retry_credentials="300ms") as connector:
        await eventually(lambda: connector._traffic.denied)
        central.office.fault = None
        await eventually(lambda: central.words() == [["done"]])
        assert not connector._traffic.denied


@pytest.mark.parametrize(("download", "operation"), [("auto", "downloadEdoc"), ("getEdoc", "getEdoc")])
async def test_a_secret_that_is_refused_where_a_packet_is_fetched_stops_all(
    central: Bench, download: str, operation: str
) -> None:
    refusal = vxp.write_answer("15", "Sai SystemId")
    central.office.fault = answers(operation, lambda: web.Response(body=refusal))
    central.office.put(from_office())
    async with central.listening(retry_credentials="1h", download=download) as connector:
        await eventually(lambda: connector._traffic.denied)
        asked = len(central.calls(operation))
        await asyncio.sleep(0.5)
        assert asked == len(central.calls(operation))


@pytest.mark.parametrize("word", ["done", "fail"])
async def test_what_nobody_can_read_is_kept_and_confirmed_as_the_settings_say(central: Bench, word: str) -> None:
    central.office.put(_BROKEN)
    central.office.put(from_office())
    async with central.listening(on_parse_failure=word):
        await eventually(lambda: central.words() == [[word], ["done"]])
    [kept] = [each for each in central.inbox.offered if isinstance(each.packet, Refused)]
    assert isinstance(kept.packet, Quarantined)
    assert "not-well-formed" == kept.packet.code
    assert kept.blob is not None
    with central.context.bodies.open(kept.blob) as file:
        assert _BROKEN == file.read()
    # By the other way too, so that bytes that were cut on the way are not taken for what was sent.
    assert (2, 1) == (len(central.calls("downloadEdoc")), len(central.calls("getEdoc")))


async def test_where_there_is_no_other_way_it_must_come_twice_alike(central: Bench) -> None:
    central.office.put(_BROKEN)
    central.office.fault = answers("getEdoc", lambda: web.Response(status=405))
    async with central.listening():
        await eventually(lambda: central.words() == [["done"]])
    assert 2 == len(central.calls("downloadEdoc"))


@pytest.mark.parametrize("text", ["@" * 100_000, "QUJD" * 30_000 + "R", "đó"])
async def test_what_is_no_base64_twice_is_kept_as_it_stands_and_confirmed(central: Bench, text: str) -> None:
    """Its answer came whole: it will not come otherwise, and what is never confirmed clogs the list."""
    central.office.put(from_office())
    central.office.fault = answers("getEdoc", lambda: web.Response(body=vxp.write_answer(data=text)))
    async with central.listening(download="getEdoc"):
        await eventually(lambda: central.words() == [["done"]])
    kept_as_it_stands(central, text)
    assert [] == list((central.context.state / "incoming").iterdir())


@pytest.mark.parametrize("text", ["QUJD!!!!", "QUJ"])
async def test_what_is_no_base64_once_is_asked_for_again(central: Bench, text: str) -> None:
    central.office.put(from_office())
    broken = answers("getEdoc", lambda: web.Response(body=vxp.write_answer(data=text)))

    async def at_first(request: web.Request) -> web.StreamResponse | None:
        return await broken(request) if len(central.calls("getEdoc")) <= 2 else None

    central.office.fault = at_first
    async with central.listening(download="getEdoc"):
        await eventually(lambda: central.words() == [["done"]])
    assert 3 == len(central.calls("getEdoc"))  # the second brought the text as it stands
    assert [True] == [isinstance(each.packet, Packet) for each in central.inbox.offered]


async def test_where_the_other_way_brings_no_base64_it_must_come_twice_alike(central: Bench) -> None:
    central.office.put(_BROKEN)
    central.office.fault = answers("getEdoc", lambda: web.Response(body=vxp.write_answer(data="@@@@")))
    async with central.listening():
        await eventually(lambda: central.words() == [["done"]])
    assert 2 == len(central.calls("downloadEdoc"))


@pytest.mark.parametrize("cut", ["downloadEdoc", "Edoc"])
async def test_what_is_cut_again_and_again_is_never_taken_for_a_broken_packet(central: Bench, cut: str) -> None:
    """By one way the other brings it whole; by both it waits until one is mended."""
    packet = from_office()
    waiting = central.office.put(packet)

    async def halves(request: web.Request) -> web.StreamResponse | None:
        if request.path == "/downloadEdoc":
            return web.Response(body=packet[: len(packet) // 2])
        if request.path == "/getEdoc" and cut == "Edoc":
            whole = vxp.write_answer(data=base64.b64encode(packet).decode())
            return web.Response(body=whole[: len(whole) // 2])
        return None

    central.office.fault = halves
    async with central.listening():
        if cut == "Edoc":
            await eventually(lambda: len(central.calls("getEdoc")) >= 4)
            assert ([], []) == (waiting.words, central.inbox.offered)
            central.office.fault = None
        await eventually(lambda: waiting.words == ["done"])
    [found] = central.inbox.offered
    assert isinstance(found.packet, Packet)
    assert [] == list((central.context.state / "incoming").iterdir())


async def test_a_packet_that_was_cut_on_its_way_is_fetched_again(central: Bench) -> None:
    packet = from_office()
    waiting = central.office.put(packet)
    cuts = [packet[:-40], packet[:-60]]
    no_get = answers("getEdoc", lambda: web.Response(status=404))

    async def cut(request: web.Request) -> web.StreamResponse | None:
        if cuts and request.path == "/downloadEdoc":
            return web.Response(body=cuts.pop())
        return cast("web.StreamResponse | None", await no_get(request))

    central.office.fault = cut
    async with central.listening():
        await eventually(lambda: waiting.words == ["done"])
    assert [True] == [isinstance(each.packet, Packet) for each in central.inbox.offered]


async def test_a_transfer_that_breaks_off_is_no_packet_and_holds_up_no_other(central: Bench) -> None:
    first, second = central.office.put(from_office("1/VPCP")), central.office.put(from_office("2/VPCP"))
    broken = True

    async def breaks(request: web.Request) -> web.StreamResponse | None:
        if not broken or request.path != "/downloadEdoc" or request.headers["XroadVnpt-docId"] != first.doc_id:
            return None
        response = web.StreamResponse(headers={"Content-Length": str(len(first.content))})
        await response.prepare(request)
        await response.write(first.content[:100])
        assert request.transport
        request.transport.close()
        return response

    central.office.fault = breaks
    async with central.listening():
        await eventually(lambda: second.words == ["done"])
        assert [] == first.words
        broken = False
        await eventually(lambda: first.words == ["done"])


_PAGES = [
    b"",
    b"\r\n ",
    b"<!DOCTYPE html><html>x</html>",
    b"\n<HTML>",
    vxp.write_answer("20", "Loi he thong"),
]


@pytest.mark.parametrize("page", _PAGES, ids=range(len(_PAGES)))
async def test_a_page_in_place_of_a_packet_is_never_kept_as_one(central: Bench, page: bytes) -> None:
    waiting = central.office.put(from_office())
    central.office.fault = answers("downloadEdoc", lambda: web.Response(body=page))
    async with central.listening() as connector:
        await eventually(lambda: len(central.calls("downloadEdoc")) >= 3)
        assert not (await connector.check()).ok
        assert [] == waiting.words
        central.office.fault = None
        await eventually(lambda: waiting.words == ["done"])
    assert 1 == len(central.inbox.offered)


async def test_a_packet_in_json_is_a_packet(central: Bench) -> None:
    """It begins as an error does."""
    content = json.dumps({"header": {}, "x": "y" * 100_000}).encode()
    central.office.put(content)
    async with central.listening():
        await eventually(lambda: central.words() == [["done"]])
    [kept] = central.inbox.offered
    assert kept.blob is not None
    with central.context.bodies.open(kept.blob) as file:
        assert content == file.read()


async def test_where_there_is_no_download_getedoc_is_asked(central: Bench) -> None:
    packet = from_office()
    central.office.put(packet)
    central.office.fault = answers("downloadEdoc", lambda: web.Response(status=404))
    async with central.listening():
        await eventually(lambda: central.words() == [["done"]])
        central.office.put(from_office("2/VPCP"))
        await eventually(lambda: central.words() == [["done"]] * 2)
    assert (1, 2) == (len(central.calls("downloadEdoc")), len(central.calls("getEdoc")))
    with central.context.bodies.open(central.inbox.offered[0].blob) as file:  # type: ignore[arg-type]
        assert packet == file.read()


async def test_getedoc_streams_what_is_large(central: Bench) -> None:
    packet, large = (
        from_office(),
        from_office("2/VPCP", to_places=tuple(f"noi nhan {number}" for number in range(3000))),
    )
    for content in (packet, large):
        central.office.put(content)
    async with central.listening(download="getEdoc"):
        await eventually(lambda: all(central.words()), 20)
    assert [] == central.calls("downloadEdoc")
    sizes = {each.blob.size for each in central.inbox.offered if each.blob}
    assert {len(packet), len(large)} == sizes


@pytest.mark.parametrize(
    "answer",
    [
        b'{"status":"OK","ErrorCode":"0","ErrorDesc":"","data":"QUJD',
        b'{"status":"OK","ErrorCode":"0","ErrorDesc":"","data":"QUJD!!!!',
        b'{"status":"OK","ErrorCode":"0","ErrorDesc":""}',
        b'{"status":"FAIL","ErrorCode":"20","ErrorDesc":"Loi","data":""}',
    ],
)
async def test_an_answer_of_getedoc_that_is_none_is_asked_for_again(central: Bench, answer: bytes) -> None:
    waiting = central.office.put(from_office())
    central.office.fault = answers("getEdoc", lambda: web.Response(body=answer))
    async with central.listening(download="getEdoc"):
        await eventually(lambda: len(central.calls("getEdoc")) >= 3)
        assert [] == waiting.words
        central.office.fault = None
        await eventually(lambda: waiting.words == ["done"])
    assert 1 == len(central.inbox.offered)


@pytest.mark.parametrize("word", ["fail", "done"])
async def test_what_the_hub_refuses_is_given_back_as_the_settings_say(central: Bench, word: str) -> None:
    central.inbox.refuses = lambda _: Refused("unknown-addressee", "Không có đơn vị nào mang mã ấy.", "To")
    central.office.put(from_office())
    async with central.listening(on_refusal=word):
        await eventually(lambda: central.words() == [[word]])


async def test_what_a_person_must_judge_is_confirmed(central: Bench) -> None:
    central.inbox.refuses = lambda _: Quarantined("conflict", "Nội dung khác.", "")
    central.office.put(from_office())
    async with central.listening(on_parse_failure="fail", on_refusal="fail"):
        await eventually(lambda: central.words() == [["done"]])


async def test_a_state_secret_is_given_back_and_nothing_of_it_stays(central: Bench) -> None:
    body = a_document("1/VPCP", GOVERNMENT_OFFICE, (HOME_AFFAIRS,))
    central.office.put(sample_packet(body, {"TỐI MẬT.pdf": b"%PDF-1.7 bi mat cua nha nuoc"}))
    async with central.listening():
        await eventually(lambda: central.words() == [["fail"]])
    [refused] = central.inbox.offered
    assert isinstance(refused.packet, Refused)
    assert ("secret", None) == (refused.packet.code, refused.blob)
    assert undisturbed(lambda: _kept_of_it(central.home / "data")) == []


def _kept_of_it(data: Path) -> list[Path]:
    kept = [path for path in data.rglob("*") if path.is_file() and path.name != ".reading-edoc.json"]
    return [path for path in kept if b"MAT" in path.read_bytes().upper() or path.stat().st_size > 200]


async def test_a_packet_that_is_too_large_is_given_back_and_never_whole_on_the_disk(central: Bench) -> None:
    central.office.put(from_office(to_places=("x" * 1000,) * 1100))
    async with central.listening(largest=1):
        await eventually(lambda: central.words() == [["fail"]])
    [refused] = central.inbox.offered
    assert isinstance(refused.packet, Refused)
    assert "too-large" == refused.packet.code


async def test_while_the_disk_is_full_nothing_is_taken(central: Bench) -> None:
    central.inbox.room = False
    waiting = central.office.put(from_office())
    async with central.listening() as connector:
        await eventually(lambda: any("disk" in poll.trouble for poll in connector._polls))
        assert ([], []) == (waiting.words, central.inbox.offered)
        assert not (await connector.check()).ok
        central.inbox.room = True
        await eventually(lambda: waiting.words == ["done"])


async def test_a_packet_over_which_the_hub_dies_is_kept_unread_in_the_end(central: Bench) -> None:
    poison, other = central.office.put(from_office()), central.office.put(from_office("2/VPCP"))
    for _ in range(2):
        await central.inbox.tries(poison.doc_id)
    central.context.state.mkdir(parents=True)
    Hand(central.context.state, "edoc").take([poison.doc_id])
    async with central.listening():
        await eventually(lambda: poison.words == other.words == ["done"])
    kept = {each.source_key: each.packet for each in central.inbox.offered}
    assert isinstance(said := kept[poison.doc_id], Quarantined)
    assert "poison" == said.code
    assert isinstance(kept[other.doc_id], Packet)
    assert {poison.doc_id} == Hand(central.context.state, "edoc").left()


async def test_what_could_not_be_confirmed_is_confirmed_later(central: Bench) -> None:
    waiting = central.office.put(from_office())
    central.office.fault = answers("updateStatus", _OUTAGES["html"])
    async with central.listening() as connector:
        await eventually(lambda: any("chưa xác nhận" in poll.trouble for poll in connector._polls))
        central.office.fault = None
        await eventually(lambda: waiting.words == ["done"])
    assert 1 == len(central.calls("downloadEdoc"))


async def test_a_hub_that_stops_in_the_middle_of_a_packet_has_not_died_over_it(central: Bench) -> None:
    central.office.put(from_office())
    fetching = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse | None:
        if request.path == "/downloadEdoc":
            fetching.set()
            await asyncio.sleep(30)
        return None

    central.office.fault = slow
    async with central.listening():
        await fetching.wait()
        assert 1 == len(Hand(central.context.state, "edoc").left())
    assert frozenset() == Hand(central.context.state, "edoc").left()
    assert [] == list((central.context.state / "incoming").iterdir())


async def test_many_are_taken_in_batches_and_each_is_confirmed_once(central: Bench) -> None:
    for number in range(100):
        central.office.put(from_office(f"{number}/VPCP"))
    async with central.listening():
        await eventually(lambda: central.words() == [["done"]] * 100, 30)
    assert [100, 100, 100] == [
        len(central.inbox.offered),
        len(central.calls("downloadEdoc")),
        len(central.calls("updateStatus")),
    ]


async def test_it_looks_less_often_while_nothing_comes_and_sooner_after_something_came(central: Bench) -> None:
    # One that can never be fetched is no traffic.
    central.office.fault = answers("downloadEdoc", lambda: web.Response(status=500))
    central.office.put(from_office())
    async with central.listening(poll="400ms", poll_busy="20ms"):
        await asyncio.sleep(1.5)
        quiet = len(central.calls("getReceivedEdocList"))
        assert 8 <= quiet <= 24
        central.office.fault = None
        waiting = central.office.put(from_office())
        await eventually(lambda: waiting.words)
        before = len(central.calls("getReceivedEdocList"))
        await asyncio.sleep(0.3)
        assert len(central.calls("getReceivedEdocList")) >= before + 2
