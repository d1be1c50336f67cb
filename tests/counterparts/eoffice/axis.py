"""A unit's software that calls the axis with the vendor's library: the office asks, stores, confirms, and sends."""

from __future__ import annotations

import asyncio
import base64
import binascii
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from tests.counterparts.eoffice import posting
from tests.counterparts.eoffice.core import Core, NotOurs
from tests.counterparts.eoffice.faults import CALLING, Fault
from tests.counterparts.eoffice.model import Party, Unreadable
from tests.counterparts.eoffice.replies import mojibake
from tests.counterparts.eoffice.sdk import Answer, Sdk

T = TypeVar("T")

#: after these it is no use to send the same again
_FINAL = frozenset({"10", "18", "19", "21", "22", "23"})


class Axis:
    """The door that calls. One library object for its whole life, and one call after the other."""

    def __init__(self, core: Core) -> None:
        settings = core.settings
        self._core, self._known = core, False
        self.sdk = Sdk(settings.url, settings.systemid or settings.code, settings.secrets.axis, core.now())

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            self._core.nudge.clear()
            done = await self.round()
            pause = self._core.settings.poll if done else self._core.settings.pause
            # asyncio.wait_for of Python 3.11 may swallow the cancellation.
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await (self._core.nudge if done else asyncio.Event()).wait()

    async def round(self) -> bool:
        """Sends what waits, fetches what is there. False: a call failed."""
        well = [await self._learn()]
        well += [await self._send(row) for row in await self._core.waiting()]
        well += [await self._fetch_all(kind) for kind in ("edoc", "status")]
        return all(well)

    async def _learn(self) -> bool:
        if self._known:
            return True
        rows = await self._called("getAgenciesList", self.sdk.agencies)
        agencies = [Party(str(row.get("code", "")), str(row.get("name", ""))) for row in rows]
        await self._core.learn([each for each in agencies if each.code])
        self._known = bool(agencies)
        return True

    # out ---------------------------------------------------------------------------------------------------------

    async def _send(self, row: sqlite3.Row) -> bool:
        packet = await self._core.packet(row["uid"], CALLING)
        faults = self._core.switches.meet(CALLING, "sendEdoc")
        if "mojibake" in faults:
            packet = mojibake(packet)
        answer = Answer(0)
        for _ in range(2 if "duplicate" in faults else 1):
            send = partial(self.sdk.send, row["sender"], row["kind"], packet)
            answer = await self._called("sendEdoc", send, faults)
        await self._core.look(partial(_sent, here=self._core.here(CALLING), uid=row["uid"], answer=answer))
        return answer.well

    # in ----------------------------------------------------------------------------------------------------------

    async def _fetch_all(self, kind: str) -> bool:
        answer, rows = await self._called("getReceivedEdocList", partial(self.sdk.received, kind))
        for row in rows:
            if row.get("docId") and row.get("status") in {"initial", "processing", None}:
                await self._fetch(str(row["docId"]))
        return answer.http != 0

    async def _fetch(self, doc_id: str) -> None:
        if not await self._core.look(partial(_is_stored, outside=doc_id)):
            content = _content(await self._called("getEdoc", partial(self.sdk.fetch, doc_id)))
            if content is None:
                return
            if not await self._stored(doc_id, content):
                await self._confirm(doc_id, "fail")
                return
        await self._confirm(doc_id, "done")

    async def _stored(self, doc_id: str, content: bytes) -> bool:
        """Whether the packet is in the office, now or from before."""
        try:
            arrival = await self._core.take(content, CALLING)
        except (Unreadable, NotOurs) as error:
            await self._core.refused(CALLING, str(error))
            return False
        query = "INSERT OR IGNORE INTO stored (outside, uid) VALUES (?, ?)"
        await self._core.look(lambda db: db.execute(query, (doc_id, arrival.uid)))
        return True

    async def _confirm(self, doc_id: str, status: str) -> None:
        faults = self._core.switches.meet(CALLING, "updateStatus")
        if "unconfirmed" not in faults:
            await self._called("updateStatus", partial(self.sdk.update, doc_id, status), faults)

    async def _called(self, operation: str, call: Callable[..., T], faults: Mapping[str, Fault] | None = None) -> T:
        """The call's result, in a thread of its own; what is lost looks as if nothing had come."""
        met = self._core.switches.meet(CALLING, operation) if faults is None else faults
        if "slow" in met:
            await asyncio.sleep(met["slow"].amount)
        result: Any = await asyncio.to_thread(partial(call, faults=met))
        if "lost" in met:
            result = _lost(result)
        answer = result[0] if isinstance(result, tuple) else result
        http = answer.http if isinstance(answer, Answer) else 200 if answer else 0
        await self._core.called(CALLING, operation, http, met)
        returned: T = result
        return returned


def _lost(result: Any) -> Any:
    """The same call, had its answer never come."""
    if isinstance(result, tuple):
        return Answer(0), []
    return [] if isinstance(result, list) else Answer(0)


def _content(answer: Answer) -> bytes | None:
    """The packet that getEdoc brought; None: it brought none."""
    data = answer.told.get("data")
    if not answer.well or not isinstance(data, str):
        return None
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None


def _is_stored(db: sqlite3.Connection, outside: str) -> bool:
    return db.execute("SELECT 1 FROM stored WHERE outside = ?", (outside,)).fetchone() is not None


def _sent(db: sqlite3.Connection, here: posting.Here, uid: str, answer: Answer) -> None:
    """What became of a row of the outbox: done, refused for good, or to be sent again."""
    said = answer.fields
    state = "done" if answer.well else "fail" if said and said[1] in _FINAL else "initial"
    error = "" if answer.well else f"{said[1]} {said[2]}" if said else f"HTTP {answer.http}"
    outside = str(answer.told.get("DocId", "")) if answer.well else ""
    db.execute(
        "UPDATE outbox SET state = ?, error = ?, outside = ?, tries = tries + 1, updated = ? WHERE uid = ?",
        (state, error, outside, here.at, uid),
    )
    posting.note(db, here, "sent", uid, state)
