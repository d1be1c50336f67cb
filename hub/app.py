"""The composition root: one exit stack, one task group, everything the hub is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from hub import smoke
from hub.blobs import Blobs
from hub.clock import VIETNAM, SystemClock
from hub.config import Config, load
from hub.connector import Connector
from hub.containment import Actor
from hub.directory import Directory
from hub.dispatcher import Dispatcher, Port
from hub.errands import do
from hub.errors import HubError, Refused, StorageError
from hub.inbox import Rules, UnitInbox
from hub.keeping.sealing import sealing
from hub.ledger import Ledger, NotFound, Request
from hub.lending import Lender
from hub.log import logger
from hub.minding import Minder
from hub.orphanage import Orphanage
from hub.plugins import Plugins
from hub.reconciling import Reconciler
from hub.reloading import Follower
from hub.reminding import Herald
from hub.stalling import Stalls
from hub.standards import edxml
from hub.storage import StorageWatch
from hub.strikes import Strikes
from hub.supervisor import Endpoint, Supervisor
from hub.surroundings import Surroundings
from hub.threads import in_thread
from hub.vocabulary import Blob, Event, Health, Incoming
from hub.watchdog import Watchdog
from hub.web.doors import Doorway

#: Seconds between looks for requests and at the disks.
_TICK = 0.5
NODE = "hub"


class Hub:
    """A running hub."""

    def __init__(
        self,
        config: Config,
        plugins: Plugins,
        clock: SystemClock,
        blobs: Blobs,
        ledger: Ledger,
        stalls: Mapping[str, Strikes] | None = None,
    ) -> None:
        self.config, self.plugins, self.clock, self.blobs, self.ledger = config, plugins, clock, blobs, ledger
        self.address = self.outer_address = ""
        #: where units' software comes in
        self.doors = Doorway()
        self.sealer = sealing(config, ledger, clock)
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        #: former units whose open lanes went on to others in this run
        self._handed_on: set[str] = set()
        self._changes: asyncio.Queue[tuple[str, Health]] = asyncio.Queue()
        #: other codes of our units: code -> unit
        self._learned: Mapping[str, str] = {}
        #: the units are others than when these were looked up
        self._to_learn = False
        #: requests that take long, by their ids
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self.storage = StorageWatch(config.data, blobs, ledger, lambda: self.config.reserve, clock)
        self._lender = Lender(plugins, clock, blobs, ledger, self.doors, lambda: self.config, self._directory)
        self._inboxes = {unit: self._inbox(unit) for unit in config.endpoints}
        self.follower = Follower(config, self._reread, self._take, ledger.record, clock)
        endpoints = {} if config.safe else {unit: self._endpoint(unit) for unit in config.endpoints}
        self.supervisor = Supervisor(endpoints, clock, self._health_changed, stalls)
        self.stalls = Stalls(ledger, clock, plugins, self.supervisor)
        self._watchdog = Watchdog(self.stalls.hear, plugins.actors)
        self.dispatcher = Dispatcher(ledger, clock, config.retry, plugins, self._pushed, self.supervisor.restart)
        herald = Herald(ledger, clock, self._port, self._directory, self.supervisor.restart)
        herald.everyone(endpoints)
        self.reconciler = Reconciler(ledger, blobs, clock)
        self.minder = Minder(ledger, clock, lambda: self.config.duties, self._directory, herald)
        self.orphanage = Orphanage(
            ledger,
            clock,
            self._nudge,
            lambda: self._directory().taken_over,
            lambda: self.config.duties,
            asleep=config.safe,
        )

    def watch(self) -> Watchdog:
        """Begin to watch the event loop and what belongs to the whole process."""
        self._watchdog.start()
        self._surroundings = Surroundings()
        return self._watchdog

    def health(self) -> dict[str, object]:
        """What /healthz says."""
        trouble = self.storage.trouble()
        units = {unit: {"ok": health.ok, "detail": health.detail} for unit, health in self.supervisor.health.items()}
        place = asdict(self.sealer.health)
        unbalanced = self.reconciler.told()
        return {"ok": not trouble, "failed": trouble, "units": units, "checkpoints": place, "unbalanced": unbalanced}

    def down(self) -> list[str]:
        """The units whose connector is not well."""
        return sorted(unit for unit, health in self.supervisor.health.items() if not health.ok)

    async def tend(self) -> None:
        """Take up what the command line asks, let go what was held. Raises StorageError once nothing can be stored."""
        while True:
            if failed := self.ledger.failed or self.blobs.failed:
                raise failed
            self._surroundings.mend()
            try:
                if jump := self.clock.jump():
                    await self._follow(jump)
                while not self._changes.empty():
                    await self._note(*self._changes.get_nowait())
                await self.stalls.record()
                if self._to_learn:
                    await self.learn()
                await self._dispatch()
                while not self._events.empty():
                    await self.ledger.record(self._events.get_nowait())
                for request in await self.ledger.requests():
                    await self._take_up(request)
            except StorageError as error:
                logger.error("the ledger does not answer: {}", error)
            await self.clock.sleep(_TICK)

    def works(self) -> list[Coroutine[Any, Any, None]]:
        """What runs beside the connectors, each until it is cancelled; the end of one ends the hub."""
        own = (self.tend(), self.mind())
        others = (self.dispatcher, self.follower, self.sealer, self.storage, self.orphanage, self.reconciler)
        return [*own, *(each.run() for each in others)]

    async def mind(self) -> None:
        """Mind what is owed, until cancelled; in safe mode nobody is asked for anything."""
        await (asyncio.Event().wait() if self.config.safe else self.minder.run())

    async def _follow(self, jump: float) -> None:
        """Somebody set the machine's clock: what waits waits as long as before."""
        logger.warning("the machine's clock was set by {:+.1f} s", jump)
        await self.ledger.follow(jump, self.clock.adopt)
        self.dispatcher.look()

    async def _note(self, unit: str, health: Health) -> None:
        """Record how an endpoint is; when it is back, nothing waits for it any longer."""
        await self.ledger.note_health(unit, health)
        if health.ok:
            lanes = [lane.recipient for lane in await self.ledger.ready()]
            await self.ledger.hurry([name for name in lanes if (port := self._port(name)) and port.unit == unit])
            self.dispatcher.look()

    async def _dispatch(self) -> None:
        while lanes := await self.ledger.dispatch():
            for lane in lanes:
                self.dispatcher.nudge(lane.recipient, lane.urgency)

    async def _take_up(self, request: Request) -> None:
        """Carry it out and answer it; what takes long beside everything else."""
        if request.verb != "directory":
            await self.ledger.answer(request, await self._do(request))
        elif request.id not in self._under_way:
            self._under_way[request.id] = asyncio.create_task(self._bring(request))

    async def _bring(self, request: Request) -> None:
        try:
            result = await self._do(request)
            await self.learn()
            await self.ledger.answer(request, result)
        except StorageError as error:
            logger.error("the directory was not taken in: {}", error)
            del self._under_way[request.id]

    async def learn(self) -> None:
        """Take up which other codes the directory of agencies knows our units by. Raises StorageError."""
        self._to_learn = False
        self._learned = await self.ledger.agencies.learned(self.config.directory.owned)
        for inbox in self._inboxes.values():
            inbox.rules = self._rules()

    def _rules(self) -> Rules:
        config = self.config
        directory = config.directory.learn(self._learned)
        return Rules(directory, config.routes, config.groups, config.reserve, config.kinds, config.duties)

    async def _do(self, request: Request) -> str:
        """Carry a request out. Returns what came of it, "error: ..." where it could not be done."""
        logger.info("asked to {} {}", request.verb, request.target)
        try:
            if request.verb in ("smoke", "release"):
                return await self._plan(request)
            if request.verb == "reconcile":
                return self.reconciler.ask(request.target)
            if request.verb == "reinstate":
                return await self.stalls.reinstate(request.target)
            return await do(self.ledger, request.verb, request.target, self.dispatcher.nudge, self.config.duties)
        except HubError as error:
            return f"error: {error}"

    async def _plan(self, request: Request) -> str:
        """What needs rules and plugins to say where it goes. Raises HubError."""
        if self.config.safe:
            raise HubError(f"{request.verb} needs rules and plugins: not in safe mode")
        return await (self._smoke if request.verb == "smoke" else self._release)(request.target)

    async def _release(self, digest: str) -> str:
        """Take in a quarantined packet after all. Raises NotFound, Refused, Damaged."""
        kept = next((one for one in self.ledger.views.inputs("quarantined") if one.digest == digest), None)
        if kept is None or kept.state != "kept":
            raise NotFound(f"nothing in quarantine by the digest {digest}")
        blob = Blob(kept.digest, kept.size)
        with self.blobs.open(blob) as file:
            packet = await in_thread(edxml.read, file)
        incoming = Incoming(f"released {digest}", kept.name, packet, blob)
        inbox = self._inboxes.get(kept.unit) or self._inbox(kept.unit)
        verdict = await inbox.release(incoming)
        if isinstance(verdict, Refused):
            raise verdict
        await self.ledger.release(digest)
        return f"accepted as {verdict.envelope_id}"

    async def _smoke(self, unit: str) -> str:
        """Send a unit a document that only tries it. Raises NotFound, NoRoom, StorageError."""
        if unit not in self.config.endpoints or unit == self.config.directory.others:
            raise NotFound(f"no unit {unit} with an endpoint of its own")
        if gone := self._directory().farewell(unit):
            raise NotFound(f"{unit} is no more: {gone}")
        said = smoke.document(self.config.directory.unit(unit), self.config.province, self.clock.now())
        proposal = await in_thread(smoke.proposal, said, unit, self.blobs, self.clock.now())
        [verdict] = await self.ledger.accept([proposal])
        if isinstance(verdict, Refused):
            raise verdict
        self._nudge(unit, int(said.urgency))
        return f"sent as {verdict.envelope_id}"

    def _endpoint(self, unit: str) -> Endpoint:
        return Endpoint(unit, partial(self._connector, unit), self._inboxes[unit], self._actor(unit))

    def _actor(self, unit: str) -> Actor:
        kind = self.config.endpoints[unit].kind
        return Actor(unit, kind, self.plugins.home(kind))

    def _reread(self) -> Config:
        """The configuration as the files say it now. Raises HubError."""
        if self.config.safe:
            raise HubError("in safe mode nothing is taken up: restart without --safe")
        known = self.config.plugins
        return load(
            self.config.folder, lambda names: (self.plugins if tuple(names) == known else Plugins(names)).settings
        )

    def _take(self, config: Config) -> None:
        """Judge by these rules from now on; what is under way goes its way."""
        self.config = config
        for inbox in self._inboxes.values():
            inbox.rules = self._rules()
        self._to_learn = True
        self.ledger.answering(answering(config))
        self.minder.recount()

    def _inbox(self, unit: str) -> UnitInbox:
        return UnitInbox(
            unit=unit,
            rules=self._rules(),
            ledger=self.ledger,
            blobs=self.blobs,
            clock=self.clock,
            plugins=self.plugins,
            nudge=self._nudge,
            enrolled=self.learn,
        )

    def _nudge(self, recipient: str, urgency: int) -> None:
        self.dispatcher.nudge(recipient, urgency)

    def _connector(self, unit: str) -> Connector[Any]:
        return self._lender.connector(unit, moved_out=self.supervisor.is_isolated(unit))

    def _port(self, recipient: str) -> Port | None:
        """Our unit by its own endpoint, any outside code by the one that serves others.

        The lane of a former unit is worked on for the one that took over. Where several did, and where the
        configuration no longer knows the unit, it is held.
        """
        directory = self._directory()
        unit = directory.endpoint(recipient)
        connector = self.supervisor.connector(unit) if unit else None
        if not unit or not connector:
            return None
        self._hand_on(recipient, unit, directory)
        return Port(unit, connector, self._actor(unit))

    def _pushed(self, recipient: str) -> Port | None:
        """The same where the hub hands over; None where the recipient's software fetches."""
        port = self._port(recipient)
        return None if port and port.connector.capabilities.fetched else port

    def _directory(self) -> Directory:
        """Who is who today."""
        return self.config.directory.on(self.clock.now().astimezone(VIETNAM).date())

    def _hand_on(self, recipient: str, unit: str, directory: Directory) -> None:
        """Have it recorded, once in this run, that what is open for a former unit goes to another."""
        if recipient in directory.heirs and recipient not in self._handed_on:
            self._handed_on.add(recipient)
            self._events.put_nowait(Event("inherited", self.clock.now(), unit=recipient, data={"to": unit}))
            logger.info("what is open for {} goes to {}", recipient, unit)

    def _health_changed(self, unit: str, health: Health) -> None:
        logger.log(
            "INFO" if health.ok else "WARNING", "{} is {}: {}", unit, "well" if health.ok else "down", health.detail
        )
        self._changes.put_nowait((unit, health))


def answering(config: Config) -> frozenset[str]:
    """The routes whose recipients' answers reach the origin."""
    return frozenset(route.name for route in config.routes if route.answers == "origin")
