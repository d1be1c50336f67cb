"""One call of a unit's software, and what its headers say. Pure but for the request that it holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from hub import VIETNAM, Context, Delivery
from hub.standards import vxp
from plugins.eoffice.axis.failures import INVALID, SYSTEM, Failed
from plugins.eoffice.axis.rows import KINDS, organs

_DAYS = ("%d/%m/%Y", "%Y/%m/%d", "%Y-%m-%d")
_TIMES = ("", " %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Visit:
    """A call whose signature is its unit's, while it is answered."""

    call: vxp.Call
    request: web.BaseRequest
    body: AsyncIterator[bytes]


def kind_of(call: vxp.Call) -> str:
    """What its messagetype asks for: "document" or "acknowledgement". Raises Failed."""
    kind = KINDS.get(call.get("messagetype").lower())
    if kind is None:
        raise Failed(SYSTEM, "messagetype phai la edoc hoac status")
    return kind


def doc_id_of(call: vxp.Call, name: str = "docId") -> str:
    """The packet that it names. Raises Failed.

    `name`: how the SDK spells it in this operation. The other spelling counts only where there is no such header:
    it is left from an earlier call, about another packet (facts 3.2, 3.4).
    """
    if not (doc_id := call.get(name)):
        raise Failed(INVALID, "thieu docId")
    return doc_id


def moment(written: str, *, last: bool = False) -> datetime | None:
    """A day or a time in any of the forms that clients use, Vietnamese time; of a day its beginning, or its end.

    None: nothing is written, or in no such form: then it bounds nothing.
    """
    for form in (day + clock for day in _DAYS for clock in _TIMES):
        try:
            found = datetime.strptime(written, form).replace(tzinfo=VIETNAM)
        except ValueError:
            continue
        return found + timedelta(days=1) if last and "%H" not in form else found
    return None


def folded(code: str) -> str:
    """A code as `Context.codes` has it, of those that a header may hold."""
    return "".join(code.split()).upper()


def as_named(delivery: Delivery, context: Context) -> str:
    """The unit's code as the packet itself writes it."""
    mine = (organ for organ in organs(delivery) if context.codes.get(folded(organ)) == context.unit.id)
    return next(mine, context.unit.code)
