"""The same trips over the border where the hub at the other end has the provincial REST shape."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub import keeping
from hub.cli import app
from hub.testing import RunningHub, eventually
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from tests.journeys.border import Border, from_office
from tests.journeys.clerks import a_pdf
from tests.journeys.lives import killed_and_lived
from tests.journeys.simulated import Simulated, is_over, judge, simulated, verified
from tests.journeys.test_central_directory import answers, names
from tests.journeys.test_central_killed import OURS, THEIRS, Trip

_PROFILE = "provincial-rest"
_FLAGGED = "SELECT count(*) FROM delivery WHERE possible_duplicate"


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Simulated]:
    async with simulated(tmp_path, profile=_PROFILE) as running:
        yield running


@pytest.fixture
def border(tmp_path: Path, there: Simulated) -> Border:
    return Border(tmp_path, there.settings)


@pytest.mark.parametrize("isolate", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["inside", "isolated"])
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
    [sent] = there.records(BINH_SON)
    assert ("52/TTr-UBND", GOVERNMENT_OFFICE, "done") == (sent.notation, sent.recipient, sent.status)
    assert ({"accepted": 4}, {"delivered": 4}) == verified(border)


async def test_a_list_of_recipients_outside_goes_to_each_once(border: Border, there: Simulated) -> None:
    """No header narrows a copy to its one recipient: what is inside must, or each would get all copies."""
    async with RunningHub(border.home):
        border.sends(a_document("211/GM-SNV", to=(BINH_SON, GOVERNMENT_OFFICE, "001.00.00.G22")))
        await there.taken_within(2, 30)
        await eventually(lambda: list(border.binh_son.glob("van-ban-den/1-moi-den/*/phieu.html")), 20)
    sent = Counter(each.recipient for each in there.records(HOME_AFFAIRS) if each.message_type == "edoc")
    assert {GOVERNMENT_OFFICE: 1, "001.00.00.G22": 1} == dict(sent)


async def test_agencies_come_with_their_parents(tmp_path: Path) -> None:
    async with simulated(tmp_path, 300, _PROFILE, rest_agencies="array") as there:
        border = Border(tmp_path, {**there.settings, "directory": ["getAgenciesList"]})
        async with RunningHub(border.home):
            await eventually(lambda: "getAgenciesList" in answers(border), 30)
    [said] = answers(border).values()
    assert said["rows"] >= 300
    assert not said["skipped"]
    assert "Sở Nội vụ" in " ".join(names(border, "so noi vu"))


#: those that meet no send half-way: after them everything is there once
_FAULTS = ["expired=1", "truncated@getEdoc=3"]
_MORE = [
    "html502@syncReceivedEdocList=4", "refuse@updateStatus=3",
    "html502@login=4", "empty@login=4", "expired@sendEdoc=1", "html200@syncReceivedEdocList=6", "cut@getEdoc=3",
    "keyless@syncReceivedEdocList=4", "keyless@getEdoc=3", "cut@syncReceivedEdocList=6", "lost@updateStatus=3",
    "slow=0.2", "stale=1", "duplicate", "relisted", "disordered",
]  # fmt: skip


@pytest.mark.parametrize("broken", [*_FAULTS, *(pytest.param(each, marks=pytest.mark.slow) for each in _MORE)])
async def test_whatever_the_hub_does_all_is_there_once(tmp_path: Path, there: Simulated, broken: str) -> None:
    trip = Trip(tmp_path, there)
    await trip.begin()
    there.breaks(broken)
    async with RunningHub(trip.border.home):
        await asyncio.sleep(1.0)
        if broken not in ("duplicate", "relisted", "disordered", "slow=0.2"):
            there.breaks()
        async with asyncio.timeout(60):
            while not is_over(trip.border, there):
                await trip.go_on()
    judge(trip.border, there, [each.code for each in OURS], THEIRS)


def doubled(border: Border, there: Simulated) -> None:
    """Nothing is lost; what went twice is flagged so, and nothing is twice in the unit's folder. AssertionError."""
    sent = Counter((each.message_type, each.notation, each.answer) for each in there.records(HOME_AFFAIRS))
    ours = {("edoc", each.code, "") for each in OURS}
    assert ours | {("status", code, "03") for code in THEIRS} == sent.keys()
    views = border.views()
    flagged = views.looking(lambda connection: connection.exec_driver_sql(_FLAGGED).scalar_one())
    assert keeping.verify(views, border.home / "data", lambda *_: None, []).bad == []
    views.close()
    assert len([count for count in sent.values() if count > 1]) <= flagged


@pytest.mark.parametrize(
    "broken", ["lost-answer=2", pytest.param("html502@sendEdoc=2", marks=pytest.mark.slow),
               pytest.param("no-docid=2", marks=pytest.mark.slow)]
)  # fmt: skip
async def test_what_nobody_can_tell_goes_again_and_is_flagged(tmp_path: Path, there: Simulated, broken: str) -> None:
    trip = Trip(tmp_path, there)
    await trip.begin()
    there.breaks(broken)
    async with RunningHub(trip.border.home), asyncio.timeout(60):
        # Until then the office does nothing, so that the fault meets us.
        await asyncio.sleep(1.5)
        there.breaks()
        while not is_over(trip.border, there):
            await trip.go_on()
    doubled(trip.border, there)
    assert broken != "lost-answer=2" or 8 == len(there.records(HOME_AFFAIRS))


#: the one that is on its way to the office when the hub dies may go twice; at `begun` and `noted` none is
@pytest.mark.parametrize(
    ("step", "most"),
    [
        pytest.param("central.begun", 6, marks=pytest.mark.slow),
        ("central.handed", 7),
        pytest.param("central.noted", 6, marks=pytest.mark.slow),
        pytest.param("central.fetched", 7, marks=pytest.mark.slow),
        pytest.param("central.accepted", 7, marks=pytest.mark.slow),
        pytest.param("central.confirmed", 7, marks=pytest.mark.slow),
    ],
)
async def test_a_kill_at_a_step_loses_nothing_and_doubles_only_what_was_on_its_way(
    tmp_path: Path, there: Simulated, step: str, most: int
) -> None:
    trip = Trip(tmp_path, there)
    await trip.begin()
    await killed_and_lived(tmp_path, trip.go_on, step)
    doubled(trip.border, there)
    assert 6 <= len(there.records(HOME_AFFAIRS)) <= most


def fresh(home: Path) -> Path:
    home.mkdir()
    return home


def test_hub_check_says_that_it_is_experimental_and_shows_no_secret(tmp_path: Path) -> None:
    settings = {"kind": "centralhub", "url": "https://truc.example", "systemid": "000.00.00.H48", "secret": "bi-mat"}
    ours = {"profile": _PROFILE, "username": "tinh", "password": "mat-khau", "application_code": "QLVB"}
    border = Border(fresh(tmp_path / "rest"), {**settings, **ours})
    ended = CliRunner().invoke(app, ["check", "--config", str(border.home), "--json"])
    assert "provincial-rest is experimental" in ended.stdout
    assert ended.exit_code == 0
    vxp = Border(fresh(tmp_path / "vxp"), {**settings, "username": "tinh", "password": "mat-khau"})
    refused = CliRunner().invoke(app, ["check", "--config", str(vxp.home), "--json"])
    assert "is no setting of profile: vxp" in refused.stdout
    assert refused.exit_code == 1
    assert "mat-khau" not in ended.output + refused.output
