"""Files as a clerk drops them, made byte by byte, and hostile ones."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PDFS = Path(__file__).parents[1] / "data" / "pdf"
CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
NO_PAGES = b"<</Type/Pages/Kids[]/Count 0>>"


def pdf(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is its root."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    end = b"trailer\n<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, trailer, len(out))
    return bytes(out) + head + table + end


def stream(content: bytes, dictionary: bytes = b"") -> bytes:
    return b"<</Length %d%b>>stream\n%b\nendstream" % (len(content), dictionary, content)


def page(content: bytes, *further: bytes, catalog: bytes = CATALOG) -> bytes:
    """A PDF of one page with that content stream; `further` objects are numbered from 6."""
    pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    fonts = b"/Resources<</Font<</F1 5 0 R>>>>"
    one = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R%b>>" % fonts
    return pdf([catalog, pages, one, content, b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", *further])


def text_page(text: str = "hello") -> bytes:
    return page(stream(b"BT /F1 12 Tf 50 800 Td (%b) Tj ET" % text.encode("latin-1")))


def signed(*signatures: bytes) -> bytes:
    """A PDF whose signature fields, one within another, hold these dictionaries; b"" leaves one empty."""
    first = 6
    form = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[%d 0 R]>>>>" % first
    kids = b" ".join(b"%d 0 R" % (first + number) for number in range(1, len(signatures) + 1))
    fields = [b"<</T(f)%b>>" % (b"/V %b" % each if each else b"") for each in signatures]
    content = stream(b"BT /F1 12 Tf (hello) Tj ET")
    return page(content, b"<</FT/Sig/T(all)/Kids[%b]>>" % kids, *fields, catalog=form)


def text_string(text: str) -> bytes:
    """A PDF string as signing programs write a Vietnamese one: UTF-16 in hexadecimal."""
    return b"<%b>" % (b"\xfe\xff" + text.encode("utf-16-be")).hex().encode()


def packed(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def word(*paragraphs: str, **further: bytes) -> bytes:
    """A Word document; each paragraph's letters lie in runs of their own."""
    runs = (
        "".join(f"<w:r><w:t xml:space='preserve'>{letter}</w:t></w:r>" for letter in paragraph)
        for paragraph in paragraphs
    )
    body = "".join(f"<w:p w:x='1'>{each}</w:p>" for each in runs)
    xml = f"<?xml version='1.0'?><w:document><w:body>{body}</w:body></w:document>".encode()
    return packed({"[Content_Types].xml": b"<Types/>", "word/document.xml": xml} | further)


def ole(*names: str, flags: int = 0, sectors: int = 0) -> bytes:
    """An OLE file whose directory lists these, after the root; a "WordDocument" begins with those flags.

    With `sectors`, so much lies between its beginning and its directory.
    """
    entries = [_entry("Root Entry", 5, 0, 0), *(_entry(each, 2, 0, 8192) for each in names)]
    per = 512 // 128
    entries += [bytes(128)] * (-len(entries) % per)
    directory = b"".join(entries)
    used = 1 + sectors + len(directory) // 512
    tables = -(-(used + 200) // 128)
    start = 1 + sectors
    chain = [*range(start + 1, used), 0xFFFFFFFE]
    table = [0xFFFFFFFE] * start + chain + [0xFFFFFFFD] * tables
    allocation = b"".join(struct.pack("<I", each) for each in table).ljust(tables * 512, b"\xff")
    listed = [used + number for number in range(tables)]
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<III", header, 44, tables, start, 0)
    more = listed[109:]
    struct.pack_into("<I", header, 68, used + tables if more else 0xFFFFFFFE)
    struct.pack_into("<109I", header, 76, *(listed + [0xFFFFFFFF] * 109)[:109])
    stored = bytearray(512)
    struct.pack_into("<HHHHHH", stored, 0, 0xA5EC, 0xC1, 0, 0, 0, flags)
    further = struct.pack("<128I", *(more + [0xFFFFFFFF] * 127)[:127], 0xFFFFFFFE) if more else b""
    return bytes(header) + bytes(stored) + bytes(sectors * 512) + directory + allocation + further


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\x00\x00"
    return (
        text.ljust(64, b"\x00") + struct.pack("<HB", len(text), kind) + bytes(49) + struct.pack("<III", start, size, 0)
    )


@contextmanager
def opened(content: bytes) -> Iterator[int]:
    """A file with that content, open for reading and in no folder."""
    descriptor = os.memfd_create("dropped")
    try:
        os.write(descriptor, content)
        yield descriptor
    finally:
        os.close(descriptor)
