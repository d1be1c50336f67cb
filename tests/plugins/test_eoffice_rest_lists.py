"""What a list shows for long: what is never right, told already, or older, or more, than is asked for."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hub import Document
from hub.carrying.looked import Looked
from hub.clock import SystemClock
from hub.directory import normalise
from hub.standards import edxml
from hub.testing import MemoryInbox, eventually, sample_context, sample_packet
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document
from plugins.eoffice.rest.connector import EofficeRest
from tests.plugins.rest import PATIENT
from tests.plugins.restdesk import Desk, desk, profile

PACKET = sample_packet(a_document("12/UBND-VX", BINH_SON, (HOME_AFFAIRS,)))
QUICK = {"poll": "10ms", "poll_busy": "10ms"}


@pytest.fixture
async def there() -> AsyncIterator[Desk]:
    async with desk() as made:
        made.answers["GET /one/1"] = lambda _: {"packet": base64.b64encode(PACKET).decode()}
        made.answers["GET /list"] = lambda _: {"rows": [{"id": 1}]}
        made.answers["POST /done/1"] = lambda _: {}
        yield made


@asynccontextmanager
async def listening(home: Path, url: str, inbox: MemoryInbox, says: Any = None, **more: Any) -> AsyncIterator[Any]:
    context = sample_context(home, clock=SystemClock(), codes={normalise(BINH_SON): "xa-binh-son"})
    settings = {"kind": "eoffice-rest", "url": url, "profile": says or profile(), **PATIENT, **QUICK, **more}
    async with EofficeRest(EofficeRest.settings_type.model_validate(settings), context) as made:
        task = asyncio.create_task(made.listen(inbox))
        try:
            yield made
        finally:
            task.cancel()
            await asyncio.wait({task})


async def test_what_is_listed_whatever_we_say_is_told_again_less_and_less(tmp_path: Path, there: Desk) -> None:
    async with listening(tmp_path, there.url, MemoryInbox()) as made:
        await eventually(lambda: len(there.asked("GET /list")) > 160, 20)
        assert "" == made._polls[0].trouble
    assert 1 == len(there.asked("GET /one/1"))
    assert 4 <= len(there.asked("POST /done/1")) <= 16


async def test_what_is_never_right_is_fetched_less_and_less_and_always_named(tmp_path: Path, there: Desk) -> None:
    there.answers["GET /one/1"] = lambda _: {"packet": ""}
    async with listening(tmp_path, there.url, MemoryInbox()) as made:
        for looks in range(40, 161, 20):
            await eventually(partial(_looked, there, looks), 20)
            assert "không có gói tin" in made._polls[0].trouble
    assert 4 <= len(there.asked("GET /one/1")) <= 16


def _looked(there: Desk, times: int) -> bool:
    return len(there.asked("GET /list")) > times


async def test_what_is_known_takes_no_place_of_what_is_new(tmp_path: Path, there: Desk) -> None:
    ids = [str(number) for number in range(10_050)]
    there.answers["GET /list"] = lambda _: {"rows": [{"id": id_} for id_ in ids]}
    async with listening(tmp_path, there.url, MemoryInbox(), poll="1h", poll_busy="1h") as made:
        listed = await made._client.listed("packets", "", known=set(ids[:10_000]))
    assert ids[10_000:] == list(listed.rows)
    assert set(ids[:10_000]) == listed.again


async def test_a_list_whose_rest_nobody_sees_is_told(tmp_path: Path, there: Desk) -> None:
    says = profile()
    over = {"over": {"pick": "x", "in": [1]}}
    says["receive"]["packets"]["list"] |= {"call": "GET /list?p={page}", "pages": {"size": 10_000}, **over}
    there.answers["GET /list"] = lambda heard: {
        "rows": [{"id": f"{heard.query['p']}-{number}", "x": 1} for number in range(10_000)]
    }
    async with listening(tmp_path, there.url, MemoryInbox(), says, poll="1h", poll_busy="1h") as made:
        await eventually(lambda: "list too long" in made._polls[0].trouble, 30)


async def test_a_packet_is_asked_for_as_long_as_it_is_not_taken(tmp_path: Path, there: Desk) -> None:
    says = profile()
    says["receive"]["packets"]["list"]["call"] = "GET /list?s={since:%Y-%m-%d}"
    state = sample_context(tmp_path, clock=SystemClock()).state
    state.mkdir(parents=True, exist_ok=True)
    looked, begun = Looked(state, "packets-"), datetime.now(UTC) - timedelta(days=90)
    looked.note(begun)
    there.answers["GET /one/1"] = lambda _: {"packet": ""}
    async with listening(tmp_path, there.url, MemoryInbox(), says) as made:
        await eventually(lambda: made._polls[0].trouble, 10)
        assert begun == looked.last()
        assert there.asked("GET /list")[-1].query["s"] <= f"{begun:%Y-%m-%d}"
        there.answers["GET /one/1"] = lambda _: {"packet": base64.b64encode(PACKET).decode()}
        await eventually(lambda: looked.last() != begun, 20)


async def test_a_refusal_of_who_we_are_ends_the_calls_that_wait(tmp_path: Path, there: Desk) -> None:
    ids = [str(number) for number in range(32)]
    there.answers["GET /list"] = lambda _: {"rows": [{"id": id_} for id_ in ids]}
    there.answers.update({f"GET /one/{id_}": lambda _: web.Response(status=401) for id_ in ids})
    async with listening(tmp_path, there.url, MemoryInbox(), retry_credentials="1h") as made:
        await eventually(lambda: made._traffic.denied, 10)
        await asyncio.sleep(0.3)
    # as many as are asked at a time
    assert sum("/one/" in each.path for each in there.heard) <= made.settings.parallel
    assert 1 == len(there.asked("GET /list"))


async def test_a_packet_that_kills_the_hub_is_not_even_parsed(tmp_path: Path, there: Desk) -> None:
    there.answers["GET /one/1"] = lambda _: web.Response(body=b'{"packet": "<' * 1000)
    inbox = MemoryInbox()
    state = sample_context(tmp_path, clock=SystemClock()).state
    state.mkdir(parents=True, exist_ok=True)
    (state / ".reading-packets%2F.json").write_text('["1"]')
    for _ in range(2):
        await inbox.tries("packets//1")
    async with listening(tmp_path, there.url, inbox):
        await eventually(lambda: inbox.offered, 10)
    [offered] = inbox.offered
    assert "poison" == getattr(offered.packet, "code", "")
    assert offered.blob
    assert 13_000 == offered.blob.size


@pytest.mark.parametrize("whole", [True, False])
async def test_a_file_whose_end_nobody_says_comes_twice_alike(tmp_path: Path, whole: bool) -> None:
    """HTTP/1.0 without a length: a cut line looks like an end."""
    served: list[bytes] = []
    files = [b"%PDF-1.7 whole", b"%PDF-1.7 whole"] if whole else [b"%PDF-1.7 wh", b"%PDF-1.7 whole"]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        if path == b"/file/a":
            body = files[len(served) % 2]
            served.append(body)
        elif path == b"/list":
            body = b'{"rows": [{"id": "1"}]}'
        else:
            body = b"{}" if path.startswith(b"/done") else ROW
        length = b"" if path == b"/file/a" else b"Content-Length: %d\r\n" % len(body)
        writer.write(b"HTTP/1.0 200 OK\r\n" + length + b"\r\n" + body)
        await writer.drain()
        writer.close()

    says = profile()
    says["receive"]["packets"] |= {
        "fetch": {"call": "GET /one/{id}"},
        "document": {
            "code": "code", "subject": "code", "date": {"pick": "date", "form": "%Y-%m-%d"}, "to": "to",
            "files": {"rows": "files", "name": "name", "id": "id", "call": "GET /file/{file.id}"},
        },
    }  # fmt: skip
    inbox = MemoryInbox()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, listening(tmp_path, url, inbox, says) as made:
        if whole:
            await eventually(lambda: inbox.accepted, 10)
        else:
            await eventually(lambda: "không giống nhau" in made._polls[0].trouble, 10)
            assert not inbox.offered
            files[0] = files[1]
            await eventually(lambda: inbox.accepted, 20)
        [found] = inbox.accepted.values()
        with made.context.bodies.open(found.blob) as source:
            body = edxml.read(io.BytesIO(source.read())).body
            assert isinstance(body, Document)
            source.seek(0)
            assert b"%PDF-1.7 whole" == b"".join(edxml.decode(source, body.attachments[0]))


ROW = (
    b'{"code": "12/UBND-VX", "date": "2026-11-23", "to": "%s", "files": [{"id": "a", "name": "a.pdf"}]}'
    % HOME_AFFAIRS.encode()
)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAuthoriz ation KHOA-4711\r\n\r\n{}",
        b"HTTP/1.1 302 Found\r\nLocation: https://sso.example/login?apikey=KHOA-4711\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["bad-header", "redirect"],
)
async def test_what_breaks_on_the_line_repeats_no_secret(tmp_path: Path, answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    says = profile()
    says["receive"]["packets"]["list"]["call"] = "GET /list?key={secret}"
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, listening(tmp_path, url, MemoryInbox(), says, secret="KHOA-4711") as made:
        await eventually(lambda: made._polls[0].trouble, 10)
        said = (await made.check()).detail + made._polls[0].trouble
    assert said
    assert "4711" not in said
