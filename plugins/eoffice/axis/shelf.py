"""What waits for a unit: listed until its software says `done`, handed out as often as it asks (facts 3.5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from aiohttp import web

from hub import Context, Damaged, Delivery
from hub.carrying.intact import intact
from hub.serving import Outbox, Said
from hub.standards import vxp
from plugins.eoffice.axis import answers, rows
from plugins.eoffice.axis.failures import INVALID, SYSTEM, Failed
from plugins.eoffice.axis.settings import AxisSettings
from plugins.eoffice.axis.visits import Visit, as_named, doc_id_of, kind_of

_MOST_TEXT = 500
Packing = Callable[[Delivery], AsyncIterator[bytes]]


class Shelf:
    """One unit's outbox over the wire. Raises Failed, StorageError."""

    def __init__(self, settings: AxisSettings, context: Context, outbox: Outbox, packet: Packing) -> None:
        self._context, self._outbox, self._packet = context, outbox, packet
        #: what each status of updateStatus says
        self._words: Mapping[str, Said] = {
            "processing": "begun",
            "done": "received",
            "fail": "failed" if settings.on_fail == "keep" else "given-up",
        }

    async def received(self, visit: Visit) -> web.StreamResponse:
        """The answer to getReceivedEdocList: all that is not confirmed. Dates narrow nothing, so nothing is missed."""
        return await answers.listed(visit.request, self._waiting(kind_of(visit.call)))

    async def documents(self, _: Visit) -> web.StreamResponse:
        """The answer to countReceiveEdoc."""
        return answers.said(count=await self._outbox.count("document"))

    async def statuses(self, _: Visit) -> web.StreamResponse:
        """The answer to countReceiveStatus."""
        return answers.said(count=await self._outbox.count("acknowledgement"))

    async def get(self, visit: Visit) -> web.StreamResponse:
        """The answer to getEdoc."""
        return await answers.in_base64(visit.request, self._packet(await self._fetched(visit.call)))

    async def download(self, visit: Visit) -> web.StreamResponse:
        """The answer to downloadEdoc."""
        return await answers.raw(visit.request, self._packet(await self._fetched(visit.call)))

    async def update(self, visit: Visit) -> web.StreamResponse:
        """The answer to updateStatus: `done` is the receipt."""
        doc_id, status = doc_id_of(visit.call, "docid"), visit.call.get("status").lower()
        if status not in self._words:
            raise Failed(SYSTEM, f"status phải là {', '.join(self._words)}.")
        reason = visit.call.get("description")[:_MOST_TEXT]
        if not await self._outbox.say(doc_id, self._words[status], reason):
            raise _unknown(doc_id)
        return answers.said()

    async def _waiting(self, kind: str) -> AsyncIterator[Mapping[str, Any]]:
        place = ("", 0)
        while page := await self._outbox.waiting(kind, place):
            for each in page:
                yield rows.received(each, as_named(each.delivery, self._context))
            place = page[-1].place

    async def _fetched(self, call: vxp.Call) -> Delivery:
        """The packet that a call names; its stored bytes are what was stored."""
        doc_id = doc_id_of(call)
        delivery = await self._outbox.fetch(doc_id)
        if delivery is None:
            raise _unknown(doc_id)
        try:
            (await asyncio.to_thread(intact, self._context.bodies, delivery.envelope.blob)).close()
        except Damaged as error:
            await self._outbox.say(doc_id, "given-up", f"Bản lưu của văn bản bị hỏng: {error}")
            raise Failed(INVALID, f"Gói tin {doc_id} bị hỏng tại trục.") from error
        return delivery


def _unknown(doc_id: str) -> Failed:
    return Failed(INVALID, f"Không có gói tin {doc_id}.")
