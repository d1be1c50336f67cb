"""How people write the form of a day or a time, "dd/MM/yyyy HH:mm:ss", and what it reads and writes. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

_PARTS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_PART = re.compile("|".join(_PARTS))


def _form(text: str) -> str:
    """Raises ValueError of what is none."""
    rest = _PART.sub("", text)
    if not {"yyyy", "MM", "dd"} <= set(_PART.findall(text)) or re.search(r"[A-Za-z0-9%]", rest.replace("T", "")):
        raise ValueError("a form is made of yyyy, MM, dd, HH, mm, ss and signs between them: dd/MM/yyyy HH:mm:ss")
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f'"{name}" is no time zone: write Asia/Ho_Chi_Minh') from None
    return name


Form = Annotated[str, AfterValidator(_form)]
Zone = Annotated[str, AfterValidator(_zone)]


def parsed(text: str, forms: Sequence[str]) -> datetime | None:
    """What the first form that fits makes of it, without a zone; None: none fits."""
    for form in forms:
        try:
            return datetime.strptime(text, _PART.sub(lambda part: _PARTS[part[0]], form))  # noqa: DTZ007 - the mapping's zone holds
        except ValueError:
            continue
    return None


def written(moment: datetime, form: str) -> str:
    """The moment in that form, as its own clock shows it."""
    parts = {"yyyy": f"{moment.year:04}", "MM": f"{moment.month:02}", "dd": f"{moment.day:02}"}
    parts |= {"HH": f"{moment.hour:02}", "mm": f"{moment.minute:02}", "ss": f"{moment.second:02}"}
    return _PART.sub(lambda part: parts[part[0]], form)
