"""The office's provincial door: what is put into it, what it hands out, who may call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest

from hub.standards import edxml
from hub.testing import sample_packet
from hub.testing.samples import HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.counterparts.eoffice import Letter, Office, Party, Setup, eoffice
from tests.counterparts.rest import ProvincialCaller, ask

CODE = "000.00.12.H48"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with eoffice(Setup(tmp_path / "office", agencies=(Party(HOME_AFFAIRS, "Sở Nội vụ"),))) as made:
        yield made


@pytest.fixture
async def caller(office: Office) -> ProvincialCaller:
    made = ProvincialCaller(office.url, CODE)
    await made.login()
    assert made.bearer
    return made


def a_packet(code: str = "211/GM-SNV") -> bytes:
    return sample_packet(a_document(code, to=(CODE,)))


async def test_a_document_is_in_the_register_and_its_01_waits(office: Office, caller: ProvincialCaller) -> None:
    answer = await caller.send(a_packet())
    assert (answer.json["success"], answer.json["message"]) == (True, "OK")
    [row] = office.records.incoming()
    assert (row["uid"], row["state"], row["code"]) == (answer.json["docId"], "den", "211/GM-SNV")
    assert row["paper"].subject == "Dự tập huấn công tác văn thư, lưu trữ điện tử"
    [status] = await caller.waiting("status")
    said = edxml.read(BytesIO(await caller.fetch(status["docId"]))).body
    assert isinstance(said, Acknowledgement)
    assert (said.status, said.sender.id, said.response_for.organ_id) == ("01", CODE, HOME_AFFAIRS)
    assert (said.response_for.code, said.response_for.document_id) == ("211/GM-SNV", row["paper"].document_id)


async def test_the_same_again_is_the_same_document(office: Office, caller: ProvincialCaller) -> None:
    first, second = await caller.send(a_packet()), await caller.send(a_packet())
    assert first.json == second.json
    assert [act["outcome"] for act in office.records.acts("document")] == ["taken", "duplicate"]
    assert len(office.records.incoming()) == len(office.records.statuses()) == 1


async def test_each_gesture_gives_its_status_once_and_confirmed_it_is_gone(
    office: Office, caller: ProvincialCaller
) -> None:
    await caller.send(a_packet())
    clerk = office.clerk
    for made in (clerk.register(1), clerk.assign(1, "Phòng Công nghệ"), clerk.process(1), clerk.finish(1)):
        assert await made
    assert not await clerk.finish(1)
    given = []
    for row in await caller.waiting("status"):
        said = edxml.read(BytesIO(await caller.fetch(row["docId"]))).body
        assert isinstance(said, Acknowledgement)
        given.append((said.status, said.description))
        assert (await caller.update(row["docId"])).json["success"]
    assert given == [("01", ""), ("03", ""), ("04", "Phòng Công nghệ"), ("05", ""), ("06", "")]
    assert await caller.waiting("status") == []
    assert {state for _, _, state in office.records.statuses()} == {"done"}


async def test_what_a_clerk_sends_is_handed_out_whole(office: Office, caller: ProvincialCaller) -> None:
    files = (("Kế hoạch.pdf", b"%PDF-1.4 ke hoach"), ("Phụ lục.xlsx", b"PK not really"))
    letter = Letter("45", "KH-STTTT", "Kế hoạch chuyển đổi số <2027> & thử", "Kế hoạch")
    await office.clerk.send(letter, (HOME_AFFAIRS,), files)
    [row] = await caller.waiting()
    content = await caller.fetch(row["docId"])
    assert content == await caller.fetch(row["docId"])
    packet = edxml.read(BytesIO(content))
    assert isinstance(packet.body, Document)
    assert (packet.body.code, packet.body.sender.id, packet.body.type.name) == ("45/KH-STTTT", CODE, "Kế hoạch")
    assert packet.body.subject == "Kế hoạch chuyển đổi số <2027> & thử"
    assert [to.id for to in packet.body.to] == [HOME_AFFAIRS]
    assert [each.name for each in packet.body.attachments] == [name for name, _ in files]
    assert (row["from"], row["to"], row["messageType"]) == (CODE, HOME_AFFAIRS, "edoc")


async def test_answers_stand_beside_the_document_that_they_are_about(office: Office, caller: ProvincialCaller) -> None:
    await office.clerk.send(Letter("45", "KH-STTTT", "Kế hoạch"), (HOME_AFFAIRS,))
    [row] = await caller.waiting()
    document = edxml.read(BytesIO(await caller.fetch(row["docId"]))).body
    assert isinstance(document, Document)
    for code in ("01", "03", "03"):
        said = edxml.write_acknowledgement(an_answer(document, code, HOME_AFFAIRS))
        assert (await caller.send(said, "status")).json["success"]
    assert [(each["status"], each["sender"]) for each in office.records.answers("45/KH-STTTT")] == [
        ("01", HOME_AFFAIRS), ("03", HOME_AFFAIRS)
    ]  # fmt: skip


async def test_a_status_about_somebody_elses_document_is_refused(office: Office, caller: ProvincialCaller) -> None:
    foreign = edxml.write_acknowledgement(an_answer(a_document(to=(CODE,)), "03", CODE))
    told = (await caller.send(foreign, "status")).json
    assert (told["success"], told["data"]["errorCode"]) == (False, "18")
    assert office.records.answers() == []


@pytest.mark.parametrize("content", [b"", b"<edXML/>", b"no xml", b"<!DOCTYPE a><edXML/>", a_packet()[:-40]])
async def test_what_is_no_packet_is_refused(office: Office, caller: ProvincialCaller, content: bytes) -> None:
    told = (await caller.send(content)).json
    assert told["success"] is False
    assert told["data"]["errorCode"] in {"10", "22"}
    assert office.records.incoming() == []


async def test_a_body_of_unknown_length_is_refused(office: Office, caller: ProvincialCaller) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"--x\r\n"

    answer = await caller.call("POST", "sendEdoc", pieces(), **{"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.json["message"] == "Unexpected end of Stream"


async def test_who_may_call(office: Office, caller: ProvincialCaller) -> None:
    wrong = ProvincialCaller(office.url, CODE, key="khac")
    assert (await ProvincialCaller(office.url, CODE, password="khac").login()).json["data"] is None
    assert (await wrong.call("GET", "syncReceivedEdocList")).body == b"licenseInfo:invalid"
    await wrong.login()
    refused = await wrong.call("GET", "syncReceivedEdocList")
    assert (refused.http, refused.body) == (401, b"Unauthorized")
    assert (await wrong.call("GET", "getAgenciesList")).json["data"][0]["orgCode"] == HOME_AFFAIRS
    assert (await ask("GET", f"{office.url}/v1/getEdoc?docId=1")).http == 401


async def test_a_bearer_ends(office: Office, caller: ProvincialCaller) -> None:
    office.faults.set("expired@provincial=1")
    assert (await caller.call("GET", "getAgenciesList")).http == 401
    assert (await caller.call("GET", "getAgenciesList")).http == 401
    await caller.login()
    assert (await caller.call("GET", "getAgenciesList")).http == 200


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    async with eoffice(Setup(tmp_path)) as office:
        caller = ProvincialCaller(office.url, CODE)
        await caller.login()
        await caller.send(a_packet())
        await office.clerk.register(1)
        before = office.records.incoming()
    async with eoffice(Setup(tmp_path)) as office:
        caller = ProvincialCaller(office.url, CODE)
        await caller.login()
        assert office.records.incoming() == before
        assert (await caller.send(a_packet())).json["docId"] == before[0]["uid"]
        assert [code for _, code, _ in office.records.statuses()] == ["01", "03"]
        assert len(await caller.waiting("status")) == 2


async def test_what_is_done_stays_done_and_mistakes_change_nothing(office: Office, caller: ProvincialCaller) -> None:
    await caller.send(a_packet())
    [row] = await caller.waiting("status")
    assert (await caller.update(row["docId"], "processing")).json["success"]
    assert (await caller.update(row["docId"], "read")).json["data"]["errorCode"] == "20"
    assert (await caller.update("nothing")).json["data"]["errorCode"] == "10"
    assert office.records.statuses() == [(1, "01", "processing")]
    for state in ("done", "fail"):
        assert (await caller.update(row["docId"], state)).json["success"]
    assert office.records.statuses() == [(1, "01", "done")]
    assert [act["outcome"] for act in office.records.acts("confirmed")] == ["processing", "done", "fail"]


async def test_the_days_of_a_list(office: Office, caller: ProvincialCaller) -> None:
    await caller.send(a_packet())
    for days, number in (("1999/01/01&toDate=2999/12/31", 1), ("2999/01/01", 0), ("&toDate=1999/01/01", 0)):
        told = await caller.call("GET", f"syncReceivedEdocList?messageType=status&fromDate={days}")
        assert (told.json["count"], len(told.json["data"])) == (number, number)
    told = await caller.call("GET", "syncReceivedEdocList?fromDate=01-01-2026")
    assert told.json["data"]["errorCode"] == "20"
