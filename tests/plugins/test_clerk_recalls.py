"""What a sender asks of a document that came, step by step on a real folder with a clock of the test's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hub.testing import eventually
from hub.testing.samples import a_document
from hub.vocabulary import Acknowledgement, Business, BusinessInfo, Document, Replacement
from plugins.folderdrop.clerk import cases, recalls
from plugins.folderdrop.clerk.recalls import Wanted
from tests.plugins.clerk import Office
from tests.plugins.clerk_desk import Day
from tests.plugins.test_clerk_decisions import a_case

_WHY_NOT = "Đã xử lý xong và báo cáo cấp trên"
_SENDER = "000.00.14.H48"


class RecallDay(Day):
    """One document, which its sender wants back."""

    def recall(self, number: int = 1, turn: int = 0) -> str:
        """Returns the receipt."""
        delivery = self.office.recall(number, turn=turn)
        assert isinstance(delivery.envelope.body, Acknowledgement)
        receipt = self.desk.recall(delivery, delivery.envelope.body).reference
        self.look()
        return receipt

    def document(self, number: int, code: str, business: BusinessInfo) -> str:
        """A packet that asks something. Returns the receipt."""
        delivery = self.office.delivery(number, code=code, business=business)
        assert isinstance(delivery.envelope.body, Document)
        receipt = self.desk.place(delivery, delivery.envelope.body).reference
        self.look()
        return receipt

    @property
    def folder(self) -> Path:
        """The one folder of the document."""
        [folder] = self.folders
        return folder

    def notice(self, name: str = "THU-HOI.txt") -> str:
        """What lies in it."""
        return (self.folder / name).read_text("utf-8-sig")

    def answer(self, stage: str) -> None:
        """The clerk drags it, and time passes."""
        self.do("move", stage, 0)
        self.look()
        self.wait(700)
        self.wait(10)


def test_the_folders_for_the_answer_are_there_while_one_is_owed(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    seven, eight = day.office.stage("7-dong-y-thu-hoi"), day.office.stage("8-khong-dong-y-thu-hoi")
    assert not seven.exists()
    assert not eight.exists()
    day.recall()
    assert seven.exists()
    assert eight.exists()
    day.answer("7-dong-y-thu-hoi")
    assert day.told == ["01", "15"]
    assert not seven.exists()
    assert not eight.exists()


def test_the_answer_waits_as_long_as_a_refusal(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    day.recall()
    day.do("move", "7-dong-y-thu-hoi", 0)
    day.look()
    day.wait(590)
    day.restart()
    day.wait(5)
    assert day.told == ["01"]
    assert (day.folder / "211.pdf").exists()
    day.wait(30)
    assert day.told == ["01", "15"]


def test_a_file_that_people_changed_or_added_stays(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    day.place(day.office.delivery(2, {"1.pdf": b"eins", "2.pdf": b"zwei"}))
    day.look()
    [folder] = [each for each in day.folders if (each / "1.pdf").exists()]
    (folder / "2.pdf").write_bytes(b"zwo!")
    (folder / "bút phê.txt").write_text("Chuyển anh An", "utf-8")
    day.recall(2)
    folder.rename(day.office.stage("7-dong-y-thu-hoi") / folder.name)
    day.look()
    day.wait(700)
    day.wait(10)
    [home] = day.office.stage("6-hoan-thanh").glob("*/*")
    assert not (home / "1.pdf").exists()
    assert (home / "2.pdf").read_bytes() == b"zwo!"
    assert (home / "bút phê.txt").exists()


def test_the_files_stay_until_the_hub_has_the_answer(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    day.recall()
    day.do("move", "7-dong-y-thu-hoi", 0)
    for _look in range(3):
        day.clock.passed += 400
        assert day.desk.look().troubles == []
        day.desk.show()
    assert (day.folder / "211.pdf").exists()
    [(case, said)] = day.desk.untold()
    assert said.code == "15"
    day.desk.told(case, said, "Không nhận")
    day.wait(10)
    assert (day.folder / "211.pdf").exists()
    assert "Chưa báo được Đồng ý thu hồi/cập nhật: Không nhận" in (day.folder / "phieu.html").read_text("utf-8")


def test_without_a_reason_it_goes_back_after_a_working_day_and_is_still_owed(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    day.recall()
    day.do("move", "8-khong-dong-y-thu-hoi", 0)
    day.wait(4)
    assert "không đồng ý thu hồi" in (day.folder / "ly-do.txt").read_text("utf-8-sig")
    day.wait(26 * 3600)
    assert day.folder.parent == day.office.stage("1-moi-den")
    assert "chưa có lý do không đồng ý thu hồi" in (day.folder / "GHI-CHU.txt").read_text("utf-8-sig")
    assert day.office.stage("7-dong-y-thu-hoi").exists()
    assert day.told == ["01"]


def test_the_reason_of_a_refusal_is_none_for_a_recall(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    day.do("reason", "", 0)
    day.answer("2-tu-choi")
    assert day.told == ["01", "02"]
    day.recall()
    day.answer("8-khong-dong-y-thu-hoi")
    assert day.told == ["01", "02"]
    (day.folder / "ly-do.txt").write_text(_WHY_NOT, "utf-8")
    day.look()
    day.wait(700)
    assert day.told == ["01", "02", "16"]
    day.wait(10)
    assert day.folder.parent == day.office.stage("2-tu-choi")
    assert _WHY_NOT in day.notice()


def test_what_was_finished_and_put_away_is_found_and_given_up(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    day.answer("6-hoan-thanh")
    day.restart()
    day.wait(10)
    assert day.told == ["01", "03", "06"]
    day.recall()
    day.wait(10)
    assert "ĐANG BỊ THU HỒI" in day.notice()
    assert "đang bị thu hồi" in (day.office.share / "theo-doi.html").read_text("utf-8").lower()
    day.answer("7-dong-y-thu-hoi")
    assert day.told == ["01", "03", "06", "15"]
    assert not (day.folder / "211.pdf").exists()
    assert day.folder.parent.parent == day.office.stage("6-hoan-thanh")
    day.restart()
    day.wait(10)
    assert "ĐÃ THU HỒI" in day.notice()


def test_what_was_deleted_comes_back_without_its_files_to_be_answered(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    for _twice in range(2):
        day.do("delete", "", 0)
        day.wait(700)
    assert day.folders == []
    day.recall()
    day.wait(700)
    assert not (day.folder / "211.pdf").exists()
    assert "ĐANG BỊ THU HỒI" in day.notice()
    shutil.rmtree(day.folder)
    day.wait(700)
    assert day.folders == []
    assert day.told == ["01"]


def test_a_document_that_is_not_here_is_told_of_in_a_text(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    receipt = day.recall(7)
    said = (day.office.share / receipt).read_text("utf-8-sig")
    assert "217/GM-SNV" in said
    assert "không có văn bản đó" in said
    assert not (day.folder / "THU-HOI.txt").exists()
    assert receipt == day.recall(7)
    assert len(list(day.office.stage("1-moi-den").glob("*.txt"))) == 1


def test_the_same_request_ten_thousand_times_is_one(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    for turn in (0, 0, 1, 2, 3):
        day.recall(turn=turn)
    assert len(day.case()["asks"]) == 1
    day.answer("7-dong-y-thu-hoi")
    day.recall(turn=4)
    day.wait(10)
    assert day.told == ["01", "15"]
    assert not day.office.stage("7-dong-y-thu-hoi").exists()


def test_a_second_request_after_a_no_is_owed_an_answer_of_its_own(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    for turn in range(2):
        day.recall(turn=turn)
        (day.folder / "ly-do.txt").write_text(f"{_WHY_NOT} {turn}", "utf-8")
        day.answer("8-khong-dong-y-thu-hoi")
    assert day.told == ["01", "16", "16"]


def test_an_update_keeps_the_files_of_the_old_one(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    old = day.folder
    day.document(5, "215/GM-SNV", BusinessInfo(Business.UPDATE, f"{_SENDER},2026/11/23,211/GM-SNV", "Đổi giờ họp"))
    said = (old / "CAP-NHAT.txt").read_text("utf-8-sig")
    assert said.startswith("VĂN BẢN ĐANG ĐƯỢC CẬP NHẬT BỞI 215/GM-SNV")
    assert "Đổi giờ họp" in said
    old.rename(day.office.stage("7-dong-y-thu-hoi") / old.name)
    day.look()
    day.wait(700)
    day.wait(10)
    [home] = day.office.stage("6-hoan-thanh").glob("*/*")
    assert (home / "211.pdf").exists()
    assert "ĐÃ ĐƯỢC CẬP NHẬT" in (home / "CAP-NHAT.txt").read_text("utf-8-sig")
    assert day.told == ["01", "01", "15"]


def test_one_that_replaces_what_is_not_here_is_answered_itself(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    named = BusinessInfo(Business.REPLACE, replacements=(Replacement(f"{_SENDER},2026/11/01,7/GM-SNV"),))
    receipt = day.document(5, "215/GM-SNV", named)
    newer = day.office.stage("1-moi-den") / receipt
    assert "VĂN BẢN NÀY THAY THẾ MỘT VĂN BẢN KHÁC" in (newer / "THAY-THE.txt").read_text("utf-8-sig")
    newer.rename(day.office.stage("7-dong-y-thu-hoi") / receipt)
    day.look()
    day.wait(700)
    day.wait(10)
    assert day.told == ["01", "01", "15"]
    assert (newer / "211.pdf").exists()
    newer.rename(day.office.stage("3-da-tiep-nhan") / receipt)
    day.look()
    day.wait(700)
    assert day.told == ["01", "01", "15", "03"]


def test_a_change_is_answered_about_the_document_that_asks_for_it(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    old = day.folder
    day.recall()
    named = BusinessInfo(Business.REPLACE, replacements=(Replacement(f"{_SENDER},2026/11/23,211/GM-SNV"),))
    day.document(5, "215/GM-SNV", named)
    old.rename(day.office.stage("7-dong-y-thu-hoi") / old.name)
    for _look in range(3):
        day.clock.passed += 400
        assert day.desk.look().troubles == []
    answered = [day.desk.document(case, said).code for case, said in day.desk.untold() if said.code == "15"]
    assert answered == ["211/GM-SNV", "215/GM-SNV"]


def agreed_to(kind: Business, home: Path) -> tuple[RecallDay, Path]:
    """A day on which the document was updated or replaced, and the clerk agreed: and where its folder lay."""
    day = RecallDay(home)
    old = day.folder
    day.document(5, "215/GM-SNV", BusinessInfo(kind, f"{_SENDER},2026/11/23,211/GM-SNV"))
    old.rename(day.office.stage("7-dong-y-thu-hoi") / old.name)
    day.look()
    day.wait(700)
    day.wait(10)
    return day, old


def test_what_was_updated_can_still_be_wanted_back(tmp_path: Path) -> None:
    day, old = agreed_to(Business.UPDATE, tmp_path)
    assert day.told == ["01", "01", "15"]
    day.recall()
    [home] = day.office.stage("6-hoan-thanh").glob("*/*")
    assert "ĐANG BỊ THU HỒI" in (home / "THU-HOI.txt").read_text("utf-8-sig")
    assert (home / "211.pdf").exists()
    home.rename(day.office.stage("7-dong-y-thu-hoi") / old.name)
    for _look in range(3):
        day.clock.passed += 400
        assert day.desk.look().troubles == []
    # The hub has no answer to the recall yet.
    assert len(list(day.office.share.glob("van-ban-den/**/211.pdf"))) == 2
    day.wait(10)
    assert day.told == ["01", "01", "15", "15"]
    assert not (home / "211.pdf").exists()


@pytest.mark.parametrize("kind", [Business.UPDATE, Business.REPLACE])
def test_a_change_of_what_was_given_up_is_answered_at_once(tmp_path: Path, kind: Business) -> None:
    day = RecallDay(tmp_path)
    day.recall()
    day.answer("7-dong-y-thu-hoi")
    named = BusinessInfo(kind, f"{_SENDER},2026/11/23,211/GM-SNV")
    day.document(5, "215/GM-SNV", named)
    assert day.told == ["01", "15", "01", "15"]
    [case] = [case for case in day.known().values() if case["code"] == "211/GM-SNV"]
    assert [bool(said["about"]) for said in case["said"]] == [False, False, True]
    assert "Đơn vị đã đồng ý" in case["said"][-1]["description"]
    day.recall(turn=1)
    assert day.told == ["01", "15", "01", "15"]


def test_what_was_replaced_is_answered_at_once_when_it_is_wanted_back(tmp_path: Path) -> None:
    day, _ = agreed_to(Business.REPLACE, tmp_path)
    day.recall()
    day.recall(turn=1)
    assert day.told == ["01", "01", "15", "15"]


def test_a_replacement_for_others_is_none_here(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    named = f"{_SENDER},2026/11/23,211/GM-SNV"
    others = BusinessInfo(Business.REPLACE, replacements=(Replacement(named, ("000.00.99.H48",)),))
    day.document(5, "215/GM-SNV", others)
    assert not list(day.office.stage("1-moi-den").glob("*/THAY-THE.txt"))
    ours = BusinessInfo(Business.REPLACE, replacements=(Replacement(named, ("000.00.31.H48",)),))
    day.document(6, "216/GM-SNV", ours)
    assert len(list(day.office.stage("1-moi-den").glob("*/THAY-THE.txt"))) == 1


def test_the_same_number_of_another_sender_is_not_touched(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    delivery = day.office.recall(1, sender="000.00.15.H48", document_id="")
    assert isinstance(delivery.envelope.body, Acknowledgement)
    day.desk.recall(delivery, delivery.envelope.body)
    day.look()
    assert not (day.folder / "THU-HOI.txt").exists()


def test_a_person_s_file_of_that_name_is_not_written_over(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    (day.folder / "THU-HOI.txt").write_text("Danh sách thu hồi máy tính", "utf-8")
    day.recall()
    assert (day.folder / "THU-HOI.txt").read_text("utf-8") == "Danh sách thu hồi máy tính"
    assert "ĐANG BỊ THU HỒI" in day.notice("THU-HOI (2).txt")


def test_the_register_keeps_its_line_with_a_remark(tmp_path: Path) -> None:
    day = RecallDay(tmp_path)
    day.answer("3-da-tiep-nhan")
    day.recall()
    day.answer("7-dong-y-thu-hoi")
    [case] = day.desk.of_year(2026)
    assert list(recalls.remarks(case)) == ["đã thu hồi (ngày 23/11/2026)"]


@pytest.mark.parametrize(
    ("wanted", "is_meant"),
    [
        (Wanted(f"{_SENDER},2026/11/23,211/GM-SNV"), True),
        (Wanted(f"{_SENDER},2026-11-23,211/gm-snv "), True),
        (Wanted("", "211/GM-SNV", "2026-11-23"), True),
        (Wanted("", "211-GM-SNV"), True),
        (Wanted("", "0211/GM-SNV"), False),
        (Wanted(f"{_SENDER.replace('.', ' ')},2026/11/23,211/GM-SNV"), True),
        (Wanted("", "211/GM-SNV", "2026-11-22"), False),
        (Wanted("x-1"), False),
        (Wanted(""), False),
    ],
)
def test_which_document_is_meant(wanted: Wanted, is_meant: bool) -> None:
    case = a_case(document_id=f"{_SENDER},2026/11/23,211/GM-SNV", day="2026-11-23")
    assert bool(recalls.alike(wanted, [case])) is is_meant
    assert recalls.hint(wanted).search(cases.line(case)) or not is_meant


def test_only_a_request_gets_no_folder_of_its_own() -> None:
    own = f"{_SENDER},2026/11/23,211/GM-SNV"
    assert recalls.is_bare_request(a_document(business=BusinessInfo(Business.REVOKE, own)))
    assert recalls.is_bare_request(a_document(business=BusinessInfo(Business.REVOKE)))
    assert not recalls.is_bare_request(a_document(business=BusinessInfo(Business.REVOKE, own.replace("211", "52"))))
    assert not recalls.is_bare_request(a_document(business=BusinessInfo(Business.UPDATE, own)))


async def test_moved_into_a_folder_for_answers_that_nobody_asked_for(tmp_path: Path) -> None:
    office = Office(tmp_path)
    async with office.listening() as connector:
        folder = await office.received(connector)
        moved = office.move(folder, "7-dong-y-thu-hoi")
        await eventually((folder / "GHI-CHU.txt").exists)
        assert not moved.exists()
