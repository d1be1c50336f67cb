"""A report as a file: what stands in it, how it is laid out, and that nothing in it is more than text."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from docx import Document
from docx.shared import Mm

from hub.config import ReportSays
from hub.report import page, paper, workbook
from hub.report.composing import compose
from hub.report.layout import Block, Chart, Column, Foot, Heading, Letterhead, Paragraph, Report, Table
from hub.report.letter import letter_of
from hub.report.printing import CannotPrint, printed
from hub.report.records import Share
from hub.report.writing import write
from tests.reports import filling
from tests.reports.test_figures import figures_of

_STARTS = ("=", "+", "-", "@", "\t=", "\r=", "＝", "＋", "－", "＠", " =", "\u200b=", "\ufeff=", "'=", '"=', "\n=")
_ENDS = (
    *("1+1", "cmd|'/C calc'!A0", 'HYPERLINK("http://x","y")', "SUM(1;2)", "WEBSERVICE(1)", "A1", "1", "'a'!B2"),
    *(
        'IMPORTXML("x")',
        "DDE(1;2;3)",
        "[1]x!A1",
        "{1,2}",
        "<b>x</b>",
        "]]>",
        "&lt;",
        "\u202e1+1",
        "\x0bx",
        "x" * 400,
        "%0A=1",
    ),
)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PAYLOADS = [f"{start}{end}" for start in _STARTS for end in _ENDS]


def a_report(*blocks: Block) -> Report:
    head = Letterhead("ỦY BAN", "BC-UBND", "Quảng Ngãi", 2026, "BÁO CÁO", "Tình hình", "Văn phòng", "Ủy ban")
    return Report(head, blocks, Foot(("Như trên", "Lưu: VT"), ("TM.",)), ())


def a_table(values: list[str], note: str = "") -> Table:
    columns = (Column("Một", is_number=False), Column("Hai"), Column("Ba", group="Nhóm"), Column("Bốn", group="Nhóm"))
    rows = [(value, 1254, Share(1, 2), 1.5) for value in values]
    return Table("Bảng 1", "Thử", columns, rows, note=note, sheet="Bảng 1")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("whole")
    filling.configure(folder)
    filling.fill(folder / "data", {(2026, 10): 30, (2026, 11): 120}, 5)
    return compose(figures_of(folder), letter_of(ReportSays(leader="Phó Chủ tịch"), "UBND tỉnh Quảng Ngãi"))


def told(content: bytes) -> str:
    """All text of a Word document in its order."""
    tree = ET.fromstring(zipfile.ZipFile(io.BytesIO(content)).read("word/document.xml"))
    return "\n".join("".join(run.text or "" for run in each.iter(f"{_W}t")) for each in tree.iter(f"{_W}p"))


_PARTS = (
    *("ỦY BAN NHÂN DÂN", "TỈNH QUẢNG NGÃI", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"),
    *("/BC-UBND", "DỰ THẢO", "BÁO CÁO", "Kính gửi: Văn phòng Chính phủ.", "I. TÌNH HÌNH TRIỂN KHAI"),
    *("II. KẾT QUẢ GỬI, NHẬN", "III. HỒI BÁO VÀ XỬ LÝ", "IV. LỖI, SỰ CỐ VÀ ĐỐI SOÁT", "V. TỒN TẠI, HẠN CHẾ"),
    *("VI. KIẾN NGHỊ, ĐỀ XUẤT", "VII. NHIỆM VỤ THÁNG TỚI", "Nơi nhận:", "- Như trên;", "- Lưu: VT.", "TM. ỦY BAN"),
    *("KT. CHỦ TỊCH", "PHỤ LỤC", "V.1: ", "Một lượt gửi là một văn bản tới một nơi nhận"),
)
_LABELS = (
    "Bảng 1",
    "Bảng 2",
    "Bảng 3",
    "Bảng 4",
    "Bảng 5",
    "Bảng 6",
    "Bảng 7",
    "Bảng 8a",
    "Bảng 8b",
    "Hình 1",
    "Hình 2",
)


def test_everything_is_in_the_document_in_its_order(whole: Report) -> None:
    text = told(paper.written(whole))
    for part in (*_PARTS, *(f"{label}. " for label in _LABELS)):
        assert part in text, part
    headings = [text.index(f"\n{number}. ") for number in ("I", "II", "III", "IV", "V", "VI", "VII")]
    assert headings == sorted(headings)
    assert "Hình 3" in text


def test_number_date_and_signature_stay_open(whole: Report) -> None:
    text = told(paper.written(whole))
    assert re.search(r"Số:\s+/BC-UBND", text)
    assert re.search(r"Quảng Ngãi, ngày\s+tháng\s+năm 2026", text)
    assert not re.search(r"Số:\s*\d", text)


def test_the_page_is_that_of_an_official_document(whole: Report) -> None:
    document = Document(io.BytesIO(paper.written(whole)))
    [section] = document.sections
    assert section.page_width is not None
    assert (round(section.page_width.mm), round(section.page_height.mm if section.page_height else 0)) == (210, 297)
    margins = section.top_margin, section.bottom_margin, section.left_margin, section.right_margin
    allowed = ((20, 25), (20, 25), (30, 35), (15, 20))
    for margin, (least, most) in zip(margins, allowed, strict=True):
        assert margin is not None
        assert Mm(least) - Mm(0.1) <= margin <= Mm(most) + Mm(0.1)
    assert section.different_first_page_header_footer
    normal = document.styles["Normal"].font
    assert (normal.name, normal.size.pt if normal.size else 0) == ("Times New Roman", 14)
    for table in document.tables:
        width = sum(int(column.get(column.keys()[0])) for column in table._tbl.tblGrid)
        assert width <= 1440 * 165 / 25.4 + len(table.columns)


def test_charts_carry_their_values_and_a_workbook_to_change_them(whole: Report) -> None:
    parts = zipfile.ZipFile(io.BytesIO(paper.written(whole)))
    charts = [name for name in parts.namelist() if name.startswith("word/charts/chart")]
    drawn = [block for block in whole.blocks if isinstance(block, Chart)]
    assert len(charts) == len(drawn) == 3
    books = [name for name in parts.namelist() if name.startswith("word/embeddings/")]
    assert len(books) == 3
    found = {
        tuple(each.text for each in ET.fromstring(parts.read(name)).iterfind(".//{*}val//{*}v")) for name in charts
    }
    assert found == {tuple(str(value) for value in block.values) for block in drawn}
    sheet = openpyxl.load_workbook(io.BytesIO(parts.read(books[0]))).worksheets[0]
    assert sheet.max_row > 2


def test_a_workbook_has_every_table_and_the_months(whole: Report) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook.written(whole)))
    names = set(book.sheetnames)
    assert {*_LABELS, "Báo cáo", "So sánh", "Theo tháng", "Nguồn", "Phụ lục"} <= names
    months = [book["Theo tháng"].cell(row, 1).value for row in range(4, 15)]
    assert months == [f"{month:02}/2026" for month in range(1, 12)]
    total = next(row for row in book["Bảng 1"].iter_rows(values_only=True) if row[0] == "Tổng số")
    assert [type(value) for value in total[1:]] == [int, int, int, str, int, float]
    assert isinstance(book["Nguồn"].cell(4, 3).value, int)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.font.name for cell in cells} == {"Times New Roman"}
    assert book["Hình 1"]._charts


def test_a_page_needs_nothing_from_outside(whole: Report) -> None:
    text = page.written(whole).decode()
    assert text.count("<svg") == 3
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|src=|@import|url\(", text)
    assert "default-src 'none'" in text
    for part in _PARTS:
        assert part in text.replace("&emsp;", " "), part


def test_no_cell_is_a_formula() -> None:
    content = workbook.written(a_report(a_table(PAYLOADS), Paragraph(PAYLOADS[0]), Heading("=1+1")))
    assert len(PAYLOADS) >= 300
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    for name in zipfile.ZipFile(io.BytesIO(content)).namelist():
        assert b"<f>" not in zipfile.ZipFile(io.BytesIO(content)).read(name), name
    risky = [cell for cell in cells if isinstance(cell.value, str) and re.match(r"\s*[=+\-@＝＋－＠]", cell.value)]
    assert len(risky) > 200
    assert all(cell.quotePrefix for cell in risky)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_finds_no_formula(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(workbook.written(a_report(a_table(PAYLOADS))))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    words = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "fods",
        "--outdir",
        str(tmp_path),
        str(tmp_path / "a.xlsx"),
    ]
    subprocess.run(words, check=True, capture_output=True, timeout=110)
    said = (tmp_path / "a.fods").read_text("utf-8")
    assert "table:formula" not in said
    assert said.count("cmd|") >= 10


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_prints_the_report(whole: Report, tmp_path: Path) -> None:
    content = printed(paper.written(whole))
    assert content.startswith(b"%PDF")
    sizes = set(re.findall(rb"/MediaBox\s*\[\s*0 0 (\d+)[.\d]* (\d+)", content))
    assert sizes == {(b"595", b"841")}


def test_without_libreoffice_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.report.printing.shutil.which", lambda _: None)
    with pytest.raises(CannotPrint, match=r"cần LibreOffice.*\.docx"):
        printed(b"")


@pytest.mark.parametrize("suffix", [".docx", ".xlsx", ".html"])
def test_hostile_names_are_text(suffix: str, tmp_path: Path) -> None:
    hostile = [
        "</w:t><x>",
        "a\x00b\ud800\uffff",
        "\u202egnp.exe",
        "<script>alert(1)</script>",
        "Xã " + "ố" * 4000,
        "&amp;",
        "",
    ]
    labels = [*hostile, "x"]
    chart = Chart("Hình 1", hostile[3], "bars", labels, [1.0] * len(labels), "%", most=100, sheet="Hình 1")
    report = a_report(a_table(hostile, note=hostile[0]), chart, Paragraph(hostile[1]))
    out = tmp_path / f"a{suffix}"
    assert write(report, out) == out.stat().st_size
    assert [one.name for one in tmp_path.iterdir()] == [out.name]
    if suffix == ".html":
        text = out.read_text("utf-8")
        assert "<script" not in text
        assert not set("\u202e\x00\uffff") & set(text)
        return
    with zipfile.ZipFile(out) as parts:
        for name in parts.namelist():
            if name.endswith((".xml", ".rels")):
                ET.fromstring(parts.read(name))
                assert "\u202e" not in parts.read(name).decode()


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "a.html"
    out.write_text("old")
    monkeypatch.setattr("hub.report.writing.os.replace", _fails)
    with pytest.raises(OSError, match="no room"):
        write(a_report(), out)
    assert out.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.html"]


def _fails(*_: object) -> None:
    raise OSError("no room")
