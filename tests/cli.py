"""A small province on a disk, and the command line on it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from hub.app import NODE
from hub.blobs import Blobs
from hub.cli import app
from hub.enrolling import enrol
from hub.ledger import Ledger, Proposal
from hub.testing import ManualClock
from tests.program import Program, said

_HUB = """
data: data
listen: 127.0.0.1:0
plugins: [folderdrop]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
"""
_UNITS = """
units:
  so-nv: {name: Sở Nội vụ, code: 000.00.14.H48, endpoint: {kind: folderdrop, folder: shares/so-nv, layout: plain}}
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: 000.00.31.H48
    endpoint: {kind: folderdrop, folder: shares/xa-binh-son, layout: plain}
"""


class Province:
    """A configuration of two units, its ledger, and `hub` on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        folder.mkdir(exist_ok=True)
        (folder / "hub.yaml").write_text(_HUB)
        (folder / "units.yaml").write_text(_UNITS)

    def hub(self, *words: str, **options: Any) -> Result:
        """What `hub` says to these words, in this process."""
        return CliRunner().invoke(app, [*words, "--config", str(self.folder)], catch_exceptions=False, **options)

    def json(self, *words: str, ends: int = 0) -> Any:
        """The one JSON value that `hub ... --json` prints."""
        result = self.hub(*words, "--json")
        assert result.exit_code == ends, result.output
        return json.loads(result.stdout)

    def in_ledger(self, work: Callable[[Ledger], Coroutine[Any, Any, Any]]) -> Any:
        """Do something with the ledger, as a hub that starts and ends."""

        async def whole() -> Any:
            async with Ledger("sqlite", self.data, NODE, ManualClock()) as ledger:
                return await work(ledger)

        self.data.mkdir(exist_ok=True)
        return asyncio.run(whole())

    def take_in(self, *proposals: Proposal) -> list[Any]:
        """Inputs as a hub takes them: bodies in the blobs, then all in the ledger. Returns the verdicts."""
        blobs = Blobs(self.data / "blobs")
        blobs.open_store()
        for given in proposals:
            if given.envelope:
                blobs.store(BytesIO(repr(given.envelope.body).encode()), 10**6)
        return list(self.in_ledger(lambda ledger: ledger.accept(proposals)))

    def refused(self) -> tuple[int, str, str]:
        """How a start ends that cannot be: its code, its two streams. Not in this process: a hub that ends, ends it."""
        return self.told("run")

    def told(self, *words: str) -> tuple[int, str, str]:
        """What `hub` says to these words in a process of its own: its code, its two streams."""
        return said((*words, "--config", str(self.folder)))

    @contextmanager
    def running(self, *words: str) -> Iterator[Running]:
        """A hub of its own process, ready; ended with SIGTERM."""
        words = ("run", *words, "--config", str(self.folder))
        log = self.folder / "log"
        with log.open("wb") as stderr, Program(words, stderr) as process:
            try:
                yield Running(process, process.stdout.readline(), log)
            finally:
                process.terminate()
                process.wait(30)


def told(province: Province, *rows: dict[str, str]) -> None:
    """The central hub's directory has come."""

    async def pieces() -> AsyncIterator[bytes]:
        yield json.dumps({"status": "OK", "ErrorCode": "0", "data": rows}).encode()

    province.in_ledger(lambda ledger: enrol(ledger, "truc", "getAgenciesList", pieces()))


class Running:
    """A hub that runs: its process, its first line, its log."""

    def __init__(self, process: Program, ready: str, log: Path) -> None:
        self.process, self.ready, self.log = process, ready, log


def start(*words: str, **options: Any) -> subprocess.Popen[str]:
    """`hub` as a program of its own, whose output is buffered as it is under a service manager."""
    options["env"] = {**os.environ, "PYTHONUNBUFFERED": "", **options.get("env", {})}
    return subprocess.Popen([sys.executable, "-m", "hub.cli", *words], text=True, **options)
