"""Whole trips over the border: a central hub at one end, folders of people and of software at the other."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub import keeping
from hub.standards import edxml
from hub.testing import RunningHub, eventually, sample_packet
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from hub.vocabulary import Document
from plugins.centralhub.counterpart import Office, office
from tests.journeys.border import Border, from_office, office_answers, posted
from tests.journeys.clerks import a_pdf, soon


@pytest.fixture
async def central(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as made:
        yield made


@pytest.fixture
def border(tmp_path: Path, central: Office) -> Border:
    return Border(tmp_path, central.settings)


def counted(border: Border) -> tuple[dict[str, int], dict[str, int]]:
    views = border.views()
    counts = views.counts()
    assert keeping.verify(views, border.home / "data", lambda *_: None, []).bad == []
    views.close()
    return dict(counts.inputs), dict(counts.deliveries)


async def test_from_the_office_to_a_clerk_whose_gesture_is_a_status_there(border: Border, central: Office) -> None:
    stages = border.binh_son / "van-ban-den"
    async with RunningHub(border.home):
        waiting = central.put(from_office("3127/VPCP-KSTT", BINH_SON))
        await eventually(lambda: list(stages.glob("1-moi-den/*/phieu.html")), 20)
        await eventually(lambda: waiting.words == ["done"])
        [folder] = stages.glob("1-moi-den/*")
        folder.rename(stages / "3-da-tiep-nhan" / folder.name)
        await eventually(lambda: len(posted(central, "status")) == 2, 20)

    assert [(BINH_SON, "3127/VPCP-KSTT", code) for code in ("01", "03")] == posted(central, "status")
    assert ({"accepted": 3}, {"delivered": 3}) == counted(border)


async def test_from_a_clerk_to_the_office_whose_answers_stand_in_the_receipt(border: Border, central: Office) -> None:
    async with RunningHub(border.home):
        await border.ready()
        border.drop_folder("Văn phòng Chính phủ/52", {"52-TTr-UBND 19-11-2026.pdf": a_pdf("52")})
        await eventually(lambda: central.posted, 20)
        [there] = central.posted
        document = edxml.read(io.BytesIO(there.content)).body
        assert isinstance(document, Document)
        assert ("52/TTr-UBND", BINH_SON, GOVERNMENT_OFFICE) == (document.code, there.sender, there.to)
        office_answers(central, document, "01", "03", "06")
        await eventually(soon(lambda: "1 hoàn thành" in border.receipt()), 20)
        assert "Văn phòng Chính phủ: đã chuyển" in border.receipt()
        assert "đã tiếp nhận 09:00 23/11; Hoàn thành 23/11" in border.receipt()
        await eventually(lambda: all(each.words == ["done"] for each in central.waiting.values()))
    assert 1 == len(central.posted)
    assert ({"accepted": 4}, {"delivered": 4}) == counted(border)


async def test_who_of_us_is_named_gets_it_here_and_the_rest_is_the_offices(border: Border, central: Office) -> None:
    """Of a packet from outside only our own units are addressees; of ours only outsiders go by way of the office."""
    document = a_document("211/GM-SNV", to=(BINH_SON, GOVERNMENT_OFFICE, "000.00.00.G18"))
    async with RunningHub(border.home):
        border.sends(document)
        await eventually(lambda: len(central.posted) == 2, 20)
        await eventually(lambda: list(border.binh_son.glob("van-ban-den/1-moi-den/*")), 20)
        assert {GOVERNMENT_OFFICE, "000.00.00.G18"} == {each.to for each in central.posted}
        # The central hub hands our own packet back to us, and one that names others beside us.
        central.put(central.posted[0].content)
        central.put(from_office("3127/VPCP-KSTT", HOME_AFFAIRS, "000.00.00.G18", "000.00.37.H37"))
        await eventually(lambda: all(each.words == ["done"] for each in central.waiting.values()), 20)
        await eventually(border.packets, 20)
        await eventually(lambda: set(counted(border)[1]) == {"delivered"}, 20)
    assert ["3127/VPCP-KSTT"] == [each.code for each in border.packets()]
    inputs, deliveries = counted(border)
    assert (1, {"delivered"}) == (inputs["echo"], set(deliveries))


async def test_two_copies_of_one_document_are_one_document_for_both(border: Border, central: Office) -> None:
    packet = from_office("3127/VPCP-KSTT", HOME_AFFAIRS, BINH_SON)
    async with RunningHub(border.home):
        for to in (HOME_AFFAIRS, BINH_SON, BINH_SON):
            central.put(packet, to=to)
            await eventually(lambda: all(each.words == ["done"] for each in central.waiting.values()), 20)
        await eventually(lambda: border.packets() and list(border.binh_son.glob("van-ban-den/1-moi-den/*")), 20)
        await eventually(lambda: posted(central, "status"))
    assert [1, 1] == [len(border.packets()), len(list(border.binh_son.glob("van-ban-den/*/*/phieu.html")))]


async def test_what_is_for_nobody_here_is_given_back_and_what_nobody_signed_is_kept(
    border: Border, central: Office
) -> None:
    nobody = central.put(from_office("1/VPCP", "000.00.00.G18"))
    answer = replace(a_document("2/VPCP", GOVERNMENT_OFFICE, (BINH_SON,)), sender=replace(a_document().sender, id=""))

    nameless = central.put(sample_packet(answer))
    async with RunningHub(border.home):
        await eventually(lambda: (nobody.words, nameless.words) == (["fail"], ["done"]), 20)
    assert [] == border.packets()
