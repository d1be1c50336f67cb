"""The connector: `kind: eoffice-axis`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import ClassVar

from hub import VIETNAM, Capabilities, Connector, Context, Deferred, Delivery, Health, Inbox, Receipt
from hub.serving import Outbox
from plugins.eoffice.axis.arriving import Custody
from plugins.eoffice.axis.books import Books
from plugins.eoffice.axis.door import PATH, AxisDoor, Caller, Operation
from plugins.eoffice.axis.intake import Intake
from plugins.eoffice.axis.settings import AxisSettings
from plugins.eoffice.axis.shelf import Shelf

_NO_DOORS = "the axis needs the hub's own listener: it cannot run in a process of its own"


class EofficeAxis(Connector[AxisSettings]):
    """Answers a unit's software as the central hub would. Nothing is pushed: it fetches, and says when it has it."""

    kind: ClassVar[str] = "eoffice-axis"
    settings_type = AxisSettings
    capabilities = Capabilities(fetched=True)

    def __init__(self, settings: AxisSettings, context: Context) -> None:
        super().__init__(settings, context)
        self._caller = Caller(settings, context.clock.now)
        self._folder = context.state / "incoming"

    async def open(self) -> None:
        """Take a place at the door. Raises OSError, HubError without a door, RuntimeError in a worker process."""
        if self.context.doors is None or self.context.outbox is None:
            raise RuntimeError(_NO_DOORS)
        self._opened = self.context.clock.now()
        self._door = self.context.doors.at(PATH, AxisDoor)
        await self.enter(self._at(self._door))
        self._custody = Custody(self.context, self._folder, self.settings.largest * 10**6)
        await asyncio.to_thread(self._custody.prepare)
        self._caller.operations = self._fetching(self.context.outbox)

    @contextmanager
    def _at(self, door: AxisDoor) -> Iterator[None]:
        name = self.settings.systemid
        if (there := door.callers.get(name)) and there.is_open:
            raise ValueError(f"systemid {name} is another endpoint's")
        door.callers[name], self._caller.is_open = self._caller, True
        try:
            yield
        finally:
            # The endpoint may be on its way back: its software is told to come again, not that nobody knows it.
            self._caller.operations, self._caller.is_open = {}, False

    async def check(self) -> Health:
        """Whether its software calls: nobody can ask it. A bad signature counts only where no good one was heard."""
        caller, now = self._caller, self.context.clock.now()
        if caller.heard and now - caller.heard <= timedelta(seconds=self.settings.quiet):
            return Health(True)
        if caller.denied:
            said = f"phần mềm gọi mà bị từ chối lúc {_time(caller.denied)}: {caller.denied_for} (denied)"
            return Health(False, said)
        since = caller.heard or self._opened
        if now - since > timedelta(seconds=self.settings.quiet):
            return Health(False, f"phần mềm của đơn vị không gọi từ {_time(since)} (silent)")
        return Health(True, "phần mềm của đơn vị chưa gọi lần nào (no call yet)")

    async def listen(self, inbox: Inbox) -> None:
        """Take what it sends until cancelled; what waits for it can be fetched as long as this is open."""
        fetching = self._caller.operations
        intake = Intake(self.settings, self.context, inbox, self._folder, self._custody, self._door.keeping)
        self._caller.operations = {**fetching, **self._taking(intake, inbox)}
        try:
            await asyncio.Event().wait()
        finally:
            self._caller.operations = fetching
            await intake.end()

    async def send(self, delivery: Delivery) -> Receipt:
        """See `hub.Connector.send`: nothing is sent where the unit's software fetches (`Capabilities.fetched`)."""
        raise Deferred("Phần mềm của đơn vị tự lấy văn bản; hub không gửi (fetched, never sent).")

    def _fetching(self, outbox: Outbox) -> Mapping[str, Operation]:
        shelf = Shelf(self.settings, self.context, outbox, self.packet)
        return {
            "getReceivedEdocList": shelf.received,
            "getEdoc": shelf.get,
            "downloadEdoc": shelf.download,
            "updateStatus": shelf.update,
            "countReceiveEdoc": shelf.documents,
            "countReceiveStatus": shelf.statuses,
        }

    def _taking(self, intake: Intake, inbox: Inbox) -> Mapping[str, Operation]:
        assert self.context.outbox
        books = Books(self.settings, self.context, self.context.outbox, inbox)
        return {
            "sendEdoc": intake.send,
            "getSentEdocList": books.sent,
            "getAgenciesList": books.agencies,
            "getAgenciesListQD20": books.agencies_qd20,
            "getSynchronizeUnit": books.units,
            "registerAgency": books.register,
            "deleteAgency": books.register,
        }


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%H:%M %d/%m}"
