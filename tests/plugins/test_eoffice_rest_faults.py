"""What a unit's server does on bad days: how each ends, what an admin reads, and that nothing is lost or twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hub import Document, NoRoom, Quarantined
from hub.testing import Ending, eventually, outcome_of
from tests.plugins.rest import SPOKEN, Bench, bench
from tests.short import short

DOORS = {name: door for name, (_, door, _) in SPOKEN.items()}
#: fault of the office -> how a send ends that meets it, and a word of the reason
SENDS = {
    "http500": ({"unknown"}, "HTTP 500"),
    "http502": ({"unknown"}, "HTTP 502"),
    "http503": ({"deferred"}, "HTTP 503"),
    "error200": ({"unknown", "deferred"}, "mã lỗi"),
    "html200": ({"unknown"}, "trang web"),
    "empty": ({"unknown"}, "trống"),
    "truncated": ({"unknown"}, "cắt ngang"),
    "length": ({"unknown"}, "ngắt"),
    "redirect": ({"unknown"}, "chuyển hướng"),
    "missing": ({"unknown", "receipt"}, ""),
    "lost": ({"unknown"}, "ngắt"),
    "huge=3000000": ({"unknown"}, ""),
}
_PROFILES = [pytest.param(name, marks=() if name == "provincial-rest" else pytest.mark.slow) for name in DOORS]


@pytest.fixture(params=_PROFILES)
async def there(request: Any, tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path, request.param) as made:
        yield made


def breaks(there: Bench, fault: str, operation: str = "") -> None:
    """The fault is on at the office's door."""
    name, _, amount = fault.partition("=")
    at = f".{operation}" if operation else ""
    there.office.faults.set(f"{name}@{DOORS[there.unit.profile]}{at}{'=' if amount else ''}{amount}")


def sending(there: Bench) -> str:
    """The operation by which it takes documents; "": every one, where nothing else is called."""
    return {"provincial-rest": "sendEdoc", "bkav-rest": "sendDocument"}.get(there.unit.profile, "")


@pytest.mark.fault(
    17,
    "a unit's REST software at a send: HTTP 500, 502, 503, 200 with an error or a page, nothing, half an answer, wrong "
    "Content-Length, a redirect, 3 MB, no id, the answer lost",
    "unknown or deferred, never a refusal; asked about, sent again; one document there",
)
@pytest.mark.parametrize("fault", SENDS)
async def test_a_send_that_meets_it(there: Bench, fault: str) -> None:
    """It ends as nobody-knows or not-now; then what the hub does brings exactly one document there."""
    delivery = there.delivery()
    async with there.connector() as connector:
        breaks(there, fault, sending(there))
        ending: Ending = await outcome_of(connector, delivery)
        there.office.faults.clear()
        words, reason = SENDS[fault]
        assert ending.word in words, ending
        assert reason in str(ending.outcome)
        await asyncio.sleep(0.25)
        if ending.word == "receipt" or await connector.find(delivery) is None:
            await asyncio.sleep(0.25)
            again = await outcome_of(connector, replace(delivery, attempt=2, possible_duplicate=True))
            assert "receipt" == again.word, again
    assert 1 == len(there.office.records.incoming())


@pytest.mark.fault(
    17,
    "the same at every other call, and mojibake, each row twice, slowness",
    "told, never an empty list; nothing is confirmed that is not in custody; all is there once",
)
@pytest.mark.parametrize(
    "fault", short([*(each for each in SENDS if each != "missing"), "mojibake", "duplicate", "slow=0.3"], 2)
)
async def test_a_look_that_meets_it(there: Bench, fault: str) -> None:
    """What waits there comes once it is over, once, and the trouble was told."""
    await there.letter("12")
    async with there.connector() as connector:
        breaks(there, fault)
        health = await connector.check()
    assert health.ok == (fault in ("mojibake", "duplicate", "slow=0.3"))
    async with there.listening():
        await asyncio.sleep(0.4)
        there.office.faults.clear()
        await eventually(lambda: [row["state"] for row in there.office.records.outbox("edoc")] == ["done"], 20)
    assert 1 == len({each.source_key for each in there.inbox.offered})
    assert ["V/v thử"] == [body.subject for body in there.bodies() if isinstance(body, Document)]


async def test_nothing_is_confirmed_before_it_is_accepted(there: Bench) -> None:
    await there.letter("12")
    there.inbox.error = NoRoom("full")
    async with there.listening():
        await eventually(lambda: len(there.inbox.offered) >= 3, 20)
        assert "done" not in [row["state"] for row in there.office.records.outbox("edoc")]
        there.inbox.error = None
        await eventually(lambda: [row["state"] for row in there.office.records.outbox("edoc")] == ["done"], 20)
    assert 1 == len({each.source_key for each in there.inbox.offered})


async def test_an_expired_token_is_renewed_within_the_call(tmp_path: Path) -> None:
    async with bench(tmp_path, "provincial-rest", token_life=0.3) as there, there.connector() as connector:
        assert (await connector.check()).ok
        await asyncio.sleep(0.4)
        assert "receipt" == (await outcome_of(connector, there.delivery())).word
    assert 2 == len(there.office.records.calls("login"))


async def test_a_wrong_login_goes_once_and_is_said(tmp_path: Path) -> None:
    async with bench(tmp_path, "provincial-rest") as there:
        async with there.connector(password="sai-roi-4711", retry_credentials="1h") as connector:
            first = await connector.check()
            ending = await outcome_of(connector, there.delivery())
            second = await connector.check()
        assert not first.ok
        assert "Sai tên đăng nhập hoặc mật khẩu" in first.detail
        assert "ngừng hỏi" in second.detail
        assert "deferred" == ending.word
        assert 1 == len(there.office.records.calls("login"))
        assert "sai-roi-4711" not in first.detail + str(ending) + second.detail


async def test_clocks_that_differ_are_named(tmp_path: Path) -> None:
    async with bench(tmp_path, "third-rest") as there, there.connector() as connector:
        there.office.faults.set("skew@third=3600")
        health = await connector.check()
    assert not health.ok
    assert "Thời gian lệch quá mức" in health.detail


async def test_credentials_never_go_along_with_a_redirect(tmp_path: Path) -> None:
    heard: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        heard.append(request.path)
        return web.json_response({})

    async def away(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": f"http://127.0.0.1:{ports[1]}/steal"})

    ports: list[int] = []
    runners = []
    for handler in (away, elsewhere):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ports.append(runner.addresses[0][1])
        runners.append(runner)
    try:
        url = f"http://127.0.0.1:{ports[0]}"
        async with bench(tmp_path, "bkav-rest") as there, there.connector(url=url) as connector:
            ending = await outcome_of(connector, there.delivery())
    finally:
        for runner in runners:
            await runner.cleanup()
    assert "unknown" == ending.word
    assert "chuyển hướng" in str(ending.outcome)
    assert [] == heard


async def test_an_answer_that_drips_or_never_comes_ends(tmp_path: Path) -> None:
    async with bench(tmp_path, "bkav-rest") as there:
        there.office.faults.set("slow@bkav=30")
        async with there.connector(timeout="300ms", transfer_timeout="300ms") as connector:
            async with asyncio.timeout(10):
                ending = await outcome_of(connector, there.delivery())
                health = await connector.check()
    assert "unknown" == ending.word
    assert not health.ok


async def test_a_full_disk_confirms_nothing_and_goes_on_by_itself(tmp_path: Path) -> None:
    async with bench(tmp_path, "provincial-rest") as there:
        await there.letter("12")
        there.inbox.room = False
        async with there.listening() as connector:
            await eventually(lambda: connector._polls[0].trouble, 10)
            assert "reserve" in connector._polls[0].trouble
            assert ["initial"] == [row["state"] for row in there.office.records.outbox("edoc")]
            there.inbox.room = True
            await eventually(lambda: [row["state"] for row in there.office.records.outbox("edoc")] == ["done"], 10)
    assert [] == list((there.context.state / "incoming").iterdir())


async def test_a_packet_that_kills_the_hub_again_and_again_is_kept_unread(tmp_path: Path) -> None:
    async with bench(tmp_path, "provincial-rest") as there:
        await there.letter("12")
        [row] = there.office.records.outbox("edoc")
        hand = there.context.state / ".reading-packets%2Fedoc.json"
        for _ in range(2):
            await there.inbox.tries(f"packets/edoc/{row['uid']}")
        there.context.state.mkdir(parents=True)
        hand.write_text(json.dumps([row["uid"]]))
        async with there.listening():
            await eventually(lambda: [row["state"] for row in there.office.records.outbox("edoc")] == ["done"], 10)
    assert [row["uid"]] == json.loads(hand.read_text())
    [offered] = there.inbox.offered
    assert "poison" == getattr(offered.packet, "code", "")
    assert offered.blob


async def test_what_cannot_be_read_is_fetched_twice_before_it_is_kept(tmp_path: Path) -> None:
    async with bench(tmp_path, "provincial-rest") as there:
        await there.letter("12")
        [row] = there.office.records.outbox("edoc")
        await there.office.core.packet(row["uid"], "provincial")
        [row] = there.office.records.outbox("edoc")
        (there.office.settings.data / "files" / row["packet"]).write_bytes(b"<edXML>not a packet")
        async with there.listening():
            await eventually(lambda: there.inbox.offered, 10)
    [offered] = there.inbox.offered
    assert isinstance(offered.packet, Quarantined)
    assert 2 == len(there.office.records.calls("getEdoc"))
