"""What the command line asks that needs no running hub: done by one all the same where it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hub.enrolling import enrol_file
from hub.ledger import Ledger, NotFound
from hub.stalling import REINSTATED


async def do(ledger: Ledger, verb: str, target: str, nudge: Callable[[str, int], None]) -> str:
    """Carry out what a command asks: requeue, discard, match, drop, reinstate or directory. Returns what was done.

    Raises NotFound, NotAllowed, Refused.
    """
    if verb == "requeue":
        recipients = await ledger.requeue(target)
        for recipient in recipients:
            nudge(recipient, 0)
        return f"{len(recipients)} deliveries wait again"
    if verb == "discard":
        await ledger.discard(target)
        return "discarded"
    if verb == "match":
        answer, _, document = target.partition(" ")
        sent = await ledger.match(answer, document, "person")
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
        done = await enrol_file(ledger, kind, Path(file), shrunk=how == "shrunk")
        return f"{done.rows} rows: {done.added} added, {done.changed} changed, {done.gone} gone"
    raise NotFound(f"{verb} needs a running hub")
