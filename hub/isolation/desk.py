"""The hub's side of a worker's inbox: what it asks is carried out, so much at a time and no more."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from hub.connector import Inbox
from hub.containment import outcome
from hub.errors import Deferred, Refused
from hub.isolation import wire
from hub.isolation.faults import Fault, fault
from hub.vocabulary import Acceptance, Incoming

#: What a worker may ask beyond its inputs: small questions, from threads.
_SMALL = 16


class Desk:
    """Keeps what a worker has open. A worker that keeps to its budget never meets these bounds."""

    def __init__(self, requests: int, volume: int) -> None:
        self._requests, self._volume = requests, volume
        self._found: defaultdict[int, list[Incoming]] = defaultdict(list)
        self._sizes: defaultdict[int, int] = defaultdict(int)
        #: pieces of answers that are being read, by the number of their question
        self._answers: dict[str, asyncio.Queue[str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        #: None until the connector listens
        self.inbox: Inbox | None = None

    def take(self, part: wire.Part, size: int) -> None:
        """Keep inputs until they are asked about. Raises Garbage."""
        self._sizes[part.number] += size
        if sum(self._sizes.values()) > self._volume or len(self._sizes) > self._requests:
            raise wire.Garbage("it handed over more at once than it may")
        self._found[part.number] += map(wire.incoming, part.found)

    def ask(self, ask: wire.Ask, reply: Callable[[wire.Answer], None]) -> None:
        """Carry it out; the reply follows. Raises Garbage."""
        if len(self._tasks) >= self._requests + _SMALL:
            raise wire.Garbage("it asked more at once than it may")
        task = asyncio.create_task(self._answer(ask, reply))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, seconds: float) -> None:
        """Nothing more is asked: let end what is at work, at most so long."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=seconds)
            for task in late:
                task.cancel()

    async def _answer(self, ask: wire.Ask, reply: Callable[[wire.Answer], None]) -> None:
        value = await outcome(self._do(ask))
        self._sizes.pop(ask.number, None)
        wrong = fault(value) if isinstance(value, Exception) else None
        reply(wire.Answer(ask.number, None if wrong else value, wrong))

    async def _do(self, ask: wire.Ask) -> Any:
        inbox = self.inbox
        if inbox is None:
            raise Deferred("the connector does not listen yet")
        match ask.verb:
            case "accept":
                return _verdicts(await inbox.accept(self._found.pop(ask.number, [])))
            case "tries":
                return await inbox.tries(*ask.words)
            case "withdraw":
                return await inbox.withdraw(*ask.words)
            case "directory":
                return await self._directory(inbox, ask)
            case "piece":
                return await self._hand_on(*ask.words)
            case _:
                return await _looked_up(inbox, ask)

    async def _directory(self, inbox: Inbox, ask: wire.Ask) -> Any:
        pieces = self._answers[str(ask.number)] = asyncio.Queue(1)
        try:
            return await inbox.directory("".join(ask.words), _answer(pieces))
        finally:
            del self._answers[str(ask.number)]
            while not pieces.empty():
                pieces.get_nowait()

    async def _hand_on(self, number: str, piece: str) -> bool:
        """Give the next piece of an answer to whom it is read by. False: it is read no more."""
        pieces = self._answers.get(number)
        if pieces is not None:
            await pieces.put(piece)
        return pieces is not None


async def _answer(pieces: asyncio.Queue[str]) -> AsyncIterator[bytes]:
    """The bytes of an answer. Raises ConnectionError where the worker's side broke off."""
    while piece := await pieces.get():
        if piece == wire.BROKEN_OFF:
            raise ConnectionError("the answer broke off")
        yield wire.bytes_of(piece)


def _verdicts(verdicts: Sequence[Acceptance | Refused]) -> list[Acceptance | Fault]:
    return [fault(verdict) if isinstance(verdict, Refused) else verdict for verdict in verdicts]


async def _looked_up(inbox: Inbox, ask: wire.Ask) -> Any:
    """What changes nothing."""
    match ask.verb:
        case "stories":
            return list(await inbox.stories(ask.words))
        case "has_room":
            return await asyncio.to_thread(inbox.has_room, ask.size)
        case "addressees":
            return inbox.addressees()
        case "nearby":
            return dict(await inbox.nearby(ask.words))
