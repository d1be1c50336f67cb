"""What is wrong with one packet, one call or one row holds up nothing else at a central hub."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from hub import Deferred
from hub.carrying import landing
from hub.standards import vxp
from hub.testing import eventually, sample_packet
from hub.testing.samples import GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from plugins.centralhub import polling, vxpclient
from plugins.centralhub.connector import Centralhub
from plugins.centralhub.counterpart import office, provincial
from plugins.centralhub.provincial import client as provincial_client
from plugins.centralhub.provincial.login import hidden
from plugins.centralhub.rows import key_of, sent
from plugins.centralhub.settings import CentralhubSettings
from tests.plugins.central import Bench, answers, bench, from_office

BOTH: list[Callable[..., Any]] = [office, provincial]
_LISTS = ("getReceivedEdocList", "syncReceivedEdocList")


@pytest.fixture(params=BOTH)
async def central(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path, request.param) as made:
        yield made


@pytest.fixture
async def vxp_hub(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


@pytest.fixture
async def provincial_hub(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path, provincial) as made:
        yield made


async def _comes(central: Bench, code: str = "9/A") -> None:
    """A document that is put out now is taken."""
    waiting = central.office.put(from_office(code))
    await eventually(lambda: waiting.words == ["done"])


# one packet ------------------------------------------------------------------------------------------


async def test_a_download_that_is_nested_without_end_costs_itself_alone(vxp_hub: Bench) -> None:
    bad = vxp_hub.office.put(from_office("1/A"))

    async def nested(request: web.Request) -> web.Response | None:
        if request.path.endswith("downloadEdoc") and request.headers["XroadVnpt-docId"] == bad.doc_id:
            return web.Response(body=b'{"a":' + b"[" * 30_000, content_type="application/octet-stream")
        return None

    vxp_hub.office.fault = nested
    async with vxp_hub.listening():
        await _comes(vxp_hub, "2/A")
        await _comes(vxp_hub, "3/A")


async def test_a_mistake_of_ours_over_one_packet_costs_it_alone(
    central: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = central.office.put(from_office("1/A"))
    landed = landing.landed

    def mistaken(spool: Any, verdict: Any = None) -> Any:
        spool.flush()
        if b"<edXML:CodeNumber>1<" in spool.path.read_bytes():
            raise ZeroDivisionError
        return landed(spool, verdict)

    with monkeypatch.context() as wrong:
        wrong.setattr(polling, "landed", mistaken)
        async with central.listening() as connector:
            await _comes(central)
            await eventually(lambda: "ZeroDivisionError" in connector._polls[0].trouble)
            assert [] == bad.words
    async with central.listening():
        await eventually(lambda: bad.words == ["done"])


async def test_a_packet_that_breaks_the_line_each_time_is_left_alone_for_longer_and_longer(central: Bench) -> None:
    bad, looks, tried = central.office.put(from_office("1/A")), 0, set[int]()

    async def reset(request: web.Request) -> web.Response | None:
        nonlocal looks
        looks += request.path.endswith(_LISTS) and "edoc" in (*request.headers.values(), *request.query.values())
        if request.path.endswith(("downloadEdoc", "getEdoc")) and bad.doc_id in str((request.headers, request.url)):
            tried.add(looks)
            assert request.transport
            request.transport.close()
            return web.Response()
        return None

    central.office.fault = reset
    async with central.listening(pause="10ms", pause_most="20ms", poll="20ms", poll_busy="20ms"):
        await eventually(lambda: looks >= 50, 60)
        assert tried <= {1, 2, 3, 4, 6, 10, 18, 34}  # left alone for 1, 3, 7, 15, 31 looks
        assert len(tried) > 4
        central.office.fault = None
        await eventually(lambda: bad.words == ["done"], 20)


# one call --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["getAgenciesList", "sendEdoc", "updateStatus"])
async def test_what_http_forbids_alone_is_no_wrong_secret(central: Bench, operation: str) -> None:
    central.office.fault = answers(operation, lambda: web.Response(status=403, text="<html>"))
    directory = [operation] if operation == "getAgenciesList" else []
    async with central.listening(directory=directory, retry_credentials="1h") as connector:
        if operation == "sendEdoc":
            with pytest.raises(Deferred, match="403"):
                await connector.send(central.delivery())
        waiting = central.office.put(from_office())
        await eventually(lambda: len(central.inbox.accepted) == 1)
        assert not connector._traffic.denied
        central.office.fault = None
        await eventually(lambda: waiting.words == ["done"])


async def test_statuses_that_nobody_may_list_hold_up_no_document(central: Bench) -> None:
    async def forbidden(request: web.Request) -> web.Response | None:
        said = request.headers.get("XroadVnpt-messagetype", "") + request.query.get("messageType", "")
        return web.Response(status=403) if request.path.endswith(_LISTS) and said != "edoc" else None

    central.office.fault = forbidden
    async with central.listening(retry_credentials="1h") as connector:
        await eventually(lambda: "403" in connector._polls[1].trouble)
        await _comes(central)
        assert not (await connector.check()).ok


async def test_a_slow_look_at_how_it_is_closes_no_line(central: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (vxpclient, provincial_client):
        monkeypatch.setattr(module, "CHECKING", 0.2)
    slow = ("countReceiveEdoc", "syncReceivedEdocList")
    asked = 0

    async def late(request: web.Request) -> web.Response | None:
        nonlocal asked
        if request.path.endswith(slow) and asked == 0:
            asked += 1
            await asyncio.sleep(1)
        return None

    central.office.fault = late
    async with central.connector() as connector:
        assert (await connector.check()).ok
        assert 0.0 == connector._traffic.rest


# one row ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", BOTH)
async def test_what_is_listed_although_it_was_confirmed_takes_no_place(
    tmp_path: Path, make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (vxpclient, provincial_client, polling):
        monkeypatch.setattr(module, "ROWS", 5)
    async with bench(tmp_path, make) as central:

        def rows(kind: str) -> list[dict[str, str]]:
            return [
                {"docId": one.doc_id, "messageType": kind, "to": one.to, "status": "received"}
                for one in central.office.waiting.values()
                if one.kind == kind
            ]

        async def all_of_them(request: web.Request) -> web.Response | None:
            if request.path.endswith("getReceivedEdocList"):
                said = vxp.write_answer(data=rows(request.headers["XroadVnpt-messagetype"]))
                return web.Response(body=said, content_type="application/json")
            if request.path.endswith("syncReceivedEdocList"):
                return web.json_response({"success": True, "data": rows(request.query["messageType"])})
            return None

        central.office.fault = all_of_them
        first = [central.office.put(from_office(f"{number}/A")) for number in range(12)]
        async with central.listening():
            await eventually(lambda: all(one.words for one in first), 20)
            late = central.office.put(from_office("99/A"))
            await eventually(lambda: late.words[:1] == ["done"], 20)


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-11-27 11:14:04", datetime(2026, 11, 27, 4, 14, 4, tzinfo=UTC)),
        ("2026-11-27T04:14:04.123Z", datetime(2026, 11, 27, 4, 14, 4, tzinfo=UTC)),
        ("2026-11-27T04:14:04.123+0000", datetime(2026, 11, 27, 4, 14, 4, tzinfo=UTC)),
        ("2026-11-27T11:14:04+07:00", datetime(2026, 11, 27, 4, 14, 4, tzinfo=UTC)),
        ("2026-11-27T00:14:04-04:00", datetime(2026, 11, 27, 4, 14, 4, tzinfo=UTC)),
        ("0001-01-01 00:00:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2026-11-27T11:14:04+99:00", None),
    ],
)
def test_a_time_is_read_in_its_zone_or_not_at_all(vxp_delivery: Any, said: str, at: datetime | None) -> None:
    key = key_of(vxp_delivery, HOME_AFFAIRS, GOVERNMENT_OFFICE)
    row = {"senderDocId": "x1", "fromCode": HOME_AFFAIRS, "toCode": GOVERNMENT_OFFICE}
    found = sent({**row, "notation": key.code, "sentTime": said}, key, datetime(2026, 11, 27, tzinfo=UTC))
    assert found
    assert at == found.at


@pytest.fixture
def vxp_delivery(vxp_hub: Bench) -> Any:
    return vxp_hub.delivery()


# the provincial profile -----------------------------------------------------------------------------

_FILE = {"fileName": "a.pdf", "fileContent": "JVBERg=="}
_NAMED = replace(a_document("7/A", GOVERNMENT_OFFICE, (HOME_AFFAIRS,)), subject="Về thẻ ContentTransferEncoded")
_TWO = sample_packet(a_document("7/A", GOVERNMENT_OFFICE, (HOME_AFFAIRS,)), files={"a.pdf": b"%PDF-1", "b.pdf": b"%"})


@pytest.mark.parametrize(
    ("packet", "beside", "is_taken"),
    [
        (sample_packet(_NAMED, files={}), [_FILE], False),
        (sample_packet(_NAMED, files={"a.pdf": b"%PDF-1.4"}), [_FILE, _FILE], False),
        (re.sub(rb"(ContentTransferEncoded[^>]*>)[^<]+(<)", rb"\1\2", _TWO), [_FILE, _FILE], False),
        (_TWO, [_FILE, _FILE], True),
        (_TWO, [], True),
    ],
    ids=["named in its subject", "one of two inside", "emptied inside", "both inside too", "all inside"],
)
async def test_a_packet_is_taken_where_all_its_attachments_are_inside(
    provincial_hub: Bench, packet: bytes, beside: list[Any], is_taken: bool
) -> None:
    waiting = provincial_hub.office.put(packet)
    said = {"success": True, "data": {"edxml": packet.decode(), "attachments": beside}}
    provincial_hub.office.fault = answers("getEdoc", lambda: web.json_response(said))
    async with provincial_hub.listening() as connector:
        if is_taken:
            await eventually(lambda: waiting.words == ["done"])
            return
        await eventually(lambda: "tệp đính kèm" in connector._polls[0].trouble)
        await asyncio.sleep(0.2)
    assert [] == waiting.words
    assert {} == provincial_hub.inbox.accepted


async def test_another_packet_than_the_one_that_was_asked_for_is_not_taken(provincial_hub: Bench) -> None:
    waiting = provincial_hub.office.put(from_office("1/A"))
    said = {"success": True, "data": {"docId": "other", "edxml": from_office("2/A").decode()}}
    provincial_hub.office.fault = answers("getEdoc", lambda: web.json_response(said))
    async with provincial_hub.listening() as connector:
        await eventually(lambda: "gói tin khác" in connector._polls[0].trouble)
        assert [] == waiting.words
        provincial_hub.office.fault = None
        await eventually(lambda: waiting.words == ["done"])


def test_no_secret_is_left_over_from_a_longer_one(provincial_hub: Bench) -> None:
    told = {**provincial_hub.office.settings, "secret": "khoa123", "password": "khoa123matkhau"}
    settings = Centralhub.settings_type.model_validate(told)
    assert "sai: *** và ***" == hidden("sai: khoa123matkhau và khoa123", settings)


@pytest.mark.parametrize("name", ["url", "proxy"])
def test_an_address_has_no_password_in_it(name: str) -> None:
    plain = {"kind": "centralhub", "url": "http://h", "systemid": "H48", "secret": "s"}
    with pytest.raises(ValidationError, match="without user"):
        CentralhubSettings.model_validate({**plain, name: "http://:topsecret@h:1"})
