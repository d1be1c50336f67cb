"""The provincial REST shape over real sockets: each call as it goes, and what becomes of each thing that goes wrong."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from hub import VIETNAM, Document, NoRoom
from hub.carrying.failures import Denied, Resting
from hub.carrying.looked import Looked
from hub.log import logger
from hub.standards import edxml
from hub.testing import ManualClock, eventually, outcome_of, sample_packet
from hub.testing.samples import GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from plugins.centralhub.counterpart import ProvincialOffice, provincial
from plugins.centralhub.provincialoffice import PASSWORD, USERNAME, failed
from plugins.centralhub.settings import CentralhubSettings
from tests.plugins.central import Bench, bench, from_office, kept_as_it_stands, status_of

_SECRETS = (PASSWORD, "khoa-bi-mat-cua-hop-dong")
Fault = Callable[[web.Request], Any]


@pytest.fixture
async def central(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path, provincial) as made:
        yield made


@pytest.fixture
def office(central: Bench) -> ProvincialOffice:
    assert isinstance(central.office, ProvincialOffice)
    return central.office


def answers(operation: str, answer: Callable[[], web.StreamResponse], times: int = 1_000_000) -> Fault:
    """So many calls of an operation are answered so."""
    left = [times]

    async def fault(request: web.Request) -> web.StreamResponse | None:
        if not request.path.endswith(operation) or not left[0]:
            return None
        left[0] -= 1
        return answer()

    return fault


def page(text: str = "<html>502</html>", status: int = 200) -> Callable[[], web.Response]:
    return lambda: web.Response(text=text, status=status, content_type="text/html")


def says(told: Any) -> Callable[[], web.Response]:
    return lambda: web.json_response(told)


# calls as they go ------------------------------------------------------------------------------------


async def test_a_login_and_what_every_call_says_of_us(central: Bench, office: ProvincialOffice) -> None:
    office.put(from_office())
    async with central.listening():
        await eventually(lambda: central.words() == [["done"]])
    [login] = office.asked("auth/login")
    assert ("POST", {"allow_anonymous": "true"}) == (login.method, login.query)
    assert {
        "username": USERNAME,
        "password": PASSWORD,
        "applicationCode": "QLVB",
        "otp": None,
        "twoFactorProvider": None,
        "typeObjs": [0, 1],
    } == json.loads(login.body)
    assert "Authorization" not in login.headers
    for heard in office.heard:
        if heard is not login:
            said = [heard.headers[name] for name in ("Authorization", "X-SystemId", "X-SecretKey")]
            assert [f"Bearer {office.bearers[0]}", "000.00.00.H48", _SECRETS[1]] == said


async def test_a_packet_goes_as_a_form_of_known_length(central: Bench, office: ProvincialOffice) -> None:
    bodies: list[bytes] = []

    async def kept(request: web.Request) -> web.StreamResponse | None:
        if request.path != "/v1/sendEdoc":
            return None
        bodies.append(await request.read())
        return web.json_response({"success": True, "message": "OK", "docId": "d7"})

    office.fault = kept
    async with central.connector() as connector:
        receipt = await connector.send(central.delivery(a_document(to=(GOVERNMENT_OFFICE, "000.00.00.G18"))))
    assert "d7" == receipt.reference
    [heard], [body] = office.asked("sendEdoc"), bodies
    assert str(len(body)) == heard.headers["Content-Length"]
    assert "Transfer-Encoding" not in heard.headers
    match = re.fullmatch(r"multipart/form-data; boundary=(\S+)", heard.headers["Content-Type"])
    assert match
    lead, file, kind, end = body.split(b"--" + match[1].encode())
    assert (b"", b"--\r\n") == (lead, end)
    head, _, content = file.partition(b"\r\n\r\n")
    assert head == (
        b'\r\nContent-Disposition: form-data; name="edocFile"; filename="edoc.edxml"\r\nContent-Type: application/xml'
    )
    assert kind == b'\r\nContent-Disposition: form-data; name="messageType"\r\n\r\nedoc\r\n'
    packet = edxml.read(io.BytesIO(content.removesuffix(b"\r\n"))).body
    assert isinstance(packet, Document)
    # No header says whom this copy is for: the packet does.
    assert [GOVERNMENT_OFFICE] == [organ.id for organ in packet.to]


async def test_whom_a_rule_added_gets_a_copy_that_names_nobody_else(central: Bench, office: ProvincialOffice) -> None:
    delivery = replace(central.delivery(a_document(to=(GOVERNMENT_OFFICE,))), recipient="000.00.00.G18")
    async with central.connector() as connector:
        await connector.send(delivery)
    assert ["000.00.00.G18"] == [posted.to for posted in office.posted]


async def test_a_status_goes_under_the_word_that_the_settings_have(central: Bench, office: ProvincialOffice) -> None:
    async with central.connector(status_type="trangthai") as connector:
        await connector.send(central.delivery(status_of()))
    [posted] = office.posted
    assert ("trangthai", GOVERNMENT_OFFICE, HOME_AFFAIRS) == (posted.kind, posted.sender, posted.to)


async def test_a_large_packet_is_streamed_and_is_what_was_stored(central: Bench, office: ProvincialOffice) -> None:
    content = os.urandom(3_000_000)
    async with central.connector() as connector:
        await connector.send(central.delivery(a_document(to=(GOVERNMENT_OFFICE,)), files={"a.pdf": content}))
    source = io.BytesIO(office.posted[0].content)
    packet = edxml.read(source).body
    assert isinstance(packet, Document)
    assert content == b"".join(edxml.decode(source, packet.attachments[0]))


async def test_lists_name_the_days_in_vietnam(central: Bench, office: ProvincialOffice) -> None:
    central.context = replace(central.context, clock=ManualClock())
    async with central.connector(look_back="2d") as connector:
        await connector._client.received("status")
    [heard] = office.asked("syncReceivedEdocList")
    today = ManualClock().now()
    assert "GET" == heard.method
    assert {"messageType", "fromDate", "toDate"} == heard.query.keys()
    assert "status" == heard.query["messageType"]
    assert re.fullmatch(r"\d{4}/\d\d/\d\d", heard.query["fromDate"])
    assert heard.query["fromDate"] < f"{today:%Y/%m/%d}" < heard.query["toDate"]


async def test_an_outage_longer_than_the_days_that_are_asked_for_hides_nothing(
    central: Bench, office: ProvincialOffice
) -> None:
    now, state = central.context.clock.now(), central.context.state
    state.mkdir(parents=True)
    for kind, days in (("edoc", 45), ("status", 4000)):
        Looked(state, kind).note(now - timedelta(days=days))
    office.put(from_office())
    async with central.listening(look_back="2d"):
        await eventually(lambda: central.words() == [["done"]])
        await eventually(lambda: all((Looked(state, kind).last() or now) > now for kind in ("edoc", "status")))
        await eventually(lambda: len(office.asked("syncReceivedEdocList")) > 3)
    firsts: dict[str, list[str]] = {"edoc": [], "status": []}
    for heard in office.asked("syncReceivedEdocList"):
        firsts[heard.query["messageType"]].append(heard.query["fromDate"])
    told = {kind: (days[0], days[-1]) for kind, days in firsts.items()}
    assert {"edoc": (ago(now, 46), ago(now, 2)), "status": (ago(now, 366), ago(now, 2))} == told


def ago(now: datetime, days: int) -> str:
    return f"{(now - timedelta(days=days)).astimezone(VIETNAM):%Y/%m/%d}"


async def test_while_a_packet_is_not_taken_it_stays_within_what_is_asked_for(
    central: Bench, office: ProvincialOffice
) -> None:
    office.put(from_office())
    office.fault = answers("getEdoc", page(status=500))
    async with central.listening():
        await eventually(lambda: _days_ago(central, "status") == 0)
        await eventually(lambda: len(office.asked("getEdoc")) > 2)
        # All that is asked for from the first look on: the packet stays in the list, however long that goes on.
        assert 30 == _days_ago(central, "edoc")
        office.fault = None
        await eventually(lambda: _days_ago(central, "edoc") == 0)


def _days_ago(central: Bench, kind: str) -> int | None:
    last = Looked(central.context.state, kind).last()
    return (datetime.now(UTC) - last).days if last else None


async def test_one_that_is_listed_whatever_we_say_is_told_again_less_and_less(
    central: Bench, office: ProvincialOffice
) -> None:
    """A hub that lists what is done, under a word of its own, for all the days that are asked for, as either kind."""
    office.put(from_office())
    [doc_id] = office.waiting
    row = {"docId": doc_id, "status": "da-nhan", "to": "000.00.00.H48"}
    office.fault = answers("syncReceivedEdocList", says({"success": True, "count": 1, "data": [row]}))
    async with central.listening(poll="10ms", poll_busy="10ms") as connector:
        await eventually(lambda: len(office.asked("syncReceivedEdocList")) > 160, 20)
        assert "" == connector._polls[0].trouble
    assert 2 == len(office.asked("getEdoc"))
    assert 8 <= len(office.asked("updateStatus")) <= 32


async def test_a_packet_that_is_never_right_is_fetched_less_and_less_and_always_named(
    central: Bench, office: ProvincialOffice
) -> None:
    spoilt = office.put(from_office("1/A"))
    office.fault = answers("getEdoc", says({"success": True, "data": {"edxml": ""}}))
    async with central.listening(poll="10ms", poll_busy="10ms") as connector:
        await eventually(lambda: office.asked("getEdoc") and connector._polls[0].trouble)
        quiet = [0]
        before = len(office.asked("syncReceivedEdocList"))
        while len(office.asked("syncReceivedEdocList")) < before + 160:
            quiet.append(spoilt.doc_id not in connector._polls[0].trouble)
            await asyncio.sleep(0.005)
        assert 0 == sum(quiet)
        assert 4 <= len(office.asked("getEdoc")) <= 16
        office.fault = None
        await eventually(lambda: spoilt.words == ["done"])


@pytest.mark.parametrize("form", ["base64", "plain"])
async def test_documents_and_statuses_are_taken_in_either_form(
    central: Bench, office: ProvincialOffice, form: str
) -> None:
    office.edxml = form
    document = from_office(subject='Về việc họp 😀 \\ "ngoặc" & <nhọn>')
    office.put(document)
    office.put(edxml.write_acknowledgement(status_of()), "status")
    async with central.listening():
        await eventually(lambda: central.words() == [["done"], ["done"]])
    stored = central.inbox.accepted[next(iter(office.waiting))].blob
    assert stored
    with central.context.bodies.open(stored) as file:
        assert document == file.read()
    confirmed = sorted((json.loads(each.body) for each in office.asked("updateStatus")), key=lambda said: said["docId"])
    assert [{"docId": doc_id, "status": "done"} for doc_id in office.waiting] == confirmed


async def test_nothing_is_confirmed_before_it_is_accepted(central: Bench, office: ProvincialOffice) -> None:
    central.inbox.error = NoRoom("full")
    office.put(from_office())
    async with central.listening():
        await eventually(lambda: len(central.inbox.offered) >= 3)
        assert [[]] == central.words()
        central.inbox.error = None
        await eventually(lambda: central.words() == [["done"]])


@pytest.mark.parametrize("shape", ["array", "data"])
async def test_agencies_become_rows_of_the_directory(central: Bench, office: ProvincialOffice, shape: str) -> None:
    rows = [
        {"orgCode": f"000.00.{n:02}.H37", "orgName": f"Sở {n}", "parentCode": "000.00.00.H37", "email": f"{n}@a.vn"}
        for n in range(1, 60)
    ]
    told = rows if shape == "array" else {"data": rows}
    office.fault = answers("getAgenciesList", says(told))
    async with central.connector() as connector:
        said = json.loads(b"".join([piece async for piece in connector._client.agencies("getAgenciesList")]))
    assert ("OK", "0", 59) == (said["status"], said["ErrorCode"], len(said["data"]))
    assert said["data"][0] == {
        "id": "000.00.01.H37", "pid": "000.00.00.H37", "code": "000.00.01.H37", "name": "Sở 1", "mail": "1@a.vn",
    }  # fmt: skip
    [heard] = office.asked("getAgenciesList")
    assert "X-SecretKey" not in heard.headers


@pytest.mark.parametrize(
    "told", [{}, {"message": "x"}, {"data": None}, {"success": False, "message": "hong"}, {"data": 7}]
)
async def test_a_directory_that_is_none_is_a_trouble_of_the_directory(
    central: Bench, office: ProvincialOffice, told: Any
) -> None:
    office.fault = answers("getAgenciesList", says(told))
    async with central.listening(directory=["getAgenciesList"]) as connector:
        await eventually(lambda: connector._agencies.trouble)
        assert (await connector.check()).ok


# who we are ------------------------------------------------------------------------------------------


async def test_a_bearer_is_renewed_before_it_ends(central: Bench, office: ProvincialOffice) -> None:
    clock = ManualClock()
    central.context = replace(central.context, clock=clock)
    async with central.connector(token_lifetime="100s") as connector:
        for seconds in (0, 79, 2):
            await clock.advance(seconds)
            await connector._client.confirm(office.put(from_office()).doc_id, "done")
    assert 2 == len(office.asked("auth/login"))
    assert ["done"] * 3 == [word for packet in office.waiting.values() for word in packet.words]


async def test_a_bearer_that_ended_early_is_renewed_once_and_nothing_is_lost(
    central: Bench, office: ProvincialOffice
) -> None:
    async with central.connector() as connector:
        await connector._client.received("edoc")
        office.bearers.clear()
        deliveries = [central.delivery(a_document(f"{n}/A", to=(GOVERNMENT_OFFICE,))) for n in range(4)]
        ends = await asyncio.gather(*map(connector.send, deliveries))
    assert 4 == len(office.posted) == len({end.reference for end in ends})
    assert 2 == len(office.asked("auth/login"))


@pytest.mark.parametrize(
    "wrong",
    [{"password": "sai-mat-khau"}, {"username": "ai-do"}, {"secret": "khoa-sai"}, {"systemid": "000.00.00.H49"}],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_wrong_credentials_are_said_once_and_not_hammered(
    central: Bench, office: ProvincialOffice, wrong: dict[str, str]
) -> None:
    lines: list[str] = []
    sink = logger.add(lines.append, level=0, format="{message} {exception}")
    async with central.listening(retry_credentials="1h", **wrong) as connector:
        deliveries = [central.delivery(a_document(f"{n}/A", to=(GOVERNMENT_OFFICE,))) for n in range(6)]
        ends = await asyncio.gather(*(outcome_of(connector, each) for each in deliveries))
        health = await connector.check()
        await asyncio.sleep(0.5)
        logins, calls = len(office.asked("auth/login")), len(office.heard)
        said = f"{health.detail} {ends} {connector!r} {connector.settings!r} {lines}"
    logger.remove(sink)
    assert {"deferred"} == {end.word for end in ends}
    assert not health.ok
    assert "Đã ngừng hỏi" in health.detail
    assert logins <= 2
    assert calls <= 10
    hidden = [value for name, value in wrong.items() if name in ("password", "secret")]
    assert [] == [secret for secret in (*_SECRETS, *hidden, *office.bearers) if secret in said]
    assert [] == office.posted


async def test_a_bearer_that_came_for_a_refused_one_is_not_renewed_for_those_who_share_it(
    central: Bench, office: ProvincialOffice
) -> None:
    held = asyncio.Event()

    async def second_login_waits(request: web.Request) -> None:
        if len(office.asked("auth/login")) == 2:
            await held.wait()

    office.fault = second_login_waits
    async with central.connector(retry_credentials="1h", systemid="000.00.00.H49") as connector:
        first = asyncio.ensure_future(connector._client.received("edoc"))
        await eventually(lambda: len(office.asked("auth/login")) == 2)
        second = asyncio.ensure_future(connector._client.received("status"))
        await asyncio.sleep(0.05)
        held.set()
        ends = await asyncio.gather(first, second, return_exceptions=True)
        assert all(isinstance(end, Denied | Resting) for end in ends)
        assert 2 == len(office.asked("auth/login"))
        connector._traffic._until = 0.0
        with pytest.raises(Denied):
            await connector._client.received("edoc")
    assert 4 == len(office.asked("auth/login")), "after the pause it logs in anew"


@pytest.mark.parametrize(
    ("answer", "stopped"),
    [
        (says({"code": 403, "message": f"khoa {PASSWORD}", "data": None}), True),
        (lambda: web.Response(status=401), True),
        (lambda: web.Response(status=403), True),
        (lambda: web.Response(status=400), True),
        (lambda: web.Response(status=500), False),
        (lambda: web.Response(status=404), False),
        (says({}), False),
        (says({"data": {"token": ""}}), False),
        (page(), False),
        (page(""), False),
    ],
)
async def test_what_a_login_that_brings_nothing_means(
    central: Bench, office: ProvincialOffice, answer: Callable[[], web.Response], stopped: bool
) -> None:
    office.fault = answers("login", answer)
    async with central.connector() as connector:
        ending = await outcome_of(connector, central.delivery(a_document(to=(GOVERNMENT_OFFICE,))))
        health = await connector.check()
        assert stopped == connector._traffic.denied
    assert "deferred" == ending.word
    assert PASSWORD not in health.detail + str(ending)
    assert [] == office.asked("sendEdoc")


# what goes wrong -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        *((says(failed(code, "loi")), "refused") for code in ("10", "18", "19", "21", "22", "23")),
        (lambda: web.Response(status=413), "refused"),
        (says(failed("15", "Sai SystemId hoac SecretKey")), "deferred"),
        (lambda: web.Response(status=401, text="Unauthorized"), "deferred"),
        (lambda: web.Response(status=403), "deferred"),
        (lambda: web.Response(status=404), "deferred"),
        (lambda: web.Response(status=503, headers={"Retry-After": "7"}), "deferred"),
        (says(failed("20", "Loi he thong")), "unknown"),
        (says({"success": False, "message": "?", "data": None}), "unknown"),
        (says({"success": True, "message": "OK"}), "unknown"),
        (says({"message": "OK", "docId": "d1"}), "unknown"),
        (says([]), "unknown"),
        (page(""), "unknown"),
        (page(), "unknown"),
        (page(status=502), "unknown"),
        (page('{"success":true,"docId":"d'), "unknown"),
        (page(status=204), "unknown"),
    ],
)
async def test_what_an_answer_to_a_packet_means(
    central: Bench, office: ProvincialOffice, answer: Callable[[], web.Response], word: str
) -> None:
    office.fault = answers("sendEdoc", answer)
    async with central.connector() as connector:
        ending = await outcome_of(connector, central.delivery(a_document(to=(GOVERNMENT_OFFICE,))))
    assert word == ending.word


async def test_of_a_lost_answer_nobody_can_tell(central: Bench, office: ProvincialOffice) -> None:
    async def lost(request: web.Request) -> web.StreamResponse | None:
        if request.path != "/v1/sendEdoc":
            return None
        await office.take(request)
        assert request.transport
        request.transport.close()
        return web.Response()

    office.fault = lost
    delivery = central.delivery(a_document(to=(GOVERNMENT_OFFICE,)))
    async with central.connector() as connector:
        assert "unknown" == (await outcome_of(connector, delivery)).word
    office.fault, asked = None, len(office.heard)
    async with central.connector() as connector:
        assert await connector.find(delivery) is None
        assert asked == len(office.heard)
        receipt = await connector.send(delivery)
    async with central.connector() as connector:
        found = await connector.find(delivery)
        assert found is not None
        assert receipt.reference == found.reference
        assert (await connector.send(delivery)).reference == receipt.reference
    assert 2 == len(office.posted)


_PAGES = [page(), page(""), page(status=502), says({}), says({"success": True}), page('{"success":true,"data":[')]


@pytest.mark.parametrize("answer", _PAGES)
async def test_what_is_no_list_is_an_outage_and_not_an_empty_list(
    central: Bench, office: ProvincialOffice, answer: Callable[[], web.Response]
) -> None:
    office.put(from_office())
    office.fault = answers("syncReceivedEdocList", answer)
    async with central.listening() as connector:
        await eventually(lambda: connector._polls[0].trouble)
        office.fault = None
        await eventually(lambda: central.words() == [["done"]])
        await eventually(lambda: not connector._polls[0].trouble)


@pytest.mark.parametrize(
    "answer",
    [
        *_PAGES,
        says({"success": True, "data": {"docId": "d"}}),
        says({"success": True, "data": {"docId": "d", "edxml": ""}}),
        says({"success": True, "data": {"docId": "d", "edxml": "QUJD!"}}),
        says(failed("20", "hong")),
    ],
)
async def test_a_packet_that_does_not_come_is_fetched_again_and_holds_up_no_other(
    central: Bench, office: ProvincialOffice, answer: Callable[[], web.Response]
) -> None:
    spoilt, other = office.put(from_office("1/A")), office.put(from_office("2/A"))

    async def fault(request: web.Request) -> web.StreamResponse | None:
        return answer() if request.query.get("docId") == spoilt.doc_id else None

    office.fault = fault
    async with central.listening():
        await eventually(lambda: other.words == ["done"])
        assert [] == spoilt.words
        office.fault = None
        await eventually(lambda: spoilt.words == ["done"])


_FILE = {"fileName": "a.pdf", "fileContent": base64.b64encode(b"%PDF").decode()}


@pytest.mark.parametrize("beside", [[_FILE], _FILE, "UERG", [[_FILE]], {"list": [_FILE]}])
async def test_attachments_beside_a_packet_that_has_none_are_not_thrown_away(
    central: Bench, office: ProvincialOffice, beside: Any
) -> None:
    """Taking the packet would lose them: it stays there, and `hub status` names it."""
    packet = edxml.write_acknowledgement(status_of()).decode()
    waiting = office.put(packet.encode())
    office.fault = answers("getEdoc", says({"success": True, "data": {"edxml": packet, "attachments": beside}}))
    async with central.listening() as connector:
        await eventually(lambda: "tệp đính kèm" in connector._polls[0].trouble)
        await asyncio.sleep(0.2)
    assert [] == waiting.words


async def test_a_packet_that_nobody_can_read_is_kept_and_confirmed(central: Bench, office: ProvincialOffice) -> None:
    office.put(b"<edXML>")
    async with central.listening():
        await eventually(lambda: central.words() == [["done"]])


@pytest.mark.parametrize("text", ["QUJD!" * 20, "QUJDR"])
async def test_what_is_no_base64_is_kept_as_it_stands_and_confirmed(
    central: Bench, office: ProvincialOffice, text: str
) -> None:
    office.put(from_office())
    office.fault = answers("getEdoc", says({"success": True, "data": {"edxml": text}}))
    async with central.listening():
        await eventually(lambda: central.words() == [["done"]])
    kept_as_it_stands(central, text)


async def test_attachments_beside_what_is_no_base64_are_not_thrown_away(
    central: Bench, office: ProvincialOffice
) -> None:
    waiting = office.put(from_office())
    office.fault = answers("getEdoc", says({"success": True, "data": {"edxml": "QUJDR", "attachments": [_FILE]}}))
    async with central.listening() as connector:
        await eventually(lambda: "tệp đính kèm" in connector._polls[0].trouble)
    assert ([], []) == (waiting.words, central.inbox.offered)


async def test_a_packet_that_is_too_large_is_refused(central: Bench, office: ProvincialOffice) -> None:
    office.put(sample_packet(a_document(to=(HOME_AFFAIRS,)), files={"a.pdf": os.urandom(1_200_000)}))
    async with central.listening(largest=1):
        await eventually(lambda: central.words() == [["fail"]])


@pytest.mark.parametrize("told", [{"message": "OK"}, {"success": True}, {"code": 0}])
async def test_whatever_says_no_failure_confirms(central: Bench, office: ProvincialOffice, told: Any) -> None:
    office.fault = answers("updateStatus", says(told))
    async with central.connector() as connector:
        await connector._client.confirm("d1", "done")


@pytest.mark.parametrize("answer", [page(status=500), page(""), page(), says({"success": False, "message": "?"})])
async def test_one_that_cannot_be_confirmed_holds_up_nothing_else(
    central: Bench, office: ProvincialOffice, answer: Callable[[], web.StreamResponse]
) -> None:
    spoilt = office.put(from_office("1/A"))

    async def fault(request: web.Request) -> web.StreamResponse | None:
        return answer() if request.path.endswith("updateStatus") and await said_of(request) == spoilt.doc_id else None

    async def said_of(request: web.Request) -> str:
        return str(json.loads(await request.read())["docId"])

    office.fault = fault
    async with central.listening(pause="1h", pause_most="1h") as connector:
        await eventually(lambda: spoilt.doc_id in connector._polls[0].trouble)
        assert 0 == connector._traffic.rest
        await connector.send(central.delivery())
        other = office.put(from_office("2/A"))
        await eventually(lambda: other.words == ["done"])
        office.fault = None
        await eventually(lambda: spoilt.words == ["done"])


async def test_nobody_is_told_what_a_hub_repeats_of_our_secrets(central: Bench, office: ProvincialOffice) -> None:
    """One that answers with what it was sent, in a head that is none or as an error code of its own."""

    async def echo(request: web.Request) -> web.StreamResponse | None:
        if request.path.endswith("login"):
            return None
        said = " ".join(request.headers[name] for name in ("Authorization", "X-SecretKey"))
        assert request.transport
        if request.path.endswith("sendEdoc"):
            return web.json_response(failed(request.headers["X-SecretKey"], said))
        request.transport.write(b"HTTP/1.1 " + said.encode() + b"\r\n\r\n")
        request.transport.close()
        return web.Response()

    office.fault = echo
    async with central.connector() as connector:
        ending = await outcome_of(connector, central.delivery())
        health = await connector.check()
    assert not health.ok
    told = f"{ending} {health}"
    assert [] == [secret for secret in (*office.bearers, _SECRETS[1][:20]) if secret in told], told


async def test_an_id_without_end_is_a_receipt_that_the_hub_can_keep(central: Bench, office: ProvincialOffice) -> None:
    office.fault = answers("sendEdoc", says({"success": True, "docId": "d" * 50_000}))
    async with central.connector() as connector:
        receipt = await connector.send(central.delivery())
    assert "d" * 200 == receipt.reference


# settings --------------------------------------------------------------------------------------------

_OURS: dict[str, Any] = {
    "kind": "centralhub",
    "url": "https://a",
    "systemid": "000.00.00.H48",
    "secret": "bi-mat",
    "profile": "provincial-rest",
    "username": "tinh",
    "password": "mat-khau",
    "application_code": "QLVB",
}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"username": ""}, 'needs "username"'),
        ({"password": None}, 'needs "password"'),
        ({"application_code": ""}, 'needs "application_code"'),
        ({"secret": "có dấu"}, "printable ASCII"),
        ({"secret": "a\r\nX: y"}, "printable ASCII"),
        ({"download": "getEdoc"}, '"download" is no setting of profile: provincial-rest'),
        ({"narrow": "packet"}, '"narrow" is no setting'),
        ({"sender": "systemid"}, '"sender" is no setting'),
        ({"servicetype": "edoc"}, '"servicetype" is no setting'),
        ({"directory": ["getSynchronizeUnit"]}, "getAgenciesList alone"),
        ({"profile": "vxp"}, '"username" is no setting of profile: vxp'),
        ({"prefix": "v1"}, "prefix"),
        ({"prefix": "/v1?x"}, "prefix"),
        ({"profile": "wso2"}, "profile"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_a_sentence(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CentralhubSettings.model_validate({**_OURS, **wrong})
    assert why in str(refused.value)


def test_the_profile_says_that_it_is_experimental_and_no_secret() -> None:
    settings = CentralhubSettings.model_validate(_OURS)
    assert "experimental" in " ".join(settings.doubts())
    assert "mat-khau" not in repr(settings)
    assert (
        ()
        == CentralhubSettings.model_validate(
            {name: _OURS[name] for name in ("kind", "url", "systemid", "secret")}
        ).doubts()
    )


@pytest.mark.parametrize(
    ("url", "is_told"),
    [("http://truc.example", True), ("https://truc.example", False), ("http://127.0.0.1:1", False)],
)
def test_a_password_that_everybody_on_the_way_can_read_is_told_of(url: str, is_told: bool) -> None:
    told = " ".join(CentralhubSettings.model_validate({**_OURS, "url": url}).doubts())
    assert is_told is ("can read the password" in told)


async def test_the_operations_are_where_the_prefix_says(central: Bench, office: ProvincialOffice) -> None:
    async with central.connector(prefix="/api/v2") as connector:
        assert not (await connector.check()).ok
    assert ["/api/v2/auth/login"] == [heard.path for heard in office.heard][:1]
