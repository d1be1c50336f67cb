"""A unit's database on one of the run's real servers, and the line by which the hub reaches it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from hub.testing import yaml_file
from tests.mariadb import MariaDB
from tests.postgresql import Server

PASSWORD = "mat-khau-cua-bang"
_SHIPPED = Path(__file__).parents[1] / "plugins" / "eoffice" / "tables"
_WRITING = re.compile(rb"INSERT|UPDATE")
_COMMIT = re.compile(rb"(?<!AUTO)COMMIT(?!TED)")


@dataclass(frozen=True)
class UnitDatabase:
    """An empty database. `url`: for SQLAlchemy, past the line; `socket`: where its server listens."""

    dialect: str
    name: str
    url: str
    socket: Path

    @property
    def user(self) -> str:
        """Who the hub is there: nobody else's, so that what a test does to it is felt here alone."""
        return f"lien_thong_{self.name}"

    def endpoint(self, port: int) -> dict[str, Any]:
        """What `endpoint:` says to reach it by a line at that port, times short."""
        return {
            "kind": "eoffice-tables",
            "database": f"{self.dialect}://{self.user}@127.0.0.1:{port}/{self.name}",
            "password": PASSWORD,
            "mapping": mapping("voffice"),
            "poll": "100ms",
            "grace": "0s",
            "timeout": "5s",
        }


def mapping(name: str) -> Any:
    """A shipped mapping as plain data, as the hub's reader of configuration gives it."""
    return yaml_file(_SHIPPED / f"{name}.yaml")


def on_postgresql(server: Server, name: str) -> UnitDatabase:
    """A new database there, which a user of its own may use."""
    url = f"postgresql+psycopg://postgres@/{name}?host={quote(str(server.folder), safe='')}"
    made = UnitDatabase("postgresql", name, url, server.folder / ".s.PGSQL.5432")
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {made.user} LOGIN PASSWORD '{PASSWORD}'".encode())
        admin.execute(f"CREATE DATABASE {name}".encode())
    with psycopg.connect(server.url(name), autocommit=True) as admin:
        for what in ("TABLES", "SEQUENCES"):
            admin.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON {what} TO {made.user}".encode())
    return made


def on_mariadb(server: MariaDB, name: str) -> UnitDatabase:
    """The same."""
    url = f"mariadb+pymysql://root@/{name}?unix_socket={quote(str(server.socket), safe='')}&charset=utf8mb4"
    made = UnitDatabase("mariadb", name, url, server.socket)
    server.run(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    server.run(f"CREATE USER {made.user} IDENTIFIED BY '{PASSWORD}'")
    server.run(f"GRANT ALL ON {name}.* TO {made.user}")
    return made


@dataclass
class Line:
    """What stands between the hub and the server. Its faults hold for what comes next."""

    #: commits of what was written: those whose answer is lost, and those that do not even reach the server
    deaf: int = 0
    lost: int = 0
    #: those after which nothing goes through
    stuck: int = 0
    #: nothing goes through, and nobody is told
    hangs: bool = False
    #: whoever comes is turned away
    refuses: bool = False
    port: int = 0
    #: bytes that went to the server
    carried: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Break what is open now."""
        for writer in list(self._open):
            writer.transport.abort()

    async def out(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter) -> None:
        """From the hub to the server."""
        wrote = False
        while data := await reader.read(1 << 16):
            self.carried += len(data)
            wrote = wrote or bool(_WRITING.search(data))
            if wrote and _COMMIT.search(data):
                if self.lost:
                    self.lost -= 1
                    back.transport.abort()
                    return
                if self.stuck:
                    self.stuck, self.hangs = self.stuck - 1, True
                    writer.write(data)
                    await writer.drain()
                    continue
                if self.deaf:
                    self.deaf -= 1
                    await self._unheard(data, writer, back)
                    return
            await self._passed(data, writer)

    async def home(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """From the server to the hub."""
        while data := await reader.read(1 << 16):
            await self._passed(data, writer)

    async def _passed(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        while self.hangs:  # noqa: ASYNC110 - a test's switch is no event
            await asyncio.sleep(0.02)
        writer.write(data)
        await writer.drain()

    async def _unheard(self, data: bytes, writer: asyncio.StreamWriter, back: asyncio.StreamWriter) -> None:
        """The server gets it; its answer gets nowhere."""
        back.transport.abort()
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(0.2)


@asynccontextmanager
async def line_to(database: UnitDatabase) -> AsyncIterator[Line]:
    """It is there until the block ends; then nobody answers at its port."""
    line = Line()

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if line.refuses:
            writer.transport.abort()
            return
        there, forth = await asyncio.open_unix_connection(database.socket)
        line._open |= {writer, forth}
        works = [asyncio.create_task(line.out(reader, forth, writer)), asyncio.create_task(line.home(there, writer))]
        try:
            await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)
            for each in (writer, forth):
                with suppress(OSError):
                    each.close()
                line._open.discard(each)

    server = await asyncio.start_server(joined, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        line.cut()
        await asyncio.sleep(0.05)
