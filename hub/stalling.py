"""Holds a stall of the event loop against whose code it was, and has it recorded."""

from __future__ import annotations

import asyncio

from hub.clock import Clock
from hub.ledger import Ledger
from hub.plugins import Plugins
from hub.strikes import MOST, Strikes
from hub.supervisor import Supervisor
from hub.theft import Stall
from hub.vocabulary import Event


class Stalls:
    """What becomes of stalls: an endpoint's are counted by the supervisor, those of a plugin's hooks here."""

    def __init__(self, ledger: Ledger, clock: Clock, plugins: Plugins, supervisor: Supervisor) -> None:
        self._ledger, self._clock, self._plugins, self._supervisor = ledger, clock, plugins, supervisor
        self._untold: asyncio.Queue[tuple[Stall, Strikes]] = asyncio.Queue()

    def hear(self, stall: Stall) -> None:
        """Count a stall; the last one that is borne has its consequence."""
        actor = stall.actor
        if actor and actor.unit:
            self._untold.put_nowait((stall, self._supervisor.stalled(actor.unit, stall)))
            return
        if actor and self._plugins.blame(actor.kind) >= MOST:
            self._plugins.mute(actor.kind)
        self._untold.put_nowait((stall, Strikes()))

    async def record(self) -> None:
        """Write what was heard into the ledger. Raises StorageError."""
        while not self._untold.empty():
            stall, strikes = self._untold.get_nowait()
            unit, kind = (stall.actor.unit, stall.actor.kind) if stall.actor else ("", "")
            data = {"kind": kind, "place": stall.place, "seconds": round(stall.seconds, 1)}
            event = Event("stalled", self._clock.now(), unit=unit, data=data)
            await (self._ledger.note_stall(unit, strikes, event) if unit else self._ledger.record(event))

    async def reinstate(self, unit: str) -> str:
        """Forget an endpoint's stalls, and take its connector back. Raises NotFound, StorageError."""
        await self._ledger.reinstate(unit)
        self._supervisor.reinstate(unit)
        return REINSTATED


REINSTATED = "its connector runs in the hub's own process again"
