"""The office's Bkav door: the same registers behind another wire."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest

from hub.standards import edxml
from hub.testing import sample_packet
from hub.testing.samples import HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.counterparts.eoffice import Letter, Office, Party, Setup, eoffice
from tests.counterparts.rest import BkavCaller

CODE = "000.00.12.H48"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with eoffice(Setup(tmp_path, doors=("bkav",), agencies=(Party(HOME_AFFAIRS, "Sở Nội vụ"),))) as made:
        yield made


@pytest.fixture
def caller(office: Office) -> BkavCaller:
    return BkavCaller(office.url, CODE)


async def test_a_document_goes_in_and_its_statuses_come_out(office: Office, caller: BkavCaller) -> None:
    told = await caller.send(sample_packet(a_document(to=(CODE,))))
    assert told == {"status": "Success", "code": "0", "docId": 1, "errors": []}
    await office.clerk.register(1)
    waiting = await caller.waiting("STATUS")
    said = [edxml.read(BytesIO(await caller.fetch(each, "STATUS"))).body for each in waiting]
    assert [each.status for each in said if isinstance(each, Acknowledgement)] == ["01", "03"]
    for each in waiting:
        assert (await caller.confirm(each, "STATUS"))["status"] == "Success"
    assert await caller.waiting("STATUS") == []
    assert (await caller.confirm(waiting[0], "STATUS"))["code"] == "0"


async def test_the_same_document_again_is_an_error_of_its_own(office: Office, caller: BkavCaller) -> None:
    packet = sample_packet(a_document(to=(CODE,)))
    await caller.send(packet)
    told = await caller.send(packet)
    assert (told["status"], told["code"], told["docId"]) == ("Fail", "9999", 0)
    assert [error["errorCode"] for error in told["errors"]] == ["ExistDoc"]
    assert len(office.records.incoming()) == 1


async def test_whether_a_document_is_there_can_be_asked(office: Office, caller: BkavCaller) -> None:
    await caller.send(sample_packet(a_document(to=(CODE,))))
    asked = {"fromOrgan": HOME_AFFAIRS, "toOrgan": CODE, "docCode": "211/GM-SNV"}
    assert (await caller.call("checkExistDocument", json.dumps(asked))).json["isExist"] is True
    asked["docCode"] = "212/GM-SNV"
    assert (await caller.call("checkExistDocument", json.dumps(asked))).json["isExist"] is False


async def test_what_a_clerk_sends_and_what_is_answered(office: Office, caller: BkavCaller) -> None:
    await office.clerk.send(Letter("45", "KH-STTTT", "Kế hoạch"), (HOME_AFFAIRS,), [("a.pdf", b"%PDF-1.4 x")])
    [number] = await caller.waiting()
    document = edxml.read(BytesIO(await caller.fetch(number))).body
    assert isinstance(document, Document)
    assert (document.code, [each.name for each in document.attachments]) == ("45/KH-STTTT", ["a.pdf"])
    said = edxml.write_acknowledgement(an_answer(document, "02", HOME_AFFAIRS, description="Sai nơi nhận"))
    assert (await caller.send(said, "STATUS"))["status"] == "Success"
    assert (await caller.send(said, "STATUS"))["status"] == "Success"
    [answer] = office.records.answers("45/KH-STTTT")
    assert (answer["status"], answer["reason"]) == ("02", "Sai nơi nhận")


async def test_each_mistake_is_named(office: Office, caller: BkavCaller) -> None:
    assert (await caller.send(b"<edXML/>"))["errors"][0]["errorCode"] == "E.Server"
    assert (await caller.send(sample_packet(), "VANBAN"))["errors"][0]["errorCode"] == "M.MessageType"
    assert (await caller.call("getDocument", type="EDOC", docid="77")).json["errors"][0]["errorCode"] == "R.DocID"
    assert (await caller.call("getDocument", type="EDOC")).json["status"] == "Error"
    foreign = edxml.write_acknowledgement(an_answer(a_document(to=(CODE,)), "03", CODE))
    assert (await caller.send(foreign, "STATUS"))["errors"][0]["errorCode"] == "M.ResponseFor.OrganId"
    assert office.records.incoming() == office.records.answers() == []


async def test_another_token_or_organ_is_http_401(office: Office, caller: BkavCaller) -> None:
    for other in (BkavCaller(office.url, CODE, "khac"), BkavCaller(office.url, HOME_AFFAIRS)):
        answer = await other.call("getPendingDocIds", type="EDOC")
        assert (answer.http, answer.json["code"], answer.json["status"]) == (401, "9999", "False")
    assert (await caller.call("getOrganizations")).json["organizations"][0]["organName"] == "Sở Nội vụ"
