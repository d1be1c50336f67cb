"""The office behind its doors: takes packets in, hands packets out, keeps its registers."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from tests.counterparts.eoffice import posting, reading, register, writing
from tests.counterparts.eoffice.database import Desk, Files
from tests.counterparts.eoffice.faults import Fault, Switches
from tests.counterparts.eoffice.model import File, Packet, Paper, Party, Said, digest
from tests.counterparts.eoffice.posting import Here
from tests.counterparts.eoffice.register import Arrival
from tests.counterparts.eoffice.setup import Setup

T = TypeVar("T")

_STYLES: Mapping[str, writing.Style] = {"provincial": "dotnet"}


class NotOurs(Exception):
    """A status about a document of somebody else."""


class Core:
    """One office."""

    def __init__(self, settings: Setup, desk: Desk, files: Files, switches: Switches) -> None:
        self.settings, self.switches = settings, switches
        self._desk, self._files = desk, files
        #: something lies in the outbox
        self.nudge = asyncio.Event()

    def now(self, faults: Mapping[str, Fault] | None = None) -> datetime:
        """The office's clock, aware; ahead where it is skewed."""
        ahead = faults["skew"].amount if faults and "skew" in faults else 0.0
        return self.settings.now() + timedelta(seconds=ahead)

    def here(self, door: str) -> Here:
        """The office as its registers need it."""
        return Here(self.settings.me, door, self.now())

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Work over the registers, whole or not at all."""
        done = await self._desk.do(work)
        self.nudge.set()
        return done

    async def look(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """A look into the registers, or a note in them that nobody outside waits for."""
        return await self._desk.do(work)

    # in ----------------------------------------------------------------------------------------------------------

    async def take(self, content: bytes, door: str) -> Arrival:
        """A packet came in by that door and is durable. Raises Unreadable, NotOurs."""
        return await self.take_packet(await self._desk.aside(partial(reading.read, content)), door)

    async def take_packet(self, packet: Packet, door: str) -> Arrival:
        """The same, of a packet that is read already."""
        here, body = self.here(door), packet.body
        if isinstance(body, Said):
            if body.organ.upper() not in self.settings.codes:
                raise NotOurs(f"trang thai cua van ban thuoc {body.organ}")
            return await self.do(partial(register.heard, here=here, said=body))
        await self._keep(body.files, packet.contents)
        return await self.do(partial(register.arrive, here=here, paper=body))

    async def refused(self, door: str, reason: str) -> None:
        """A packet was not taken."""
        await self._desk.do(partial(posting.note, here=self.here(door), what="packet", uid="", outcome=reason))

    # out ---------------------------------------------------------------------------------------------------------

    async def waiting(self, kind: str = "", states: tuple[str, ...] = ("initial", "processing")) -> list[sqlite3.Row]:
        """What goes out, oldest first."""
        return await self._desk.do(partial(posting.waiting, kind=kind, states=states))

    async def outbox(self, uid: str) -> sqlite3.Row | None:
        """One row of what goes out; by its uid, or by its number."""
        query = "SELECT * FROM outbox WHERE uid = ? OR CAST(id AS TEXT) = ?"
        return await self._desk.do(lambda db: db.execute(query, (uid, uid)).fetchone())

    async def packet(self, uid: str, door: str) -> bytes:
        """The packet of a row, the same bytes every time. Raises KeyError where there is none."""
        row = await self.outbox(uid)
        if row is None:
            raise KeyError(uid)
        if row["packet"]:
            return await self._desk.aside(partial(self._files.load, row["packet"]))
        content = await self._written(posting.body_of(row), door)
        name = await self._desk.aside(partial(self._files.keep, digest(content), content))
        first = await self._desk.do(partial(posting.packed, uid=row["uid"], name=name))
        return content if first == name else await self._desk.aside(partial(self._files.load, first))

    async def _written(self, body: Paper | Said, door: str) -> bytes:
        style = self.settings.style or _STYLES.get(door, "sdk")
        if isinstance(body, Said):
            return writing.write_said(body, style)
        contents = await self.contents(body.files)
        return await self._desk.aside(partial(writing.write_paper, body, contents, style, self.now()))

    async def confirm(self, uid: str, state: str, door: str) -> bool:
        """The other side says what became of it; False: there is no such packet."""
        row = await self.outbox(uid)
        if row is None:
            return False
        confirmed = partial(posting.confirmed, here=self.here(door), uid=row["uid"], state=state)
        return await self._desk.do(confirmed) is not None

    # files and people --------------------------------------------------------------------------------------------

    async def contents(self, files: Sequence[File]) -> tuple[bytes, ...]:
        """The bytes of these attachments. Raises OSError."""
        return tuple([await self._desk.aside(partial(self._files.load, each.sha256)) for each in files])

    async def kept(self, files: Sequence[tuple[str, bytes]]) -> tuple[File, ...]:
        """These attachments, durable."""
        made = tuple(File(name, digest(content), len(content)) for name, content in files)
        await self._keep(made, [content for _, content in files])
        return made

    async def _keep(self, files: Sequence[File], contents: Sequence[bytes]) -> None:
        for file, content in zip(files, contents, strict=True):
            await self._desk.aside(partial(self._files.keep, file.sha256, content))

    async def agencies(self) -> list[Party]:
        """Who can be written to."""
        rows = await self._desk.do(lambda db: db.execute("SELECT code, name FROM agencies ORDER BY code").fetchall())
        return [Party(row["code"], row["name"]) for row in rows]

    async def learn(self, agencies: Sequence[Party]) -> None:
        """These too can be written to."""
        rows = [(each.code, each.name) for each in agencies]
        await self._desk.do(lambda db: db.executemany("INSERT OR REPLACE INTO agencies VALUES (?, ?)", rows))

    async def called(self, door: str, operation: str, http: int, faults: Mapping[str, Fault]) -> None:
        """One call more in the records."""
        row = (self.now().timestamp(), door, operation, http, ",".join(map(str, faults.values())))
        query = "INSERT INTO calls (at, door, operation, http, faults) VALUES (?, ?, ?, ?, ?)"
        await self._desk.do(lambda db: db.execute(query, row))

    async def send(self, paper: Paper, files: Sequence[tuple[str, bytes]], door: str) -> int:
        """A document of ours goes out; its number in the register. Raises Impossible."""
        paper = replace(paper, files=await self.kept(files))
        return await self.do(partial(posting.send, here=self.here(door), paper=paper))
