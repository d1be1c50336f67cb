"""A packet without its base64 text: small enough for a tree, and it knows where everything stood.

In place of each attachment's text stands the number of its body. The scan follows comments, CDATA and
instructions exactly as the XML parser does after it, so both agree on what is an element.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hub.errors import Refused
from hub.standards.edxml.bodies import Body
from hub.standards.edxml.limits import Limits
from hub.standards.edxml.tape import Tape

CONTENT = b"ContentTransferEncoded"
#: the element that holds the text in packets of the 512/2803 family
VALUE = b"value"
_OVERLAP = 64
_PLACEHOLDER = 1024
_OPEN = ord("<")
_PREFIX = re.compile(rb"""[^\s<>/"'=!?:&]+:""")
_TAG_REST = re.compile(rb"""(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>""")
_CLOSERS = ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>"))
_JSON_MARK = re.compile(rb'"contenttransferencoded"\s{0,16}:\s{0,16}"', re.IGNORECASE)


@dataclass(slots=True)
class Skeleton:
    """What is left of a packet, and its bodies."""

    #: stands at byte `start` of the packet
    text: bytes
    start: int
    bodies: list[Body]
    #: (position in `text`, bytes left out before it)
    cuts: list[tuple[int, int]]
    #: some content element is written without a prefix, as .NET does
    unprefixed: bool = False
    #: no comments, no CDATA: every body lies bare between its tags
    bare: bool = True
    repairs: list[str] = field(default_factory=list)

    def original(self, position: int) -> int:
        """The byte of the packet that stands at a position of `text`."""
        return self.start + position + sum(size for at, size in self.cuts if at <= position)


class Scanner:
    """Reads a packet to its end and leaves the skeleton."""

    def __init__(self, tape: Tape, limits: Limits) -> None:
        self._tape, self._limits = tape, limits
        self._parts: list[bytes] = []
        self._length = 0
        self._out = Skeleton(b"", tape.place, [], [])
        self._ahead = _Ahead(b"")

    def xml(self, marks: tuple[bytes, ...]) -> Skeleton:
        """Leave out the text of the elements with these local names."""
        while self._to_content(marks):
            self._content()
        return self._done()

    def json(self) -> Skeleton:
        """Leave out the strings under the key `contenttransferencoded`."""
        self._out.bare = False
        while self._to_string():
            body = self._body(self._tape.place, b"\\")
            self._through(body, b'"')
            self._cut(body.offset)
        return self._done()

    # markup ------------------------------------------------------------------------------------------

    def _to_content(self, marks: tuple[bytes, ...]) -> bool:
        """Keep everything up to and with the next start tag of a content element."""
        tape, seen = self._tape, 0
        while True:
            data, begin = tape.data, tape.at + seen
            ahead = self._looking_at(data)
            hit, mark = _first(ahead, begin, marks)
            special = _special(ahead, begin, hit if hit >= 0 else len(data))
            if special >= 0:
                opened, end, left = False, _past(data, special), special
                self._out.bare &= not data.startswith(b"<!", special)
            elif hit >= 0:
                (opened, end), left = _tag(data, tape.at, hit, mark), hit
            else:
                opened, end, left = False, -1, max(begin, len(data) - _OVERLAP)
            if opened:
                self._opened(data, hit, end)
                return True
            seen = (end if end >= 0 else left) - tape.at
            if end < 0 and not self._grow():
                return False

    def _looking_at(self, data: bytes) -> _Ahead:
        if self._ahead.data is not data:
            self._ahead = _Ahead(data)
        return self._ahead

    def _opened(self, data: bytes, hit: int, end: int) -> None:
        self._keep(data[self._tape.at : end])
        self._tape.at = end
        self._out.unprefixed |= data[hit - 1 : hit] == b"<"

    def _content(self) -> None:
        """Take one element's text; the cursor stops at its end tag."""
        tape, start = self._tape, self._tape.place
        tape.skip_space()
        lead = tape.ahead(9)
        cdata = lead == b"<![CDATA["
        tape.at += 9 * cdata
        body = self._body(tape.place, b"" if cdata else b"&")
        if lead.startswith(b"$"):
            self._template(body)
        else:
            self._through(body, b"]" if cdata else b"<")
        if cdata:
            self._end_cdata(body)
        if tape.ahead(2) != b"</":
            raise Refused("attachment", "Trong nội dung base64 của tệp kèm có thứ khác chữ.", f"byte {tape.place}")
        self._cut(start)

    def _end_cdata(self, body: Body) -> None:
        self._out.bare = False
        if self._tape.ahead(3) != b"]]>":
            raise Refused("attachment", "Nội dung base64 của tệp kèm có ký tự lạ.", f"byte {self._tape.place}")
        self._tape.at += 3
        self._tape.skip_space()

    def _template(self, body: Body) -> None:
        """A template's field that nobody filled in: an empty attachment, said in the repairs."""
        tape = self._tape
        text, _, rest = tape.ahead(_PLACEHOLDER).partition(b"<")
        field_text = text.strip()
        if not rest or not (field_text.startswith(b"${") and field_text.endswith(b"}")):
            raise Refused("attachment", "Nội dung tệp kèm không phải base64.", f"byte {tape.place}")
        body.placeholder = field_text.decode("utf-8", "replace")
        tape.at += len(text)
        body.finish(0)

    # strings -----------------------------------------------------------------------------------------

    def _to_string(self) -> bool:
        tape, seen = self._tape, 0
        while True:
            match = _JSON_MARK.search(tape.data, tape.at + seen)
            if match:
                self._keep(tape.data[tape.at : match.end()])
                tape.at = match.end()
                return True
            seen = max(seen, len(tape.data) - tape.at - _OVERLAP)
            if not self._grow():
                return False

    # both --------------------------------------------------------------------------------------------

    def _body(self, offset: int, escapes: bytes) -> Body:
        bodies = self._out.bodies
        if len(bodies) >= self._limits.attachments:
            raise Refused("too-many", f"Gói tin có hơn {self._limits.attachments} tệp kèm.")
        bodies.append(Body(len(bodies) + 1, offset, self._limits, escapes))
        return bodies[-1]

    def _through(self, body: Body, stop: bytes) -> None:
        """Feed a body up to the byte that ends it."""
        tape = self._tape
        while True:
            end = tape.data.find(stop, tape.at)
            text = tape.data[tape.at : end] if end >= 0 else tape.data[tape.at :]
            body.feed(text)
            tape.at += len(text)
            if end >= 0:
                body.finish(tape.place - body.offset)
                return
            if not tape.more():
                raise Refused("not-well-formed", "Gói tin bị cắt ngang giữa một tệp kèm.", f"byte {tape.place}")

    def _cut(self, start: int) -> None:
        number = b"%d" % (len(self._out.bodies) - 1)
        self._keep(number)
        self._out.cuts.append((self._length, self._tape.place - start - len(number)))

    def _keep(self, text: bytes) -> None:
        self._parts.append(text)
        self._length += len(text)
        self._weigh(0)

    def _grow(self) -> bool:
        self._weigh(len(self._tape.data) - self._tape.at)
        return self._tape.more()

    def _weigh(self, coming: int) -> None:
        if self._length + coming > self._limits.header:
            raise Refused("too-large", f"Phần đầu gói tin lớn hơn {self._limits.header} byte.")

    def _done(self) -> Skeleton:
        self._keep(self._tape.data[self._tape.at :])
        self._tape.at = len(self._tape.data)
        self._out.text = b"".join(self._parts)
        return self._out


def doctype() -> Refused:
    """The refusal of a packet with a declaration: no DTD, no entity."""
    return Refused("doctype", "Gói tin có khai báo DOCTYPE hoặc ENTITY: không nhận.", "<!DOCTYPE")


class _Ahead:
    """Where signs come next in some data. No stretch is looked through twice for the same sign."""

    __slots__ = ("_found", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        #: of each sign the place found last, or -1, and where to look on
        self._found: dict[bytes, tuple[int, int]] = {}

    def find(self, sign: bytes, begin: int, end: int) -> int:
        """The first place from `begin` on, -1 where there is none before `end`. Neither may go back."""
        at, since = self._found.get(sign, (-1, 0))
        if at < begin:
            since = max(begin, since)
            at = self.data.find(sign, since, end)
            self._found[sign] = (at, at + 1 if at >= 0 else max(since, end - len(sign) + 1))
        return at if at + len(sign) <= end else -1


def _first(ahead: _Ahead, begin: int, marks: tuple[bytes, ...]) -> tuple[int, bytes]:
    """The first place of any mark, -1 where there is none."""
    end = len(ahead.data)
    found = [(at, mark) for mark in marks if (at := ahead.find(mark, begin, end)) >= 0]
    return min(found, default=(-1, b""))


def _special(ahead: _Ahead, begin: int, end: int) -> int:
    """The first place of a comment, CDATA section, instruction or declaration, -1 where there is none."""
    bang, question = _opener(ahead, b"!", begin, end), _opener(ahead, b"?", begin, end)
    return question if bang < 0 or 0 <= question < bang else bang


def _opener(ahead: _Ahead, sign: bytes, begin: int, end: int) -> int:
    """The first place of `<` and that sign. Looks for the sign alone, which is rare and quickly found."""
    at = ahead.find(sign, begin + 1, end)
    while at > 0 and ahead.data[at - 1] != _OPEN:
        at = ahead.find(sign, at + 1, end)
    return at - 1 if at > 0 else -1


def _past(data: bytes, special: int) -> int:
    """Where it ends; -1: not in sight yet. Raises Refused on a declaration."""
    for opener, closer in _CLOSERS:
        if data.startswith(opener, special):
            end = data.find(closer, special + len(opener))
            return end + len(closer) if end >= 0 else -1
    if any(opener.startswith(data[special:]) for opener, _ in _CLOSERS):
        return -1
    raise doctype()


def _tag(data: bytes, floor: int, hit: int, mark: bytes) -> tuple[bool, int]:
    """Whether that is a start tag with text to come, and where it ends; -1: not in sight yet."""
    after = hit + len(mark)
    start = data.rfind(b"<", floor, hit)
    before = data[start + 1 : hit]
    if start < 0 or not (before == b"" or _PREFIX.fullmatch(before)):
        return False, after
    if after == len(data):
        return False, -1
    if data[after] not in b" \t\r\n/>":
        return False, after
    rest = _TAG_REST.match(data, after)
    if rest is None:
        return False, -1
    return data[rest.end() - 2] != ord("/"), rest.end()
