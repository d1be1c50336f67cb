"""The register of incoming documents: what stands in it, how it looks, and that it is in nobody's way."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.testing import eventually
from hub.vocabulary import Urgency
from plugins.folderdrop.clerk import register, workbook
from plugins.folderdrop.clerk.cases import Case, Said, Stage
from plugins.folderdrop.clerk.register import Line
from tests.plugins.clerk import Office, quiet

_LINE = Line(date(2026, 11, 23), "08", "Sở Nội vụ", "211/GM-SNV", date(2026, 11, 20), "Giấy mời: V/v", "", None, "")
_AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def a_case(number: int = 1, accepted: datetime | None = _AT, **fields: Any) -> Case:
    said = (Said("03", accepted.isoformat(), f"Số đến {number} ngày 23/11/2026"),) if accepted else ()
    known = Case(
        f"d{number}", "0" * 64, 1, f"T{number}", "x", f"{number}/GM", "Sở Nội vụ", "V/v", 0, _AT.isoformat(), said=said
    )
    return replace(known, **fields)


def loaded(content: bytes) -> Any:
    """The sheet, cells with their types."""
    return openpyxl.load_workbook(io.BytesIO(content)).active


def rows(path: Path) -> list[tuple[Any, ...]]:
    """The lines below the header."""
    return list(loaded(path.read_bytes()).iter_rows(min_row=6, values_only=True))


def book(office: Office) -> Path:
    """This year's register."""
    return office.share / f"so-van-ban-den-{datetime.now(UTC) + timedelta(hours=7):%Y}.xlsx"


def test_a_line_says_what_the_rules_ask() -> None:
    case = a_case(
        1254,
        type="Giấy mời",
        day="2026-11-20",
        urgency=int(Urgency.URGENT),
        stage=Stage.FINISHED,
        skipped=("05",),
        said=(
            Said("01", _AT.isoformat()),
            Said("03", _AT.isoformat(), "Số đến 1254 ngày 23/11/2026"),
            Said("04", (_AT + timedelta(days=1)).isoformat(), "", "Nguyễn Thị Hạnh"),
            Said("04", (_AT + timedelta(days=2)).isoformat(), "", "Trần Văn Lợi"),
            Said("06", (_AT + timedelta(days=3)).isoformat()),
        ),
    )
    [line] = register.lines([case])
    assert line == Line(
        arrived=date(2026, 11, 23),
        number="1254",
        author="Sở Nội vụ",
        code="1254/GM",
        day=date(2026, 11, 20),
        subject="Giấy mời: V/v",
        receiver="Trần Văn Lợi",
        passed_on=date(2026, 11, 25),
        note="Khẩn; Hoàn thành ngày 26/11/2026; không báo: Đang xử lý",
    )


def test_only_what_was_accepted_stands_in_it_in_the_order_of_arrival() -> None:
    later = a_case(2, received_at=(_AT + timedelta(hours=1)).isoformat())
    refused = a_case(3, accepted=None, stage=Stage.REFUSED)
    assert [line.number for line in register.lines([later, refused, a_case(1)])] == ["1", "2"]


def test_what_arrived_in_one_second_stands_in_the_order_of_its_numbers() -> None:
    unnumbered = replace(a_case(3), said=(Said("03", _AT.isoformat()),))
    shown = register.lines([unnumbered, *map(a_case, (10, 9, 11))])
    assert [line.number for line in shown] == ["9", "10", "11", ""]


def test_a_number_that_was_given_keeps_its_line_when_the_document_is_refused_later() -> None:
    case = a_case(7)
    refused = replace(case, stage=Stage.REFUSED, said=(*case.said, Said("02", _AT.isoformat(), "Sai tên đơn vị")))
    [line] = register.lines([refused])
    assert (line.number, line.note) == ("7", "Từ chối tiếp nhận ngày 23/11/2026")


def test_a_number_is_never_made_up() -> None:
    case = a_case(1)
    [line] = register.lines([replace(case, said=(Said("03", _AT.isoformat()),))])
    assert line.number == ""


@pytest.mark.parametrize(
    ("at", "year"), [("2026-12-31T16:59:59+00:00", 2026), ("2026-12-31T17:00:00+00:00", 2027), ("", 0)]
)
def test_a_year_is_that_of_the_clock_on_the_wall(at: str, year: int) -> None:
    assert a_case(1, accepted=datetime.fromisoformat(at) if at else None).year == year


def test_it_is_ready_to_be_read_and_printed() -> None:
    sheet = loaded(workbook.written("UBND xã Bình Sơn", 2026, [_LINE, replace(_LINE, number="1254", day=None)]))
    assert [sheet["A1"].value, sheet["A2"].value, sheet["A3"].value] == [
        "UBND XÃ BÌNH SƠN",
        "SỔ ĐĂNG KÝ VĂN BẢN ĐẾN",
        "Năm 2026",
    ]
    assert [cell.value for cell in sheet[5]] == [
        "Ngày đến",
        "Số đến",
        "Tác giả",
        "Số, ký hiệu",
        "Ngày văn bản",
        "Tên loại và trích yếu nội dung",
        "Đơn vị hoặc người nhận",
        "Ngày chuyển",
        "Ký nhận",
        "Ghi chú",
    ]
    assert sheet.freeze_panes == "A6"
    assert sheet.print_title_rows == "$5:$5"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.protection.sheet
    assert (sheet["A6"].value.date(), sheet["A6"].number_format) == (date(2026, 11, 23), "dd/mm/yyyy")
    assert (sheet["B6"].value, sheet["B6"].number_format) == (8, "00")
    assert sheet["E7"].value is None
    assert all(sheet.column_dimensions[letter].width >= 8 for letter in "ABCDEFGHIJ")


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://a","b")', "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "=cmd|' /C x'!A0"]
)
def test_what_looks_like_a_formula_is_text(text: str) -> None:
    content = workbook.written(text, 2026, [replace(_LINE, author=text, code=text, subject=text, note=text)])
    sheet = loaded(content)
    for place in ("C6", "D6", "F6", "J6", "A1"):
        assert sheet[place].data_type == "s"
    for place in ("C6", "D6", "F6", "J6"):
        assert sheet[place].value == text.strip()
        assert sheet[place].quotePrefix
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert not re.search(rb"<f[ >]", parts.read("xl/worksheets/sheet1.xml"))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_every_text_can_be_written_and_read(text: str) -> None:
    sheet = loaded(workbook.written(text + "\udce1\x00\uffff", 2026, [replace(_LINE, subject=text + "\x0b\ud800")]))
    assert sheet["F6"].data_type in ("s", "n")
    assert sheet["A6"].value.date() == date(2026, 11, 23)


def test_two_are_the_same_whenever_they_were_made() -> None:
    one = workbook.written("A", 2026, [_LINE])
    other = workbook.written("A", 2026, [_LINE])
    assert workbook.same(one, other)
    assert not workbook.same(one, workbook.written("A", 2026, [replace(_LINE, note="Khẩn")]))
    assert not workbook.same(b"", one)
    assert not workbook.same(one[: len(one) // 2], one)


async def test_the_register_follows_what_the_clerk_does(office: Office) -> None:
    async with office.listening() as connector:
        await eventually(book(office).exists)
        assert rows(book(office)) == []
        folder = await office.received(connector, 1, subject="=1+1")
        await office.received(connector, 2)
        refused = await office.received(connector, 3)
        (refused / "ly-do.txt").write_text("Văn bản không thuộc thẩm quyền", "utf-8")
        office.move(refused, "2-tu-choi")
        moved = office.move(folder, "3-da-tiep-nhan", f"1254 {folder.name}")
        await eventually(lambda: sorted(office.sender.codes) == ["02", "03"])
        await eventually(lambda: len(rows(book(office))) == 1)
        [(arrived, number, _author, code, _day, subject, *_rest)] = rows(book(office))
        assert (number, code, subject) == (1254, "211/GM-SNV", "Giấy mời: =1+1")
        assert isinstance(arrived, datetime)
        office.move(moved, "4-phan-cong/Nguyễn Thị Hạnh")
        await eventually(lambda: rows(book(office))[0][6] == "Nguyễn Thị Hạnh")
        assert not stat.S_IMODE(book(office).stat().st_mode) & 0o222
        await eventually(lambda: office.drafts() == [])
        health = await connector.check()
        assert (health.ok, health.detail) == (True, "")


async def test_it_is_written_only_when_it_says_something_else(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        office.move(folder, "3-da-tiep-nhan", f"1254 {folder.name}")
        await eventually(lambda: book(office).exists() and len(rows(book(office))) == 1)
        await quiet(0.2)
        before = book(office).stat()
        await office.received(connector, 2)
        await quiet(0.4)
        assert book(office).stat().st_ino == before.st_ino
    async with office.listening():
        await quiet(0.5)
        assert book(office).stat().st_ino == before.st_ino, "a restart writes nothing"
        book(office).unlink()
        await eventually(book(office).exists)
        _forged(office).replace(book(office))
        await eventually(lambda: [row[1] for row in rows(book(office))] == [1254])
    _forged(office).replace(book(office))
    async with office.listening():
        await eventually(lambda: [row[1] for row in rows(book(office))] == [1254])


def _forged(office: Office) -> Path:
    forged = office.home / "forged.xlsx"
    forged.write_bytes(workbook.written("UBND xã Bình Sơn", 2026, [replace(_LINE, number="1")]))
    return forged


async def test_a_register_that_is_held_is_written_later_and_holds_up_nothing(office: Office) -> None:
    """A folder of its name refuses the rename as an open workbook does on a share of Windows."""
    office.share.mkdir(parents=True)
    book(office).mkdir()
    async with office.listening() as connector:
        folder = await office.received(connector)
        office.move(folder, "3-da-tiep-nhan")
        await eventually(office.heard("03"))
        health = await connector.check()
        assert health.ok
        assert book(office).name in health.detail
        book(office).rmdir()
        await eventually(lambda: book(office).is_file() and len(rows(book(office))) == 1)
        await quiet(0.2)
        assert (await connector.check()).detail == ""


async def test_a_link_in_its_place_is_replaced_and_not_followed(office: Office, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    office.share.mkdir(parents=True)
    book(office).symlink_to(victim)
    async with office.listening():
        await eventually(lambda: not book(office).is_symlink() and book(office).is_file())
    assert victim.read_bytes() == b"mine"


async def test_closed_documents_stay_in_the_register_after_a_restart(office: Office) -> None:
    async with office.listening() as connector:
        for number in (1, 2):
            folder = await office.received(connector, number)
            office.move(folder, "6-hoan-thanh", f"{number} {folder.name}")
        await eventually(lambda: sorted(office.sender.codes) == ["03", "03", "06", "06"])
        await eventually((office.home / "state" / "clerk" / "closed.jsonl").exists)
    book(office).unlink()
    async with office.listening():
        await eventually(lambda: book(office).exists() and [row[1] for row in rows(book(office))] == [1, 2])
