"""What the name of a file or folder says of its document. Pure."""

from __future__ import annotations

import re
from datetime import date

from plugins.folderdrop import naming
from plugins.folderdrop.clerk import names
from plugins.folderdrop.clerk.sending import codes
from plugins.folderdrop.clerk.sending.notations import TYPES
from plugins.folderdrop.clerk.sending.records import Title

_LONGEST = 400
_EXTENSION = re.compile(
    r"\.(pdf|docx?|docm|dotx?|rtf|odt|xlsx?|xlsm|ods|csv|pptx?|odp|txt|xml|edxml|html?|zip|rar|7z|p7s|sig|jpe?g|png|tiff?|bmp)$",
    re.IGNORECASE,
)
#: What Windows, the hub's own folders and signing programs put behind a name.
_COPY = re.compile(
    r"(\s*\([0-9]{1,3}\)|\s+~[0-9a-z]{3,26}"
    r"|[\s.-]*\b(copy|ban sao|sao chep|signed|da ky( so)?|daky)\b(\s*\([0-9]{1,3}\))?"
    r"|\s*\((da ky( so)?|copy)\))$"
)
_COPY_OF = re.compile(r"(copy of|ban sao( cua)?|sao chep)\s+[-–]?\s*")
_TYPE_WORDS = "|".join(sorted({codes.flat(kind) for kind in TYPES.values()}, key=len, reverse=True))
_ABBREVIATIONS = "|".join(codes.flat(short) for short in TYPES)
_HEAD = re.compile(rf"(?:(?:cong van|van ban|cv|vb|{_TYPE_WORDS}|{_ABBREVIATIONS})\s+)?(?:so\b[\s:.]*)?")
_LETTERS = "A-ZĐƯƠÔÊÂĂ"
_PART = rf"(?:TTr|CTr|QyĐ|QyD|TrS|[{_LETTERS}][{_LETTERS}0-9&]*)(?![^\W_])"
_NUMBER = re.compile(
    rf"(?P<number>[0-9]{{1,6}}[a-zđ]?)(?P<stroke>\s*[-./]\s*|\s+)(?:(?P<year>(?:19|20)[0-9]{{2}})\s?[-./ ]\s?)?"
    rf"(?P<notation>(?!V[-.\s]?v\b){_PART}(?:\s?[-./]\s?(?!V[-.\s]?[vV]\b){_PART})*)"
)
_SMALL = re.compile(r"[0-9]{1,6}[a-z]?[-./][a-z]{2,6}([-./][a-z0-9]{2,6})*(?![^\W_])")
_AGENCIES = frozenset({"UBND", "HĐND", "HDND", "UBMTTQ", "MTTQ", "VPUB", "VPCP", "TU", "HU", "ĐU", "DU", "TW"})
#: Abbreviations that begin the names of enclosures, and of what machines make.
_NO_NOTATION = frozenset({"PL", "DS", "BM", "TL", "IMG", "DSC", "SCAN", "FILE", "DOC", "PDF", "VID", "PHL"})
_SHORT_TYPES = frozenset(names.bare(each).upper() for each in TYPES)
#: A syllable that can be spoken is a word, not an abbreviation: "PHU", "TRINH".
_SYLLABLE = re.compile(r"(b|ch?|d|gh?|gi|h|kh?|l|m|ngh?|nh|n|ph?|qu|r|s|th?|tr|v|x)?[aeiouy]{1,3}(ch?|m|nh?|ng|p|t)?")
#: After "1-UBND" these say that the committee of a place is meant.
_PLACES = re.compile(r"[\s-]*(xa|phuong|dac khu|tinh|huyen|thanh pho|thi xa|thi tran|cac|tp)\b")


def read_title(name: str) -> Title:
    """Number, notation, day and subject that a name bears; all empty where it bears no number and notation."""
    text = _stem(name)
    head = _HEAD.match(codes.flat(text))
    start = head.end() if head else 0
    match = _NUMBER.match(_capital(text.translate(codes.STROKES), start), start)
    if match is None:
        return Title()
    notation = _notation(match, text)
    if not notation:
        return Title()
    end = match.start("notation") + len(notation)
    year = f"{match['year']}/" if match["year"] else ""
    day, subject = _rest(text[end:])
    return Title(match["number"], year + codes.tidy(notation).replace(".", "-"), day, subject)


def _stem(name: str) -> str:
    """A name without its extension and without what copying and signing put on it."""
    text = re.sub(r"[\s_]+", " ", naming.visible(name[:_LONGEST])).strip()
    for _ in range(4):
        text = _EXTENSION.sub("", text).strip()
        text = text[: len(_COPY.sub("", codes.flat(text)))].strip()
    before = _COPY_OF.match(codes.flat(text))
    return text[before.end() :] if before else text


def _capital(text: str, start: int) -> str:
    """A notation that was typed small counts where it names an agency: "204-ubnd-vx"."""
    small = _SMALL.match(text, start)
    if small is None or not _AGENCIES & set(re.split(r"[-./]", small[0].upper())):
        return text
    number = re.match(r"[0-9]+[a-z]?", small[0])
    keep = start + (number.end() if number else 0)
    return text[:keep] + text[keep : small.end()].upper() + text[small.end() :]


def _notation(match: re.Match[str], text: str) -> str:
    """The notation in a match, without the words that only look like its end; "" where it is none."""
    whole = match["notation"]
    parts = [(part[0], part.end()) for part in re.finditer(rf"[{_LETTERS}a-z0-9&]+", whole)]
    while len(parts) > 1 and _is_word(parts[-1][0]):
        parts.pop()
    kept = [part for part, _ in parts]
    if kept[0] in _NO_NOTATION or all(_is_word(part) for part in kept):
        return ""
    if len(kept) == 1 and not _stands_alone(match, kept[0], text[match.start("notation") + parts[0][1] :]):
        return ""
    return whole[: parts[-1][1]]


def _is_word(part: str) -> bool:
    """Whether it can be spoken as Vietnamese, and is no agency's abbreviation."""
    return part not in _AGENCIES and (len(part) == 1 or _SYLLABLE.fullmatch(codes.flat(part)) is not None)


def _stands_alone(match: re.Match[str], part: str, after: str) -> bool:
    """Whether an abbreviation is a notation without others beside it: "204-UBND Trích yếu", not "1. UBND xã ..."."""
    tight = not match["stroke"].strip("-./") and bool(match["stroke"].strip()) and " " not in match["stroke"]
    agency = len(part) >= 3 and names.bare(part).upper() not in _SHORT_TYPES
    return tight and agency and not _PLACES.match(codes.flat(after))


def _rest(after: str) -> tuple[date | None, str]:
    """The day and the subject that stand behind a notation."""
    found = codes.dates(after)
    if found and found[0].day and not re.sub(r"ngay|[\s\W]", "", codes.flat(after[: found[0].start])):
        return found[0].day, _subject(after[found[0].end :].removeprefix(")"))
    return None, _subject(after)


def _subject(text: str) -> str:
    return text.strip(" -–—.,;:_")
