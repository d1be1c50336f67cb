"""Takes the rows out of a JSON answer as it arrives: `{"status": ..., "data": [row, row, ...], ...}`. Pure.

Only the row at hand is held, whatever the answer's length. A row is cut out by its brackets and strings alone: whether
it makes sense is seen by those who read it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

#: Bytes of one row, and of everything that is not a row, at most; and how deep brackets may stand in each other.
MOST_ROW, MOST_REST, DEEPEST = 64 * 1024, 64 * 1024, 16

_SIGN = re.compile(rb'["{}\[\],]')
_IN_STRING = re.compile(rb'["\\]')
#: A row without brackets in it, and what follows it: nearly every one.
_FLAT = re.compile(rb'\s*+(\{(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+\})\s*+([,\]])', re.DOTALL)
_LIST = re.compile(rb'\s*"data"\s*:\s*')
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


class Unsound(ValueError):
    """It is not such an answer, or not all of it."""


class RowScanner:
    """Fed the bytes of one answer, in pieces of any size. What is not a row is known at the end."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        #: how far the buffer was looked at; in a string; brackets open inside of what is cut out now
        self._seen, self._quoted, self._depth = 0, False, 0
        self._where = "start"
        #: what is cut out now is too long or too deep: only its end is looked for
        self._dropped = False
        self._members: list[bytes] = []
        self._rest = 0

    def feed(self, chunk: bytes) -> Iterator[bytes | None]:
        """The rows that are whole now, as they stand; None for one that is too long or too deep. Raises Unsound."""
        self._buffer += chunk
        if self._where == "start" and not self._begin():
            return
        while True:
            yield from self._flat()
            if (end := self._next_end()) < 0:
                break
            yield from self._cut(end)
        self._shrink()

    def close(self) -> dict[str, Any]:
        """What stands beside the rows, once there is no more. Raises Unsound where the answer is not whole."""
        if self._where != "end":
            raise Unsound("nó kết thúc giữa chừng (it ends before its end)")
        try:
            said = json.loads(b"{" + b",".join(one for one in self._members if one.strip()) + b"}")
        except (ValueError, RecursionError):
            raise Unsound("phần ngoài danh sách không đọc được (what stands beside the rows cannot be read)") from None
        assert isinstance(said, dict)
        return said

    @property
    def has_list(self) -> bool:
        """Whether there was a list of rows at all."""
        return self._listed

    _listed = False

    def _begin(self) -> bool:
        if len(self._buffer) < len(_BOM) and _BOM.startswith(bytes(self._buffer)):
            return False
        bare = self._buffer.removeprefix(_BOM).lstrip(_BLANK)
        if bare and not bare.startswith(b"{"):
            raise Unsound("đó không phải JSON (it is no JSON object)")
        self._buffer = bare[1:]
        self._where = "member" if bare else "start"
        return bool(bare)

    def _flat(self) -> Iterator[bytes]:
        """The rows without brackets that come next: what follows would find them too, sign by sign."""
        at = 0
        while self._where == "rows" and not self._seen and (found := _FLAT.match(self._buffer, at)):
            if len(found[1]) > MOST_ROW:
                break
            at = found.end()
            yield found[1]
            if found[2] == b"]":
                self._where = "member"
        if at:
            del self._buffer[:at]

    def _next_end(self) -> int:
        """Where what is cut out now ends, or where the list begins; -1: not here yet."""
        buffer = self._buffer
        if self._where == "end":
            if buffer.strip(_BLANK):
                raise Unsound("sau phần cuối còn chữ (something follows its end)")
            return -1
        while found := (_IN_STRING if self._quoted else _SIGN).search(buffer, self._seen):
            at, sign = found.start(), found.group()
            if sign == b"\\":
                if at + 1 == len(buffer):
                    self._seen = at
                    return -1
                self._seen = at + 2
                continue
            self._seen = at + 1
            if self._ends(sign, at):
                return at
        self._seen = len(buffer)
        return -1

    def _ends(self, sign: bytes, at: int) -> bool:
        if sign == b'"':
            self._quoted = not self._quoted
        elif sign in b"{[":
            if self._where == "member" and not self._depth and sign == b"[" and _LIST.fullmatch(self._buffer[:at]):
                return True
            self._depth += 1
            self._dropped |= self._depth > DEEPEST
        elif self._depth:
            self._depth -= sign != b","
        else:
            return True
        return False

    def _cut(self, end: int) -> Iterator[bytes | None]:
        sign, piece = bytes(self._buffer[end : end + 1]), bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._seen = 0
        if self._where == "rows":
            yield from self._row(piece, sign)
        elif sign == b"[":
            if self._listed:
                raise Unsound("có hai danh sách (it has two lists)")
            self._where, self._listed = "rows", True
        else:
            self._member(piece, sign)

    def _row(self, piece: bytes, sign: bytes) -> Iterator[bytes | None]:
        if sign == b"}":
            raise Unsound("một dấu ngoặc không khớp (a bracket does not match)")
        if self._dropped or len(piece) > MOST_ROW:
            yield None
        elif piece.strip(_BLANK) or sign == b",":
            yield piece
        self._dropped = False
        self._where = "member" if sign == b"]" else "rows"

    def _member(self, piece: bytes, sign: bytes) -> None:
        self._rest += len(piece)
        if sign == b"]" or self._dropped or self._rest > MOST_REST:
            raise Unsound("phần ngoài danh sách không đọc được (what stands beside the rows cannot be read)")
        self._members.append(piece)
        self._where = "end" if sign == b"}" else "member"

    def _shrink(self) -> None:
        """Keep no more of what has no end yet than it may have."""
        if self._where == "rows" and len(self._buffer) > MOST_ROW:
            self._dropped = True
            del self._buffer[: self._seen]
            self._seen = 0
        elif self._where == "member" and len(self._buffer) > MOST_REST:
            raise Unsound("phần ngoài danh sách không đọc được (what stands beside the rows cannot be read)")
