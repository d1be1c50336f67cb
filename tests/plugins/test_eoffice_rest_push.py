"""A unit's software that pushes: signed calls over a real socket, and what the hub does with each."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import re
import runpy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from hub import Document, Refused, StorageError
from hub.carrying.hand import Hand
from hub.config import Outer, load
from hub.errors import ConfigError
from hub.plugins import Plugins
from hub.standards import edxml
from hub.testing import MemoryInbox, RunningHub, eventually, sample_context, sample_packet
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from hub.web.doors import Doorway, opened_to
from plugins.eoffice.rest.connector import EofficeRest
from plugins.eoffice.rest.settings import RestSettings
from tests.journeys.offices import Offices
from tests.plugins.rest import PATIENT, SPOKEN, Bench, settings_of, unit

SECRET = "khoa-cua-phan-mem-day-toi"
PACKET = sample_packet(a_document("7/UBND-VX", BINH_SON, (HOME_AFFAIRS,)))
STATUS = edxml.write_acknowledgement(an_answer(a_document(), "03"))
GUIDE = Path(__file__).parents[2] / "docs/eoffice-rest.md"


def stamped(ago: float = 0.0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()


def signed(body: bytes, timestamp: str, secret: str = SECRET, kind: str = "application/xml") -> dict[str, str]:
    """The headers of a call."""
    signature = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Timestamp": timestamp, "X-Signature": f"sha256={signature}", "Content-Type": kind}


@dataclass
class Answer:
    status: int
    said: dict[str, Any]


@dataclass
class Street:
    """The endpoint, its software and the way between them."""

    bench: Bench
    address: str

    @property
    def inbox(self) -> MemoryInbox:
        return self.bench.inbox

    @property
    def incoming(self) -> list[Path]:
        """What lies in the connector's folder for what is on its way."""
        return list((self.bench.context.state / "incoming").iterdir())

    async def call(self, body: bytes, headers: dict[str, str]) -> Answer:
        return await called(f"{self.address}/push/xa-binh-son", body, headers)

    async def push(self, body: bytes, **given: Any) -> Answer:
        return await self.call(body, signed(body, stamped(), **given))


async def called(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    async with ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        return Answer(response.status, await response.json())


@asynccontextmanager
async def street(home: Path, **push: Any) -> AsyncIterator[Street]:
    doorway, slow = Doorway(), {"poll": "60s", "poll_busy": "60s"}
    async with unit(home, "third-rest") as made, opened_to(Outer(("127.0.0.1", 0)), doorway) as address:
        there = Bench(made, sample_context(home, doors=doorway), MemoryInbox())
        async with there.listening(push={"secret": SECRET, **push}, **slow) as connector:
            await eventually(lambda: connector._desk and connector._desk.inbox)
            yield Street(there, address)


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Street]:
    async with street(tmp_path) as made:
        yield made


@pytest.mark.parametrize("body", [PACKET, STATUS], ids=["document", "status"])
@pytest.mark.parametrize("kind", ["application/xml", "application/octet-stream"])
async def test_a_packet_is_in_custody_when_the_call_is_answered(there: Street, body: bytes, kind: str) -> None:
    answer = await there.push(body, kind=kind)
    assert (200, {"ok": True, "id": "envelope-1"}) == (answer.status, answer.said)
    [incoming] = there.inbox.accepted.values()
    assert incoming.blob
    with there.bench.context.bodies.open(incoming.blob) as stored:
        assert stored.read() == body
    assert [edxml.read(io.BytesIO(body)).body] == there.bench.bodies()
    assert [] == there.incoming


@pytest.mark.parametrize("written", ["epoch", "zulu", "vietnam"])
async def test_a_time_is_written_in_any_of_these_ways(there: Street, written: str) -> None:
    now = datetime.now(UTC)
    forms = {
        "epoch": str(int(now.timestamp())),
        "zulu": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "vietnam": f"{now + timedelta(hours=7):%Y-%m-%dT%H:%M:%S}+07:00",
    }
    assert 200 == (await there.call(PACKET, signed(PACKET, forms[written]))).status


async def test_the_same_call_again_gets_the_same_answer_and_has_one_effect(there: Street) -> None:
    headers = signed(PACKET, stamped())
    answers = [await there.call(PACKET, headers) for _ in range(3)]
    answers += await asyncio.gather(*(there.call(PACKET, headers) for _ in range(5)))
    assert [Answer(200, {"ok": True, "id": "envelope-1"})] * 8 == answers
    assert 1 == len(there.inbox.accepted)


def _headers(fault: str) -> dict[str, str]:
    good = signed(PACKET, stamped())
    changed: dict[str, dict[str, str]] = {
        "forged": signed(PACKET, stamped(), "another-secret-of-somebody"),
        "old": signed(PACKET, stamped(301)),
        "ahead": signed(PACKET, stamped(-301)),
        "other time": {**good, "X-Timestamp": stamped(1)},
        "no zone": signed(PACKET, datetime.now(UTC).replace(tzinfo=None).isoformat()),
        "no time": {**good, "X-Timestamp": ""},
        "far time": signed(PACKET, "99999999999"),
        "odd time": {**good, "X-Timestamp": "đ" * 30},
        "no signature": {**good, "X-Signature": ""},
        "bare signature": {**good, "X-Signature": good["X-Signature"].removeprefix("sha256=")},
        "odd signature": {**good, "X-Signature": f"sha256={'đ' * 64}"},
    }
    return changed[fault]


@pytest.mark.parametrize(
    "fault",
    ["forged", "old", "ahead", "other time", "no zone", "no time", "far time", "odd time", "no signature",
     "bare signature", "odd signature"],
)  # fmt: skip
async def test_what_is_not_theirs_is_turned_away(there: Street, fault: str) -> None:
    answer = await there.call(PACKET, _headers(fault))
    assert (401, False, "signature") == (answer.status, answer.said["ok"], answer.said["code"])
    assert SECRET not in answer.said["reason"]
    assert [] == there.inbox.offered
    assert [] == there.incoming


async def test_a_changed_body_is_turned_away(there: Street) -> None:
    answer = await there.call(PACKET.replace(b"7/UBND-VX", b"8/UBND-VX") + b" ", signed(PACKET, stamped()))
    assert (401, "signature") == (answer.status, answer.said["code"])
    assert ([], []) == (there.inbox.offered, there.incoming)


@pytest.mark.parametrize(("ago", "status"), [(3600, b"401"), (0, b"413")], ids=["old", "too large"])
async def test_what_shows_in_the_head_is_answered_before_the_body_comes(
    there: Street, ago: float, status: bytes
) -> None:
    """Nothing of the ten gigabytes that it promises is waited for."""
    host, _, port = there.address.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    said = {**signed(PACKET, stamped(ago)), "Host": "hub", "Content-Length": str(10**10)}
    head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    writer.write(f"POST /push/xa-binh-son HTTP/1.1\r\n{head}\r\n".encode())
    try:
        answer = await asyncio.wait_for(reader.readuntil(b"}"), 5)
    finally:
        writer.close()
    assert answer.startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
async def test_what_is_too_large_is_turned_away(tmp_path: Path, declared: bool) -> None:
    body = sample_packet(files={"a.pdf": b"%PDF-1.7 " + b"x" * 1_000_000})

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 1 << 16):
            yield body[at : at + (1 << 16)]

    async with street(tmp_path, largest=1) as there, ClientSession() as session:
        async with session.post(
            f"{there.address}/push/xa-binh-son",
            data=io.BytesIO(body) if declared else pieces(),
            headers=signed(body, stamped()),
        ) as response:
            said = await response.json()
        assert (413, "too-large") == (response.status, said["code"])
        assert ([], []) == (there.inbox.offered, there.incoming)


@pytest.mark.parametrize("body", [b'{"id": "1"}', b'{"ids": ["1", "2"]}'])
async def test_a_nudge_makes_the_hub_look_at_once(there: Street, body: bytes) -> None:
    await asyncio.sleep(0.3)  # the first look is over, the next a minute away
    await there.bench.letter()
    answer = await there.push(body, kind="application/json")
    assert (202, {"ok": True, "id": "1"}) == (answer.status, answer.said)
    await eventually(lambda: there.inbox.accepted, 5)
    assert ["12/UBND-VX"] == [each.code for each in there.bench.bodies() if isinstance(each, Document)]


async def test_without_a_nudge_it_would_not_have_looked(there: Street) -> None:
    await asyncio.sleep(0.3)
    await there.bench.letter()
    assert 401 == (await there.push(b'{"id": "1"}', kind="application/json", secret="of-nobody-anywhere")).status
    await asyncio.sleep(0.7)
    assert {} == there.inbox.accepted


async def test_a_repeated_nudge_makes_no_second_look(there: Street) -> None:
    await asyncio.sleep(0.3)
    headers = signed(b'{"id": "1"}', stamped(), kind="application/json")
    assert 202 == (await there.call(b'{"id": "1"}', headers)).status
    await asyncio.sleep(0.3)
    await there.bench.letter()
    assert Answer(202, {"ok": True, "id": "1"}) == await there.call(b'{"id": "1"}', headers)
    await asyncio.sleep(0.7)
    assert {} == there.inbox.accepted


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"id": 1}', b'{"id": ""}', b'{"ids": []}', b'{"ids": "ab"}', b'{"ids": [null]}', b"\xff",
     b"[" * 30_000],
)  # fmt: skip
async def test_json_that_is_no_nudge_is_told(there: Street, body: bytes) -> None:
    answer = await there.push(body, kind="application/json")
    assert (400, "json") == (answer.status, answer.said["code"])


async def test_a_nudge_is_bounded(there: Street) -> None:
    answer = await there.push(b'{"id": "' + b"x" * 70_000 + b'"}', kind="application/json")
    assert (413, "too-large") == (answer.status, answer.said["code"])


async def test_what_the_hub_refuses_is_told_with_its_reason(there: Street) -> None:
    there.inbox.refuses = lambda _: Refused("unknown-addressee", "Không có nơi nhận này.", "To")
    answer = await there.push(PACKET)
    said = {"ok": False, "code": "unknown-addressee", "reason": "Không có nơi nhận này. (To)"}
    assert Answer(409, said) == answer
    assert [] == there.incoming


@pytest.mark.parametrize("body", [b"", b"<html/>", b"\x00" * 100, PACKET[:-200]])
async def test_what_cannot_be_read_is_told_and_not_kept(there: Street, body: bytes) -> None:
    answer = await there.push(body)
    assert (400, False) == (answer.status, answer.said["ok"])
    assert answer.said["reason"]
    assert ([None], {}) == ([each.blob for each in there.inbox.offered], there.inbox.accepted)
    assert [] == there.incoming


async def test_a_packet_over_which_the_hub_dies_is_kept_unread_in_the_end(tmp_path: Path) -> None:
    """Pushed again after each death, with another time and so as another call."""
    digest, state = hashlib.sha256(PACKET).hexdigest(), sample_context(tmp_path).state
    state.mkdir(parents=True)
    Hand(state, "push").take([digest])
    async with street(tmp_path) as there:
        for _ in range(2):
            await there.inbox.tries(f"push/{digest}")
        assert (202, "poison") == _told(await there.push(PACKET))
        assert (202, "poison") == _told(await there.push(PACKET))
        assert 200 == (await there.push(STATUS)).status
    assert [f"push/{digest}"] * 2 == [each.source_key for each in there.inbox.offered[:2]]
    assert {digest} == Hand(state, "push").left()


async def test_a_full_disk_is_told_and_the_same_call_comes_through_later(there: Street) -> None:
    headers = signed(PACKET, stamped())
    there.inbox.room = False
    assert (503, "storage") == _told(await there.call(PACKET, headers))
    there.inbox.room, there.inbox.error = True, StorageError("the ledger is gone")
    assert (503, "storage") == _told(await there.call(PACKET, headers))
    assert [] == there.incoming
    there.inbox.error = None
    assert Answer(200, {"ok": True, "id": "envelope-1"}) == await there.call(PACKET, headers)


def _told(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.said["code"]


async def test_what_is_no_call_is_told(there: Street) -> None:
    headers = signed(PACKET, stamped())
    assert (404, "unknown-unit") == _told(await called(f"{there.address}/push/so-nv", PACKET, headers))
    assert (400, "content-type") == _told(await there.push(PACKET, kind="text/plain"))
    async with ClientSession() as session, session.get(f"{there.address}/push/xa-binh-son") as response:
        assert 405 == response.status


async def test_while_its_endpoint_is_away_nothing_is_taken_and_it_is_told_to_come_again(tmp_path: Path) -> None:
    doorway = Doorway()
    async with unit(tmp_path, "third-rest") as made, opened_to(Outer(("127.0.0.1", 0)), doorway) as address:
        bench = Bench(made, sample_context(tmp_path, doors=doorway), MemoryInbox())
        async with bench.connector(push={"secret": SECRET}):
            assert (503, "busy") == _told(await Street(bench, address).push(PACKET))
        assert (503, "busy") == _told(await Street(bench, address).push(PACKET))
        moved_out = Bench(made, replace(bench.context, doors=None), bench.inbox)
        async with moved_out.listening(push={"secret": SECRET}):
            assert (503, "busy") == _told(await Street(bench, address).push(PACKET))


async def test_the_whole_hub_takes_a_document_once_however_it_comes(tmp_path: Path) -> None:
    """The same call, and the same document signed anew as the guide says it."""
    guide = _guide(tmp_path)
    async with unit(tmp_path, "third-rest") as made:
        offices = _offices(tmp_path, made.office.url)
        async with RunningHub(offices.home) as hub:
            url = f"{hub.outer_address}/push/xa-binh-son"
            headers = signed(PACKET, stamped())
            first = await _taken(url, headers)
            assert first == await called(url, PACKET, headers)
            again = await asyncio.to_thread(guide["push"], url, SECRET, PACKET)
            assert {"ok": True, "id": first.said["id"]} == again
            await eventually(lambda: (offices.folder / "in").exists() and offices.found())
            await asyncio.sleep(0.5)
            assert ["7/UBND-VX"] == [each.code for each in offices.found() if isinstance(each, Document)]


async def _taken(url: str, headers: dict[str, str]) -> Answer:
    """The answer, once the endpoint listens."""
    answer = await called(url, PACKET, headers)
    for _ in range(200):
        if answer.status != 503:
            break
        await asyncio.sleep(0.05)
        answer = await called(url, PACKET, headers)
    assert 200 == answer.status, answer
    return answer


def _guide(home: Path) -> dict[str, Any]:
    """The guide's own example, as somebody would copy it."""
    [example] = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    (home / "example.py").write_text(example, "utf-8")
    return runpy.run_path(str(home / "example.py"))


def _offices(home: Path, url: str, doors: str = 'doors: {listen: "127.0.0.1:0"}\n', **more: Any) -> Offices:
    file, _, who = SPOKEN["third-rest"]
    endpoint = {"kind": "eoffice-rest", "url": url, "profile": str(file), **who, **PATIENT}
    made = Offices(home, {**endpoint, "push": {"secret": SECRET}, **more})
    with (home / "hub.yaml").open("a", encoding="utf-8") as file_:
        file_.write(doors)
    return made


def _mistakes(home: Path) -> list[str]:
    try:
        load(home, lambda names: Plugins(names).settings)
    except ConfigError as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


def test_a_door_needs_the_outer_listener_and_the_hubs_own_process(tmp_path: Path) -> None:
    _offices(tmp_path, "http://127.0.0.1:1")
    assert [] == _mistakes(tmp_path)
    _offices(tmp_path, "http://127.0.0.1:1", doors="")
    assert any('needs "doors:" in hub.yaml' in each for each in _mistakes(tmp_path))
    _offices(tmp_path, "http://127.0.0.1:1", isolate=True)
    assert any("cannot be isolated" in each for each in _mistakes(tmp_path))
    _offices(tmp_path, "http://127.0.0.1:1", doors="", isolate=True, push=None)
    assert [] == _mistakes(tmp_path)


@pytest.mark.parametrize("push", [{}, {"secret": "short"}, {"secret": SECRET, "fresh": 0}, {"secret": SECRET, "x": 1}])
def test_what_a_push_may_say_is_checked(push: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="push"):
        RestSettings.model_validate(settings_of("third-rest", "http://127.0.0.1:1", push=push))


async def test_a_connector_that_was_moved_out_says_that_its_door_is_shut(tmp_path: Path) -> None:
    async with unit(tmp_path, "third-rest") as made:
        bench = Bench(made, sample_context(tmp_path), MemoryInbox())
        async with bench.connector(push={"secret": SECRET}) as connector:
            health = await connector.check()
        assert isinstance(connector, EofficeRest)
        assert not health.ok
        assert "push" in health.detail
