"""Letting go: what the hub has is removed, what it refused goes to `error/` with its reason."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass

from hub import Acceptance, Context, Incoming, Quarantined, Refused, failpoint, logger
from plugins.folderdrop import naming, system
from plugins.folderdrop.claims import Held, look_at
from plugins.folderdrop.share import Dirs, Owner, owner_of, write_whole


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


def release(dirs: Dirs, context: Context, taken: Sequence[Taken], outcomes: Sequence[Acceptance | Refused]) -> None:
    """Let go of each input as it was judged. A file's trouble stays its own: it is tried again at the next scan."""
    for each, outcome in zip(taken, outcomes, strict=True):
        try:
            _release(dirs, context, each, outcome)
        except OSError as error:
            logger.bind(unit=context.unit.id, file=each.found.name).warning("cannot let go of a file: {}", error)


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
    name = _free_name(dirs.error, taken.name)
    _explain(dirs, context, name, refused)
    with ExitStack() as stack:
        held = None
        if taken.claimed and stat.S_ISREG(look.mode):
            held = stack.enter_context(closing(Held.open(source, taken.name)))
            (taken.owner or owner_of(dirs.out)).restore(held.descriptor)
        system.rename_new(source, taken.name, dirs.error, name)
        if held:
            with suppress(PermissionError):
                os.utime(held.descriptor)
    os.fsync(dirs.error)


def _free_name(directory: int, name: bytes) -> bytes:
    turn = 1
    while system.exists(directory, free := naming.refused_name(name, turn)):
        turn += 1
    return free


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
