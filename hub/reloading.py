"""Takes up changed rules while the hub runs. A configuration with mistakes changes nothing: the last good one holds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hub.clock import Clock
from hub.config import Config, Marks, marks, needs_restart
from hub.errors import ConfigError, HubError, StorageError
from hub.log import logger
from hub.threads import in_thread
from hub.vocabulary import Event

#: Seconds between looks at the files.
_EVERY = 2.0
#: Seconds that changed files must stay as they are: a truncated file of rules is a valid one.
_SETTLE = 1.0
#: Mistakes that an event names; the log names all.
_MOST = 20


@dataclass(slots=True, eq=False)
class Follower:
    """Follows the configuration folder of a running hub."""

    running: Config
    #: reads the folder anew; raises HubError
    load: Callable[[], Config]
    take: Callable[[Config], None]
    record: Callable[[Event], Awaitable[None]]
    clock: Clock
    _asked: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(self) -> None:
        """Read it now, changed or not."""
        self._asked.set()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        seen = self.running.marks
        while True:
            asked = await self._wait()
            now = await in_thread(marks, self.running.folder)
            if now != seen:
                now = await self._settled(now)
            if asked or now != seen:
                seen, found = await self._read(now)
                await self._note(self._judge(found))

    async def _settled(self, now: Marks) -> Marks:
        """How the files look once they stay so."""
        while True:
            await self.clock.sleep(_SETTLE)
            later = await in_thread(marks, self.running.folder)
            if later == now:
                return now
            now = later

    async def _wait(self) -> bool:
        try:
            await asyncio.wait_for(self._asked.wait(), _EVERY)
        except TimeoutError:
            return False
        self._asked.clear()
        return True

    async def _read(self, now: Marks) -> tuple[Marks, Config | HubError]:
        """What the files say, or their mistakes, and how they look: none of them changed while they were read."""
        while True:
            found = await self._loaded()
            later = await in_thread(marks, self.running.folder)
            if later == now:
                return now, found
            now = await self._settled(later)

    async def _loaded(self) -> Config | HubError:
        try:
            return await in_thread(self.load)
        except HubError as error:
            return error

    def _judge(self, new: Config | HubError) -> Event:
        """Take up what can be taken up. Returns what came of it."""
        if isinstance(new, HubError):
            return self._refused(new)
        if parts := needs_restart(self.running, new):
            logger.warning("the configuration changed in what needs a restart, nothing is taken up: {}", parts)
            return Event("config-waits", self.clock.now(), data={"restart": parts})
        self.running = new
        self.take(new)
        logger.info("the configuration is taken up: {} rules, {} groups", len(new.routes), len(new.groups))
        return Event("config-taken", self.clock.now(), data={"rules": len(new.routes), "groups": len(new.groups)})

    def _refused(self, error: HubError) -> Event:
        mistakes = list(map(str, error.mistakes)) if isinstance(error, ConfigError) else [str(error)]
        for mistake in mistakes:
            logger.error("the configuration has a mistake, the last good one holds: {}", mistake)
        return Event("config-refused", self.clock.now(), data={"mistakes": mistakes[:_MOST]})

    async def _note(self, event: Event) -> None:
        try:
            await self.record(event)
        except StorageError as error:
            logger.error("the ledger does not answer: {}", error)
