"""A connector to a unit's tables, the software that uses them too, and an inbox, all at one real database."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from hub import Connector, Context, Delivery, Document
from hub.standards import edxml
from hub.testing import MemoryInbox, sample_context, sample_delivery
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from plugins.eoffice.tables import Tables
from tests.counterparts.tables import Software
from tests.unitdatabase import Line, UnitDatabase, line_to

ORGANIZATIONS = {
    HOME_AFFAIRS: "Sở Nội vụ",
    BINH_SON: "UBND xã Bình Sơn",
    GOVERNMENT_OFFICE: "Văn phòng Chính phủ",
    "000.00.01.H48": "Văn phòng UBND tỉnh",
    "000.00.99.H48": "Đơn vị lạ",
}
P = ParamSpec("P")
T = TypeVar("T")
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


class Counterpart:
    """The unit's software as the contract of connectors wants it."""

    connector: type[Connector[Any]] = Tables

    def __init__(self, software: Software, settings: dict[str, Any], line: Line) -> None:
        self.software, self.settings, self.line = software, settings, line

    def effects(self) -> list[str]:
        return [each.edoc for each in self.software.arrived()]

    async def offer(self, name: str, packet: bytes) -> None:
        await asyncio.to_thread(self.software.write_packet, packet)

    async def answer(self, delivery: Delivery) -> None:
        [key] = [each.key for each in self.software.arrived() if each.edoc == delivery.id]
        await asyncio.to_thread(self.software.step, key, 3)


@asynccontextmanager
async def counterpart(database: UnitDatabase) -> AsyncIterator[Counterpart]:
    """Its tables are empty, and the hub reaches them by a line of its own until the block ends."""
    software = Software(database.url)
    await asyncio.to_thread(software.install, ORGANIZATIONS)
    async with line_to(database) as line:
        yield Counterpart(software, database.endpoint(line.port), line)


@dataclass
class Bench:
    """What a test needs; `connector` and `listening` make lives of the connector of xã Bình Sơn."""

    home: Path
    counterpart: Counterpart
    context: Context
    inbox: MemoryInbox

    @property
    def software(self) -> Software:
        return self.counterpart.software

    @property
    def line(self) -> Line:
        return self.counterpart.line

    @asynccontextmanager
    async def connector(self, **settings: Any) -> AsyncIterator[Tables]:
        said = Tables.settings_type.model_validate({**self.counterpart.settings, **settings})
        async with Tables(said, self.context) as made:  # type: ignore[arg-type]  # its own settings
            yield made

    @asynccontextmanager
    async def listening(self, **settings: Any) -> AsyncIterator[Tables]:
        """It listens until the block ends."""
        async with self.connector(**settings) as connector:
            task = asyncio.create_task(connector.listen(self.inbox))
            try:
                yield connector
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def apart(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """What the software does while the hub runs: it may wait for a row that the hub holds."""
        return await asyncio.to_thread(work, *given, **named)

    def write(self, code: str = "52/TTr-UBND", files: dict[str, bytes] | None = None, **fields: Any) -> int:
        """The unit's software puts out a document for Sở Nội vụ."""
        fields.setdefault("to", (HOME_AFFAIRS,))
        named = {"52.pdf": PDF} if files is None else files
        return self.software.write(a_document(code, BINH_SON, **fields), named)

    def delivery(self, code: str = "211/GM-SNV", **given: Any) -> Delivery:
        """A document for the unit."""
        return sample_delivery(self.context.bodies, code, **given)

    def bodies(self) -> list[Any]:
        """What was accepted."""
        return [each.packet.body for each in self.inbox.accepted.values() if not isinstance(each.packet, Exception)]

    def contents(self, document: Document) -> dict[str, bytes]:
        """The attachments of one of those."""
        [found] = [each for each in self.inbox.accepted.values() if getattr(each.packet, "body", None) == document]
        assert found.blob
        with self.context.bodies.open(found.blob) as packet:
            source = io.BytesIO(packet.read())
        return {each.name: b"".join(edxml.decode(source, each)) for each in document.attachments}


@asynccontextmanager
async def bench(home: Path, database: UnitDatabase) -> AsyncIterator[Bench]:
    """All of it, at empty tables."""
    async with counterpart(database) as there:
        yield Bench(home, there, sample_context(home), MemoryInbox())
