"""Tells units what they owe, each through its own endpoint's connector: one call a unit at a time, the whole list."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from hub import answered
from hub.clock import Clock
from hub.containment import Hung, outcome
from hub.directory import Directory
from hub.dispatcher import Port
from hub.errors import StorageError
from hub.ledger import Ledger
from hub.ledger.minded import Move, Told
from hub.log import logger
from hub.vocabulary import Receipt

#: Lines that one unit is told, at most: the most pressing.
_MOST = 500
#: Seconds before a unit that could not be told is tried again, and between looks at what was answered meanwhile.
_AGAIN, _LOOK = 60.0, 5.0
#: Documents that one unit's side is asked about before it is reminded, at most.
_ASKED = 20


@dataclass(slots=True, eq=False)
class Herald:
    """Tells units again and again, until what they were reminded of is answered."""

    ledger: Ledger
    clock: Clock
    port: Callable[[str], Port | None]
    directory: Callable[[], Directory]
    #: told of an endpoint whose connector hangs
    hung: Callable[[str, str], None]
    #: endpoint -> duties of which it is reminded for the first time
    _fresh: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _due: set[str] = field(default_factory=set)
    #: endpoint -> the duties in what it was told last
    _told: dict[str, set[str]] = field(default_factory=dict)
    _telling: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    #: endpoint -> when it may be tried again, monotonic
    _later: dict[str, float] = field(default_factory=dict)
    _looked: float = 0.0

    def everyone(self, units: Iterable[str]) -> None:
        """Tell all of these: nobody knows what an earlier run of the hub still told them."""
        self._due |= set(units)

    def hear(self, moves: Iterable[Move]) -> None:
        """What these steps ask is to be told, and what they change of what was told."""
        for move in moves:
            duty, unit = move.watched.duty, self.directory().endpoint(move.watched.duty.unit)
            if not unit:
                continue
            if move.step.remind or (move.changes and (duty.reminded or self._told.get(unit))):
                self._due.add(unit)
            if move.step.remind and not duty.reminded:
                self._fresh[unit].add(move.watched.id)

    async def tell(self) -> None:
        """Begin to tell those whose list has changed; nobody is waited for. Raises StorageError."""
        if self.clock.monotonic() - self._looked >= _LOOK:
            self._looked = self.clock.monotonic()
            await self._find_answered()
        self._telling = {unit: task for unit, task in self._telling.items() if not task.done()}
        for unit in sorted(self._due):
            port = self.port(unit)
            if port and unit not in self._telling and self._later.get(unit, 0.0) <= self.clock.monotonic():
                self._due.discard(unit)
                self._telling[unit] = asyncio.create_task(self._tell(unit, port))

    def close(self) -> None:
        """Wait for nobody any more."""
        for task in self._telling.values():
            task.cancel()

    async def _find_answered(self) -> None:
        """Units that have answered something are told the shorter list."""
        ids = set().union(*self._told.values())
        open_ = await self.ledger.duties.owed(ids) if ids else set()
        self._due |= {unit for unit, told in self._told.items() if told - open_}

    async def _tell(self, unit: str, port: Port) -> None:
        try:
            lines = await self._lines(unit)
            if not answered.reminders(port.connector):
                self._say(unit, lines)
                return
            fresh = self._fresh.pop(unit, set())
            await self._ask(port, [line for line in lines if line.id in fresh])
            await self._hand_over(unit, port, lines)
        except StorageError as error:
            logger.error("the ledger does not answer: {}", error)
            self._put_off(unit)

    async def _hand_over(self, unit: str, port: Port, lines: Sequence[Told]) -> None:
        said = [line.reminder for line in lines]
        end = await outcome(port.connector.remind(said), port.connector.settings.send_timeout, port.actor)
        if isinstance(end, Hung):
            self.hung(port.unit, str(end))
        if isinstance(end, Exception):
            logger.opt(exception=end).warning("{} could not be told what it owes", unit)
            self._put_off(unit)
        else:
            self._told[unit] = {line.id for line in lines}

    def _put_off(self, unit: str) -> None:
        self._later[unit] = self.clock.monotonic() + _AGAIN
        self._due.add(unit)

    async def _lines(self, unit: str) -> list[Told]:
        """All that it owes, as soon as it was reminded of any of it; with what it took over."""
        directory = self.directory()
        former = directory.taken_over.get(unit, frozenset())
        units = {unit} | {gone for gone in former if directory.find(gone) == unit}
        lines = await self.ledger.duties.told(units, _MOST)
        return lines if any(line.reminded for line in lines) else []

    def _say(self, unit: str, lines: Sequence[Told]) -> None:
        """Its connector tells nobody: the log does."""
        overdue = sum(line.reminder.overdue for line in lines)
        if lines:
            said = "{} owes {} answers, {} of them overdue, and its connector cannot tell it"
            logger.warning(said, unit, len(lines), overdue)
        self._fresh.pop(unit, None)

    async def _ask(self, port: Port, fresh: Sequence[Told]) -> None:
        """Before a unit is reminded for the first time: does its side have the document?"""
        for line in fresh[:_ASKED]:
            delivery = await self.ledger.duties.delivery(line.reminder.envelope, line.unit)
            if delivery is None:
                continue
            seconds = port.connector.settings.send_timeout
            found = answered.found(await outcome(port.connector.find(delivery), seconds, port.actor))
            await self.ledger.duties.asked(line, self.clock.now(), _said(found))
            if isinstance(found, Hung):
                return


def _said(found: Receipt | Exception | None) -> str:
    if isinstance(found, Receipt):
        return f"found: {found.reference}" if found.reference else "found"
    return f"could not be asked: {found}" if found else "not found, or cannot be asked"
