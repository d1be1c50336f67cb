"""A start with many deliveries that wait, to many recipients, of whom some are down."""

from __future__ import annotations

import asyncio
import io
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hub.blobs import Blobs
from hub.clock import SystemClock
from hub.ledger import Ledger, Proposal, open_views
from hub.routing import Plan
from hub.standards import edxml
from hub.testing.samples import a_document
from hub.vocabulary import Acceptance, Document, Envelope, Incoming, Packet, new_id
from tests.crash.harness import Bench, Hub
from tests.crash.machine import memory, sick, took, waited

pytestmark = [pytest.mark.root, pytest.mark.timeout(900)]
_UNITS, _DOWN, _MB = 36, 6, 1_000_000
_HUB = """\
data: data
listen: 127.0.0.1:0
plugins: [folderdrop]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
drain: 5s
reserve: 1MB
"""
_UNIT = "  %s: {name: Đơn vị %s, code: %s, endpoint: {kind: folderdrop, folder: shares/%s, settle: 50ms}}\n"


def _name(number: int) -> str:
    return f"don-vi-{number:02}"


def _code(number: int) -> str:
    return f"000.00.{number + 10}.H48"


def _home(folder: Path) -> Path:
    """Thirty-six units; of the last six a file lies where the share should be."""
    (folder / "shares").mkdir(parents=True)
    (folder / "hub.yaml").write_text(_HUB, encoding="utf-8")
    rows = (_UNIT % (_name(one), one, _code(one), _name(one)) for one in range(_UNITS))
    (folder / "units.yaml").write_text("units:\n" + "".join(rows), encoding="utf-8")
    for number in range(_UNITS - _DOWN, _UNITS):
        (folder / "shares" / _name(number)).write_bytes(b"")
    return folder


def _packet(number: int, to: tuple[str, ...]) -> tuple[Document, bytes]:
    document = a_document(f"{number}/CV", _code(0), to)
    content = b"".join(edxml.compose(document, [edxml.File("a.pdf", lambda: io.BytesIO(b"%PDF" * 500))]))
    return document, content


async def _queue(data: Path, documents: int) -> int:
    """Lay documents to all others into a ledger, as an earlier hub would have left them. How many deliveries."""
    blobs, to = Blobs(data / "blobs"), tuple(_name(one) for one in range(1, _UNITS))
    blobs.open_store()
    _, content = _packet(1, tuple(_code(one) for one in range(1, _UNITS)))
    blob, packet = blobs.store(io.BytesIO(content), 10**6), edxml.read(io.BytesIO(content))
    clock, spare = SystemClock(), replace(packet.body)
    assert isinstance(spare, Document)
    async with Ledger("sqlite", data, "hub", clock) as ledger:
        for begin in range(0, documents, 100):
            proposals = [
                _proposal(spare, number, to, Incoming(str(number), f"{number}.edxml", packet, blob), clock)
                for number in range(begin, min(documents, begin + 100))
            ]
            verdicts = await ledger.accept(proposals)
            assert all(isinstance(one, Acceptance) and not one.duplicate for one in verdicts)
    return documents * len(to)


def _proposal(spare: Document, number: int, to: tuple[str, ...], found: Incoming, clock: SystemClock) -> Proposal:
    assert found.blob
    document = replace(spare, number=str(number), document_id=f"{_code(0)},2026/11/23,{number}/CV")
    now, packet = clock.now(), found.packet
    assert isinstance(packet, Packet)
    body = Envelope(
        new_id(now), _name(0), found.source_key, document, found.blob, now, (), packet.variant, packet.attachments_span
    )
    return Proposal(_name(0), found, _name(0), body, Plan(to))


@pytest.mark.fault(
    32,
    "a start with 100,000 deliveries that wait, 36 units, 6 of them down (the short form: 2,100)",
    "accepting within 5 s, first delivery within 5 s, at most 300 MB, no herd on those that are down",
)
@pytest.mark.parametrize("documents", [60, pytest.param(2860, marks=pytest.mark.long)])
def test_a_start_with_many_that_wait(
    benches: list[Bench], tmp_path: Path, documents: int, figure: Callable[[str], None]
) -> None:
    home = _home(tmp_path / "trip")
    (home / "data").mkdir()
    number = asyncio.run(_queue(home / "data", documents))
    hub = Hub(benches[0].nursery, home, None, {}, traced=False)
    benches[0].started.append(hub)
    assert waited(lambda: hub.ready, 60.0), hub.said()
    at_ready, begun = memory(hub.pid), time.monotonic()
    assert waited(lambda: any(_arrived(home, one) for one in range(1, _UNITS - _DOWN)), 30.0), hub.said()
    first = time.monotonic() - begun
    _drop(home)
    accepted = took(lambda: _accepted(home), 5.0)
    whole = took(lambda: _open(home, up=True) == 0, 600.0)
    highest = memory(hub.pid, "VmHWM")
    tried = _tried(home)
    assert sick(hub) == ""
    assert hub.stop(20.0) == 0
    views = open_views("sqlite", home / "data")
    assert list(views.broken()) == []
    assert views.counts().deliveries == {"delivered": number + 1 - _DOWN * documents, "waiting": _DOWN * documents}
    views.close()
    assert sum(len(_arrived(home, one)) for one in range(1, _UNITS - _DOWN)) == (documents) * (_UNITS - 1 - _DOWN) + 1
    assert (first < 5.0, highest < 300 * _MB, tried) == (True, True, 0)
    figure(
        f"{number:,} wait: first delivery {first:.1f} s after `ready`, a new document accepted after "
        f"{accepted:.1f} s, {at_ready // _MB} MB at ready, {highest // _MB} MB at most, "
        f"{(number - _DOWN * documents) / whole:.0f} delivered/s"
    )


def _arrived(home: Path, number: int) -> list[str]:
    folder = home / "shares" / _name(number) / "in"
    return os.listdir(folder) if folder.is_dir() else []


def _drop(home: Path) -> None:
    _, content = _packet(999_999, (_code(1),))
    out = home / "shares" / _name(0) / "out"
    (out / ".moi.edxml").write_bytes(content)
    (out / ".moi.edxml").rename(out / "moi.edxml")


def _asked(home: Path, query: str) -> int:
    with closing(sqlite3.connect(f"file:{home / 'data' / 'ledger.sqlite'}?mode=ro", uri=True)) as ledger:
        return int(ledger.execute(query).fetchone()[0])


def _accepted(home: Path) -> bool:
    return _asked(home, "SELECT count(*) FROM input WHERE name = 'moi.edxml' AND verdict = 'accepted'") == 1


def _open(home: Path, *, up: bool) -> int:
    last = _name(_UNITS - _DOWN)
    which = f"recipient {'<' if up else '>='} '{last}'"
    return _asked(home, f"SELECT count(*) FROM delivery WHERE state NOT IN ('delivered', 'dead') AND {which}")


def _tried(home: Path) -> int:
    """Attempts at those that are down."""
    return _asked(home, f"SELECT coalesce(sum(attempts), 0) FROM delivery WHERE recipient >= '{_name(_UNITS - _DOWN)}'")
