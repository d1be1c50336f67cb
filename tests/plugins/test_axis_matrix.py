"""Every operation of the axis, called by every unit about every packet of others: nothing of it is shown or changed."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.standards import edxml, vxp
from hub.testing import RunningHub, sample_packet
from hub.testing.samples import a_document, an_answer
from tests.plugins.axis import Software
from tests.plugins.test_axis import arrived
from tests.simulating.bench import Answer, exchange

_HUB = """
data: data
listen: 127.0.0.1:0
doors: {listen: "127.0.0.1:0"}
plugins: [eoffice]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
reserve: 1000000
"""
_UNIT = """
  {unit}:
    name: Sở {unit}
    code: {code}
    endpoint: {{kind: eoffice-axis, systemid: {code}, secret: khoa-cua-{unit}}}
"""
CODES = {unit: f"000.00.{number}.H48" for number, unit in enumerate(("mot", "hai", "ba", "bon"), 11)}


@dataclass(frozen=True)
class Correspondence:
    """What two units have between them: a document of the first, and the second's answer to it."""

    between: tuple[str, str]
    #: the hub's ids of both packets, for who sent each and for who fetches it
    ids: tuple[str, ...]
    #: with its number and subject all that nobody else may read
    secrets: tuple[str, ...]
    #: the id of each packet for who fetches it, and who that is
    packets: tuple[tuple[str, str], ...]
    #: the document as it was sent
    packet: bytes


@pytest.fixture
async def units(tmp_path: Path) -> AsyncIterator[dict[str, Software]]:
    units = "".join(_UNIT.format(unit=unit, code=code) for unit, code in CODES.items())
    (tmp_path / "hub.yaml").write_text(_HUB, "utf-8")
    (tmp_path / "units.yaml").write_text(f"units:{units}", "utf-8")
    async with RunningHub(tmp_path) as hub:
        yield {unit: Software(hub.outer_address, code, f"khoa-cua-{unit}") for unit, code in CODES.items()}


async def listed(software: Software) -> list[dict[str, Any]]:
    return [*await software.waiting(), *await software.waiting("status")]


async def corresponded(units: dict[str, Software], first: str, second: str) -> Correspondence:
    """They write to each other; both packets wait to be fetched."""
    words = f"chuyen-rieng-cua-{first}-va-{second}"
    document = a_document(f"7/CV-{first.upper()}", CODES[first], (CODES[second],), subject=words)
    packet = sample_packet(document)
    sent = (await units[first].send(packet)).json["DocId"]
    [doc_id] = await arrived(units[second])
    answer = edxml.write_acknowledgement(an_answer(document, "03", CODES[second], description=words))
    answered = (await units[second].send(answer, messagetype="status")).json["DocId"]
    [status_id] = await arrived(units[first], "status")
    ids = (sent, doc_id, answered, status_id)
    packets = ((doc_id, second), (status_id, first))
    return Correspondence((first, second), ids, (words, document.code, *ids), packets, packet)


def text_of(answer: Answer) -> str:
    """All that an answer says, what is base64 in it too."""
    text = answer.body.decode("utf-8", "replace")
    return "\n".join((text, *_decoded(text.split('"'))))


def _decoded(texts: Sequence[str]) -> Iterator[str]:
    for each in texts:
        try:
            yield base64.b64decode(each, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            continue


def calls(software: Software, about: str) -> Iterator[tuple[str, bytes]]:
    """Every operation but sendEdoc about that id, for either kind, in both spellings of its header; as raw calls."""
    for name, operation in vxp.OPERATIONS.items():
        for kind in ("edoc", "status"):
            said = {"docId": about, "docid": about, "filePath": "store", "servicetype": "eDoc", "messagetype": kind}
            said |= {"status": "done"} if name == "updateStatus" else {}
            if name != "sendEdoc":
                yield name, software.signed(name, operation.body, operation.content_type, **said)


async def told(software: Software, ids: Sequence[str]) -> list[tuple[str, str, str]]:
    """Each operation, the id that it was called about, and what it said."""
    made = [(name, about, raw) for about in ids for name, raw in calls(software, about)]
    said = await asyncio.gather(*(asyncio.to_thread(exchange, software.port, raw) for _, _, raw in made))
    return [(name, about, text_of(answer)) for (name, about, _), answer in zip(made, said, strict=True)]


async def test_no_operation_shows_or_changes_what_is_between_others(units: dict[str, Software]) -> None:
    mot_hai = await corresponded(units, "mot", "hai")
    ba_bon = await corresponded(units, "ba", "bon")
    for mine, theirs in ((mot_hai, ba_bon), (ba_bon, mot_hai)):
        for software in (units[each] for each in mine.between):
            heard = await told(software, theirs.ids)
            refused = await asyncio.to_thread(exchange, software.port, software.sending(theirs.packet))
            heard.append(("sendEdoc", "", text_of(refused)))
            # What a call names its caller knows.
            shown = [
                (name, word) for name, about, said in heard for word in theirs.secrets if word in said and word != about
            ]
            assert shown == []
    for each in (mot_hai, ba_bon):
        for doc_id, owner in each.packets:
            assert {"initial"} == {row["status"] for row in await listed(units[owner]) if row["docId"] == doc_id}


@pytest.mark.parametrize("owner", ["mot", "hai"])
async def test_the_two_themselves_are_shown_it(units: dict[str, Software], owner: str) -> None:
    """Else the test above would see nothing whatever the axis did."""
    both = await corresponded(units, "mot", "hai")
    heard = await told(units[owner], both.ids)
    sent, doc_id, answered, status_id = both.ids
    mine = {sent, status_id} if owner == "mot" else {doc_id, answered}
    assert {*both.secrets[:2], *mine} <= {word for word in both.secrets for _, _, said in heard if word in said}
