"""Out to the central hub: each delivery by itself, or in one packet with others of the same document."""

from __future__ import annotations

import asyncio
from functools import partial

from hub import (
    Acknowledgement,
    Context,
    Damaged,
    Deferred,
    Delivery,
    OutcomeUnknown,
    Receipt,
    Refused,
    failpoint,
)
from hub.carrying.failures import Denied, NotReached, Outage, Resting, Spoilt, Trouble
from hub.carrying.journal import Journal
from plugins.centralhub.client import Client, Outgoing
from plugins.centralhub.failures import Failed
from plugins.centralhub.packing import Packer, Payload
from plugins.centralhub.rows import LONGEST, Key, folded, key_of
from plugins.centralhub.settings import PROVINCIAL, CentralhubSettings
from plugins.centralhub.sharing import NotTogether, Sharing

#: Answers of HTTP that say that nothing was taken.
_NOT_TAKEN = frozenset({404, 405, 429, 501, 503})
_TOO_LARGE = 413


class Sender:
    """Hands deliveries over, and finds out what became of those in doubt."""

    def __init__(self, settings: CentralhubSettings, context: Context, client: Client, journal: Journal) -> None:
        self._settings, self._context = settings, context
        self._client, self._journal = client, journal
        self._packer = Packer(context, narrow=settings.narrows_packets)
        self._sharing = Sharing(settings.together)

    async def send(self, delivery: Delivery) -> Receipt:
        """See `hub.Connector.send`. The same delivery again is not sent again where it is known to have arrived."""
        if known := self._journal.receipt(delivery.id):
            return Receipt(known)
        to = self._recipient(delivery)
        if not (self._from(delivery) + to).isascii():
            raise Refused(
                "central-refused",
                "Mã cơ quan gửi hoặc nhận có chữ ngoài bảng ASCII: trục trung ương không có mã như thế.",
            )
        key = self._key(delivery, to)
        await self._journal.begun(delivery.id, key.name)
        failpoint("central.begun")
        doc_id = await self._carried(delivery, to)
        failpoint("central.handed")
        await self._journal.arrived(delivery.id, key.name, doc_id)
        failpoint("central.noted")
        return Receipt(doc_id)

    async def find(self, delivery: Delivery) -> Receipt | None:
        """See `hub.Connector.find`. Raises Deferred where it cannot be asked now."""
        if known := self._journal.receipt(delivery.id):
            return Receipt(known)
        key = self._key(delivery, self._recipient(delivery))
        try:
            rows = await self._client.sent(key, delivery.envelope.received_at)
        except Trouble as error:
            raise Deferred(f"Chưa hỏi được trục trung ương: {error}") from error
        if rows is None:
            return None
        others = self._journal.claimed(key.name, delivery.id)
        row = next((row for row in rows if row.doc_id not in others), None)
        if row is None:
            return None
        await self._journal.arrived(delivery.id, key.name, row.doc_id)
        return Receipt(row.doc_id, "getSentEdocList")

    async def _carried(self, delivery: Delivery, to: str) -> str:
        """The central hub's id of the packet that carries it, to this recipient or to others as well."""
        expected = self._at_the_hub(delivery)
        if expected < 2:
            return await self._handed(delivery, (to,))
        try:
            return await self._sharing.sent(delivery.envelope.id, to, expected, partial(self._handed, delivery))
        except NotTogether:
            # One of them may be why. That the others have it nobody expects, and it is looked up all the same.
            found = await self.find(delivery)
            return found.reference if found else await self._handed(delivery, (to,))

    def _at_the_hub(self, delivery: Delivery) -> int:
        """How many recipients a packet may have: those whom the document names and who are none of ours."""
        body, settings = delivery.envelope.body, self._settings
        if isinstance(body, Acknowledgement) or settings.profile == PROVINCIAL or not settings.together:
            return 1
        return len({folded(organ.id) for organ in body.to} - self._context.codes.keys())

    async def _handed(self, delivery: Delivery, to: tuple[str, ...]) -> str:
        """The central hub's id of the packet, as its rows are read."""
        try:
            payload = await asyncio.to_thread(self._packer.pack, delivery, to)
            return (await self._client.send(self._outgoing(delivery, to, payload)))[:LONGEST]
        except Damaged as error:
            raise Refused("damaged", f"Bản lưu của văn bản bị hỏng: {error}") from error
        except (NotReached, Resting, Denied, Spoilt) as error:
            seconds = error.seconds if isinstance(error, Resting) else self._client.traffic.rest
            raise Deferred(f"Chưa gửi được tới trục trung ương: {error}", seconds) from error
        except Failed as error:
            if error.code in self._settings.final_errors:
                raise Refused("central-refused", f"Trục trung ương không nhận văn bản này ({error}).") from error
            raise OutcomeUnknown(f"trục trung ương báo lỗi: {error}") from error
        except Outage as error:
            raise _judged(error) from error

    def _outgoing(self, delivery: Delivery, to: tuple[str, ...], payload: Payload) -> Outgoing:
        is_status = isinstance(delivery.envelope.body, Acknowledgement)
        return Outgoing(
            kind="status" if is_status else "edoc",
            sender=self._from(delivery),
            to=() if is_status else to,
            digest=payload.digest,
            size=payload.size,
            content=payload.content,
            pieces=lambda: self._packer.stream(delivery, to),
            urgency=int(delivery.envelope.urgency),
        )

    def _from(self, delivery: Delivery) -> str:
        return self._settings.systemid if self._settings.sender == "systemid" else delivery.envelope.body.sender.id

    def _key(self, delivery: Delivery, to: str) -> Key:
        return key_of(delivery, self._from(delivery), to)

    def _recipient(self, delivery: Delivery) -> str:
        """The recipient's code as the packet itself writes it."""
        code = self._context.unit.code if delivery.recipient == self._context.unit.id else delivery.recipient
        body = delivery.envelope.body
        named = [body.response_for.organ_id] if isinstance(body, Acknowledgement) else [organ.id for organ in body.to]
        return next((organ for organ in named if folded(organ) == folded(code)), code)


def _judged(error: Outage) -> Deferred | Refused | OutcomeUnknown:
    """What an outage in the middle of a send means."""
    if error.status == _TOO_LARGE:
        return Refused("central-refused", "Trục trung ương không nhận văn bản lớn như thế (HTTP 413).")
    if error.status in _NOT_TAKEN:
        return Deferred(f"Chưa gửi được tới trục trung ương: {error}", error.retry_after)
    return OutcomeUnknown(f"không rõ trục trung ương đã nhận hay chưa: {error}")
