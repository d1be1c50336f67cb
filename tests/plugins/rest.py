"""A connector to a unit's REST software, the eOffice that it talks to, and an inbox, all in one folder."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from hub import Acknowledgement, Context, Delivery, Document
from hub.carrying.journal import read
from hub.clock import SystemClock
from hub.directory import normalise
from hub.standards import edxml
from hub.testing import MemoryInbox, sample_context, sample_delivery, yaml_file
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document
from plugins.eoffice.rest.connector import EofficeRest
from plugins.eoffice.rest.settings import PROFILES
from tests.counterparts.eoffice import Letter, Office, Party, Setup, eoffice
from tests.counterparts.eoffice.model import Paper

THIRD = Path(__file__).with_name("third-rest.yaml")
#: profile -> its file, the office's door, and what the endpoint says of us
SPOKEN: dict[str, tuple[Path, str, dict[str, Any]]] = {
    "provincial-rest": (
        PROFILES / "provincial-rest.yaml",
        "provincial",
        {
            "username": "truc-lien-thong",
            "password": "mat-khau-thu",
            "system": BINH_SON,
            "secret": "khoa-thu",
            "values": {"application_code": "QLVB"},
        },
    ),
    "bkav-rest": (PROFILES / "bkav-rest.yaml", "bkav", {"system": BINH_SON, "secret": "token-thu"}),
    "third-rest": (THIRD, "third", {"system": "truc-lien-thong", "secret": "bi-mat-thu-ba"}),
}
PATIENT = {"poll": "200ms", "poll_busy": "50ms", "pause": "50ms", "pause_most": "200ms", "retry_credentials": "200ms"}


def settings_of(profile: str, url: str, **more: Any) -> dict[str, Any]:
    """What `endpoint:` says, the profile read."""
    file, _, who = SPOKEN[profile]
    return {"kind": "eoffice-rest", "url": url, "profile": yaml_file(file), **who, **PATIENT, **more}


class Unit:
    """The other side for the contract: xã Bình Sơn and its eOffice."""

    connector: ClassVar[type[EofficeRest]] = EofficeRest

    def __init__(self, home: Path, office: Office, profile: str) -> None:
        self.home, self.office, self.profile = home, office, profile
        self.settings = settings_of(profile, office.url)

    def effects(self) -> list[str]:
        """By what the connector wrote down before it sent."""
        names = {name: delivery for delivery, name, _ in read(self.home / "data/endpoints/xa-binh-son/sent.jsonl")}
        taken = {row["uid"] for row in self.office.records.acts("document", "taken")}
        papers = [row["paper"] for row in self.office.records.incoming() if row["uid"] in taken]
        return [names[f"edoc|{paper.sender.code}|{paper.document_id}|0"] for paper in papers]

    async def offer(self, name: str, packet: bytes) -> None:
        """Its people send a document; it is in the list until it is confirmed."""
        body = edxml.read(io.BytesIO(packet)).body
        assert isinstance(body, Document)
        await self.send(body)

    async def send(self, body: Document, files: tuple[tuple[str, bytes], ...] = (("211.pdf", b"%PDF-1.7 x"),)) -> int:
        """The same, with these files."""
        paper = Paper(
            Party(body.sender.id, "UBND xã Bình Sơn"), tuple(Party(each.id) for each in body.to), body.document_id,
            body.number, body.notation, f"{body.promulgation_date:%Y/%m/%d}", "Giấy mời", body.subject,
            urgency=int(body.urgency),
        )  # fmt: skip
        return await self.office.core.send(paper, files, "clerk")

    async def answer(self, delivery: Delivery) -> None:
        """The clerk registers it: 03."""
        await self.office.clerk.register(self.office.records.incoming()[-1]["id"])


@asynccontextmanager
async def unit(home: Path, profile: str, **setup: Any) -> AsyncIterator[Unit]:
    """It runs until the block ends."""
    door = SPOKEN[profile][1]
    made = Setup(home / "eoffice", BINH_SON, "UBND xã Bình Sơn", doors=(door,), **setup)
    async with eoffice(made) as office:
        yield Unit(home, office, profile)


def unit_of(profile: str) -> Callable[[Path], AbstractAsyncContextManager[Unit]]:
    """For the contract."""
    return partial(unit, profile=profile)


@dataclass
class Bench:
    """What a test needs; `connector` and `listening` make lives of the connector."""

    unit: Unit
    context: Context
    inbox: MemoryInbox

    @property
    def office(self) -> Office:
        return self.unit.office

    @asynccontextmanager
    async def connector(self, **settings: Any) -> AsyncIterator[EofficeRest]:
        said = EofficeRest.settings_type.model_validate({**self.unit.settings, **settings})
        async with EofficeRest(said, self.context) as made:
            yield made

    @asynccontextmanager
    async def listening(self, **settings: Any) -> AsyncIterator[EofficeRest]:
        """It listens until the block ends."""
        async with self.connector(**settings) as connector:
            task = asyncio.create_task(connector.listen(self.inbox))
            try:
                yield connector
            finally:
                task.cancel()
                await asyncio.wait({task})
                if not task.cancelled():
                    task.result()

    def delivery(self, body: Document | Acknowledgement | None = None, **given: Any) -> Delivery:
        return sample_delivery(self.context.bodies, body=body or a_document(), **given)

    async def letter(self, number: str = "12", files: tuple[tuple[str, bytes], ...] = ()) -> int:
        """A clerk of the unit sends a document to Sở Nội vụ."""
        return await self.office.clerk.send(Letter(number, "UBND-VX", "V/v thử"), [HOME_AFFAIRS], files)

    def bodies(self) -> list[Document | Acknowledgement]:
        """What the inbox took."""
        return [each.packet.body for each in self.inbox.accepted.values() if not isinstance(each.packet, Exception)]


@asynccontextmanager
async def bench(home: Path, profile: str, **setup: Any) -> AsyncIterator[Bench]:
    context = sample_context(home, clock=SystemClock(), codes={normalise(BINH_SON): "xa-binh-son"})
    async with unit(home, profile, **setup) as made:
        yield Bench(made, context, MemoryInbox())
