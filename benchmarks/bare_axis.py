"""Two bare HTTP handlers beside the axis: each keeps a body durably and says OK, and does nothing else.

    bare_axis.py file FOLDER      one file a request: written, fsynced, renamed, its folder fsynced
    bare_axis.py journal FOLDER   one file for all: appended, one fdatasync for all that wait

Prints `ready http://127.0.0.1:PORT`, ends on SIGTERM.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from aiohttp import web

OK = b'{"status":"OK","ErrorCode":"0","ErrorDesc":"","DocId":"x"}'


class Files:
    """A file a request."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, count()
        self._pool = ThreadPoolExecutor(8)

    async def keep(self, body: bytes) -> None:
        """Durable when this returns."""
        await asyncio.get_running_loop().run_in_executor(self._pool, self._write, next(self._numbers), body)

    def _write(self, number: int, body: bytes) -> None:
        draft, path = self._folder / f".{number}", self._folder / f"{number}.edxml"
        with draft.open("xb", buffering=0) as file:
            file.write(body)
            os.fsync(file.fileno())
        draft.rename(path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class Journal:
    """One file; whoever comes while it is synced is in the next group."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._work: asyncio.Task[None] | None = None

    async def keep(self, body: bytes) -> None:
        """Durable when this returns."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((body, done))
        if self._work is None:
            self._work = asyncio.create_task(self._groups())
        await done

    async def _groups(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            await asyncio.to_thread(self._write, [body for body, _ in group])
            for _, done in group:
                done.set_result(None)
        self._work = None

    def _write(self, bodies: list[bytes]) -> None:
        os.writev(self._file, bodies)
        os.fdatasync(self._file)


async def serve(kind: str, folder: Path) -> None:
    """Until SIGTERM."""
    store: Files | Journal = Files(folder) if kind == "file" else Journal(folder)

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        await store.keep(await request.read())
        return web.Response(body=OK, content_type="application/json")

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = web.Server(handle)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    print(f"ready http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
