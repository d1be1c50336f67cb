"""A look into `gui-di`: what is ready is taken, what must stay is answered where it lies. Blocking."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from hub import Context, Refused, logger
from hub.standards.addresses import AddressBook
from hub.standards.addressing import resolve
from plugins.folderdrop.claims import Held, writers_of
from plugins.folderdrop.clerk import names
from plugins.folderdrop.clerk.files import opened, text_of
from plugins.folderdrop.clerk.names import Folders
from plugins.folderdrop.clerk.sending import claiming, opening, packing, placing, reasons
from plugins.folderdrop.clerk.sending.claiming import Claimed
from plugins.folderdrop.clerk.sending.drops import Drop, FileSeen, FolderSeen, Mark, Patience, find_drops
from plugins.folderdrop.clerk.sending.inspection import inspect_all
from plugins.folderdrop.clerk.sending.judging import has_signs_of_secrecy
from plugins.folderdrop.clerk.sending.reasons import Reason
from plugins.folderdrop.clerk.sending.records import Fate, Inspection, Kind, Posted, Slip
from plugins.folderdrop.stability import Writers

_CACHED = 1_000


@dataclass(frozen=True, slots=True)
class Times:
    """How long things wait, in seconds."""

    #: a drop must lie unchanged
    settle: float
    #: a drop that names no recipient may still get one, and a slip its document
    recipient: float
    #: a file may be open in a program before its clerk is told
    open: float


@dataclass(slots=True)
class Looked:
    """What one look led to."""

    claimed: list[Claimed] = field(default_factory=list)
    #: keys of what may be a state secret: nothing else of it is kept
    secret: list[str] = field(default_factory=list)
    #: folders of documents sent before, dropped once more
    again: list[tuple[str, Posted]] = field(default_factory=list)
    #: seconds until something may be ready; None: nothing waits
    wake: float | None = None
    troubles: list[str] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        """Look again after that long."""
        self.wake = max(0.02, seconds if self.wake is None else min(self.wake, seconds))


class Inspector:
    """Looks into files, each once as long as it stays the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int, int], Inspection] = {}

    def inspected(self, helds: Mapping[str, Held]) -> dict[str, Inspection]:
        """What each file shows, by its place. Raises OSError."""
        keys = {place: _key(place, held) for place, held in helds.items()}
        new = {place: held for place, held in helds.items() if keys[place] not in self._known}
        found = inspect_all([(held.descriptor, place.rpartition("/")[2]) for place, held in new.items()])
        looks = {place: self._known.get(key) for place, key in keys.items()} | dict(zip(new, found, strict=True))
        known = self._known | {keys[place]: look for place, look in looks.items() if look}
        self._known = dict(list(known.items())[-_CACHED:])
        return {place: look for place, look in looks.items() if look}


def _key(place: str, held: Held) -> tuple[str, int, int, int]:
    """What a file must be again to show the same: a name tells something too."""
    return place.rpartition("/")[2], held.look.inode, held.look.size, held.look.mtime_ns


class Looker:
    """Sees what lies in `gui-di`. One call at a time."""

    def __init__(
        self, context: Context, times: Times, inspector: Inspector, folders: Folders, *, local: Callable[[], bool]
    ) -> None:
        self._context, self._times, self._inspector, self._local = context, times, inspector, local
        self._folders = folders
        self._patience = Patience()
        #: what was judged where it lies, and how it looked then
        self._left: dict[str, Mark] = {}

    def look(
        self,
        root: int,
        tree: FolderSeen,
        book: AddressBook,
        posted: Mapping[str, Posted],
        has_room: Callable[[int], bool],
    ) -> Looked:
        """Take what is ready. Raises OSError."""
        looked = Looked()
        drops = find_drops(tree, lambda name: not resolve((name,), book).unknown)
        unchanged = self._patience.unchanged(drops, self._context.clock.monotonic())
        self._left = {each.place + "/" + each.name: each.mark for each in drops if self._is_left(each)}
        for drop in drops:
            if self._is_left(drop):
                continue
            try:
                self._consider(_Case(root, drop, unchanged[drop.place, drop.name], looked), book, posted, has_room)
            except OSError as error:
                logger.bind(unit=self._context.unit.id).warning("cannot take a drop: {}", error.strerror or error)
                looked.troubles.append(error.strerror or str(error))
        return looked

    def _is_left(self, drop: Drop) -> bool:
        return self._left.get(drop.place + "/" + drop.name) == drop.mark

    def _leave(self, case: _Case, reason: Reason) -> None:
        """Answer a drop where it lies; nothing more is done about it until it changes."""
        drop = case.drop
        place = drop.place if drop.whole else f"{drop.place}/{drop.name}"
        said = reasons.text(reason, self._context.clock.now(), self._context.hotline, drop.name)
        placing.answer_beside(case.root, place, names.respelt_text(said, self._folders))
        self._left[drop.place + "/" + drop.name] = drop.mark

    def _consider(
        self, case: _Case, book: AddressBook, posted: Mapping[str, Posted], has_room: Callable[[int], bool]
    ) -> None:
        drop, times = case.drop, self._times
        if case.unchanged < times.settle:
            case.looked.wait(times.settle - case.unchanged)
            return
        if drop.whole and self._is_known(case, book, posted):
            return
        if drop.odd:
            self._leave(case, reasons.hub_refused(Refused("not-a-file", "", drop.odd[0])))
            return
        if drop.locks:
            self._still_open(case)
            return
        with self._held(case) as helds:
            if helds is None:
                case.looked.wait(times.settle)
                return
            slips = opening.slips(helds, book)
            slip = slips[0] if slips else None
            if self._is_secret(case, helds, slips):
                return
            told = drop.papers and (drop.to or (slip and slip.to) or opening.is_packet(drop))
            if not told and case.unchanged < times.recipient:
                case.looked.wait(times.recipient - case.unchanged)
                return
        if not has_room(2 * sum(each.look.size for each in drop.files)):
            case.looked.troubles.append("Ổ đĩa của trục sắp đầy, tạm dừng nhận (the hub's disk is full: intake waits).")
            return
        self._claim(case)

    def _claim(self, case: _Case) -> None:
        drop, now = case.drop, self._context.clock.now()
        parts = () if drop.whole else tuple(each.name for each in drop.files)
        name = f"{now:%Y%m%d%H%M%S}-{secrets.token_hex(8)}"
        claimed = Claimed(name, now.isoformat(timespec="seconds"), drop.place, drop.whole, drop.to, drop.name, parts)
        if claiming.claim(case.root, drop, claimed, local=self._local()):
            case.looked.claimed.append(claimed)
        else:
            case.looked.wait(self._times.settle)

    def _is_known(self, case: _Case, book: AddressBook, posted: Mapping[str, Posted]) -> bool:
        """Whether a folder is one of the hub's own: received, or sent before; not one that replaces what was sent."""
        with opened(case.root, case.drop.place) as folder:
            mark = text_of(folder, ".lt-id").strip()
        if not mark:
            return False
        sent = posted.get(mark)
        if sent is None:
            self._leave(case, reasons.wrong_place("gui-di"))
            return True
        if sent.fate is Fate.WITHDRAWN:
            return False
        with self._held(case) as helds:
            if helds is None:
                case.looked.wait(self._times.settle)
                return True
            if any(slip.replaces for slip in opening.slips(helds, book)):
                return False
        case.looked.again.append((case.drop.place, sent))
        return True

    def _still_open(self, case: _Case) -> None:
        """A program has a file open: waited for, and said once."""
        name, lock = case.drop.locks[0]
        if case.unchanged < self._times.open:
            case.looked.wait(self._times.open - case.unchanged)
            return
        with opened(case.root, _folder_of(case.drop, name)) as folder:
            holder = opening.holder(folder, lock)
        self._leave(case, reasons.still_open(opening.program(lock), holder))

    def _is_secret(self, case: _Case, helds: Mapping[str, Held], slips: Sequence[Slip]) -> bool:
        """Left where it lies, unread from then on; only that there was something is told."""
        drop = case.drop
        below = [each.place.removeprefix(f"{drop.place}/") for each in drop.papers]
        called = [drop.name, *(part for place in below for part in place.split("/"))]
        looks = seen(self._inspector, {each.place: helds[each.place] for each in drop.papers})
        if not has_signs_of_secrecy(called, list(looks.values()), slips):
            return False
        first = (drop.papers or drop.files)[0].look
        case.looked.secret.append(f"clerk-secret|{first.inode}|{first.mtime_ns}")
        self._leave(case, reasons.secret())
        return True

    @contextmanager
    def _held(self, case: _Case) -> Iterator[dict[str, Held] | None]:
        """The drop's files, open where they lie; None where somebody writes, or one is gone."""
        with ExitStack() as stack:
            helds = {}
            for each in case.drop.files:
                try:
                    helds[each.place] = stack.enter_context(_opened(case.root, each))
                except FileNotFoundError:
                    yield None
                    return
            busy = any(writers_of(held.descriptor, self._local()) is Writers.SOME for held in helds.values())
            changed = any(helds[each.place].look != each.look for each in case.drop.files)
            yield None if busy or changed else helds


def seen(inspector: Inspector, papers: Mapping[str, Held]) -> dict[str, Inspection]:
    """What each file of a drop shows; a packet is asked for a degree of secrecy by its own reader. Raises OSError."""
    packets = {place: held for place, held in papers.items() if opening.is_packet_name(place)}
    found = inspector.inspected({place: held for place, held in papers.items() if place not in packets})
    return found | {place: _packet_seen(held) for place, held in packets.items()}


def _packet_seen(held: Held) -> Inspection:
    said = packing.peeked(held)
    return Inspection(Kind.EDXML, secret=isinstance(said, Refused) and said.code == "secret")


@dataclass(frozen=True, slots=True)
class _Case:
    """One drop in one look."""

    root: int
    drop: Drop
    #: seconds
    unchanged: float
    looked: Looked


def _folder_of(drop: Drop, name: str) -> str:
    return next((each.place for each in drop.files if each.name == name), drop.place + "/").rpartition("/")[0]


@contextmanager
def _opened(root: int, file: FileSeen) -> Iterator[Held]:
    above, _, name = file.place.rpartition("/")
    with opened(root, above) as directory:
        held = Held.open(directory, os.fsencode(name))
    try:
        yield held
    finally:
        held.close()
