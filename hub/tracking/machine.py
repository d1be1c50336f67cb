"""The declared life of the nine codes: what each answer is in the place where it came. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from hub.tracking.folding import Latest, Recall, holding, note, recall
from hub.vocabulary import Answer, StatusCode


class Word(StrEnum):
    """What one answer is, after those that came before it."""

    EXPECTED = "expected"
    #: steps before it were left out
    SKIP = "skip"
    #: the same code again, and nothing changes by it
    REPEAT = "repeat"
    #: out of order: older, or of an earlier step, than what holds already
    LATE = "late"
    #: it cannot be true together with what holds
    CONTRADICTION = "contradiction"
    #: none of the nine codes
    UNKNOWN = "unknown"


_E, _S, _L, _C = Word.EXPECTED, Word.SKIP, Word.LATE, Word.CONTRADICTION
#: what holds -> what an answer is then. A code that is not named cannot come there but as a repeat.
AFTER: Mapping[str | None, Mapping[str, Word]] = {
    None: {"01": _E, "02": _E, "03": _E, "04": _S, "05": _S, "06": _S},
    "01": {"02": _E, "03": _E, "04": _S, "05": _S, "06": _S},
    "02": {"01": _L, "03": _E, "04": _S, "05": _S, "06": _S},
    "03": {"01": _L, "02": _E, "04": _E, "05": _S, "06": _S},
    "04": {"01": _L, "02": _C, "03": _L, "05": _E, "06": _S},
    "05": {"01": _L, "02": _C, "03": _L, "04": _L, "06": _E},
    "06": {"01": _L, "02": _C, "03": _L, "04": _L, "05": _L},
    "15": {"01": _L, "02": _C, "03": _C, "04": _C, "05": _C, "06": _C},
}
#: how a recall stands -> the same for its three codes
ABOUT_RECALL: Mapping[Recall, Mapping[str, Word]] = {
    Recall.NONE: {"13": _E, "15": _C, "16": _C},
    Recall.ASKED: {"13": _E, "15": _E, "16": _E},
    Recall.REFUSED: {"13": _E, "15": _E},
    Recall.AGREED: {"13": _L, "16": _C},
}
#: Codes that say nothing without a reason.
NEED_REASON = frozenset({StatusCode.REJECTED, StatusCode.RECALL_REFUSED})
_NINE = frozenset(code.value for code in StatusCode)


def word(code: str, at: datetime, latest: Latest, asked: bool = False) -> Word:
    """What an answer is after those in `latest`. `asked`: as in `recall`."""
    if code not in _NINE:
        return Word.REPEAT if code in latest else Word.UNKNOWN
    after = dict(latest)
    note(after, code, at)
    holds, asks = holding(latest), recall(latest, asked)
    unchanged = (holds, asks) == (holding(after), recall(after, asked))
    if unchanged and code in latest:
        return Word.REPEAT
    if unchanged and at < _since(latest, holds if code in AFTER[None] else _ASKS[asks], at):
        return Word.LATE
    if code not in AFTER[None]:
        return ABOUT_RECALL[asks][code]
    # At the same time as a step, a refusal does not hold.
    return _C if unchanged and code == StatusCode.REJECTED else AFTER[holds][code]


def words(answers: Iterable[Answer], asked: bool = False) -> tuple[Word, ...]:
    """What each answer is, in the order in which they came. A 04 that names somebody else is no repeat."""
    latest: dict[str, datetime] = {}
    told: list[Word] = []
    person = ""
    for each in answers:
        what = word(each.code, each.at, latest, asked)
        if each.code == StatusCode.ASSIGNED and each.at >= latest.get(each.code, each.at):
            what = Word.EXPECTED if what is Word.REPEAT and each.by != person else what
            person = each.by
        told.append(what)
        note(latest, each.code, each.at)
    return tuple(told)


def _since(latest: Latest, code: str | None, otherwise: datetime) -> datetime:
    return latest.get(code or "", otherwise)


_ASKS = {Recall.NONE: None, Recall.ASKED: "13", Recall.REFUSED: "16", Recall.AGREED: "15"}
