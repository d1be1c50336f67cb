"""A new packet from loose files, by the SDK's rules for attachments."""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

import pybase64

from hub.standards.edxml.sniff import UNKNOWN
from hub.standards.edxml.tape import CHUNK
from hub.standards.edxml.writer import ATTACHMENT_CLOSING, attachment_opening, render
from hub.standards.edxml.zipped import extension
from hub.vocabulary import Attachment, Document

#: extensions that the SDK sends as they are (two of them misspelt there); all others go inside a zip
_PLAIN = frozenset({"pdf", "doc", "docx", "xsl", "xslx", "zip"})
_ZIP = "application/zip"


@dataclass(frozen=True, slots=True)
class File:
    """A file to attach. With a content type of its own it is sent as it is; without, by the SDK's rule."""

    name: str
    open: Callable[[], BinaryIO]
    content_type: str = ""


def compose(document: Document, files: Sequence[File]) -> Iterator[bytes]:
    """The packet of a document with these files instead of its own attachments."""
    attached = [_announced(file) for file in files]
    head, tail = render(replace(document, attachments=tuple(attached)), ())
    yield head + b"<AttachmentEncoded>"
    for file, attachment in zip(files, attached, strict=True):
        yield attachment_opening(attachment)
        yield from _encoded(_bytes(file) if attachment.wrapped is False else _zipped(file))
        yield ATTACHMENT_CLOSING
    yield b"</AttachmentEncoded>" + tail


def _announced(file: File) -> Attachment:
    """What the header says of a file; sizes and places are not known yet."""
    ext = extension(file.name)
    wrapped = not file.content_type and ext not in _PLAIN
    kind = file.content_type or (_ZIP if wrapped else f"application/{ext}")
    return Attachment(file.name, str(uuid.uuid4()), kind, UNKNOWN, 0, 0, 0, "", wrapped=wrapped)


def _bytes(file: File) -> Iterator[bytes]:
    with file.open() as stream:
        while block := stream.read(CHUNK):
            yield block


def _zipped(file: File) -> Iterator[bytes]:
    """A zip with the file as its only entry."""
    sink = _Sink()
    ext = extension(file.name)
    # "a./" has the extension "/", and an entry that ends so is a folder.
    name = f"{uuid.uuid4()}.{ext}" if ext.isalnum() else str(uuid.uuid4())
    with zipfile.ZipFile(cast("BinaryIO", sink), "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(name, "w", force_zip64=False) as entry:
            for block in _bytes(file):
                entry.write(block)
                yield sink.taken()
        yield sink.taken()
    yield sink.taken()


def _encoded(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Base64 in one line."""
    rest = b""
    for block in blocks:
        joined = rest + block
        whole = len(joined) - len(joined) % 3
        rest = joined[whole:]
        yield pybase64.b64encode(joined[:whole])
    yield pybase64.b64encode(rest)


class _Sink:
    """A file to write to that is emptied as it fills."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep the bytes until they are taken."""
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data
