"""Bad days of the doors that serve, one by one, as a caller meets them; and what the office did meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.error import HTTPError

import aiohttp
import pytest

from hub.testing import sample_packet
from hub.testing.samples import HOME_AFFAIRS, a_document
from tests.counterparts.eoffice import FAULTS, Letter, NoFault, Office, Party, Setup, Switches, eoffice
from tests.counterparts.eoffice.control import turn
from tests.counterparts.rest import Answer, BkavCaller, ProvincialCaller, ThirdCaller

CODE = "000.00.12.H48"
DOORS = ("provincial", "bkav", "third")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with eoffice(Setup(tmp_path, doors=DOORS, agencies=(Party(HOME_AFFAIRS, "Sở Nội vụ"),))) as made:
        yield made


async def listed(office: Office, door: str, caller: ProvincialCaller | None = None) -> Answer:
    """What a door says when it is asked for what the clerk sent."""
    if door == "bkav":
        return await BkavCaller(office.url, CODE).call("getPendingDocIds", type="EDOC")
    if door == "third":
        return await ThirdCaller(office.url).answer("GET", "hop-thu-di?loai=van-ban")
    caller = caller or ProvincialCaller(office.url, CODE)
    if not caller.bearer:
        await caller.login()
    return await caller.call("GET", "syncReceivedEdocList?messageType=edoc")


MATTERS = {"provincial": '"docId"', "bkav": '"docIDs"', "third": '"dong"'}
LIST = {"provincial": "syncReceivedEdocList", "bkav": "getPendingDocIds", "third": "hop-thu-di"}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("fault", "http", "kind", "size"),
    [("http500", 500, "text/plain", 0), ("http502", 502, "text/html", 100), ("http503", 503, "text/plain", 0),
     ("html200", 200, "text/html", 100), ("empty", 200, "application/json", 0), ("redirect", 307, "text/plain", 0)],
)  # fmt: skip
async def test_an_answer_of_another_kind(
    office: Office, door: str, fault: str, http: int, kind: str, size: int
) -> None:
    office.faults.set(f"{fault}@{door}.{LIST[door]}=1")
    answer = await listed(office, door)
    assert (answer.http, answer.kind, len(answer.body) >= size) == (http, kind, True)
    assert (await listed(office, door)).json
    assert [call["http"] for call in office.records.calls(LIST[door])] == [http, 200]


@pytest.mark.parametrize("door", DOORS)
async def test_its_own_error_with_http_200(office: Office, door: str) -> None:
    office.faults.set(f"error200@{door}.{LIST[door]}=1")
    told = (await listed(office, door)).json
    assert told.get("success", told.get("ok", told.get("status") == "Success")) is False


@pytest.mark.parametrize("door", DOORS)
async def test_half_an_answer_and_one_shorter_than_it_says(office: Office, door: str) -> None:
    office.faults.set(f"truncated@{door}.{LIST[door]}=1")
    with pytest.raises(ValueError):
        assert (await listed(office, door)).json
    office.faults.clear()
    office.faults.set(f"length@{door}.{LIST[door]}=1")
    with pytest.raises(aiohttp.ClientPayloadError):
        await listed(office, door)


@pytest.mark.parametrize("door", DOORS)
async def test_rows_twice_fields_gone_letters_broken(office: Office, door: str) -> None:
    await office.clerk.send(Letter("45", "KH", "Kế hoạch"), (HOME_AFFAIRS,))
    plain = (await listed(office, door)).body
    office.faults.set(f"duplicate@{door}")
    told = (await listed(office, door)).json
    rows = told.get("data") or told.get("docIDs") or told["ketQua"]["dong"]
    assert len(rows) == 2
    assert rows[0] == rows[1]
    office.faults.clear()
    office.faults.set(f"missing@{door}.{LIST[door]}")
    assert MATTERS[door].encode() in plain
    assert MATTERS[door].encode() not in (await listed(office, door)).body
    office.faults.clear()
    office.faults.set(f"mojibake@{door}.{LIST[door]}")
    broken = (await listed(office, door)).body
    assert broken.decode().encode("latin-1") == plain
    assert (broken == plain) == (door == "bkav")


@pytest.mark.parametrize("door", DOORS)
async def test_it_is_slow_and_its_answers_are_large(office: Office, door: str) -> None:
    await listed(office, door)
    office.faults.set(f"slow@{door}.{LIST[door]}=0.3", f"huge@{door}.{LIST[door]}=3000000")
    began = time.monotonic()
    answer = await listed(office, door)
    assert time.monotonic() - began >= 0.3
    assert len(answer.json["data"]) == 3_000_000


async def test_a_gigabyte_ends_with_its_caller(office: Office) -> None:
    office.faults.set("huge@bkav")
    async with aiohttp.ClientSession() as session:
        asked = {"organid": CODE, "authorization": "token-thu", "type": "EDOC"}
        async with session.post(f"{office.url}/EdocService/getPendingDocIds", headers=asked) as response:
            assert len(await response.content.readexactly(1 << 20)) == 1 << 20
    office.faults.clear()
    assert (await listed(office, "bkav")).json["docIDs"] == []


@pytest.mark.parametrize("door", DOORS)
async def test_a_lost_answer_was_carried_out(office: Office, door: str) -> None:
    caller = ProvincialCaller(office.url, CODE)
    await caller.login()
    office.faults.set(f"lost@{door}=1")
    packet = sample_packet(a_document(to=(CODE,)))
    with pytest.raises(aiohttp.ClientError):
        await sent(office, door, caller, packet)
    assert len(office.records.incoming()) == 1
    await sent(office, door, caller, packet)
    assert [act["outcome"] for act in office.records.acts("document")] == ["taken", "duplicate"]
    assert len(office.records.incoming()) == len(office.records.statuses()) == 1


async def sent(office: Office, door: str, caller: ProvincialCaller, packet: bytes) -> None:
    if door == "provincial":
        await caller.send(packet)
    elif door == "bkav":
        await BkavCaller(office.url, CODE).send(packet)
    else:
        said = {"so": "211", "kyHieu": "GM-SNV", "ngayBanHanh": "23/11/2026", "loai": 4, "trichYeu": "Mời",
                "doKhan": 0, "noiGui": {"ma": HOME_AFFAIRS}, "noiNhan": [{"ma": CODE}], "tep": []}  # fmt: skip
        await ThirdCaller(office.url).call("POST", "van-ban", said)


async def test_a_clock_that_is_ahead(office: Office) -> None:
    caller = ProvincialCaller(office.url, CODE)
    await caller.login()
    office.faults.set("skew@provincial=7200")
    assert (await listed(office, "provincial", caller)).http == 401


async def test_faults_from_another_process(office: Office) -> None:
    on = await asyncio.to_thread(turn, office.url, ["slow@bkav=2", "lost=3"])
    assert on == office.faults.on() == ["slow@bkav=2", "lost=3"]
    assert await asyncio.to_thread(turn, office.url, [], clear=True) == []
    with pytest.raises(HTTPError, match="400") as refused:
        await asyncio.to_thread(turn, office.url, ["nonsense"])
    assert refused.value.closed


@pytest.mark.parametrize("text", ["", "nothing", "slow@nowhere", "lost=0", "lost=1.5", "forged@bkav", "html200@axis"])
def test_a_text_that_is_no_fault(text: str) -> None:
    with pytest.raises(NoFault):
        Switches([text])


def test_a_fault_meets_so_many_calls_and_the_same_again_takes_its_place() -> None:
    switches = Switches(["lost@bkav=2", "lost@bkav.sendDocument=1", "slow=0.5"])
    assert set(switches.meet("third", "van-ban")) == {"slow"}
    switches.set("lost@bkav=1")
    assert set(switches.meet("bkav", "sendDocument")) == {"lost", "slow"}
    assert switches.on() == ["lost@bkav.sendDocument=1", "slow=0.5"]


def test_every_fault_is_named_in_the_help() -> None:
    assert {"slow", "http500", "error200", "html200", "truncated", "length", "redirect", "huge", "expired", "skew",
            "duplicate", "missing", "mojibake", "lost"} <= FAULTS.keys()  # fmt: skip
