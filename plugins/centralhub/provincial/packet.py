"""The packet inside a getEdoc answer: edXML as it is, or its base64. Pure."""

from __future__ import annotations

from typing import Literal

from hub.standards.edxml.base64text import Base64Text

#: So many signs are looked at: some senders write a few before the packet begins, which no base64 could go on with.
_LOOKED_AT = 64
#: What a packet with attachments has inside.
_ATTACHED = b"ContentTransferEncoded"


class Unwrapped:
    """Turns the text of `edxml`, piece by piece, into the packet's bytes. `form`: auto looks at its first signs."""

    def __init__(self, form: Literal["auto", "plain", "base64"], doc_id: str) -> None:
        self._form, self._base64 = form, Base64Text(f"getEdoc {doc_id}", b"")
        self._head, self._tail = "", b""
        #: bytes so far, and whether there are attachments among them
        self.size = 0
        self.has_attachments = False

    def feed(self, text: str) -> bytes:
        """The bytes of the next piece. Raises Refused of what is no base64."""
        if self._form == "auto":
            self._head += text
            return self._begun() if len(self._head) >= _LOOKED_AT else b""
        return self._bytes(text)

    def finish(self) -> bytes:
        """It is whole: what is left. Raises Refused of what is no base64, or stopped half-way."""
        rest = self._begun() if self._form == "auto" else b""
        self._base64.finish()
        return rest

    def _begun(self) -> bytes:
        self._form = "plain" if "<" in self._head[:_LOOKED_AT] else "base64"
        return self._bytes(self._head.removeprefix("\ufeff"))

    def _bytes(self, text: str) -> bytes:
        if self._form == "plain":
            return self._seen(text.encode("utf-8", "replace"))
        return self._seen(self._base64.decode(text.encode("ascii", "replace")))

    def _seen(self, data: bytes) -> bytes:
        self.size += len(data)
        window = self._tail + data
        self.has_attachments = self.has_attachments or _ATTACHED in window
        self._tail = window[-len(_ATTACHED) :]
        return data
