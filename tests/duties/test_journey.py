"""Duties in a whole running hub: its own folders of rules, connectors, dispatcher and tick, with a clock moved on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import pytest

from hub import Capabilities, Connector, Incoming, Packet, Receipt, hookimpl, service
from hub.app import Hub
from hub.clock import VIETNAM, SystemClock
from hub.connector import Inbox, Settings
from hub.standards import edxml
from hub.testing import RunningHub, eventually
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acknowledgement, Delivery, Document, Reminder
from tests.cli import Province
from tests.duties.rows import Row, rows

NV, XA, KHE, LY = "so-nv", "xa-binh-son", "xa-tinh-khe", "dk-ly-son"
_HUB = """
data: data
listen: 127.0.0.1:0
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
"""
_UNITS = """
units:
  so-nv: {name: Sở Nội vụ, code: 000.00.14.H48, endpoint: {kind: desk}}
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: 000.00.31.H48
    lanh-dao: [Chủ tịch UBND xã Bình Sơn]
    endpoint: {kind: desk}
  xa-tinh-khe: {name: UBND xã Tịnh Khê, code: 000.00.32.H48, endpoint: {kind: desk}}
  dk-ly-son:
    name: UBND đặc khu Lý Sơn
    code: 000.00.34.H48
    tam-dung: {tu: FIRST, den: LAST, ly-do: chuyển trụ sở}
    endpoint: {kind: desk}
"""
_DUTIES = """
defaults: false
remind: {before: 2 phút, every: 15 phút, most: 3}
escalate: 20 phút
limit: 60 phút
duties:
  - name: tiếp nhận trong 10 phút
    owe: {"03": 10 phút}
"""
ALL = ("000.00.31.H48", "000.00.32.H48", "000.00.34.H48")


class Moved(SystemClock):
    """The machine's clock, which a test moves on as if time had passed."""

    ahead: ClassVar[timedelta] = timedelta()

    def now(self) -> datetime:
        return super().now() + Moved.ahead


class Desk(Connector[Settings]):
    """People at a desk: the test puts in what they send, and sees what they get and are told."""

    kind = "desk"
    capabilities = Capabilities(reminders=True)
    put_in: ClassVar[dict[str, asyncio.Queue[Document | Acknowledgement]]]
    told: ClassVar[dict[str, list[Sequence[Reminder]]]]
    got: ClassVar[list[tuple[str, str]]]

    async def listen(self, inbox: Inbox) -> None:
        unit = self.context.unit.id
        while True:
            body = await self.put_in[unit].get()
            blob = await asyncio.to_thread(self.context.bodies.store, BytesIO(repr(body).encode()), 10**6)
            await inbox.accept([Incoming(blob.digest, "a.edxml", Packet(body), blob)])

    async def send(self, delivery: Delivery) -> Receipt:
        body = delivery.envelope.body
        self.got.append((self.context.unit.id, body.code if isinstance(body, Document) else body.status))
        return Receipt(delivery.id)

    async def find(self, delivery: Delivery) -> Receipt | None:
        return Receipt(delivery.id)

    async def remind(self, reminders: Sequence[Reminder]) -> None:
        self.told[self.context.unit.id].append(reminders)


class Plugin:
    @hookimpl
    def hub_connectors(self) -> list[type[Desk]]:
        return [Desk]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    today = datetime.now(VIETNAM).date()
    units = _UNITS.replace("FIRST", f"{today - timedelta(days=1)}").replace("LAST", f"{today + timedelta(days=30)}")
    for name, text in {"hub.yaml": _HUB, "units.yaml": units, "duties.yaml": _DUTIES}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(service, "SystemClock", Moved)
    Moved.ahead = timedelta()
    Desk.put_in = {unit: asyncio.Queue() for unit in (NV, XA, KHE, LY)}
    Desk.told = {unit: [] for unit in (NV, XA, KHE, LY)}
    Desk.got = []
    return tmp_path


@pytest.fixture
async def hub(folder: Path) -> AsyncIterator[Hub]:
    async with RunningHub(folder, desk=Plugin()) as running:
        yield running


def at(hub: Hub, unit: str) -> Row:
    [row] = [row for row in rows(hub.ledger) if row.unit == unit]
    return row


async def sent(hub: Hub, document: Document) -> None:
    """Send it, and wait until all have it."""
    Desk.put_in[NV].put_nowait(document)
    await eventually(lambda: {(unit, document.code) for unit in (XA, KHE, LY)} <= set(Desk.got))
    await eventually(lambda: len(rows(hub.ledger)) == 3)


def kinds(hub: Hub, unit: str) -> list[str]:
    [view] = hub.ledger.views.trace(a_document().code)
    return [line.kind for line in view.events if line.unit == unit and line.kind.startswith("duty-")]


async def test_who_never_answers_who_is_late_who_pauses(hub: Hub) -> None:
    document = a_document(to=ALL)
    await sent(hub, document)
    await eventually(lambda: at(hub, LY).state == "paused")

    Moved.ahead = timedelta(minutes=8, seconds=30)
    await eventually(lambda: all(Desk.told[unit] and Desk.told[unit][-1] for unit in (XA, KHE)))
    assert "open" == at(hub, XA).state
    Moved.ahead = timedelta(minutes=11)
    await eventually(lambda: {"overdue"} == {at(hub, unit).state for unit in (XA, KHE)})
    await eventually(lambda: Desk.told[XA][-1] and Desk.told[XA][-1][0].overdue)

    Desk.put_in[KHE].put_nowait(an_answer(document, "03", sender="000.00.32.H48"))
    await eventually(lambda: at(hub, KHE).state == "late")
    await eventually(lambda: Desk.told[KHE][-1] == [])

    Moved.ahead = timedelta(minutes=31)
    await eventually(lambda: "duty-escalated" in kinds(hub, XA))
    [escalated] = hub.ledger.views.escalations()
    assert ("Chủ tịch UBND xã Bình Sơn",) == escalated.to
    Moved.ahead = timedelta(minutes=71)
    await eventually(lambda: at(hub, XA).state == "broken")
    await eventually(lambda: Desk.told[XA][-1] == [])

    assert "paused" == at(hub, LY).state
    assert not any(Desk.told[LY])
    assert [] == list(hub.ledger.views.strange())
    assert 3 == at(hub, XA).reminded
    assert "duty-asked" in kinds(hub, XA)


async def test_deadlines_follow_duties_yaml_while_it_runs(hub: Hub, folder: Path) -> None:
    await sent(hub, a_document(to=ALL))
    before = at(hub, XA).due_at

    (folder / "duties.yaml").write_text(_DUTIES.replace("10 phút}", "40 phút}"))
    hub.follower.ask()

    # It counts from the delivery now, a moment later.
    await eventually(lambda: timedelta(minutes=30) <= at(hub, XA).due_at - before < timedelta(minutes=31), 30)
    assert "duty-moved" in kinds(hub, XA)
    assert [] == list(hub.ledger.views.strange())


@pytest.mark.usefixtures("folder")
async def test_a_kill_between_opening_and_tick_loses_no_deadline(tmp_path: Path) -> None:
    """The duty is in the ledger with its document: whoever starts next finds its time over."""
    province = Province(tmp_path / "killed")
    (province.folder / "duties.yaml").write_text(_DUTIES)
    packet = b"".join(edxml.compose(a_document(), ()))
    with province.running() as running:
        out = province.folder / "shares/so-nv/out"
        (out / ".draft").write_bytes(packet)
        (out / ".draft").rename(out / "a.edxml")
        await eventually(lambda: _has_arrived(province), 60)
        running.process.kill()
        running.process.wait(30)
    Moved.ahead = timedelta(minutes=11)

    async with RunningHub(province.folder) as hub:
        await eventually(lambda: at(hub, XA).state == "overdue")
        assert [] == list(hub.ledger.views.strange())


def _has_arrived(province: Province) -> bool:
    said = json.loads(province.hub("trace", a_document().code, "--json").stdout)
    recipients = said[0]["recipients"] if said else []
    return [("delivered", ["03"])] == [(one["state"], [duty["code"] for duty in one["duties"]]) for one in recipients]
