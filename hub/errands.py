"""What the command line asks that needs no running hub: done by one all the same where it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hub.duties import Book
from hub.enrolling import enrol_file
from hub.ledger import Ledger, NotFound
from hub.stalling import REINSTATED

#: The verb that sends dead letters again although their sender asked the document back.
FORCED = "requeue-forced"


async def do(
    ledger: Ledger, verb: str, target: str, nudge: Callable[[str, int], None], book: Book | None = None
) -> str:
    """Carry out what a command asks: requeue, discard, match, drop, reinstate or directory. Returns what was done.

    `book`: the rules of what is owed once an answer is matched that asks its document back.
    Raises NotFound, NotAllowed, AskedBack, Refused.
    """
    if verb in ("requeue", FORCED):
        done = await ledger.requeue(target, forced=verb == FORCED)
        for recipient in done.recipients:
            nudge(recipient, 0)
        stay = f"; {len(done.asked_back)} không chuyển lại, nơi gửi đã thu hồi (asked back, --force sends them too)"
        return f"{len(done.recipients)} deliveries wait again{stay if done.asked_back else ''}"
    if verb == "discard":
        await ledger.discard(target)
        return "discarded"
    if verb == "match":
        answer, _, document = target.partition(" ")
        sent = await ledger.match(answer, document, "person", book)
        for recipient in sent.recipients:
            nudge(recipient, sent.urgency)
        return f"matched, goes to {', '.join(sent.recipients)}" if sent.recipients else "matched, goes to nobody"
    if verb == "drop":
        answer, _, reason = target.partition(" ")
        await ledger.drop(answer, reason)
        return "discarded"
    if verb == "reinstate":
        await ledger.reinstate(target)
        return REINSTATED
    if verb == "directory":
        kind, how, file = target.split(" ", 2)
        told = await enrol_file(ledger, kind, Path(file), shrunk=how == "shrunk")
        return f"{told.rows} rows: {told.added} added, {told.changed} changed, {told.gone} gone"
    raise NotFound(f"{verb} needs a running hub")
