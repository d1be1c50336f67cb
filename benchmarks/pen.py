"""How long the hub's event loop waits while answers that nobody can match for certain are ranked.

    .venv/bin/python benchmarks/pen.py [--documents 2000] [--answers 500] [--json]

One unit got so many documents; then so many answers of it come whose key is half typed: the number, no notation and
no day. Each waits in the pen, and is compared with the documents that its unit got. Exit 1: a step of the
loop waited for 50 ms or more in 1 of 100 looks, or an answer was left without a candidate.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from peers.base import free_port
from rich.progress import Progress
from sqlalchemy.engine import Connection

from hub.app import Hub
from hub.standards import edxml
from hub.testing import RunningHub, sample_packet
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Document

P99 = 50.0
#: Seconds between looks at the loop, and those in which all must be ranked.
_LOOK, _PATIENCE = 0.005, 1800.0
_HUB_YAML = """\
data: data
listen: 127.0.0.1:{port}
plugins: [folderdrop]
province: {{code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}}
"""
_UNITS_YAML = f"""\
units:
  so-nv:
    name: Sở Nội vụ
    code: {HOME_AFFAIRS}
    endpoint: {{kind: folderdrop, folder: shares/so-nv, layout: plain}}
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: {BINH_SON}
    endpoint: {{kind: folderdrop, folder: shares/xa-binh-son, layout: plain}}
"""


@dataclass(frozen=True, slots=True)
class Lag:
    """How late the loop was in one phase, in milliseconds, and how many looks and seconds that phase had."""

    phase: str
    p50: float
    p95: float
    p99: float
    most: float
    looks: int
    seconds: float


class Watched:
    """Looks at the loop again and again."""

    def __init__(self) -> None:
        self.late: list[float] = []

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_LOOK)
            self.late.append(1000 * (time.perf_counter() - began - _LOOK))


@asynccontextmanager
async def watched(phase: str, found: list[Lag]) -> AsyncIterator[None]:
    """What happens inside is a phase."""
    looker, began = Watched(), time.monotonic()
    task = asyncio.create_task(looker.run())
    try:
        yield
    finally:
        task.cancel()
        late = sorted(looker.late)
        shares = [late[min(len(late) - 1, len(late) * part // 100)] for part in (50, 95, 99)]
        found.append(Lag(phase, *shares, late[-1], len(late), time.monotonic() - began))


def drop(out: Path, name: str, packet: bytes) -> None:
    """As a unit's software does."""
    (out / f".{name}").write_bytes(packet)
    (out / f".{name}").rename(out / f"{name}.edxml")


def documents(count: int) -> list[Document]:
    """Each with a subject of its own."""
    return [
        a_document(f"{number}/UBND-VX", subject=f"Về việc kiểm tra hồ sơ số {number} của xã")
        for number in range(1, count + 1)
    ]


def mistyped(document: Document) -> bytes:
    """An answer about it that does not tell which document for certain."""
    answer = an_answer(document, "03")
    said = replace(answer.response_for, code=document.number, document_id="", promulgation_date="")
    return edxml.write_acknowledgement(replace(answer, response_for=said))


async def until(progress: Progress, what: str, wanted: int, count: Any) -> None:
    """Wait until so many are counted. Raises TimeoutError."""
    bar = progress.add_task(what, total=wanted)
    async with asyncio.timeout(_PATIENCE):
        while (done := await asyncio.to_thread(count)) < wanted:
            progress.update(bar, completed=done)
            await asyncio.sleep(0.5)
    progress.update(bar, completed=wanted)


async def play(hub: Hub, home: Path, asked: argparse.Namespace, progress: Progress) -> list[Lag]:
    """All phases."""
    found: list[Lag] = []
    views, known = hub.ledger.views, documents(asked.documents)
    async with watched("idle", found):
        await asyncio.sleep(3)
    async with watched("documents", found):
        await asyncio.to_thread(_drop_all, home / "shares" / "so-nv" / "out", map(sample_packet, known))
        await until(progress, "documents", len(known), lambda: views.counts().deliveries.get("delivered", 0))
    async with watched("answers, ranked", found):
        answers = map(mistyped, known[-asked.answers :])
        await asyncio.to_thread(_drop_all, home / "shares" / "xa-binh-son" / "out", answers)
        await until(progress, "ranked", asked.answers, lambda: views.looking(_ranked))
    return found


def _ranked(connection: Connection) -> int:
    counted = connection.exec_driver_sql("select count(*) from orphan where candidates != '[]'")
    return int(counted.scalar_one())


def _drop_all(out: Path, packets: Any) -> None:
    for number, packet in enumerate(packets):
        drop(out, f"{number:06}", packet)


async def run(asked: argparse.Namespace, home: Path) -> list[Lag]:
    """On a configuration of its own."""
    (home / "hub.yaml").write_text(_HUB_YAML.format(port=free_port()), encoding="utf-8")
    (home / "units.yaml").write_text(_UNITS_YAML, encoding="utf-8")
    for unit in ("so-nv", "xa-binh-son"):
        for folder in ("out", "in"):
            (home / "shares" / unit / folder).mkdir(parents=True)
    with Progress(transient=True, disable=asked.json) as progress:
        async with RunningHub(home) as hub:
            return await play(hub, home, asked, progress)


def report(found: Sequence[Lag], *, as_json: bool) -> int:
    """Print it. The exit code."""
    if as_json:
        print(json.dumps([asdict(lag) for lag in found], indent=2))
    for lag in () if as_json else found:
        print(
            f"{lag.phase:16} p50 {lag.p50:5.1f}, p95 {lag.p95:5.1f}, p99 {lag.p99:5.1f}, most {lag.most:6.1f} ms late, "
            f"{lag.looks} looks in {lag.seconds:.1f} s"
        )
    return int(any(lag.p99 >= P99 for lag in found))


def main() -> int:
    """Exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--answers", type=int, default=500)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return report(asyncio.run(run(asked, Path(folder))), as_json=asked.json)


if __name__ == "__main__":
    sys.exit(main())
