"""A clerk moves folders, rightly and wrongly; the sender hears what is meant, and that once."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from hub.testing import eventually
from tests.plugins.clerk import Office, quiet
from tests.plugins.clerk_desk import Day


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def test_three_is_accepted_with_the_number_of_the_register(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        office.move(folder, "3-da-tiep-nhan", f"1254 - {folder.name}")
        await eventually(office.heard("03"))
    said = office.sender.heard[-1][1]
    assert said.description.startswith("Số đến 1254 ngày ")
    assert said.sender.id == "000.00.31.H48"


async def test_the_hub_gives_01_unless_it_is_told_not_to(office: Office) -> None:
    async with office.listening(arrived="never") as connector:
        receipt = await connector.send(office.delivery())
        folder = office.stage("1-moi-den") / receipt.reference
        accepted = office.move(folder, "3-da-tiep-nhan")
        await eventually(office.heard("03"))
        assert ["03"] == [said.status for _, said in office.sender.heard]
        back = office.move(accepted, "1-moi-den")
        await eventually(lambda: not back.exists())
    async with office.listening() as connector:
        await office.received(connector, 2)
    assert ("01", "Trục liên thông tỉnh ghi nhận văn bản đã đến thư mục của đơn vị") == (
        office.sender.heard[-1][1].status,
        office.sender.heard[-1][1].description,
    )


async def test_any_spelling_of_a_stage_is_the_stage(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        office.stage("3-da-tiep-nhan").rename(office.stage("3. Đã tiếp nhận"))
        await quiet(0.1)
        office.move(folder, "3. Đã tiếp nhận")
        await eventually(office.heard("03"))
        assert not office.stage("3-da-tiep-nhan").exists()


async def test_a_move_taken_back_in_time_is_never_told(office: Office) -> None:
    async with office.listening(grace="1500ms") as connector:
        folder = await office.received(connector)
        moved = office.move(folder, "3-da-tiep-nhan")
        await quiet(0.2)
        moved.rename(folder)
        await quiet(1.8)
    assert [] == office.sender.codes
    assert folder.exists()


async def test_straight_to_six_says_03_and_06_at_one_time(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        (folder / "ket-qua.txt").write_text("Đã trả lời tại văn bản số 88/UBND", "utf-8")
        office.move(folder, "6-hoan-thanh")
        await eventually(office.heard("03", "06"))
        [accepted, finished] = [said for _, said in office.sender.heard[1:]]
        assert accepted.at == finished.at
        assert "Đã trả lời tại văn bản số 88/UBND" == finished.description
        await eventually(lambda: len(list(office.stage("6-hoan-thanh").glob("????-??/211*"))) == 1)


async def test_a_person_s_folder_assigns(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        (office.stage("4-phan-cong") / "Nguyễn Văn An").mkdir()
        moved = office.move(folder, "4-phan-cong/Nguyễn Văn An")
        await eventually(office.heard("03", "04"))
        assert "Nguyễn Văn An" == office.sender.heard[-1][1].staff.staff
        (office.stage("4-phan-cong") / "Lê Thị Bình").mkdir()
        moved = office.move(moved, "4-phan-cong/Lê Thị Bình")
        await eventually(office.heard("03", "04", "04"))
        office.move(moved, "5-dang-xu-ly")
        await eventually(office.heard("03", "04", "04", "05"))


async def test_a_document_that_goes_back_to_an_earlier_person_is_told_again(office: Office) -> None:
    async with office.listening() as connector:
        moved = await office.received(connector)
        heard = ["03"]
        for person in ("An", "Bình", "An"):
            (office.stage("4-phan-cong") / person).mkdir(exist_ok=True)
            await quiet(1.1)  # an answer has a second of its own
            moved = office.move(moved, f"4-phan-cong/{person}")
            heard.append("04")
            await eventually(office.heard(*heard))
    assert ["An", "Bình", "An"] == [said.staff.staff for _, said in office.sender.heard if said.status == "04"]


async def test_a_person_s_name_in_an_old_code_page_harms_nobody(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        name = os.fsdecode(b"Nguy\xd4n V\xa8n An")
        moved = office.move(folder, f"4-phan-cong/{name}")
        await eventually(office.heard("03", "04"))
        assert "Nguy?n V?n An" == office.sender.heard[-1][1].staff.staff
        office.move(moved, "1-moi-den")
        await eventually((moved / "GHI-CHU.txt").exists)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
async def test_a_refusal_waits_for_its_reason(office: Office, encoding: str) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        moved = office.move(folder, "2-tu-choi")
        reason = moved / "ly-do.txt"
        await eventually(reason.exists)
        await quiet(0.5)
        assert [] == office.sender.codes
        assert "phải có lý do" in (moved / "GHI-CHU.txt").read_text("utf-8-sig")
        text = "Giay moi ghi sai ten don vi" if encoding == "cp1258" else "Giấy mời ghi sai tên đơn vị"
        reason.write_bytes(reason.read_bytes() + text.encode() if encoding == "utf-8" else text.encode(encoding))
        await eventually(office.heard("02"))
        assert text == office.sender.heard[-1][1].description
        assert not (moved / "GHI-CHU.txt").exists()
        assert reason.exists()


async def test_nothing_asks_for_a_reason_once_it_is_no_refusal(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        moved = office.move(folder, "2-tu-choi")
        await eventually((moved / "ly-do.txt").exists)
        (moved / "GHI-CHU.txt").write_text("Của văn thư", "utf-8")
        accepted = office.move(moved, "3-da-tiep-nhan")
        await eventually(office.heard("03"))
        assert not (accepted / "ly-do.txt").exists()
        assert (accepted / "GHI-CHU.txt").read_text("utf-8") == "Của văn thư"


async def test_what_was_accepted_can_be_refused_but_what_was_refused_stays_so(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        moved = office.move(folder, "3-da-tiep-nhan")
        await eventually(office.heard("03"))
        (moved / "ly-do.txt").write_text("Văn bản không thuộc thẩm quyền", "utf-8")
        refused = office.move(moved, "2-tu-choi")
        await eventually(office.heard("03", "02"))
        office.move(refused, "5-dang-xu-ly")
        await eventually((refused / "GHI-CHU.txt").exists)
        assert "Từ chối tiếp nhận" in (refused / "GHI-CHU.txt").read_text("utf-8-sig")
    assert ["03", "02"] == office.sender.codes


async def test_what_was_told_is_not_taken_back(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        moved = office.move(folder, "3-da-tiep-nhan")
        await eventually(office.heard("03"))
        moved.rename(folder)
        await eventually((moved / "GHI-CHU.txt").exists)
        assert "Đã tiếp nhận" in (moved / "GHI-CHU.txt").read_text("utf-8-sig")
        await quiet(0.4)
    assert ["03"] == office.sender.codes
    assert not folder.exists()


def test_the_note_says_when_the_sender_was_told_not_when_the_folder_was_dragged(tmp_path: Path) -> None:
    day = Day(tmp_path)
    [folder] = day.folders
    moved = folder.rename(day.office.stage("3-da-tiep-nhan") / folder.name)
    day.look()
    day.wait(120)
    assert day.told == ["01", "03"]
    moved.rename(folder)
    day.wait(4)
    assert '"Đã tiếp nhận" lúc 08:02 ngày 23/11/2026' in (moved / "GHI-CHU.txt").read_text("utf-8-sig")
    [said] = [each for each in day.case()["said"] if each["code"] == "03"]
    assert said["at"].startswith("2026-11-23T01:00")


async def test_the_sheet_says_what_was_told(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        moved = office.move(folder, "3-da-tiep-nhan", f"1254 {folder.name}")
        await eventually(lambda: "Đã báo nơi gửi" in (moved / "phieu.html").read_text("utf-8"))
        sheet = (moved / "phieu.html").read_text("utf-8")
        assert re.search(r"Đã tiếp nhận \d\d:\d\d ngày [\d/]{10}: Số đến 1254 ngày ", sheet)
        assert "3-da-tiep-nhan" not in sheet
        (moved / "ket-qua.txt").write_text("Đã trả lời <b>88/UBND</b>", "utf-8")
        office.move(moved, "6-hoan-thanh")
        await eventually(office.heard("03", "06"))
        [month] = await _in_month(office)
        sheet = (month / "phieu.html").read_text("utf-8")
        assert "Đã trả lời &lt;b&gt;88/UBND" in sheet
        assert "không cần kéo đi đâu nữa" in sheet
        assert "2-tu-choi" not in sheet


@pytest.mark.parametrize("stage", ["3-da-tiep-nhan", "6-hoan-thanh"])
def test_a_sheet_that_a_death_kept_from_being_written_is_written_after_it(tmp_path: Path, stage: str) -> None:
    day = Day(tmp_path)
    [folder] = day.folders
    moved = folder.rename(day.office.stage(stage) / folder.name)
    day.look()
    day.clock.passed += 121
    day.desk.look()
    day.tell()
    assert "Đã báo nơi gửi" not in (moved / "phieu.html").read_text("utf-8")
    day.restart()
    day.look()
    [folder] = day.folders
    assert "Đã tiếp nhận 08:02 ngày 23/11/2026" in (folder / "phieu.html").read_text("utf-8")


async def test_a_sheet_that_cannot_be_written_holds_nothing_up(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        (folder / "phieu.html").unlink()
        (folder / "phieu.html").mkdir()
        moved = office.move(folder, "3-da-tiep-nhan")
        await eventually(office.heard("03"))
        await quiet(0.2)
        (moved / "phieu.html").rmdir()
        await eventually((moved / "phieu.html").exists)
        (moved / "phieu.html").unlink()
        (moved / "phieu.html").mkdir()
        office.move(moved, "6-hoan-thanh")
        await eventually(office.heard("03", "06"))
        await _in_month(office)
        assert (await connector.check()).ok


async def _in_month(office: Office) -> list[Path]:
    await eventually(lambda: any(office.stage("6-hoan-thanh").glob("????-??/*211*")))
    return list(office.stage("6-hoan-thanh").glob("????-??/*211*"))


def test_notes_that_hold_no_more_go_with_the_next_answer_a_clerk_s_own_stays(tmp_path: Path) -> None:
    day = Day(tmp_path)
    [folder] = day.folders
    moved = folder.rename(day.office.stage("3-da-tiep-nhan") / folder.name)
    day.wait(200)
    moved.rename(folder)
    day.wait(4)
    note = (moved / "GHI-CHU.txt").read_bytes()
    again = moved.rename(day.office.stage("5-dang-xu-ly") / folder.name)
    day.wait(200)
    assert day.told == ["01", "03", "05"]
    assert not (again / "GHI-CHU.txt").exists()
    (again / "GHI-CHU.txt").write_bytes(note + b"Da goi chi Hanh.\r\n")
    done = again.rename(day.office.stage("6-hoan-thanh") / folder.name)
    day.wait(200)
    assert day.told == ["01", "03", "05", "06"]
    assert (done / "GHI-CHU.txt").exists()
    day.look()
    assert not done.exists()
    (day.folders[0]).rename(day.office.stage("5-dang-xu-ly") / folder.name)
    day.wait(4)
    assert day.folders == [day.office.stage("6-hoan-thanh") / "2026-11" / folder.name]
    assert "đưa về 6-hoan-thanh\\2026-11." in (day.folders[0] / "GHI-CHU.txt").read_text("utf-8-sig")


def test_the_board_says_when_the_sender_is_told_and_that_no_result_goes_along(tmp_path: Path) -> None:
    day, board = Day(tmp_path), tmp_path / "shares" / "xa-binh-son" / "theo-doi.html"
    [folder] = day.folders
    moved = folder.rename(day.office.stage("6-hoan-thanh") / folder.name)
    day.look()
    assert "sẽ báo nơi gửi lúc 08:02 ngày 23/11/2026. Không kèm kết quả" in board.read_text("utf-8")
    (moved / "ket-qua.txt").write_text("Trả lời tại 88/UBND", "utf-8")
    day.look()
    assert "Không kèm kết quả" not in board.read_text("utf-8")


async def test_a_short_wait_is_told_to_the_second(office: Office) -> None:
    board = office.share / "theo-doi.html"
    async with office.listening(grace="60s") as connector:
        office.move(await office.received(connector), "3-da-tiep-nhan")
        await eventually(lambda: board.exists() and "sẽ báo nơi gửi" in board.read_text("utf-8"))
        assert re.search(r"sẽ báo nơi gửi lúc \d\d:\d\d:\d\d ngày", board.read_text("utf-8"))


async def test_a_copy_counts_when_it_is_whole_and_the_leftover_goes(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        target = office.stage("3-da-tiep-nhan") / folder.name
        target.mkdir()
        shutil.copy(folder / ".lt-id", target)
        await quiet()
        assert [] == office.sender.codes
        assert folder.exists()
        shutil.copytree(folder, target, dirs_exist_ok=True)
        await eventually(office.heard("03"))
        await eventually(lambda: not folder.exists())
        assert target.exists()


async def test_a_copy_with_something_of_the_clerk_s_is_kept(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        (folder / "but-phe.txt").write_text("của chánh văn phòng")
        target = office.stage("3-da-tiep-nhan") / folder.name
        shutil.copytree(folder, target)
        (target / "but-phe.txt").unlink()
        await eventually(office.heard("03"))
        await eventually((folder / "GHI-CHU.txt").exists)
        await quiet()
        assert (folder / "but-phe.txt").exists()


async def test_a_pdf_moved_alone_is_the_gesture_on_the_whole_document(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        other = await office.received(connector, 2)
        (folder / "211.pdf").rename(office.stage("3-da-tiep-nhan") / "211.pdf")
        await eventually(office.heard("03"))
        assert (office.stage("3-da-tiep-nhan") / folder.name / "211.pdf").exists()
        assert not (office.stage("3-da-tiep-nhan") / "211.pdf").exists()
        assert other.exists()


async def test_a_pdf_moved_alone_to_a_person_assigns_the_whole_document(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        person = office.stage("4-phan-cong") / "An"
        person.mkdir()
        (folder / "211.pdf").rename(person / "211.pdf")
        await eventually(office.heard("03", "04"))
        assert "An" == office.sender.heard[-1][1].staff.staff
        assert [folder.name] == [path.name for path in person.iterdir()]
        assert (person / folder.name / "211.pdf").exists()


async def test_a_file_that_belongs_to_two_documents_says_nothing(office: Office) -> None:
    async with office.listening() as connector:
        shared = {"phu-luc.pdf": b"%PDF-1.4 chung"}
        folder = await office.received(connector, 1, files=shared)
        await office.received(connector, 2, files=shared)
        alone = office.stage("3-da-tiep-nhan") / "phu-luc.pdf"
        (folder / "phu-luc.pdf").rename(alone)
        (office.stage("3-da-tiep-nhan") / "cua-toi.docx").write_bytes(b"PK")
        await quiet()
        assert [] == office.sender.codes
        assert alone.exists()


@pytest.mark.parametrize("lost", [[".lt-id"], [".lt-id", "thong-tin.yaml"]])
async def test_a_renamed_folder_is_known_by_what_it_holds(office: Office, lost: list[str]) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        for name in lost:
            (folder / name).unlink()
        office.move(folder, "3-da-tiep-nhan", "CV khẩn anh Nam")
        await eventually(office.heard("03"))
        assert "" == office.sender.heard[-1][1].description


async def test_a_deleted_folder_comes_back_once(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        original = (folder / "211.pdf").read_bytes()
        shutil.rmtree(folder)
        await eventually((folder / "GHI-CHU.txt").exists)
        assert original == (folder / "211.pdf").read_bytes()
        shutil.rmtree(folder)
        await quiet()
        assert not folder.exists()
        assert [] == office.sender.codes
        assert "đã bị xóa" in (office.share / "theo-doi.html").read_text("utf-8")


async def test_a_folder_carried_off_the_stages_is_not_gone(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        (office.share / "Của tôi").mkdir()
        folder.rename(office.share / "Của tôi" / folder.name)
        await quiet()
        assert not folder.exists()
        assert [] == office.sender.codes


async def test_a_person_s_own_folder_inside_a_stage_is_part_of_it(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        moved = office.move(folder, "3-da-tiep-nhan")
        await eventually(office.heard("03"))
        (office.stage("3-da-tiep-nhan") / "Tháng 11" / "Khẩn").mkdir(parents=True)
        office.move(moved, "3-da-tiep-nhan/Tháng 11/Khẩn")
        await quiet()
        assert ["03"] == office.sender.codes
        assert not folder.exists()
        assert not moved.exists()


async def test_what_was_finished_is_put_back_from_the_month_it_lay_in(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        office.move(folder, "6-hoan-thanh")
        months = office.stage("6-hoan-thanh")
        await eventually(lambda: len(list(months.glob("????-??/211*"))) == 1)
        await quiet(0.2)
        [lying] = months.glob("????-??/211*")
        office.move(lying, "5-dang-xu-ly")
        await eventually(lambda: list(months.glob("????-??/211*/GHI-CHU.txt")))
    assert ["03", "06"] == office.sender.codes


async def test_many_at_once_wait_longer_and_are_noted(office: Office) -> None:
    async with office.listening(grace="1s", grace_refusal="6s") as connector:
        folders = [await office.received(connector, number) for number in range(1, 22)]
        for folder in folders:
            office.move(folder, "3-da-tiep-nhan")
        note = office.stage("3-da-tiep-nhan") / "GHI-CHU.txt"
        await eventually(note.exists)
        assert note.read_text("utf-8-sig").startswith("21 văn bản vừa được chuyển sang 3-da-tiep-nhan")
        await quiet(1.5)
        assert [] == office.sender.codes
        await eventually(lambda: office.sender.codes == ["03"] * 21, within=20)


async def test_an_answer_that_a_crash_kept_from_the_hub_is_given_with_the_same_bytes(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        office.move(folder, "5-dang-xu-ly")
        await eventually(office.heard("03", "05"))
    [state] = (office.home / "state" / "clerk").glob("*.json")
    state.write_text(state.read_text().replace('"told": true', '"told": false'))
    first = list(office.sender.offered)
    async with office.listening():
        await eventually(lambda: len(office.sender.offered) == 6)
        await quiet(0.2)
    assert first * 2 == office.sender.offered


async def test_a_refusal_is_on_the_board_while_its_reason_is_missing(office: Office) -> None:
    board = office.share / "theo-doi.html"
    async with office.listening(grace_refusal="1h") as connector:
        folder = await office.received(connector)
        await eventually(board.exists)
        moved = office.move(folder, "2-tu-choi")
        await eventually(lambda: "chưa có lý do trong ly-do.txt" in board.read_text("utf-8"))
        (moved / "ly-do.txt").write_text("Giấy mời ghi sai tên đơn vị", "utf-8")
        await eventually(lambda: "sẽ báo nơi gửi lúc" in board.read_text("utf-8"))
    assert [] == office.sender.codes


async def test_the_board_shows_what_is_open(office: Office) -> None:
    board = office.share / "theo-doi.html"
    async with office.listening() as connector:
        await eventually(board.exists)
        assert "Không còn văn bản nào đang mở." in board.read_text("utf-8")
        folder = await office.received(connector)
        await eventually(lambda: "211/GM-SNV" in board.read_text("utf-8"))
        office.move(folder, "6-hoan-thanh")
        await eventually(lambda: "211/GM-SNV" not in board.read_text("utf-8"))
        assert (office.share / "HUONG-DAN.html").exists()


async def test_half_a_copy_says_nothing_while_something_whole_is_left(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        refused = office.move(folder, "2-tu-choi")
        half = office.stage("4-phan-cong") / folder.name
        shutil.copytree(refused, half)
        (half / "211.pdf").unlink()
        await quiet()
        assert [] == office.sender.codes
        (refused / "ly-do.txt").write_text("Giấy mời ghi sai tên đơn vị", "utf-8")
        await eventually(office.heard("02"))
        await quiet()
    assert (refused / "211.pdf").exists()
