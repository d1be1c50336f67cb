"""A clerk's share on a real disk, with the gestures that a clerk makes."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

from hub import Acceptance, Context, Delivery, Document, Incoming, Packet, Refused, Story
from hub.blobs import Blobs
from hub.clock import SystemClock
from hub.standards import edxml
from hub.standards.addresses import AddressBook, Contact
from hub.testing import eventually
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acknowledgement, Organization, Unit
from plugins.folderdrop.connector import FolderdropSettings
from plugins.folderdrop.door import Door
from tests.plugins.folder import a_delivery

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


class Sender:
    """An inbox that keeps what the sender would hear, judging each source key once."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Acknowledgement]] = []
        self.keys: set[str] = set()
        self.offered: list[tuple[str, str]] = []

    async def accept(self, found: Sequence[Incoming]) -> Sequence[Acceptance | Refused]:
        for each in found:
            assert isinstance(each.packet, Packet)
            assert each.blob is not None
            assert isinstance(each.packet.body, Acknowledgement)
            self.offered.append((each.source_key, each.blob.digest))
            if each.source_key not in self.keys:
                self.keys.add(each.source_key)
                self.heard.append((each.source_key, each.packet.body))
        await asyncio.sleep(0)
        return [Acceptance(each.source_key) for each in found]

    async def tries(self, source_key: str) -> int:
        return 1

    def has_room(self, size: int) -> bool:
        return True

    async def withdraw(self, envelope_id: str) -> bool:
        return False

    async def stories(self, envelope_ids: Sequence[str]) -> Sequence[Story]:
        return []

    def addressees(self) -> AddressBook:
        return AddressBook()

    async def nearby(self, names: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
        return {}

    async def directory(self, kind: str, chunks: AsyncIterable[bytes]) -> NoReturn:
        raise AssertionError("a folder has no directory")

    @property
    def codes(self) -> list[str]:
        """What was heard after the 01s, in order."""
        return [said.status for _, said in self.heard if said.status != "01"]


class Office:
    """One unit's folder, and the hub's half of it."""

    def __init__(self, home: Path) -> None:
        self.home, self.share = home, home / "shares" / "xa-binh-son"
        self.blobs = Blobs(home / "blobs")
        self.blobs.open_store()
        self.sender = Sender()
        self.staff: dict[str, str] = {}
        #: what the hub calls organisations, by their codes
        self.names: dict[str, str] = {}

    def connector(self, **settings: Any) -> Door:
        """A connector on this share, with short times."""
        told = {"kind": "folderdrop", "folder": "shares/xa-binh-son", "layout": "clerk", "settle": "50ms"}
        told |= {"poll": "30ms", "grace": "150ms", "grace_refusal": "300ms", **settings}
        unit = Unit("xa-binh-son", "UBND xã Bình Sơn", "000.00.31.H48", staff=self.staff)
        context = Context(
            unit,
            Organization("000.00.00.H48"),
            self.home,
            self.blobs,
            SystemClock(),
            {},
            self.home / "state",
            names=self.names,
        )
        return Door(FolderdropSettings.model_validate(told), context)

    @asynccontextmanager
    async def listening(self, **settings: Any) -> AsyncIterator[Door]:
        """An open connector; what breaks it breaks the test."""
        async with self.connector(**settings) as connector:
            task = asyncio.create_task(connector.listen(self.sender))
            try:
                yield connector
            finally:
                ended = task.done()
                task.cancel()
                await asyncio.wait({task})
                if ended:
                    task.result()

    def delivery(self, number: int = 1, files: dict[str, bytes] | None = None, **fields: Any) -> Delivery:
        """A delivery of a stored document with these files."""
        called = files if files is not None else {"211.pdf": PDF + str(number).encode()}
        fields.setdefault("sender", "000.00.14.H48")
        document = a_document(fields.pop("code", f"{210 + number}/GM-SNV"), **fields)
        attached = [edxml.File(name, lambda content=content: io.BytesIO(content)) for name, content in called.items()]  # type: ignore[misc]  # a default in a lambda has no type
        content = b"".join(edxml.compose(document, attached))
        blob = self.blobs.store(io.BytesIO(content), 10**9)
        body = edxml.read(io.BytesIO(content)).body
        assert isinstance(body, Document)
        return a_delivery(number, body, blob)

    def recall(self, number: int = 1, reason: str = "Ghi sai số liệu", turn: int = 0, **fields: Any) -> Delivery:
        """A delivery of the status by which its sender wants that document back."""
        fields.setdefault("sender", "000.00.14.H48")
        document = a_document(fields.pop("code", f"{210 + number}/GM-SNV"), **fields)
        asked = an_answer(document, "13", document.sender.id, description=reason)
        content = edxml.write_acknowledgement(asked)
        blob = self.blobs.store(io.BytesIO(content), 10**6)
        return a_delivery(900 + 10 * number + turn, asked, blob)

    async def received(self, connector: Door, number: int = 1, **fields: Any) -> Path:
        """A document that arrived, and whose 01 was told."""
        before = len(self.sender.heard)
        receipt = await connector.send(self.delivery(number, **fields))
        await eventually(lambda: len(self.sender.heard) > before)
        return self.stage("1-moi-den") / receipt.reference

    def stage(self, name: str) -> Path:
        """One of the stages."""
        return self.share / "van-ban-den" / name

    def move(self, folder: Path, stage: str, name: str = "") -> Path:
        """Drag a document's folder, as Explorer does inside one share."""
        target = self.stage(stage) / (name or folder.name)
        target.parent.mkdir(exist_ok=True)
        folder.rename(target)
        return target

    def heard(self, *codes: str) -> Callable[[], bool]:
        """Whether the sender heard exactly these after the 01s."""
        return lambda: self.sender.codes == list(codes)

    def drafts(self) -> list[str]:
        """What lies among the hub's temporary files."""
        return os.listdir(self.share / ".hub" / "tmp")


async def quiet(seconds: float = 0.6) -> None:
    """Long enough for everything short in a bench to have happened."""
    await asyncio.sleep(seconds)
