"""An outbox without a hub."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hub.serving import Agency, Outbox, Said, Sending, Waiting
from hub.vocabulary import Delivery, DeliveryState

_STATES = {
    "begun": DeliveryState.SENDING,
    "received": DeliveryState.DELIVERED,
    "failed": DeliveryState.UNCERTAIN,
    "given-up": DeliveryState.DEAD,
}


class MemoryOutbox(Outbox):
    """Offers what is put into it until the unit's software says that it has it."""

    def __init__(self) -> None:
        #: delivery id -> the delivery, and what was said of it, in order
        self.deliveries: dict[str, Delivery] = {}
        self.said: dict[str, list[Said]] = {}

    def put(self, delivery: Delivery) -> None:
        """Offer it, also again after it was confirmed: then that was lost."""
        self.deliveries[delivery.id], self.said[delivery.id] = delivery, []

    def has_gone(self, delivery: Delivery) -> bool:
        """Whether it was confirmed."""
        return "received" in self.said[delivery.id]

    async def waiting(self, kind: str, after: tuple[str, int] = ("", 0)) -> Sequence[Waiting]:
        """See `hub.serving.Outbox`; all at once."""
        found = [each for each in self.deliveries.values() if each.envelope.kind == kind and self._is_open(each)]
        return [self._waiting(each, place) for place, each in enumerate(found, 1)] if after == ("", 0) else []

    async def count(self, kind: str) -> int:
        """See `hub.serving.Outbox`."""
        return len(await self.waiting(kind))

    async def fetch(self, delivery_id: str) -> Delivery | None:
        """See `hub.serving.Outbox`."""
        return self.deliveries.get(delivery_id)

    async def say(self, delivery_id: str, said: Said, reason: str = "") -> bool:
        """See `hub.serving.Outbox`."""
        if delivery_id not in self.deliveries:
            return False
        self.said[delivery_id].append(said)
        return True

    async def sent(
        self, kind: str, since: datetime, until: datetime, one: str = "", after: str = ""
    ) -> Sequence[Sending]:
        """Nothing was sent."""
        return []

    async def agencies(self, kind: str, after: str = "") -> Sequence[Agency]:
        """There is no central hub."""
        return []

    def _is_open(self, delivery: Delivery) -> bool:
        return not {"received", "given-up"} & set(self.said[delivery.id])

    def _waiting(self, delivery: Delivery, place: int) -> Waiting:
        said = self.said[delivery.id]
        state = _STATES[said[-1]] if said else DeliveryState.WAITING
        return Waiting(delivery, state, delivery.envelope.received_at, "failed" in said, (delivery.recipient, place))
