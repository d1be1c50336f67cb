"""What a file is, by its first bytes and by its name. Pure."""

from __future__ import annotations

import re
from enum import Enum, auto

from plugins.folderdrop.clerk.sending.records import Kind

#: how much of a file's beginning `form_of` wants
HEAD = 4096


class Form(Enum):
    """How a file is built, as far as it decides who looks further."""

    PDF = auto()
    ZIP = auto()
    #: doc, xls, ppt and others of their time
    OLE = auto()
    #: nothing further to look for
    PLAIN = auto()


#: what Windows runs, or lets run something, by a double click on the name; a disk image opens as a drive of programs
_RUN = frozenset(
    re.findall(
        r"\S+",
        "ade adp app appref-ms appx appxbundle bat chm cmd com cpl diagcab dll exe gadget hlp hta img inf ins "
        "iso isp jar jnlp js jse lnk mde msc msh msh1 msh2 msi msix msp mst ocx pif ps1 ps1xml ps2 psc1 psd1 "
        "psm1 py pyw rdp reg scf scr sct settingcontent-ms sh shb shs sys url vb vbe vbs vhd vhdx website wll "
        "ws wsc wsf wsh xbap xll",
    )
)
#: names whose programs open nothing else under them
_STRICT = frozenset(re.findall(r"\S+", "pdf docx docm dotx xlsx xlsm xlsb pptx pptm ppsx odt ods odp"))
_PROMISES = {
    Kind.EDXML: "edxml",
    Kind.PDF: "pdf",
    Kind.OFFICE: "doc docx docm dot dotx xls xlsx xlsm xlsb ppt pptx pptm pps ppsx odt ods odp rtf",
    Kind.ARCHIVE: "zip rar 7z gz tgz tar bz2 xz cab",
    Kind.IMAGE: "jpg jpeg png tif tiff gif bmp webp heic",
}
_BY_NAME = {ending: kind for kind, endings in _PROMISES.items() for ending in endings.split()}
#: anchored at the first byte
_MAGIC = (
    (re.compile(rb"\x7fELF|#!|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe"), Kind.PROGRAM),
    (re.compile(rb"\x4c\x00\x00\x00\x01\x14\x02\x00"), Kind.PROGRAM),
    (
        re.compile(rb"Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|\x1f\x8b\x08|BZh[1-9]1AY|\xfd7zXZ\x00|MSCF\x00|\x28\xb5\x2f\xfd"),
        Kind.ARCHIVE,
    ),
    (re.compile(rb".{257}ustar", re.DOTALL), Kind.ARCHIVE),
    (
        re.compile(
            rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|II\*\x00|MM\x00\*|RIFF....WEBP|BM.{4}\x00\x00\x00\x00",
            re.DOTALL,
        ),
        Kind.IMAGE,
    ),
    (re.compile(rb".{4}ftyp(?:heic|heix|mif1|avif)", re.DOTALL), Kind.IMAGE),
    (re.compile(rb"\s*\{\\rtf"), Kind.OFFICE),
)
_MZ = re.compile(rb"MZ[^\x00]{0,200}\x00", re.DOTALL)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PDF = re.compile(rb"%PDF-\d")
#: a few stray bytes may stand before it
_XML_ROOT = re.compile(rb"[^<]{0,64}(?:<\?.*?\?>\s*|<!--.*?-->\s*)*<(?:[\w.-]+:)?([\w.-]+)", re.DOTALL)
_ENVELOPE = (b"schemas.xmlsoap.org/soap/envelope", b"e-doc")
_JSON_PACKET = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{(?=.*"header"\s*:).*"messageheader"\s*:', re.DOTALL | re.IGNORECASE)
#: what no text has, the marks of UTF-16 left aside
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def extension(name: str) -> str:
    """A name's last part in small letters, as Windows sees it: dots and spaces at the end do not count."""
    return name.rstrip(" .").lower().rpartition(".")[2] if "." in name.rstrip(" .") else ""


def runs_by_name(name: str) -> bool:
    """Whether a double click would run it, whatever it holds."""
    return extension(name) in _RUN


def by_name(name: str) -> Kind | None:
    """What the name alone promises; None where it promises nothing that could be checked."""
    return _BY_NAME.get(extension(name))


def form_of(head: bytes) -> tuple[Form, Kind]:
    """How a file is built and what it is, as its first bytes say; forms that are looked into say it better later."""
    if head.startswith(_ZIP):
        return Form.ZIP, Kind.ARCHIVE
    if head.startswith(_OLE):
        return Form.OLE, Kind.OTHER
    if _MZ.match(head):
        return Form.PLAIN, Kind.PROGRAM
    for magic, kind in _MAGIC:
        if magic.match(head):
            return Form.PLAIN, kind
    if _is_packet(head):
        return Form.PLAIN, Kind.EDXML
    if _PDF.search(head[:1024]):
        return Form.PDF, Kind.PDF
    return Form.PLAIN, Kind.TEXT if _is_text(head) else Kind.OTHER


def _is_packet(head: bytes) -> bool:
    if _JSON_PACKET.match(head):
        return True
    found = _XML_ROOT.match(head)
    root = found[1].lower() if found else b""
    return root in (b"edxml", b"edxmlenvelope") or (root == b"envelope" and any(each in head for each in _ENVELOPE))


def _is_text(head: bytes) -> bool:
    return bool(head) and (head.startswith(_UTF16) or not _NO_TEXT.search(head))


def is_broken_promise(kind: Kind, head: bytes, name: str) -> bool:
    """Whether no program could open the file as what its name promises: bytes that are lost, or text for a PDF."""
    if by_name(name) in (None, Kind.EDXML):
        return False
    if not head.strip(b"\x00"):
        return True
    return kind in (Kind.TEXT, Kind.OTHER) and extension(name) in _STRICT
