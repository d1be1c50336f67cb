"""What is shared by readers of an answer in JSON that comes piece by piece. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

#: Digits of an integer that is read as one; a longer one stays as it is written.
_DIGITS = 400


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _DIGITS else digits


_decoder = json.JSONDecoder(parse_int=_integer)


class NotAnAnswer(ValueError):
    """What came is no answer of such a hub: another page, cut short, or without what must be in it."""


def end_of(pattern: re.Pattern[str], text: str, at: int = 0) -> int:
    """Where a match that begins there ends; there, where there is none."""
    match = pattern.match(text, at)
    return match.end() if match else at


def value_at(text: str, at: int) -> tuple[Any, int] | None:
    """The value that begins there and where it ends; None where it may go on in the next piece. Raises NotAnAnswer."""
    try:
        value, end = _decoder.raw_decode(text, at)
    except RecursionError as error:
        raise NotAnAnswer("the answer is nested too deep") from error
    except ValueError:
        return None
    return (value, end) if end < len(text) else None
