"""Errors as records, so that they are on the other side of a pipe what they were. Pure."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from hub.answered import is_pause
from hub.errors import (
    Damaged,
    Deferred,
    Fenced,
    HubError,
    NoRoom,
    OutcomeUnknown,
    Quarantined,
    Refused,
    StorageError,
    StorageFailed,
)

#: The first that an error is one of names it.
_KINDS: tuple[type[Exception], ...] = (
    Quarantined,
    Refused,
    Deferred,
    OutcomeUnknown,
    NoRoom,
    Damaged,
    StorageFailed,
    StorageError,
    Fenced,
    HubError,
    TimeoutError,
    ConnectionError,
    OSError,
    EOFError,
)
_NAMED = {kind.__name__: kind for kind in _KINDS}


class Bug(Exception):
    """What a connector raised in its worker and no connector should; its traceback there is the cause."""


class _There(Exception):
    """Shows a traceback of the other side."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


@dataclass(frozen=True, slots=True)
class Fault:
    """An error on its way."""

    #: a name of the tree, or of a system error; "" for what no connector should raise
    kind: str
    message: str = ""
    code: str = ""
    where: str = ""
    retry_after: float = 0.0
    number: int | None = None
    path: str = ""
    trace: str = ""


def fault(error: BaseException) -> Fault:
    """The record of an error."""
    kind = next((kind.__name__ for kind in _KINDS if isinstance(error, kind)), "")
    match error:
        case Refused(code=code, reason=reason, where=where):
            return Fault(kind, str(reason), str(code), str(where))
        case Deferred(reason=reason, retry_after=seconds):
            return Fault(kind, str(reason), retry_after=_pause(seconds))
        case OSError(errno=int(number)):
            path = error.filename if isinstance(error.filename, str) else ""
            return Fault(kind, error.strerror or "", number=number, path=path)
    if kind:
        return Fault(kind, str(error))
    return Fault("", f"{type(error).__name__}: {error}", trace="".join(traceback.format_exception(error)))


def _pause(seconds: object) -> float:
    return float(seconds) if is_pause(seconds) else 0.0


def error(fault: Fault) -> Exception:
    """The error that a record tells of."""
    kind = _NAMED.get(fault.kind)
    if kind is None:
        found: Exception = Bug(fault.message)
        found.__cause__ = _There(fault.trace)
    elif issubclass(kind, Refused):
        found = kind(fault.code, fault.message, fault.where)
    elif issubclass(kind, Deferred):
        found = kind(fault.message, _pause(fault.retry_after))
    elif issubclass(kind, OSError) and fault.number is not None:
        found = OSError(fault.number, fault.message, *((fault.path,) if fault.path else ()))
    else:
        found = kind(fault.message)
    return found
