"""The packet inside a getEdoc answer: edXML as it is, or its base64. Pure."""

from __future__ import annotations

from typing import Literal

from hub.standards.edxml.base64text import Base64Text

_BLANK = " \t\r\n\ufeff"  # of a packet that begins with a byte order mark too
#: What a packet with attachments has inside.
_ATTACHED = b"ContentTransferEncoded"


class Unwrapped:
    """Turns the text of `edxml`, piece by piece, into the packet's bytes. `form`: auto looks at its first sign."""

    def __init__(self, form: Literal["auto", "plain", "base64"], doc_id: str) -> None:
        self._form, self._base64 = form, Base64Text(f"getEdoc {doc_id}", b"")
        self._tail = b""
        #: bytes so far, and whether there are attachments among them
        self.size = 0
        self.has_attachments = False

    def feed(self, text: str) -> bytes:
        """The bytes of the next piece. Raises Refused of what is no base64."""
        if self._form == "auto":
            text = text.lstrip(_BLANK)
            if not text:
                return b""
            self._form = "plain" if text[0] == "<" else "base64"
        if self._form == "plain":
            return self._seen(text.encode("utf-8", "replace"))
        return self._seen(self._base64.decode(text.encode("ascii", "replace")))

    def finish(self) -> None:
        """It is whole. Raises Refused where base64 stopped half-way."""
        self._base64.finish()

    def _seen(self, data: bytes) -> bytes:
        self.size += len(data)
        window = self._tail + data
        self.has_attachments = self.has_attachments or _ATTACHED in window
        self._tail = window[-len(_ATTACHED) :]
        return data
