"""The hub's client of the provincial shape, written for another counterpart, gets on with the office's door."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub import Acknowledgement, Document, Packet
from hub.testing import eventually
from hub.testing.samples import HOME_AFFAIRS, a_document
from tests.counterparts.eoffice import Letter, Office, Setup, eoffice
from tests.plugins.central import Bench, bench

CODE = "000.00.12.H48"


@dataclass
class Known:
    """The office as that client's bench wants one."""

    settings: dict[str, Any]
    office: Office


@asynccontextmanager
async def known(home: Path) -> AsyncIterator[Any]:
    async with eoffice(Setup(home / "office")) as made:
        secrets = made.settings.secrets
        yield Known(
            {"kind": "centralhub", "profile": "provincial-rest", "url": made.url, "systemid": CODE,
             "secret": secrets.key, "username": made.settings.username, "password": secrets.password,
             "application_code": "QLVB", "poll": "100ms", "poll_busy": "50ms", "directory": [], "pause": "50ms",
             "pause_most": "200ms", "rate": 0},
            made,
        )  # fmt: skip


def bodies(made: Bench) -> list[Document | Acknowledgement]:
    packets = (incoming.packet for incoming in made.inbox.accepted.values())
    return [packet.body for packet in packets if isinstance(packet, Packet)]


async def until(made: Bench, number: int) -> None:
    end = time.monotonic() + 20
    while len(bodies(made)) < number:
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


async def test_both_ways(tmp_path: Path) -> None:
    async with bench(tmp_path, known) as made:
        office: Office = made.office.office  # type: ignore[attr-defined]  # what `known` made
        async with made.listening() as connector:
            receipt = await connector.send(made.delivery(a_document(to=(CODE,))))
            assert receipt.reference == office.records.incoming()[0]["uid"]
            await office.clerk.register(1)
            await office.clerk.send(Letter("45", "KH-STTTT", "Kế hoạch"), (HOME_AFFAIRS,), [("a.pdf", b"%PDF-1.4")])
            await until(made, 3)
            # The last is confirmed after it is in custody.
            await eventually(lambda: {row["state"] for row in office.records.outbox()} == {"done"}, 20)
        got = bodies(made)
        assert sorted(each.status for each in got if isinstance(each, Acknowledgement)) == ["01", "03"]
        assert [each.code for each in got if isinstance(each, Document)] == ["45/KH-STTTT"]
