"""What each connector is lent, and which class makes it: the context of its unit, or a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from hub.blobs import Blobs
from hub.clock import Clock
from hub.config import Config
from hub.connector import Connector, Context
from hub.directory import Directory
from hub.errors import StorageFailed
from hub.isolation.proxy import Workshop, isolated
from hub.ledger import Ledger
from hub.outbox import UnitOutbox
from hub.plugins import Plugins
from hub.serving import Doors


@dataclass(frozen=True, slots=True)
class Lender:
    """Makes the endpoints' connectors. `config` and `directory` say what holds at that moment."""

    plugins: Plugins
    clock: Clock
    blobs: Blobs
    ledger: Ledger
    doors: Doors
    config: Callable[[], Config]
    directory: Callable[[], Directory]

    def connector(self, unit: str, *, moved_out: bool) -> Connector[Any]:
        """A new connector of that unit's endpoint; `moved_out`: it blocked the hub too often."""
        settings, context = self.config().endpoints[unit], self._context(unit)
        kind = self.plugins.connectors[settings.kind]
        if settings.isolate or moved_out:
            return isolated(kind, self.plugins.bringer(settings.kind), settings, context, self._workshop())
        return kind(settings, context)

    def _context(self, unit: str) -> Context:
        config = self.config()
        return Context(
            unit=config.directory.unit(unit),
            province=config.province,
            root=config.folder,
            bodies=self.blobs,
            clock=self.clock,
            codes=config.directory.codes,
            state=config.data / "endpoints" / unit,
            hotline=config.hotline,
            trial=config.directory.tried_out,
            names=config.directory.names,
            doors=self.doors,
            outbox=UnitOutbox(unit, self.ledger, partial(self._fetched_by, unit)),
        )

    def _fetched_by(self, unit: str) -> list[str]:
        """The lanes that are a unit's to fetch: its own, and those of units that it alone took over."""
        directory = self.directory()
        former = sorted(directory.taken_over.get(unit, ()))
        return [unit, *(name for name in former if directory.endpoint(name) == unit)]

    def _workshop(self) -> Workshop:
        config = self.config()
        return Workshop(config.isolation, config.data / "blobs", config.log, self._lost)

    def _lost(self, reason: str) -> None:
        """A worker could not make a body durable: as if it had been ourselves."""
        self.blobs.failed = self.blobs.failed or StorageFailed(reason)
