"""A unit's server that counts anew, answers with tokens without end, asks for less, or repeats what it was told."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from hub import Document, Packet, logger
from hub.testing import MemoryInbox, eventually, outcome_of, sample_delivery, sample_packet
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document
from plugins.eoffice.rest.cutting import NotAnAnswer, XmlCutter
from tests.plugins.restdesk import Desk, Heard, desk, profile
from tests.plugins.test_eoffice_rest_lists import listening

_SECRET = "sieu-bi-mat-9911"


def _packet(code: str) -> bytes:
    return sample_packet(a_document(code, BINH_SON, (HOME_AFFAIRS,)))


async def test_an_id_that_is_used_again_is_another_paper(tmp_path: Path) -> None:
    """Their database was restored: the same number, another document."""
    waiting = {"1": _packet("1/BC")}
    inbox = MemoryInbox()
    async with desk() as there:
        there.answers["GET /list"] = lambda _: {"rows": [{"id": id_} for id_ in waiting]}
        there.answers["GET /one/1"] = lambda _: {"packet": waiting["1"].decode()}
        there.answers["POST /done/1"] = lambda _: {"size": len(waiting.pop("1", b""))}
        async with listening(tmp_path, there.url, inbox, profile()):
            await eventually(lambda: not waiting)
            looks = len(there.asked("GET /list"))
            await eventually(lambda: len(there.asked("GET /list")) > looks + 2)
            waiting["1"] = _packet("2/BC")
            await eventually(lambda: not waiting)
    bodies = [each.packet.body for each in inbox.offered if isinstance(each.packet, Packet)]
    assert ["1/BC", "2/BC"] == [body.code for body in bodies if isinstance(body, Document)]


@pytest.mark.parametrize("page", [b"<a><!--%s--></a>", b'<a b="%s"/>', b"<a><?b %s?></a>"])
def test_a_token_without_end_ends_soon(page: bytes) -> None:
    whole, cutter = page % (b"x" * 20_000_000), XmlCutter()
    begun = time.process_time()
    with pytest.raises(NotAnAnswer, match="quá dài"):
        _feed(cutter, whole)
    assert time.process_time() - begun < 2


def test_a_long_text_is_no_long_token() -> None:
    cutter, text = XmlCutter(), b"QUJD" * 2_000_000
    _feed(cutter, b"<a><b>" + text + b"</b></a>")
    assert "a" == cutter.end().tag


def _feed(cutter: XmlCutter, whole: bytes) -> None:
    for at in range(0, len(whole), 65536):
        cutter.feed(whole[at : at + 65536])


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that answers no SYN: its queue is full."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        callers = [socket.socket() for _ in range(4)]
        for each in callers:
            each.setblocking(False)
            each.connect_ex(server.getsockname())
        yield server.getsockname()[1]
        for each in callers:
            each.close()


async def test_a_secret_in_an_address_is_told_by_no_time_out(tmp_path: Path, silent: int) -> None:
    said = profile()
    said["receive"]["packets"]["list"]["call"] = "GET /list?key={secret}"
    said["send"]["packets"]["call"] = "POST /in?key={secret}"
    lines: list[str] = []
    sink = logger.add(lines.append, level="DEBUG")
    more = {"secret": _SECRET, "timeout": "500ms", "pause": "10ms", "pause_most": "10ms"}
    try:
        async with listening(tmp_path, f"http://127.0.0.1:{silent}", MemoryInbox(), said, **more) as connector:
            await eventually(lambda: "thời gian" in "".join(lines), 20)
            health = await connector.check()
            ending = await outcome_of(connector, sample_delivery(connector.context.bodies))
    finally:
        logger.remove(sink)
    assert not health.ok
    assert _SECRET not in f"{health}{ending}{lines}"


async def test_a_secret_that_a_row_repeats_is_not_shown(tmp_path: Path) -> None:
    async with desk() as there:
        there.answers["GET /list"] = lambda heard: {"rows": [{"a": heard.headers.get("X-Key", "")}]}
        said = profile(headers={"X-Key": "{secret}"})
        async with listening(tmp_path, there.url, MemoryInbox(), said, secret=_SECRET) as connector:
            await eventually(lambda: "mã dùng được" in connector._polls[0].trouble)
            assert "***" in connector._polls[0].trouble
            assert _SECRET not in connector._polls[0].trouble


@pytest.mark.parametrize("status", [429, 425, 503])
async def test_who_asks_for_less_is_asked_for_less(tmp_path: Path, status: int) -> None:
    async with desk() as there:
        _lists(there, 200)
        for number in range(200):
            there.answers[f"GET /one/{number}"] = lambda _: web.Response(status=status)
        async with listening(tmp_path, there.url, MemoryInbox(), profile(), pause="1s", pause_most="60s"):
            await eventually(lambda: there.asked("GET /list"))
            await asyncio.sleep(1.5)
        assert len([one for one in there.heard if one.path.startswith("/one/")]) < 40


async def test_a_confirmation_that_is_refused_each_time_is_made_more_and_more_seldom(tmp_path: Path) -> None:
    async with desk() as there:
        _lists(there, 10)
        for number in range(10):
            there.answers[f"GET /one/{number}"] = _numbered
            there.answers[f"POST /done/{number}"] = lambda _: web.json_response({"e": 1}, status=400)
        async with listening(tmp_path, there.url, MemoryInbox(), profile(), poll="50ms"):
            await eventually(lambda: len(there.asked("GET /list")) > 30, 20)
        assert len([one for one in there.heard if one.method == "POST"]) < 10 * 9


def _numbered(heard: Heard) -> dict[str, str]:
    return {"packet": _packet(heard.path.replace("/one/", "") + "/A").decode()}


def _lists(there: Desk, number: int) -> None:
    there.answers["GET /list"] = lambda _: {"rows": [{"id": str(one)} for one in range(number)]}
