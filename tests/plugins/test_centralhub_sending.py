"""Out to a central hub: what goes, what its answers mean, and what became of a send that nobody saw the end of."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hub import Deferred, Delivery, Document, OutcomeUnknown, Receipt, Refused
from hub.carrying.journal import read
from hub.standards import edxml, vxp
from hub.testing import outcome_of
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from hub.vocabulary import Urgency
from plugins.centralhub.connector import BATCH
from tests.plugins.central import Bench, answers, bench, status_of


@pytest.fixture
async def central(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


def ours(
    code: str = "211/GM-SNV", to: tuple[str, ...] = (GOVERNMENT_OFFICE, "000.00.00.G18"), **fields: Any
) -> Document:
    return a_document(code, to=to, **fields)


def answer(central: Bench, status: str = "01") -> Delivery:
    """A hồi báo of ours about a document of the office."""
    said = replace(status_of("3127/VPCP-KSTT", status))
    about = replace(said.response_for, organ_id=GOVERNMENT_OFFICE)
    return central.delivery(replace(said, sender=replace(said.sender, id=BINH_SON), response_for=about))


async def test_a_document_goes_to_its_one_recipient_as_it_was_with_our_trace(central: Bench) -> None:
    delivery = central.delivery(ours())
    async with central.connector() as connector:
        receipt = await connector.send(delivery)
    [posted], [call] = central.office.posted, central.calls("sendEdoc")
    assert posted.doc_id == receipt.reference
    assert (HOME_AFFAIRS, "edoc", f'["{GOVERNMENT_OFFICE}"]') == (
        call.get("from"),
        call.get("messagetype"),
        call.get("to"),
    )
    packet = edxml.read(io.BytesIO(posted.content)).body
    assert isinstance(packet, Document)
    assert ours().to == packet.to
    assert "000.00.00.H48" == packet.trace[-1].organ_id
    assert call.get("hash-file") == vxp.hash_file(hashlib.sha256(posted.content).digest())


async def test_the_wire_may_name_the_recipient_alone_and_us_as_the_sender(central: Bench) -> None:
    async with central.connector(narrow="packet", sender="systemid", servicetype="edoc") as connector:
        await connector.send(central.delivery(ours()))
    [posted], [call] = central.office.posted, central.calls("sendEdoc")
    packet = edxml.read(io.BytesIO(posted.content)).body
    assert isinstance(packet, Document)
    assert [GOVERNMENT_OFFICE] == [organ.id for organ in packet.to]
    assert ("000.00.00.H48", "edoc") == (call.get("from"), call.get("servicetype"))


async def test_each_of_several_recipients_gets_the_copy_that_is_its_own(central: Bench) -> None:
    names = (GOVERNMENT_OFFICE, "000.00.00.G18")
    async with central.connector(narrow="packet") as connector:
        for name in names:
            await connector.send(replace(central.delivery(ours(to=names)), recipient=name))
    assert [json.dumps([name]) for name in names] == [call.get("to") for call in central.calls("sendEdoc")]
    packets = [edxml.read(io.BytesIO(posted.content)).body for posted in central.office.posted]
    assert [[name] for name in names] == [[organ.id for organ in getattr(body, "to", ())] for body in packets]


async def test_a_code_goes_as_the_packet_writes_it(central: Bench) -> None:
    async with central.connector() as connector:
        await connector.send(central.delivery(ours(to=("000.00.00.g22",))))
    assert '["000.00.00.g22"]' == central.calls("sendEdoc")[0].get("to")


async def test_an_answer_goes_without_a_to(central: Bench) -> None:
    delivery = answer(central)
    async with central.connector() as connector:
        await connector.send(delivery)
    [posted], [call] = central.office.posted, central.calls("sendEdoc")
    assert ("status", "", BINH_SON) == (call.get("messagetype"), call.get("to"), call.get("from"))
    assert edxml.read(io.BytesIO(posted.content)).body == delivery.envelope.body


async def test_a_large_document_is_streamed_and_is_what_was_stored(central: Bench) -> None:
    content = os.urandom(3_000_000)
    delivery = central.delivery(ours(), files={"a.pdf": content})
    async with central.connector() as connector:
        await connector.send(delivery)
    [posted] = central.office.posted
    source = io.BytesIO(posted.content)
    packet = edxml.read(source).body
    assert isinstance(packet, Document)
    assert content == b"".join(edxml.decode(source, packet.attachments[0]))


async def test_a_damaged_document_is_never_sent(central: Bench) -> None:
    delivery = central.delivery(ours())
    path = central.home / "data" / "blobs" / delivery.envelope.blob.digest
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    async with central.connector() as connector:
        with pytest.raises(Refused, match="damaged"):
            await connector.send(delivery)
    assert [] == central.office.calls


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda: web.Response(body=vxp.write_answer("18", "Don vi nhan khong ton tai", DocId="")), "refused"),
        (lambda: web.Response(body=vxp.write_answer("19", "Don vi gui X khong dung", DocId="0")), "refused"),
        (lambda: web.Response(body=vxp.write_answer("18", "khong co DocId")), "refused"),
        (lambda: web.Response(status=413), "refused"),
        (lambda: web.Response(body=vxp.write_answer("15", "Sai SystemId", DocId="")), "deferred"),
        (lambda: web.Response(status=401), "deferred"),
        (lambda: web.Response(status=404), "deferred"),
        (lambda: web.Response(status=503, headers={"Retry-After": "7"}), "deferred"),
        (lambda: web.Response(body=vxp.write_answer("20", "Loi he thong", DocId="")), "unknown"),
        (lambda: web.Response(body=vxp.write_answer("77", "?", DocId="")), "unknown"),
        (lambda: web.Response(body=vxp.write_answer(DocId="")), "unknown"),
        (lambda: web.Response(body=vxp.write_answer()), "unknown"),
        (lambda: web.Response(body=b""), "unknown"),
        (lambda: web.Response(status=502, text="<html>502</html>"), "unknown"),
        (lambda: web.Response(text="<html>OK</html>", content_type="text/html"), "unknown"),
        (lambda: web.Response(body=vxp.write_answer(DocId="d1")[:-3]), "unknown"),
        (lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"}), "unknown"),
    ],
)
async def test_what_an_answer_means(central: Bench, answer: Callable[[], web.Response], word: str) -> None:
    central.office.fault = answers("sendEdoc", answer)
    async with central.connector() as connector:
        ending = await outcome_of(connector, central.delivery(ours()))
    assert word == ending.word


async def test_after_an_outage_nothing_is_asked_for_a_while_and_then_it_goes(central: Bench) -> None:
    central.office.fault = answers("sendEdoc", lambda: web.Response(status=503, headers={"Retry-After": "7"}))
    delivery = central.delivery(ours())
    async with central.connector(pause="300ms", pause_most="300ms") as connector:
        await outcome_of(connector, delivery)
        central.office.fault = None
        with pytest.raises(Deferred) as rests:
            await connector.send(delivery)
        assert 0 < rests.value.retry_after <= 0.3
        assert 1 == len(central.calls("sendEdoc"))
        await asyncio.sleep(0.35)
        assert (await connector.send(delivery)).reference


def lost(central: Bench) -> Callable[[web.Request], Any]:
    """It takes the packet, and its answer is lost."""

    async def fault(request: web.Request) -> web.StreamResponse | None:
        if request.path != "/sendEdoc":
            return None
        said = vxp.verify(request.headers, {"000.00.00.H48": "khoa-bi-mat-cua-hop-dong"}.get)
        assert isinstance(said, vxp.Call)
        central.office._operations["sendEdoc"](said, await request.read())
        assert request.transport
        request.transport.close()
        return web.Response()

    return fault


async def in_doubt(central: Bench, *deliveries: Delivery) -> None:
    """Sent, each with its answer lost, by a connector that ended then."""
    central.office.fault = lost(central)
    for delivery in deliveries:
        async with central.connector() as connector:
            with pytest.raises(OutcomeUnknown):
                await connector.send(delivery)
    central.office.fault = None


@pytest.mark.parametrize("kind", ["edoc", "status"])
async def test_what_arrived_unseen_is_found_and_not_sent_again(central: Bench, kind: str) -> None:
    delivery = answer(central) if kind == "status" else central.delivery(ours())
    await in_doubt(central, delivery)
    async with central.connector() as connector:
        found = await connector.find(delivery)
        assert found is not None
        assert central.office.posted[0].doc_id == found.reference
        assert found.reference == (await connector.send(delivery)).reference
    assert 1 == len(central.office.posted)


async def test_one_row_is_found_for_one_delivery_only(central: Bench) -> None:
    """The list cannot tell a 01 from a 03: what is known to be another delivery does not count."""
    first, second, third = (answer(central, code) for code in ("01", "03", "06"))
    async with central.connector() as connector:
        await connector.send(first)
    async with central.connector() as connector:
        assert await connector.find(second) is None
    await in_doubt(central, second)
    async with central.connector() as connector:
        found = await connector.find(second)
        assert found is not None
        assert central.office.posted[1].doc_id == found.reference
        assert await connector.find(third) is None


async def test_two_in_doubt_are_found_in_their_order(central: Bench) -> None:
    first, second = answer(central, "01"), answer(central, "03")
    await in_doubt(central, first, second)
    async with central.connector() as connector:
        found = [await connector.find(each) for each in (first, second)]
    assert [posted.doc_id for posted in central.office.posted] == [each.reference for each in found if each]


async def test_what_another_sent_long_ago_is_not_ours(central: Bench) -> None:
    old = central.delivery(ours())
    await in_doubt(central, old)
    later = replace(old.envelope, received_at=old.envelope.received_at + timedelta(hours=1))
    async with central.connector() as connector:
        assert await connector.find(replace(old, envelope=later)) is None
        assert await connector.find(old) is not None


async def test_where_the_list_cannot_be_read_nobody_knows_yet(central: Bench) -> None:
    delivery = central.delivery(ours())
    await in_doubt(central, delivery)
    central.office.fault = answers("getSentEdocList", lambda: web.Response(text="<html>"))
    async with central.connector() as connector:
        with pytest.raises(Deferred):
            await connector.find(delivery)


async def test_where_the_list_is_not_believed_it_is_not_asked(central: Bench) -> None:
    async with central.connector(sent_list=False) as connector:
        assert await connector.find(central.delivery(ours())) is None
    assert [] == central.office.calls


async def test_a_batch_goes_in_order_and_stops_at_the_first_that_does_not(central: Bench) -> None:
    deliveries = [central.delivery(ours(f"{number}/GM")) for number in range(BATCH)]
    refused = replace(deliveries[3].envelope.body, sender=replace(deliveries[3].envelope.body.sender, id="ĐƠN VỊ"))
    deliveries[3] = replace(deliveries[3], envelope=replace(deliveries[3].envelope, body=refused))
    async with central.connector() as connector:
        outcomes = await connector.send_many(deliveries)
    assert [Receipt] * 3 + [Refused] == [type(each) for each in outcomes]
    assert ["0/GM", "1/GM", "2/GM"] == [posted.code for posted in central.office.posted]


async def test_after_an_outage_the_most_urgent_goes_first(central: Bench) -> None:
    """The first that is tried finds the line well; the others were waiting behind it."""
    gate = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse | None:
        if request.path == "/sendEdoc":
            await gate.wait()
        return None

    urgencies = [Urgency.NORMAL, Urgency.NORMAL, Urgency.URGENT, Urgency.FLASH, Urgency.VERY_URGENT]
    deliveries = [central.delivery(ours(f"{number}/GM", urgency=each)) for number, each in enumerate(urgencies)]
    async with central.connector(parallel=1) as connector:
        central.office.fault = slow
        tasks = [asyncio.create_task(connector.send(deliveries[0]))]
        await asyncio.sleep(0.1)
        tasks += [asyncio.create_task(connector.send(each)) for each in deliveries[1:]]
        await asyncio.sleep(0.3)
        gate.set()
        await asyncio.gather(*tasks)
    assert ["0/GM", "3/GM", "4/GM", "2/GM", "1/GM"] == [posted.code for posted in central.office.posted]


async def test_a_hub_that_never_answers_costs_less_than_the_hubs_own_patience(central: Bench) -> None:
    async def silent(request: web.Request) -> web.StreamResponse | None:
        if request.path == "/sendEdoc":
            await asyncio.sleep(30)
        return None

    central.office.fault = silent
    deliveries = [central.delivery(ours(f"{number}/GM")) for number in range(3)]
    loop = asyncio.get_running_loop()
    async with central.connector(send_timeout="1s", parallel=1) as connector:
        began = loop.time()
        ends = await asyncio.gather(*(connector.send_many([each]) for each in deliveries))
        assert loop.time() - began < 1.0
    assert ["Deferred", "Deferred", "OutcomeUnknown"] == sorted(type(end[0]).__name__ for end in ends)


async def test_what_was_written_down_is_readable_and_bears_no_secret(central: Bench) -> None:
    async with central.connector() as connector:
        await connector.send(central.delivery(ours()))
    path = central.context.state / "sent.jsonl"
    with path.open("a") as file:
        file.write('{"delivery": "torn')
    lines = [json.loads(line) for line in path.read_text().splitlines()[:-1]]
    assert ["", central.office.posted[0].doc_id] == [line["doc_id"] for line in lines]
    assert "khoa-bi-mat" not in path.read_text()
    async with central.connector() as connector:
        await connector.send(central.delivery(ours("2/GM")))
    assert [True, False, True, False] == [not doc_id for _, _, doc_id in read(path)]
    assert 4 == len([json.loads(line) for line in path.read_text().splitlines()])
    async with central.connector() as connector:
        assert len(central.office.posted) == 2 == len(connector._journal._known)
