"""What every door that serves does alike: faults, records, how a request becomes an answer."""

from __future__ import annotations

import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from aiohttp import web

from tests.counterparts.eoffice.core import Core
from tests.counterparts.eoffice.faults import Fault
from tests.counterparts.eoffice.replies import Reply, deliver, instead, spoilt

#: bytes of a small JSON request
_SMALL = 64 << 10


@dataclass(frozen=True, slots=True)
class Visit:
    """One call while it is worked on."""

    request: web.Request
    faults: Mapping[str, Fault]

    @property
    def times(self) -> int:
        """How often a row stands in a list."""
        return 2 if "duplicate" in self.faults else 1


Work = Callable[[Visit], Awaitable[Reply]]


class Door(ABC):
    """One interface of the office. `matters`: fields of its answers without which nobody can go on."""

    name: ClassVar[str]
    matters: ClassVar[frozenset[str]]

    def __init__(self, core: Core) -> None:
        self.core, self.settings = core, core.settings

    @abstractmethod
    def open(self, app: web.Application) -> None:
        """Add its paths."""

    @abstractmethod
    def broken(self) -> Reply:
        """Its own error, said with HTTP 200."""

    def serve(self, app: web.Application, method: str, path: str, work: Work) -> None:
        """One operation; its name is the last part of the path that is no variable."""
        operation = next(part for part in reversed(path.split("/")) if not part.startswith("{"))

        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._answered(request, operation, work)

        app.router.add_route(method, path, answer)

    async def _answered(self, request: web.Request, operation: str, work: Work) -> web.StreamResponse:
        faults = self.core.switches.meet(self.name, operation)
        reply = instead(faults, request) or (self.broken() if "error200" in faults else None)
        if reply is None:
            reply = await work(Visit(request, faults))
        await self.core.called(self.name, operation, reply.http, faults)
        return await deliver(request, spoilt(reply, faults, self.matters), faults)


def same(true: str, told: str) -> bool:
    """Whether a secret is the right one; without telling how much of it."""
    return bool(true) and hmac.compare_digest(true.encode(), told.encode("utf-8", "surrogateescape"))


async def json_of(request: web.Request) -> dict[str, Any]:
    """A small JSON object that was sent; empty where it is none."""
    try:
        told = json.loads((await request.read())[:_SMALL])
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
