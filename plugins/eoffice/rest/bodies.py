"""What a call carries: JSON, a form, a text, a multipart form or a packet, its length known beforehand."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from plugins.eoffice.rest.packing import Bytes, File, Payload, in_base64
from plugins.eoffice.rest.profile import Multipart, Outlet
from plugins.eoffice.rest.templates import Each, Place, Template, Tree, Values

#: A body of so many bytes is made at once, and sent whole.
_SMALL = 1 << 20


@dataclass(frozen=True, slots=True)
class Body:
    """Parts in turn; `size` of all of them."""

    content_type: str
    parts: tuple[bytes | Bytes, ...] = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of all of it."""
        return sum(len(part) if isinstance(part, bytes) else part.size for part in self.parts)

    def blocks(self) -> Iterator[bytes]:
        """All of it, piece by piece. Blocking."""
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
            else:
                yield from part.blocks()

    def sha256(self) -> str:
        """Of all of it, in hex. Blocking."""
        digest = hashlib.sha256()
        for block in self.blocks():
            digest.update(block)
        return digest.hexdigest()

    @property
    def is_small(self) -> bool:
        """Whether it may be in memory."""
        return self.size <= _SMALL


class _Streams:
    """Signs in a text where bytes will be streamed."""

    def __init__(self) -> None:
        self._sign = f"{secrets.token_hex(16)}:"
        self._all: list[Bytes] = []

    def put(self, content: Bytes) -> str:
        """The sign of it."""
        self._all.append(content)
        return f"{self._sign}{len(self._all) - 1}:"

    def parts(self, text: str) -> tuple[bytes | Bytes, ...]:
        """The text with the bytes in place of their signs."""
        pieces = text.split(self._sign)
        parts: list[bytes | Bytes] = [pieces[0].encode()]
        for piece in pieces[1:]:
            index, _, rest = piece.partition(":")
            parts += [self._all[int(index)], rest.encode()]
        return tuple(part for part in parts if part)


def json_body(tree: Tree, values: Values, payload: Payload | None = None, to: Sequence[tuple[str, str]] = ()) -> Body:
    """Of a tree of templates. `to`: code and name of each addressee."""
    streams = _Streams()
    filled = _filled(tree, _with_packet(values, payload, streams), payload, to, streams)
    return Body("application/json", streams.parts(json.dumps(filled, ensure_ascii=False)))


def sent_body(outlet: Outlet, values: Values, payload: Payload, to: Sequence[tuple[str, str]] = ()) -> Body:
    """The one body that the outlet has."""
    if outlet.json_ is not None:
        return json_body(outlet.json_, values, payload, to)
    if outlet.multipart is not None:
        return _multipart(outlet.multipart, values, payload)
    if outlet.form:
        return form_body(outlet.form, values)
    if outlet.text is not None:
        streams = _Streams()
        text = outlet.text.fill(_with_packet(values, payload, streams), escape)
        return Body("application/xml; charset=utf-8", streams.parts(text))
    return Body(outlet.raw, (payload.packet,))


def form_body(fields: Mapping[str, Template], values: Values) -> Body:
    """A form of names and values."""
    said = {name: template.fill(values) for name, template in fields.items()}
    return Body("application/x-www-form-urlencoded", (urlencode(said).encode(),))


def _with_packet(values: Values, payload: Payload | None, streams: _Streams) -> Values:
    if payload is None:
        return values
    packet = payload.packet
    return values | {"packet.base64": streams.put(in_base64(packet)), "packet.sha256": packet.sha256}


def _filled(
    tree: Tree, values: Values, payload: Payload | None, to: Sequence[tuple[str, str]], streams: _Streams
) -> Any:
    if isinstance(tree, Template):
        return _value(tree, values)
    if isinstance(tree, Each):
        rows = _rows(tree.of, payload, to, streams)
        return [_filled(tree.give, values | row, payload, to, streams) for row in rows]
    if isinstance(tree, dict):
        return {key: _filled(each, values, payload, to, streams) for key, each in tree.items()}
    if isinstance(tree, list):
        return [_filled(each, values, payload, to, streams) for each in tree]
    return tree


def _value(template: Template, values: Values) -> Any:
    """A text; a lone number or truth stays what it is."""
    if (place := template.lone) and isinstance(place, Place):
        raw = values.raw(place)
        if raw is None or isinstance(raw, bool | int | float):
            return raw
    return template.fill(values)


def _rows(
    of: str, payload: Payload | None, to: Sequence[tuple[str, str]], streams: _Streams
) -> list[dict[str, object]]:
    if of == "to":
        return [{"to.code": code, "to.name": name} for code, name in to]
    return [
        {
            "file.name": file.name,
            "file.type": file.type,
            "file.size": file.content.size,
            "file.sha256": file.content.sha256,
            "file.base64": streams.put(in_base64(file.content)),
        }
        for file in (payload.files if payload else ())
    ]


def _multipart(says: Multipart, values: Values, payload: Payload) -> Body:
    """Files first, so that a reader that takes them as they come knows no more than it must."""
    boundary = f"----{secrets.token_hex(16)}"
    parts: list[bytes | Bytes] = []
    if says.packet:
        parts += _part(boundary, says.packet, File(says.filename, says.type, payload.packet))
    for file in payload.files if says.attachments else ():
        parts += _part(boundary, says.attachments, file)
    for name, template in says.fields.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts.append(f"{head}{template.fill(values)}\r\n".encode())
    parts.append(f"--{boundary}--\r\n".encode())
    return Body(f"multipart/form-data; boundary={boundary}", tuple(parts))


def _part(boundary: str, field_name: str, file: File) -> list[bytes | Bytes]:
    name = "".join(sign if sign.isprintable() else "_" for sign in file.name).replace('"', "%22")
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{field_name}"; filename="{name}"\r\n'
        f"Content-Type: {file.type}\r\n\r\n"
    )
    return [head.encode(), file.content, b"\r\n"]
