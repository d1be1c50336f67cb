"""Base64 as it stands in packets: in blocks, strict, with white space and escapes between."""

from __future__ import annotations

import binascii
import re

import pybase64

from hub.errors import Refused

_WHITE = b" \t\r\n"
_XML = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
_JSON = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|([/nrtbf\"\\]))")
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
#: the longest escape
_ESCAPE = 11


class Base64Text:
    """Decodes one attachment's text, block by block. Where: for the refusal."""

    __slots__ = ("_ended", "_escapes", "_rest", "_spaced", "_where")

    def __init__(self, where: str, escapes: bytes = b"&\\") -> None:
        self._where, self._escapes = where, escapes
        self._rest = b""
        self._ended = self._spaced = False

    def clean(self, text: bytes) -> bytes:
        """The text without white space, escapes undone. An escape cut by the block's end waits for the next."""
        text = self._rest + text
        for mark in self._escapes:
            if mark in text:
                text = self._undo(text, bytes((mark,)))
                break
        else:
            self._rest = b""
        return text.translate(None, _WHITE)

    def decode(self, text: bytes) -> bytes:
        """The bytes of a block. Raises Refused on anything but base64."""
        if self._rest:
            text = self._rest + text
            self._rest = b""
        if not self._spaced:
            whole = len(text) & ~3
            try:
                raw = pybase64.b64decode(text[:whole], validate=True)
            except (binascii.Error, ValueError):
                self._spaced = True
            else:
                self._keep(text, whole)
                return raw
        return self._decode_spaced(text)

    def finish(self) -> None:
        """Raises Refused where the text stopped half-way."""
        if self._rest and (self.clean(b"") or self._rest):
            raise self._refusal("bị cắt ngang")

    def _decode_spaced(self, text: bytes) -> bytes:
        text = self.clean(text)
        rest, self._rest = self._rest, b""
        whole = len(text) & ~3
        try:
            raw = pybase64.b64decode(text[:whole], validate=True)
        except (binascii.Error, ValueError):
            raise self._refusal("có ký tự lạ") from None
        self._keep(text, whole)
        self._rest += rest
        return raw

    def _keep(self, text: bytes, whole: int) -> None:
        ended = self._ended
        self._ended = ended or text.endswith(b"=", 0, whole)
        self._rest = text[whole:]
        if self._ended and (text if ended else self._rest).strip():
            raise self._refusal("còn chữ sau dấu kết thúc")

    def _undo(self, text: bytes, mark: bytes) -> bytes:
        cut = text.rfind(mark, -_ESCAPE)
        pattern = _XML if mark == b"&" else _JSON
        whole = cut < 0 or pattern.match(text, cut) is not None
        self._rest, text = (b"", text) if whole else (text[cut:], text[:cut])
        return pattern.sub(_character if mark == b"&" else _letter, text)

    def _refusal(self, what: str) -> Refused:
        return Refused("attachment", f"Nội dung base64 của tệp kèm {what}.", self._where)


def _character(match: re.Match[bytes]) -> bytes:
    code = int(match[1], 16) if match[1] else int(match[2])
    return bytes((code,)) if code < 128 else b"?"


def _letter(match: re.Match[bytes]) -> bytes:
    if match[1]:
        code = int(match[1], 16)
        return bytes((code,)) if code < 128 else b"?"
    return _LETTERS.get(match[2], match[2])
