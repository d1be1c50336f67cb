"""A system of the simulated hub that acts: sends documents, takes what came for it, answers it."""

from __future__ import annotations

import hashlib
import http.client
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from hub.config.systems import System
from hub.errors import HubError, Refused
from hub.simulating.central.bodies import PIECE, SMALL
from hub.simulating.central.parcels import EDOC, STATUS
from hub.simulating.central.signing import digests, signed_headers, timestamp
from hub.standards import edxml
from hub.vocabulary import Acknowledgement, Document, Packet, Unit

_PATIENCE = 60.0
#: bytes of an answer that is no packet
_MOST = 64 << 20
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Taken:
    """One packet that was fetched and confirmed."""

    doc_id: str
    #: as the list said
    sender: str
    recipient: str
    packet: Packet


@dataclass(frozen=True, slots=True)
class Actor:
    """A system at the hub of that URL. Every call raises HubError where the hub says FAIL, OSError where it is away."""

    url: str
    system: System

    def send(self, packet: BinaryIO, sender: str = "") -> str:
        """The hub's DocId of a packet, a document or a status; `sender` is From's code where it is not the system's."""
        message_type = STATUS if isinstance(edxml.read(packet).body, Acknowledgement) else EDOC
        packet.seek(0)
        sha256 = hashlib.sha256()
        while piece := packet.read(PIECE):
            sha256.update(piece)
        headers = {
            "from": sender or self.system.code,
            "servicetype": "eDoc",
            "messagetype": message_type,
            "hash-file": min(digests(sha256.digest()), key=len),
        }
        size = packet.tell()
        packet.seek(0)
        with self.asked("sendEdoc", headers, _with_end(packet), size + 2, "application/octet-stream") as answer:
            return str(_said(answer)["DocId"])

    def take(self, message_type: str) -> Iterator[Taken]:
        """Each packet that waits, edoc or status, `done` once the caller goes on; `fail` where it cannot be read."""
        with self.asked("getReceivedEdocList", {"servicetype": "eDoc", "messagetype": message_type}) as answer:
            rows: list[dict[str, str]] = _said(answer)["data"]
        for row in rows:
            doc_id = row["docId"]
            packet = self._fetched(doc_id)
            if packet:
                yield Taken(doc_id, row["from"], row["to"], packet)
            self._confirm(doc_id, "done" if packet else "fail")

    def answer(self, taken: Taken, status: str, reason: str = "") -> str:
        """The hub's DocId of the status that the recipient of a taken document now gives."""
        document = taken.packet.body
        if not isinstance(document, Document):
            raise HubError("Chỉ văn bản mới được hồi báo (only a document is answered).")
        unit = Unit(taken.recipient, self.system.name, taken.recipient)
        status_packet = edxml.write_acknowledgement(edxml.answer(document, unit, status, datetime.now(UTC), reason))
        return self.send(BytesIO(status_packet), taken.recipient)

    def _fetched(self, doc_id: str) -> Packet | None:
        with tempfile.SpooledTemporaryFile(SMALL) as file:
            with self.asked("downloadEdoc", {"docId": doc_id}, method="GET") as answer:
                if answer.status != http.client.OK:
                    _said(answer)
                while piece := answer.read(PIECE):
                    file.write(piece)
            file.seek(0)
            try:
                return edxml.read(cast("BinaryIO", file))
            except Refused:
                return None

    def _confirm(self, doc_id: str, status: str) -> None:
        with self.asked("updateStatus", {"docid": doc_id, "status": status}, BytesIO(b"{}"), 2) as answer:
            _said(answer)

    @contextmanager
    def asked(
        self,
        operation: str,
        headers: Mapping[str, str],
        body: Any = None,
        size: int = 0,
        kind: str = _JSON,
        method: str = "POST",
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer to a signed call with these logical headers beside what every call says."""
        base = urlsplit(self.url)
        if base.scheme != "http" or not base.hostname:
            raise HubError(f"{self.url}: không phải địa chỉ http (no http address)")
        stamped = {
            "systemid": self.system.code,
            **headers,
            "timestamp": timestamp(datetime.now(UTC)),
            "Content-Type": kind,
        }
        signed = signed_headers(self.system.secret.get_secret_value().encode(), stamped)
        with closing(http.client.HTTPConnection(base.hostname, base.port, timeout=_PATIENCE)) as connection:
            path = f"{base.path.rstrip('/')}/{operation}"
            connection.request(method, path, body, {**signed, "Content-Length": str(size)})
            yield connection.getresponse()


def _with_end(packet: BinaryIO) -> Iterator[bytes]:
    """The packet and the CRLF after it."""
    while piece := packet.read(PIECE):
        yield piece
    yield b"\r\n"


def _said(answer: http.client.HTTPResponse) -> dict[str, Any]:
    """The JSON of a success. Raises HubError."""
    try:
        told: dict[str, Any] = json.loads(answer.read(_MOST))
        if told["ErrorCode"] == "0":
            return told
        why = f"{told['ErrorCode']} {told['ErrorDesc']}"
    except (ValueError, KeyError, TypeError) as error:
        raise HubError(f"Trục trả lời lạ, HTTP {answer.status} (no answer of a central hub).") from error
    raise HubError(f"Trục từ chối (the hub says FAIL): {why}")
