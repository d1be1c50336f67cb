"""Out to a unit's software: one delivery is one call; what is in doubt is asked about, where the profile can ask."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from hub import (
    Acknowledgement,
    Context,
    Damaged,
    Deferred,
    Delivery,
    Document,
    OutcomeUnknown,
    Receipt,
    Refused,
    failpoint,
)
from hub.carrying.failures import Denied, NotReached, Outage, Resting, Trouble
from hub.carrying.journal import Journal
from plugins.eoffice.rest.client import Answered, Client
from plugins.eoffice.rest.failures import Failed
from plugins.eoffice.rest.mapping import of_document, of_status
from plugins.eoffice.rest.packing import Packer, Payload
from plugins.eoffice.rest.profile import Find, Outlet, Profile, Sort
from plugins.eoffice.rest.settings import RestSettings
from plugins.eoffice.rest.templates import Values
from plugins.eoffice.rest.values import values

#: What is written down of a delivery that they have under no id that they told.
_NAMELESS = "-"


class Sender:
    """Hands deliveries over, and finds out what became of those in doubt."""

    def __init__(self, settings: RestSettings, context: Context, client: Client, journal: Journal) -> None:
        self._settings, self._context = settings, context
        self._client, self._journal = client, journal
        self._packer = Packer(context)

    async def send(self, delivery: Delivery) -> Receipt:
        """See `hub.Connector.send`. The same delivery again is not sent again where it is known to have arrived."""
        if known := self._journal.receipt(delivery.id):
            return _receipt(known)
        outlet, sort = self._outlet(delivery)
        try:
            payload = await asyncio.to_thread(self._packer.pack, delivery, files=sort == "documents")
        except Damaged as error:
            raise Refused("damaged", f"Bản lưu của văn bản bị hỏng: {error}") from error
        name = name_of(delivery)
        await self._journal.begun(delivery.id, name)
        failpoint("rest.begun")
        answered = await self._handed(delivery, outlet, payload)
        failpoint("rest.handed")
        await self._journal.arrived(delivery.id, name, answered.id or _NAMELESS)
        failpoint("rest.noted")
        return Receipt(answered.id, "đã có từ trước" if answered.before else "")

    async def find(self, delivery: Delivery) -> Receipt | None:
        """See `hub.Connector.find`. Raises Deferred where it cannot be asked now."""
        if known := self._journal.receipt(delivery.id):
            return _receipt(known)
        asking, name = self.asking(delivery), name_of(delivery)
        if asking is None or self._journal.claimed(name, delivery.id):
            # Of two deliveries of one name nobody could tell which one it is that they have.
            return None
        try:
            answered = await self._client.find(asking, self.more(delivery))
        except Trouble as error:
            raise Deferred(f"Chưa hỏi được phần mềm của đơn vị: {error}") from error
        if answered is None:
            return None
        await self._journal.arrived(delivery.id, name, answered.id or _NAMELESS)
        return Receipt(answered.id, "find")

    def asking(self, delivery: Delivery) -> Find | None:
        """How they are asked about it; None: nobody can tell, as of a change of a document that they have already."""
        if _is_change(delivery):
            return None
        asks = self._settings.profile.find
        return asks.get(_sort(delivery)) or asks.get("packets")

    def more(self, delivery: Delivery) -> Mapping[str, object]:
        """What stands for the names that only what is sent has."""
        body, profile = delivery.envelope.body, self._settings.profile
        own = values(self._settings, self._context.clock.now())
        said = (
            of_status(body, profile.zone)
            if isinstance(body, Acknowledgement)
            else of_document(body, self._context.unit.code)
        )
        return {"delivery": delivery.id, "kind": _kind(profile, delivery, own), **said}

    def _outlet(self, delivery: Delivery) -> tuple[Outlet, Sort]:
        """The way out for it. Raises Refused where they cannot take such a one."""
        send, sort = self._settings.profile.send, _sort(delivery)
        body = delivery.envelope.body
        if sort not in send:
            sort = "packets"
        if isinstance(body, Document) and int(body.business.type) not in send[sort].business:
            raise Refused(
                "eoffice-unable",
                "Phần mềm của đơn vị không nhận được văn bản thu hồi, cập nhật hoặc thay thế qua đường này.",
            )
        return send[sort], sort

    async def _handed(self, delivery: Delivery, outlet: Outlet, payload: Payload) -> Answered:
        body = delivery.envelope.body
        to = [(each.id, each.name) for each in body.to] if isinstance(body, Document) else []
        try:
            answered = await self._client.send(outlet, self.more(delivery), payload, to)
        except (NotReached, Resting, Denied) as error:
            seconds = error.seconds if isinstance(error, Resting) else self._client.traffic.rest
            raise Deferred(f"Chưa gửi được tới phần mềm của đơn vị: {error}", seconds) from error
        except Failed as error:
            raise _judged(error) from error
        except Outage as error:
            raise OutcomeUnknown(f"không rõ phần mềm của đơn vị đã nhận hay chưa: {error}") from error
        if answered.before and _is_change(delivery) and not delivery.possible_duplicate:
            raise Refused("eoffice-refused", "Phần mềm của đơn vị báo đã có văn bản này, không nhận lần thay đổi.")
        return answered


def _is_change(delivery: Delivery) -> bool:
    """Whether it says something new of a document under the id that it has already."""
    body = delivery.envelope.body
    return isinstance(body, Document) and int(body.business.type) != 0


def _receipt(known: str) -> Receipt:
    return Receipt("" if known == _NAMELESS else known)


def name_of(delivery: Delivery) -> str:
    """What they may know it by: the same for two deliveries that nobody there could tell apart."""
    body = delivery.envelope.body
    if isinstance(body, Acknowledgement):
        about = body.response_for
        return "|".join(("status", body.sender.id, about.document_id or about.code, body.status, str(body.at)))
    return "|".join(("edoc", body.sender.id, body.document_id or body.code, str(int(body.business.type))))


def _sort(delivery: Delivery) -> Sort:
    return "statuses" if isinstance(delivery.envelope.body, Acknowledgement) else "documents"


def _kind(profile: Profile, delivery: Delivery, own: Values) -> str:
    kinds = profile.kinds
    return (kinds.status if isinstance(delivery.envelope.body, Acknowledgement) else kinds.document).fill(own)


def _judged(error: Failed) -> Deferred | Refused | OutcomeUnknown:
    """What their own answer to a send means."""
    if error.verdict == "retry":
        return Deferred(f"Phần mềm của đơn vị chưa nhận: {error}", error.retry_after)
    if error.verdict == "refuse":
        return Refused("eoffice-refused", f"Phần mềm của đơn vị không nhận văn bản này ({error}).")
    return OutcomeUnknown(f"không rõ phần mềm của đơn vị đã nhận hay chưa: {error}")
