"""What single cells may hold. A wrong one raises ValueError with what was meant."""

from __future__ import annotations

import re
from datetime import date
from typing import get_args

from hub.roster.columns import fold, meant, slug
from hub.vocabulary import Level

LEVELS: tuple[str, ...] = tuple(filter(None, get_args(Level)))
KINDS = ("folderdrop", "email", "axis", "web")

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?: 0?0:00(?::00)?)?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00)?)?", re.ASCII)
_MAIL = re.compile(r"[^\s@;,]+@[^\s@;,]+\.[^\s@;,.]+")
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|.*\\")


def tidy(text: str) -> str:
    """One line without needless spaces: a quoted line break is one."""
    return " ".join(text.split())


def words(text: str) -> tuple[str, ...]:
    """The entries of a cell that holds several, parted by `;` or line breaks; each once."""
    return tuple(dict.fromkeys(word for part in re.split(r"[;\n]", text) if (word := tidy(part))))


def unit_id(text: str) -> str:
    """An id of units.yaml."""
    if not _ID.fullmatch(text):
        raise ValueError(
            f'"{text}" không làm mã đơn vị được: chỉ a-z, 0-9 và dấu -, tối đa 40; ý là "{slug(text)}"? (not an id)'
        )
    return text


def level(text: str) -> str:
    """The unit's level."""
    return _one_of(text, LEVELS)


def kind(text: str) -> str:
    """The kind of connection."""
    return _one_of(text, KINDS) if text else KINDS[0]


def _one_of(text: str, known: tuple[str, ...]) -> str:
    folded = {fold(word): word for word in known}
    if text and fold(text) not in folded:
        raise ValueError(f'"{text}" không có trong: {", ".join(known)}{meant(text.lower(), known)} (not known)')
    return folded.get(fold(text), "")


def day(text: str) -> date | None:
    """A date, the day first."""
    if not text:
        return None
    first, year_first = _DAY_FIRST.fullmatch(text), _YEAR_FIRST.fullmatch(text)
    parts = first.groups()[::-1] if first else year_first.groups() if year_first else ()
    try:
        return date(*map(int, parts))
    except (TypeError, ValueError):
        raise ValueError(f'"{text}" không phải ngày: viết ngày/tháng/năm, như 30/6/2026 (no date, d/m/yyyy)') from None


def mail(text: str) -> str:
    """A mail address."""
    if text and not _MAIL.fullmatch(text):
        raise ValueError(f'"{text}" không phải địa chỉ thư điện tử (not a mail address)')
    return text


def folder(text: str) -> str:
    """A folder on the hub's machine."""
    if _WINDOWS.match(text):
        raise ValueError(
            f'"{text}" là đường dẫn Windows: ghi thư mục trên máy chủ trục, như /srv/shares/so-nv (not a path here)'
        )
    return text.rstrip("/") or text
