"""sendEdoc: a packet is in the hub's custody before its sender is told so."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from hub import Acknowledgement, Context, Inbox, Incoming, Packet, Quarantined, Refused, failpoint
from hub.standards import vxp
from plugins.eoffice.axis import answers
from plugins.eoffice.axis.arriving import Arrived, Arriving, Custody
from plugins.eoffice.axis.failures import (
    DAMAGED,
    NO_RECIPIENT,
    NOT_EDXML,
    NOT_REGISTERED,
    Failed,
    of_reading,
    of_verdict,
)
from plugins.eoffice.axis.gathering import Gathering
from plugins.eoffice.axis.settings import AxisSettings
from plugins.eoffice.axis.visits import Visit, folded, kind_of

_MOST_NAMED, _REMEMBERED = 5000, 10_000
#: Calls of a unit that go into custody together, at most.
_TOGETHER = 64
_KEPT = "Trục giữ lại để quản trị viên xem, không cần gửi lại."


class Intake:
    """Takes in what one unit's software sends. Raises Failed, StorageError."""

    def __init__(self, settings: AxisSettings, context: Context, inbox: Inbox, folder: Path) -> None:
        self._settings, self._context, self._inbox, self._folder = settings, context, inbox, folder
        self._custody = Custody(context, folder)
        self._kept = Gathering(self._keep, _TOGETHER)
        self._accepted = Gathering(inbox.accept, _TOGETHER)
        #: how often a call was refused of late, by its content
        self._refusals: OrderedDict[str, int] = OrderedDict()

    async def send(self, visit: Visit) -> web.StreamResponse:
        """The answer to sendEdoc. The same packet again gets the same DocId (the hub knows its content)."""
        self._check_sender(visit.call)
        kind, named = kind_of(visit.call), self._named(visit.call)
        arrived = await self._arrived(visit)
        incoming = self._incoming(arrived, kind, named)
        failpoint("axis.stored")
        verdict = await self._accepted.done(incoming)
        failpoint("axis.accepted")
        if isinstance(verdict, Quarantined):
            return answers.said(_KEPT, DocId=incoming.source_key)
        if isinstance(verdict, Refused):
            self._given_back(incoming)
            raise of_reading(verdict) if isinstance(incoming.packet, Refused) else of_verdict(verdict)
        return answers.said(DocId=verdict.envelope_id)

    def _check_sender(self, call: vxp.Call) -> None:
        """`from` must be the unit's: its systemid, its code, another code of it (facts 3.4)."""
        sender = folded(call.get("from"))
        mine = {folded(self._settings.systemid), folded(self._context.unit.code)}
        if sender not in mine and self._context.codes.get(sender) != self._context.unit.id:
            said = f"Don vi gui {sender} khong dung voi ma da dang ky: {self._settings.systemid}"
            raise Failed(NOT_REGISTERED, said)

    def _named(self, call: vxp.Call) -> tuple[str, ...]:
        """The codes of the `to` header, which is the text of a JSON array; none where it does not count."""
        header = call.get("to")
        if not header or self._settings.addressees == "packet":
            return ()
        try:
            codes = json.loads(header)
        except (ValueError, RecursionError) as error:
            raise Failed(NO_RECIPIENT, "to không phải mảng JSON.") from error
        if not isinstance(codes, list) or len(codes) > _MOST_NAMED or not all(isinstance(one, str) for one in codes):
            raise Failed(NO_RECIPIENT, "to không phải mảng JSON của các mã.")
        return tuple(dict.fromkeys(codes))

    async def _arrived(self, visit: Visit) -> Arrived:
        arriving = Arriving(self._folder, self._settings.largest * 10**6, self._inbox.has_room)
        try:
            arriving.expect(visit.request.content_length or 0)
            await arriving.take(visit.body)
            if not vxp.is_hash_of(visit.call.get("hash-file"), arriving.digest):
                raise Failed(DAMAGED, "hash-file không đúng với nội dung nhận được.")
            return await (self._kept.done(arriving) if arriving.is_small else self._alone(arriving))
        except Refused as refused:
            raise of_reading(refused) from refused
        finally:
            arriving.close()

    async def _alone(self, body: Arriving) -> Arrived:
        """A large one holds up no other."""
        [arrived] = await self._keep([body])
        return arrived

    async def _keep(self, bodies: Sequence[Arriving]) -> Sequence[Arrived]:
        return await asyncio.to_thread(self._custody.keep, bodies)

    def _incoming(self, arrived: Arrived, kind: str, named: tuple[str, ...]) -> Incoming:
        """The same call again is the same input: what came of it holds, unless that was a refusal that was told."""
        packet = arrived.packet
        if isinstance(packet, Packet):
            is_answer = isinstance(packet.body, Acknowledgement)
            if is_answer != (kind == "acknowledgement"):
                raise Failed(NOT_EDXML, "messagetype khác với gói tin.")
            named = () if is_answer else named
        text = "|".join((arrived.digest, kind, *named))
        name = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        key = f"{name}.{self._refusals.get(name, 0)}"
        return Incoming(key, f"{name}.edxml", packet, arrived.blob, addressees=named)

    def _given_back(self, incoming: Incoming) -> None:
        """It was refused, and its sender is told: sent again it is judged anew."""
        name, _, number = incoming.source_key.rpartition(".")
        self._refusals[name] = int(number) + 1
        self._refusals.move_to_end(name)
        if len(self._refusals) > _REMEMBERED:
            self._refusals.popitem(last=False)
