"""sendEdoc at the hub's axis, beside two bare HTTP handlers, the same requests interleaved in one run.

    .venv/bin/python benchmarks/axis.py [--requests 2000] [--clients 32] [--units 32] [--rounds 5] [--json]

Every request is a signed sendEdoc of 20 KB with a document of its own, from one of so many units, for another unit at
the axis. `file` keeps each body in a file of its own, `journal` appends to one file with one fdatasync for all that
wait. The folder has had `chattr +T` where that can be set, and nothing in it is deleted meanwhile (ext4: deleted inodes
slow creating down).
Exit 1: the hub's median ratio is below 0.25 of the journal or not above the file handler, its p95 is 40 ms or more in
the median round, its memory grows, or a request is lost by its own ledger.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import packets
from peers.base import free_port
from processes import Meter
from rich.progress import track

from hub.ledger import open_views
from hub.standards import vxp

JOURNAL, P95 = 0.25, 40.0
SIZE = 20_000
#: Megabytes that the hub's memory may grow by between the first round and the last.
GROWTH = 30.0
RECIPIENT, SECRET = packets.RECEIVER, "khoa-bi-mat"
_HUB = Path(sys.executable).with_name("hub")
_HUB_YAML = """\
data: data
listen: 127.0.0.1:{port}
doors: {{listen: "127.0.0.1:0"}}
plugins: [eoffice]
province: {{code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}}
"""
_UNIT = f"""\
  %(id)s:
    name: Đơn vị %(id)s
    code: %(code)s
    endpoint: {{kind: eoffice-axis, systemid: %(code)s, secret: {SECRET}, parallel: 64}}
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One trial: requests a second, milliseconds a request, CPU milliseconds a request, megabytes at its end."""

    system: str
    round: int
    per_second: float
    p50: float
    p95: float
    cpu: float
    memory: float


@contextmanager
def program(command: Sequence[str | Path], home: Path, name: str) -> Iterator[tuple[int, str]]:
    """A program that said `ready`: its pid, and the last address of that line."""
    with (home / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, cwd=home, start_new_session=True)
    assert process.stdout
    try:
        line = process.stdout.readline().decode().split()
        if line[:1] != ["ready"]:
            raise RuntimeError((home / f"{name}.log").read_text())
        yield process.pid, next(word for word in reversed(line) if "http://" in word).rpartition("doors=")[2]
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def sender(number: int) -> str:
    """The code of a unit that sends."""
    return f"000.{number:02}.14.H48"


def requests(first: int, count: int, units: int) -> list[bytes]:
    """The bytes of so many signed calls, from these units in turn."""
    return [_request(packets.render(number, SIZE)[0], sender(number % units)) for number in range(first, first + count)]


def _request(packet: bytes, code: str) -> bytes:
    packet = packet.replace(packets.SENDER.encode(), code.encode())
    said = {"from": code, "servicetype": "eDoc", "messagetype": "edoc"}
    said["hash-file"] = vxp.hash_file(hashlib.sha256(packet).digest())
    made = vxp.request("sendEdoc", code, SECRET, datetime.now(UTC), said)
    lines = [f"POST /vxp{made.path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(packet) + 2}"]
    lines += [f"{name}: {value}" for name, value in made.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + packet + b"\r\n"


async def drive(address: str, ready: Sequence[bytes], clients: int) -> list[float]:
    """Milliseconds of each request; so many connections at once. Raises where one is not OK."""
    ahead, took = iter(ready), list[float]()
    where = urlsplit(address)

    async def client() -> None:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        for request in ahead:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            took.append(1000 * (time.perf_counter() - began))
            if b'"ErrorCode":"0"' not in body:
                raise RuntimeError(body.decode())
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return took


def trial(name: str, place: tuple[int, str], ready: Sequence[bytes], clients: int, round_: int) -> Outcome:
    """One system's turn."""
    pid, address = place
    with Meter(pid) as meter:
        began, before = time.monotonic(), meter.cpu()
        took = sorted(asyncio.run(drive(address, ready, clients)))
        seconds, used = time.monotonic() - began, meter.cpu() - before
    count = len(took)
    cpu = 1000 * used / count
    return Outcome(name, round_, count / seconds, took[count // 2], took[count * 95 // 100], cpu, _resident(pid))


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def commands(home: Path, units: int) -> dict[str, Sequence[str | Path]]:
    """What starts each system, in a folder of its own; so many units send."""
    for name in ("hub", "file", "journal"):
        (home / name).mkdir()
    (home / "hub" / "hub.yaml").write_text(_HUB_YAML.format(port=free_port()), encoding="utf-8")
    there = {f"gui-{number}": sender(number) for number in range(units)} | {"nhan": RECIPIENT}
    said = "".join(_UNIT % {"id": name, "code": code} for name, code in there.items())
    (home / "hub" / "units.yaml").write_text(f"units:\n{said}", encoding="utf-8")
    bare = Path(__file__).with_name("bare_axis.py")
    return {
        "file": [sys.executable, bare, "file", home / "file"],
        "journal": [sys.executable, bare, "journal", home / "journal"],
        "hub": [_HUB, "run", "--config", home / "hub"],
    }


def main() -> int:
    """Exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--units", type=int, default=32, choices=range(1, 100), metavar="1 to 99")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        spread = not subprocess.run(["chattr", "+T", folder], check=False, capture_output=True).returncode
        systems = commands(home, asked.units)
        names = list(systems)
        with (
            program(systems["file"], home / "file", "file") as file,
            program(systems["journal"], home / "journal", "journal") as journal,
            program(systems["hub"], home / "hub", "hub") as hub,
        ):
            places = {"file": file, "journal": journal, "hub": hub}
            # The first round warms up and is not counted.
            for round_ in track(range(-1, asked.rounds), "rounds", transient=True, disable=asked.json):
                ready = requests(1 + (round_ + 1) * asked.requests, asked.requests, asked.units)
                for name in names[round_ % 3 :] + names[: round_ % 3]:
                    one = trial(name, places[name], ready, asked.clients, round_)
                    outcomes += [one] * (round_ >= 0)
                    if round_ >= 0 and not asked.json:
                        print(_line(one), flush=True)
        kept = open_views("sqlite", home / "hub" / "data").counts().inputs
    lost = asked.requests * (asked.rounds + 1) - kept.get("accepted", 0)
    return report(outcomes, lost, spread=spread, as_json=asked.json)


def report(outcomes: Sequence[Outcome], lost: int, *, spread: bool, as_json: bool) -> int:
    """Print what it comes to. The exit code."""
    hub = [each for each in outcomes if each.system == "hub"]
    figures = {
        "hub / journal": _ratio(outcomes, "journal"),
        "hub / file": _ratio(outcomes, "file"),
        "p95 ms": median(each.p95 for each in hub),
        "growth MB": hub[-1].memory - hub[0].memory,
        "lost": lost,
    }
    if as_json:
        print(json.dumps({"figures": figures, "spread": spread, "trials": list(map(asdict, outcomes))}, indent=2))
    else:
        print(f"chattr +T {'set' if spread else 'not set'}; wanted: 0.25, above 1, below 40 ms, {GROWTH:.0f} MB, 0")
        print(", ".join(f"{name}: {figure:.2f}" for name, figure in figures.items()))
    good = figures["hub / journal"] >= JOURNAL and figures["hub / file"] > 1 and figures["p95 ms"] < P95
    return int(not good or figures["growth MB"] > GROWTH or lost != 0)


def _line(one: Outcome) -> str:
    return (
        f"{one.system:8} round {one.round}: {one.per_second:7.1f} requests/s, p50 {one.p50:5.1f} ms, "
        f"p95 {one.p95:5.1f} ms, {one.cpu:5.2f} ms CPU a request, {one.memory:5.1f} MB"
    )


def _ratio(outcomes: Sequence[Outcome], other: str) -> float:
    rate = {(each.system, each.round): each.per_second for each in outcomes}
    return median(rate["hub", round_] / rate[other, round_] for _, round_ in rate if _ == "hub")


if __name__ == "__main__":
    sys.exit(main())
