"""A document is wanted back: from one clerk's `thu-hoi` to another's folder, and the answer onto the receipt.

The whole hub runs.
"""

from __future__ import annotations

import asyncio
import io
import shutil
from pathlib import Path

import pytest

from hub.standards import edxml
from hub.testing import RunningHub, eventually
from hub.testing.samples import a_document
from hub.tracking import standing
from hub.vocabulary import Acknowledgement, Business, BusinessInfo, Document
from tests.journeys.clerks import Clerks, a_pdf

_REASON = "Ghi sai số liệu ở mục 2"
_WHY_NOT = "Đã xử lý xong và báo cáo cấp trên"
_QUIET = 0.7
BINH_SON, TINH_KHE, HOME_AFFAIRS = "000.00.31.H48", "000.00.32.H48", "000.00.14.H48"


def text(path: Path) -> str:
    """What a text of the hub's says; "" while it is not there."""
    return path.read_bytes().decode("utf-8-sig") if path.exists() else ""


class Recalled(Clerks):
    """A document of Bình Sơn's that Tịnh Khê has."""

    @property
    def stages(self) -> Path:
        """Where the clerk of Tịnh Khê works."""
        return self.tinh_khe / "van-ban-den"

    async def delivered(self, to: str = "UBND xã Tịnh Khê") -> Path:
        """It is sent, and lies there. Returns its folder."""
        await self.ready()
        self.drop_folder(f"{to}/52-TTr-UBND 19-11-2026 Kinh phí", {"52-TTr-UBND.pdf": a_pdf()})
        await eventually(lambda: len(self.arrivals()) == 1 and "đã đến" in self.receipt())
        return self.arrivals()[0]

    async def want_back(self, reason: str = _REASON) -> Path:
        """Its sender drags it to `thu-hoi`, and says why."""
        wanted = self.drag(await self.sent_one())
        await eventually(lambda: "phải có lý do" in text(wanted / "GHI-CHU.txt"))
        if reason:
            (wanted / "ly-do.txt").write_text(reason, "utf-8")
        return wanted

    def drag(self, folder: Path) -> Path:
        """To `thu-hoi`."""
        return folder.rename(self.binh_son / "thu-hoi" / folder.name)

    def statuses(self) -> list[Acknowledgement]:
        """What the software of Sở Nội vụ was told by status files."""
        paths = sorted((self.so_nv / "in").glob("trang-thai_*.edxml"))
        bodies = [edxml.read(io.BytesIO(path.read_bytes())).body for path in paths]
        return [body for body in bodies if isinstance(body, Acknowledgement)]

    def send_by_software(self, document: Document, name: str = "tu-phan-mem") -> None:
        """The software of Sở Nội vụ sends a packet."""
        file = edxml.File("211.pdf", lambda: io.BytesIO(a_pdf("211")))
        draft = self.so_nv / "out" / ".draft"
        draft.write_bytes(b"".join(edxml.compose(document, [file])))
        draft.rename(self.so_nv / "out" / f"{name}.edxml")

    def receipt_in(self, folder: Path) -> str:
        """What it says now."""
        return text(folder / "BIEN-NHAN.txt")


@pytest.fixture
def clerks(request: pytest.FixtureRequest, tmp_path: Path) -> Recalled:
    return Recalled(tmp_path, isolate=getattr(request, "param", None) == "in workers")


@pytest.mark.parametrize("clerks", ["in the hub", "in workers"], indirect=True)
async def test_a_recall_that_is_agreed_to(clerks: Recalled) -> None:
    async with RunningHub(clerks.home):
        folder = await clerks.delivered()
        (folder / "but phe.txt").write_text("Chuyển anh An", "utf-8")
        assert not (clerks.stages / "7-dong-y-thu-hoi").exists()
        accepted = folder.rename(clerks.stages / "3-da-tiep-nhan" / f"15 {folder.name}")
        await eventually(lambda: "số đến 15" in clerks.receipt())
        wanted = await clerks.want_back()

        await eventually(lambda: "ĐANG BỊ THU HỒI, KHÔNG SỬ DỤNG" in text(accepted / "THU-HOI.txt"))
        assert _REASON in text(accepted / "THU-HOI.txt")
        await eventually(lambda: "Đang bị thu hồi" in text(accepted / "phieu.html"))
        await eventually(lambda: "đang bị thu hồi" in text(accepted / "thong-tin.yaml"))
        await eventually(lambda: "Đang bị thu hồi" in text(clerks.tinh_khe / "theo-doi.html"))
        await eventually((clerks.stages / "7-dong-y-thu-hoi").exists)
        await eventually(lambda: "chưa trả lời" in clerks.receipt_in(wanted))
        assert (accepted / "52-TTr-UBND.pdf").read_bytes() == a_pdf()

        accepted.rename(clerks.stages / "7-dong-y-thu-hoi" / accepted.name)
        await eventually(lambda: "1 đồng ý thu hồi" in clerks.receipt_in(wanted))
        home = clerks.stages / "6-hoan-thanh" / clerks.month / accepted.name
        await eventually(lambda: "ĐÃ THU HỒI" in text(home / "THU-HOI.txt") and "đã hủy" in text(home / "phieu.html"))
        await eventually(lambda: not (home / "52-TTr-UBND.pdf").exists())
        assert "Chuyển anh An" == (home / "but phe.txt").read_text("utf-8")
        await eventually(lambda: not (clerks.stages / "7-dong-y-thu-hoi").exists())
        assert "Không còn văn bản nào đang mở" in text(clerks.tinh_khe / "theo-doi.html")
    views = clerks.views()
    [recipient] = views.trace("52/TTr-UBND")[0].recipients
    assert {"01", "03", "15"} <= {answer.code for answer in recipient.answers}
    assert standing(recipient.answers) == "15"
    views.close()


async def test_a_recall_that_is_not_agreed_to_needs_a_reason(clerks: Recalled) -> None:
    async with RunningHub(clerks.home):
        folder = await clerks.delivered()
        wanted = await clerks.want_back()
        await eventually((clerks.stages / "8-khong-dong-y-thu-hoi").exists)
        moved = folder.rename(clerks.stages / "8-khong-dong-y-thu-hoi" / folder.name)
        await eventually(lambda: "Không đồng ý thu hồi phải có lý do" in text(moved / "GHI-CHU.txt"))
        await asyncio.sleep(_QUIET)
        assert "chưa trả lời" in clerks.receipt_in(wanted)
        (moved / "ly-do.txt").write_text(_WHY_NOT, "utf-8")
        await eventually(lambda: _WHY_NOT in clerks.receipt_in(wanted))
        assert "1 không đồng ý thu hồi" in clerks.receipt_in(wanted)
        await eventually(lambda: "KHÔNG ĐỒNG Ý THU HỒI" in text(folder / "THU-HOI.txt"))
        assert not (folder / "GHI-CHU.txt").exists()
        assert (folder / "52-TTr-UBND.pdf").read_bytes() == a_pdf()
        await eventually(lambda: not (clerks.stages / "8-khong-dong-y-thu-hoi").exists())
        # Work on it goes on.
        folder.rename(clerks.stages / "3-da-tiep-nhan" / folder.name)
        await eventually(lambda: "đã tiếp nhận" in clerks.receipt_in(wanted))


async def test_dragged_back_in_time_nothing_is_told_on_either_side(tmp_path: Path) -> None:
    clerks = Recalled(tmp_path, grace="1500ms", grace_refusal="1500ms", hold="50ms")
    async with RunningHub(clerks.home):
        folder = await clerks.delivered()
        home = await clerks.sent_one()
        wanted = await clerks.want_back()
        await asyncio.sleep(0.3)
        wanted.rename(home)
        await eventually(lambda: not (home / "GHI-CHU.txt").exists())
        await asyncio.sleep(2)
        assert not (folder / "THU-HOI.txt").exists()
        assert "thu hồi" not in clerks.receipt().lower()
        (home / "ly-do.txt").unlink()
        wanted = await clerks.want_back()
        await eventually((folder / "THU-HOI.txt").exists)
        await eventually((clerks.stages / "7-dong-y-thu-hoi").exists)
        moved = folder.rename(clerks.stages / "7-dong-y-thu-hoi" / folder.name)
        await asyncio.sleep(0.5)
        moved.rename(folder)
        await asyncio.sleep(2)
        assert "chưa trả lời" in clerks.receipt_in(wanted)
        assert (folder / "52-TTr-UBND.pdf").exists()


async def test_a_clerk_accepts_while_the_recall_is_on_its_way(clerks: Recalled) -> None:
    async with RunningHub(clerks.home):
        folder = await clerks.delivered()
        wanted = clerks.drag(await clerks.sent_one())
        (wanted / "ly-do.txt").write_text(_REASON, "utf-8")
        accepted = folder.rename(clerks.stages / "3-da-tiep-nhan" / folder.name)
        await eventually(lambda: "đã tiếp nhận" in clerks.receipt_in(wanted))
        await eventually((accepted / "THU-HOI.txt").exists)
        await eventually((clerks.stages / "7-dong-y-thu-hoi").exists)
        shutil.copytree(accepted, clerks.stages / "7-dong-y-thu-hoi" / accepted.name)
        await eventually(lambda: "1 đồng ý thu hồi" in clerks.receipt_in(wanted))
        # Given up is given up: no way back, and one folder.
        home = clerks.stages / "6-hoan-thanh" / clerks.month / accepted.name
        await eventually(lambda: [path.parent for path in clerks.stages.glob("**/.lt-id")] == [home])
        home.rename(accepted)
        await eventually(home.exists)
        await asyncio.sleep(_QUIET)
        assert "1 đồng ý thu hồi" in clerks.receipt_in(wanted)
        assert [path.name for path in home.glob("*.pdf")] == []


async def test_software_is_asked_by_a_status_and_answers_by_one(clerks: Recalled) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("Sở Nội vụ/52-TTr-UBND 19-11-2026.pdf", a_pdf())
        await eventually(lambda: len(clerks.packets()) == 1)
        await eventually(lambda: "đã chuyển" in clerks.receipt())
        wanted = await clerks.want_back()
        await eventually(lambda: [each.status for each in clerks.statuses()] == ["13"])
        [asked] = clerks.statuses()
        assert (asked.sender.id, asked.response_for.organ_id) == (BINH_SON, HOME_AFFAIRS)
        assert asked.response_for.document_id == f"{BINH_SON},2026/11/19,52/TTr-UBND"
        assert asked.description == _REASON
        clerks.answer(clerks.packets()[0], "16", description=_WHY_NOT)
        await eventually(lambda: _WHY_NOT in clerks.receipt_in(wanted))


async def test_software_recalls_changes_and_replaces_by_packets(clerks: Recalled) -> None:
    first = a_document("211/GM-SNV", sender=HOME_AFFAIRS, to=(TINH_KHE,))
    info = BusinessInfo(Business.REVOKE, first.document_id, "Hoãn họp")
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.send_by_software(first)
        await eventually(lambda: len(clerks.arrivals()) == 1)
        [folder] = clerks.arrivals()
        await eventually((folder / "phieu.html").exists)
        clerks.send_by_software(a_document("211/GM-SNV", sender=HOME_AFFAIRS, to=(TINH_KHE,), business=info), "thu-hoi")
        await eventually(lambda: "Hoãn họp" in text(folder / "THU-HOI.txt"))
        assert clerks.arrivals() == [folder]
        await eventually((clerks.stages / "7-dong-y-thu-hoi").exists)
        folder.rename(clerks.stages / "7-dong-y-thu-hoi" / folder.name)
        await eventually(lambda: "15" in [each.status for each in clerks.statuses()])


async def test_a_slip_replaces_what_was_sent_before(clerks: Recalled) -> None:
    async with RunningHub(clerks.home):
        folder = await clerks.delivered()
        slip = "Gửi: UBND xã Tịnh Khê\nThay thế: 52/TTr-UBND\nLý do: Ghi sai số liệu\n"
        files: dict[str, bytes | str] = {"53-TTr-UBND 20-11-2026.pdf": a_pdf("53"), "PHIEU-GUI.txt": slip}
        clerks.drop_folder("_Nhieu noi nhan/53", files)
        await eventually(lambda: "THAY THẾ BỞI 53/TTr-UBND" in text(folder / "THAY-THE.txt"))
        await eventually(lambda: len(clerks.arrivals()) == 2)
        [newer] = [each for each in clerks.arrivals() if each != folder]
        assert newer.name in text(folder / "THAY-THE.txt")
        await eventually(lambda: "thay thế bởi 53/TTr-UBND" in text(folder / "phieu.html"))
        assert "52/TTr-UBND ngày 19/11/2026" in text(newer / "phieu.html")
        await eventually((clerks.stages / "7-dong-y-thu-hoi").exists)
        folder.rename(clerks.stages / "7-dong-y-thu-hoi" / folder.name)
        home = clerks.stages / "6-hoan-thanh" / clerks.month / folder.name
        await eventually(lambda: "ĐÃ ĐƯỢC THAY THẾ" in text(home / "THAY-THE.txt"))
        await eventually(lambda: not (home / "52-TTr-UBND.pdf").exists())
        assert newer.exists()


async def test_a_slip_wants_a_document_back(clerks: Recalled) -> None:
    async with RunningHub(clerks.home):
        folder = await clerks.delivered()
        slip = f"Gửi: UBND xã Tịnh Khê\nThu hồi: 52/TTr-UBND\nLý do: {_REASON}\n"
        clerks.drop_folder("_Nhieu noi nhan/60", {"60-UBND 20-11-2026.pdf": a_pdf("60"), "PHIEU-GUI.txt": slip})
        await eventually(lambda: _REASON in text(folder / "THU-HOI.txt"))
        await eventually(lambda: len(clerks.arrivals()) == 2)
        await eventually(lambda: len(clerks.sent()) == 2)
        [letter] = [each for each in clerks.sent() if each.name.startswith("60-UBND")]
        assert "Thu hồi văn bản: 52/TTr-UBND ngày 19/11/2026" in text(letter / "BIEN-NHAN.txt")
