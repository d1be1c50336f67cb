"""Numbers, notations and dates of documents as people write them. Pure."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from plugins.folderdrop.clerk import names

_DATE = re.compile(
    r"(?<![0-9])(?:(?P<d>[0-9]{1,2})\s*(?P<s>[/.-])\s*(?P<m>[0-9]{1,2})\s*(?P=s)\s*(?P<y>[0-9]{4}|[0-9]{2})"
    r"|(?P<iy>[0-9]{4})-(?P<im>[0-9]{1,2})-(?P<id>[0-9]{1,2})"
    r"|(?:ngay\s+)?(?P<wd>[0-9]{1,2})\s+thang\s+(?P<wm>[0-9]{1,2})\s+nam\s+(?P<wy>[0-9]{4}))(?![0-9])",
    re.ASCII | re.IGNORECASE,
)
_NOTATION = r"[^\W_]*(?:\s?[-/.&]\s?[^\W_]+)*"
_CODE = re.compile(rf"(?P<number>[0-9]{{1,6}}(?:[^\W\d_][^\W_]{{0,8}})?)\s*/\s*(?P<notation>[^\W_]{_NOTATION})")
_TYPED = re.compile(
    rf"(?P<number>[0-9]{{1,6}}[a-zđ]?)(?:\s?[-_.]\s?(?:(?P<year>(?:19|20)[0-9]{{2}})[-_.])?(?P<rest>[^\W\d_]{_NOTATION}))?",
    re.IGNORECASE,
)
#: Strokes as Word and fonts write them.
STROKES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | dict.fromkeys("∕⁄／\\", "/"))


@dataclass(frozen=True, slots=True)
class Dated:
    """A date found in a text."""

    #: None: there is no such day
    day: date | None
    start: int
    end: int


def flat(text: str) -> str:
    """A text without diacritics in small letters; each letter stays at its place. It must be in NFC."""
    return "".join(_flat(letter) for letter in text)


def _flat(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    small = names.bare(letter).lower()
    return small if len(small) == 1 else letter


def dates(text: str) -> list[Dated]:
    """Every date in a text: 23/11/2026, 23-11-2026, 23.11.26, 2026-11-23, ngày 13 tháng 01 năm 2016."""
    return [Dated(_day(match), match.start(), match.end()) for match in _DATE.finditer(flat(text))]


def _day(match: re.Match[str]) -> date | None:
    parts = match.groupdict()
    day, month, year = next((parts[k + "d"], parts[k + "m"], parts[k + "y"]) for k in ("", "i", "w") if parts[k + "d"])
    whole = int(year) + (2000 if len(year) == 2 else 0)
    with suppress(ValueError):
        return date(whole, int(month), int(day)) if 1945 <= whole <= 2100 else None
    return None


def only_day(text: str) -> date | None:
    """The day a text names; None where it names none, an impossible one, or several."""
    found = {one.day for one in dates(text)}
    return found.pop() if len(found) == 1 else None


def codes(text: str) -> list[re.Match[str]]:
    """Every number and notation in a text, as matches with these two groups: "88/BNV-VTLT ngày ...; 12/UBND"."""
    found = (match for match in re.finditer(rf"(?<![^\W_])(?<!/){_CODE.pattern}", text))
    return [match for match in found if is_notation(match["notation"])]


def code_of(text: str) -> tuple[str, str] | None:
    """Number and notation where a text is these and nothing else; None where it is not."""
    match = _CODE.fullmatch(unicodedata.normalize("NFC", text).strip(" \t.,;"))
    return (match["number"], tidy(match["notation"])) if match and is_notation(match["notation"]) else None


def is_notation(text: str) -> bool:
    """Whether it has letters, and more than a date has."""
    return any(letter.isalpha() for letter in text)


def tidy(notation: str) -> str:
    """A notation without the spaces that people put beside its strokes."""
    return re.sub(r"\s+", "", notation)


def typed_code(text: str) -> tuple[str, str] | None:
    """A number alone, or number and notation with a stroke as file names have it: "204", "1254-UBND-KGVX"."""
    match = _TYPED.fullmatch(text.strip(" \t.,;"))
    if match is None or (match["rest"] and not is_notation(match["rest"])):
        return None
    year = f"{match['year']}/" if match["year"] else ""
    return match["number"], year + tidy(match["rest"] or "")
