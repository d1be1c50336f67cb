"""What a connector answered, taken only as what its verb promises. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, TypeGuard

from hub.connector import Capabilities, Connector, Outcome
from hub.containment import Misbehaved, attempted, tamed
from hub.errors import Deferred
from hub.vocabulary import Health, Receipt

#: The longest text that a connector may have kept: a reference, a detail.
_LONGEST = 4000
#: The largest batch that one lane takes.
_MOST = 1000
#: The longest pause that a counterpart may ask for, in seconds.
_LONGEST_PAUSE = 7 * 86400.0


def health(answer: object) -> Health:
    """The answer of `check`; one of a wrong type is not well."""
    if isinstance(answer, Exception):
        return Health(False, text(str(answer)) or type(answer).__name__)
    if isinstance(answer, Health) and _is(bool, answer.ok) and _is(str, answer.detail):
        return Health(answer.ok, text(answer.detail))
    return Health(False, f"check() answered with {_what(answer)}, not with Health(ok, detail)")


def found(answer: object) -> Outcome | None:
    """The answer of `find`."""
    return None if answer is None else _outcome(answer, "find() answered with {}, not with a Receipt or None")


def outcomes(answer: object, count: int) -> list[Outcome]:
    """The answers of `send_many` for a leading part, at least one: what is no outcome is a failure of the connector."""
    if isinstance(answer, str) or not isinstance(answer, Sequence):
        return [Misbehaved(f"send_many() answered with {_what(answer)}, not with a list of outcomes")]
    given = attempted(lambda: list(islice(answer, count)))
    if isinstance(given, Exception):
        return [given]
    if not given:
        return [Misbehaved("send_many() answered for none of the deliveries")]
    return [_outcome(one, "send() answered with {}, not with a Receipt") for one in given]


def batch(connector: Connector[Any]) -> int:
    """How many deliveries a connector takes at once; 1 where it does not say so as it should."""
    said: object = connector.capabilities
    return min(_MOST, max(1, said.batch)) if isinstance(said, Capabilities) and _is(int, said.batch) else 1


def reminders(connector: Connector[Any]) -> bool:
    """Whether a connector says that it tells people what they owe."""
    said: object = connector.capabilities
    return isinstance(said, Capabilities) and said.reminders is True


def text(said: str) -> str:
    """A plugin's text as every database and every log can keep it."""
    return said[:_LONGEST].encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _outcome(answer: object, wrong: str) -> Outcome:
    if isinstance(answer, Receipt):
        fine = _is(str, answer.reference) and len(answer.reference) <= _LONGEST
        return Receipt(text(answer.reference)) if fine else Misbehaved("a Receipt's reference must be a short text")
    if isinstance(answer, Deferred) and not is_pause(answer.retry_after):
        return Deferred(str(answer))
    if isinstance(answer, Exception):
        return tamed(answer)
    return Misbehaved(wrong.format(_what(answer)))


def _is(kind: type, value: object) -> bool:
    """Whether a record holds what its type says: a plugin can put anything into it."""
    return isinstance(value, kind)


def is_pause(value: object) -> TypeGuard[float]:
    """Whether these are seconds that a counterpart may ask to be left alone: neither endless nor no number."""
    return isinstance(value, int | float) and 0 <= value <= _LONGEST_PAUSE


def _what(answer: object) -> str:
    return type(answer).__name__
