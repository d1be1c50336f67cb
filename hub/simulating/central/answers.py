"""What a call is answered with (facts 3.3, 3.6): ASCII JSON, with the three fields that clients always read.

The code 0 is known. The others are one province's list, taken for the central hub's. Pure.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

INVALID_FILE = "10"
BAD_CREDENTIALS = "15"
NO_RECIPIENT = "18"
NOT_REGISTERED = "19"
SYSTEM_ERROR = "20"
FILE_DAMAGED = "21"
NOT_EDXML = "22"
LOCKED = "23"

#: code -> what it says, without diacritics
MEANINGS: Mapping[str, str] = {
    INVALID_FILE: "File khong hop le",
    BAD_CREDENTIALS: "Sai SystemId hoac SecretKey",
    NO_RECIPIENT: "Don vi nhan khong ton tai",
    NOT_REGISTERED: "Don vi gui khong dang ky",
    SYSTEM_ERROR: "Loi he thong",
    FILE_DAMAGED: "Loi xu ly file",
    NOT_EDXML: "Format edXML khong dung",
    LOCKED: "Don vi nhan da khoa",
}
_LONGEST = 500
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True)


class Failed(Exception):
    """The call is answered with FAIL. `code` is one of this module's; `more` says which or why, in any letters."""

    def __init__(self, code: str, more: str = "", *, whole: str = "") -> None:
        meaning = MEANINGS[code]
        self.code = code
        self.text = ascii_text(whole or (f"{meaning}: {more}" if more else meaning))
        super().__init__(f"{code} {self.text}")


def ok(**fields: Any) -> dict[str, Any]:
    """A success with these further fields."""
    return {"status": "OK", "ErrorCode": "0", "ErrorDesc": "Thanh cong", **fields}


def failure(failed: Failed, **fields: Any) -> dict[str, Any]:
    """A failure with these further fields."""
    return {"status": "FAIL", "ErrorCode": failed.code, "ErrorDesc": failed.text, **fields}


def encoded(said: Mapping[str, Any]) -> bytes:
    """As it goes over the wire: compact, every letter that is not ASCII escaped."""
    return _ENCODER.encode(said).encode("ascii")


def ascii_text(text: str) -> str:
    """Without diacritics, control characters and what else is not ASCII; 500 characters at most."""
    plain = text[:_LONGEST].replace("đ", "d").replace("Đ", "D")
    letters = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode("ascii")
    return "".join(sign if sign.isprintable() else " " for sign in letters)
