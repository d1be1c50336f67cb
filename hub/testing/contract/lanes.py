"""A whole hub, in which this connector misbehaves and two neighbours must go on."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from hub.connector import Connector, Inbox, Outcome, Settings
from hub.hookspecs import hookimpl
from hub.testing.contract.alone import watched
from hub.testing.contract.stage import AnyConnector, Stage, broken
from hub.testing.deliveries import sample_packet
from hub.testing.running import RunningHub
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document
from hub.vocabulary import Acceptance, Delivery, Incoming, Packet, Receipt

_OFFICE = "000.00.01.H48"
#: Seconds that a neighbour may wait for the next of its documents, and between two of them.
_GAP, _BEAT = 3.0, 0.05
#: Documents for the connector, and seconds in which all of them must have arrived, in spite of its failures: a
#: connection to a database takes a busy machine seconds.
_SENDS, RECOVERY = 3, 60.0


class Street:
    """What the neighbours did, and what they were asked to send."""

    def __init__(self) -> None:
        self.ask: asyncio.Queue[str] = asyncio.Queue()
        self.arrived: list[float] = []
        self.begun = asyncio.Event()

    @property
    def longest(self) -> float:
        """The longest that a neighbour waited for its next document."""
        return max((later - sooner for sooner, later in itertools.pairwise(self.arrived)), default=float("inf"))


class Neighbour(Connector[Settings]):
    """Sở Nội vụ writes to the office without a pause, and to xã Bình Sơn when it is asked to."""

    kind: ClassVar[str] = "contract-neighbour"
    street: ClassVar[Street]

    async def listen(self, inbox: Inbox) -> None:
        """The office only waits."""
        for number in itertools.count(1):
            if self.context.unit.id == "so-nv":
                await self._write(inbox, f"{number}/CV", _OFFICE)
                while not self.street.ask.empty():
                    await self._write(inbox, self.street.ask.get_nowait(), BINH_SON)
            await asyncio.sleep(_BEAT)

    async def _write(self, inbox: Inbox, code: str, to: str) -> None:
        body = a_document(code, sender=HOME_AFFAIRS, to=(to,))
        blob = await asyncio.to_thread(self.context.bodies.store, io.BytesIO(sample_packet(body)), 1 << 30)
        [verdict] = await inbox.accept([Incoming(code, code, Packet(body), blob)])
        assert isinstance(verdict, Acceptance), verdict

    async def send(self, delivery: Delivery) -> Receipt:
        """It arrives."""
        self.street.arrived.append(asyncio.get_running_loop().time())
        self.street.begun.set()
        return Receipt(delivery.id)


class Unwell:
    """Makes a connector misbehave beside neighbours that work: listen fails once; sends raise, exit, and hang."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.listens, self.sends = itertools.count(), itertools.count()

    def of(self, base: type[AnyConnector]) -> type[AnyConnector]:
        """The same connector, unwell."""
        unwell = self

        async def listen(self: AnyConnector, inbox: Inbox) -> None:
            if next(unwell.listens) == 0:
                await unwell.street.begun.wait()
                raise RuntimeError("the contract lets listen fail once")
            await base.listen(self, inbox)

        async def send_many(self: AnyConnector, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
            match next(unwell.sends):
                case 0:
                    raise RuntimeError("the contract lets a send fail once")
                case 1:
                    raise SystemExit("the contract lets a send end the process once")
                case 2:
                    await asyncio.Event().wait()
            return await base.send_many(self, deliveries)

        return type(base.__name__, (base,), {"listen": listen, "send_many": send_many})


class _Brings:
    def __init__(self, *connectors: type[AnyConnector]) -> None:
        self._connectors = connectors

    @hookimpl
    def hub_connectors(self) -> Sequence[type[AnyConnector]]:
        return self._connectors


async def stays_in_its_lane(stage: Stage) -> None:
    """All arrives in the end, once each, and no neighbour waited."""
    street = Street()
    neighbour: type[AnyConnector] = type("Neighbour", (Neighbour,), {"street": street})
    plugin = _Brings(Unwell(street).of(stage.counterpart.connector), neighbour)
    _configure(stage)
    with watched() as stood_still:
        async with RunningHub(stage.home, contract=plugin) as hub:
            if hub.outer_address:
                stage.reached_at(hub.outer_address)
            for number in range(1, _SENDS + 1):
                street.ask.put_nowait(f"{number}/GM")
            await stage.until(
                lambda: len(stage.counterpart.effects()) >= _SENDS,
                f"it failed and hung on purpose, and did not come back: not all arrived within {RECOVERY:g} s",
                RECOVERY,
            )
            await asyncio.sleep(0.2)
    _judge(stage, street, stood_still)


def _judge(stage: Stage, street: Street, stood_still: Sequence[str]) -> None:
    effects = stage.counterpart.effects()
    if len(set(effects)) != _SENDS or len(effects) != _SENDS:
        broken(f"{_SENDS} documents made {len(effects)} effects after failures: hand delivery.id over as their key")
    if street.longest > _GAP:
        broken(f"while it misbehaved, a neighbour waited {street.longest:.1f} s for its next document"
               + (f"; the event loop stood still at {stood_still[0]}" if stood_still else ""))  # fmt: skip


def _configure(stage: Stage) -> None:
    """JSON is YAML, too."""
    neighbour = {"kind": Neighbour.kind}
    tested: dict[str, Any] = {**stage.counterpart.settings, "send_timeout": "2s"}
    units = {
        "so-nv": {"name": "Sở Nội vụ", "code": HOME_AFFAIRS, "endpoint": neighbour},
        "van-phong": {"name": "Văn phòng", "code": _OFFICE, "endpoint": neighbour},
        stage.context.unit.id: {"name": stage.context.unit.name, "code": BINH_SON, "endpoint": tested},
    }
    province = {"code": "000.00.00.H48", "name": "UBND tỉnh"}
    retry = {"first": "100ms", "most": "500ms"}
    hub: dict[str, Any] = {"data": "data", "listen": "127.0.0.1:0", "province": province, "retry": retry}
    if stage.counterpart.connector.settings_type.needs_doors:
        hub["doors"] = {"listen": "127.0.0.1:0"}
    (stage.home / "hub.yaml").write_text(json.dumps(hub), "utf-8")
    (stage.home / "units.yaml").write_text(json.dumps({"units": units}), "utf-8")
