"""Who can be written to through a central hub: its lists of agencies, fetched once a day."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

from hub import Context, Inbox, Refused, StorageError, logger
from hub.carrying.failures import Trouble
from plugins.centralhub.client import Client
from plugins.centralhub.settings import CentralhubSettings

#: Pause before a list is asked for again that did not come.
_AGAIN = timedelta(minutes=10)
_NEVER = datetime.min.replace(tzinfo=UTC)


class Agencies:
    """Fetches the lists that the settings name. What goes wrong here holds up no document."""

    def __init__(self, settings: CentralhubSettings, context: Context, client: Client) -> None:
        self._lists, self._every = settings.directory, timedelta(seconds=settings.directory_every)
        self._context, self._client = context, client
        self._memory = context.state / "directory.json"
        self._troubles: dict[str, str] = {}

    @property
    def trouble(self) -> str:
        """What is wrong with the lists now, for people; "": nothing."""
        return "; ".join(self._troubles.values())

    async def run(self, inbox: Inbox) -> None:
        """Fetch each list when it is due, a restart or not, until cancelled."""
        due = await asyncio.to_thread(self._remembered)
        while self._lists:
            now = self._context.clock.now()
            for operation in self._lists:
                if due[operation] <= now:
                    due[operation] = now + (self._every if await self._fetched(operation, inbox) else _AGAIN)
                    await asyncio.to_thread(self._remember, due)
            wait = min(due.values()) - self._context.clock.now()
            # In steps: the clock of the wall may be set.
            await self._context.clock.sleep(min(max(wait.total_seconds(), 1.0), _AGAIN.total_seconds()))

    async def _fetched(self, operation: str, inbox: Inbox) -> bool:
        try:
            told = await inbox.directory(operation, self._client.agencies(operation))
        except (Trouble, Refused, StorageError) as error:
            self._troubles[operation] = f"{operation}: {error}"
            logger.warning("the directory of {} is as it was before: {}: {}", self._context.unit.id, operation, error)
            return False
        self._troubles.pop(operation, None)
        logger.info(
            "{}: {} rows, {} new, {} changed, {} gone", operation, told.rows, told.added, told.changed, told.gone
        )
        return True

    def _remembered(self) -> dict[str, datetime]:
        """When each list is due next: at once where nobody knows, or where the time is further off than it can be."""
        try:
            said = json.loads(self._memory.read_text())
            due = {name: datetime.fromisoformat(said[name]).astimezone(UTC) for name in self._lists if name in said}
        except (OSError, ValueError, TypeError, AttributeError):
            due = {}
        latest = self._context.clock.now() + self._every
        return {name: at if (at := due.get(name, _NEVER)) <= latest else _NEVER for name in self._lists}

    def _remember(self, due: dict[str, datetime]) -> None:
        try:
            self._memory.write_text(json.dumps({name: at.isoformat() for name, at in due.items()}))
        except OSError as error:
            logger.warning("when lists of agencies are due is not kept ({}): a restart fetches them again", error)
