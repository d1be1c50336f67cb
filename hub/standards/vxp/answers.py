"""Answers of the central hub (facts 3.3): written in ASCII; read in pieces, however long they are."""

from __future__ import annotations

import codecs
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.standards.json_pieces import NotAnAnswer, end_of, value_at

_SPACE = re.compile(r"[\s,]*")
_PAIR = re.compile(r'\s*("(?:[^"\\\x00-\x1f]|\\.)*")\s*:\s*(?=\S)')
_ENDS = re.compile(r'["\\]')
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_SIGNS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
#: Characters of one value, or of one row.
_LARGEST = 64 * 1024
#: Fields of an answer beside its rows: real ones have five.
_MOST_FIELDS = 100


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says besides its data. `fields`: every other value, by its name."""

    code: str
    text: str
    fields: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """Whether it is a success: ErrorCode "0"."""
        return self.code == "0" and str(self.fields.get("status", "")).upper() != "FAIL"


def ascii_only(text: str) -> str:
    """Vietnamese without its marks, and everything else outside ASCII as "?": clients read answers as US-ASCII."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return bare.encode("ascii", "replace").decode()


def write_answer(code: str = "0", text: str = "", **fields: object) -> bytes:
    """An answer with all that clients take for granted. Raises TypeError of what JSON cannot say."""
    status = "OK" if code == "0" else "FAIL"
    said = {"status": status, "ErrorCode": code, "ErrorDesc": ascii_only(text), **fields}
    return json.dumps(said, separators=(",", ":")).encode()


class Scanner:
    """Reads one answer piece by piece. Of `data` each row goes to `row`, or a text to `text` as it comes.

    Nothing else is kept but a hundred small values, 64 KB each. What does not begin or go on as a JSON object raises
    NotAnAnswer at once, what was cut short in `end`.
    """

    def __init__(
        self, row: Callable[[dict[str, Any]], None] | None = None, text: Callable[[str], None] | None = None
    ) -> None:
        self._row, self._text = row, text
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._rest = ""
        self._step: Callable[[], bool] = self._open
        self._fields: dict[str, Any] = {}
        self._has_data = False

    def feed(self, data: bytes) -> None:
        """The next piece. Raises NotAnAnswer."""
        try:
            self._rest += self._decode(data)
        except UnicodeDecodeError as error:
            raise NotAnAnswer("the answer is not UTF-8") from error
        while self._step():
            pass
        if len(self._rest) > _LARGEST + len(data):
            raise NotAnAnswer("a value of the answer is too long")

    def end(self, *, data: bool = False) -> Said:
        """What it said. Raises NotAnAnswer where it was cut short, lacks status or ErrorCode, or a success `data`."""
        if self._step != self._after:
            raise NotAnAnswer("the answer is empty or cut short" if self._fields or self._rest else "an empty answer")
        missing = [name for name in ("status", "ErrorCode") if self._fields.get(name) in (None, "")]
        code, text = str(self._fields.get("ErrorCode", "")), str(self._fields.get("ErrorDesc") or "")
        said = Said(code, text, self._fields)
        if data and said.ok and not self._has_data:
            missing.append("data")
        if missing:
            raise NotAnAnswer(f"the answer has no {', '.join(missing)}")
        return said

    def _open(self) -> bool:
        self._rest = self._rest.lstrip()
        if self._rest and self._rest[0] != "{":
            raise NotAnAnswer("the answer is no JSON object")
        return bool(self._rest) and self._cut(1, self._key)

    def _key(self) -> bool:
        at = end_of(_SPACE, self._rest)
        if self._rest.startswith("}", at):
            return self._cut(at + 1, self._after)
        match = _PAIR.match(self._rest, at)
        if match is None:
            if self._rest[at : at + 1] not in ("", '"'):
                raise NotAnAnswer("the answer is no JSON object")
            return False
        self._name = json.loads(match[1])
        return self._cut(match.end(), self._value)

    def _value(self) -> bool:
        first = self._rest[0]
        if self._name == "data" and self._row and first == "[":
            self._has_data = True
            return self._cut(1, self._rows)
        if self._name == "data" and self._text and first == '"':
            self._has_data = True
            return self._cut(1, self._piece)
        found = value_at(self._rest, 0)
        if found is None:
            return False
        self._fields[self._name] = found[0]
        if len(self._fields) > _MOST_FIELDS:
            raise NotAnAnswer("the answer has too many fields")
        return self._cut(found[1], self._key)

    def _rows(self) -> bool:
        assert self._row
        at = end_of(_SPACE, self._rest)
        while at < len(self._rest) and self._rest[at] != "]":
            if self._rest[at] != "{":
                raise NotAnAnswer("a row of the answer is no object")
            found = value_at(self._rest, at)
            if found is None:
                break
            self._row(found[0])
            at = end_of(_SPACE, self._rest, found[1])
        if self._rest.startswith("]", at):
            return self._cut(at + 1, self._key)
        self._rest = self._rest[at:]
        return False

    def _piece(self) -> bool:
        assert self._text
        stop = _ENDS.search(self._rest)
        at = stop.start() if stop else len(self._rest)
        if at:
            self._text(self._rest[:at])
            self._rest = self._rest[at:]
        if self._rest.startswith('"'):
            return self._cut(1, self._key)
        return bool(self._rest) and self._escape()

    def _escape(self) -> bool:
        assert self._text
        escape = _ESCAPE.match(self._rest)
        if escape is None:
            if len(self._rest) > 6:
                raise NotAnAnswer("a text of the answer has a wrong escape")
            return False
        self._text(chr(int(escape[1], 16)) if escape[1] else _SIGNS.get(escape[2], escape[2]))
        return self._cut(escape.end(), self._piece)

    def _after(self) -> bool:
        if self._rest.strip():
            raise NotAnAnswer("something follows the answer")
        self._rest = ""
        return False

    def _cut(self, at: int, step: Callable[[], bool]) -> bool:
        self._rest, self._step = self._rest[at:], step
        return True
