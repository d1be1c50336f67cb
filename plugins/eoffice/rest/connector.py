"""The connector: `kind: eoffice-rest`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import ClassVar

import aiohttp

from hub import Capabilities, Connector, Context, Delivery, Health, Inbox, Receipt, StorageError
from hub.carrying.certificates import Certificates
from hub.carrying.failures import Denied, Resting, Trouble
from hub.carrying.hand import Hand
from hub.carrying.journal import Journal
from hub.carrying.spool import prepared
from hub.carrying.traffic import Limits, Traffic
from plugins.eoffice.rest.caller import Caller
from plugins.eoffice.rest.client import CHECKING, Client
from plugins.eoffice.rest.line import IDLE, Line
from plugins.eoffice.rest.polling import Poll
from plugins.eoffice.rest.push import PATH, Desk, PushDoor
from plugins.eoffice.rest.rehearsal import Stage, Walk
from plugins.eoffice.rest.sending import Sender
from plugins.eoffice.rest.settings import RestSettings
from plugins.eoffice.rest.values import values

_RESTORED = "restored"


class EofficeRest(Connector[RestSettings]):
    """Fetches what a unit's software gives, and hands it what is for the unit."""

    kind: ClassVar[str] = "eoffice-rest"
    settings_type = RestSettings

    def __init__(self, settings: RestSettings, context: Context) -> None:
        super().__init__(settings, context)
        limits = Limits(settings.parallel, 0, settings.pause, settings.pause_most, settings.retry_credentials)
        self._traffic = Traffic(limits, context.clock, "phần mềm của đơn vị")
        self._journal = Journal(context.state)
        self._certificates = Certificates(settings, context.root)

    @classmethod
    def capable(cls, settings: RestSettings) -> Capabilities:
        """By the profile: a unit gives the codes that a table names, any where packets come."""
        inlets = settings.profile.receive.values()
        if any(inlet.fetch and inlet.fetch.packet for inlet in inlets):
            return cls.capabilities
        tables = [inlet.status.status.table for inlet in inlets if inlet.status]
        if any(not table or "*" in table for table in tables):
            return cls.capabilities
        codes = frozenset(str(code) for table in tables for code in table.values()) & cls.capabilities.codes
        return Capabilities(answers=bool(codes), codes=codes)

    async def open(self) -> None:
        """Get ready; nothing is asked yet. Raises OSError, also of a certificate that cannot be used."""
        settings, context = self.settings, self.context
        folder, hand = context.state / "incoming", Hand(context.state, "push")
        self._desk = Desk(settings.push, context, folder, self._look, hand) if settings.push else None
        if self._desk and context.doors:
            # It stays when the endpoint goes: who pushes meanwhile is told to come again, not that nobody is there.
            context.doors.at(PATH, PushDoor).desks[context.unit.id] = self._desk
        await asyncio.to_thread(prepared, folder)
        await asyncio.to_thread(self._journal.open_journal)
        await asyncio.to_thread(self._certificates.load)
        with suppress(FileNotFoundError):
            # What is missing in the journal is asked about: nothing else is to be done after a restore.
            await asyncio.to_thread((context.state / _RESTORED).unlink)
        session: aiohttp.ClientSession = await self.enter(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=settings.parallel + 2, keepalive_timeout=IDLE),
                cookie_jar=aiohttp.DummyCookieJar(),
                # What is packed could be a bomb.
                headers={"Accept-Encoding": "identity"},
                auto_decompress=False,
            )
        )
        self._line = Line(session, self._certificates.context)
        self._caller = Caller(settings, self._line, context.clock)
        self._client = Client(settings, self._caller, self._traffic, context.clock, folder)
        self._sender = Sender(settings, context, self._client, self._journal)
        self._polls = [Poll(name, kind, settings, context, self._client) for name, kind in self._lists()]
        await asyncio.to_thread(hand.begin)

    async def check(self) -> Health:
        """The first page of the first list. While it rests after an outage or a refused login nothing is asked."""
        try:
            async with asyncio.timeout(CHECKING):
                listed = await self._client.listed(*self._lists()[0], most=1)
        except Trouble as error:
            return Health(False, self._said(error))
        except StorageError as error:
            return Health(False, str(error))
        except TimeoutError:
            return Health(False, f"phần mềm của đơn vị không trả lời trong {CHECKING:g} giây")
        await asyncio.to_thread(listed.drop)
        closed = _CLOSED if self.settings.push and not self.context.doors else ""
        said = [closed, *(poll.trouble for poll in self._polls)]
        troubles = "; ".join(dict.fromkeys(filter(None, said)))
        return Health(not troubles, troubles)

    async def listen(self, inbox: Inbox) -> None:
        """Each list is looked at apart, so that none waits for another; what is pushed is taken as long."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._certificates.watch(self.context))
                for poll in self._polls:
                    group.create_task(poll.run(inbox))
                if self._desk:
                    self._desk.inbox = inbox
        finally:
            if self._desk:
                self._desk.inbox = None

    async def send(self, delivery: Delivery) -> Receipt:
        """One call."""
        return await self._sender.send(delivery)

    async def find(self, delivery: Delivery) -> Receipt | None:
        """By the profile's own question, where it has one."""
        return await self._sender.find(delivery)

    async def rehearse(self, stage: Stage, delivery: Delivery, *, sending: bool) -> None:
        """See `hub.Connector.rehearse`."""
        walk = Walk(self.settings, self.context, stage, self._client, self._caller, self._line)
        for name, kind in self._lists():
            if not self._traffic.denied:
                await walk.receives(name, kind)
        if not self._traffic.denied:
            await walk.sends(self._sender, delivery, sending=sending)

    def _look(self) -> None:
        for poll in self._polls:
            poll.look()

    def _lists(self) -> list[tuple[str, str]]:
        """Each list of the profile, with each of its kinds."""
        own = values(self.settings, self.context.clock.now())
        return [
            (name, kind.fill(own) if kind else "")
            for name, inlet in self.settings.profile.receive.items()
            for kind in inlet.kinds or (None,)
        ]

    def _said(self, error: Trouble) -> str:
        if isinstance(error, Denied) or (isinstance(error, Resting) and self._traffic.denied):
            return f"{error}. {_STOPPED}"
        return error.told


#: A connector that was moved into a process of its own goes on without the door.
_CLOSED = "không mở được cửa push trong tiến trình riêng (no door in a worker process)"
_STOPPED = (
    "Đã ngừng hỏi phần mềm của đơn vị; sửa tài khoản trong units.yaml rồi khởi động lại hub (wrong credentials: it is "
    "asked no more)."
)
