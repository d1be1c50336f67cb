"""Where a document stands with one recipient: a fold over its answers that the order of their arrival cannot change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hub.tracking.folding import STEPS, Latest, Recall, holding, note, recall
from hub.tracking.machine import Word, words
from hub.vocabulary import Acknowledgement, Answer

#: Of answers that bear the same time: the order in which they can be true.
_ORDER = ("13", "01", "02", "03", "04", "05", "06", "16", "15")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a document stands with one recipient."""

    #: the code that holds; None: nothing was said
    code: str | None = None
    #: when it was said, by the unit's own clock
    since: datetime | None = None
    recall: Recall = Recall.NONE
    #: steps before it that were never said (01 is a machine's word and not among them)
    skipped: tuple[str, ...] = ()
    #: codes that cannot be true beside the others, by the time they bear
    contradictions: tuple[str, ...] = ()


def answer(body: Acknowledgement, received_at: datetime) -> Answer:
    """What an acknowledgement says."""
    return Answer(
        code=body.status,
        at=body.at or received_at,
        by=body.staff.staff or body.sender.name or body.sender.id,
        reason=body.description,
        at_text=body.at_text,
    )


def standing(answers: Iterable[Answer]) -> str | None:
    """The code that holds now; unknown codes, 13 and 16 never do."""
    return holding(_latest(answers))


def life(answers: Iterable[Answer], asked: bool = False) -> Standing:
    """Everything that holds now. `asked`: the document itself asks for 15 or 16 (an update, a replacement)."""
    said = sorted((each for each in answers if each.code in _ORDER), key=_by_time)
    latest = _latest(said)
    code = holding(latest)
    told = zip(said, words(said, asked), strict=True)
    return Standing(
        code=code,
        since=latest[code] if code else None,
        recall=recall(latest, asked),
        skipped=_skipped(code, latest),
        contradictions=tuple(each.code for each, what in told if what is Word.CONTRADICTION),
    )


def _latest(answers: Iterable[Answer]) -> dict[str, datetime]:
    latest: dict[str, datetime] = {}
    for each in answers:
        note(latest, each.code, each.at)
    return latest


def _skipped(code: str | None, latest: Latest) -> tuple[str, ...]:
    before = STEPS[: STEPS.index(code)] if code in STEPS else ()
    return tuple(step.value for step in before if step not in latest)


def _by_time(each: Answer) -> tuple[datetime, int]:
    return each.at, _ORDER.index(each.code)
