"""What a careful clerk could tell from an answer, whatever any program can. Knows no hub.

The rule looks only at which parts of the reference survived and at the documents the unit got:

- *faultless for another*: every part that is said is exactly that of another document. Nobody could see a mistake.
- *tellable*: the parts that survived whole include the sender and single out the document, and they are
  the whole id; or number and day; or subject and day; or number and notation with a day that is only turned round;
  or notation and day with a number that lost or doubled a digit or has two swapped, and what it now says is no
  number that the sender may have given out on that day too (a replaced digit shows nothing). And what is said wrongly is not by chance right for another document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from tests.matching.damage import without_marks
from tests.matching.draft import Draft
from tests.matching.papers import Box, Paper

#: No agency gives out more numbers a day.
A_DAYS_NUMBERS = 100
#: Abbreviations of the kinds of documents (NĐ 30/2020 and those of the law).
_KINDS = frozenset(
    [
        "NQ",
        "QĐ",
        "CT",
        "QC",
        "QYĐ",
        "TC",
        "TB",
        "HD",
        "CTR",
        "KH",
        "PA",
        "ĐA",
        "DA",
        "BC",
        "BB",
        "TTR",
        "HĐ",
        "CĐ",
        "BGN",
        "BTT",
        "GUQ",
        "GM",
        "GGT",
        "GNP",
        "PG",
        "PC",
        "PB",
        "CV",
        "SY",
        "SL",
        "TRS",
        "NĐ",
        "TT",
    ]
)


def is_faultless_for_another(draft: Draft, papers: Iterable[Paper]) -> bool:
    """Whether everything that is said is another document's."""
    if "sender" in draft.hurt | draft.missing or _id_is_whole(draft):
        return "sender" in draft.missing and not _id_is_whole(draft) and any(
            _all_fits(draft, other) for other in papers if other.key != draft.paper.key
        )  # fmt: skip
    others = (other for other in papers if other.agency.code == draft.paper.agency.code)
    return any(_all_fits(draft, other) for other in others if other.key != draft.paper.key)


def is_tellable(draft: Draft, box: Box) -> bool:
    """Whether enough survived, and nothing misleads."""
    bad = draft.hurt | draft.missing
    if _id_is_whole(draft):
        return not _misleads(draft, box)
    if "sender" in bad or _became_another_kind(draft) or _misleads(draft, box):
        return False
    whole = {part for part in ("number", "notation", "day", "subject") if part not in bad}
    if "subject" in whole and not draft.subject:
        whole.discard("subject")
    enough = {"day", "number"} <= whole or {"day", "subject"} <= whole
    if draft.read_day and draft.read_day[0] == 0:
        enough = {"number", "notation"} <= whole
    if "day" in draft.hurt and "turned" in draft.hurt:
        enough = {"number", "notation"} <= whole
    if "number" in draft.hurt:
        enough = enough or ({"notation", "day"} <= whole and _is_far(draft))
    return enough and _singled_out(draft, box, whole)


def _id_is_whole(draft: Draft) -> bool:
    return "id" not in draft.hurt | draft.missing and not (
        draft.hurt & {"number", "notation", "day"} and not draft.uuid
    )


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
    """Whether number and notation as they are said, or the subject, are right for another document of the sender."""
    if not draft.hurt & {"number", "notation"}:
        return False
    others = (other for other in box.by_sender.get(draft.paper.agency.code, ()) if other.key != draft.paper.key)
    return any(_fits(draft, "number", other) and _fits(draft, "notation", other) for other in others)


def _became_another_kind(draft: Draft) -> bool:
    """Whether what is left of the abbreviation of the kind may be, or come of, another kind's."""
    if "notation" not in draft.hurt:
        return False
    said, true = _kind(draft.notation), _kind(draft.paper.notation)
    if said == true:
        return False
    if said in _KINDS or true not in _KINDS:
        return said in _KINDS
    bare = without_marks(said)
    return any(_may_come_of(bare, without_marks(other)) or without_marks(other).startswith(bare) for other in _KINDS - {true})  # fmt: skip


def _kind(notation: str) -> str:
    parts = [part for part in re.split(r"[-/_. ]+", notation) if not part.isdecimal()]
    return parts[0].upper() if parts else ""
