"""What a clerk's folder waits for, puts back, names and warns of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub import VIETNAM
from hub.testing import eventually
from plugins.folderdrop.clerk import cases, names
from plugins.folderdrop.clerk.cases import Stage
from plugins.folderdrop.clerk.hours import after_a_working_day
from tests.plugins.clerk import Office, quiet
from tests.plugins.clerk_desk import Day


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def local(text: str) -> datetime:
    """A time in November 2026, when the 23rd is a Monday."""
    return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("since", "due"),
    [
        ("23 09:00", "24 09:00"),
        ("23 07:00", "23 17:00"),
        ("20 15:00", "23 15:00"),
        ("20 17:00", "23 17:00"),
        ("20 22:00", "23 17:00"),
        ("21 10:00", "23 17:00"),
        ("22 23:59", "23 17:00"),
        ("23 05:00", "23 17:00"),
        ("26 16:59", "27 16:59"),
    ],
)
def test_a_working_day_holds_over_a_week_end(since: str, due: str) -> None:
    began, end = local(since), local(due)
    assert not after_a_working_day(began.astimezone(UTC), end - timedelta(seconds=1))
    assert after_a_working_day(began, end.astimezone(UTC))


def test_a_refusal_without_a_reason_goes_back_after_a_working_day(tmp_path: Path) -> None:
    """Seen on Monday at 8:00; the hub is started anew meanwhile, and sleeps over the night."""
    day = Day(tmp_path)
    folder = day.folders[0]
    day.do("move", "2-tu-choi", 0)
    day.wait(60)
    assert (day.folders[0] / "ly-do.txt").exists()
    day.clock.passed += 9 * 3600
    day.do("restart", "", 0)
    day.look()
    assert day.folders[0].parent.name == "2-tu-choi"
    day.clock.passed += 14.9 * 3600
    day.look()
    assert day.folders[0].parent.name == "2-tu-choi"
    day.clock.passed += 0.2 * 3600
    day.look()
    assert day.folders == [folder]
    assert "1-moi-den" in (folder / "GHI-CHU.txt").read_text("utf-8-sig")
    assert day.told == ["01"]

    day.do("move", "2-tu-choi", 0)
    day.wait(7200)
    assert day.folders[0].parent.name == "2-tu-choi", "a second try waits its own day"
    assert "phải có lý do" in (day.folders[0] / "GHI-CHU.txt").read_text("utf-8-sig")
    day.do("reason", "", 0)
    day.wait(700)
    assert day.told == ["01", "02"]


def test_a_refusal_of_what_was_accepted_goes_back_to_the_accepted(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.do("move", "3-da-tiep-nhan", 0)
    day.wait(700)
    day.do("move", "2-tu-choi", 0)
    day.wait(60)
    day.wait(30 * 3600)
    assert day.folders[0].parent.name == "3-da-tiep-nhan"
    assert day.told == ["01", "03"]


def test_a_grace_is_not_doubled_by_restarts(tmp_path: Path) -> None:
    day = Day(tmp_path)
    began = day.clock.now()
    day.do("move", "3-da-tiep-nhan", 0)
    day.look()
    for _restart in range(3):
        day.clock.passed += 35
        day.do("restart", "", 0)
        day.look()
    assert day.told == ["01"]
    day.clock.passed += 15
    day.look()
    assert day.told == ["01", "03"]
    [case] = (cases.read(path.read_bytes()) for path in (tmp_path / "state").glob("clerk/*.json"))
    assert case.said[-1].at == began.isoformat(timespec="seconds")
    assert case.awaited is None


def test_what_is_taken_back_while_the_hub_is_away_is_never_told(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.do("move", "3-da-tiep-nhan", 0)
    day.look()
    day.do("move", "1-moi-den", 0)
    day.clock.passed += 3600
    day.do("restart", "", 0)
    day.wait(10)
    day.do("move", "3-da-tiep-nhan", 0)
    day.wait(100)
    assert day.told == ["01"], "the grace begins anew"
    day.wait(100)
    assert day.told == ["01", "03"]


def test_a_clock_that_was_set_back_makes_nobody_wait_for_ever(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.do("move", "3-da-tiep-nhan", 0)
    day.look()
    day.clock.passed -= 24 * 3600
    day.do("restart", "", 0)
    day.look()
    day.wait(130)
    assert day.told == ["01", "03"]


def test_many_at_once_wait_longer_over_a_restart_too(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.receive(range(2, 23))
    for folder in day.folders:
        folder.rename(day.office.stage("3-da-tiep-nhan") / folder.name)
    day.look()
    day.clock.passed += 300
    day.do("restart", "", 0)
    day.look()
    assert "03" not in day.told
    day.wait(400)
    assert day.told.count("03") == 22


def test_one_of_too_many_stays_one_over_a_restart(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.receive(range(2, 23))
    before = day.folders
    for folder in before:
        folder.rename(day.office.stage("3-da-tiep-nhan") / folder.name)
    day.look()
    for folder in before[1:]:
        (day.office.stage("3-da-tiep-nhan") / folder.name).rename(folder)
    day.look()
    day.do("restart", "", 0)
    day.wait(500)
    assert "03" not in day.told
    day.wait(110)
    assert day.told.count("03") == 1


def test_a_copy_with_two_people_is_told_of_each_once(tmp_path: Path) -> None:
    day = Day(tmp_path)
    for person in ("An", "Bình"):
        (day.office.stage("4-phan-cong") / person).mkdir()
    day.do("move", "4-phan-cong/An", 0)
    day.look()
    day.do("copy", "4-phan-cong/Bình", 0)
    for _while in range(8):
        day.wait(300)
    assert [staff for _delivery, code, staff in day.heard if code == "04"] == ["An", "Bình"]
    assert [folder.parent.name for folder in day.folders] == ["Bình"]


def test_a_file_moved_alone_into_a_reserved_folder_goes_back_into_its_own(tmp_path: Path) -> None:
    """Also while its own lies outside the stages."""
    day = Day(tmp_path)
    (day.office.share / "Cá nhân").mkdir()
    own = day.folders[0].rename(day.office.share / "Cá nhân" / day.folders[0].name)
    day.look()
    day.office.stage("7-dong-y-thu-hoi").mkdir()
    (own / "211.pdf").rename(day.office.stage("7-dong-y-thu-hoi") / "211.pdf")
    day.wait(10)
    assert (own / "211.pdf").exists()
    assert day.told == ["01"]


def test_a_case_of_an_earlier_version_is_read() -> None:
    old = """{"delivery": "d1", "digest": "00", "size": 1, "tail": "7K3", "folder": "211-GM-SNV ~7K3",
    "code": "211/GM-SNV", "sender": "Sở Nội vụ", "subject": "V/v", "urgency": 0,
    "received_at": "2026-11-23T01:00:00+00:00",
    "files": [{"name": "a.pdf", "full_name": "a.pdf", "size": 3, "digest": "00"}],
    "stage": 3, "person": "", "said": [{"code": "01", "at": "2026-11-23T01:00:00+00:00", "description": "x",
    "staff": "", "told": true, "refused": ""}], "placed": true, "restored": false, "gone": false}"""
    case = cases.read(old.encode())
    assert (case.stage, case.type, case.day, case.skipped, case.awaited) == (Stage.ACCEPTED, "", "", (), None)
    assert case.said[0].email == ""
    assert cases.read(cases.written(case)) == case


@pytest.mark.parametrize(
    ("stages", "skipped"),
    [(["6-hoan-thanh"], ["04", "05"]), (["3-da-tiep-nhan", "5-dang-xu-ly", "6-hoan-thanh"], ["04"])],
)
def test_what_was_skipped_is_recorded(tmp_path: Path, stages: list[str], skipped: list[str]) -> None:
    day = Day(tmp_path)
    for stage in stages:
        day.do("move", stage, 0)
        day.wait(700)
    assert day.case().get("skipped") == skipped


@pytest.mark.parametrize("stage", ["7-dong-y-thu-hoi", "8-khong-dong-y-thu-hoi", "8. Không đồng ý"])
async def test_an_answer_to_a_recall_is_neither_told_nor_lost(office: Office, stage: str) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        moved = office.move(folder, stage)
        await eventually((folder / "GHI-CHU.txt").exists)
        assert not moved.exists()
        assert "Nơi gửi không yêu cầu thu hồi văn bản này" in (folder / "GHI-CHU.txt").read_text("utf-8-sig")
        file = folder / "211.pdf"
        await eventually(lambda: not moved.parent.exists())
        moved.parent.mkdir()
        file.rename(moved.parent / "211.pdf")
        await eventually(file.exists)
        await eventually(lambda: not moved.parent.exists())
        moved.parent.mkdir()
        shutil.copytree(folder, moved)
        await eventually(lambda: not moved.exists())
        assert folder.exists()
        finished = office.move(folder, "6-hoan-thanh")
        await eventually(office.heard("03", "06"))
        await eventually(lambda: not finished.exists())
        [rolled] = office.stage("6-hoan-thanh").glob("*/211*")
        office.move(rolled, stage)
        await eventually(lambda: not moved.exists())
        await eventually(rolled.exists)
    assert ["03", "06"] == office.sender.codes


async def test_the_folders_of_the_contract_are_there(office: Office) -> None:
    async with office.listening():
        await eventually(office.stage("6-hoan-thanh").exists)
        await eventually((office.share / "thu-hoi").exists)
        inside = sorted(path.name for path in office.stage("").iterdir())
    assert inside == sorted(names.STAGES.values())


async def test_folders_are_made_with_diacritics_where_that_is_asked(office: Office) -> None:
    async with office.listening(names="co-dau") as connector:
        receipt = await connector.send(office.delivery())
        await eventually(lambda: office.sender.heard)
        incoming = office.share / "Văn bản đến"
        assert sorted(path.name for path in incoming.iterdir()) == sorted(names.ACCENTED.stages.values())
        assert (
            "<code>3. Đã tiếp nhận</code>" in (incoming / "1. Mới đến" / receipt.reference / "phieu.html").read_text()
        )
        accepted = incoming / "3. Đã tiếp nhận" / receipt.reference
        (incoming / "1. Mới đến" / receipt.reference).rename(accepted)
        await eventually(office.heard("03"))
        accepted.rename(incoming / "1. Mới đến" / receipt.reference)
        await eventually((accepted / "GHI-CHU.txt").exists)
        assert "đưa về 3. Đã tiếp nhận" in (accepted / "GHI-CHU.txt").read_text("utf-8-sig")
        assert "3. Đã tiếp nhận" in (office.share / "HUONG-DAN.html").read_text("utf-8")
        assert "3-da-tiep-nhan" not in (office.share / "HUONG-DAN.html").read_text("utf-8")
        assert not office.stage("").exists()


async def test_stages_that_a_unit_does_not_give_are_not_there(office: Office) -> None:
    async with office.listening(codes=["02", "03", "06"]) as connector:
        folder = await office.received(connector)
        inside = sorted(path.name for path in office.stage("").iterdir())
        assert inside == ["1-moi-den", "2-tu-choi", "3-da-tiep-nhan", "6-hoan-thanh"]
        moved = office.move(folder, "3-da-tiep-nhan")
        await eventually(lambda: "<code>6-hoan-thanh</code>" in (moved / "phieu.html").read_text("utf-8"))
        assert "5-dang-xu-ly" not in (moved / "phieu.html").read_text("utf-8")
        # Who makes one all the same is understood.
        office.move(moved, "5-dang-xu-ly")
        await eventually(office.heard("03", "05"))


async def test_another_spelling_later_makes_nothing_twice(office: Office) -> None:
    async with office.listening() as connector:
        await office.received(connector)
        await eventually((office.share / "gui-di" / "MAU-PHIEU-GUI.txt").exists)
    async with office.listening(names="co-dau"):
        await quiet(0.3)
    made = sorted(names.folded(path.name) for path in office.share.iterdir() if path.is_dir())
    assert made == ["da gui", "gui di", "hub", "thu hoi", "tra lai", "van ban den"]
    assert len(list(office.stage("").iterdir())) == 6


def test_only_folders_are_spelt_anew_on_a_page() -> None:
    page = "<h2>van-ban-den</h2><b>van-ban-den.pdf 1-moi-den</b> <code>van-ban-den\\1-moi-den</code>"
    assert names.respelt(page, names.PLAIN) == page
    assert names.respelt(page, names.ACCENTED) == (
        "<h2>Văn bản đến</h2><b>van-ban-den.pdf 1-moi-den</b> <code>Văn bản đến\\1. Mới đến</code>"
    )


def test_each_spelling_names_the_same_folders() -> None:
    plain, accented = names.PLAIN, names.ACCENTED
    every: list[Callable[[names.Folders], str]] = [
        lambda each: each.incoming,
        lambda each: each.agree,
        lambda each: each.disagree,
        lambda each: each.outgoing,
        lambda each: each.sent,
        lambda each: each.returned,
        lambda each: each.recall,
        lambda each: each.many,
    ]
    for name in every:
        assert names.folded(name(plain)) == names.folded(name(accented))
    for stage in Stage:
        assert names.stage_of({**accented.stages, **accented.answers}[stage]) is stage


async def test_a_person_s_address_comes_from_the_unit_s_list(office: Office) -> None:
    office.staff = {"Nguyễn Thị Hạnh": "hanh@binhson.example"}
    async with office.listening() as connector:
        folder = await office.received(connector)
        moved = office.move(folder, "4-phan-cong/nguyen thi hanh")
        await eventually(office.heard("03", "04"))
        office.move(moved, "4-phan-cong/Trần Văn Lợi")
        await eventually(office.heard("03", "04", "04"))
    [known, unknown] = (said.staff for _key, said in office.sender.heard[-2:])
    assert ("nguyen thi hanh", "hanh@binhson.example") == (known.staff, known.email)
    assert ("Trần Văn Lợi", "") == (unknown.staff, unknown.email)


async def test_two_folders_of_one_meaning_are_both_watched_and_named(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        assert (await connector.check()).detail == ""
        office.move(folder, "3. Đã tiếp nhận")
        await eventually(office.heard("03"))
        health = await connector.check()
    assert health.ok
    assert "van-ban-den/3. Đã tiếp nhận" in health.detail


@pytest.mark.parametrize(
    ("name", "content", "program"),
    [
        (".tmp.driveupload", None, "Google Drive"),
        ("desktop.ini", b"[.ShellClassInfo]\r\nIconResource=C:\\Program Files\\OneDrive\\OneDrive.exe", "OneDrive"),
        ("Desktop.ini", "[.ShellClassInfo]\r\nInfoTip=OneDrive".encode("utf-16"), "OneDrive"),
        ("desktop.ini", b"[.ShellClassInfo]\r\nIconResource=folder.ico", ""),
    ],
)
async def test_a_synced_share_is_not_well(office: Office, name: str, content: bytes | None, program: str) -> None:
    async with office.listening() as connector:
        await eventually((office.share / "theo-doi.html").exists)
        if content is None:
            (office.share / name).mkdir()
        else:
            (office.share / name).write_bytes(content)
        await quiet(0.2)
        health = await connector.check()
        assert health.ok is not bool(program)
        assert program in health.detail
        receipt = await connector.send(office.delivery())
        assert (office.stage("1-moi-den") / receipt.reference).exists(), "documents are placed all the same"


def _filed(day: Day) -> Path:
    """A document that is finished, put away, and lies in its month, which was looked at often enough."""
    day.do("move", "6-hoan-thanh", 0)
    day.wait(700)
    for _look in range(3):
        day.wait(60)
    return day.folders[0]


def test_a_document_that_comes_into_a_month_bit_by_bit_is_seen(tmp_path: Path) -> None:
    day = Day(tmp_path)
    filed = _filed(day)
    day.receive([2])
    coming = next(folder for folder in day.folders if folder.parent.name == "1-moi-den")
    target = filed.parent / coming.name
    target.mkdir()
    day.wait(60)
    for file in sorted(coming.iterdir(), reverse=True):
        shutil.copy(file, target)
        day.wait(20)
    shutil.rmtree(coming)
    day.wait(700)
    assert day.told == ["01", "03", "06", "01", "03", "06"]
    assert sorted(day.folders) == sorted([filed, target])


def test_a_copy_of_a_finished_document_in_another_month_goes(tmp_path: Path) -> None:
    day = Day(tmp_path)
    filed = _filed(day)
    other = filed.parent.with_name("2026-01") / filed.name
    shutil.copytree(filed, other)
    day.wait(700)
    assert day.folders in ([filed], [other])


def test_a_finished_document_is_put_back_from_its_month_after_a_restart(tmp_path: Path) -> None:
    day = Day(tmp_path)
    filed = _filed(day)
    day.do("restart", "", 0)
    day.wait(60)
    filed.rename(day.office.stage("3-da-tiep-nhan") / filed.name)
    day.wait(60)
    assert day.folders == [filed]


def _known(office: Office) -> list[Path]:
    return sorted((office.home / "state" / "clerk").glob("*.json"))


async def test_a_requeued_document_whose_folder_a_crash_left_unnoted_is_not_placed_again(office: Office) -> None:
    """The case is kept, the folder is in place, the receipt is lost; then somebody requeues the dead letter."""
    delivery = office.delivery()
    async with office.connector() as connector:
        receipt = await connector.send(delivery)
        [state] = _known(office)
        known = json.loads(state.read_text())
    state.write_text(json.dumps(known | {"said": [], "placed": False}))
    assert delivery.attempt == 1, "a requeued delivery counts its attempts anew"
    async with office.connector() as connector:
        assert receipt == await connector.send(delivery)
        assert len(list(office.stage("1-moi-den").iterdir())) == 1
