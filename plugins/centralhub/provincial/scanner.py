"""One JSON answer read piece by piece, however long it is: rows of a list, one long text, small values. Pure."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from hub.standards.json_pieces import NotAnAnswer, end_of, value_at

#: Whole signs of a text: no escape cut in two, no half of a pair of surrogates.
_RUN = re.compile(
    r'(?:[^"\\]++|\\(?:["\\/bfnrt]|u(?![dD][89abAB])[0-9a-fA-F]{4}'
    r"|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))*+"
)
_KEY = re.compile(r'\s*"((?:[^"\\\x00-\x1f]|\\.){0,200}?)"\s*:\s*(?=\S)')
_WORD = re.compile(r"(-?[0-9][0-9.eE+-]{0,40}|true|false|null)\s*(?=[,\]}])")
_BLANK = re.compile(r"\s*")
#: Characters of one row or small value; values that are kept; containers in each other; of an escape or a pair.
_LARGEST, _MOST, _DEEPEST, _ESCAPE = 64 * 1024, 200, 32, 12


class Scanner:
    """Reads one answer. Rows of the list at `rows_at` go to `row`, the text at `text_at` to `text` as it comes.

    A path is names with dots between, "" the whole answer. Of everything else `fields` keeps single values that stand
    in no list, and `counts` how many entries each list has; the rest of a longer text is dropped.
    What does not go on as JSON raises NotAnAnswer at once, what was cut short in `end`.
    """

    def __init__(
        self,
        rows_at: Mapping[str, Callable[[dict[str, Any]], None]] | None = None,
        text_at: Mapping[str, Callable[[str], None]] | None = None,
    ) -> None:
        self._rows_at, self._text_at = rows_at or {}, text_at or {}
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._rest = ""
        #: the containers that are open: "{" or "[", and the path of each
        self._open: list[tuple[str, str]] = []
        self._path = ""
        #: the small text that is being read, and its length
        self._kept: list[str] = []
        self._size = 0
        self._step: Callable[[], bool] = self._value
        self.fields: dict[str, Any] = {}
        self.counts: dict[str, int] = {}

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

    def end(self) -> Mapping[str, Any]:
        """All is here: the fields. Raises NotAnAnswer where it was cut short."""
        if self._step != self._after:
            raise NotAnAnswer("the answer is empty or cut short")
        return self.fields

    # what may come next --------------------------------------------------------------------------------

    def _value(self) -> bool:
        self._rest = self._rest.lstrip()
        if not self._rest:
            return False
        first = self._rest[0]
        if first == "[" and self._path in self._rows_at:
            self._count(self._path, 0)
            return self._cut(1, self._rows)
        if first in "{[":
            return self._enter(first)
        if not self._open:
            raise NotAnAnswer("the answer is no JSON object")
        return self._begin_text() if first == '"' else self._word()

    def _enter(self, first: str) -> bool:
        if len(self._open) >= _DEEPEST:
            raise NotAnAnswer("the answer is nested too deep")
        self._open.append((first, self._path))
        if first == "[":
            self._count(self._path, 0)
        return self._cut(1, self._first_key if first == "{" else self._first_item)

    def _first_key(self) -> bool:
        return self._closed("}") or self._key()

    def _first_item(self) -> bool:
        self._rest = self._rest.lstrip()
        return bool(self._rest) and (self._closed("]") or self._item())

    def _key(self) -> bool:
        match = _KEY.match(self._rest)
        if match is None:
            if self._rest.strip()[:1] not in ("", '"') or len(self._rest) > _LARGEST:
                raise NotAnAnswer("the answer is no JSON object")
            return False
        above = self._open[-1][1]
        name = _plain(match[1])
        self._path = f"{above}.{name}" if above else name
        return self._cut(match.end(), self._value)

    def _item(self) -> bool:
        path = self._open[-1][1]
        self._count(path, 1)
        self._path = f"{path}[]"
        self._step = self._value
        return True

    def _next(self) -> bool:
        """Behind a value inside a container."""
        self._rest = self._rest.lstrip()
        kind = self._open[-1][0]
        if self._rest.startswith(","):
            return self._cut(1, self._key if kind == "{" else self._item)
        if self._rest and not self._rest.startswith("}" if kind == "{" else "]"):
            raise NotAnAnswer("the answer is no JSON object")
        return self._closed("}" if kind == "{" else "]")

    def _closed(self, sign: str) -> bool:
        self._rest = self._rest.lstrip()
        if not self._rest.startswith(sign):
            return False
        self._open.pop()
        return self._cut(1, self._next if self._open else self._after)

    def _after(self) -> bool:
        if self._rest.strip():
            raise NotAnAnswer("something follows the answer")
        self._rest = ""
        return False

    # values --------------------------------------------------------------------------------------------

    def _word(self) -> bool:
        match = _WORD.match(self._rest)
        if match is None:
            if len(self._rest) > _ESCAPE * 4 or self._rest[0] not in "-0123456789tfn":
                raise NotAnAnswer("a value of the answer is none")
            return False
        try:
            self._keep(self._path, json.loads(match[1]))
        except ValueError as error:
            raise NotAnAnswer("a value of the answer is none") from error
        return self._cut(match.end(), self._next)

    def _begin_text(self) -> bool:
        self._kept, self._size = [], 0
        if self._path in self._text_at:
            if self._path in self.fields:
                raise NotAnAnswer(f"{self._path} stands there twice")
            self._keep(self._path, True)
        return self._cut(1, self._text)

    def _text(self) -> bool:
        match = _RUN.match(self._rest)
        end = match.end() if match else 0
        if end:
            self._piece(_plain(self._rest[:end]))
            self._rest = self._rest[end:]
        if not self._rest.startswith('"'):
            if len(self._rest) > _ESCAPE:
                raise NotAnAnswer("a text of the answer has a wrong escape")
            return False
        if self._path not in self._text_at:
            self._keep(self._path, "".join(self._kept))
        return self._cut(1, self._next)

    def _piece(self, text: str) -> None:
        if self._path in self._text_at:
            self._text_at[self._path](text)
        elif self._size < _LARGEST:
            self._kept.append(text[:_LARGEST])
            self._size += len(text)

    def _rows(self) -> bool:
        row = self._rows_at[self._path]
        at = 0
        while True:
            at = end_of(_BLANK, self._rest, at)
            found = value_at(self._rest, at) if self._rest.startswith("{", at) else None
            if found is None:
                break
            self._count(self._path, 1)
            row(found[0])
            at = end_of(_BLANK, self._rest, found[1])
            if self._rest.startswith(",", at):
                at += 1
        return self._rows_stop(at)

    def _rows_stop(self, at: int) -> bool:
        self._rest = self._rest[at:]
        if self._rest.startswith("]"):
            return self._cut(1, self._next if self._open else self._after)
        if self._rest and not self._rest.startswith("{"):
            raise NotAnAnswer("a row of the answer is no object")
        return False

    def _keep(self, path: str, value: Any) -> None:
        if "[]" not in path:
            self.fields[path] = value
        if len(self.fields) > _MOST:
            raise NotAnAnswer("the answer has too many values")

    def _count(self, path: str, more: int) -> None:
        if "[]" not in path:
            self.counts[path] = self.counts.get(path, 0) + more
        if len(self.counts) > _MOST:
            raise NotAnAnswer("the answer has too many lists")

    def _cut(self, at: int, step: Callable[[], bool]) -> bool:
        self._rest, self._step = self._rest[at:], step
        return True


def _plain(text: str) -> str:
    """A JSON text without its quotes, its escapes undone."""
    if "\\" not in text:
        return text
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError as error:
        raise NotAnAnswer("a text of the answer has a wrong escape") from error
