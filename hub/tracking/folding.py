"""What holds after some answers. It needs of each code only the latest time at which it was said, in no order. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from hub.vocabulary import StatusCode

#: code -> the latest time at which the unit says that it said it
Latest = Mapping[str, datetime]
#: The steps of handling after arrival, in their order.
STEPS = (StatusCode.ACCEPTED, StatusCode.ASSIGNED, StatusCode.PROCESSING, StatusCode.FINISHED)


class Recall(StrEnum):
    """Where a recall (or an update) of one document stands with one recipient."""

    NONE = "none"
    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"


def note(latest: dict[str, datetime], code: str, at: datetime) -> None:
    """Add one answer."""
    latest[code] = max(latest.get(code, at), at)


def holding(latest: Latest) -> str | None:
    """The code that holds. A recall that was agreed to ends all, 06 yields to nothing else.

    A refusal (02) holds until a step is said that is not older; then only what is not older than the refusal counts.
    """
    for end in (StatusCode.RECALL_AGREED, StatusCode.FINISHED):
        if end in latest:
            return end.value
    refused = latest.get(StatusCode.REJECTED)
    for step in reversed(STEPS):
        if step in latest and (refused is None or latest[step] >= refused):
            return step.value
    rest = (code for code in (StatusCode.REJECTED, StatusCode.ARRIVED) if code in latest)
    return next((code.value for code in rest), None)


def recall(latest: Latest, asked: bool = False) -> Recall:
    """How the recall stands. `asked`: the document itself asks (an update, a replacement)."""
    if StatusCode.RECALL_AGREED in latest:
        return Recall.AGREED
    question, refusal = latest.get(StatusCode.RECALL), latest.get(StatusCode.RECALL_REFUSED)
    if refusal and (question is None or refusal >= question):
        return Recall.REFUSED
    return Recall.ASKED if question or asked else Recall.NONE
