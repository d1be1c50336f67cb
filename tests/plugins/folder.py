"""A unit's folder on a real disk, with an inbox that keeps a journal and the hub's own blobs."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from hub import (
    Acceptance,
    Acknowledgement,
    Blob,
    Context,
    Delivery,
    Document,
    Envelope,
    Incoming,
    Packet,
    Quarantined,
    Refused,
    Story,
)
from hub.blobs import Blobs
from hub.clock import SystemClock
from hub.standards import edxml
from hub.standards.addresses import AddressBook, Contact
from hub.testing.samples import a_document
from hub.vocabulary import Organization, Unit
from plugins.folderdrop.connector import Folderdrop, FolderdropSettings

#: What the journal refuses a document for.
UNWANTED = "không ai nhận"


def a_packet(code: str = "211/GM-SNV", size: int = 2000, **fields: Any) -> bytes:
    """A whole edXML packet with one attachment of about that many bytes."""
    file = edxml.File("211.pdf", lambda: io.BytesIO(b"%PDF-1.4 " + code.encode() + b"." * size))
    return b"".join(edxml.compose(a_document(code, **fields), [file]))


def digest_of(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


class Journal:
    """An inbox that judges each source key once, durably, in a file of lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.room = True
        #: source key -> name, verdict, digest, in the order they came
        self.lines: dict[str, dict[str, Any]] = {}
        #: how many inputs came in each call
        self.calls: list[int] = []
        if path.exists():
            self.lines = {line["key"]: line for line in map(json.loads, path.read_text().splitlines())}

    async def accept(self, found: Sequence[Incoming]) -> Sequence[Acceptance | Refused]:
        self.calls.append(len(found))
        new = [_judged(each) for each in found if each.source_key not in self.lines]
        with self._path.open("a") as file:
            file.writelines(json.dumps(line) + "\n" for line in new)
            file.flush()
            os.fsync(file.fileno())
        self.lines |= {line["key"]: line for line in new}
        await asyncio.sleep(0)
        return [self._verdict(each) for each in found]

    async def tries(self, source_key: str) -> int:
        counts = self._path.with_suffix(".tries")
        with counts.open("a") as file:
            file.write(source_key + "\n")
        return counts.read_text().splitlines().count(source_key)

    def has_room(self, size: int) -> bool:
        return self.room

    async def withdraw(self, envelope_id: str) -> bool:
        return False

    async def stories(self, envelope_ids: Sequence[str]) -> Sequence[Story]:
        return []

    def addressees(self) -> AddressBook:
        return AddressBook()

    async def nearby(self, names: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
        raise AssertionError("software says codes")

    async def directory(self, kind: str, chunks: AsyncIterable[bytes]) -> NoReturn:
        raise AssertionError("a folder has no directory")

    def names(self, verdict: str) -> list[str]:
        """Names of the inputs that ended so."""
        return [line["name"] for line in self.lines.values() if line["verdict"] == verdict]

    def digests(self, verdict: str = "accepted") -> list[str]:
        """Digests of the inputs that ended so."""
        return [line["digest"] for line in self.lines.values() if line["verdict"] == verdict]

    def _verdict(self, incoming: Incoming) -> Acceptance | Refused:
        line = self.lines[incoming.source_key]
        if line["verdict"] == "accepted":
            return Acceptance(line["key"])
        kind = Quarantined if line["verdict"] == "quarantined" else Refused
        return kind(line["code"], line["reason"], line["where"])


def _judged(incoming: Incoming) -> dict[str, Any]:
    line = {"key": incoming.source_key, "name": incoming.name, "digest": incoming.blob and incoming.blob.digest}
    refused = incoming.packet if isinstance(incoming.packet, Refused) else _unwanted(incoming.packet)
    if refused is None:
        return {**line, "verdict": "accepted"}
    verdict = "quarantined" if isinstance(refused, Quarantined) else "refused"
    return {**line, "verdict": verdict, "code": refused.code, "reason": refused.reason, "where": refused.where}


class Bench:
    """A share, blobs and a journal below one folder."""

    def __init__(self, home: Path) -> None:
        self.home, self.share = home, home / "shares" / "so-nv"
        self.blobs = Blobs(home / "blobs")
        self.blobs.open_store()
        self.journal = Journal(home / "journal")

    @property
    def out(self) -> Path:
        return self.share / "out"

    @property
    def arrivals(self) -> Path:
        return self.share / "in"

    @property
    def error(self) -> Path:
        return self.share / "error"

    @property
    def claims(self) -> Path:
        return self.share / ".hub" / "claims"

    def connector(self, **settings: Any) -> Folderdrop:
        """A connector on this share, with short times."""
        told = {"kind": "folderdrop", "folder": "shares/so-nv", "settle": "200ms", "poll": "50ms", **settings}
        unit = Unit("so-nv", "Sở Nội vụ", "000.00.14.H48")
        province = Organization("000.00.00.H48")
        context = Context(unit, province, self.home, self.blobs, SystemClock(), {}, self.home / "state")
        return Folderdrop(FolderdropSettings.model_validate(told), context)

    @asynccontextmanager
    async def listening(self, **settings: Any) -> AsyncIterator[Folderdrop]:
        """An open connector that listens into the journal; what breaks it breaks the test."""
        async with self.connector(**settings) as connector:
            task = asyncio.create_task(connector.listen(self.journal))
            try:
                yield connector
            finally:
                ended = task.done()
                task.cancel()
                await asyncio.wait({task})
                if ended:
                    task.result()

    def drop(self, name: str | bytes, content: bytes) -> Path:
        """Write a file into `out/` under a temporary name, then rename it into place."""
        path = self.out / os.fsdecode(name)
        draft = self.home / f"draft-{digest_of(os.fsencode(name))}"
        draft.write_bytes(content)
        draft.rename(path)
        return path

    def stored(self, digest: str) -> bytes:
        """A blob's bytes."""
        return (self.home / "blobs" / digest).read_bytes()

    def took(self, count: int) -> Callable[[], bool]:
        """Whether that many inputs were judged, and nothing is under way."""
        return lambda: len(self.journal.lines) == count and self.is_quiet()

    def is_quiet(self) -> bool:
        """Whether nothing lies in `out/` or among the claims."""
        return not any(self.out.iterdir()) and not any(self.claims.iterdir())

    def delivery(self, number: int = 1, code: str = "211/GM-SNV", size: int = 2000) -> Delivery:
        """A delivery of a stored document."""
        content = a_packet(code, size)
        blob = self.blobs.store(io.BytesIO(content), 10**9)
        packet = edxml.read(io.BytesIO(content))
        return a_delivery(number, packet.body, blob, packet.attachments_span)


def _unwanted(packet: Packet) -> Refused | None:
    if isinstance(packet.body, Document) and packet.body.subject == UNWANTED:
        return Refused("unknown-addressee", "Không có đơn vị nào mang mã này.", "To/OrganId")
    return None


def a_delivery(number: int, body: Document | Acknowledgement, blob: Blob, span: tuple[int, int] = (0, 0)) -> Delivery:
    """A delivery to the bench's unit."""
    taken = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    envelope = Envelope(f"envelope{number:018}", "xa-binh-son", f"{number}", body, blob, taken, attachments_span=span)
    return Delivery(f"delivery{number:018}", envelope, "so-nv", number)
