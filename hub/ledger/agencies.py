"""The directory of agencies, for who works on the loop. Every coroutine raises StorageError."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from hub.agencies import Enrolled
from hub.ledger import enrolment, gazette
from hub.ledger.enrolment import Draft
from hub.ledger.gazette import Listing
from hub.ledger.views import Views
from hub.ledger.writer import Writer
from hub.threads import in_thread

__all__ = ["Agencies", "Draft", "Listing"]


class Agencies:
    """The ledger's side of the directory."""

    def __init__(self, writer: Writer, views: Views, folder: Path) -> None:
        self._writer, self._views, self._folder = writer, views, folder

    async def draft(self, kind: str) -> Draft:
        """Begin to take in an answer: what it is compared with is what is stored now."""
        stored = await in_thread(self._views.looking, partial(enrolment.known, kind=kind))
        return Draft(stored, self._folder)

    async def enrol(self, draft: Draft, unit: str, skipped: Mapping[str, int], odd: int) -> Enrolled:
        """Store a whole answer, in one transaction. Raises StorageError also where another came first."""
        job = partial(enrolment.enrol, draft=draft, unit=unit, skipped=dict(skipped), odd=odd)
        return await self._writer.run(job)

    async def search(self, text: str, limit: int) -> list[Listing]:
        """Those that have these words, the nearest first."""
        return await in_thread(self._views.looking, partial(gazette.search, text=text, limit=limit))

    async def named(self, code: str) -> list[Listing]:
        """Those that have, had or answer to this code; those that are found by a search first."""
        return await in_thread(self._views.looking, partial(gazette.named, code=code))

    async def learned(self, ours: Mapping[str, str]) -> dict[str, str]:
        """What else our units are called: code -> unit, beside these (normalised code -> unit)."""
        return await in_thread(self._views.looking, partial(gazette.learned, ours=ours))
