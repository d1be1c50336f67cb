"""What people of an office do, and what their gestures leave behind."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from hub.standards import edxml
from hub.testing import sample_packet
from hub.testing.samples import HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Business, BusinessInfo, Document
from tests.counterparts import eoffice as package
from tests.counterparts.eoffice import Busy, Impossible, Letter, Office, Setup, eoffice

CODE = "000.00.12.H48"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with eoffice(Setup(tmp_path)) as made:
        yield made


async def take(office: Office, document: Document | Acknowledgement) -> None:
    packet = sample_packet(document) if isinstance(document, Document) else edxml.write_acknowledgement(document)
    await office.core.take(packet, "provincial")


def codes(office: Office, doc: int) -> list[str]:
    return [code for _, code, _ in office.records.statuses(doc)]


async def test_what_cannot_be_is_said_and_changes_nothing(office: Office) -> None:
    await take(office, a_document(to=(CODE,)))
    with pytest.raises(Impossible, match="Mới đến"):
        await office.clerk.finish(1)
    with pytest.raises(Impossible, match="lý do trả lại"):
        await office.clerk.refuse(1, "  ")
    with pytest.raises(Impossible, match="77"):
        await office.clerk.register(77)
    assert codes(office, 1) == ["01"]
    assert await office.clerk.refuse(1, "Không thuộc thẩm quyền")
    with pytest.raises(Impossible, match="Đã trả lại"):
        await office.clerk.register(1)
    assert codes(office, 1) == ["01", "02"]
    assert office.records.outbox("status")[1]["content"].reason == "Không thuộc thẩm quyền"


async def test_given_to_somebody_else_is_one_04(office: Office) -> None:
    await take(office, a_document(to=(CODE,)))
    await office.clerk.register(1)
    await office.clerk.assign(1, "Phòng A")
    await office.clerk.assign(1, "Phòng B")
    assert codes(office, 1) == ["01", "03", "04"]
    assert office.records.incoming()[0]["assigned"] == "Phòng B"


async def test_a_document_that_was_given_back_may_come_again_changed(office: Office) -> None:
    await take(office, a_document(to=(CODE,)))
    await office.clerk.refuse(1, "Thiếu phụ lục")
    await take(office, a_document(to=(CODE,)))
    await take(office, a_document(to=(CODE,), subject="Có phụ lục"))
    assert [row["state"] for row in office.records.incoming()] == ["tra-lai", "den"]
    assert [act["outcome"] for act in office.records.acts("document")] == ["taken", "duplicate", "taken"]


async def test_asked_back_it_is_let_go_or_kept(office: Office) -> None:
    first, second = a_document("1/A", to=(CODE,)), a_document("2/A", to=(CODE,))
    for document in (first, second):
        await take(office, document)
        asked = an_answer(document, "13", HOME_AFFAIRS, description="Gửi nhầm")
        await take(office, replace(asked, response_for=replace(asked.response_for, organ_id=CODE)))
    rows = office.records.incoming()
    assert [(row["code"], row["state"], row["original"]) for row in rows] == [
        ("1/A", "den", None), ("1/A", "yeu-cau", 1), ("2/A", "den", None), ("2/A", "yeu-cau", 3)
    ]  # fmt: skip
    assert await office.clerk.agree(2)
    with pytest.raises(Impossible, match="lý do từ chối"):
        await office.clerk.decline(4, "")
    assert await office.clerk.decline(4, "Đã xử lý xong")
    assert [row["state"] for row in office.records.incoming()] == ["thu-hoi", "dong-y", "den", "khong-dong-y"]
    assert (codes(office, 2), codes(office, 4)) == (["15"], ["16"])
    said = office.records.outbox("status")[-1]["content"]
    assert (said.organ, said.document_id, said.reason) == (HOME_AFFAIRS, second.document_id, "Đã xử lý xong")


@pytest.mark.parametrize(
    ("business", "states", "given"),
    [(Business.REVOKE, ["thu-hoi", "dong-y"], ["15"]), (Business.UPDATE, ["den", "dong-y"], ["01", "15"]),
     (Business.REPLACE, ["thay-the", "den"], ["01", "15"])],
)  # fmt: skip
async def test_packets_that_ask_for_something(
    office: Office, business: Business, states: list[str], given: list[str]
) -> None:
    await take(office, a_document(to=(CODE,)))
    await take(
        office, a_document(to=(CODE,), subject="Bản sửa", business=BusinessInfo(business, reason="Sai nội dung"))
    )
    assert await office.clerk.agree(2)
    assert [row["state"] for row in office.records.incoming()] == states
    assert codes(office, 2) == given
    subject = office.records.incoming()[0]["paper"].subject
    assert (subject == "Bản sửa") == (business is Business.UPDATE)


async def test_a_number_goes_out_once(office: Office) -> None:
    letter = Letter("45", "KH-STTTT", "Kế hoạch")
    await office.clerk.send(letter, (HOME_AFFAIRS,))
    with pytest.raises(Impossible, match="đã có trong sổ"):
        await office.clerk.send(letter, (HOME_AFFAIRS,))
    with pytest.raises(Impossible, match="nơi nhận"):
        await office.clerk.send(Letter("46", "KH", "Kế hoạch"), ())
    assert len(office.records.outbox()) == len(office.records.outgoing()) == 1


@pytest.mark.parametrize("business", [Business.REVOKE, Business.UPDATE, Business.REPLACE])
async def test_a_packet_that_asks_for_something_says_of_what(office: Office, business: Business) -> None:
    await office.clerk.send(Letter("45", "KH", "Kế hoạch", day="2026/11/20"), (HOME_AFFAIRS,))
    original = office.records.outgoing()[0]["paper"].document_id
    with pytest.raises(Impossible, match="văn bản gốc"):
        await office.clerk.send(Letter("45", "KH", "Kế hoạch", business=business), (HOME_AFFAIRS,))
    letter = Letter("45", "KH", "Kế hoạch", day="2026/11/20", business=business, about=original, reason="Sai ngày")
    doc = await office.clerk.send(letter, (HOME_AFFAIRS,))
    packet = await office.core.packet(office.records.outbox("edoc")[-1]["uid"], "bkav")
    said = edxml.read(BytesIO(packet)).body
    assert isinstance(said, Document)
    named = {said.business.document_id, *(each.document_id for each in said.business.replacements)} - {""}
    assert (said.business.type, said.business.reason, named) == (business, "Sai ngày", {original})
    answer = an_answer(said, "15", HOME_AFFAIRS)
    await take(office, answer)
    assert [(row["outgoing"], row["status"]) for row in office.records.answers()] == [(1, "15")]
    assert doc == 2


async def test_everybody_is_asked_to_give_it_back_once(office: Office) -> None:
    others = (HOME_AFFAIRS, "000.00.31.H48")
    doc = await office.clerk.send(Letter("45", "KH-STTTT", "Kế hoạch"), others)
    with pytest.raises(Impossible, match="lý do"):
        await office.clerk.take_back(doc, "")
    for _ in range(2):
        await office.clerk.take_back(doc, "Gửi nhầm")
    said = [edxml.read(BytesIO(await office.core.packet(row["uid"], "provincial"))).body
            for row in office.records.outbox("status")]  # fmt: skip
    assert [(each.status, each.sender.id, each.response_for.organ_id, each.description)
            for each in said if isinstance(each, Acknowledgement)] == [
        ("13", CODE, other, "Gửi nhầm") for other in others
    ]  # fmt: skip


async def test_a_packet_is_made_once_however_many_ask_at_once(office: Office) -> None:
    await office.clerk.send(Letter("45", "KH-STTTT", "Kế hoạch"), (HOME_AFFAIRS,), [("a.pdf", b"%PDF-1.4")])
    [row] = office.records.outbox()
    asked = await asyncio.gather(*(office.core.packet(row["uid"], "bkav") for _ in range(8)))
    assert len(set(asked)) == 1


async def test_one_office_to_a_folder(office: Office) -> None:
    with pytest.raises(Busy):
        async with eoffice(Setup(office.settings.data)):
            pass


def test_the_office_knows_nothing_of_the_hub() -> None:
    """Two sides that share a line share its mistake."""
    for path in Path(package.__file__).parent.rglob("*.py"):
        assert not re.search(r"^\s*(from|import) (hub|plugins)\b", path.read_text(encoding="utf-8"), re.MULTILINE), path
