"""What goes over the wire by each profile, and what both sides have afterwards, say the office's own records."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub import Acknowledgement, Document, Refused
from hub.standards import edxml
from hub.testing import eventually, outcome_of
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Business, BusinessInfo, Urgency
from tests.plugins.rest import SPOKEN, THIRD, Bench, bench
from tests.spoiling import spoil

PROFILES = list(SPOKEN)


@pytest.fixture(params=PROFILES)
async def there(request: Any, tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path, request.param) as made:
        yield made


async def test_a_document_is_in_their_register_with_its_files(there: Bench) -> None:
    content = os.urandom(3_000_000)
    body = a_document("211/GM-SNV", urgency=Urgency.URGENT)
    async with there.connector() as connector:
        receipt = await connector.send(there.delivery(body, files={"a.pdf": content, "Giấy mời số 2.pdf": b"%PDF-2"}))
    [row] = there.office.records.incoming()
    paper = row["paper"]
    assert ("211/GM-SNV", HOME_AFFAIRS, "2026/11/23", 1) == (paper.code, paper.sender.code, paper.date, paper.urgency)
    assert [("a.pdf", len(content)), ("Giấy mời số 2.pdf", 6)] == [(each.name, each.size) for each in paper.files]
    assert content == there.office.records.content(paper.files[0].sha256)
    assert receipt.reference in (row["uid"], str(row["id"]))


async def test_a_damaged_document_is_never_sent(there: Bench) -> None:
    delivery = there.delivery(files={"a.pdf": b"%PDF-1.7 x"})
    spoil(there.context.state.parents[1] / "blobs", delivery)
    async with there.connector() as connector:
        with pytest.raises(Refused, match="damaged"):
            await connector.send(delivery)
    assert [] == there.office.records.incoming()


async def test_the_same_delivery_after_a_restart_is_not_sent_again(there: Bench) -> None:
    delivery = there.delivery()
    for _ in range(2):
        async with there.connector() as connector:
            await connector.send(delivery)
    assert 1 == len(there.office.records.acts("document"))


async def test_another_delivery_of_what_they_have_is_a_receipt_too(there: Bench) -> None:
    async with there.connector() as connector:
        await connector.send(there.delivery())
        assert "receipt" == (await outcome_of(connector, there.delivery())).word
    assert ["taken", "duplicate"] == [row["outcome"] for row in there.office.records.acts("document")]


async def test_a_status_reaches_the_document_that_it_is_about(there: Bench) -> None:
    await there.letter("12")
    [sent] = there.office.records.outgoing()
    paper = sent["paper"]
    about = a_document(paper.code, BINH_SON, (HOME_AFFAIRS,), document_id=paper.document_id)
    said = an_answer(about, "02", HOME_AFFAIRS, description="Không thuộc thẩm quyền",
                     at=datetime(2026, 11, 26, 1, 2, 3, tzinfo=UTC))  # fmt: skip
    async with there.connector() as connector:
        await connector.send(there.delivery(said))
    [answer] = there.office.records.answers(paper.code)
    assert "02" == answer["status"]
    assert "Không thuộc thẩm quyền" == answer["reason"]


async def test_what_their_people_send_is_taken_and_confirmed(there: Bench) -> None:
    await there.letter("12", files=(("Phụ lục.pdf", b"%PDF-1.7 phu luc"),))
    async with there.listening():
        await eventually(lambda: [row["state"] for row in there.office.records.outbox("edoc")] == ["done"], 20)
    [body] = there.bodies()
    assert isinstance(body, Document)
    assert ("12/UBND-VX", BINH_SON, [HOME_AFFAIRS]) == (body.code, body.sender.id, [each.id for each in body.to])
    assert "V/v thử" == body.subject
    [found] = there.inbox.accepted.values()
    assert found.blob
    with there.context.bodies.open(found.blob) as source:
        packet = edxml.read(io.BytesIO(source.read())).body
        assert isinstance(packet, Document)
        source.seek(0)
        assert b"%PDF-1.7 phu luc" == b"".join(edxml.decode(source, packet.attachments[0]))


async def test_what_their_people_do_with_a_document_comes_as_statuses(there: Bench) -> None:
    async with there.listening() as connector:
        await connector.send(there.delivery())
        doc = there.office.records.incoming()[0]["id"]
        await there.office.clerk.register(doc)
        await there.office.clerk.finish(doc)
        await eventually(lambda: {row["state"] for row in there.office.records.outbox("status")} == {"done"}, 20)
    said = [body for body in there.bodies() if isinstance(body, Acknowledgement)]
    assert ["01", "03", "06"] == sorted(body.status for body in said)
    assert {(HOME_AFFAIRS, "211/GM-SNV", BINH_SON)} == {
        (body.response_for.organ_id, body.response_for.code, body.sender.id) for body in said
    }


async def test_what_the_hub_refuses_is_told_them_and_comes_no_more(there: Bench) -> None:
    there.inbox.refuses = lambda found: Refused("unknown-sender", "Không rõ nơi gửi.")
    await there.letter("12")
    async with there.listening():
        await eventually(lambda: there.inbox.offered, 20)
        told = "done" if there.unit.profile == "bkav-rest" else "fail"
        await eventually(lambda: [row["state"] for row in there.office.records.outbox("edoc")] == [told], 20)
    assert 1 == len(there.inbox.offered)


async def test_find_tells_what_they_have(there: Bench) -> None:
    delivery, other = there.delivery(), there.delivery(a_document("9/GM-SNV"))
    async with there.connector() as connector:
        await connector.send(delivery)
    (there.context.state / "sent.jsonl").unlink()
    async with there.connector() as connector:
        found = await connector.find(delivery)
        assert await connector.find(other) is None
    # bkav-rest asks by number, which last year's document has too: there a repeat tells, by its DocumentId.
    assert (found is not None) == (there.unit.profile == "third-rest")


async def test_a_change_of_a_document_is_refused_where_they_can_take_none(tmp_path: Path) -> None:
    body = a_document(business=BusinessInfo(Business.UPDATE, "x", "sửa"))
    async with bench(tmp_path, "third-rest") as there, there.connector() as connector:
        ending = await outcome_of(connector, there.delivery(body))
    assert "refused" == ending.word
    assert [] == there.office.records.incoming()


async def test_a_list_in_pages_is_read_to_its_end(tmp_path: Path) -> None:
    async with bench(tmp_path, "third-rest") as there:
        profile = there.unit.settings["profile"]
        profile["list"]["call"] = profile["list"]["call"].replace("so-dong=100", "so-dong=2")
        for number in range(5):
            await there.letter(str(number + 1))
        async with there.listening():
            await eventually(lambda: len(there.bodies()) == 5, 20)


def test_the_third_profile_has_less_than_sixty_lines() -> None:
    assert len(THIRD.read_text("utf-8").splitlines()) < 60
