"""The door at /vxp: whose call it is, and the desk of that unit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import web

from hub import StorageError
from hub.carrying.sparing import Sparing
from hub.standards import vxp
from plugins.eoffice.axis import answers
from plugins.eoffice.axis.arriving import TOGETHER, Arrived, Handed, keep
from plugins.eoffice.axis.failures import CREDENTIALS, STARTING, SYSTEM, Failed, of_storage
from plugins.eoffice.axis.gathering import Gathering
from plugins.eoffice.axis.settings import AxisSettings
from plugins.eoffice.axis.visits import Visit

PATH = "/vxp"
_SEND, _DOWNLOAD = "sendEdoc", "downloadEdoc"
Operation = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Caller:
    """One unit's software, as the door knows it."""

    settings: AxisSettings
    now: Callable[[], datetime]
    #: whether an endpoint has the place: its software is told to come again until there are operations
    is_open: bool = False
    #: none while the endpoint does not listen
    operations: Mapping[str, Operation] = field(default_factory=dict)
    #: when it called with a good signature, and when with a bad one, last
    heard: datetime | None = None
    denied: datetime | None = None
    denied_for: str = ""
    turns: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.turns = asyncio.Semaphore(self.settings.parallel)


class AxisDoor:
    """Answers every unit's calls (`hub.serving.Door`)."""

    def __init__(self) -> None:
        #: by systemid, as it is written in units.yaml
        self.callers: dict[str, Caller] = {}
        #: what all units send is read and stored together
        self.keeping = Gathering(_kept, TOGETHER)
        self._sparing = Sparing()

    async def answer(self, request: web.BaseRequest, body: AsyncIterator[bytes]) -> web.StreamResponse:
        """See `hub.serving.Door`."""
        operation = request.path.rpartition("/")[2]
        if operation not in vxp.OPERATIONS:
            return web.Response(status=404, text="Not Found")
        if request.method != vxp.OPERATIONS[operation].method:
            return web.Response(status=405, text="Method Not Allowed")
        try:
            return await self._answered(operation, request, body)
        except Failed as failed:
            who = self._named(request.headers)
            self._sparing.say((who, failed.code), f"{who}: {operation}: {failed}")
            return _failure(operation, failed)
        except StorageError as error:
            self._sparing.say("storage", f"{operation}: {error}", "WARNING")
            return _failure(operation, of_storage(error))

    async def _answered(
        self, operation: str, request: web.BaseRequest, body: AsyncIterator[bytes]
    ) -> web.StreamResponse:
        caller, call = self._known(request.headers)
        work = caller.operations.get(operation)
        if work is None:
            raise Failed(SYSTEM, STARTING)
        async with caller.turns:
            return await work(Visit(call, request, body))

    def _known(self, headers: Mapping[str, str]) -> tuple[Caller, vxp.Call]:
        """Who calls, and what is signed. Raises Failed (15)."""
        call = vxp.verify(headers, self._secret)
        if isinstance(call, vxp.Call):
            caller = self.callers[call.systemid]
            if caller.settings.fresh:
                fresh = timedelta(seconds=caller.settings.fresh)
                call = vxp.verify(headers, self._secret, caller.now(), fresh)
        if isinstance(call, vxp.Fault):
            if named := self.callers.get(self._named(headers)):
                named.denied, named.denied_for = named.now(), call.text
            raise Failed(CREDENTIALS, call.text)
        # Whose secret signed it, whatever else its headers name.
        caller = self.callers[call.systemid]
        caller.heard = caller.now()
        return caller, call

    def _named(self, headers: Mapping[str, str]) -> str:
        """The systemid that a call names, where it is one of ours; who it is nobody knows yet."""
        named = headers.get(f"{vxp.PREFIX}systemid", "")
        return named if named in self.callers else "a stranger"

    def _secret(self, systemid: str) -> str | None:
        caller = self.callers.get(systemid)
        return caller.settings.secret.get_secret_value() if caller else None


async def _kept(group: Sequence[Handed]) -> Sequence[Arrived | StorageError]:
    return await asyncio.to_thread(keep, group)


def _failure(operation: str, failed: Failed) -> web.Response:
    """Of a download nobody could tell a failure from a packet but for its HTTP status."""
    status = (401 if failed.code == CREDENTIALS else 404) if operation == _DOWNLOAD else 200
    response = answers.failure(failed, doc_id=operation == _SEND, status=status)
    if operation == _SEND:
        # What is left of a packet that is not taken is not waited for.
        response.force_close()
    return response
