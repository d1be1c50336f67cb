"""A walk through a profile against a live server, step by step, for whoever writes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from lxml import etree

from hub import Acknowledgement, Context, Deferred, Delivery, OutcomeUnknown, Packet, Refused, StorageError
from hub.carrying.failures import Trouble
from hub.carrying.landing import Landed, remove
from plugins.eoffice.rest.caller import Caller
from plugins.eoffice.rest.client import Client, Row
from plugins.eoffice.rest.line import Asked, Line
from plugins.eoffice.rest.packets import Packets
from plugins.eoffice.rest.profile import Find
from plugins.eoffice.rest.reading import Judged, hidden
from plugins.eoffice.rest.sending import Sender
from plugins.eoffice.rest.settings import RestSettings
from plugins.eoffice.rest.told import Told

#: Characters of a body that are shown, and rows of a list.
_SHOWN, _ROWS = 2000, 5
At = Sequence[str]


class Stage(Protocol):
    """Who watches; see `hub.rehearsing.Rehearsal`."""

    def step(self, title: str) -> None:
        """The next step begins."""

    def asked(self, call: str, headers: Mapping[str, str], body: str) -> None:
        """What goes out, without secrets."""

    def answered(self, text: str, body: str) -> None:
        """What came back, and what was made of it."""

    def read(self, at: At, value: str) -> None:
        """What was found by what stands there in the profile."""

    def wrong(self, at: At, problem: str) -> None:
        """What does not work, and where the profile says it."""


class Walk:
    """One walk. Whoever watches hears every call from the start."""

    def __init__(
        self, settings: RestSettings, context: Context, stage: Stage, client: Client, caller: Caller, line: Line
    ) -> None:
        self._settings, self._stage, self._client, self._caller = settings, stage, client, caller
        self._packets = Packets(settings, context, client, self._read)
        line.watch, caller.heard = self._asked, self._heard

    async def receives(self, name: str, kind: str) -> None:
        """One list, and the first row of it, which stays where it is."""
        at = self._settings.profile.place_of(name, "list")
        self._client.traffic.reopen()
        self._stage.step(f"receive.{name} {kind}".strip())
        try:
            listed = await self._client.listed(name, kind, most=1)
        except (Trouble, StorageError) as error:
            self._wrong(error, at)
            return
        try:
            for row in list(listed.rows.values())[:_ROWS]:
                self._read((*at, "id"), row.id)
            for strange in listed.strange[:_ROWS]:
                self._stage.wrong((*at, "id"), f"dòng này không có mã dùng được: {strange}")
            if listed.rows:
                await self._fetches(name, kind, next(iter(listed.rows.values())))
        finally:
            await asyncio.to_thread(listed.drop)

    async def sends(self, sender: Sender, delivery: Delivery, *, sending: bool) -> None:
        """Ask whether they have it, which they cannot; hand it over, if that is wanted, and ask again."""
        asks = sender.asking(delivery)
        self._client.traffic.reopen()
        if asks:
            await self._finds(asks, sender.more(delivery), there=False)
        if not sending:
            return
        self._client.traffic.reopen()
        self._stage.step("send")
        try:
            receipt = await sender.send(delivery)
            self._read(("send",), f"receipt {receipt.reference} {receipt.detail}".strip())
        except (Deferred, Refused, OutcomeUnknown, StorageError) as error:
            self._wrong(error, ("send",))
            return
        if asks:
            await self._finds(asks, sender.more(delivery), there=True)

    async def _fetches(self, name: str, kind: str, row: Row) -> None:
        self._stage.step(f"receive.{name}: {row.id}")
        try:
            landed = await self._packets.landed(name, kind, row)
        except (Trouble, StorageError) as error:
            self._wrong(error, ("receive", name))
            return
        self._shows(name, landed)
        await asyncio.to_thread(remove, [landed])
        for taken in (True, False):
            ask = self._client.confirming(name, kind, row.id, taken=taken, reason="...")
            if ask:
                self._stage.step(f"receive.{name}: {row.id}, {'taken' if taken else 'refused'}: KHÔNG gửi (not sent)")
                self._asked(await self._caller.unsent(ask))

    def _shows(self, name: str, landed: Landed) -> None:
        packet = landed.packet
        if not isinstance(packet, Packet):
            self._stage.wrong(("receive", name), f"{packet.reason} {packet.where}".strip())
        elif isinstance(packet.body, Acknowledgement):
            about = packet.body.response_for
            said = (
                f"{packet.body.sender.id}: {packet.body.status}, {about.document_id or about.code} ({about.organ_id})"
            )
            self._read(("receive", name), said)
        else:
            to, files = ", ".join(each.id for each in packet.body.to), len(packet.body.attachments)
            said = f"{packet.body.sender.id}: {packet.body.code} ({to}), {files} tệp"
            self._read(("receive", name), said)

    async def _finds(self, asks: Find, more: Mapping[str, object], *, there: bool) -> None:
        at = ("find", "documents" if "documents" in self._settings.profile.find else "packets")
        self._stage.step("find")
        try:
            found = await self._client.find(asks, more)
        except (Trouble, StorageError) as error:
            self._wrong(error, at)
            return
        if (found is not None) != there:
            self._stage.wrong(at, "nói là đã có" if found else "nói là chưa có, mà vừa gửi xong")
        else:
            self._read(at, f"đã có {found.id}".strip() if found else "chưa có")

    # what is heard -------------------------------------------------------------------------------------------

    def _asked(self, asked: Asked) -> None:
        headers = {name: self._hidden(value) for name, value in asked.headers.items()}
        parts = asked.body.parts if asked.body else ()
        body = b"".join(part if isinstance(part, bytes) else b"<%d byte>" % part.size for part in parts)
        call = self._hidden(f"{asked.method} {asked.url}")
        self._stage.asked(call, headers, self._hidden(body.decode("utf-8", "replace"), _SHOWN))

    def _heard(self, told: Told, judged: Judged) -> None:
        said = f"HTTP {told.status}: {judged.verdict}"
        reason = judged.reason if judged.verdict != "ok" else ""
        text = told.cutter.shown(_text(told.tree)) if told.cutter else _text(told.tree)
        self._stage.answered(f"{said} ({reason})" if reason else said, self._hidden(text, _SHOWN))

    def _read(self, at: At, value: str) -> None:
        self._stage.read(at, self._hidden(value))

    def _wrong(self, error: Exception, at: At) -> None:
        where = error.at if isinstance(error, Trouble) and error.at else at
        self._stage.wrong(where, self._hidden(str(error)))

    def _hidden(self, text: str, most: int = 300) -> str:
        return hidden(text, self._caller.secrets, most)


def _text(tree: Any) -> str:
    if etree.iselement(tree):
        return str(etree.tostring(tree, encoding="unicode"))
    return "" if tree is None else json.dumps(tree, ensure_ascii=False)
