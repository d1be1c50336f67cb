"""The guide and the board: what they say with and without sending, and that nothing of others' text is markup."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hub.testing.samples import a_document
from plugins.folderdrop.clerk import names, pages, pictures
from plugins.folderdrop.clerk.cases import Case, Listed, Said, Stage
from plugins.folderdrop.clerk.guide import Sending
from plugins.folderdrop.clerk.sending import waiting
from plugins.folderdrop.clerk.sending.records import Fate, Posted, Returned
from tests.plugins.sent import CUSTODY, HOTLINE, answer, at, everything, posted, story
from tests.plugins.test_clerk_decisions import a_case

_DOCS = Path(__file__).parents[2] / "docs"
_GROUPS = ("Cac so ban nganh", "UBND cac xa phuong dac khu", "_Nhieu noi nhan")
_EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)><svg onload=alert(1)>{unit}"


class _Hostile(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "link", "iframe", "form", "a", "object"):
            self.found.append(tag)
        self.found += [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]


def hostile(content: bytes) -> list[str]:
    """Tags and attributes that no page of ours has."""
    parser = _Hostile()
    parser.feed(content.decode())
    return parser.found


def shown(content: bytes) -> str:
    """What a reader sees."""
    body = content.decode().partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_the_guide_of_a_folder_that_only_receives() -> None:
    said = shown(pages.guide("UBND xã Bình Sơn", 120, 600))
    assert "Thư mục này chưa dùng để gửi văn bản đi." in said
    assert "gui-di" not in said
    assert "Cần giúp" not in said


def test_the_guide_of_a_folder_that_sends() -> None:
    said = shown(pages.guide("UBND xã Bình Sơn", 120, 600, Sending(_GROUPS, 180, 15), HOTLINE))
    motto = (
        "Kéo cả thư mục văn bản sang ô đúng việc đã làm; gửi đi thì bỏ vào gui-di ; muốn lấy lại thì kéo sang thu-hoi ."
    )
    assert motto in said
    assert all(name in said for name in _GROUPS)
    assert "Trong 3 phút đầu (hỏa tốc: 15 giây)" in said
    assert "muốn dừng: kéo sang trong 3 phút đầu" in said
    assert f"Cần giúp: gọi {HOTLINE}" in said
    assert "chưa dùng để gửi" not in said
    for word in ("PHIEU-GUI.txt", "MAU-PHIEU-GUI.txt", "BIEN-NHAN.html", "LY-DO.txt", "tra-lai", "da-gui", "edXML"):
        assert word in said
    for word in ("1254-UBND-KGVX 23-11-2026 Trích yếu.pdf", "BIEN-NHAN.txt", "_Nhieu noi nhan", "da-gui\\2026-11"):
        assert word in said
    for word in ("Thay thế:", "ghi sau khi đã báo thì không được gửi", "so-van-ban-den-<năm>.xlsx", "xóa lần nữa"):
        assert word in said
    assert "Tính từ lúc kéo, và ít nhất 2 phút sau lần lưu lý do cuối cùng." in said


def test_the_guide_names_no_stage_that_the_unit_lacks() -> None:
    given = names.PLAIN.giving({"02", "03", "06"}).given
    said = pages.guide("UBND xã Bình Sơn", 120, 600, Sending(_GROUPS), HOTLINE, given).decode()
    assert "4-phan-cong" not in said
    assert "5-dang-xu-ly" not in said
    assert {"3-da-tiep-nhan", "6-hoan-thanh"} <= set(re.findall(r"<code>(\d-[a-z-]+)</code>", said))
    half = pages.guide("UBND xã Bình Sơn", 120, 600, given=names.PLAIN.giving({"03", "05", "06"}).given).decode()
    assert "4-phan-cong" not in half
    assert half.count("5-dang-xu-ly") == 3


def test_what_goes_at_once_cannot_be_stopped() -> None:
    said = shown(pages.guide("A", 120, 600, Sending(hold=90, hold_flash=0)))
    assert "Trong 90 giây đầu (hỏa tốc: chuyển ngay, không dừng được) kéo thư mục" in said
    assert "0 giây)" not in said


def test_the_sheet_says_what_was_told_and_no_more_what_is_over() -> None:
    said = (
        Said("03", at(7, 38).isoformat(), "Số đến 1254 ngày 23/11/2026", told=True, told_at=at(7, 40).isoformat()),
        Said("04", at(8, 0).isoformat(), staff=_EVIL, told=True),
        Said("06", at(9, 0).isoformat(), "Trả lời 88", told=True, refused=_EVIL),
        Said("05", at(9, 0).isoformat()),
    )
    sheet = pages.sheet(a_case(said=said, stage=Stage.FINISHED), a_document("1/A"))
    assert not hostile(sheet)
    text = shown(sheet)
    assert "Đã báo nơi gửi Đã tiếp nhận 07:40 ngày 23/11/2026: Số đến 1254 ngày 23/11/2026" in text
    assert "Đã phân công xử lý 08:00 ngày 23/11/2026: <script>" in text
    assert "Chưa báo được Đã hoàn thành" in text
    assert "Đang xử lý" not in text
    assert "không cần kéo đi đâu nữa" in text
    assert "Đã báo nơi gửi" not in shown(pages.sheet(a_case(), a_document("1/A")))


def test_without_a_hold_nobody_is_told_to_be_quick() -> None:
    said = shown(pages.guide("A", 120, 600, Sending(hold=0)))
    assert "Gửi nhầm?" not in said
    assert "0 giây" not in said


def test_the_guide_is_small_and_hostile_names_stay_text() -> None:
    content = pages.guide(_EVIL, 120, 600, Sending((_EVIL, "{hold}")), _EVIL)
    assert not hostile(content)
    assert b"{hold}" in content
    assert len(content) < 40_000


@pytest.mark.parametrize(
    ("name", "picture"), [("clerk-send.svg", pictures.going_out(120)), ("clerk-receive.svg", pictures.coming_in())]
)
def test_the_pictures_of_the_docs_are_those_of_the_guide(name: str, picture: str) -> None:
    assert (_DOCS / name).read_text("utf-8") == f"{picture}\n"
    assert ET.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"
    assert f"({name})" in (_DOCS / "clerk-guide.md").read_text("utf-8")


def test_the_board_without_anything_sent_is_what_it_was() -> None:
    said = shown(pages.board("A", [], {}, CUSTODY))
    assert "Văn bản đến đang mở: 0" in said
    assert "đã gửi" not in said


def test_the_board_shows_what_was_sent_and_waits_the_worst_first() -> None:
    done = [story("Sở A", "delivered", answer("03", at(9, 0)))]
    sent = [
        (posted(code="1/A"), [story("Sở A", "held")]),
        (posted(code="2/A"), done),
        (posted(code="7/A", fate=Fate.WITHDRAWN), []),
        (posted(code="8/A"), [*done, story("Sở B", "withdrawn")]),
        (posted(code="3/A"), [story("Sở A", "delivered", answer("01", at(9, 0))), *done]),
        (posted(code="4/A"), everything()),
        (posted(code="5/A", fate=Fate.QUARANTINED), []),
        (posted(code="6/A"), [story(f"Sở {number}", "deferred") for number in range(5)]),
    ]
    said = shown(pages.board("A", [], {}, CUSTODY, waiting.table(sent)))
    assert "Văn bản đã gửi còn chờ: 5" in said
    assert not [code for code in ("2/A", "7/A", "8/A") if code in said]
    places = [said.index(code) for code in ("4/A", "5/A", "6/A", "1/A", "3/A")]
    assert places == sorted(places)
    assert "1/2 nơi nhận" in said
    assert "Không chuyển được: 000.99.99.H48, Đặc khu Lý Sơn" in said
    assert "Chưa chuyển được: Sở 0, Sở 1, Sở 2 và 2 nơi nữa" in said
    assert "Trục giữ lại chờ cán bộ kiểm tra" in said


def test_the_board_names_no_obstacle_where_there_is_none() -> None:
    sent = [(posted(code="1/A"), [story("Sở A", "held")])]
    assert "Vướng ở đâu" not in waiting.table(sent)
    assert "Vướng ở đâu" in waiting.table([*sent, (posted(code="5/A", fate=Fate.QUARANTINED), [])])


def test_the_board_names_what_came_back() -> None:
    assert waiting.returned([], "tra-lai") == ""
    found = [Returned("cong van.pdf", "Chưa biết gửi cho ai."), Returned(_EVIL, _EVIL), Returned("x", "")]
    board = pages.board("A", [], {}, CUSTODY, waiting.returned(found, "trả lại"))
    assert not hostile(board)
    said = shown(board)
    assert "Chưa gửi được, nằm trong trả lại: 3" in said
    assert "cong van.pdf Chưa biết gửi cho ai." in said
    assert "và 1 mục nữa" in said


def test_hostile_texts_on_the_board_and_the_sheet_stay_text() -> None:
    texts = {each.name: _EVIL for each in fields(Posted) if each.type == "str" and each.name not in ("at", "until")}
    evil = posted(**texts, files=(), urgency=2)
    stories = [replace(each, name=_EVIL, reason=_EVIL) for each in everything()]
    named = {each.name: _EVIL for each in fields(Case) if each.type == "str" and each.name != "received_at"}
    case = replace(
        a_case(**named),
        files=(Listed(_EVIL, _EVIL + "x", 1, "00"),),
        said=(Said("03", CUSTODY.isoformat(), refused=_EVIL),),
    )
    board = pages.board(_EVIL, [case], {case.delivery: _EVIL}, CUSTODY, waiting.table([(evil, stories)]))
    assert not hostile(board)
    assert not hostile(pages.sheet(case, a_document("1/A", subject=_EVIL, due_date=_EVIL)))
    assert b"&lt;script&gt;" in board
