"""Where a document stands with one recipient: a fold over its answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from hub.vocabulary import Acknowledgement, Answer, StatusCode

#: The life-cycle's order (QCVN 102 practice): a later rank outweighs an earlier one, whatever came last.
_RANK = {
    StatusCode.ARRIVED: 1,
    StatusCode.ACCEPTED: 3,
    StatusCode.ASSIGNED: 4,
    StatusCode.PROCESSING: 5,
    StatusCode.FINISHED: 6,
    StatusCode.REJECTED: 7,
    StatusCode.RECALL_REFUSED: 8,
    StatusCode.RECALL_AGREED: 9,
}


def answer(body: Acknowledgement, received_at: datetime) -> Answer:
    """What an acknowledgement says."""
    return Answer(
        code=body.status,
        at=body.at or received_at,
        by=body.staff.staff or body.sender.name or body.sender.id,
        reason=body.description,
    )


def standing(answers: Iterable[Answer]) -> str | None:
    """The code that holds now: the highest rank, the latest of equals. Codes without a rank never hold."""
    ranked = [(_RANK[StatusCode(item.code)], item.at, item.code) for item in answers if item.code in _KNOWN]
    return max(ranked, default=(0, datetime.min.replace(tzinfo=UTC), None))[2]


_KNOWN = frozenset(code.value for code in _RANK)
