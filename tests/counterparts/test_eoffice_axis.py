"""The office's calling door against the simulated central hub, which speaks the same wire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from hub.simulating.central import fault
from hub.standards import edxml
from hub.vocabulary import Acknowledgement, Document
from tests.counterparts.eoffice import Letter, Office, Setup, eoffice
from tests.simulating.bench import GUIDE, OFFICE, PROVINCE, Bench, packet, running, status

CODE = "000.00.12.H48"


@pytest.fixture
async def central(tmp_path: Path) -> AsyncIterator[Bench]:
    async with running(tmp_path / "central", agencies=5) as made:
        yield made


@asynccontextmanager
async def unit(central: Bench, data: Path, **settings: Any) -> AsyncIterator[Office]:
    given = {"data": data, "code": CODE, "doors": ("axis",), "systemid": PROVINCE, "url": f"{central.hub.url}/vxp",
             "poll": 0.1, "pause": 0.1, **settings}  # fmt: skip
    async with eoffice(Setup(**given)) as made:
        yield made


@pytest.fixture
async def office(central: Bench, tmp_path: Path) -> AsyncIterator[Office]:
    async with unit(central, tmp_path / "office") as made:
        yield made


async def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "not within the time"
        await asyncio.sleep(0.02)


async def answers(central: Bench) -> list[tuple[str, str]]:
    """(code, reason) of every status that waits for the Government Office."""
    found = []
    for row in await central.waiting("status", OFFICE):
        content = (await central.call("downloadEdoc", OFFICE, docId=row["docId"])).body
        said = edxml.read(BytesIO(content)).body
        assert isinstance(said, Acknowledgement)
        found.append((said.status, said.description))
    return found


async def test_a_document_arrives_is_confirmed_and_every_gesture_is_heard(central: Bench, office: Office) -> None:
    assert (await central.send(packet(to=(CODE,)))).json["ErrorCode"] == "0"
    await until(lambda: len(office.records.outbox("status")) == 1)
    [row] = office.records.incoming()
    assert (row["code"], row["paper"].sender.code) == ("1234/VPCP-KSTT", OFFICE)
    assert office.records.content(row["paper"].files[0].sha256) == GUIDE
    await office.clerk.register(1)
    await office.clerk.assign(1, "Phòng Công nghệ")
    await office.clerk.process(1)
    await office.clerk.finish(1)
    await until(lambda: [state for _, _, state in office.records.statuses()] == ["done"] * 5)
    assert await answers(central) == [("01", ""), ("03", ""), ("04", "Phòng Công nghệ"), ("05", ""), ("06", "")]
    await until(lambda: [each.status for each in central.records() if each.message_type == "edoc"] == ["done"])


async def test_what_a_clerk_sends_arrives_and_its_answers_come_back(central: Bench, office: Office) -> None:
    await office.clerk.send(Letter("45", "BC-STTTT", "Báo cáo"), (OFFICE,), [("a.pdf", b"%PDF-1.4 x")])
    await until(lambda: [row["state"] for row in office.records.outbox("edoc")] == ["done"])
    [row] = await central.waiting("edoc", OFFICE)
    content = (await central.call("downloadEdoc", OFFICE, docId=row["docId"])).body
    document = edxml.read(BytesIO(content)).body
    assert isinstance(document, Document)
    assert (document.code, document.sender.id) == ("45/BC-STTTT", CODE)
    for code in ("01", "03", "06"):
        said = status(content, code, by=OFFICE)
        assert (await central.send(said, OFFICE, messagetype="status")).json["ErrorCode"] == "0"
    await until(lambda: len(office.records.answers("45/BC-STTTT")) == 3)
    assert [each["status"] for each in office.records.answers()] == ["01", "03", "06"]
    [sent] = [each for each in central.records() if each.message_type == "edoc"]
    assert office.records.outbox("edoc")[0]["outside"] == sent.sender_doc_id


async def test_what_was_stored_and_is_listed_again_is_confirmed_again_and_not_fetched(
    central: Bench, office: Office
) -> None:
    office.faults.set("unconfirmed@axis.updateStatus=2")
    await central.send(packet(to=(CODE,)))
    await until(lambda: [each.status for each in central.records() if each.message_type == "edoc"] == ["done"])
    assert len(office.records.calls("getEdoc")) == len(office.records.incoming()) == 1
    assert len(office.records.calls("getReceivedEdocList")) >= 3


async def test_an_answer_that_was_lost_is_asked_for_with_the_same_packet(central: Bench, office: Office) -> None:
    office.faults.set("lost@axis.sendEdoc=2")
    await office.clerk.send(Letter("45", "BC-STTTT", "Báo cáo"), (OFFICE,))
    await until(lambda: [row["state"] for row in office.records.outbox("edoc")] == ["done"])
    sent = [each for each in central.records() if each.message_type == "edoc"]
    assert len(sent) == office.records.outbox("edoc")[0]["tries"] == 3
    assert len({each.sha256 for each in sent}) == 1


async def test_a_page_of_the_proxy_looks_like_an_empty_list(central: Bench, office: Office) -> None:
    central.hub.switches.set(fault("html200@getReceivedEdocList"))
    await central.send(packet(to=(CODE,)))
    seen = len(office.records.calls("getReceivedEdocList"))
    await until(lambda: len(office.records.calls("getReceivedEdocList")) > seen + 2)
    assert office.records.incoming() == []
    central.hub.switches.clear()
    await until(office.records.incoming)


async def test_a_refusal_for_good_is_not_repeated(central: Bench, office: Office) -> None:
    await office.clerk.send(Letter("45", "BC-STTTT", "Báo cáo"), ("000.00.77.Q77",))
    await until(lambda: [row["state"] for row in office.records.outbox("edoc")] == ["fail"])
    [row] = office.records.outbox("edoc")
    assert (row["tries"], row["error"][:2]) == (1, "18")


@pytest.mark.parametrize(
    ("name", "said"),
    [("forged", "15"), ("missing", "19"), ("truncated", "21"), ("length", "HTTP 0")],
)
async def test_what_the_axis_makes_of_bad_calls(central: Bench, office: Office, name: str, said: str) -> None:
    office.faults.set(f"{name}@axis.sendEdoc")
    await office.clerk.send(Letter("45", "BC-STTTT", "Báo cáo về <ý>"), (OFFICE,))
    await until(lambda: office.records.outbox("edoc")[0]["tries"])
    assert office.records.outbox("edoc")[0]["error"].startswith(said)
    assert [each for each in central.records() if each.message_type == "edoc"] == []


async def test_letters_that_were_broken_on_the_way(central: Bench, office: Office) -> None:
    office.faults.set("mojibake@axis")
    await office.clerk.send(Letter("45", "BC-STTTT", "Báo cáo"), (OFFICE,))
    await until(lambda: [row["state"] for row in office.records.outbox("edoc")] == ["done"])
    [sent] = [each for each in central.records() if each.message_type == "edoc"]
    assert sent.title == "Báo cáo".encode().decode("latin-1")


async def test_what_is_no_packet_is_confirmed_with_fail(central: Bench, office: Office) -> None:
    said = status(packet(to=(CODE,), sender=PROVINCE, number="9"), by=OFFICE)
    assert (await central.send(said, OFFICE, messagetype="status")).json["ErrorCode"] == "0"
    await until(lambda: [each.status for each in central.records()] == ["fail"])
    assert office.records.answers() == []
    assert len(office.records.acts("packet")) == 1


async def test_the_axis_names_who_can_be_written_to(office: Office) -> None:
    await until(lambda: office.records.calls("getAgenciesList"))
    await until(lambda: office.records.calls("getReceivedEdocList"))
    assert OFFICE in {each.code for each in await office.core.agencies()}


async def test_a_restart_goes_on(central: Bench, tmp_path: Path) -> None:
    async with unit(central, tmp_path / "office") as office:
        await central.send(packet(to=(CODE,)))
        await until(office.records.incoming)
    await central.send(packet("77", to=(CODE,)))
    async with unit(central, tmp_path / "office") as office:
        await until(lambda: len(office.records.incoming()) == 2)
        await until(lambda: [state for _, _, state in office.records.statuses()] == ["done"] * 2)
    # one that was cut off before it heard the answer says the very same again
    assert len({each.sha256 for each in central.records() if each.message_type == "status"}) == 2
