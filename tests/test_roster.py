"""Lists of units as spreadsheets write them: encodings, separators, typed cells, and every flaw at its place."""

from __future__ import annotations

import io
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import openpyxl
import pytest

from hub.clock import VIETNAM
from hub.roster import sheet, workbook
from hub.roster.codes import mended, root_of
from hub.roster.columns import Line
from hub.roster.merge import Change, Known, KnownGroup, Merged, Roll, merge
from hub.roster.rows import Findings, read
from hub.roster.stages import Stage, stage
from hub.vocabulary import Unit

TODAY = date(2026, 11, 23)
HEADER = "id,ten,ma_102"
NAME = "Sở Nội vụ, Thanh niên và Bình đẳng giới; Đặng Ữ Ẵng"
ROLL = Roll(
    {
        "so-nv": Known("so-nv", "Sở Nội vụ", "000.00.14.H48", ("H48.14",), folder="../shares/so-nv"),
        "so-tttt": Known("so-tttt", "Sở Thông tin", "000.00.12.H48", folder="../shares/so-tttt"),
        "vpcp": Known("vpcp", "Văn phòng Chính phủ", "000.00.00.G22", folder="/srv/vpcp", others=True),
    },
    {"cac-so": KnownGroup("cac-so", "Các sở, ban, ngành", ("000.00.14.H48",))},
)


def as_cp1258(text: str) -> bytes:
    """As Windows writes Vietnamese: vowels with their own mark, then the tone."""
    parts = []
    for sign in text:
        try:
            parts.append(sign.encode("cp1258"))
        except UnicodeEncodeError:
            tones = [one for one in unicodedata.normalize("NFD", sign) if one in "\u0300\u0301\u0303\u0309\u0323"]
            rest = [one for one in unicodedata.normalize("NFD", sign) if one not in tones]
            parts.append((unicodedata.normalize("NFC", "".join(rest)) + "".join(tones)).encode("cp1258"))
    return b"".join(parts)


def rows_of(data: bytes | str, root: str = "H48") -> Findings:
    text = data if isinstance(data, str) else sheet.decode(data)[0]
    return read(sheet.lines_of(text), root)


def flaws(found: Findings) -> list[tuple[int, str]]:
    return sorted((flaw.line, flaw.column) for flaw in found.flaws)


def warnings(found: Findings) -> list[tuple[int, str]]:
    return sorted((flaw.line, flaw.column) for flaw in found.warnings)


def merged(text: str, roll: Roll = ROLL) -> tuple[Merged, Findings]:
    found = rows_of(text)
    return merge(found, roll, TODAY), found


def book(*rows: Sequence[object]) -> bytes:
    whole = openpyxl.Workbook()
    assert whole.active
    for row in rows:
        whole.active.append(row)
    file = io.BytesIO()
    whole.save(file)
    return file.getvalue()


# Encodings and separators


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1258"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(encoding: str, separator: str, newline: str) -> None:
    lines = [["id", "ten", "ma_102"], ["so-nv", f'"{NAME}"', "000.00.14.H48"]]
    text = newline.join(separator.join(line) for line in lines) + newline
    data = as_cp1258(text) if encoding == "cp1258" else text.encode(encoding)

    [row] = rows_of(data).rows

    assert (row.id, row.name, row.code) == ("so-nv", NAME, "000.00.14.H48")


def test_the_letters_of_old_fonts_are_refused_and_not_guessed() -> None:
    with pytest.raises(sheet.Unreadable, match="TCVN3"):
        sheet.decode("id,ten,ma_102\nso-nv,Së Néi vô ¸µ,000.00.14.H48\n".encode("latin-1"))


@pytest.mark.parametrize("data", [b"id,ten\n\xd2\x81\x8d", b"\xff\xfeabc", b"PK\x03\x04id\0"])
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    with pytest.raises(sheet.Unreadable):
        sheet.lines_of(sheet.decode(data)[0])


def test_a_line_that_names_the_separator_and_a_title_come_before_the_header() -> None:
    [row] = rows_of("sep=;\nDANH SÁCH ĐƠN VỊ;;\n\nid;ten;ma_102\nso-nv;Sở Nội vụ;000.00.14.H48\n").rows

    assert (row.line, row.name) == (5, "Sở Nội vụ")


def test_headers_are_known_without_marks_case_and_spaces() -> None:
    header = "ID,TÊN,Mã 102,Mã QĐ20,Địa chỉ kết nối,Hiệu lực từ,Hết-hiệu-lực,Kế thừa,Nhóm"
    [row] = rows_of(
        f"{header}\nso-nv,Sở Nội vụ,000.00.14.H48,H48.14,/srv/a/,1/2/2026,,so-x; H48.12,cac-so;Các sở\n"
    ).rows

    assert (row.flat_code, row.folder, row.since) == ("H48.14", "/srv/a", date(2026, 2, 1))
    assert (row.predecessors, row.groups) == (("so-x", "H48.12"), ("cac-so", "Các sở"))


def test_a_quoted_line_break_is_a_space_and_lines_after_it_keep_their_number() -> None:
    found = rows_of(f'{HEADER}\nxa-a,"UBND\nxã A",000.00.31.H48\n,,\n  ,,\nxa-b,,000.00.32.H48\n')

    assert [row.name for row in found.rows] == ["UBND xã A"]
    assert flaws(found) == [(6, "ten")]


def test_a_list_without_headers_says_so() -> None:
    assert flaws(rows_of("so-nv,Sở Nội vụ,000.00.14.H48\n")) == [(1, "id")]
    assert flaws(rows_of("")) == [(1, "id")]


def test_missing_and_repeated_columns_are_flaws_and_unknown_ones_warned_of() -> None:
    found = rows_of("id,ten,ten,nhomm\nso-nv,A,B,c\n")

    assert flaws(found) == [(1, "ma_102"), (1, "ten")]
    assert found.rows == []
    assert warnings(found) == [(1, "nhomm")]
    assert '"nhom"' in found.warnings[0].message


def test_columns_that_are_not_kept_are_said_once() -> None:
    found = rows_of(f"{HEADER},cap,email\nso-nv,A,000.00.14.H48,sở,a@b.vn\nso-x,B,000.00.15.H48,xa,c@d.vn\n")

    assert flaws(found) == []
    assert warnings(found) == [(1, "email")]
    assert [row.level for row in found.rows] == ["so", "xa"]


# Workbooks


def test_a_workbook_is_read_by_its_typed_cells() -> None:
    data = book(
        ["Danh sách"],
        [None, "ID", "Tên", "Mã 102", "Mã QĐ20", "Hiệu lực từ", "Điện thoại"],
        [1, "so-nv", "Sở Nội vụ", 14, 14.0, datetime(2026, 6, 30), 905123456],  # noqa: DTZ001 - as in a cell
        [None] * 7,
        [2, "so-x", "Sở X", "000.00.15.H48", None, date(2026, 7, 1), None],
    )

    found = read(workbook.lines_of(data), "H48")

    assert flaws(found) == []
    assert [(row.line, row.id, row.code, row.flat_code, row.since) for row in found.rows] == [
        (3, "so-nv", "000.00.14.H48", "H48.14", date(2026, 6, 30)),
        (5, "so-x", "000.00.15.H48", "", date(2026, 7, 1)),
    ]
    assert (3, "ma_102") in warnings(found)


def test_the_sheet_with_our_columns_is_taken() -> None:
    whole = openpyxl.Workbook()
    assert whole.active
    whole.active.append(["Hướng dẫn"])
    whole.create_sheet("Đơn vị").append(["id", "ten", "ma_102"])
    whole["Đơn vị"].append(["so-nv", "Sở Nội vụ", "000.00.14.H48"])
    file = io.BytesIO()
    whole.save(file)

    assert [row.id for row in read(workbook.lines_of(file.getvalue()), "H48").rows] == ["so-nv"]


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"", book()[:-40], book().replace(b"workbook", b"wurkbook")])
def test_a_broken_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(sheet.Unreadable):
        workbook.lines_of(data)


def test_a_workbook_damaged_anywhere_is_read_or_refused() -> None:
    whole = book(["id", "ten", "ma_102"], ["so-nv", "Sở Nội vụ", "000.00.14.H48"])
    outcomes: set[object] = set()
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        try:
            outcomes.add(type(workbook.lines_of(bytes(damaged))))
        except sheet.Unreadable as error:
            outcomes.add(type(error.__cause__))

    assert {list, zlib.error, zipfile.BadZipFile, KeyError} <= outcomes


def test_empty_lines_of_a_workbook_cost_nothing() -> None:
    whole = openpyxl.Workbook()
    assert whole.active
    whole.active.append(["id", "ten", "ma_102"])
    whole.active["A5000"].font = openpyxl.styles.Font(bold=True)
    whole.active["A5001"] = "so-nv"
    file = io.BytesIO()
    whole.save(file)

    assert [line.number for line in workbook.lines_of(file.getvalue())] == [1, 5001]


def test_a_date_where_a_code_should_be_is_seen() -> None:
    data = book(["id", "ten", "ma_102"], ["so-nv", "Sở Nội vụ", date(2001, 2, 3)])

    assert flaws(read(workbook.lines_of(data), "H48")) == [(2, "ma_102")]


# Cells


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("000.00.14.H48", "000.00.14.H48"),
        (" 000.00.14.h48 ", "000.00.14.H48"),
        ("0.0.14.H48", "000.00.14.H48"),
        ("00.0.4.H48", "000.00.04.H48"),
        ("14.H48", "000.00.14.H48"),
        (".00.14.H48", "000.00.14.H48"),
        ("14", "000.00.14.H48"),
        ("214", "000.02.14.H48"),
        ("0010214", "001.02.14.H48"),
        ("VPCP", "VPCP"),
        ("1.2.3.4.H48", "1.2.3.4.H48"),
        ("", ""),
    ],
)
def test_lost_zeros_are_put_back(text: str, code: str) -> None:
    assert mended(text, "H48") == code


@pytest.mark.parametrize(
    ("text", "code"), [("H48.14", "H48.14"), ("H48.1.2", "H48.01.02"), ("4", "H48.04"), ("104", "H48.104")]
)
def test_lost_zeros_of_the_other_form_too(text: str, code: str) -> None:
    assert mended(text, "H48", flat=True) == code


def test_without_the_provinces_part_a_number_stays_one() -> None:
    assert mended("14", "") == "14"


@pytest.mark.parametrize("text", ["2001-02-03", "1/2/2003", "1,4E+10", "1E5"])
def test_what_a_spreadsheet_spoilt_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="Text"):
        mended(text, "H48")


@pytest.mark.parametrize(("code", "root"), [("000.00.00.H48", "H48"), ("H48", "H48"), ("H48.01", "H48"), ("X", "")])
def test_the_provinces_part(code: str, root: str) -> None:
    assert root_of(code) == root


@pytest.mark.parametrize(
    ("column", "cell", "meant"),
    [
        ("id", "Sở Nội vụ", '"so-noi-vu"'),
        ("id", "addressees-" * 4, "40"),
        ("cap", "phường xã", "dac-khu"),
        ("kieu", "folderdop", '"folderdrop"'),
        ("email", "van-thu.example", "thư điện tử"),
        ("hieu_luc_tu", "6/30/2026", "30/6/2026"),
        ("hieu_luc_tu", "30/6/26", "30/6/2026"),
        ("het_hieu_luc", "31.12.2025", "hieu_luc_tu"),
        ("dia_chi_ket_noi", r"\\may-chu\so-nv", "Windows"),
        ("dia_chi_ket_noi", r"D:\so-nv", "Windows"),
        ("ma_102", "", "trống"),
    ],
)
def test_a_wrong_cell_is_named_with_what_was_meant(column: str, cell: str, meant: str) -> None:
    good = {"id": "so-nv", "ten": "Sở Nội vụ", "ma_102": "000.00.14.H48", "hieu_luc_tu": "1-1-2026"} | {column: cell}

    found = rows_of(",".join(good) + "\n" + ",".join(good.values()) + "\n")

    assert flaws(found) == [(2, column)]
    assert meant in found.flaws[0].message
    assert found.rows == []


@pytest.mark.parametrize("text", ["30/6/2026", "30-06-2026", "30.6.2026", "2026-06-30", "30/6/2026 0:00"])
def test_dates_have_the_day_first(text: str) -> None:
    assert rows_of(f"{HEADER},het_hieu_luc\na,A,000.00.14.H48,{text}\n").rows[0].until == date(2026, 6, 30)


def test_every_flaw_of_every_line_is_found_at_once() -> None:
    found = rows_of(
        f"{HEADER},ma_qd20,hieu_luc_tu\n"
        "A B,,000.00.14.H48,,31/31/2026\n"
        "so-a,A,000.00.15.H48,H48.15,\n"
        "so-a,A,000.00.15.H48,H48.15,\n"
    )

    places = [(2, "hieu_luc_tu"), (2, "id"), (2, "ten"), (4, "id"), (4, "ma_102"), (4, "ma_qd20")]
    assert flaws(found) == places


def test_a_parent_that_is_not_there_is_warned_of() -> None:
    found = rows_of(f"{HEADER},cha\nso-nv,A,000.00.14.H48,\nxa-a,B,000.00.31.H48,so-nvv\nxa-b,C,000.00.32.H48,so-nv\n")

    assert warnings(found) == [(1, "cha"), (3, "cha")]


# What would change


def test_a_new_unit_gets_a_folder_beside_the_others_its_codes_and_its_groups() -> None:
    what, found = merged(f"{HEADER},ma_qd20,nhom\nso-y,Sở Y tế,000.00.16.H48,H48.16,các sở ban ngành\n")

    [one] = what.differences
    assert (one.unit, one.is_new, found.flaws) == ("so-y", True, [])
    assert one.changes == (
        Change("name", "", "Sở Y tế"),
        Change("code", "", "000.00.16.H48"),
        Change("folder", "", "../shares/so-y"),
        Change("aliases", "", "H48.16"),
        Change("groups", "", "cac-so"),
    )


def test_only_what_differs_changes() -> None:
    what, found = merged(
        f"{HEADER},ma_qd20,dia_chi_ket_noi,nhom\n"
        "so-nv,Sở Nội vụ và Lao động,000.00.14.H48,H48.14,../shares/so-nv/,cac-so\n"
        "so-tttt,Sở Thông tin,000.00.13.H48,,/srv/so-tttt,\n"
    )

    changes = {one.unit: one.changes for one in what.differences}
    assert changes["so-nv"] == (Change("name", "Sở Nội vụ", "Sở Nội vụ và Lao động"),)
    assert changes["so-tttt"] == (
        Change("code", "000.00.12.H48", "000.00.13.H48"),
        Change("folder", "../shares/so-tttt", "/srv/so-tttt"),
    )
    assert warnings(found)[-1] == (3, "ma_102")


def test_what_the_list_does_not_say_stays() -> None:
    what, _ = merged(f"{HEADER},ma_qd20,nhom\nso-nv,Sở Nội vụ,000.00.14.H48,,\nso-tttt,Sở Thông tin,000.00.12.H48,,\n")

    assert what == Merged((), ())


def test_units_that_the_list_lost_are_closing_and_the_one_for_the_others_is_not() -> None:
    what, found = merged(f"{HEADER}\nso-nv,,000.00.14.H48\n")

    assert [unit.id for unit in what.closing] == ["so-tttt"]
    assert flaws(found) == [(2, "ten")]


@pytest.mark.parametrize("kind", ["email", "axis", "web"])
def test_a_kind_without_a_connector_is_left_out_and_said(kind: str) -> None:
    what, found = merged(f"{HEADER},kieu,dia_chi_ket_noi\nso-y,Sở Y tế,000.00.16.H48,{kind},a@b.example\n")

    assert (what.differences, flaws(found), warnings(found)) == ((), [], [(2, "kieu")])


def test_units_not_yet_or_no_longer_in_force_are_left_out() -> None:
    what, found = merged(
        f"{HEADER},hieu_luc_tu,het_hieu_luc\n"
        "so-y,Sở Y tế,000.00.16.H48,24/11/2026,\n"
        "so-nv,Sở Nội vụ,000.00.14.H48,,22/11/2026\n"
        "so-tttt,Sở Thông tin,000.00.12.H48,23/11/2026,23/11/2026\n"
        "so-x,Sở X,000.00.17.H48,,22/11/2026\n"
    )

    assert [(one.unit, one.value("until")) for one in what.differences] == [
        ("so-tttt", "2026-11-23"),
        ("so-nv", "2026-11-22"),
    ]
    assert what.closing == ()
    assert warnings(found) == [(2, "hieu_luc_tu"), (5, "het_hieu_luc")]


def test_codes_of_another_unit_are_flaws() -> None:
    _, found = merged(
        f"{HEADER},ma_qd20\nso-y,Sở Y tế,000.00.12.H48,H48.14\nso-x,Sở X,000.00.00.G22,\nso-z,Sở Z,H48.16,\n"
        "so-w,Sở W,000.00.17.H48,H48.16\n"
    )

    assert flaws(found) == [(2, "ma_102"), (2, "ma_qd20"), (3, "ma_102"), (5, "ma_qd20")]
    assert "so-tttt" in found.flaws[0].message


def test_two_units_may_swap_their_codes() -> None:
    what, found = merged(f"{HEADER}\nso-nv,Sở Nội vụ,000.00.12.H48\nso-tttt,Sở Thông tin,000.00.14.H48\n")

    assert flaws(found) == []
    assert [one.value("code") for one in what.differences] == ["000.00.12.H48", "000.00.14.H48"]


def test_ids_of_groups_and_of_the_one_for_the_others_are_flaws() -> None:
    _, found = merged(f"{HEADER}\ncac-so,A,000.00.41.H48\nvpcp,B,000.00.42.H48\n")

    assert flaws(found) == [(2, "id"), (3, "id")]


def test_an_unknown_group_is_a_flaw_with_the_nearest() -> None:
    _, found = merged(f"{HEADER},nhom\nso-y,Sở Y tế,000.00.16.H48,cac-soo\n")

    assert flaws(found) == [(2, "nhom")]
    assert '"cac-so"' in found.flaws[0].message


def test_who_took_over_gets_the_codes_of_one_that_is_gone_and_of_none_that_is_there() -> None:
    what, found = merged(
        f"{HEADER},ma_qd20,het_hieu_luc,ke_thua\n"
        "so-y,Sở Y tế,000.00.16.H48,,,so-cu;H48.77;so-tttt;so-la\n"
        "so-cu,Sở cũ,000.00.60.H48,H48.60,30/6/2025,\n"
    )

    [one] = what.differences
    assert one.values("aliases") == ["000.00.60.H48", "H48.60", "H48.77"]
    assert flaws(found) == [(2, "ke_thua")]
    assert (2, "ke_thua") in warnings(found)


def test_of_two_heirs_of_one_unit_the_second_is_a_flaw() -> None:
    what, found = merged(
        f"{HEADER},het_hieu_luc,ke_thua\n"
        "huyen-a,Huyện A,000.00.61.H48,30/6/2025,\n"
        "xa-a,Xã A,000.00.71.H48,,huyen-a\n"
        "xa-b,Xã B,000.00.72.H48,,huyen-a\n"
    )

    assert [one.values("aliases") for one in what.differences] == [["000.00.61.H48"], []]
    assert flaws(found) == [(4, "ke_thua")]


def test_an_endpoint_of_another_kind_is_left_as_it_is() -> None:
    roll = Roll({"so-nv": Known("so-nv", "A", "000.00.14.H48", kind="wire")})
    what, found = merged(f"{HEADER},dia_chi_ket_noi\nso-nv,B,000.00.14.H48,/srv/x\n", roll)

    assert what.differences[0].changes == (Change("name", "A", "B"),)
    assert warnings(found) == [(2, "kieu")]


def test_the_first_units_of_all_lie_below_srv() -> None:
    what, _ = merged(f"{HEADER}\nso-nv,A,000.00.14.H48\n", Roll())

    assert what.differences[0].value("folder") == "/srv/shares/so-nv"


def test_a_line_number_is_that_of_the_sheet() -> None:
    assert sheet.lines_of("a\n\nb")[-1] == Line(3, ("b",))


# Stages


UNIT = Unit("so-nv", "Sở Nội vụ", "000.00.14.H48")


def test_each_stage_needs_those_before_it() -> None:
    now = datetime(2026, 11, 23, tzinfo=VIETNAM)
    month = now - timedelta(days=30)

    assert stage(UNIT, None, None, None, now) is Stage.DECLARED
    assert stage(UNIT, None, now, now, now) is Stage.DECLARED
    assert stage(UNIT, month, None, now, now) is Stage.CONNECTED
    assert stage(UNIT, month, month, month - timedelta(seconds=1), now) is Stage.TESTED
    assert stage(UNIT, month, month, month, now) is Stage.LIVE
    assert stage(replace(UNIT, mode="thu-nghiem"), month, month, now, now) is Stage.TESTED


@pytest.mark.parametrize(("until", "former"), [("2026-11-22", True), ("2026-11-23", False)])
def test_who_has_ended_is_former_whatever_came(until: str, former: bool) -> None:
    now = datetime(2026, 11, 23, 0, 30, tzinfo=VIETNAM)
    unit = replace(UNIT, until=date.fromisoformat(until))
    assert (stage(unit, now, now, now, now) is Stage.FORMER) is former
