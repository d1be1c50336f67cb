"""Documents on which expressions are tried as the configuration is read: an empty one, and one of each type. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

from hub.routing.expressions import NAMES, Values
from hub.routing.words import DOCUMENT_TYPES, business_word
from hub.vocabulary import Business, Urgency

_EMPTY: Values = {name: type(value)() for name, value in NAMES.items()}


def samples() -> Iterator[Values]:
    """What the expressions see of them."""
    yield {**_EMPTY, "business": "new"}
    for name, urgency, asks in zip(DOCUMENT_TYPES, cycle(map(int, Urgency)), cycle(Business), strict=False):
        yield {**NAMES, "type": name, "urgency": urgency, "business": business_word(asks)}
