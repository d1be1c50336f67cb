"""Small valid files to attach. The same every time, so that a second run drops the same documents."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import BinaryIO

from hub.quickstart.cast import OUTSIDE, Letter
from hub.standards import edxml

_XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEETML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FONTS = b"<< /Font << /F1 4 0 R >> >>"
_MEANINGS = """/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CMapName /Vietnamese def /CMapType 2 def
1 begincodespacerange <00> <FF> endcodespacerange
1 beginbfrange <20> <7E> <0020> endbfrange
{count} beginbfchar
{marked}
endbfchar endcmap end end"""


def files(letter: Letter, day: date | None = None) -> list[edxml.File]:
    """The main document as PDF, and its appendix if it has one."""
    name = f"{letter.code.replace('/', '-')}.pdf"
    found = [edxml.File(name, partial(_opened, pdf(page(letter, day or letter.day))))]
    if letter.appendix:
        # With a type of its own it is sent as it is; the zip the rule would put around it differs every time.
        found.append(edxml.File(letter.appendix, partial(_opened, xlsx(letter.lines)), _XLSX_TYPE))
    return found


def _opened(content: bytes) -> BinaryIO:
    return io.BytesIO(content)


def page(letter: Letter, day: date) -> list[str]:
    """What stands on a document's page."""
    place = "Hà Nội" if letter.unit == OUTSIDE else "Quảng Ngãi"
    head = (f"Số: {letter.code}", f"{place}, ngày {day:%d} tháng {day:%m} năm {day.year}")
    return [*head, letter.type, letter.subject, *filter(None, [letter.content]), *letter.to_places]


def pdf(lines: list[str]) -> bytes:
    """One A4 page. The built-in font has no Vietnamese letters: they are drawn without marks, and copied with them."""
    marked = sorted({letter for line in lines for letter in line if not letter.isascii()})
    codes = {letter: 128 + place for place, letter in enumerate(marked)}
    shown = b" T* ".join(b"(%s) Tj" % _encoded(line, codes) for line in lines)
    text = b"BT /F1 12 Tf 72 770 Td 18 TL %s ET" % shown
    font = b"/Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R"
    drawn = " ".join(f"/{_plain(letter)}" for letter in marked).encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources " + _FONTS + b" >>",
        b"<< %s /Encoding << /Type /Encoding /Differences [128 %s] >> >>" % (font, drawn),
        _stream(text),
        _stream(_meanings(codes)),
    ]
    return _whole(objects)


def _whole(objects: Sequence[bytes]) -> bytes:
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size, start = len(objects) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return bytes(out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start))


def _stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)


def _encoded(line: str, codes: Mapping[str, int]) -> bytes:
    escaped = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return bytes(codes.get(letter, ord(letter)) for letter in escaped)


def _meanings(codes: Mapping[str, int]) -> bytes:
    """Which letter each code stands for, as readers and copying see it."""
    marked = "\n".join(f"<{code:02X}> <{ord(letter):04X}>" for letter, code in codes.items())
    return _MEANINGS.format(count=len(codes), marked=marked).encode()


def _plain(letter: str) -> str:
    return unicodedata.normalize("NFD", letter.translate({ord("đ"): "d", ord("Đ"): "D"}))[0]


def xlsx(lines: tuple[str, ...]) -> bytes:
    """A workbook with one column of text."""
    rows = "".join(f'<row><c t="inlineStr"><is><t>{line}</t></is></c></row>' for line in lines)
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEETML}.sheet.main+xml"/>'
            f'<Override PartName="/xl/sheet1.xml" ContentType="{_SHEETML}.worksheet+xml"/></Types>'
        ),
        "_rels/.rels": _relation(f"{_OFFICE}/officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
            '<sheets><sheet name="Phụ lục 01" sheetId="1" r:id="r1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": _relation(f"{_OFFICE}/worksheet", "sheet1.xml"),
        "xl/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            # A ZipInfo of its own bears a fixed date.
            archive.writestr(zipfile.ZipInfo(name), f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return content.getvalue()


def _relation(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{kind}" Target="{target}"/></Relationships>'
    )
