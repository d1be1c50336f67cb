"""What waits for a unit whose software fetches it: bound to the unit, and to those whose work it took over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.failpoints import failpoint
from hub.ledger import Ledger
from hub.serving import Agency, Said, Sending, Waiting
from hub.vocabulary import Delivery


@dataclass(frozen=True, slots=True)
class UnitOutbox:
    """The outbox of one endpoint (`hub.serving.Outbox`). `lanes`: whose deliveries it fetches today."""

    unit: str
    ledger: Ledger
    lanes: Callable[[], Sequence[str]]

    async def waiting(self, kind: str, after: tuple[str, int] = ("", 0)) -> Sequence[Waiting]:
        """See `hub.serving.Outbox`."""
        return await self.ledger.outboxes.waiting(self.lanes(), kind, after)

    async def count(self, kind: str) -> int:
        """See `hub.serving.Outbox`."""
        return await self.ledger.outboxes.count(self.lanes(), kind)

    async def fetch(self, delivery_id: str) -> Delivery | None:
        """See `hub.serving.Outbox`."""
        found = await self.ledger.outboxes.fetch(self.lanes(), delivery_id)
        failpoint("outbox.fetched")
        return found

    async def say(self, delivery_id: str, said: Said, reason: str = "") -> bool:
        """See `hub.serving.Outbox`."""
        known = await self.ledger.outboxes.say(self.lanes(), delivery_id, said, reason)
        failpoint("outbox.said")
        return known

    async def sent(
        self, kind: str, since: datetime, until: datetime, one: str = "", after: str = ""
    ) -> Sequence[Sending]:
        """See `hub.serving.Outbox`."""
        return await self.ledger.outboxes.sent(self.unit, kind, (since, until), one, after)

    async def agencies(self, kind: str, after: str = "") -> Sequence[Agency]:
        """See `hub.serving.Outbox`."""
        return await self.ledger.agencies.listed(kind, after)
