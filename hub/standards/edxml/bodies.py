"""One attachment on its way through the reader: hashed, measured, its ends kept."""

from __future__ import annotations

import hashlib

from hub.errors import Refused
from hub.standards.edxml.base64text import Base64Text
from hub.standards.edxml.limits import Limits
from hub.standards.edxml.sniff import sniff
from hub.standards.edxml.zipped import HEAD, TAIL, is_wrapper, single_entry
from hub.vocabulary import Attachment

_ZIP = b"PK\x03\x04"


class Body:
    """The base64 text at `offset`, `length` of the packet, and what it decodes to."""

    __slots__ = ("_hash", "_head", "_limits", "_tail", "_text", "_where", "length", "offset", "placeholder", "size")

    def __init__(self, number: int, offset: int, limits: Limits, escapes: bytes) -> None:
        self._limits, self._where = limits, f"tệp kèm thứ {number}"
        self._text = Base64Text(self._where, escapes)
        self._hash = hashlib.sha256()
        self._head = self._tail = b""
        self.offset, self.length, self.size = offset, 0, 0
        #: a template's unfilled field that stood there instead of base64
        self.placeholder = ""

    def feed(self, text: bytes) -> None:
        """Take the next piece of base64 text. Raises Refused."""
        raw = self._text.decode(text)
        self.size += len(raw)
        if self.size > self._limits.attachment:
            raise Refused("too-large", f"Tệp kèm lớn hơn {self._limits.attachment} byte.", self._where)
        self._hash.update(raw)
        if len(self._head) < HEAD:
            self._head += raw[: HEAD - len(self._head)]
        if _ZIP.startswith(self._head[:4]):
            self._tail = (self._tail + raw)[-TAIL:]

    def finish(self, length: int) -> None:
        """The text is over. Raises Refused where it stopped half-way."""
        self._text.finish()
        self.length = length

    def attachment(self, name: str, content_id: str, content_type: str, description: str) -> Attachment:
        """The record of it, under the name that the packet gives."""
        entry = single_entry(self._head, self._tail, self.size)
        wrapped = entry is not None and is_wrapper(name, entry)
        return Attachment(
            name=name,
            content_id=content_id,
            content_type=content_type,
            sniffed_type="application/zip" if wrapped else sniff(self._head, self._tail, name),
            offset=self.offset,
            length=self.length,
            size=self.size,
            digest=self._hash.hexdigest(),
            description=description,
            wrapped=wrapped,
        )
