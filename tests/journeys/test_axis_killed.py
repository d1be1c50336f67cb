"""Killed at any step of the axis, the hub loses and doubles nothing, say the unit's software and the folders."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections import Counter
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import BinaryIO

import pytest

from hub import failpoints, keeping
from hub.standards import edxml
from hub.testing import eventually, sample_packet
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Document, Packet
from tests.forked import forked
from tests.journeys.lives import ended, killed_and_lived, kills, lived, stay
from tests.plugins.axis import Software, looking, province
from tests.ports import free_port

_CONTEXT = forked(__name__)
OURS, THEIRS = [f"{number}/BC-SNV" for number in range(1, 4)], [f"{number}/TTr-UBND" for number in range(1, 4)]
#: those that such a trip passes: each is shown to be passed
STEPS = [
    *(name for name in failpoints.NAMES if name.startswith(("axis.", "outbox.", "redo."))),
    "blobs.linked",
    "blobs.synced",
    "inbox.before_accept",
    "inbox.accepted",
    "ledger.before_commit",
    "ledger.after_commit",
]
SHORT = ("axis.accepted", "outbox.said")


class Trip:
    """Three documents each way, and an answer to each."""

    def __init__(self, home: Path) -> None:
        port = free_port()
        self.home = province(home)
        path = home / "hub.yaml"
        path.write_text(
            path.read_text("utf-8").replace('doors: {listen: "127.0.0.1:0"}', f"doors: {{listen: 127.0.0.1:{port}}}")
        )
        self.software = Software(f"http://127.0.0.1:{port}", HOME_AFFAIRS)
        self.share = home / "shares" / "xa-binh-son"
        #: what the software has to send: kind, packet
        self.offers = [("edoc", self.software.packet(code)) for code in OURS]
        #: what it stored, by docId
        self.stored: dict[str, Document | Acknowledgement] = {}
        self.answered: set[str] = set()

    def drop(self, name: str, packet: bytes) -> None:
        (self.share / "out").mkdir(parents=True, exist_ok=True)
        (self.share / "out" / f".{name}").write_bytes(packet)
        (self.share / "out" / f".{name}").rename(self.share / "out" / f"{name}.edxml")

    def begin(self) -> None:
        """What is to go lies ready on both sides."""
        for number, code in enumerate(THEIRS):
            self.drop(f"v{number}", sample_packet(a_document(code, BINH_SON, (HOME_AFFAIRS,))))

    async def go_on(self) -> bool:
        """Both sides do what they can; what fails is done again at the next turn."""
        if await self.is_over():
            return False
        for body in self.in_folder():
            if isinstance(body, Document) and body.code not in self.answered:
                self.answered.add(body.code)
                self.drop(f"tl{len(self.answered)}", edxml.write_acknowledgement(an_answer(body, "03", BINH_SON)))
        try:
            await self.turn()
        except (OSError, ValueError):
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.02)
        return True

    async def turn(self) -> None:
        for kind, packet in list(self.offers):
            answer = await self.software.send(packet, messagetype=kind)
            if answer.json["ErrorCode"] == "0":
                self.offers.remove((kind, packet))
        for kind in ("edoc", "status"):
            for row in await self.software.waiting(kind):
                await self.take(row["docId"])

    async def take(self, doc_id: str) -> None:
        if doc_id not in self.stored:
            body = self.stored[doc_id] = await self.software.get(doc_id)
            if isinstance(body, Document):
                self.offers.append(("status", edxml.write_acknowledgement(an_answer(body, "03", HOME_AFFAIRS))))
        await self.software.update(doc_id)

    def in_folder(self) -> list[Document | Acknowledgement]:
        paths = sorted((self.share / "in").glob("*.edxml"))
        return [edxml.read(io.BytesIO(path.read_bytes())).body for path in paths]

    async def is_over(self) -> bool:
        if self.offers or len(self.stored) < 6 or len(self.in_folder()) < 6:
            return False
        try:
            return not (await self.software.waiting() or await self.software.waiting("status"))
        except (OSError, ValueError):
            return False

    def check(self) -> None:
        """Once each, on both sides, and in the ledger."""
        once = Counter((code, kind) for kind, codes in (("", OURS), ("03", THEIRS)) for code in codes)
        assert once == Counter(map(_told, self.in_folder()))
        once = Counter((code, kind) for kind, codes in (("", THEIRS), ("03", OURS)) for code in codes)
        assert once == Counter(map(_told, self.stored.values()))
        with looking(self.home) as views:
            assert {"delivered": 12} == views.counts().deliveries
            assert [] == keeping.verify(views, self.home / "data", lambda *_: None, []).bad


def _told(body: Document | Acknowledgement) -> tuple[str, str]:
    if isinstance(body, Document):
        return body.code, ""
    return body.response_for.code, body.status


# Several bodies may be synced together; two journals are settled at the end.
_RARE = [step for step in STEPS if step.startswith("blobs.") or step == "redo.settled"]
_OFTEN = [step for step in STEPS if step not in _RARE]


@pytest.mark.parametrize(("step", "turn"), [*kills(_RARE, (1, 2), SHORT), *kills(_OFTEN, (1, 2, 4), SHORT)])
async def test_a_kill_at_any_step_loses_and_doubles_nothing(tmp_path: Path, step: str, turn: int) -> None:
    trip = Trip(tmp_path)
    trip.begin()
    await killed_and_lived(tmp_path, trip.go_on, step, turn)
    trip.check()


_DEADLY, _LIMITS = "GIET-HUB", edxml.Limits()


def _mortal_life(home: Path) -> None:
    """Whoever reads that packet dies."""
    read = edxml.read

    def deadly(file: BinaryIO, limits: edxml.Limits = _LIMITS) -> Packet:
        found = read(file, limits)
        if isinstance(found.body, Document) and _DEADLY in found.body.code:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    edxml.read = deadly
    asyncio.run(stay(home))


async def test_a_packet_over_which_the_hub_dies_is_kept_unread_in_the_end(tmp_path: Path) -> None:
    trip, deaths, answer = Trip(tmp_path), 0, None
    deadly, other = (trip.software.packet(code) for code in (f"1/{_DEADLY}", "2/BC-SNV"))
    process = _mortal(tmp_path)
    try:
        for _ in range(4):
            if answer := await _told_of(trip.software, deadly, process):
                break
            assert -signal.SIGKILL == process.exitcode
            deaths, process = deaths + 1, _mortal(tmp_path)
        assert 3 == deaths
        assert answer
        assert "0" == (again := await trip.software.send(deadly)).json["ErrorCode"]
        assert answer == again.json["DocId"]
        assert "0" == (await trip.software.send(other)).json["ErrorCode"]
        await eventually(lambda: len(trip.in_folder()) == 1)
    finally:
        await ended(tmp_path, process)
    with looking(tmp_path) as views:
        assert {"accepted": 1, "quarantined": 1} == views.counts().inputs


def _mortal(home: Path) -> BaseProcess:
    process: BaseProcess = _CONTEXT.Process(target=_mortal_life, args=(home,))
    process.start()
    return process


async def _told_of(software: Software, packet: bytes, hub: BaseProcess) -> str | None:
    """Its DocId; None: the hub died over it."""
    while hub.is_alive():
        with suppress(OSError, ValueError, LookupError):
            answer = (await software.send(packet)).json
            if answer["ErrorCode"] == "0":
                return str(answer["DocId"])
        await asyncio.sleep(0.05)
    return None


async def test_an_undisturbed_trip(tmp_path: Path) -> None:
    trip = Trip(tmp_path)
    trip.begin()
    assert 0 == await lived(tmp_path, trip.go_on)
    trip.check()
