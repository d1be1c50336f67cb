"""Each of the nine codes over the border, both ways, with the simulated central hub's other side as the judge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.standards import edxml
from hub.testing import RunningHub, eventually
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.journeys.border import Border, from_office
from tests.journeys.simulated import Simulated, simulated, verified

STEPS = ("01", "02", "03", "04", "05", "06")
_SAID = "Số đến 12"


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Simulated]:
    async with simulated(tmp_path) as running:
        yield running


@pytest.fixture
def border(tmp_path: Path, there: Simulated) -> Border:
    return Border(tmp_path, there.settings)


def drop(border: Border, name: str, body: Acknowledgement) -> None:
    """The software of Sở Nội vụ says something."""
    draft = border.so_nv / "out" / f".{name}"
    draft.write_bytes(edxml.write_acknowledgement(body))
    draft.rename(border.so_nv / "out" / f"{name}.edxml")


def asking(document: Document, to: str) -> Acknowledgement:
    """What a document's sender says to have it back from that organisation."""
    said = an_answer(document, "13", document.sender.id, description="Ban hành nhầm")
    return replace(said, response_for=replace(said.response_for, organ_id=to))


def told(border: Border) -> list[tuple[str, str, str]]:
    """What Sở Nội vụ was told: about which document, which code, and why."""
    found = [body for body in border.found() if isinstance(body, Acknowledgement)]
    return sorted((body.response_for.code, body.status, body.description) for body in found)


def heard(there: Simulated) -> list[tuple[str, str, str]]:
    """The same of the office."""
    found = [each.packet.body for each in there.taken if isinstance(each.packet.body, Acknowledgement)]
    return sorted((body.response_for.code, body.status, body.description) for body in found)


async def test_each_step_of_a_unit_reaches_the_office(border: Border, there: Simulated) -> None:
    async with RunningHub(border.home):
        await there.send(*(from_office(f"{code}/VPCP", HOME_AFFAIRS) for code in STEPS))
        await eventually(lambda: len(border.found()) == len(STEPS), 30)
        for document in border.found():
            assert isinstance(document, Document)
            drop(border, document.number, an_answer(document, document.number, HOME_AFFAIRS, description=_SAID))
        await there.taken_within(len(STEPS), 30)
    assert [(f"{code}/VPCP", code, _SAID) for code in STEPS] == heard(there)
    assert {"delivered": 2 * len(STEPS)} == verified(border)[1]


async def test_each_step_of_the_office_reaches_the_unit(border: Border, there: Simulated) -> None:
    async with RunningHub(border.home):
        border.sends(*(a_document(f"{code}/GM-SNV", to=(GOVERNMENT_OFFICE,)) for code in STEPS))
        await there.taken_within(len(STEPS), 30)
        for each in there.taken:
            assert isinstance(each.packet.body, Document)
            await there.answer(each, each.packet.body.number, _SAID)
        await eventually(lambda: len(border.found()) == len(STEPS), 30)
    assert [(f"{code}/GM-SNV", code, _SAID) for code in STEPS] == told(border)
    assert {"delivered": 2 * len(STEPS)} == verified(border)[1]


@pytest.mark.parametrize("code", ["15", "16"])
async def test_what_the_office_asks_back_a_unit_with_software_gives_or_keeps(
    border: Border, there: Simulated, code: str
) -> None:
    document = a_document("1/VPCP", GOVERNMENT_OFFICE, (HOME_AFFAIRS,))
    async with RunningHub(border.home):
        await there.send(from_office("1/VPCP", HOME_AFFAIRS))
        await eventually(lambda: len(border.found()) == 1, 30)
        await there.send(edxml.write_acknowledgement(asking(document, HOME_AFFAIRS)))
        await eventually(lambda: told(border) == [("1/VPCP", "13", "Ban hành nhầm")], 30)
        drop(border, "tra-loi", an_answer(document, code, HOME_AFFAIRS, description=_SAID))
        await there.taken_within(1, 30)
    assert [("1/VPCP", code, _SAID)] == heard(there)


async def test_what_the_office_asks_back_a_clerk_sees_at_once_and_gives_by_hand(
    border: Border, there: Simulated
) -> None:
    document, stages = a_document("1/VPCP", GOVERNMENT_OFFICE, (BINH_SON,)), border.binh_son / "van-ban-den"
    async with RunningHub(border.home):
        await there.send(from_office("1/VPCP", BINH_SON))
        await there.taken_within(1, 30)
        await there.send(edxml.write_acknowledgement(asking(document, BINH_SON)))
        await eventually(lambda: list(stages.glob("*/*/THU-HOI.txt")), 30)
        [notice] = stages.glob("*/*/THU-HOI.txt")
        assert "ĐANG BỊ THU HỒI, KHÔNG SỬ DỤNG" in notice.read_text("utf-8-sig")
        await eventually((stages / "7-dong-y-thu-hoi").exists)
        notice.parent.rename(stages / "7-dong-y-thu-hoi" / notice.parent.name)
        await there.taken_within(2, 30)
    assert [("1/VPCP", "01"), ("1/VPCP", "15")] == [each[:2] for each in heard(there)]


@pytest.mark.parametrize("code", ["15", "16"])
async def test_what_a_unit_asks_back_the_office_gives_or_keeps(border: Border, there: Simulated, code: str) -> None:
    document = a_document("1/GM-SNV", to=(GOVERNMENT_OFFICE,))
    async with RunningHub(border.home):
        border.sends(document)
        await there.taken_within(1, 30)
        drop(border, "thu-hoi", asking(document, GOVERNMENT_OFFICE))
        await there.taken_within(2, 30)
        assert [("1/GM-SNV", "13", "Ban hành nhầm")] == heard(there)
        await there.answer(there.taken[0], code, _SAID)
        await eventually(lambda: told(border) == [("1/GM-SNV", code, _SAID)], 30)
    assert {"delivered": 3} == verified(border)[1]
