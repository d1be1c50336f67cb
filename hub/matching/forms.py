"""The forms in which names of documents are compared: the same form, the same document."""

from __future__ import annotations

import re
import unicodedata

from hub.directory import normalise
from hub.remembering import remembered

#: Letters that only look like đ (Icelandic eth, African d), and every dash as one.
_LOOKALIKES = str.maketrans({"ð": "đ", "ɖ": "đ"} | dict.fromkeys("‐‑‒–—―−", "-") | {"⁄": "/", "∕": "/", "\\": "/"})
_UUID = re.compile(r"(?:urn:)?(?:uuid:)?[{(]?([0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12})[)}]?")
_ROOT = re.compile(r"[A-Z]\d{2}", re.ASCII)
DAY = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
_HOUR = r"(?:[t\s]\d\d?:\d\d(?::\d\d)?)?"
_THREE = re.compile(
    rf"(?P<organ>[0-9a-z]+(?:\.[0-9a-z]+)+|[a-z]\d\d)[\s,;]+(?P<day>{DAY}|\d{{8}}){_HOUR}[\s,;]+(?P<code>\S.*)",
    re.ASCII,
)
ORNAMENTS = " .,;:'\"()[]{}<>“”‘’-"


def fold(text: str) -> str:
    """Text for comparing: one Unicode form, lower case, one kind of đ and of dash, single spaces, nothing invisible."""
    if text.isascii():
        return " ".join(text.casefold().translate(_LOOKALIKES).split())
    lowered = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_LOOKALIKES)
    visible = "".join(sign for sign in lowered if unicodedata.category(sign) not in {"Cf", "Cc"} or sign.isspace())
    return " ".join(visible.split())


def organ(code: str) -> str:
    """An organisation's code, root first, without idle zeros: "000.00.14.H48" and "H48.14" are the same."""
    groups = normalise(code).strip(".").split(".")
    if _ROOT.fullmatch(groups[-1]) and not _ROOT.fullmatch(groups[0]):
        groups.reverse()
    if not _ROOT.fullmatch(groups[0]):
        return ".".join(groups)
    while len(groups) > 1 and not groups[-1].strip("0"):
        groups.pop()
    return ".".join(group.lstrip("0") or "0" for group in groups)


def words(folded: str) -> list[str]:
    """The words of a folded text, whatever stands between them."""
    return re.findall(r"[^\W_]+", folded)


def plain_number(number: str) -> str:
    """A number without idle zeros."""
    return number.lstrip("0") or "0" if number[:1] == "0" and number.isascii() else number


def code(text: str) -> str:
    """Number and notation, with one kind of separator and no idle zeros: "05/QĐ-UBND" is "5-qđ-ubnd"."""
    found = words(fold(text))
    return "-".join([plain_number(found[0]), *found[1:]]) if found else ""


@remembered(8192)
def tolerant(text: str) -> str:
    """The normal form of a DocumentId: of "organ,date,number/notation", of a UUID, of others; "" of nothing."""
    folded = fold(text)
    trimmed = folded.strip(ORNAMENTS)
    if uuid := _UUID.fullmatch(trimmed):
        return uuid[1].replace("-", "")
    if three := _THREE.fullmatch(trimmed):
        return f"{organ(three['organ'])},{_day(three['day'])},{code(three['code'])}"
    return ",".join(part.strip() for part in trimmed.split(","))


def is_uuid(normal: str) -> bool:
    """Whether a normal form is that of a UUID."""
    return len(normal) == 32 and _UUID.fullmatch(normal) is not None


def _day(text: str) -> str:
    """Year, month, day as eight digits. Never a date: live ids say 2014/02/30."""
    parts = re.split(r"[-/.]", text)
    if len(parts) == 1:
        return text
    if len(parts[2]) == 4:
        parts.reverse()
    return f"{parts[0]}{parts[1]:0>2}{parts[2]:0>2}"


def same_id(a: str, b: str) -> bool:
    """Whether two DocumentIds name the same document, however they are written."""
    return bool(tolerant(a)) and tolerant(a) == tolerant(b)
