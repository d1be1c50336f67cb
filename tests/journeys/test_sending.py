"""What a clerk drops into `gui-di`, all the way to the recipients and back onto the receipt. The whole hub runs."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from hub import inbox, nearby
from hub.ledger import Ledger
from hub.standards import edxml
from hub.standards.addresses import Contact
from hub.testing import RunningHub, eventually
from hub.testing.samples import a_document
from hub.vocabulary import Business, Urgency
from tests.journeys.clerks import Clerks, a_pdf

_QUIET = 0.7
_SLIP = """Gửi: Sở Nội vụ; UBND các xã, phường, đặc khu
Số, ký hiệu: 1254/UBND-KGVX          Ngày: 23/11/2026
Loại: Công văn                       Độ khẩn: Khẩn
Trích yếu: V/v rà soát hồi báo       Hạn trả lời: 30/11/2026
Trả lời văn bản: 88/BNV-VTLT ngày 10/11/2026
"""


def _archive(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return held.getvalue()


def _office(part: str) -> bytes:
    return _archive("[Content_Types].xml", part)


@pytest.fixture
def clerks(request: pytest.FixtureRequest, tmp_path: Path) -> Clerks:
    return Clerks(tmp_path, isolate=getattr(request, "param", None) == "in workers")


ANYWHERE = pytest.mark.parametrize("clerks", ["in the hub", "in workers"], indirect=True)


@ANYWHERE
async def test_a_pdf_in_the_folder_of_its_recipient(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("Sở Nội vụ/204-UBND-VX 13-01-2016 Cấp kinh phí.pdf", a_pdf())
        await eventually(lambda: len(clerks.packets()) == 1)
        [document] = clerks.packets()
        assert document.code == "204/UBND-VX"
        assert document.document_id == "000.00.31.H48,2016/01/13,204/UBND-VX"
        assert document.subject == "Cấp kinh phí"
        assert document.type.name == "Công văn"
        assert [each.name for each in document.attachments] == ["204-UBND-VX 13-01-2016 Cấp kinh phí.pdf"]
        assert document.attachments[0].digest == hashlib.sha256(a_pdf()).hexdigest()
        folder = await clerks.sent_one()
        assert folder.name.startswith("204-UBND-VX ~")
        assert (folder / "204-UBND-VX 13-01-2016 Cấp kinh phí.pdf").read_bytes() == a_pdf()
        assert (clerks.box / "Sở Nội vụ").is_dir()
        clerks.answer(document, "03", description="Số đến 2210 ngày 23/11/2026")
        await eventually(lambda: "2210" in clerks.receipt())
        clerks.answer(document, "06")
        await eventually(lambda: "Hoàn thành" in clerks.receipt())
    assert clerks.returned() == {}


async def test_a_folder_with_a_slip_goes_to_many(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop_folder(
            "_Nhieu noi nhan/Rà soát",
            {
                "1254-UBND-KGVX.pdf": a_pdf("chinh"),
                "Phu luc 10.xlsx": _office("xl/workbook.xml"),
                "Phu luc 2.docx": _office("word/document.xml"),
                "PHIEU-GUI.txt": _SLIP,
                "Thumbs.db": b"x",
            },
        )
        await eventually(lambda: len(clerks.packets()) == 1 and len(clerks.arrivals()) == 1)
        [document] = clerks.packets()
        assert document.urgency is Urgency.URGENT
        assert document.due_date == "2026/11/30"
        assert [each.code for each in document.response_for] == ["88/BNV-VTLT"]
        assert [each.name for each in document.attachments] == [
            "1254-UBND-KGVX.pdf",
            "Phu luc 2.docx",
            "Phu luc 10.xlsx",
        ]
        assert {each.id for each in document.to} == {"000.00.14.H48", "000.00.32.H48"}
        await eventually(lambda: "; đã đến " in clerks.receipt())
        assert "UBND xã Tịnh Khê" in clerks.receipt()
        assert "Trả lời văn bản: 88/BNV-VTLT ngày 10/11/2026" in clerks.receipt()


async def test_a_pdf_with_a_slip_beside_it(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("PHIEU-GUI.txt", "Gui: so noi vu\r\nTrich yeu: V/v thử\r\n")
        clerks.drop("205-UBND-VX.pdf", a_pdf())
        await eventually(lambda: len(clerks.packets()) == 1)
        assert clerks.packets()[0].subject == "V/v thử"
        assert sorted(path.name for path in clerks.box.iterdir() if path.is_file()) == ["MAU-PHIEU-GUI.txt"]


async def test_a_packet_dropped_as_it_is(clerks: Clerks) -> None:
    packet = a_document("52/TTr-UBND", sender="000.00.31.H48", to=("000.00.14.H48",))
    content = b"".join(edxml.compose(packet, [edxml.File("52.pdf", lambda: io.BytesIO(a_pdf()))]))
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("52.edxml", content)
        await eventually(lambda: len(clerks.packets()) == 1)
        folder = await clerks.sent_one()
        assert (folder / "52.edxml").read_bytes() == content


async def test_clerk_to_clerk_and_the_answer_back(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop_folder("UBND xã Tịnh Khê/77-BC-UBND Báo cáo tháng 11", {"77-BC-UBND.pdf": a_pdf()})
        await eventually(lambda: len(clerks.arrivals()) == 1)
        [folder] = clerks.arrivals()
        assert (folder / "77-BC-UBND.pdf").read_bytes() == a_pdf()
        folder.rename(folder.parent.parent / "3-da-tiep-nhan" / f"1254 - {folder.name}")
        await eventually(lambda: "1254" in clerks.receipt())
        assert "Đã tiếp nhận" in clerks.receipt()


async def test_stopped_while_it_is_kept_back_nobody_ever_sees_it(tmp_path: Path) -> None:
    clerks = Clerks(tmp_path, hold="3s")
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("So Noi vu/204-UBND-VX Nhầm.pdf", a_pdf())
        folder = await clerks.sent_one()
        assert "thu-hoi" in clerks.receipt()
        stopped = folder.rename(clerks.binh_son / "thu-hoi" / folder.name)
        await eventually(lambda: "Đã dừng" in (stopped / "GHI-CHU.txt").read_text("utf-8-sig"))
        await eventually(lambda: "Đã dừng" in (stopped / "BIEN-NHAN.txt").read_text("utf-8-sig"))
        # Mended, and dropped again as the folder it is: the same number is new.
        (stopped / "204-UBND-VX Nhầm.pdf").write_bytes(a_pdf("mended"))
        stopped.rename(clerks.box / "So Noi vu" / stopped.name)
        await eventually(lambda: len(clerks.packets()) == 1)
        await asyncio.sleep(_QUIET)
        [document] = clerks.packets()
        assert document.attachments[0].digest == hashlib.sha256(a_pdf("mended")).hexdigest()
        assert [each.name for each in document.attachments] == ["204-UBND-VX Nhầm.pdf"]


async def test_too_late_to_stop_it_is_asked_for_only_with_a_reason(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("So Noi vu/204-UBND-VX.pdf", a_pdf())
        await eventually(lambda: len(clerks.packets()) == 1)
        folder = await clerks.sent_one()
        wanted = folder.rename(clerks.binh_son / "thu-hoi" / folder.name)
        await eventually(lambda: "phải có lý do" in (wanted / "GHI-CHU.txt").read_text("utf-8-sig"))
        await eventually((wanted / "ly-do.txt").exists)
        await asyncio.sleep(_QUIET)
        assert not list((clerks.so_nv / "in").glob("trang-thai_*"))
        wanted.rename(folder)
        await eventually(lambda: not (folder / "GHI-CHU.txt").exists() and not (folder / "ly-do.txt").exists())


async def test_another_number_of_the_same_day_is_another_document(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("So Noi vu/204-UBND-VX Một.pdf", a_pdf("one"))
        clerks.drop("So Noi vu/205-UBND-VX Hai.pdf", a_pdf("two"))
        await eventually(lambda: len(clerks.packets()) == 2)
        [second] = [each for each in clerks.packets() if each.code == "205/UBND-VX"]
        clerks.answer(second, "03", description="Số đến 2210 ngày 23/11/2026")
        await eventually(lambda: len(clerks.sent()) == 2)
        receipts = {path.name[:3]: path / "BIEN-NHAN.txt" for path in clerks.sent()}
        await eventually(lambda: "2210" in receipts["205"].read_text("utf-8-sig"))
        assert "2210" not in receipts["204"].read_text("utf-8-sig")
    assert clerks.returned() == {}


async def test_the_same_again_is_not_sent_twice(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("So Noi vu/204-UBND-VX Một.pdf", a_pdf())
        await clerks.sent_one()
        clerks.drop("So Noi vu/204-UBND-VX Một - Copy.pdf", a_pdf())
        await eventually(lambda: len(clerks.returned()) == 1)
        clerks.drop("So Noi vu/204-UBND-VX Hai.pdf", a_pdf("other"))
        await eventually(lambda: len(clerks.returned()) == 2)
        assert all("204/UBND-VX" in said and "L2" in said and "da-gui\\" in said for said in clerks.returned().values())
        clerks.drop_folder("So Noi vu/moi", {"204-UBND-VX.pdf": a_pdf("new"), "PHIEU-GUI.txt": "Thay thế: 204/UBND-VX"})
        await eventually(lambda: len(clerks.packets()) == 2)
        assert {each.business.type for each in clerks.packets()} == {Business.NEW, Business.REPLACE}
        await eventually(lambda: len(clerks.sent()) == 2)
        told = [(path / "BIEN-NHAN.txt").read_text("utf-8-sig") for path in clerks.sent()]
        assert len([each for each in told if "Thay thế văn bản: 204/UBND-VX ngày" in each]) == 1
        clerks.drop("So Noi vu/319-UBND-VX.pdf", a_pdf("new"))
        await eventually(lambda: len(clerks.returned()) == 3)
        said = clerks.returned()["319-UBND-VX.pdf"]
        assert "lấy nhầm tệp" in said
        assert "Thay thế" not in said


async def test_a_sent_folder_dropped_again_goes_home_with_a_note(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("So Noi vu/204-UBND-VX.pdf", a_pdf())
        home = await clerks.sent_one()
        home.rename(clerks.box / home.name)
        await eventually(lambda: "không gửi lần thứ hai" in (home / "GHI-CHU.txt").read_text("utf-8-sig"))
        assert not (clerks.box / home.name).exists()
        await eventually(lambda: len(clerks.packets()) == 1)
    assert list((clerks.binh_son / "tra-lai").rglob("*.txt")) == []


async def test_what_lies_in_tra_lai_is_on_the_board_and_its_answer_goes_with_it(clerks: Clerks) -> None:
    board = clerks.binh_son / "theo-doi.html"
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("So Noi vu/cong van.pdf", a_pdf())
        await eventually(lambda: "Chưa đọc được số" in board.read_text("utf-8"))
        assert "Chưa gửi được, nằm trong tra-lai: 1" in board.read_text("utf-8")
        month = clerks.binh_son / "tra-lai" / clerks.month
        answer = month / "cong van.pdf.LY-DO.txt"
        os.utime(answer, (0, 0))
        (clerks.binh_son / "tra-lai" / "2026-11.pdf").touch()
        await asyncio.sleep(0.3)
        assert answer.exists()
        (month / "cong van.pdf").unlink()
        await eventually(lambda: not answer.exists())
        await eventually(lambda: "Chưa gửi được" not in board.read_text("utf-8"))


_TO: dict[str, bytes | str] = {"PHIEU-GUI.txt": "Gửi: Sở Nội vụ"}
_IMPOSSIBLE = "Gửi: Sở Nội vụ\nSố, ký hiệu: 1/UBND  Ngày: 30/02/2026"
REFUSED: list[tuple[dict[str, bytes | str], str, str]] = [
    ({"PHIEU-GUI.txt": "Số, ký hiệu: 1/UBND", "1-UBND.pdf": a_pdf()}, "L3", "Chưa biết gửi cho ai"),
    ({"PHIEU-GUI.txt": "Gửi: Sở Thông tin", "1-UBND.pdf": a_pdf()}, "L5", "Sở Thông tin"),
    (_TO | {"1-UBND.zip": _archive("a.pdf")}, "L6", "tệp nén"),
    (_TO | {"cong van.pdf": a_pdf()}, "L7", "Chưa đọc được số"),
    ({"PHIEU-GUI.txt": _IMPOSSIBLE, "a.pdf": a_pdf()}, "L7", "30/02/2026"),
    (_TO | {"1-UBND.pdf": a_pdf()[:200]}, "L8", "Không mở được"),
    (_TO | {"1-UBND.pdf": a_pdf(), "x.exe": b"MZ" + bytes(99)}, "L12", "x.exe"),
    (_TO, "L16", "chỉ có phiếu gửi"),
]


@pytest.mark.parametrize(("files", "code", "said"), REFUSED)
async def test_what_cannot_be_sent_comes_back_with_what_to_do(
    clerks: Clerks, files: dict[str, bytes | str], code: str, said: str
) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        dropped = clerks.drop_folder("Văn bản", files)
        await eventually(lambda: len(clerks.returned()) == 1)
        reason = clerks.returned()["Văn bản"]
        assert said in reason
        assert code in reason.splitlines()[-1]
        assert "0255 3822 999" in reason
        back = clerks.binh_son / "tra-lai" / clerks.month / "Văn bản"
        assert {path.name for path in back.iterdir()} == set(files)
        assert not dropped.exists()
        assert clerks.packets() == []
        assert list((clerks.binh_son / ".hub" / "claims").iterdir()) == []
    counts = clerks.views().counts()
    assert counts.inputs == {"refused": 1}


async def test_many_to_one_that_nobody_knows_are_looked_up_together(
    clerks: Clerks, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sequence[str]] = []

    async def counted(ledger: Ledger, names: Sequence[str]) -> dict[str, tuple[Contact, ...]]:
        asked.append(names)
        return await nearby.proposed(ledger, names)

    monkeypatch.setattr(inbox, "proposed", counted)
    clerks.box.mkdir(parents=True)
    for number in range(20):
        slip = f"Gửi: Cơ quan lạ; Ban {number}; Đội A; Đội B"
        clerks.drop_folder(f"{number}", {"PHIEU-GUI.txt": slip, f"{number}-UBND.pdf": a_pdf(f"{number}")})
    async with RunningHub(clerks.home):
        await eventually(lambda: len(clerks.returned()) == 20, 20)
    names = [name for each in asked for name in each]
    assert ["Cơ quan lạ"] == [name for name in names if name == "Cơ quan lạ"]
    assert {f"Ban {number}" for number in range(20)} <= set(names)
    assert "Đội B" not in names


async def test_a_slip_that_is_left_alone_comes_back_and_binds_no_later_document(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("PHIEU-GUI.txt", "Gửi: Sở Nội vụ")
        await eventually(lambda: "PHIEU-GUI.txt" in clerks.returned())
        assert "L16" in clerks.returned()["PHIEU-GUI.txt"].splitlines()[-1]
        clerks.drop("9-UBND.pdf", a_pdf())
        await eventually(lambda: "9-UBND.pdf" in clerks.returned())
        assert "Chưa biết gửi cho ai" in clerks.returned()["9-UBND.pdf"]
        assert clerks.packets() == []


async def test_taken_back_from_tra_lai_and_mended_it_goes(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("So Noi vu/cong van.pdf", a_pdf())
        await eventually(lambda: len(clerks.returned()) == 1)
        month = clerks.binh_son / "tra-lai" / clerks.month
        (month / "cong van.pdf.LY-DO.txt").rename(clerks.box / "So Noi vu" / "cong van.pdf.LY-DO.txt")
        (month / "cong van.pdf").rename(clerks.box / "So Noi vu" / "9-UBND cong van.pdf")
        await eventually(lambda: len(clerks.packets()) == 1)
        await eventually(lambda: clerks.beside() == {})


async def test_what_goes_after_all_leaves_no_answer_behind(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        for name in ("9-UBND", "10-UBND"):
            clerks.drop_folder(name, {f"{name}.pdf": a_pdf(name), "PHIEU-GUI.txt": "Gửi: Sở Xây dựng"})
        await eventually(lambda: {"9-UBND", "10-UBND"} == clerks.returned().keys())
        month = clerks.binh_son / "tra-lai" / clerks.month
        (month / "9-UBND" / "PHIEU-GUI.txt").write_text("Gửi: Sở Nội vụ", "utf-8")
        (month / "9-UBND").rename(clerks.box / "9-UBND")
        await eventually(lambda: len(clerks.packets()) == 1)
        assert {path.name for path in month.iterdir()} == {"10-UBND", "10-UBND.LY-DO.txt"}


async def test_a_secret_stays_where_it_lies_and_nothing_of_it_is_kept(clerks: Clerks) -> None:
    secret = a_pdf("MAT-9f3a71", size=5000)
    async with RunningHub(clerks.home):
        await clerks.ready()
        path = clerks.drop("So Noi vu/204-UBND-VX (MẬT).pdf", secret)
        await eventually(lambda: any("KHÔNG được gửi" in said for said in clerks.beside().values()))
        slip = clerks.drop_folder(
            "so 5", {"5-UBND.pdf": a_pdf("slip-77aa"), "PHIEU-GUI.txt": "Gửi: Sở Nội vụ\nĐộ mật: Tối mật"}
        )
        clerks.drop_folder("so 6", {"PHIEU-GUI.txt": "Gửi: Sở Nội vụ\nĐộ mật: Mật\nTrích yếu: slip-51cc"})
        await eventually(lambda: len(clerks.beside()) == 3)
        await asyncio.sleep(_QUIET)
        assert path.read_bytes() == secret
        assert sorted(each.name for each in slip.iterdir()) == ["5-UBND.pdf", "PHIEU-GUI.txt"]
        assert clerks.packets() == []
    needles = [b"9f3a71", b"slip-77aa", b"slip-51cc", b"204-UBND-VX", b"5-UBND"]
    needles += [hashlib.sha256(content).hexdigest().encode() for content in (secret, a_pdf("slip-77aa"))]
    assert clerks.everywhere(*needles) == []
    assert [(each.name, each.code) for each in clerks.views().inputs("refused")] == [("dấu hiệu độ mật", "secret")] * 3


async def test_a_sent_folder_corrected_and_dropped_again_replaces_it(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop_folder("A", {"204-UBND-VX.pdf": a_pdf("sai"), "PHIEU-GUI.txt": "Gửi: Sở Nội vụ"})
        folder = await clerks.sent_one()
        dropped = folder.rename(clerks.home / "desk")
        (dropped / "204-UBND-VX.pdf").write_bytes(a_pdf("dung"))
        (dropped / "PHIEU-GUI.txt").write_text("Gửi: Sở Nội vụ\nThay thế: 204/UBND-VX", "utf-8")
        dropped.rename(clerks.box / folder.name)
        await eventually(lambda: len(clerks.packets()) == 2)
        folder = await clerks.sent_one()
        assert sorted(each.name for each in folder.iterdir() if each.suffix == ".pdf") == ["204-UBND-VX.pdf"]
    assert clerks.returned() == {}


async def test_what_a_person_declares_no_secret_goes(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop_folder(
            "VB MẬT",
            {"5-UBND Tài liệu (MẬT).pdf": a_pdf(), "PHIEU-GUI.txt": "Gửi: Sở Nội vụ\nĐộ mật: không"},
        )
        await eventually(lambda: len(clerks.packets()) == 1)
        assert clerks.packets()[0].attachments[0].name == "5-UBND Tai lieu (MAT).pdf"


async def test_a_file_open_in_word_waits_and_its_clerk_is_told(tmp_path: Path) -> None:
    clerks = Clerks(tmp_path, open_note="400ms")
    async with RunningHub(clerks.home):
        await clerks.ready()
        lock = clerks.drop("So Noi vu/~$4-UBND cong van.docx", b"\x0aPC-VANTHU " + bytes(40))
        clerks.drop("So Noi vu/204-UBND cong van.docx", _office("word/document.xml"))
        await eventually(lambda: any("PC-VANTHU" in said for said in clerks.beside().values()))
        assert clerks.packets() == []
        lock.unlink()
        await eventually(lambda: len(clerks.packets()) == 1)
        assert "tham khảo" in clerks.receipt()
        await eventually(lambda: clerks.beside() == {})


async def test_a_received_document_dragged_into_gui_di_stays_a_received_one(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("UBND xa Tinh Khe/9-UBND.pdf", a_pdf())
        await eventually(lambda: len(clerks.arrivals()) == 1)
        [folder] = clerks.arrivals()
        shutil.copytree(folder, clerks.box / folder.name)
        await eventually(lambda: any("L9" in said for said in clerks.beside().values()))
        assert (clerks.box / folder.name / "9-UBND.pdf").exists()
        assert len(clerks.sent()) == 1


async def test_packets_taken_before_the_folder_became_a_clerk_s_go_after_all(clerks: Clerks) -> None:
    packet = a_document("52/TTr-UBND", sender="000.00.31.H48", to=("000.00.14.H48",))
    claims = clerks.binh_son / ".hub" / "claims"
    async with RunningHub(clerks.home):
        await clerks.ready()
    file = edxml.File("52.pdf", lambda: io.BytesIO(a_pdf()))
    (claims / "52.edxml").write_bytes(b"".join(edxml.compose(packet, [file])))
    async with RunningHub(clerks.home):
        await eventually(lambda: len(clerks.packets()) == 1)
    assert list(claims.iterdir()) == []


async def test_a_reply_finishes_what_it_answers_and_nothing_else(tmp_path: Path) -> None:
    clerks = Clerks(tmp_path, reply_finishes="true")
    async with RunningHub(clerks.home):
        await clerks.ready()
        for number in (88, 89):
            came = a_document(f"{number}/SNV-VP", sender="000.00.14.H48", to=("000.00.31.H48",))
            (clerks.so_nv / "out" / ".d").write_bytes(b"".join(edxml.compose(came, [])))
            (clerks.so_nv / "out" / ".d").rename(clerks.so_nv / "out" / f"{number}.edxml")
        new = clerks.binh_son / "van-ban-den" / "1-moi-den"
        await eventually(lambda: len(list(new.iterdir())) == 2)
        slip = "Gửi: Sở Nội vụ\nTrả lời văn bản: 88/SNV-VP ngày 23/11/2026"
        clerks.drop_folder("tra loi", {"12-UBND-VP Tra loi.pdf": a_pdf(), "PHIEU-GUI.txt": slip})
        finished = clerks.binh_son / "van-ban-den" / "6-hoan-thanh"
        await eventually(lambda: any(finished.rglob("ket-qua.txt")))
        statuses = clerks.so_nv / "in"
        await eventually(lambda: any(b"12/UBND-VP" in path.read_bytes() for path in statuses.glob("trang-thai_06_*")))
        await asyncio.sleep(_QUIET)
        assert len(list(statuses.glob("trang-thai_06_*"))) == 1
        assert [path.name[:2] for path in new.iterdir()] == ["89"]
