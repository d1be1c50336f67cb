"""Names on a share: which to ignore, how to show one, and how ours are made safe for Windows. Pure."""

from __future__ import annotations

import os
import re
import unicodedata

from hub import Acknowledgement, Delivery

#: What our own names end in.
EXTENSION = ".edxml"
ERROR_EXTENSION = b".error.json"
_LONGEST = 240
_LONGEST_ON_DISK = 255

_TEMPORARY_START = (b".", b"~$", b"~wr")
_TEMPORARY_END = (b".tmp", b".temp", b".part", b".partial", b".crdownload", b".filepart", b".lnk", b".url", b"~")
_TEMPORARY = frozenset({b"thumbs.db", b"desktop.ini"})

_FORBIDDEN_IN_WORDS = re.compile(r'[<>:"/\\|?*]+')
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\s]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])(?=\.|$)", re.IGNORECASE)


def is_temporary(name: bytes) -> bool:
    """Whether a name says that its file is not (yet) meant for us."""
    lower = name.lower()
    return lower.startswith(_TEMPORARY_START) or lower.endswith(_TEMPORARY_END) or lower in _TEMPORARY


def shown(name: bytes) -> str:
    """A name as text that every database and page can hold; bytes that are no UTF-8 appear escaped."""
    return name.decode("utf-8", "backslashreplace")


def readable(name: str) -> str:
    """A name from the disk as `shown` shows it: its bytes may be no UTF-8."""
    return shown(os.fsencode(name))


def visible(text: str) -> str:
    """Text without its invisible letters, but with its white space; NFC, also where one stood before a mark."""
    kept = (letter for letter in text if letter.isspace() or unicodedata.category(letter)[0] != "C")
    return unicodedata.normalize("NFC", "".join(kept))


def source_key(name: bytes, inode: int, mtime_ns: int) -> str:
    """What names one input of a folder: the same file, unchanged, has the same key."""
    return f"{shown(name)}|{inode}|{mtime_ns}"


def safe(text: str, longest: int, *, spaces: bool = False) -> str:
    """A part of a name that Windows, Samba and Linux all take: NFC, at most that many bytes of UTF-8.

    With `spaces`, those between words stay.
    """
    if spaces:
        text = " ".join(text.split())
    if not (text.isascii() and text.isprintable()):
        text = "".join(letter for letter in text if unicodedata.category(letter)[0] != "C")
        text = unicodedata.normalize("NFC", text)
    text = (_FORBIDDEN_IN_WORDS if spaces else _FORBIDDEN).sub("-", text).strip("-. ")
    text = cut(text.encode("utf-8", "replace"), longest).decode().rstrip("-. ")
    return f"_{text}" if _RESERVED.match(text) else text


def cut(name: bytes, longest: int) -> bytes:
    """At most that many bytes of a name, without a broken letter at the end."""
    if len(name) <= longest:
        return name
    end = longest
    while end and name[end] & 0xC0 == 0x80:
        end -= 1
    return name[:end]


def placed_name(delivery: Delivery) -> str:
    """The name a delivery bears in `in/`: always the same for the same delivery."""
    body = delivery.envelope.body
    ending = placed_ending(delivery)
    if isinstance(body, Acknowledgement):
        stem = f"trang-thai_{safe(body.status, 20) or '00'}"
    else:
        stem = safe(body.code, _LONGEST - len(ending.encode()) - 1) or "van-ban"
    return stem + ending


def placed_ending(delivery: Delivery) -> str:
    """What the name of a delivery ends in, and of no other."""
    return f"_{delivery.id}{EXTENSION}"


def refused_name(name: bytes, turn: int) -> bytes:
    """The name a refused file gets in `error/`: its own, or with ~2, ~3 ... before its extension."""
    stem, dot, extension = name.rpartition(b".")
    if not stem or len(extension) > 20:
        stem, dot, extension = name, b"", b""
    suffix = (b"~%d" % turn if turn > 1 else b"") + dot + extension
    return cut(stem, _LONGEST_ON_DISK - len(ERROR_EXTENSION) - len(suffix)) + suffix
