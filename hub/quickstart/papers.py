"""Small valid files to attach. The same every time, so that a second run drops the same documents."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from functools import partial
from typing import BinaryIO

from hub.quickstart.cast import Letter
from hub.standards import edxml

_XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEETML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FONTS = b"<< /Font << /F1 4 0 R >> >>"


def files(letter: Letter) -> list[edxml.File]:
    """The main document as PDF, and its appendix if it has one."""
    name = f"{letter.code.replace('/', '-')}.pdf"
    found = [edxml.File(name, partial(_opened, pdf([letter.code, letter.type, letter.subject])))]
    if letter.appendix:
        # With a type of its own it is sent as it is; the zip the rule would put around it differs every time.
        found.append(edxml.File(letter.appendix, partial(_opened, xlsx(letter.to)), _XLSX_TYPE))
    return found


def _opened(content: bytes) -> BinaryIO:
    return io.BytesIO(content)


def pdf(lines: list[str]) -> bytes:
    """One A4 page. The built-in font has no Vietnamese letters, so marks are left out."""
    shown = " T* ".join(f"({_plain(line)}) Tj" for line in lines)
    text = f"BT /F1 12 Tf 72 770 Td 18 TL {shown} ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources " + _FONTS + b" >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size, start = len(objects) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return bytes(out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start))


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    bare = "".join(letter for letter in letters if letter.isascii())
    return bare.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def xlsx(cells: tuple[str, ...]) -> bytes:
    """A workbook with one column of text."""
    rows = "".join(f'<row><c t="inlineStr"><is><t>{cell}</t></is></c></row>' for cell in cells)
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
