"""Whole trips between units' software on the axis and a folder; what the software recorded itself is the judge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hub import keeping
from hub.app import Hub
from hub.standards import edxml
from hub.testing import RunningHub, eventually
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.counterparts.eoffice import Letter, Office, Secrets, Setup, eoffice
from tests.plugins.axis import OFFICE, SECRETS, looking, province
from tests.plugins.test_axis import dropped, received

PDF = b"%PDF-1.4 ke hoach"


@asynccontextmanager
async def unit(hub: Hub, data: Path, code: str, **settings: Any) -> AsyncIterator[Office]:
    """A unit whose software calls this hub."""
    given = {"name": f"Đơn vị {code}", "doors": ("axis",), "url": f"{hub.outer_address}/vxp", "poll": 0.1,
             "pause": 0.1, "secrets": Secrets(axis=SECRETS[code]), **settings}  # fmt: skip
    async with eoffice(Setup(data / code, code, **given)) as made:
        yield made


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with RunningHub(province(tmp_path)) as running:
        yield running


@pytest.fixture
async def office(hub: Hub, tmp_path: Path) -> AsyncIterator[Office]:
    async with unit(hub, tmp_path / "units", HOME_AFFAIRS) as made:
        yield made


def answer(home: Path, document: Document, status: str, **fields: Any) -> None:
    """Bình Sơn answers by the folder."""
    out = home / "shares" / "xa-binh-son" / "out"
    out.mkdir(parents=True, exist_ok=True)
    (out / ".s").write_bytes(edxml.write_acknowledgement(an_answer(document, status, BINH_SON, **fields)))
    (out / ".s").rename(out / f"s{status}.edxml")


def statuses(home: Path) -> list[tuple[str, str]]:
    """Who said what, as Bình Sơn's folder has it, in any order."""
    return sorted((each.status, each.description) for each in received(home) if isinstance(each, Acknowledgement))


async def verified(home: Path) -> None:
    """All is delivered, and the ledger in order."""
    with looking(home) as views:
        await eventually(lambda: {"delivered"} == set(views.counts().deliveries), 20)
        assert [] == keeping.verify(views, home / "data", lambda *_: None, []).bad


async def test_from_the_software_to_a_folder_and_its_answers_back(tmp_path: Path, office: Office) -> None:
    await eventually(lambda: office.records.calls("getAgenciesList"), 20)
    await office.clerk.send(Letter("45", "KH-SNV", "Kế hoạch <2027>", "Kế hoạch"), (BINH_SON,), [("Kế hoạch.pdf", PDF)])
    await eventually(lambda: received(tmp_path), 20)
    [document] = received(tmp_path)
    assert isinstance(document, Document)
    assert ("45/KH-SNV", "Kế hoạch <2027>", HOME_AFFAIRS) == (document.code, document.subject, document.sender.id)
    assert ["Kế hoạch.pdf"] == [each.name for each in document.attachments]
    for number, code in enumerate(("01", "03", "02"), 1):
        answer(tmp_path, document, code, description="Sai nơi nhận" if code == "02" else "")
        await eventually(partial(has_heard, office, number), 20)
    assert ["01", "03", "02"] == [each["status"] for each in office.records.answers("45/KH-SNV")]
    assert "Sai nơi nhận" == office.records.answers("45/KH-SNV")[-1]["reason"]
    assert {"done"} == {row["state"] for row in office.records.outbox()}
    await eventually(lambda: all_confirmed(office), 20)
    await verified(tmp_path)


async def test_from_a_folder_to_the_software_whose_gestures_are_answers(tmp_path: Path, office: Office) -> None:
    document = dropped(tmp_path)
    await eventually(office.records.incoming, 20)
    for gesture in (office.clerk.register(1), office.clerk.assign(1, "Phòng A"), office.clerk.process(1),
                    office.clerk.finish(1)):  # fmt: skip
        await gesture
    await eventually(lambda: 5 == len(statuses(tmp_path)), 20)
    assert [("01", ""), ("03", ""), ("04", "Phòng A"), ("05", ""), ("06", "")] == statuses(tmp_path)
    assert {document.code} == {
        each.response_for.code for each in received(tmp_path) if isinstance(each, Acknowledgement)
    }
    await verified(tmp_path)


async def test_from_one_software_to_another_and_back_again(tmp_path: Path, hub: Hub, office: Office) -> None:
    async with unit(hub, tmp_path / "units", OFFICE) as other:
        await office.clerk.send(Letter("46", "TTr-SNV", "Tờ trình"), (OFFICE,), [("a.pdf", PDF)])
        await eventually(other.records.incoming, 20)
        [row] = other.records.incoming()
        assert PDF == other.records.content(row["paper"].files[0].sha256)
        await other.clerk.register(1)
        await eventually(lambda: 2 == len(office.records.answers("46/TTr-SNV")), 20)
        await office.clerk.take_back(1, "Gửi nhầm")
        await eventually(lambda: 2 == len(other.records.incoming()), 20)
        await other.clerk.agree(2)
        await eventually(lambda: 3 == len(office.records.answers("46/TTr-SNV")), 20)
        assert ["01", "03", "15"] == [each["status"] for each in office.records.answers()]
        assert ["thu-hoi", "dong-y"] == [each["state"] for each in other.records.incoming()]
    await verified(tmp_path)


@pytest.mark.parametrize(
    "faults",
    [("lost@axis.sendEdoc=3",), ("duplicate@axis.sendEdoc",), ("unconfirmed@axis.updateStatus=3",),
     ("lost@axis.getEdoc=2", "lost@axis.updateStatus=2", "lost@axis.getReceivedEdocList=2"),
     ("skew@axis=86400",), ("length@axis.sendEdoc=2",), ("truncated@axis.sendEdoc=1",)],
    ids=lambda faults: faults[0],
)  # fmt: skip
async def test_bad_days_have_one_effect(tmp_path: Path, office: Office, faults: tuple[str, ...]) -> None:
    office.faults.set(*faults)
    dropped(tmp_path)
    await office.clerk.send(Letter("45", "KH-SNV", "Kế hoạch"), (BINH_SON,), [("a.pdf", PDF)])
    await eventually(office.records.incoming, 20)
    await office.clerk.register(1)
    if faults[0].startswith("truncated"):
        await eventually(lambda: "21" == office.records.outbox("edoc")[0]["error"][:2], 20)
        assert "fail" == office.records.outbox("edoc")[0]["state"]
        return
    await eventually(lambda: {"done"} == {row["state"] for row in office.records.outbox()}, 20)
    await eventually(lambda: 3 == len(received(tmp_path)), 20)
    await eventually(lambda: all_confirmed(office), 20)
    assert [("01", ""), ("03", "")] == statuses(tmp_path)
    assert ["45/KH-SNV"] == [each.code for each in received(tmp_path) if isinstance(each, Document)]
    assert ["52/TTr-UBND"] == [row["code"] for row in office.records.incoming()]
    await verified(tmp_path)


async def test_a_wrong_secret_gets_nothing_and_says_so(tmp_path: Path, hub: Hub) -> None:
    dropped(tmp_path)
    async with unit(hub, tmp_path / "units", HOME_AFFAIRS, secrets=Secrets(axis="khac")) as office:
        await office.clerk.send(Letter("45", "KH-SNV", "Kế hoạch"), (BINH_SON,))
        await eventually(lambda: office.records.outbox("edoc")[0]["tries"] > 1, 20)
        assert "15" == office.records.outbox("edoc")[0]["error"][:2]
    assert [] == office.records.incoming()
    assert [] == received(tmp_path)


def has_heard(office: Office, number: int) -> bool:
    """So many answers came back."""
    return len(office.records.answers()) == number


def all_confirmed(office: Office) -> bool:
    """The last lists were followed by no fetch: nothing waits at the hub any more."""
    calls = [row["operation"] for row in office.records.calls()]
    return ["getReceivedEdocList"] * 4 == calls[-4:]
