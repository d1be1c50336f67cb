"""What the chained events prove of answers that wait for their document. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from hub.ledger.chain import Line

Row = Mapping[str, Any]
Told = tuple[Line, Mapping[str, Any]]

#: What the event says that accepts an answer without a document.
ORPHAN = "orphan"
#: The event of a waiting answer whose document was found, and of one that nobody wants.
MATCHED, DISCARDED = "matched", "orphan-discarded"
#: Where the first holds the seal over the deliveries that were made with it.
PAIRED = "rows"
_of_delivery = itemgetter("id", "envelope_id", "recipient", "urgency", "route")


def pairing(deliveries: Sequence[Row]) -> str:
    """SHA-256 (hex) over the lasting parts of the deliveries that a found document made."""
    parts = [part for lasting in sorted(map(_of_delivery, deliveries)) for part in lasting]
    # No text that the hub takes holds a NUL: what is joined by it cannot be read in two ways.
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def made_later(events: Sequence[Told]) -> set[str]:
    """The deliveries that were made only when the document of a waiting answer was found."""
    return {line.delivery_id for line, _ in events if line.kind == MATCHED} - {""}


def misfits(rows: Sequence[Row], origin: str, deliveries: Sequence[Row], events: Sequence[Told]) -> Iterator[str]:
    """What of one answer's row in the pen, and of its deliveries, is not as its events leave them."""
    waits = [told for told in events if told[0].kind == "accepted" and told[1].get(ORPHAN)]
    ends = [told for told in events if told[0].kind in (MATCHED, DISCARDED)]
    if len(rows) != len(waits) or len(ends) > len(waits):
        yield f"{len(rows)} rows, {len(waits)} events that it waits, {len(ends)} that it does no longer"
        return
    for row, (begin, _) in zip(rows, waits, strict=True):
        wanted = {"at": begin.at, "unit": origin} | _left(ends)
        wrong = (name for name, value in wanted.items() if row[name] != value)
        yield from (f"its {name} is {row[name]!r}, its events say {wanted[name]!r}" for name in wrong)
    for line, said in ends:
        made = [row for row in deliveries if row["id"] == line.delivery_id]
        if line.kind == MATCHED and said.get(PAIRED) != pairing(made):
            yield "its delivery is not the one that was made when its document was found"


def _left(ends: Sequence[Told]) -> dict[str, Any]:
    for line, said in ends:
        if line.kind == MATCHED:
            return {"unit": line.unit, "state": "matched", "document": said["document"], "how": said["how"]}
        return {"unit": line.unit, "state": "discarded", "document": "", "how": said["reason"]}
    return {"state": "waiting", "document": "", "how": ""}
