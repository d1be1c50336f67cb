"""A simulated central hub with the province and the Government Office at it, and what must have come of a trip."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from hub import keeping
from hub.config.systems import System
from hub.simulating.central import Central, Record, Setup, central, fault, records
from hub.simulating.central.actor import Actor, Taken
from hub.testing.samples import GOVERNMENT_OFFICE, HOME_AFFAIRS
from hub.vocabulary import Acknowledgement, Document
from tests.journeys.border import Border

_PROVINCE = System(
    "000.00.00.H48",
    "UBND tỉnh Quảng Ngãi",
    SecretStr("bi-mat-cua-tinh"),
    username="tinh.quangngai",
    password=SecretStr("mat-khau-cua-tinh"),
)
_OFFICE = System(GOVERNMENT_OFFICE, "Văn phòng Chính phủ", SecretStr("bi-mat-cua-vpcp"))


class Simulated:
    """A simulated central hub, and the Government Office at it."""

    def __init__(self, home: Path, running: Central, profile: str = "vxp") -> None:
        self.data, self.running, self.profile = home / "trung-uong", running, profile
        self._office = Actor(running.url, _OFFICE)
        self.taken: list[Taken] = []

    @property
    def settings(self) -> dict[str, object]:
        """What `endpoint:` says to reach it."""
        return {
            "kind": "centralhub",
            "url": self.running.url,
            "systemid": _PROVINCE.code,
            "secret": _PROVINCE.secret.get_secret_value(),
            "poll": "200ms",
            "poll_busy": "50ms",
            "pause": "50ms",
            "pause_most": "300ms",
            "rate": 0,
            "directory": [],
            **(self._provincial if self.profile == "provincial-rest" else {}),
        }

    @property
    def _provincial(self) -> dict[str, object]:
        return {
            "profile": self.profile,
            "username": _PROVINCE.username,
            "password": _PROVINCE.password.get_secret_value(),
            "application_code": "QLVB",
        }

    def breaks(self, *faults: str) -> None:
        """These faults are on, and no others."""
        self.running.switches.clear()
        for text in faults:
            self.running.switches.set(fault(text))

    async def send(self, *packets: bytes) -> None:
        """The office sends."""
        for packet in packets:
            await asyncio.to_thread(self._office.send, io.BytesIO(packet), GOVERNMENT_OFFICE)

    async def take(self, *answers: str) -> None:
        """The office takes what waits for it, and answers each document."""
        for kind in ("edoc", "status"):
            for each in await asyncio.to_thread(lambda kind=kind: list(self._office.take(kind))):  # type: ignore[misc]  # a default in a lambda has no type
                self.taken.append(each)
                for status in answers if isinstance(each.packet.body, Document) else ():
                    await asyncio.to_thread(self._office.answer, each, status)

    async def answer(self, taken: Taken, status: str, reason: str = "") -> None:
        """The office answers a document that it took."""
        await asyncio.to_thread(self._office.answer, taken, status, reason)

    async def taken_within(self, count: int, seconds: float, *answers: str) -> None:
        """Until the office has taken so many packets."""
        async with asyncio.timeout(seconds):
            while len(self.taken) < count:
                await self.take(*answers)
                await asyncio.sleep(0.1)

    def statuses(self) -> list[tuple[str, str, str]]:
        """From whom, about which document, which code."""
        bodies = [each.packet.body for each in self.taken]
        return [
            (body.sender.id, body.response_for.code, body.status)
            for body in bodies
            if isinstance(body, Acknowledgement)
        ]

    def names(self) -> set[tuple[str, str]]:
        """What the office has taken, each once: number and notation, and the code of a status."""
        bodies = [each.packet.body for each in self.taken]
        return {
            (body.response_for.code, body.status) if isinstance(body, Acknowledgement) else (body.code, "")
            for body in bodies
        }

    def records(self, sender: str = "") -> list[Record]:
        """What the simulator has on its records."""
        return [each for each in records(self.data) if sender in ("", each.sender)]

    def confirmed(self) -> bool:
        """Whether all that waits for us was confirmed."""
        ours = [each for each in self.records() if each.recipient_system == _PROVINCE.code]
        return bool(ours) and all(each.status == "done" for each in ours)


@asynccontextmanager
async def simulated(
    home: Path, agencies: int = 0, profile: str = "vxp", others: Sequence[System] = (), **settings: Any
) -> AsyncIterator[Simulated]:
    """It runs until the block ends; its records stay in `home`. `agencies`: so many are made up beside the systems.

    `profile`: how the province calls it. `others`: systems beside the two. `settings`: more of its Setup.
    """
    setup = Setup(home / "trung-uong", (_PROVINCE, _OFFICE, *others), agencies=agencies, **settings)
    async with central(setup) as running:
        yield Simulated(home, running, profile)


def is_over(border: Border, there: Simulated) -> bool:
    """Three documents each way, and an answer to each, are all where they belong."""
    return len(there.names()) >= 6 and len(border.found()) >= 6 and there.confirmed()


def judge(border: Border, there: Simulated, ours: Sequence[str], theirs: Sequence[str]) -> None:
    """Once each, by the simulator's records and by what lies in the unit's folder. AssertionError."""
    sent = Counter((each.message_type, each.notation, each.answer) for each in there.records(HOME_AFFAIRS))
    expected: dict[Any, int] = {("edoc", code, ""): 1 for code in ours} | {("status", code, "03"): 1 for code in theirs}
    assert expected == dict(sent)
    found = border.found()
    assert list(theirs) == sorted(each.code for each in found if isinstance(each, Document))
    assert list(ours) == sorted(each.response_for.code for each in found if isinstance(each, Acknowledgement))
    assert {"delivered": 12} == verified(border)[1]


def verified(border: Border) -> tuple[dict[str, int], dict[str, int]]:
    """How many inputs and deliveries ended how; nothing in the ledger is wrong."""
    views = border.views()
    counts = views.counts()
    assert keeping.verify(views, border.home / "data", lambda *_: None, []).bad == []
    views.close()
    return dict(counts.inputs), dict(counts.deliveries)
