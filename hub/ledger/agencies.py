"""The directory of agencies, for who works on the loop. Every coroutine raises StorageError."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

from hub.agencies import Enrolled
from hub.ledger import editions, enrolment, gazette
from hub.ledger.enrolment import Draft
from hub.ledger.gazette import Listing
from hub.ledger.views import Views
from hub.ledger.writer import Writer
from hub.serving import Agency
from hub.threads import in_thread

__all__ = ["Agencies", "Draft", "Listing"]


class Agencies:
    """The ledger's side of the directory."""

    def __init__(self, writer: Writer, views: Views, folder: Path) -> None:
        self._writer, self._views, self._folder = writer, views, folder
        # Two answers of a kind at once would write the same edition.
        self._turn = asyncio.Lock()

    async def draft(self, kind: str) -> Draft:
        """Begin to take in an answer: what it is compared with is what is stored now."""
        stored = await in_thread(self._views.looking, partial(enrolment.known, kind=kind))
        return Draft(stored, self._folder)

    async def enrol(self, draft: Draft, unit: str, skipped: Mapping[str, int], odd: int) -> Enrolled:
        """Store a whole answer: readers see all of it or nothing, and no transaction holds others up for long.

        Raises StorageError also where another came first.
        """
        async with self._turn:
            await self._sweep(draft.kind)
            job = enrolment.enrol
            if not await in_thread(self._views.looking, partial(enrolment.is_small, draft=draft)):
                await self._stage(draft)
                job = editions.publish
            return await self._writer.run(partial(job, draft=draft, unit=unit, skipped=dict(skipped), odd=odd))

    async def sweep(self, kind: str) -> None:
        """Remove what readers do not see, some rows at a time."""
        async with self._turn:
            await self._sweep(kind)

    async def _stage(self, draft: Draft) -> None:
        now = await self._writer.run(partial(editions.begin, draft=draft))
        batches = draft.batches()
        while batch := await in_thread(next, batches, None):
            await self._writer.run(partial(editions.stage, draft=draft, batch=batch, now=now))
        gone = frozenset(draft.gone)
        await self._through(partial(editions.carry, draft=draft, gone=gone, now=now))
        await self._through(partial(editions.rename_gone, draft=draft, gone=gone, now=now))
        await self._through(partial(editions.found, draft=draft))

    async def _sweep(self, kind: str) -> None:
        await self._through(partial(editions.sweep, kind=kind))
        while await self._writer.run(partial(editions.sweep_aliases, kind=kind)):
            pass

    async def _through(self, step: Callable[..., str]) -> None:
        """From code to code, one transaction each."""
        last = ""
        while last := await self._writer.run(partial(step, after=last)):
            pass

    async def search(self, text: str, limit: int) -> list[Listing]:
        """Those that have these words, the nearest first."""
        return await in_thread(self._views.looking, partial(gazette.search, text=text, limit=limit))

    async def named(self, code: str) -> list[Listing]:
        """Those that have, had or answer to this code; those that are found by a search first."""
        return await in_thread(self._views.looking, partial(gazette.named, code=code))

    async def names(self, codes: Collection[str]) -> dict[str, str]:
        """What those of these codes are called that are known, an older code too."""
        return await in_thread(self._views.looking, partial(gazette.names, codes=codes))

    async def learned(self, ours: Mapping[str, str]) -> dict[str, str]:
        """What else our units are called: code -> unit, beside these (normalised code -> unit)."""
        return await in_thread(self._views.looking, partial(gazette.learned, ours=ours))

    async def listed(self, kind: str, after: str) -> list[Agency]:
        """The rows of one kind of answer, from a code on."""
        return await in_thread(self._views.looking, partial(gazette.listed, kind=kind, after=after))
