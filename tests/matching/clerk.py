"""What a careful clerk could tell from an answer, whatever any program can. Knows no hub.

The rule looks only at which parts of the reference survived, and at the documents that the unit got:

- *faultless for another*: every part that is said is exactly another document's. Nobody could see a mistake.
- *tellable*: the parts that survived whole include the sender, single out the document, and are one of
  the whole id; number and day; subject and day; number and notation with a day whose month stands first;
  notation and day with a number that lost or doubled a digit or has two swapped, where what it says now is no number,
  and comes of no other number, that the sender may have given out on that day (a replaced digit shows nothing).
  And what is said wrongly is not by chance right for another document, nor for another kind of document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import cache

from tests.matching.damage import without_marks
from tests.matching.draft import Draft
from tests.matching.papers import Box, Paper

#: No agency gives out more numbers a day.
A_DAYS_NUMBERS = 100
#: Abbreviations of the kinds of documents (NĐ 30/2020 and those of the law).
_KINDS = frozenset(
    re.findall(
        r"\w+",
        """NQ QĐ CT QC QYĐ TC TB HD CTR KH PA ĐA DA BC BB TTR HĐ CĐ BGN BTT GUQ GM GGT GNP PG PC PB CV SY SL TRS
        NĐ TT""",
    )
)


def is_faultless_for_another(draft: Draft, papers: Iterable[Paper]) -> bool:
    """Whether everything that is said is another document's."""
    if _id_is_whole(draft):
        return False
    anybody, sender = "sender" in draft.missing, _groups(draft.organ)
    others = (other for other in papers if other.key != draft.paper.key)
    return any((anybody or _groups(other.agency.code) == sender) and _all_fits(draft, other) for other in others)


@cache
def _groups(code: str) -> tuple[str, ...]:
    """The code of an organisation, root last, without idle zeros."""
    groups = [group.lstrip("0") for group in code.upper().split(".")]
    if groups[0].isalnum() and not groups[0].isdecimal():
        groups.reverse()
    return tuple(groups[next((at for at, group in enumerate(groups) if group), 0) :])


def is_tellable(draft: Draft, box: Box) -> bool:
    """Whether enough survived, and nothing misleads."""
    if _misleads(draft, box):
        return False
    if _id_is_whole(draft):
        return True
    bad = draft.hurt | draft.missing
    if "sender" in bad or _became_another_kind(draft):
        return False
    whole = {part for part in ("number", "notation", "day") if part not in bad}
    whole |= {"subject"} if draft.subject else set()
    return _is_enough(draft, whole) and _singled_out(draft, box, whole)


def _id_is_whole(draft: Draft) -> bool:
    """An id that is made of the parts is hurt with them."""
    return "id" not in draft.hurt | draft.missing


def _is_enough(draft: Draft, whole: set[str]) -> bool:
    if "turned" in draft.hurt or (draft.read_day and not draft.read_day[0]):
        return {"number", "notation"} <= whole
    if {"day", "number"} <= whole or {"day", "subject"} <= whole:
        return True
    return "number" in draft.hurt and {"notation", "day"} <= whole and _is_far(draft)


def _is_far(draft: Draft) -> bool:
    """Whether what the number says cannot be, or come of, another number of the same day."""
    said, true = draft.number, draft.paper.number
    if "substituted" in draft.hurt or not (said.isdecimal() and true.isdecimal()):
        return False
    near = range(max(1, int(true) - A_DAYS_NUMBERS + 1), int(true) + A_DAYS_NUMBERS)
    others = (f"{number:02}" for number in near if number != int(true))
    return int(said) not in near and not any(_may_come_of(said, other) for other in others)


def _may_come_of(said: str, true: str) -> bool:
    """Whether one digit of the true number lost, doubled, or swapped with its neighbour gives what is said."""
    for at in range(len(true)):
        lost, doubled = true[:at] + true[at + 1 :], true[:at] + true[at] + true[at:]
        swapped = true[:at] + true[at : at + 2][::-1] + true[at + 2 :]
        if said.lstrip("0") in {one.lstrip("0") for one in (lost, doubled, swapped)}:
            return True
    return False


def _all_fits(draft: Draft, other: Paper) -> bool:
    parts = [part for part in ("number", "notation", "day", "subject") if part not in draft.missing]
    if not draft.subject:
        parts.remove("subject")
    return all(_fits(draft, part, other) for part in parts)


def _fits(draft: Draft, part: str, other: Paper) -> bool:
    if part == "number":
        return draft.number.lstrip("0") == other.number.lstrip("0")
    if part == "notation":
        return _plain(draft.notation) == _plain(other.notation)
    if part == "day":
        return draft.read_day is None or _same_day(draft.read_day, other.day)
    return _plain(draft.subject) == _plain(other.subject)


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, without_marks(text).casefold()))


def _same_day(said: tuple[int, int, int], day: date) -> bool:
    turned = (day.year, day.day, day.month)
    return said in ((day.year, day.month, day.day), (0, day.month, day.day), turned)


def _singled_out(draft: Draft, box: Box, whole: set[str]) -> bool:
    others = (other for other in box.by_sender.get(draft.paper.agency.code, ()) if other.key != draft.paper.key)
    return not any(all(_is_alike(draft.paper, other, part, draft) for part in whole) for other in others)


def _is_alike(paper: Paper, other: Paper, part: str, draft: Draft) -> bool:
    if part == "number":
        return paper.number == other.number
    if part == "notation":
        return _plain(paper.notation) == _plain(other.notation)
    if part == "day":
        return draft.read_day is not None and _same_day(draft.read_day, other.day)
    return _plain(paper.subject) == _plain(other.subject)


def _misleads(draft: Draft, box: Box) -> bool:
    """Whether number and notation as they are said are right for another document of the sender."""
    if not draft.hurt & {"number", "notation"}:
        return False
    others = (other for other in box.by_sender.get(draft.paper.agency.code, ()) if other.key != draft.paper.key)
    return any(_fits(draft, "number", other) and _fits(draft, "notation", other) for other in others)


def _became_another_kind(draft: Draft) -> bool:
    """Whether what is left of the abbreviation of the kind may be, or come of, another kind's."""
    if "notation" not in draft.hurt:
        return False
    if draft.paper.notation.startswith(f"{draft.notation}-"):
        # Without its office it is a notation as good as any.
        return True
    said, true = _kind(draft.notation), _kind(draft.paper.notation)
    others = [without_marks(other) for other in _KINDS - {true}]
    if said == true:
        return draft.notation == said and any(other.startswith(without_marks(said)) for other in others)
    bare = without_marks(said)
    return said in _KINDS or any(_may_come_of(bare, other) or other.startswith(bare) for other in others)


def _kind(notation: str) -> str:
    parts = [part for part in re.split(r"[-/_. ]+", notation) if not part.isdecimal()]
    return parts[0].upper() if parts else ""
