"""Taking a drop out of a clerk's reach, and giving it back or putting it where it belongs. Blocking.

As with a packet (`plugins.folderdrop.claims`): out of reach first, then sealed, then asked about old writers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace

from hub import Blob
from plugins.folderdrop import system
from plugins.folderdrop.claims import Held, writers_of
from plugins.folderdrop.clerk.files import folders_in, opened, sizes_in
from plugins.folderdrop.clerk.sending import moving
from plugins.folderdrop.clerk.sending.drops import Drop, counts
from plugins.folderdrop.share import write_whole
from plugins.folderdrop.stability import Writers

CLAIMS = ".hub/claims"
_FILES, _RECORD = "files", "drop.json"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A drop in the hub's hands, known again after a crash by what lies beside it."""

    id: str
    #: ISO 8601: when it was taken
    at: str
    #: where it lay: the folder itself, or the folder in which the files lay
    place: str
    whole: bool
    to: str
    name: str
    #: names of the files that were to be taken, where it was no folder
    parts: tuple[str, ...] = ()
    #: its packet, once that is stored: the same bytes after a crash
    digest: str = ""
    size: int = 0

    @property
    def key(self) -> str:
        """What names this input in the ledger."""
        return f"clerk-drop|{self.id}"

    @property
    def files(self) -> str:
        """Where its files lie now, from the share's root."""
        return f"{CLAIMS}/{self.id}/{_FILES}"

    @property
    def blob(self) -> Blob | None:
        """Its packet."""
        return Blob(self.digest, self.size) if self.digest else None


def left(root: int, known: Collection[str] = ()) -> tuple[list[Claimed], list[str]]:
    """What was taken and is not known to be worked on, and troubles; what was taken only in part is put back.

    Raises OSError where the claims cannot be listed; one that cannot be put back is a trouble of its own.
    """
    with opened(root, CLAIMS) as claims:
        begun = [_record(claims, name) for name in folders_in(claims) if name not in known]
    found, troubles = [], []
    for claimed in begun:
        try:
            if claimed.at and _is_complete(root, claimed):
                found.append(claimed)
            else:
                put_back(root, claimed)
        except OSError as error:
            troubles.append(f"{claimed.id}: {error.strerror or type(error).__name__}")
    return found, troubles


def let_go(root: int, place: str) -> None:
    """Put loose files among the claims, which are no drops, where drops lie. Raises OSError."""
    with opened(root, CLAIMS) as claims:
        loose = sorted(sizes_in(claims))
    for name in loose:
        moving.move_out(root, f"{CLAIMS}/{name}", place, name)


def _record(claims: int, name: str) -> Claimed:
    """What is written beside a claim; where that is not there or cannot be read, only whose it is."""
    try:
        with opened(claims, name) as folder:
            descriptor = os.open(_RECORD, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            said = json.loads(file.read())
        return Claimed(**said | {"parts": tuple(said["parts"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return Claimed(name, "", "", True, "", "")


def _is_complete(root: int, claimed: Claimed) -> bool:
    if not _there(root, claimed.files):
        return False
    with opened(root, claimed.files) as folder:
        return claimed.whole or set(claimed.parts) <= sizes_in(folder).keys()


def lies(root: int, claimed: Claimed) -> bool:
    """Whether a claim is still one. Raises OSError."""
    with opened(root, CLAIMS) as claims:
        return system.exists(claims, claimed.id.encode())


def note(root: int, claimed: Claimed) -> None:
    """Write down what is known of a claim. Raises OSError."""
    with opened(root, f"{CLAIMS}/{claimed.id}") as folder:
        write_whole(folder, folder, b".draft", _RECORD.encode(), json.dumps(asdict(claimed)).encode())


def with_packet(root: int, claimed: Claimed, blob: Blob) -> Claimed:
    """The same once its packet is stored, written down. Raises OSError."""
    known = replace(claimed, digest=blob.digest, size=blob.size)
    note(root, known)
    return known


def claim(root: int, drop: Drop, claimed: Claimed, *, local: bool) -> bool:
    """Take a drop. False: somebody still writes to it, or it moved; it lies where it lay. Raises OSError."""
    with opened(root, CLAIMS) as claims:
        os.mkdir(claimed.id, 0o700, dir_fd=claims)
    note(root, claimed)
    try:
        _take(root, drop, claimed)
        with sealed(root, claimed, local=local) as helds:
            taken = helds is not None and _is_as_seen(helds, drop)
    except FileNotFoundError:
        taken = False
    except OSError:
        put_back(root, claimed)
        raise
    if not taken:
        put_back(root, claimed)
    return taken


def _is_as_seen(helds: Mapping[str, Held], drop: Drop) -> bool:
    """Whether what was taken is what was looked at, no file more and no file less."""
    seen = {each.place.removeprefix(f"{drop.place}/"): each.look for each in drop.files}
    return seen == {place: held.look for place, held in helds.items()}


def _take(root: int, drop: Drop, claimed: Claimed) -> None:
    above, _, name = drop.place.rpartition("/")
    with opened(root, f"{CLAIMS}/{claimed.id}") as folder:
        if drop.whole:
            with opened(root, above) as source:
                system.rename_new(source, os.fsencode(name), folder, _FILES.encode())
        else:
            os.mkdir(_FILES, 0o700, dir_fd=folder)
            with opened(root, drop.place) as source, opened(folder, _FILES) as target:
                for each in drop.files:
                    system.rename_new(source, os.fsencode(each.name), target, os.fsencode(each.name))
                os.fsync(target)
        os.fsync(folder)


@contextmanager
def sealed(root: int, claimed: Claimed, *, local: bool) -> Iterator[dict[str, Held] | None]:
    """A claim's files held open, nobody else's any more; by their place below the claim. None: somebody writes."""
    with ExitStack() as stack:
        helds = {place: stack.enter_context(_held(root, claimed, place)) for place in _places(root, claimed.files)}
        for held in helds.values():
            held.seal()
        busy = any(writers_of(held.descriptor, local) is Writers.SOME for held in helds.values())
        yield None if busy else helds


@contextmanager
def _held(root: int, claimed: Claimed, place: str) -> Iterator[Held]:
    above, _, name = f"{claimed.files}/{place}".rpartition("/")
    with opened(root, above) as directory:
        held = Held.open(directory, os.fsencode(name))
    try:
        yield held
    finally:
        held.close()


def _places(root: int, folder: str, below: str = "") -> list[str]:
    """Every file of a document in a claim, by its place in it."""
    with opened(root, folder) as directory:
        files, inside = sorted(sizes_in(directory)), folders_in(directory)
    found = [below + name for name in files if counts(name)]
    for name in inside:
        found += _places(root, f"{folder}/{name}", f"{below}{name}/")
    return found


def put_back(root: int, claimed: Claimed) -> None:
    """As if it had never been taken; beside a newer one of its name it gets a number. Raises OSError."""
    above, _, name = claimed.place.rpartition("/")
    if _there(root, claimed.files):
        place = moving.place_again(root, above if claimed.whole else claimed.place)
        if claimed.whole:
            moving.move_out(root, claimed.files, place, name or claimed.id)
        else:
            for each in files_of(root, claimed):
                moving.move_out(root, f"{claimed.files}/{each}", place, each)
    forget(root, claimed)


def files_of(root: int, claimed: Claimed) -> list[str]:
    """Names of everything that lies directly in a claim. Raises OSError."""
    with opened(root, claimed.files) as source:
        return sorted(os.listdir(source))


def _there(root: int, place: str) -> bool:
    above, _, name = place.rpartition("/")
    with opened(root, above) as directory:
        return system.exists(directory, name.encode())


def forget(root: int, claimed: Claimed) -> None:
    """The claim is done. What still lies in it, against all expectation, keeps it. Raises OSError."""
    with opened(root, CLAIMS) as claims:
        with opened(claims, claimed.id) as folder:
            with suppress(FileNotFoundError):
                os.rmdir(_FILES, dir_fd=folder)
            for name in (_RECORD, ".draft"):
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)
        os.rmdir(claimed.id, dir_fd=claims)
        os.fsync(claims)
