"""Makes the conservation sheet of each day that is over, and has its differences recorded and shown."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

from hub.blobs import Blobs
from hub.clock import VIETNAM, Clock
from hub.errors import Damaged, StorageError
from hub.ledger import Ledger
from hub.ledger.alarms import Alarm
from hub.ledger.balance import Sheet
from hub.ledger.sheets import sheet
from hub.log import logger
from hub.threads import in_thread

#: Seconds between looks whether there is a sheet to make.
_TICK = 5.0
#: How long after midnight a day is over for good, and how many missed days are made up for.
_AFTER, _MOST_DAYS = timedelta(minutes=2), 7
#: Seconds that the work rests after each few envelopes: it must not be felt by those who exchange documents.
_REST = 0.005
#: What `ask` takes for the sheet of all days.
ALL = "all"


@dataclass(slots=True, eq=False)
class Reconciler:
    """The running hub's sheets."""

    ledger: Ledger
    blobs: Blobs
    clock: Clock
    #: the differences that are known and not settled
    alarms: Sequence[Alarm] = ()
    _asked: list[date | None] = field(default_factory=list)
    #: the last day whose sheet was made; None: not known yet
    _last: date | None = None

    def ask(self, target: str) -> str:
        """Have a sheet made soon: of a day (ISO), or of all days. Returns what a person is told. Raises ValueError."""
        day = None if target == ALL else date.fromisoformat(target)
        if day not in self._asked:
            self._asked.append(day)
        return "the sheet is made, and its differences recorded"

    @property
    def waits(self) -> bool:
        """Whether a sheet that was asked for is not made yet."""
        return bool(self._asked)

    def told(self) -> list[str]:
        """The known differences in words."""
        return [str(alarm.difference) for alarm in self.alarms]

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.tick()
            except StorageError as error:
                logger.error("the ledger cannot be reconciled: {}", error)
            await self.clock.sleep(_TICK)

    async def tick(self) -> None:
        """Make the sheets that are due or asked for. Raises StorageError."""
        yesterday = (self.clock.now() - _AFTER).astimezone(VIETNAM).date() - timedelta(days=1)
        if self._last is None:
            self._last = await self._begin(yesterday)
        for day in missed(self._last, yesterday):
            await self._take(await self._made(day), over=True)
            self._last = day
        while self._asked:
            await self._take(await self._made(self._asked[0]), over=False)
            del self._asked[0]

    async def _begin(self, yesterday: date) -> date:
        """Up to which day there are sheets; a hub that never made one begins with this day's."""
        self.alarms = await self.ledger.alarms()
        if last := await self.ledger.reconciled():
            return last
        await self.ledger.mark_reconciled(yesterday)
        return yesterday

    async def _made(self, day: date | None) -> Sheet:
        work = partial(sheet, day=day, stored=self.blobs.holds, breathe=partial(threading.Event().wait, _REST))
        try:
            return await in_thread(self.ledger.views.looking, work)
        except (TypeError, ValueError) as error:
            raise Damaged(f"the sheet of {day or ALL} meets what cannot be read ({error}): hub verify") from error

    async def _take(self, made: Sheet, *, over: bool) -> None:
        self.alarms = await self.ledger.note_sheet(made, over=over)
        for one in made.differences:
            logger.error("out of balance: {}", one)
        if over:
            logger.info("the sheet of {} is made: {} differences", made.day, len(made.differences))


def missed(last: date, yesterday: date) -> list[date]:
    """The days that are over and have no sheet yet, the newest of them."""
    many = min((yesterday - last).days, _MOST_DAYS)
    return [yesterday - timedelta(days=back) for back in reversed(range(many))]
