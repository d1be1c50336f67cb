"""sendEdoc: a packet is in the hub's custody before its sender is told so."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aiohttp import web

from hub import Acceptance, Context, Inbox, Incoming, Quarantined, Refused, StorageError, failpoint
from hub.standards import vxp
from plugins.eoffice.axis import answers
from plugins.eoffice.axis.arriving import TOGETHER, Arrived, Arriving, Custody, Handed, Sent, keep
from plugins.eoffice.axis.failures import (
    DAMAGED,
    NO_RECIPIENT,
    NOT_REGISTERED,
    STARTING,
    SYSTEM,
    Failed,
    of_reading,
    of_verdict,
)
from plugins.eoffice.axis.gathering import Gathering
from plugins.eoffice.axis.settings import AxisSettings
from plugins.eoffice.axis.visits import Visit, folded, kind_of

_MOST_NAMED, _REMEMBERED = 5000, 10_000
#: Refusals of one call from before the hub's start that are passed over in one go.
_WALK = 1000
_KEPT = "Trục giữ lại để quản trị viên xem, không cần gửi lại."


@dataclass(frozen=True, slots=True)
class Judged:
    """What the hub made of one."""

    incoming: Incoming
    verdict: Acceptance | Refused


def _is_text(code: object) -> bool:
    """Half a pair of surrogates is none."""
    return isinstance(code, str) and not any("\ud800" <= sign <= "\udfff" for sign in code)


def _is_told(verdict: Acceptance | Refused) -> bool:
    """Whether it is a refusal of before, and nothing was judged."""
    return isinstance(verdict, Refused) and verdict.earlier


class Intake:
    """Takes in what one unit's software sends. Raises Failed, StorageError."""

    def __init__(
        self,
        settings: AxisSettings,
        context: Context,
        inbox: Inbox,
        folder: Path,
        custody: Custody,
        keeping: Gathering[Handed, Arrived | StorageError],
    ) -> None:
        self._settings, self._context, self._inbox, self._folder = settings, context, inbox, folder
        self._custody, self._keeping = custody, keeping
        self._judged = Gathering(self._accept, TOGETHER)
        self._is_over = False
        #: how often a call was refused, as far as it is known, by its content
        self._refusals: OrderedDict[str, int] = OrderedDict()

    async def send(self, visit: Visit) -> web.StreamResponse:
        """The answer to sendEdoc. The same packet again gets the same DocId (the hub knows its content)."""
        self._check_sender(visit.call)
        kind = kind_of(visit.call)
        named = self._named(visit.call) if kind == "document" else ()
        body = Arriving(self._folder, self._settings.largest * 10**6, self._inbox.has_room)
        try:
            await self._arrive(body, visit)
            sent = Sent(body, kind, named)
            kept = await self._keep(sent)
            if self._is_over:
                raise Failed(SYSTEM, STARTING)
            judged = await self._judged.done((sent, kept))
        except Refused as refused:
            raise of_reading(refused) from refused
        finally:
            body.close()
        return self._answer(judged)

    async def end(self) -> None:
        """Wait for what goes into custody now; who waits for a turn is cut off, and calls again."""
        self._is_over = True
        await self._judged.end()

    def _answer(self, judged: Judged) -> web.StreamResponse:
        incoming, verdict = judged.incoming, judged.verdict
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
        if not isinstance(codes, list) or len(codes) > _MOST_NAMED or not all(map(_is_text, codes)):
            raise Failed(NO_RECIPIENT, "to không phải mảng JSON của các mã.")
        return tuple(dict.fromkeys(codes))

    async def _arrive(self, body: Arriving, visit: Visit) -> None:
        body.expect(visit.request.content_length or 0)
        await body.take(visit.body)
        if not vxp.is_hash_of(visit.call.get("hash-file"), body.digest):
            raise Failed(DAMAGED, "hash-file không đúng với nội dung nhận được.")

    async def _keep(self, sent: Sent) -> Arrived:
        """Read and durable, together with what other units send; the hub has not judged it."""
        verdict = await self._custody.hand.verdict(self._inbox, sent.name, self._key(sent.name))
        handed = Handed(self._custody, sent, verdict)
        if self._goes_alone(sent):
            [kept] = await asyncio.to_thread(keep, [handed])
        else:
            kept = await self._keeping.done(handed)
        if isinstance(kept, StorageError):
            raise kept
        return kept

    def _goes_alone(self, sent: Sent) -> bool:
        """A large one holds up no other, and one that was in a dying hub's hand costs no other its try."""
        return not sent.body.is_small or sent.name in self._custody.hand.suspects

    async def _accept(self, group: Sequence[tuple[Sent, Arrived]]) -> Sequence[Judged]:
        """Into custody, together."""
        incoming = [self._incoming(kept, sent) for sent, kept in group]
        failpoint("axis.stored")
        judged = list(map(Judged, incoming, await self._inbox.accept(incoming)))
        for place in [at for at, each in enumerate(judged) if _is_told(each.verdict)]:
            judged[place] = await self._anew(judged[place])
        failpoint("axis.accepted")
        return judged

    async def _anew(self, judged: Judged) -> Judged:
        """A call that was refused, in an earlier life perhaps, and that its sender, who was told, makes again."""
        for _ in range(_WALK):
            if not _is_told(judged.verdict):
                return judged
            self._given_back(judged.incoming)
            name = judged.incoming.source_key.rpartition(".")[0]
            incoming = replace(judged.incoming, source_key=f"{name}.{self._refusals[name]}")
            judged = Judged(incoming, *await self._inbox.accept([incoming]))
        return judged

    def _incoming(self, arrived: Arrived, sent: Sent) -> Incoming:
        """The same call again is the same input: what came of it holds, unless that was a refusal that was told."""
        return Incoming(self._key(sent.name), f"{sent.name}.edxml", arrived.packet, arrived.blob, addressees=sent.named)

    def _key(self, name: str) -> str:
        return f"{name}.{self._refusals.get(name, 0)}"

    def _given_back(self, incoming: Incoming) -> None:
        """It was refused, and its sender is told: sent again it is judged anew."""
        name, _, number = incoming.source_key.rpartition(".")
        self._refusals[name] = int(number) + 1
        self._refusals.move_to_end(name)
        if len(self._refusals) > _REMEMBERED:
            self._refusals.popitem(last=False)
