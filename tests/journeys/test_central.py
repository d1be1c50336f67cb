"""Whole trips over the border, with `hub simulate central` at the other end: what it recorded is the judge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.testing import RunningHub, eventually
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from tests.journeys.border import Border, from_office
from tests.journeys.clerks import a_pdf
from tests.journeys.simulated import Simulated, is_over, judge, simulated, verified
from tests.short import short


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Simulated]:
    async with simulated(tmp_path) as running:
        yield running


@pytest.fixture
def border(tmp_path: Path, there: Simulated) -> Border:
    return Border(tmp_path, there.settings)


@pytest.mark.parametrize("isolate", [False, True], ids=["inside", "isolated"])
async def test_from_the_office_to_a_clerk_whose_gesture_is_a_status_there(
    tmp_path: Path, there: Simulated, isolate: bool
) -> None:
    border = Border(tmp_path, {**there.settings, "isolate": isolate})
    stages = border.binh_son / "van-ban-den"
    async with RunningHub(border.home):
        await there.send(from_office("3127/VPCP-KSTT", BINH_SON))
        await eventually(lambda: list(stages.glob("1-moi-den/*/phieu.html")), 30)
        await eventually(there.confirmed, 20)
        [folder] = stages.glob("1-moi-den/*")
        folder.rename(stages / "3-da-tiep-nhan" / folder.name)
        await there.taken_within(2, 30)

    assert [(BINH_SON, "3127/VPCP-KSTT", code) for code in ("01", "03")] == there.statuses()
    [received] = there.records(GOVERNMENT_OFFICE)
    assert ["initial", "done"] == [step.status for step in received.steps]
    assert ({"accepted": 3}, {"delivered": 3}) == verified(border)


async def test_from_a_clerk_to_the_office_whose_answers_stand_in_the_receipt(border: Border, there: Simulated) -> None:
    async with RunningHub(border.home):
        await border.ready()
        border.drop_folder("Văn phòng Chính phủ/52", {"52-TTr-UBND 19-11-2026.pdf": a_pdf("52")})
        await there.taken_within(1, 30, "01", "03", "06")
        await eventually(lambda: "1 hoàn thành" in border.receipt(), 30)
        await eventually(there.confirmed, 20)
        receipt = border.receipt()
    assert "Văn phòng Chính phủ: đã chuyển" in receipt
    assert "đã đến" in receipt
    [sent] = there.records(BINH_SON)
    assert ("52/TTr-UBND", GOVERNMENT_OFFICE, "done") == (sent.notation, sent.recipient, sent.status)
    assert ({"accepted": 4}, {"delivered": 4}) == verified(border)


async def test_mixed_lists_go_to_each_once_and_echoes_nowhere(border: Border, there: Simulated) -> None:
    async with RunningHub(border.home):
        border.sends(a_document("211/GM-SNV", to=(BINH_SON, GOVERNMENT_OFFICE)))
        await there.send(from_office("3127/VPCP-KSTT", HOME_AFFAIRS, BINH_SON, GOVERNMENT_OFFICE))
        await there.taken_within(2, 30)
        await eventually(there.confirmed, 20)
        await eventually(border.packets, 20)
        await eventually(lambda: 2 == len(list(border.binh_son.glob("van-ban-den/1-moi-den/*/phieu.html"))), 20)
    assert ["3127/VPCP-KSTT"] == [each.code for each in border.packets()]
    assert [GOVERNMENT_OFFICE] == [
        each.recipient for each in there.records(HOME_AFFAIRS) if each.message_type == "edoc"
    ]


_AGAIN = pytest.mark.fault(
    14,
    "lists with each row twice, with packets that were confirmed, out of order; `updateStatus` whose answer is lost",
    "one effect each, says the simulator, and nothing is left unconfirmed",
)
_ILL = pytest.mark.fault(
    17,
    "HTTP 500 and 502, 200 with a web page, nothing, an error or half an answer, the connection closed early",
    "an outage, never an empty list or a receipt; all is there once",
)
#: each with what heals it: faults that count end by themselves, the others when they are taken away
_FAULTS = [
    *(
        pytest.param(broken, marks=_ILL)
        for broken in (
            "html502=6",
            "html200=6",
            "http500=6",
            "empty=6",
            "keyless=6",
            "refuse=6",
            "truncated=6",
            "truncated@downloadEdoc=3",
            "cut=6",
            "cut@downloadEdoc=3",
            "lost=6",
            "no-docid=2",
            "lost-answer=2",
            "html502@sendEdoc=2",
        )
    ),
    *(pytest.param(broken, marks=_AGAIN) for broken in ("lost@updateStatus=3", "duplicate", "relisted", "disordered")),
    "slow=0.2",
    "stale=1",
]


@pytest.mark.parametrize("broken", short(_FAULTS, 3))
async def test_whatever_the_central_hub_does_all_is_there_once(tmp_path: Path, there: Simulated, broken: str) -> None:
    """Three documents each way, each answered; the simulator's records and the unit's folder are the judges."""
    border = Border(tmp_path, there.settings)
    ours = [a_document(f"{number}/GM-SNV", to=(GOVERNMENT_OFFICE,)) for number in range(3)]
    theirs = [f"{number}/VPCP" for number in range(3)]
    border.sends(*ours)
    await there.send(*(from_office(code, HOME_AFFAIRS) for code in theirs))
    there.breaks(broken)
    async with RunningHub(border.home):
        await asyncio.sleep(2.0)
        if broken not in ("duplicate", "relisted", "disordered", "slow=0.2"):
            there.breaks()
        async with asyncio.timeout(60):
            while not is_over(border, there):
                border.answers()
                await there.take("03")
                await asyncio.sleep(0.1)
    judge(border, there, [each.code for each in ours], theirs)


async def test_what_is_for_nobody_here_is_given_back(border: Border, there: Simulated) -> None:
    async with RunningHub(border.home):
        await there.send(from_office("1/VPCP", "000.00.99.H48"))
        await eventually(lambda: [each.status for each in there.records()] == ["fail"], 20)
        await asyncio.sleep(0.5)
    assert ["initial", "fail"] == [step.status for step in there.records()[0].steps]
    assert [] == border.packets()


async def test_a_document_that_the_central_hub_refuses_is_a_dead_letter_that_says_why(
    border: Border, there: Simulated
) -> None:
    async with RunningHub(border.home):
        border.sends(a_document("211/GM-SNV", to=("000.00.00.G99",)))
        await eventually(lambda: verified(border)[1] == {"dead": 1}, 20)
    views = border.views()
    [dead] = views.deadletters()
    views.close()
    assert "18" in str(dead)
    assert [] == there.records()
