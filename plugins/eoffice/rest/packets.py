"""One row of a list as a packet: fetched, and written as edXML where theirs is none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from hub import Context, Refused
from hub.carrying.failures import Spoilt
from hub.carrying.landing import Landed, landed
from hub.carrying.spool import Spool
from hub.standards import edxml
from plugins.eoffice.rest.client import Client, Row
from plugins.eoffice.rest.mapping import Reader, Seen, acknowledgement, document, nobody, one_text
from plugins.eoffice.rest.picks import NothingThere, Pick
from plugins.eoffice.rest.profile import Fetch, Files, Inlet
from plugins.eoffice.rest.settings import RestSettings
from plugins.eoffice.rest.told import Told

_MOST_FILES = 1000
At = tuple[str, ...]


class Packets:
    """Makes packets of one server's rows. `seen` hears what each pick found."""

    def __init__(self, settings: RestSettings, context: Context, client: Client, seen: Seen = nobody) -> None:
        self._settings, self._context, self._client, self._seen = settings, context, client, seen
        self._folder, self._largest = context.state / "incoming", settings.largest * 10**6

    async def landed(self, name: str, kind: str, row: Row, verdict: Refused | None = None) -> Landed:
        """The packet of a row; with a verdict its bytes, unread. Raises Trouble, NoRoom, StorageError."""
        told = await self._client.fetched(name, kind, row, unread=verdict is not None)
        inlet = self._settings.profile.receive[name]
        used, kept = [told.spool] if told.spool and inlet.fetch else [], Landed(_TOO_LARGE, None, None)
        try:
            packet = (
                await self._packet(name, inlet, row, told, used)
                if verdict is None
                else await self._raw(row, told, used)
            )
            kept = await asyncio.to_thread(landed, packet, verdict)
        except Refused as refused:
            if refused.code != "too-large":
                raise Spoilt(f"{refused.reason} {refused.where}".strip(), ("receive", name)) from refused
        finally:
            await asyncio.shield(asyncio.to_thread(_drop, [each for each in used if each.path != kept.path]))
        return kept

    async def _raw(self, row: Row, told: Told, used: list[Spool]) -> Spool:
        """What came, as it came; of a row that says all by itself what it says."""
        if row.told is None and told.spool:
            return told.spool
        return await self._filled(iter((json.dumps(row.said, default=str, ensure_ascii=False).encode(),)), used)

    async def _packet(self, name: str, inlet: Inlet, row: Row, told: Told, used: list[Spool]) -> Spool:
        """The packet's bytes in a spool."""
        fetch, at = inlet.fetch, ("receive", name)
        if fetch and fetch.packet == "raw" and told.spool:
            return told.spool
        tree = told.tree if fetch else row.said
        if fetch and fetch.packet:
            blocks = self._picked(fetch, told, (*at, "fetch", "packet"))
        elif inlet.document:
            said = document(self._reader(inlet.document, (*at, "document"), tree), self._context)
            files = inlet.document.files
            attached = await self._files(files, (*at, "document", "files"), row, (tree, told), used) if files else []
            blocks = edxml.compose(said, attached)
        else:
            said_ = acknowledgement(self._reader(inlet.status, (*at, "status"), tree), self._context)
            blocks = iter((edxml.write_acknowledgement(said_),))
        return await self._filled(blocks, used)

    def _reader(self, says: Any, at: At, tree: Any) -> Reader:
        return Reader(says, at, tree, self._settings.profile.zone, self._seen)

    def _picked(self, fetch: Fetch, told: Told, at: At) -> Iterator[bytes]:
        """The packet that stands in the answer."""
        assert isinstance(fetch.packet, Pick)
        try:
            text = fetch.packet.text(told.tree)
        except NothingThere as error:
            raise Spoilt(str(error), at) from error
        if not text:
            raise Spoilt("câu trả lời không có gói tin (pick: packet)", at)
        self._seen(at, told.cutter.shown(text)[:60] if told.cutter else text[:60])
        return told.unwrapped(text, fetch.written, ".".join(at))

    async def _files(
        self, says: Files, at: At, row: Row, answer: tuple[Any, Told], used: list[Spool]
    ) -> Sequence[edxml.File]:
        try:
            rows = says.rows.all(answer[0])
        except NothingThere as error:
            raise Spoilt(str(error), (*at, "rows")) from error
        if len(rows) > _MOST_FILES:
            raise Spoilt(f"văn bản có hơn {_MOST_FILES} tệp", (*at, "rows"))
        try:
            return [await self._file(says, at, row, (each, answer[1]), used) for each in rows]
        except NothingThere as error:
            raise Spoilt(str(error), at) from error

    async def _file(self, says: Files, at: At, row: Row, answer: tuple[Any, Told], used: list[Spool]) -> edxml.File:
        said, told = answer
        name = self._text(says.name.one(said), (*at, "name"))
        if says.content is not None:
            text = says.content.text(said)
            spool = await self._filled(told.unwrapped(text, "base64", name), used)
        else:
            id_ = self._text(says.id.one(said) if says.id else "", (*at, "id"), needed=says.id is not None)
            spool = await self._called(says, row, (id_, name), (*at, "call"), used)
        return edxml.File(name, _opener(spool.path))

    async def _called(self, says: Files, row: Row, file: tuple[str, str], at: At, used: list[Spool]) -> Spool:
        """A file by its own address. Where HTTP does not say its end, a cut line looks like one: it comes twice."""
        told = await self._client.file(says, row, file, at)
        assert told.spool
        used.append(told.spool)
        if not told.ends:
            again = await self._client.file(says, row, file, at)
            assert again.spool
            used.append(again.spool)
            if again.spool.digest != told.spool.digest:
                raise Spoilt("tệp tải hai lần không giống nhau (cut short?)", at)
        return told.spool

    def _text(self, found: Any, at: At, *, needed: bool = True) -> str:
        text = one_text(found)
        if needed and not text:
            raise Spoilt(f"tệp không có {at[-1]} (pick: {at[-1]})", at)
        self._seen(at, text)
        return text

    async def _filled(self, blocks: Iterator[bytes], used: list[Spool]) -> Spool:
        """A new spool with all of that."""
        spool = Spool(self._folder, self._largest, self._client.has_room)
        used.append(spool)
        await asyncio.to_thread(spool.fill, blocks)
        return spool


_TOO_LARGE = Refused("too-large", "Văn bản lớn hơn mức cho phép (largest).")


def _opener(path: Path) -> Any:
    def opened() -> BinaryIO:
        return path.open("rb")

    return opened


def _drop(spools: Sequence[Spool]) -> None:
    for spool in spools:
        with suppress(OSError):
            spool.drop()
