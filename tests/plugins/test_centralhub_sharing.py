"""One document for several at the central hub: one packet, and each has a receipt of its own all the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from hub import Delivery, OutcomeUnknown, Receipt, Refused
from hub.directory import normalise
from hub.standards import vxp
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, a_document
from hub.vocabulary import new_id
from plugins.centralhub.office import SECRET, SYSTEM
from tests.plugins.central import Bench, bench

FINANCE, HEALTH, NOBODY = "000.00.00.G12", "000.00.00.G18", "000.00.00.X99"


@pytest.fixture
async def central(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


def deliveries(central: Bench, *to: str) -> list[Delivery]:
    """One document, which is for one of ours too, on its way to each of these outside."""
    first = central.delivery(a_document(to=(*to, BINH_SON)))
    clock = central.context.clock
    return [replace(first, id=new_id(clock.now()), recipient=normalise(code)) for code in to]


def named(central: Bench) -> list[list[str]]:
    """The recipients of each packet that was sent, in the order of their codes."""
    return [sorted(json.loads(call.get("to"))) for call in central.calls("sendEdoc")]


async def test_they_go_in_one_packet_and_each_has_its_receipt(central: Bench) -> None:
    mine = deliveries(central, GOVERNMENT_OFFICE, FINANCE, HEALTH)
    async with central.connector() as connector:
        ends = await asyncio.gather(*(connector.send(each) for each in mine))
        assert [[FINANCE, HEALTH, GOVERNMENT_OFFICE]] == named(central)
        assert 1 == len({end.reference for end in ends})
        # Known to have arrived, each of them; nothing goes again.
        again = [await connector.find(each) for each in mine]
        assert ends == [replace(each, detail="") for each in again if each]
        await asyncio.gather(*(connector.send(each) for each in mine))
    assert 1 == len(named(central))
    assert [FINANCE, HEALTH, GOVERNMENT_OFFICE] == sorted(posted.to for posted in central.office.posted)


async def test_who_comes_later_goes_later(central: Bench) -> None:
    mine = deliveries(central, GOVERNMENT_OFFICE, FINANCE)
    async with central.connector(together="50ms") as connector:
        for each in mine:
            await connector.send(each)
    assert [[GOVERNMENT_OFFICE], [FINANCE]] == named(central)


async def test_each_goes_by_itself_where_that_is_wanted(central: Bench) -> None:
    mine = deliveries(central, GOVERNMENT_OFFICE, FINANCE)
    async with central.connector(together="0") as connector:
        await asyncio.gather(*(connector.send(each) for each in mine))
    assert [[GOVERNMENT_OFFICE], [FINANCE]] == sorted(named(central), key=lambda to: to != [GOVERNMENT_OFFICE])


async def test_the_packet_names_those_alone_who_get_it_where_that_is_wanted(central: Bench) -> None:
    mine = deliveries(central, GOVERNMENT_OFFICE, FINANCE)
    async with central.connector(narrow="packet") as connector:
        await asyncio.gather(*(connector.send(each) for each in mine))
    [content] = {posted.content for posted in central.office.posted}
    assert b">" + BINH_SON.encode() + b"<" not in content
    assert all(b">" + code.encode() + b"<" in content for code in (GOVERNMENT_OFFICE, FINANCE))


async def test_one_who_does_not_exist_costs_the_others_nothing(central: Bench) -> None:
    async def strict(request: web.Request) -> web.StreamResponse | None:
        if request.path == "/sendEdoc" and NOBODY in request.headers[f"{vxp.PREFIX}to"]:
            return web.Response(body=vxp.write_answer("18", "Don vi nhan khong ton tai", DocId=""))
        return None

    central.office.fault = strict
    mine = deliveries(central, GOVERNMENT_OFFICE, NOBODY, FINANCE)
    async with central.connector() as connector:
        ends = await asyncio.gather(*(connector.send(each) for each in mine), return_exceptions=True)
    assert [Receipt, Refused, Receipt] == [type(end) for end in ends]
    assert {GOVERNMENT_OFFICE, FINANCE} == {posted.to for posted in central.office.posted}
    assert 2 == len(central.office.posted)


async def test_a_packet_that_was_cut_off_is_in_doubt_for_all_and_found_for_each(central: Bench) -> None:
    arrived = asyncio.Event()

    async def lost(request: web.Request) -> web.StreamResponse | None:
        if request.path == "/sendEdoc" and not arrived.is_set():
            call = vxp.verify(request.headers, {SYSTEM: SECRET}.get)
            assert isinstance(call, vxp.Call)
            central.office._send(call, await request.read())
            arrived.set()
            await asyncio.sleep(30)
        return None

    central.office.fault = lost
    mine = deliveries(central, GOVERNMENT_OFFICE, FINANCE)
    async with central.connector() as connector:
        first, second = (asyncio.create_task(connector.send(each)) for each in mine)
        await asyncio.wait_for(arrived.wait(), 10)
        first.cancel()
        with pytest.raises(OutcomeUnknown):
            await second
        await asyncio.wait({first})
        assert first.cancelled()
        found = [await connector.find(each) for each in mine]
    assert all(found)
    assert 2 == len(central.office.posted)
