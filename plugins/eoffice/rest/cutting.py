"""An answer in JSON or XML read piece by piece: long texts are cut out of it, so that what is left is small. Pure."""

from __future__ import annotations

import codecs
import json
import re
import secrets
from dataclasses import dataclass
from typing import Any, Protocol
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

#: Characters of a text that stays where it is; of all that is left; entries of a list of cuts.
LONG, SKELETON, _MOST = 8 * 1024, 4 << 20, 10_000
#: Whole signs of a text: no escape cut in two, no half of a pair of surrogates.
_RUN = re.compile(
    r'(?:[^"\\]++|\\(?:["\\/bfnrt]|u(?![dD][89abAB])[0-9a-fA-F]{4}'
    r"|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))*+"
)
_ESCAPE = 12
#: Bytes of a comment, or of a tag with its attributes.
_TOKEN = 1 << 20
_HARD = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


class NotAnAnswer(ValueError):
    """What came is another page, cut short, or no text. The text is for people."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a long text lies among the bytes that were cut out."""

    offset: int
    length: int


class Cutter(Protocol):
    """Takes an answer as it comes."""

    #: characters that were left
    size: int

    def feed(self, data: bytes) -> bytes:
        """The next piece. What was cut out of it, as UTF-8. Raises NotAnAnswer."""

    def end(self) -> Any:
        """All is here: the tree. Raises NotAnAnswer where it was cut short."""

    def cut(self, text: str) -> Cut | None:
        """Which long text stood in place of this one; None: it is what stood there."""

    def shown(self, text: str) -> str:
        """The text with sizes in place of all that was cut out of it."""


class _Marks:
    """Marks in place of long texts: nobody else can write one."""

    def __init__(self) -> None:
        self._sign = f"cut:{secrets.token_hex(12)}:"
        self._cuts: list[Cut] = []
        self._out: list[bytes] = []
        self._begun = self._offset = 0

    def begin(self) -> None:
        self._begun = self._offset

    def write(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        self._offset += len(data)
        self._out.append(data)

    def close(self) -> str:
        """The mark of the text that was written since it began. Raises NotAnAnswer."""
        if len(self._cuts) >= _MOST:
            raise NotAnAnswer("câu trả lời có quá nhiều đoạn dài")
        self._cuts.append(Cut(self._begun, self._offset - self._begun))
        return f"{self._sign}{len(self._cuts) - 1}"

    def taken(self) -> bytes:
        data = b"".join(self._out)
        self._out.clear()
        return data

    def cut(self, text: str) -> Cut | None:
        at = text.removeprefix(self._sign)
        return self._cuts[int(at)] if at != text and at.isdecimal() and int(at) < len(self._cuts) else None

    def shown(self, text: str) -> str:
        return re.sub(rf"{self._sign}(\d+)", lambda match: f"<{self._cuts[int(match[1])].length} byte>", text)


class JsonCutter:
    """Of JSON, in UTF-8."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._marks = _Marks()
        self._left: list[str] = []
        self.size = 0
        self._rest = ""
        #: of the text that is being read: its characters so far, and whether they go out
        self._inside = self._out = False
        self._kept: list[str] = []
        self._length = 0

    def feed(self, data: bytes) -> bytes:
        """See `Cutter.feed`."""
        try:
            text = self._rest + self._decode(data)
        except UnicodeDecodeError as error:
            raise NotAnAnswer("câu trả lời không viết bằng UTF-8 (bảng mã hỏng)") from error
        at = 0
        while at < len(text):
            step = self._in_text(text, at) if self._inside else self._between(text, at)
            if step == at:
                break
            at = step
        self._rest = text[at:]
        return self._marks.taken()

    def end(self) -> Any:
        """See `Cutter.end`."""
        if self._inside or self._rest:
            raise NotAnAnswer("câu trả lời bị cắt ngang")
        skeleton = "".join(self._left)
        if not skeleton.strip():
            raise NotAnAnswer("câu trả lời trống")
        try:
            return json.loads(skeleton, strict=False)
        except RecursionError as error:
            raise NotAnAnswer("câu trả lời lồng nhau quá sâu") from error
        except ValueError as error:
            page = skeleton.lstrip().startswith("<")
            raise NotAnAnswer(
                "nhận được trang web thay cho JSON"
                if page
                else f"câu trả lời không phải JSON trọn vẹn, có thể bị cắt ngang ({error})"
            ) from error

    def cut(self, text: str) -> Cut | None:
        """See `Cutter.cut`."""
        return self._marks.cut(text)

    def shown(self, text: str) -> str:
        """See `Cutter.shown`."""
        return self._marks.shown(text)

    def _between(self, text: str, at: int) -> int:
        quote = text.find('"', at)
        end = len(text) if quote < 0 else quote + 1
        self._keep(text[at:end])
        if quote >= 0:
            self._inside, self._out, self._kept, self._length = True, False, [], 0
        return end

    def _in_text(self, text: str, at: int) -> int:
        match = _RUN.match(text, at)
        end = match.end() if match else at
        if end > at:
            self._grow(text[at:end])
        if text.startswith('"', end):
            self._keep((self._marks.close() if self._out else "".join(self._kept)) + '"')
            self._inside = False
            return end + 1
        if len(text) - end > _ESCAPE:
            raise NotAnAnswer("câu trả lời có ký tự thoát sai trong một chuỗi JSON")
        return end

    def _grow(self, raw: str) -> None:
        self._length += len(raw)
        if not self._out and self._length > LONG:
            self._out = True
            self._marks.begin()
            for piece in self._kept:
                self._marks.write(_plain(piece))
            self._kept = []
        if self._out:
            self._marks.write(_plain(raw))
        else:
            self._kept.append(raw)

    def _keep(self, text: str) -> None:
        self.size += len(text)
        if self.size > SKELETON:
            raise NotAnAnswer(f"câu trả lời quá dài: hơn {SKELETON} ký tự ngoài các tệp")
        self._left.append(text)


def _plain(raw: str) -> str:
    return raw if "\\" not in raw else str(json.loads(f'"{raw}"', strict=False))


class XmlCutter:
    """Of XML. No DTD is read."""

    def __init__(self) -> None:
        self._marks = _Marks()
        self._left: list[str] = []
        self.size = 0
        self._kept: list[str] = []
        self._length, self._fed = 0, 0
        self._out = False
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._stop
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._dtd

    def feed(self, data: bytes) -> bytes:
        """See `Cutter.feed`."""
        self._parse(data, last=False)
        return self._marks.taken()

    def end(self) -> Any:
        """See `Cutter.end`."""
        self._parse(b"", last=True)
        try:
            return etree.fromstring("".join(self._left).encode(), etree.XMLParser(**_HARD))
        except (etree.XMLSyntaxError, ValueError) as error:
            raise NotAnAnswer(f"câu trả lời không phải XML đúng dạng ({error})") from error

    def cut(self, text: str) -> Cut | None:
        """See `Cutter.cut`."""
        return self._marks.cut(text)

    def shown(self, text: str) -> str:
        """See `Cutter.shown`."""
        return self._marks.shown(text)

    def _parse(self, data: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            raise NotAnAnswer(f"câu trả lời không phải XML trọn vẹn, có thể bị cắt ngang ({error})") from error
        self._fed += len(data)
        # The parser begins anew at a token that is not whole with each piece: a long one would take it for ever.
        if self._fed - max(self._parser.CurrentByteIndex, 0) > _TOKEN:
            raise NotAnAnswer("câu trả lời có chú thích hoặc thẻ XML quá dài")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._settle()
        said = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
        self._keep(f"<{name}{said}>")

    def _stop(self, name: str) -> None:
        self._settle()
        self._keep(f"</{name}>")

    def _text(self, text: str) -> None:
        self._length += len(text)
        if not self._out and self._length > LONG:
            self._out = True
            self._marks.begin()
            for piece in self._kept:
                self._marks.write(piece)
            self._kept = []
        if self._out:
            self._marks.write(text)
        else:
            self._kept.append(text)

    def _settle(self) -> None:
        """A text ends here."""
        self._keep(self._marks.close() if self._out else escape("".join(self._kept)))
        self._kept, self._length, self._out = [], 0, False

    def _keep(self, text: str) -> None:
        self.size += len(text)
        if self.size > SKELETON:
            raise NotAnAnswer(f"câu trả lời quá dài: hơn {SKELETON} ký tự ngoài các tệp")
        self._left.append(text)

    def _dtd(self, *_: object) -> None:
        raise NotAnAnswer("câu trả lời XML có DTD: không đọc")


def cutter(form: str) -> Cutter:
    """A reader of json or xml."""
    return XmlCutter() if form == "xml" else JsonCutter()
