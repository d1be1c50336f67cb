"""A unit's software that calls the axis, in memory: the other side for the contract of connectors."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, ClassVar

import aiohttp

from hub import Acknowledgement, Delivery, Document
from hub.standards import edxml, vxp
from plugins.eoffice.axis.connector import EofficeAxis

CODE, SECRET = "000.00.31.H48", "khoa-bi-mat-cua-hop-dong"
_PAUSE = 0.05
_TIMEOUT = aiohttp.ClientTimeout(total=10)


class Software:
    """Polls, stores, confirms; offers until the hub took it or gave it back. `answered` makes the 03 to a document."""

    connector: ClassVar[type[EofficeAxis]] = EofficeAxis

    def __init__(self, answered: Callable[[Document], Acknowledgement], session: aiohttp.ClientSession) -> None:
        self._answered, self._session = answered, session
        self.settings: dict[str, Any] = {"kind": "eoffice-axis", "systemid": CODE, "secret": SECRET}
        self._address = ""
        #: docIds that it has, in the order in which it acted on them; what it has not sent yet
        self._stored: list[str] = []
        self._offers: list[tuple[str, bytes]] = []

    def reached(self, address: str) -> None:
        """Where the hub is."""
        self._address = f"{address}/vxp"

    def effects(self) -> list[str]:
        """What it fetched."""
        return list(self._stored)

    async def offer(self, name: str, packet: bytes) -> None:
        """It is sent at the next turn, and at every later one until the hub says what became of it."""
        self._offers.append(("edoc", packet))

    async def answer(self, delivery: Delivery) -> None:
        """The unit answers."""
        document = delivery.envelope.body
        assert isinstance(document, Document)
        self._offers.append(("status", edxml.write_acknowledgement(self._answered(document))))

    async def work(self) -> None:
        """Turn after turn, until cancelled; what fails is done again at the next."""
        while True:
            if self._address:
                with suppress(aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError):
                    await self._turn()
            await asyncio.sleep(_PAUSE)

    async def _turn(self) -> None:
        for kind in ("edoc", "status"):
            listed = await self._call("getReceivedEdocList", servicetype="eDoc", messagetype=kind)
            for row in listed["data"]:
                await self._take(row["docId"])
        for offer in list(self._offers):
            if await self._is_over(*offer):
                self._offers.remove(offer)

    async def _take(self, doc_id: str) -> None:
        if doc_id not in self._stored:
            got = await self._call("getEdoc", docId=doc_id)
            edxml.read(io.BytesIO(base64.b64decode(got["data"], validate=True)))
            self._stored.append(doc_id)
        await self._call("updateStatus", docid=doc_id, status="done")

    async def _is_over(self, kind: str, packet: bytes) -> bool:
        """Whether it was judged: error 20 says that the same call may be made again (facts 3.6)."""
        said = {"from": CODE, "servicetype": "eDoc", "messagetype": kind}
        said["hash-file"] = vxp.hash_file(hashlib.sha256(packet).digest())
        return bool((await self._call("sendEdoc", packet + b"\r\n", **said))["ErrorCode"] != "20")

    async def _call(self, name: str, body: bytes = b"", /, **fields: str) -> dict[str, Any]:
        made = vxp.request(name, CODE, SECRET, datetime.now(UTC), fields)
        async with self._session.request(
            made.method, self._address + made.path, headers=dict(made.headers), data=body or made.body, timeout=_TIMEOUT
        ) as response:
            told: dict[str, Any] = await response.json(content_type=None)
        if told["ErrorCode"] != "0" and name != "sendEdoc":
            raise ValueError(told["ErrorDesc"])
        return told


@asynccontextmanager
async def at_work(answered: Callable[[Document], Acknowledgement]) -> AsyncIterator[Software]:
    """Software that works while the block runs."""
    async with aiohttp.ClientSession() as session:
        software = Software(answered, session)
        task = asyncio.create_task(software.work())
        try:
            yield software
        finally:
            task.cancel()
            await asyncio.wait({task})
