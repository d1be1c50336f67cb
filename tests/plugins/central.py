"""A connector to a central hub, the counterpart that it talks to, and an inbox, all in one folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiohttp import web

from hub import Acknowledgement, Context, Delivery, Document, Quarantined
from hub.clock import SystemClock
from hub.directory import normalise
from hub.standards import vxp
from hub.testing import MemoryInbox, sample_context, sample_delivery, sample_packet
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Unit
from plugins.centralhub.connector import Centralhub
from plugins.centralhub.counterpart import Office, office

UNIT = Unit("trung-uong", "Trục liên thông văn bản quốc gia", "")
CODES = {normalise(HOME_AFFAIRS): "so-nv", normalise(BINH_SON): "xa-binh-son"}


@dataclass
class Bench:
    """What a test needs; `connector` and `open` make lives of the connector."""

    home: Path
    office: Office
    context: Context
    inbox: MemoryInbox

    @asynccontextmanager
    async def connector(self, **settings: Any) -> AsyncIterator[Centralhub]:
        made = Centralhub(Centralhub.settings_type.model_validate({**self.office.settings, **settings}), self.context)
        async with made:
            yield made

    @asynccontextmanager
    async def listening(self, **settings: Any) -> AsyncIterator[Centralhub]:
        """It listens until the block ends."""
        async with self.connector(**settings) as connector:
            task = asyncio.create_task(connector.listen(self.inbox))
            try:
                yield connector
            finally:
                task.cancel()
                await asyncio.wait({task})
                if not task.cancelled():
                    task.result()

    def calls(self, operation: str) -> list[vxp.Call]:
        return [call for name, call in self.office.calls if name == operation]

    def words(self) -> list[list[str]]:
        """What was said of each packet that the office put out."""
        return [packet.words for packet in self.office.waiting.values()]

    def delivery(self, body: Document | Acknowledgement | None = None, **given: Any) -> Delivery:
        said = body or a_document(to=(GOVERNMENT_OFFICE,))
        to = said.response_for.organ_id if isinstance(said, Acknowledgement) else said.to[0].id
        return replace(sample_delivery(self.context.bodies, body=said, **given), recipient=normalise(to))


@asynccontextmanager
async def bench(
    home: Path, make: Callable[[Path], AbstractAsyncContextManager[Office]] = office
) -> AsyncIterator[Bench]:
    context = sample_context(
        home, unit=UNIT, codes=CODES, state=home / "data" / "endpoints" / UNIT.id, clock=SystemClock()
    )
    async with make(home) as made:
        yield Bench(home, made, context, MemoryInbox())


def from_office(code: str = "3127/VPCP-KSTT", to: tuple[str, ...] = (HOME_AFFAIRS,), **fields: Any) -> bytes:
    """A packet of Văn phòng Chính phủ."""
    return sample_packet(a_document(code, GOVERNMENT_OFFICE, to, **fields))


def status_of(code: str = "211/GM-SNV", status: str = "03", **fields: Any) -> Acknowledgement:
    """An answer of Văn phòng Chính phủ about a document of ours."""
    return an_answer(a_document(code, to=(GOVERNMENT_OFFICE,)), status, GOVERNMENT_OFFICE, **fields)


def answers(operation: str, answer: Callable[[], web.StreamResponse]) -> Any:
    """A fault: operations whose names end so say this instead."""

    async def fault(request: web.Request) -> web.StreamResponse | None:
        return answer() if request.path.endswith(operation) else None

    return fault


def kept_as_it_stands(central: Bench, text: str) -> None:
    """The only packet that was offered is in quarantine, as the text that came."""
    [kept] = central.inbox.offered
    assert isinstance(kept.packet, Quarantined)
    assert ("not-edxml", "Gói tin không đúng dạng base64.") == (kept.packet.code, kept.packet.reason)
    assert kept.blob is not None
    with central.context.bodies.open(kept.blob) as file:
        assert text.encode() == file.read()
