"""The connector: `kind: centralhub`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

import aiohttp

from hub import (
    Capabilities,
    Connector,
    Context,
    Deferred,
    Delivery,
    Health,
    Inbox,
    Outcome,
    OutcomeUnknown,
    Receipt,
    Refused,
)
from hub.carrying.certificates import Certificates
from hub.carrying.failures import Busy, Spoilt, Trouble
from hub.carrying.journal import Journal
from hub.carrying.spool import prepared
from hub.carrying.traffic import Limits, Traffic
from plugins.centralhub.agencies import Agencies
from plugins.centralhub.client import Client
from plugins.centralhub.line import Line, SdkRequest, Way
from plugins.centralhub.polling import Poll
from plugins.centralhub.provincial.client import ProvincialClient
from plugins.centralhub.sending import Sender
from plugins.centralhub.settings import PROVINCIAL, CentralhubSettings
from plugins.centralhub.vxpclient import VxpClient

#: Deliveries handed over in one call. They go one by one: the wire takes one packet for one recipient.
BATCH = 8
#: What our HTTP client would say of itself, and the SDK does not.
_UNSAID = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_RESTORED = "restored"
#: Seconds that a connection is kept for the next call: less than any server closes it after, for nobody would know
#: whether a document that met the closing arrived.
_IDLE = 3.0
#: The part of `send_timeout` after which nothing more of a batch is begun: each send may take nearly all of it.
_SHARE = 0.05
_STOPPED = (
    "Đã ngừng hỏi trục trung ương; sửa systemid, secret (hoặc username, password) rồi khởi động lại hub "
    "(wrong credentials: polling has stopped)."
)


class Centralhub(Connector[CentralhubSettings]):
    """Fetches what waits at a central hub, and hands it what goes out."""

    kind: ClassVar[str] = "centralhub"
    settings_type = CentralhubSettings
    capabilities = Capabilities(batch=BATCH)

    def __init__(self, settings: CentralhubSettings, context: Context) -> None:
        super().__init__(settings, context)
        limits = Limits(
            settings.parallel, settings.rate, settings.pause, settings.pause_most, settings.retry_credentials
        )
        self._traffic = Traffic(limits, context.clock, "trục trung ương")
        self._journal = Journal(context.state)
        self._folder = context.state / "incoming"
        self._certificates = Certificates(settings, context.root)

    async def open(self) -> None:
        """Get ready; nothing is asked yet. Raises OSError, also of a certificate that cannot be used."""
        settings = self.settings
        await asyncio.to_thread(self._prepare)
        session: aiohttp.ClientSession = await self.enter(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=settings.parallel + 2, keepalive_timeout=_IDLE),
                cookie_jar=aiohttp.DummyCookieJar(),
                request_class=SdkRequest,
                skip_auto_headers=_UNSAID,
            )
        )
        way = Way(self._certificates.context, _proxy_headers(settings))
        self._client = self._spoken(Line(settings, session, way))
        self._sender = Sender(settings, self.context, self._client, self._journal)
        self._agencies = Agencies(settings, self.context, self._client)
        self._polls = [Poll(kind, settings, self.context, self._client, self._folder) for kind in ("edoc", "status")]

    async def check(self) -> Health:
        """A small call. While it rests after an outage or a refused secret nothing is asked."""
        try:
            await self._client.probe()
        except (Spoilt, Busy):
            # It knows no such operation, or there is much traffic: what the last looks showed tells as well.
            pass
        except Trouble as error:
            return Health(False, self._said(str(error)))
        troubles = "; ".join(dict.fromkeys(poll.trouble for poll in self._polls if poll.trouble))
        # Without news of the directory documents go and come as before.
        return Health(not troubles, troubles or self._agencies.trouble)

    async def listen(self, inbox: Inbox) -> None:
        """Documents, statuses and agencies are looked for apart, so that none waits for another."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._certificates.watch(self.context))
            group.create_task(self._agencies.run(inbox))
            for poll in self._polls:
                group.create_task(poll.run(inbox))

    async def send(self, delivery: Delivery) -> Receipt:
        """One packet for its one recipient."""
        return await self._sender.send(delivery)

    async def send_many(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """In order, one by one; what there is no time for is left for the next call."""
        outcomes: list[Outcome] = []
        until = time.monotonic() + self.settings.send_timeout * _SHARE
        for delivery in deliveries:
            if outcomes and time.monotonic() > until:
                break
            try:
                outcomes.append(await self.send(delivery))
            except (Refused, Deferred, OutcomeUnknown, OSError) as error:
                outcomes.append(error)
                break
        return outcomes

    async def find(self, delivery: Delivery) -> Receipt | None:
        """Look for it in the list of what we sent."""
        return await self._sender.find(delivery)

    def _spoken(self, line: Line) -> Client:
        """The calls in the hub's own interface."""
        if self.settings.profile == PROVINCIAL:
            return ProvincialClient(self.settings, line, self._traffic, self.context.clock)
        return VxpClient(self.settings, line, self._traffic, self.context.clock)

    def _prepare(self) -> None:
        prepared(self._folder)
        self._journal.open_journal()
        with suppress(FileNotFoundError):
            # What is missing in the journal is asked about: nothing else is to be done after a restore.
            (self.context.state / _RESTORED).unlink()
        self._certificates.load()

    def _said(self, reason: str) -> str:
        if not self._traffic.denied:
            return reason
        return f"{reason}. {_STOPPED}"


def _proxy_headers(settings: CentralhubSettings) -> dict[str, str]:
    if not settings.proxy_user:
        return {}
    said = aiohttp.encode_basic_auth(settings.proxy_user, settings.proxy_password.get_secret_value())
    return {"Proxy-Authorization": said}
