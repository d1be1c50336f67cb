"""The packet inside a getEdoc answer: edXML as it is, or its base64. Pure."""

from __future__ import annotations

from typing import Literal

from hub import Refused
from hub.standards.edxml.base64text import Base64Text
from plugins.centralhub.failures import Undecodable

#: So many signs are looked at: some senders write a few before the packet begins, which no base64 could go on with.
_LOOKED_AT = 64


class Unwrapped:
    """Turns the text of a packet, piece by piece, into its bytes. `form`: auto looks at its first signs.

    What is no base64 is said at the end alone: whether the answer comes whole is seen first.
    """

    def __init__(self, form: Literal["auto", "plain", "base64"], doc_id: str) -> None:
        self._form, self._base64 = form, Base64Text("", b"")
        self._head, self._where = "", f"getEdoc {doc_id}"
        self._is_broken = False
        #: bytes so far
        self.size = 0

    def feed(self, text: str) -> bytes:
        """The bytes of the next piece; none behind what is no base64."""
        if self._form == "auto":
            self._head += text
            return self._begun() if len(self._head) >= _LOOKED_AT else b""
        return self._bytes(text)

    def finish(self) -> bytes:
        """It is whole: what is left. Raises Undecodable of what is no base64, or stopped half-way."""
        rest = self._begun() if self._form == "auto" else b""
        try:
            self._base64.finish()
        except Refused:
            self._is_broken = True
        if self._is_broken:
            raise Undecodable(Refused("not-edxml", "Gói tin không đúng dạng base64.", self._where))
        return rest

    def _begun(self) -> bytes:
        self._form = "plain" if "<" in self._head[:_LOOKED_AT] else "base64"
        return self._bytes(self._head.removeprefix("\ufeff"))

    def _bytes(self, text: str) -> bytes:
        if self._form == "plain":
            return self._seen(text.encode("utf-8", "replace"))
        return self._seen(self._decoded(text))

    def _decoded(self, text: str) -> bytes:
        try:
            return b"" if self._is_broken else self._base64.decode(text.encode("ascii", "replace"))
        except Refused:
            self._is_broken = True
            return b""

    def _seen(self, data: bytes) -> bytes:
        self.size += len(data)
        return data
