"""Letting go: what the hub has is removed, what it refused goes to `error/` with its reason."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass

from hub import Acceptance, Context, Incoming, Quarantined, Refused, failpoint, logger
from plugins.folderdrop import naming, system
from plugins.folderdrop.claims import Held, look_at
from plugins.folderdrop.share import Dirs, Owner, owner_of, write_whole

_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Taken:
    """One input on its way into the hub's custody."""

    name: bytes
    found: Incoming
    #: it lies among the claims; False: a trap, left in `out/`
    claimed: bool
    #: whose it was, as far as it matters
    owner: Owner | None = None
    #: the claim itself becomes the blob
    adopt: bool = False


def release(
    dirs: Dirs, context: Context, taken: Sequence[Taken], outcomes: Sequence[Acceptance | Refused]
) -> list[str]:
    """Let go of each input as it was judged. A file's trouble stays its own: what is returned is to be tried again."""
    troubles = []
    for each, outcome in zip(taken, outcomes, strict=True):
        try:
            _release(dirs, context, each, outcome)
        except OSError as error:
            logger.bind(unit=context.unit.id, file=each.found.name).warning("cannot let go of a file: {}", error)
            troubles.append(f"{each.name!r}: {error}")
    return troubles


def _release(dirs: Dirs, context: Context, taken: Taken, outcome: Acceptance | Refused) -> None:
    if isinstance(outcome, Refused) and not (isinstance(outcome, Quarantined) and taken.claimed):
        _give_back(dirs, context, taken, outcome)
        failpoint("folderdrop.refused")
    else:
        os.unlink(taken.name, dir_fd=dirs.claims)
        failpoint("folderdrop.released")


def _give_back(dirs: Dirs, context: Context, taken: Taken, refused: Refused) -> None:
    """Move a refused file to `error/`, its reason first. Done again after a crash, it is as done once.

    There it bears the time of its refusal: moved back to `out/` later, it is a new input and judged anew.
    """
    source = dirs.claims if taken.claimed else dirs.out
    look = look_at(source, taken.name)
    if naming.source_key(taken.name, look.inode, look.mtime_ns) != taken.found.source_key:
        return
    if not (taken.claimed and stat.S_ISREG(look.mode)):
        name = _free_name(dirs.error, taken.name)
        _explain(dirs, context, name, refused)
        system.rename_new(source, taken.name, dirs.error, name)
    else:
        with closing(Held.open(source, taken.name)) as held:
            owner = taken.owner or owner_of(dirs.out)
            # A second name is the blob's: that file stays ours, and what goes back is a copy.
            give = _give_copy if look.links > 1 else _give_itself
            give(dirs, held, owner, lambda name: _explain(dirs, context, name, refused))
    os.fsync(dirs.error)


def _give_itself(dirs: Dirs, held: Held, owner: Owner, explain: Callable[[bytes], None]) -> None:
    name = _free_name(dirs.error, held.name)
    explain(name)
    owner.restore(held.descriptor)
    system.rename_new(dirs.claims, held.name, dirs.error, name)
    with suppress(PermissionError):
        os.utime(held.descriptor)


def _give_copy(dirs: Dirs, held: Held, owner: Owner, explain: Callable[[bytes], None]) -> None:
    """Copy to `error/`, then drop the claim; a copy that a crash left there is known by its bytes."""
    name = _free_name(dirs.error, held.name, held)
    explain(name)
    if not system.exists(dirs.error, name):
        draft = b".back-" + hashlib.sha256(name).hexdigest()[:32].encode()
        descriptor = os.open(draft, _NEW, 0o600, dir_fd=dirs.temporary)
        with os.fdopen(descriptor, "wb") as target, os.fdopen(held.descriptor, "rb", closefd=False) as source:
            source.seek(0)
            shutil.copyfileobj(source, target)
            target.flush()
            owner.restore(descriptor)
            os.fsync(descriptor)
        system.rename_new(dirs.temporary, draft, dirs.error, name)
        os.fsync(dirs.error)
    os.unlink(held.name, dir_fd=dirs.claims)


def _free_name(directory: int, name: bytes, same: Held | None = None) -> bytes:
    """The first name that is not taken, or taken by a file with the same bytes."""
    turn = 1
    while system.exists(directory, free := naming.refused_name(name, turn)):
        if same and _has_bytes_of(directory, free, same):
            break
        turn += 1
    return free


def _has_bytes_of(directory: int, name: bytes, held: Held) -> bool:
    look = look_at(directory, name)
    if not stat.S_ISREG(look.mode) or look.size != held.look.size:
        return False
    with closing(Held.open(directory, name)) as other:
        return other.digest() == held.digest()


def _explain(dirs: Dirs, context: Context, name: bytes, refused: Refused) -> None:
    reason = {
        "code": refused.code,
        "reason": refused.reason,
        "where": refused.where,
        "at": context.clock.now().isoformat(timespec="seconds"),
        "file": naming.shown(name),
    }
    content = json.dumps(reason, ensure_ascii=False, indent=2).encode() + b"\n"
    draft = b".error-" + hashlib.sha256(name).hexdigest()[:32].encode()
    owner = owner_of(dirs.error)
    write_whole(dirs.temporary, dirs.error, draft, name + naming.ERROR_EXTENSION, content, owner)
