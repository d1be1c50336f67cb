"""What is lent to a connector whose counterpart comes to the hub: a door to knock at, and what waits behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from hub.vocabulary import Delivery, DeliveryState, Envelope

if TYPE_CHECKING:
    # Commands that only read would wait a quarter of a second for it.
    from aiohttp import web


class Door(Protocol):
    """Answers every request below one path of the outer listener, for all endpoints of a kind."""

    async def answer(self, request: web.BaseRequest, body: AsyncIterator[bytes]) -> web.StreamResponse:
        """Answer it. Who knocks is a stranger until the door knows better: bound what it may cost.

        `body`: its body in pieces, once; it raises TimeoutError where it stands still or drips.
        """


D = TypeVar("D", bound=Door)


class Doors(Protocol):
    """The doors of the hub's outer listener (`doors:` of hub.yaml)."""

    def at(self, path: str, make: Callable[[], D]) -> D:
        """The door at this path ("/vxp"): made by the first endpoint that asks, shared by those of its kind.

        Raises HubError where another kind of door is there, or the hub has no outer listener.
        """


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that its recipient has not confirmed. `place`: where to go on listing."""

    delivery: Delivery
    state: DeliveryState
    #: when it was put there
    since: datetime
    #: whether the unit said that it could not take it
    failed: bool
    place: tuple[str, int]


@dataclass(frozen=True, slots=True)
class Sending:
    """What became of one thing that the unit sent, with one recipient."""

    envelope: Envelope
    delivery: str
    #: our unit's id, or a code outside
    recipient: str
    state: DeliveryState
    #: when it arrived, or was given up
    ended_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Agency:
    """A row of the central hub's directory as it gave it; `more`: its other fields, by name."""

    id: str
    pid: str
    code: str
    name: str
    mail: str
    old_code: str
    more: Mapping[str, str]


#: What the recipient says of a delivery: it works on it; it has it; not now; never.
Said = Literal["begun", "received", "failed", "given-up"]


class Outbox(Protocol):
    """What waits for one unit whose software fetches it (`Capabilities.fetched`). All raise StorageError."""

    async def waiting(self, kind: str, after: tuple[str, int] = ("", 0)) -> Sequence[Waiting]:
        """Deliveries of "document" or "acknowledgement" that are not confirmed, in their order, from that place on.

        Some hundreds at most; none: that was all. What was fetched stays until it is confirmed.
        """

    async def count(self, kind: str) -> int:
        """How many of them there are."""

    async def fetch(self, delivery_id: str) -> Delivery | None:
        """The delivery, which counts as gone from now on; also one that was confirmed. None: it is not the unit's."""

    async def say(self, delivery_id: str, said: Said, reason: str = "") -> bool:
        """Record what the unit said, durably: "received" ends it as delivered. Again is no harm. False: none of its."""

    async def sent(
        self, kind: str, since: datetime, until: datetime, one: str = "", after: str = ""
    ) -> Sequence[Sending]:
        """What became of what the unit sent in that time, or of one envelope; of all its recipients, from an id on.

        Some hundreds at most, in the order of `delivery`; none: that was all.
        """

    async def agencies(self, kind: str, after: str = "") -> Sequence[Agency]:
        """The directory's rows of one kind of answer, from a code on. A thousand at most; none: that was all."""
