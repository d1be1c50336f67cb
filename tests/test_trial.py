"""Documents of a unit that is only tried out: whom they reach, and how they are marked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.blobs import Blobs
from hub.directory import Directory
from hub.errors import Refused
from hub.inbox import Rules, UnitInbox
from hub.ledger import Ledger
from hub.plugins import Plugins
from hub.routing import Route
from hub.testing import ManualClock
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acceptance, Blob, Incoming, Packet, Unit
from plugins.folderdrop.clerk import cases, pages
from plugins.folderdrop.clerk.arrivals import information
from plugins.folderdrop.clerk.cases import Case

NEW = Unit("xa-moi", "UBND xã Mới", "000.00.41.H48", ("H48.41",), mode="thu-nghiem")
ALSO = Unit("xa-thu", "UBND xã Thử", "000.00.42.H48", mode="thu-nghiem")
LIVE = Unit("so-nv", "Sở Nội vụ", "000.00.14.H48")
OUTSIDE = "000.00.00.G22"
DIRECTORY = Directory((NEW, ALSO, LIVE, Unit("truc", "Trục quốc gia", "")), "truc")
SPARED = "Sở Nội vụ là đơn vị đang vận hành nên không nhận văn bản thử."


@pytest.fixture
async def ledger(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Ledger]:
    async with Ledger("sqlite", tmp_path, "hub", clock) as opened:
        yield opened


async def give(ledger: Ledger, unit: str, body: Any, *routes: Route) -> Acceptance | Refused:
    rules, clock = Rules(DIRECTORY, routes, {}, 0), ManualClock()
    inbox = UnitInbox(unit, rules, ledger, Blobs(Path()), clock, Plugins([]), nudge=lambda recipient, urgency: None)
    digest = f"{hash(repr(body)) & (2**64 - 1):064x}"
    [verdict] = await inbox.accept([Incoming(digest, "a", Packet(body), Blob(digest, 10))])
    return verdict


def by(unit: Unit, *to: str, code: str = "1/CV") -> Any:
    return a_document(code, sender=unit.code, to=to)


async def test_only_who_is_tried_out_too_gets_it_and_the_others_are_accounted_for(ledger: Ledger) -> None:
    verdict = await give(ledger, "xa-moi", by(NEW, ALSO.code, LIVE.code, OUTSIDE))

    assert isinstance(verdict, Acceptance)
    assert verdict.recipients == ("xa-thu",)
    assert {letter.recipient: letter.reason for letter in ledger.views.deadletters()} == {
        "so-nv/thu-nghiem": SPARED,
        f"{OUTSIDE}/thu-nghiem": f"Văn bản thử không được chuyển ra ngoài trục ({OUTSIDE}).",
    }
    assert ledger.views.trace("1/CV")[0].is_trial


async def test_a_dead_letter_sent_again_reaches_nobody_either(ledger: Ledger) -> None:
    await give(ledger, "xa-moi", by(NEW, ALSO.code, LIVE.code, OUTSIDE))
    again = (await ledger.requeue("all")).recipients

    assert sorted(again) == [f"{OUTSIDE}/thu-nghiem", "so-nv/thu-nghiem"]
    assert [DIRECTORY.find(name) for name in again] == [None, None]
    assert not any(name == name.upper() for name in again)


async def test_where_nobody_is_left_it_goes_back_and_no_rule_adds_one(ledger: Ledger) -> None:
    verdict = await give(ledger, "xa-moi", by(NEW, LIVE.code), Route("r", ("addressees", "so-nv")))
    assert isinstance(verdict, Refused)
    assert (verdict.code, verdict.reason) == ("test-document", SPARED)


async def test_what_is_in_earnest_reaches_who_is_tried_out_and_is_answered(ledger: Ledger) -> None:
    real = by(LIVE, NEW.code)
    first = await give(ledger, "so-nv", real)
    answer = await give(ledger, "xa-moi", an_answer(real, "03", NEW.code))

    assert isinstance(first, Acceptance)
    assert isinstance(answer, Acceptance)
    assert (first.recipients, answer.recipients) == (("xa-moi",), ("so-nv",))
    assert not ledger.views.trace("1/CV")[0].is_trial


def test_its_codes_are_known_to_the_connectors() -> None:
    assert DIRECTORY.tried_out == {"000.00.41.H48", "H48.41", "000.00.42.H48"}


@pytest.mark.parametrize("trial", [True, False])
def test_the_sheet_says_so(trial: bool) -> None:
    case = Case("d", "ab", 1, "7K3", "1-CV ~7K3", "1/CV", "A", "B", 0, "2026-11-23T08:00:00+07:00", trial=trial)
    assert (b"TH\xe1\xbb\xac NGHI\xe1\xbb\x86M" in pages.sheet(case, by(NEW, ALSO.code))) is trial
    assert (b"thu_nghiem: true" in information(case, by(NEW, ALSO.code))) is trial
    assert cases.read(cases.written(case)) == case
