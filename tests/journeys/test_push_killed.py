"""Killed at any step of a pushed packet, the hub loses and doubles nothing, say the unit's software and the folder."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from hub.standards import edxml
from hub.testing import sample_packet
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement
from tests.journeys.lives import killed_and_lived, kills
from tests.journeys.offices import Offices
from tests.plugins.rest import PATIENT, SPOKEN
from tests.plugins.test_eoffice_rest_push import SECRET, called, signed, stamped
from tests.ports import free_port

CODES = [f"{number}/UBND-VX" for number in range(1, 4)]
ABOUT = a_document("9/CV-SNV", HOME_AFFAIRS, (BINH_SON,))
#: each is shown to be passed
STEPS = (
    "blobs.linked",
    "blobs.synced",
    "inbox.before_accept",
    "ledger.before_commit",
    "ledger.after_commit",
    "inbox.accepted",
    "dispatcher.taken",
    "folderdrop.placed",
    "dispatcher.sent",
    "dispatcher.settled",
)
SHORT = ("inbox.before_accept", "inbox.accepted")


class Trip:
    """Three documents and an answer are pushed, each until the hub says that it has it."""

    def __init__(self, home: Path) -> None:
        port = free_port()
        file, _, who = SPOKEN["third-rest"]
        nobody = {"kind": "eoffice-rest", "url": "http://127.0.0.1:9", "profile": str(file), **who, **PATIENT}
        self.offices = Offices(home, {**nobody, "push": {"secret": SECRET}})
        with (home / "hub.yaml").open("a", encoding="utf-8") as hub:
            hub.write(f"doors: {{listen: 127.0.0.1:{port}}}\n")
        self.url = f"http://127.0.0.1:{port}/push/xa-binh-son"
        self.offices.sends(ABOUT)
        packets = [sample_packet(a_document(code, BINH_SON, (HOME_AFFAIRS,))) for code in CODES]
        self.offers = [*packets, edxml.write_acknowledgement(an_answer(ABOUT, "03", BINH_SON))]

    async def go_on(self) -> bool:
        """Push what is left; what gets no answer is signed and pushed anew, after a call that is made twice."""
        for body in list(self.offers):
            headers = signed(body, stamped())
            try:
                answers = [await called(self.url, body, headers) for _ in range(2)]
            except aiohttp.ClientError:
                break
            if answers[0].status == 200:
                assert answers[0] == answers[1]
                self.offers.remove(body)
        await asyncio.sleep(0.05)
        return bool(self.offers) or self.found().total() < len(CODES) + 1

    def found(self) -> Counter[str]:
        """What lies in the folder of Sở Nội vụ."""
        there = self.offices.found() if (self.offices.folder / "in").exists() else ()
        return Counter(_name(each) for each in there)


def _name(body: object) -> str:
    return f"{body.response_for.code} {body.status}" if isinstance(body, Acknowledgement) else getattr(body, "code", "")


@pytest.mark.parametrize(("step", "turn"), kills(STEPS, (1, 3), SHORT))
async def test_a_kill_at_any_step_loses_and_doubles_nothing(tmp_path: Path, step: str, turn: int) -> None:
    trip = Trip(tmp_path)
    await killed_and_lived(tmp_path, trip.go_on, step, turn)
    assert Counter([*CODES, f"{ABOUT.code} 03"]) == trip.found()
    inputs, _deliveries, _flagged = trip.offices.verified()
    assert {"accepted"} == set(inputs) - {"duplicate"}
