"""The three answers of the central hub that list agencies, read piece by piece into records. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from hub.agencies.records import Agency
from hub.agencies.scanning import RowScanner, Unsound
from hub.directory import looks_like_code, normalise
from hub.errors import Refused

#: Bytes and rows of one answer, at most.
MOST_BYTES, MOST_ROWS = 512 * 1024 * 1024, 1_000_000
#: Signs of a code, a name, any other field, at most.
_CODE, _NAME, _OTHER = 100, 500, 200
_FIELDS = ("code", "name", "id", "pid", "mail", "deleted")
_MORE = ("centerCode", "version", "modifyDate", "isAgency")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_YES = {"true", "1", "yes"}
# Quicker than `loads`, which looks for the encoding of each row.
_DECODE = json.JSONDecoder().decode

#: operation -> the field that holds a unit's other code
_OLD_CODE: Mapping[str, str] = {
    "getAgenciesList": "oldCode",
    "getAgenciesListQD20": "code102",
    "getSynchronizeUnit": "oldCode",
}
#: What an answer may be: the name of the operation that gives it.
KINDS = tuple(_OLD_CODE)

TOO_LONG = "quá dài (too long)"
UNREADABLE = "không đọc được (cannot be read)"
NO_CODE = "không có mã (no code)"
NO_NAME = "không có tên (no name)"
CODE_TOO_LONG = "mã quá dài (code too long)"
NOT_TEXT = "có ký tự không lưu được (signs that cannot be stored)"


class Reader:
    """Fed one answer in pieces; gives its good rows, counts the others. Not for use from two threads at once."""

    def __init__(self, kind: str) -> None:
        """Raises ValueError where no answer is called that."""
        if kind not in KINDS:
            raise ValueError(f"no answer is called {kind}: {', '.join(KINDS)}")
        self.kind = kind
        self._scanner, self._bytes, self._all = RowScanner(), 0, 0
        #: why rows were left out -> how many
        self.skipped: Counter[str] = Counter()
        #: good rows whose code has neither official form: warned of, never refused
        self.odd = 0

    def feed(self, chunk: bytes) -> Iterator[Agency]:
        """The good rows that are whole now. Raises Refused("directory-unreadable")."""
        self._bytes += len(chunk)
        if self._bytes > MOST_BYTES:
            raise unreadable(f"nó dài hơn {MOST_BYTES} byte (it is longer)")
        try:
            for row in self._scanner.feed(chunk):
                self._all += 1
                if found := self._read(row):
                    yield found
        except Unsound as unsound:
            raise unreadable(str(unsound)) from None
        if self._all > MOST_ROWS:
            raise unreadable(f"nó có hơn {MOST_ROWS} dòng (it has more rows)")

    def close(self) -> None:
        """Say that there is no more.

        Raises Refused: "directory-unreadable" where the answer is not whole or has no list, "directory-failed" where
        it says that the operation failed. Nothing of it is to be believed then.
        """
        try:
            said = self._scanner.close()
        except Unsound as unsound:
            raise unreadable(str(unsound)) from None
        code, status = _text(said.get("ErrorCode", "0")), _text(said.get("status", "OK"))
        if code != "0" or status.upper() == "FAIL":
            reason = f"Trục trung ương báo lỗi {code[:_OTHER]}: {_text(said.get('ErrorDesc', ''))[:_OTHER]}"
            raise Refused("directory-failed", reason)
        if "ErrorCode" not in said:
            raise unreadable("nó không có ErrorCode (it has no ErrorCode)")
        if not self._scanner.has_list:
            raise unreadable("nó không có danh sách (it has no list of rows)")

    def _read(self, row: bytes | None) -> Agency | None:
        try:
            agency = _agency(row, _OLD_CODE[self.kind])
        except _Bad as bad:
            self.skipped[str(bad)] += 1
            return None
        self.odd += not looks_like_code(agency.code)
        return agency


class _Bad(ValueError):
    """A row that is no agency: why."""


def _agency(row: bytes | None, old_code: str) -> Agency:
    """Raises _Bad."""
    if row is None:
        raise _Bad(TOO_LONG)
    try:
        said = _DECODE(row.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        raise _Bad(UNREADABLE) from None
    if not isinstance(said, dict):
        raise _Bad(UNREADABLE)
    fields = dict.fromkeys((*_FIELDS, old_code, *_MORE), "")
    fields |= {name: _text(said[name]) for name in fields.keys() & said.keys()}
    found = Agency(
        code=normalise(fields["code"]),
        name=fields["name"],
        id=fields["id"][:_OTHER],
        pid=fields["pid"][:_OTHER],
        mail=fields["mail"][:_OTHER],
        old_code=normalise(fields[old_code]),
        deleted=fields["deleted"].lower() in _YES,
        more={name: fields[name][:_OTHER] for name in _MORE if fields[name]},
    )
    return _checked(found)


def _checked(found: Agency) -> Agency:
    """Raises _Bad."""
    if not found.code:
        raise _Bad(NO_CODE)
    if not found.name:
        raise _Bad(NO_NAME)
    if len(found.code) > _CODE or len(found.old_code) > _CODE:
        raise _Bad(CODE_TOO_LONG)
    if len(found.name) > _NAME:
        raise _Bad(TOO_LONG)
    texts = found.code, found.name, found.id, found.pid, found.mail, found.old_code, *found.more.values()
    if _NO_TEXT.search("".join(texts)):
        raise _Bad(NOT_TEXT)
    return found


def _text(value: Any) -> str:
    """A field as text: numbers and truths spelt as JSON does, blanks as one; "" for null and what has parts."""
    if value is None:
        return ""
    if isinstance(value, str):
        if value.isascii() and " " not in value and value.isprintable():
            return value
        return unicodedata.normalize("NFC", " ".join(value.split()))
    return json.dumps(value) if isinstance(value, bool | int | float) else ""


def unreadable(why: str) -> Refused:
    """What is said of an answer that cannot be believed."""
    return Refused("directory-unreadable", f"Danh bạ của trục trung ương không dùng được: {why}.")
