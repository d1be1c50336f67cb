"""What the first bytes of an attachment say it is."""

from __future__ import annotations

import codecs
import re

from hub.standards.edxml.zipped import extension

UNKNOWN = "application/octet-stream"
_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"{\\rtf", "application/rtf"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
)
_OOXML = "application/vnd.openxmlformats-officedocument."
_OFFICE = (
    (b"word/", _OOXML + "wordprocessingml.document"),
    (b"xl/", _OOXML + "spreadsheetml.sheet"),
    (b"ppt/", _OOXML + "presentationml.presentation"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_NAMES = {
    "doc": "application/msword",
    "dot": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
}
_OPEN_DOCUMENT = re.compile(rb"mimetype(application/vnd\.oasis\.opendocument\.[a-z-]{1,32})")


def sniff(head: bytes, tail: bytes, name: str) -> str:
    """The media type by content; the name only tells the kinds of OLE file apart."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return _zip(head, tail)
    if head.startswith(_OLE):
        return _OLE_NAMES.get(extension(name), "application/x-ole-storage")
    return _text(head)


def _zip(head: bytes, tail: bytes) -> str:
    if first := _OPEN_DOCUMENT.match(head, 30):
        return first[1].decode("ascii")
    names = head + tail
    if b"[Content_Types].xml" in names:
        for folder, office in _OFFICE:
            if folder in names:
                return office
    return "application/zip"


def _text(head: bytes) -> str:
    if not head or b"\x00" in head:
        return UNKNOWN
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return UNKNOWN
    if text.lstrip().startswith("<?xml"):
        return "application/xml"
    return "text/plain"
