"""The link to the central hub: lists that repeat, servers that are ill, answers that overtake."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from hub.standards.vxp import write_answer
from hub.testing import RunningHub, eventually
from hub.testing.samples import GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from tests.journeys import front as ill
from tests.journeys.apart import apart
from tests.journeys.border import Border, from_office
from tests.journeys.front import Front, Misdeed, front
from tests.journeys.simulated import Simulated, is_over, judge, simulated, verified
from tests.short import short

Figure = Callable[[str], None]
_OURS = [a_document(f"{number}/GM-SNV", to=(GOVERNMENT_OFFICE,)) for number in range(3)]
_UNSAID = ill.status(b"200 OK", body=write_answer("20", "Loi he thong"))
_THEIRS = [f"{number}/VPCP" for number in range(3)]


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Simulated]:
    async with simulated(tmp_path) as running:
        yield running


async def _to_its_end(border: Border, there: Simulated) -> None:
    """Three documents each way, each answered, until all is where it belongs."""
    async with asyncio.timeout(60):
        while not is_over(border, there):
            border.answers()
            await there.take("03")
            await asyncio.sleep(0.1)


async def _begun(border: Border, there: Simulated) -> None:
    border.sends(*_OURS)
    await there.send(*(from_office(code, HOME_AFFAIRS) for code in _THEIRS))


def _judged(border: Border, there: Simulated) -> None:
    judge(border, there, [each.code for each in _OURS], _THEIRS)


def _words(there: Simulated) -> list[list[str]]:
    """What was said of each document of the office, in its order."""
    return [
        [step.status for step in each.steps] for each in there.records(GOVERNMENT_OFFICE) if each.message_type == "edoc"
    ]


@pytest.mark.fault(
    14,
    "`updateStatus` does not reach the central hub, its list shows them again; then in another life of the hub",
    "one effect each; `done` is said again",
)
async def test_what_is_listed_again_has_one_effect_and_is_confirmed_again(
    tmp_path: Path, there: Simulated, figure: Figure
) -> None:
    async with _behind_a_front(tmp_path, there, _UNSAID) as (border, before):
        before.only, before.each = frozenset({"updateStatus"}), 1_000_000
        async with RunningHub(border.home):
            await eventually(lambda: before.met["updateStatus"] >= 9, 20)
        assert [["initial"]] * 3 == _words(there)
        assert 3 == len(border.found())
        before.misdeed = None
        async with RunningHub(border.home):
            await _to_its_end(border, there)
    assert [["initial", "done"]] * 3 == _words(there)
    _judged(border, there)
    assert {"accepted": 12} == verified(border)[0]
    figure(
        f"`done` said {before.met['updateStatus']} times in vain of 3 documents; taken once, `done` in the next life"
    )


@asynccontextmanager
async def _behind_a_front(
    home: Path, there: Simulated, misdeed: Misdeed, **settings: Any
) -> AsyncIterator[tuple[Border, Front]]:
    async with front(there.running.url) as before:
        before.misdeed = misdeed
        patience = {"timeout": "300ms", "transfer_timeout": "600ms", "send_timeout": "2s"}
        border = Border(home, {**there.settings, "url": before.url, **patience, **settings})
        await _begun(border, there)
        yield border, before


_ILL = {
    "connection reset": ill.reset(after=False),
    "connection reset in the middle": ill.reset(after=True),
    "Content-Length too small": ill.length(-5),
    "another answer behind the announced one": ill.length(
        0, more=b'HTTP/1.1 200 OK\r\nContent-Length: 51\r\n\r\n{"status":"OK","ErrorCode":"0","DocId":"x","data":[]}'
    ),
    "Content-Length too large, closed": ill.length(40),
    "500": ill.status(b"500 Internal Server Error"),
    "500, carried out": ill.status(b"500 Internal Server Error", done=True),
    "408": ill.status(b"408 Request Timeout"),
    "an answer of HTTP that is none": ill.status(b"999 \xff\xfe"),
}


@pytest.mark.fault(
    17,
    "HTTP 500, 408, connection reset, wrong Content-Length in both directions, bytes behind an answer, at every call",
    "an outage, never an empty list or a receipt; what was in doubt is asked about; all is there once",
)
@pytest.mark.parametrize("how", short(_ILL, 5))
async def test_an_ill_server_loses_and_doubles_nothing(tmp_path: Path, there: Simulated, how: str) -> None:
    async with _behind_a_front(tmp_path, there, _ILL[how]) as (border, before), RunningHub(border.home):
        await _to_its_end(border, there)
    assert {"getReceivedEdocList", "downloadEdoc", "sendEdoc", "updateStatus"} <= before.met.keys()
    _judged(border, there)


@pytest.mark.fault(
    17,
    "HTTP 429 with Retry-After, at every call",
    "nobody asks before it is over, then all goes on",
)
async def test_who_asks_for_a_pause_gets_it(tmp_path: Path, there: Simulated, figure: Figure) -> None:
    busy = ill.status(b"429 Too Many Requests", b"Retry-After: 1")
    async with _behind_a_front(tmp_path, there, busy, pause_most="5s", parallel=1) as (border, before):
        before.each = 1
        async with RunningHub(border.home):
            await _to_its_end(border, there)
    _judged(border, there)
    refused = [at for at, call in enumerate(before.calls) if call in _first_of_each(before)]
    gaps = [before.calls[at + 1].at - before.calls[at].at for at in refused]
    assert min(gaps) >= 1.0, gaps
    figure(f"asked {len(gaps)} times to wait for 1 s: {min(gaps):.2f} to {max(gaps):.2f} s without a call")


def _first_of_each(before: Front) -> list[ill.Call]:
    seen: dict[str, ill.Call] = {}
    for call in before.calls:
        seen.setdefault(call.operation, call)
    return list(seen.values())


@pytest.mark.slow
@pytest.mark.fault(
    17,
    "slow-loris: a byte of the head, or of the body, each tenth of a second, without an end",
    "each call has an end beside the longest silence that it bears, a transfer too; all is there once",
)
@pytest.mark.parametrize("part", ["head", "body"])
async def test_what_drips_has_an_end(tmp_path: Path, there: Simulated, part: str, figure: Figure) -> None:
    async with _behind_a_front(tmp_path, there, ill.drip(head=part == "head")) as (border, before):
        before.each = 1
        async with RunningHub(border.home):
            await _to_its_end(border, there)
    _judged(border, there)
    longest = before.longest()
    allowed = {"getReceivedEdocList": 3.0, "updateStatus": 0.3, "downloadEdoc": 0.6, "sendEdoc": 1.2}
    assert {name: longest[name] for name, bound in allowed.items() if not longest[name] < 1.5 * bound + 1.0} == {}
    assert all(longest[name] >= 0.25 for name in allowed), longest
    figure(f"{part}: " + ", ".join(f"{name} {longest[name]:.1f} s (bound {allowed[name]:g} s)" for name in allowed))


@pytest.mark.fault(
    17,
    "a redirect loop, at every call",
    "none is followed: one request a call, with pauses; all is there once",
)
async def test_no_redirect_is_followed(tmp_path: Path, there: Simulated, figure: Figure) -> None:
    async with _behind_a_front(tmp_path, there, ill.status(b"302 Found", b"Location: getReceivedEdocList")) as (
        border,
        before,
    ):
        before.each = 1_000_000
        async with RunningHub(border.home):
            await asyncio.sleep(2.0)
            calls = len(before.calls)
            assert 4 <= calls <= 30
            before.misdeed = None
            await _to_its_end(border, there)
    _judged(border, there)
    figure(f"{calls} requests in 2 s with pauses of 0.3 s at most")


@pytest.mark.fault(
    19,
    "the office's answer to a document arrives before its `sendEdoc` has answered, or answers at all",
    "matched: the delivery's row was written before; delivered once, no orphan",
)
@pytest.mark.parametrize("lost", [False, True], ids=["late", "lost"])
async def test_an_answer_may_come_before_the_receipt(
    tmp_path: Path, there: Simulated, lost: bool, figure: Figure
) -> None:
    gate = asyncio.Event()
    async with front(there.running.url) as before:
        before.misdeed, before.only, before.each = ill.held(gate, lost=lost), frozenset({"sendEdoc"}), 1
        border = Border(tmp_path, {**there.settings, "url": before.url})
        border.sends(_OURS[0])
        async with RunningHub(border.home):
            await there.taken_within(1, 20, "03")
            await eventually(border.found, 20)
            await eventually(lambda: verified(border)[1] == {"delivered": 1, "sending": 1})
            gate.set()
            await eventually(lambda: verified(border)[1] == {"delivered": 2}, 20)
    assert [1, 1] == [len(there.records(HOME_AFFAIRS)), len(border.found())]
    with closing(sqlite3.connect(tmp_path / "data" / "ledger.sqlite")) as ledger:
        assert [(0,)] == ledger.execute("SELECT COUNT(*) FROM orphan").fetchall()
    figure(
        f"the receipt {'never came' if lost else 'came later'}: the unit had the answer to a document still `sending`"
    )


_START = {
    "getReceivedEdocList": b'{"status":"OK","ErrorCode":"0","data":[',
    "updateStatus": b'{"status":"OK","ErrorCode":"0"',
    "sendEdoc": b'{"status":"OK","ErrorCode":"0","DocId":"1"',
    "downloadEdoc": b"<?xml version='1.0'?><edXML>",
}


@pytest.mark.fault(
    17,
    "a reply of 1 GB, at every call",
    "read up to what such an answer may be, in bounded memory; all is there once, a packet that large is given back",
)
async def test_a_reply_of_a_gigabyte_takes_no_memory(tmp_path: Path, there: Simulated, figure: Figure) -> None:
    endless = ill.endless(1 << 30, _START)
    async with _behind_a_front(tmp_path, there, endless, largest=20, timeout="5s", send_timeout="30s") as (
        border,
        before,
    ):
        before.only, before.each = frozenset(_START.keys() - {"downloadEdoc"}), 1
        async with apart(border.home) as hub:
            began = hub.memory()
            await _to_its_end(border, there)
            before.only = frozenset({"downloadEdoc"})
            await there.send(from_office("9/VPCP", HOME_AFFAIRS))
            await eventually(lambda: there.records(GOVERNMENT_OFFICE)[-1].status == "fail", 20)
            most = hub.memory()
    _judged(border, there)
    taken = {name: max(call.size for call in before.calls if call.operation == name) for name in _START}
    assert most - began < 64_000, f"{began} to {most} kB"
    assert 20_000_000 <= taken["downloadEdoc"] <= 40_000_000
    told = ", ".join(f"{name} {taken[name] >> 20} MB" for name in _START)
    figure(f"read before it was given up: {told}; {(most - began) // 1024} MB more memory")
