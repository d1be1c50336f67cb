"""From `out/` into custody: the blocking work, a whole batch in one call."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from heapq import nsmallest

from hub import Acceptance, Blob, Context, Incoming, NoRoom, Quarantined, Refused, failpoint, logger
from plugins.folderdrop import naming, stability, system
from plugins.folderdrop.claims import Held, look_at, writers_of
from plugins.folderdrop.hands import turn
from plugins.folderdrop.reading import parsed
from plugins.folderdrop.release import Taken, release
from plugins.folderdrop.share import Dirs, Share, owner_of
from plugins.folderdrop.stability import Look, Memory, Writers

#: Most names taken from one listing, oldest first; the rest is in the next.
_LISTING = 10_000
#: A claim whose reading was begun more often is kept unread. Its first reading is not counted.
_MOST_TRIES = 2
_NO_ADOPTION = frozenset({errno.EXDEV, errno.EMLINK, errno.EPERM})
_SOON, _HELD_UP = 0.05, 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name in `out/` or among the claims, as the listing showed it."""

    name: bytes
    look: Look

    @property
    def key(self) -> str:
        """What names this input in the ledger."""
        return naming.source_key(self.name, self.look.inode, self.look.mtime_ns)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a scan found: claims left by an earlier run, and names in `out/`, oldest first."""

    leftovers: Sequence[Candidate]
    candidates: Sequence[Candidate]


@dataclass(slots=True)
class Batch:
    """What one call took."""

    taken: list[Taken] = field(default_factory=list)
    #: seconds until a file that is not whole yet may be; None: there is none
    wake: float | None = None
    #: every body is durable
    stored: bool = True
    #: the disk was full: something was put back
    full: bool = False
    #: what could not be taken, and why
    troubles: dict[bytes, str] = field(default_factory=dict)

    def wait(self, seconds: float) -> None:
        """Something may be whole after that long."""
        self.wake = max(_SOON, seconds if self.wake is None else min(self.wake, seconds))


class Intake:
    """The blocking half of a folder's intake. One call at a time."""

    def __init__(self, share: Share, context: Context, settle: float, largest: int) -> None:
        self._share, self._context = share, context
        self._settle, self._largest = settle, largest
        self._memory = Memory()
        self._may_adopt = True
        self._folders: set[bytes] = set()

    def scan(self, arm: Callable[[int], None]) -> Listing:
        """List the folder, after handing it to `arm`: what comes later nudges. Raises Outage, OSError."""
        with self._share.entered() as dirs:
            arm(dirs.out)
            leftovers = _listed(dirs.claims)
            found = [each for each in _listed(dirs.out) if not naming.is_temporary(each.name)]
        candidates = [each for each in found if not stat.S_ISDIR(each.look.mode)]
        if len(candidates) < len(found):
            self._warn({each.name for each in found if stat.S_ISDIR(each.look.mode)})
        self._memory.keep({each.name for each in (*leftovers, *candidates)})
        return Listing(_oldest(leftovers), _oldest(candidates))

    def take(self, candidates: Sequence[Candidate], renamed: Collection[bytes]) -> Batch:
        """Claim, seal, check, read and store what is whole. A file's trouble stays its own."""
        batch = Batch()
        with self._share.entered() as dirs, ExitStack() as stack:
            with turn(sum(one.look.size for one in candidates), local=dirs.local):
                helds = [each for one in candidates if (each := self._tried(dirs, stack, one, renamed, batch))]
                read = [(held, taken) for held in helds if (taken := self._guarded(dirs, held, batch))]
            batch.taken += [self._synced(held, taken) for held, taken in read]
            batch.stored = self._adopted(dirs, batch.taken)
        return batch

    def ready(self, leftover: Candidate) -> bool:
        """Whether a claim of an earlier run can be read now: sealed, and no old writer left."""
        with self._share.entered() as dirs, ExitStack() as stack:
            if stability.trap(leftover.look):
                return True
            held = _held(dirs.claims, stack, leftover.name)
            held.seal()
            unchanged = self._memory.unchanged(held.name, held.look, self._context.clock.monotonic())
            return self._is_whole(dirs, held, unchanged)

    def take_leftover(self, leftover: Candidate, tries: int) -> Batch:
        """Read a claim of an earlier run; one that was tried too often is kept unread."""
        batch = Batch()
        with self._share.entered() as dirs, ExitStack() as stack:
            if refused := stability.trap(look_at(dirs.claims, leftover.name)):
                batch.taken.append(_trapped(leftover, refused, claimed=True))
                return batch
            held = _held(dirs.claims, stack, leftover.name)
            held.safe = held.seal() and writers_of(held.descriptor, dirs.local) is Writers.NONE
            held.owner = owner_of(dirs.out)
            if taken := self._guarded(dirs, held, batch, _poison(tries) if tries > _MOST_TRIES else None):
                batch.taken.append(self._synced(held, taken))
            batch.stored = self._adopted(dirs, batch.taken)
        return batch

    def store(self, batch: Batch) -> None:
        """Try again to make the batch's bodies durable."""
        with self._share.entered() as dirs:
            batch.stored = self._adopted(dirs, batch.taken)

    def release(self, taken: Sequence[Taken], outcomes: Sequence[Acceptance | Refused]) -> list[str]:
        """Let go of what the hub has, give back what it refused. Returns what could not be let go yet, and why."""
        with self._share.entered() as dirs:
            return release(dirs, self._context, taken, outcomes)

    def _warn(self, folders: set[bytes]) -> None:
        """Say once that a folder in `out/` is no document of this layout."""
        for name in folders - self._folders:
            logger.bind(unit=self._context.unit.id, folder=naming.shown(name)).warning("a folder in out/ is not read")
        self._folders |= folders

    def _tried(
        self, dirs: Dirs, stack: ExitStack, candidate: Candidate, renamed: Collection[bytes], batch: Batch
    ) -> Held | None:
        """The file claimed and sealed; None where it is a trap, has to wait, is gone or makes trouble."""
        look, name = candidate.look, candidate.name
        unchanged = self._memory.unchanged(name, look, self._context.clock.monotonic())
        refused = stability.trap(look)
        if refused is None and look.links > 1:
            # Deliveries by link and unlink have a second name for a moment.
            if unchanged < self._settle:
                self._wait(batch, unchanged)
                return None
            refused = stability.hard_link()
        if refused is not None:
            batch.taken.append(_trapped(candidate, refused, claimed=False))
            return None
        try:
            return self._claimed(dirs, stack, candidate, name in renamed, batch)
        except FileNotFoundError:  # gone: withdrawn, or replaced; the next listing tells
            return None
        except FileExistsError:  # an earlier one of that name is not done yet
            self._wait(batch, unchanged)
            return None
        except OSError as error:
            batch.troubles[name] = error.strerror or str(error)
            return None

    def _wait(self, batch: Batch, unchanged: float) -> None:
        """Look again when it has settled; where something else holds it up, after a while."""
        batch.wait(self._settle - unchanged if unchanged < self._settle else max(self._settle, _HELD_UP))

    def _claimed(self, dirs: Dirs, stack: ExitStack, candidate: Candidate, renamed: bool, batch: Batch) -> Held | None:
        held = _held(dirs.out, stack, candidate.name)
        unchanged = self._memory.unchanged(held.name, held.look, self._context.clock.monotonic())
        # What was renamed into place is asked about old writers only once, when it is out of reach.
        if held.look.links > 1 or not (renamed or self._is_whole(dirs, held, unchanged)):
            self._wait(batch, unchanged)
            return None
        if not held.claim(dirs):
            batch.wait(0.0)
            return None
        failpoint("folderdrop.claimed")
        sealed = held.seal()
        failpoint("folderdrop.sealed")
        writers = writers_of(held.descriptor, dirs.local)
        if writers is Writers.SOME:
            held.put_back(dirs)
            batch.wait(self._settle)
            return None
        held.safe = sealed and writers is Writers.NONE
        self._memory.forget(held.name)
        system.start_writing_out(held.descriptor)
        return held

    def _is_whole(self, dirs: Dirs, held: Held, unchanged: float) -> bool:
        writers = writers_of(held.descriptor, dirs.local)
        return stability.whole(writers, stability.closed(held.tail()), unchanged, self._settle)

    def _guarded(self, dirs: Dirs, held: Held, batch: Batch, verdict: Refused | None = None) -> Taken | None:
        """Read one claim. None: it was put back, or makes trouble."""
        try:
            taken = self._read(dirs, held, verdict)
        except NoRoom:
            batch.full, taken = True, None
        except OSError as error:
            batch.troubles[held.name] = error.strerror or str(error)
            return None
        if taken is None:
            held.put_back(dirs)
            batch.wait(self._settle)
        return taken

    def _read(self, dirs: Dirs, held: Held, verdict: Refused | None) -> Taken | None:
        """Read and hash one claim. None: it changed under our hands."""
        packet, blob = parsed(held, self._largest, verdict)
        failpoint("folderdrop.hashed")
        if not held.unchanged() or (blob and blob.size != held.look.size):
            return None
        keep = blob is not None and (isinstance(packet, Quarantined) or not isinstance(packet, Refused))
        adopt = keep and held.safe and dirs.private and self._may_adopt
        if keep and not adopt and self._copied(held) != blob:
            return None
        key = naming.source_key(held.name, held.look.inode, held.look.mtime_ns)
        found = Incoming(key, naming.shown(held.name), packet, blob if keep else None)
        return Taken(held.name, found, True, held.owner, adopt)

    def _synced(self, held: Held, taken: Taken) -> Taken:
        """The same with its bytes on the disk; where the disk will not say so, copied."""
        if not taken.adopt:
            return taken
        try:
            os.fdatasync(held.descriptor)
        except OSError:
            self._copied(held)
            return replace(taken, adopt=False)
        return taken

    def _copied(self, held: Held) -> Blob:
        os.lseek(held.descriptor, 0, os.SEEK_SET)
        with open(held.descriptor, "rb", closefd=False) as source:
            return self._context.bodies.store(source, self._largest)

    def _adopted(self, dirs: Dirs, taken: Sequence[Taken]) -> bool:
        """Make claims blobs. False: the disk is full; try again later."""
        claims = [(each.name, each.found.blob) for each in taken if each.adopt and each.found.blob]
        try:
            if claims and self._may_adopt:
                self._adopt(dirs, claims)
            if not self._may_adopt:
                self._store(dirs, claims)
        except NoRoom:
            return False
        return True

    def _adopt(self, dirs: Dirs, claims: Sequence[tuple[bytes, Blob]]) -> None:
        try:
            self._context.bodies.adopt([(dirs.claim_path(name), blob) for name, blob in claims])
        except OSError as error:
            if error.errno not in _NO_ADOPTION:
                raise
            self._may_adopt = False

    def _store(self, dirs: Dirs, claims: Sequence[tuple[bytes, Blob]]) -> None:
        """Copy sealed claims of a share that lies on another file system than the blobs."""
        for name, _blob in claims:
            with ExitStack() as stack:
                self._copied(_held(dirs.claims, stack, name))


def _held(directory: int, stack: ExitStack, name: bytes) -> Held:
    held = Held.open(directory, name)
    stack.callback(held.close)
    if not stat.S_ISREG(held.look.mode):
        raise OSError(errno.ESTALE, "swapped while it was opened")
    return held


def _listed(directory: int) -> list[Candidate]:
    found = []
    with os.scandir(directory) as entries:
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:  # gone, or not to be looked at: the next listing tells
                continue
            look = Look(status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode, status.st_nlink)
            found.append(Candidate(os.fsencode(entry.name), look))
    return found


def _oldest(candidates: list[Candidate]) -> list[Candidate]:
    return nsmallest(_LISTING, candidates, key=lambda each: (each.look.mtime_ns, each.name))


def _poison(tries: int) -> Quarantined:
    return Quarantined("poison", f"Hub đã dừng đột ngột {tries} lần khi đọc tệp này; quản trị viên cần xem.")


def _trapped(trap: Candidate, refused: Refused, claimed: bool) -> Taken:
    return Taken(trap.name, Incoming(trap.key, naming.shown(trap.name), refused, None), claimed)
