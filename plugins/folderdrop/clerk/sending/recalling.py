"""Documents that their sender wants back after they went: from `thu-hoi` to everybody who got them. Blocking."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from hub import Acceptance, Context, Incoming, Packet, Refused, Story
from hub.standards import edxml
from plugins.folderdrop.clerk import arrivals, names, texts
from plugins.folderdrop.clerk.files import opened, sizes_in, text_of
from plugins.folderdrop.clerk.names import Folders
from plugins.folderdrop.clerk.sending import boxes, notes, placing, wanting
from plugins.folderdrop.clerk.sending.drops import SLIP
from plugins.folderdrop.clerk.sending.records import Posted, Recall, Request
from plugins.folderdrop.clerk.sending.slips import reason_of
from plugins.folderdrop.clerk.sending.store import Outbox
from plugins.folderdrop.clerk.sending.wanting import Lying, Next

_LONGEST = 1_000_000


@dataclass(slots=True)
class Wanted:
    """What lies in `thu-hoi` to be asked for, or lay there."""

    seen: list[Posted] = field(default_factory=list)
    #: what is to be asked for now
    meant: list[Posted] = field(default_factory=list)
    #: seconds until the next falls due
    wake: float = math.inf


class Recalling:
    """The recalls of one unit's documents. One call at a time, the share held open by who calls."""

    def __init__(self, context: Context, outbox: Outbox, folders: Folders, grace: float) -> None:
        self._context, self._outbox, self._folders, self._grace = context, outbox, folders, grace

    def begin(self, posted: Posted) -> None:
        """Its folder lies in `thu-hoi`, too late to stop it: from now on it is wanted back. Raises OSError."""
        self._outbox.keep(replace(posted, recall=wanting.begun(self._context.clock.now())))

    def look(self, root: int) -> Wanted:
        """See what became of each that is not meant yet. Raises OSError."""
        lying = {mark: place for place, mark in placing.recalled(root)}
        found = Wanted()
        for posted in self._outbox.all:
            if posted.recall is None or posted.recall.at:
                continue
            place = lying.get(posted.id, "")
            said = Lying(place, _reason(root, place) if place else "")
            then = wanting.look(posted.recall, said, self._context.clock.now(), self._grace)
            self._follow(root, posted, posted.recall, place, then)
            found.seen.append(self._outbox.posted[posted.id])
            if then.act == "go":
                found.meant.append(found.seen[-1])
            if then.wait:
                found.wake = min(then.wait, found.wake)
        return found

    def _follow(self, root: int, posted: Posted, before: Recall, place: str, then: Next) -> None:
        hotline = self._context.hotline
        match then.act:
            case "undo":
                self._clear(root, placing.lies(root, posted))
            case "late":
                self._clear(root, place)
                home = placing.bring_back(root, place, posted)
                self._note(root, home, notes.no_recall(posted.folder, hotline))
            case "ask":
                self._ask(root, place, posted)
            case "" if then.recall != before:
                self._clear(root, place)
        if then.recall != posted.recall:
            self._outbox.keep(replace(posted, recall=then.recall))

    def _ask(self, root: int, place: str, posted: Posted) -> None:
        with opened(root, place) as folder:
            there = sizes_in(folder)
            asked = notes.is_question(text_of(folder, names.NOTE)) if names.NOTE in there else False
        if names.REASON not in there:
            arrivals.put(root, place, names.REASON, texts.blank_recall())
        if not asked:
            self._note(root, place, notes.ask_reason(posted.until, self._grace, self._context.hotline))

    def _note(self, root: int, place: str, content: bytes) -> None:
        arrivals.put(root, place, names.NOTE, names.respelt_text(content, self._folders))

    def _clear(self, root: int, place: str) -> None:
        """The question holds no more; what a person wrote stays."""
        with suppress(OSError), opened(root, place) as folder:
            there = sizes_in(folder) if place else {}
            if names.NOTE in there and notes.is_question(text_of(folder, names.NOTE)):
                boxes.remove(folder, [names.NOTE])
            if names.REASON in there and texts.is_blank_reason(text_of(folder, names.REASON)):
                boxes.remove(folder, [names.REASON])

    def ask(self, root: int, posted: Posted, stories: Sequence[Story], codes: Mapping[str, str]) -> None:
        """Write down whom it is asked of; from now on it cannot be undone. Raises OSError."""
        assert posted.recall
        asked = wanting.meant(posted.recall, stories, codes, self._context.clock.now())
        posted = replace(posted, recall=asked)
        self._outbox.keep(posted)
        if not asked.requests:
            self._tell(root, posted)

    def requests(self) -> list[tuple[Posted, Request, Incoming]]:
        """What the hub has not judged yet. Raises NoRoom, StorageFailed, OSError."""
        open_ones = [
            (posted, each)
            for posted in self._outbox.all
            for each in (posted.recall.requests if posted.recall else ())
            if not each.settled
        ]
        return [(posted, each, self._incoming(posted, each)) for posted, each in open_ones]

    def _incoming(self, posted: Posted, to: Request) -> Incoming:
        """The request to one recipient; after a crash the same bytes under the same key."""
        assert posted.recall
        body = wanting.request(posted, posted.recall, self._context, to)
        blob = self._context.bodies.store(io.BytesIO(edxml.write_acknowledgement(body)), _LONGEST)
        return Incoming(f"recall|{posted.id}|{to.recipient}", f"13 {posted.folder}", Packet(body), blob)

    def settle(self, root: int, posted: Posted, to: Request, outcome: Acceptance | Refused) -> Posted:
        """The hub has judged one. Raises OSError."""
        posted = self._outbox.posted[posted.id]
        assert posted.recall
        if isinstance(outcome, Refused):
            done = replace(to, refused=outcome.reason)
        else:
            done = replace(to, envelope=outcome.envelope_id)
        requests = tuple(done if each.recipient == to.recipient else each for each in posted.recall.requests)
        posted = replace(posted, recall=replace(posted.recall, requests=requests))
        self._outbox.keep(posted)
        if all(each.settled for each in requests):
            self._tell(root, posted)
        return posted

    def _tell(self, root: int, posted: Posted) -> None:
        if posted.recall and (place := placing.lies(root, posted)):
            self._note(root, place, notes.recalled(posted.recall, self._context.hotline))


def _reason(root: int, place: str) -> str:
    """Why it is wanted back: `ly-do.txt`, else the slip."""
    with opened(root, place) as folder:
        there = sizes_in(folder)
        said = texts.without_hint(text_of(folder, names.REASON)) if names.REASON in there else ""
        return said or (reason_of(text_of(folder, SLIP)) if SLIP in there else "")
