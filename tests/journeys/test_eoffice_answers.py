"""Every code of an answer, both ways between a folder and a unit's software, at the axis and by each REST profile."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.standards import edxml
from hub.testing import RunningHub, eventually, sample_packet
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.counterparts.eoffice import Letter, Office, Secrets, Setup, eoffice
from tests.journeys.offices import Offices
from tests.journeys.test_central_answers import asking
from tests.plugins.axis import SECRETS, province
from tests.plugins.rest import PATIENT, SPOKEN
from tests.short import short

WHY = "Đã xem xét"
STEPS = ("02", "03", "04", "05", "06")
LEGS = ("axis", "provincial-rest", "bkav-rest", "third-rest")


@dataclass(frozen=True)
class Leg:
    """A unit with a folder (`mine`, its code) and one whose software is `office` (`theirs`)."""

    office: Office
    share: Path
    mine: str
    theirs: str

    def drops(self, body: Document | Acknowledgement, name: str) -> None:
        """The unit with the folder sends it."""
        content = sample_packet(body) if isinstance(body, Document) else edxml.write_acknowledgement(body)
        out = self.share / "out"
        out.mkdir(parents=True, exist_ok=True)
        (out / f".{name}").write_bytes(content)
        (out / f".{name}").rename(out / f"{name}.edxml")

    def found(self) -> list[Document | Acknowledgement]:
        """All that came into the folder."""
        return [edxml.read(io.BytesIO(path.read_bytes())).body for path in (self.share / "in").glob("*.edxml")]

    def told(self) -> list[tuple[str, str, str]]:
        """The answers in it: about which document, which code, why. 01 aside: the hub gives it by itself."""
        answers = [body for body in self.found() if isinstance(body, Acknowledgement) and body.status != "01"]
        return sorted((body.response_for.code, body.status, body.description) for body in answers)

    def heard(self) -> list[tuple[str, str, str]]:
        """The same of the software, by its own records."""
        rows = [row for row in self.office.records.answers() if row["status"] != "01"]
        return sorted((row["code"], row["status"], row["reason"]) for row in rows)

    async def letter(self, number: str) -> Document:
        """The software sends a document. Returns it as it came into the folder."""
        await self.office.clerk.send(Letter(number, "UBND-VX", "V/v thử"), (self.mine,), [("a.pdf", b"%PDF-1.7 a")])
        came: list[Document] = []

        def has_come() -> bool:
            came[:] = [body for body in self.found() if isinstance(body, Document) and body.number == number]
            return bool(came)

        await eventually(has_come, 30)
        return came[0]

    async def register(self, number: int) -> None:
        """Wait until so many documents came into the software's register."""
        await eventually(lambda: number == len(self.office.records.incoming()), 30)


@pytest.fixture
async def leg(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Leg]:
    kind = str(request.param)
    async with AsyncExitStack() as stack:
        if kind == "axis":
            hub = await stack.enter_async_context(RunningHub(province(tmp_path)))
            setup = Setup(
                tmp_path / "office", HOME_AFFAIRS, "Sở Nội vụ", doors=("axis",), url=f"{hub.outer_address}/vxp",
                poll=0.1, pause=0.1, secrets=Secrets(axis=SECRETS[HOME_AFFAIRS]),
            )  # fmt: skip
            office = await stack.enter_async_context(eoffice(setup))
            yield Leg(office, tmp_path / "shares" / "xa-binh-son", BINH_SON, HOME_AFFAIRS)
            return
        file, door, who = SPOKEN[kind]
        setup = Setup(tmp_path / "office", BINH_SON, "UBND xã Bình Sơn", doors=(door,))
        office = await stack.enter_async_context(eoffice(setup))
        named = str(file) if kind == "third-rest" else kind
        endpoint = {"kind": "eoffice-rest", "url": office.url, "profile": named, **who, **PATIENT}
        home = Offices(tmp_path, endpoint)
        await stack.enter_async_context(RunningHub(home.home))
        yield Leg(office, home.folder, HOME_AFFAIRS, BINH_SON)


@pytest.mark.parametrize("leg", short(LEGS, 2), indirect=True)
async def test_each_step_of_the_software_reaches_the_folder(leg: Leg) -> None:
    clerk = leg.office.clerk
    for number in ("1", "2"):
        leg.drops(a_document(f"{number}/CV", leg.mine, (leg.theirs,)), number)
        await leg.register(int(number))
    for step in (clerk.register(1), clerk.assign(1, "Phòng A"), clerk.process(1), clerk.finish(1)):
        await step
    await clerk.refuse(2, WHY)
    first, second = (row["code"] for row in leg.office.records.incoming())
    wanted = [(first, code, "Phòng A" if code == "04" else "") for code in STEPS[1:]] + [(second, "02", WHY)]
    await eventually(lambda: len(leg.told()) == len(wanted), 30)
    assert sorted(wanted) == leg.told()


@pytest.mark.parametrize("leg", short(LEGS, 2), indirect=True)
async def test_each_step_of_the_folder_reaches_the_software(leg: Leg) -> None:
    for code in STEPS:
        document = await leg.letter(code)
        leg.drops(an_answer(document, code, leg.mine, description=WHY), f"tra-loi-{code}")
    await eventually(lambda: len(leg.heard()) == len(STEPS), 30)
    assert [(f"{code}/UBND-VX", code, WHY) for code in STEPS] == leg.heard()


@pytest.mark.parametrize("code", ["15", "16"])
@pytest.mark.parametrize("leg", short(LEGS, 2), indirect=True)
async def test_what_the_folder_asks_back_the_software_gives_or_keeps(leg: Leg, code: str) -> None:
    document, clerk = a_document("1/CV", leg.mine, (leg.theirs,)), leg.office.clerk
    leg.drops(document, "1")
    await leg.register(1)
    leg.drops(asking(document, leg.theirs), "thu-hoi")
    await leg.register(2)
    assert "Ban hành nhầm" in str(leg.office.records.incoming()[1])
    await (clerk.agree(2) if code == "15" else clerk.decline(2, WHY))
    await eventually(leg.told, 30)
    assert [("1/CV", code, "" if code == "15" else WHY)] == leg.told()


@pytest.mark.parametrize("code", ["15", "16"])
@pytest.mark.parametrize("leg", short(LEGS, 2), indirect=True)
async def test_what_the_software_asks_back_the_folder_gives_or_keeps(leg: Leg, code: str) -> None:
    document = await leg.letter("1")
    await leg.office.clerk.take_back(1, "Gửi nhầm")
    await eventually(leg.told, 30)
    assert [("1/UBND-VX", "13", "Gửi nhầm")] == leg.told()
    leg.drops(an_answer(document, code, leg.mine, description=WHY), "tra-loi")
    await eventually(leg.heard, 30)
    assert [("1/UBND-VX", code, WHY)] == leg.heard()
