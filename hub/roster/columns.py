"""The columns of the list, and the flaws found in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

COLUMNS = (
    "id",
    "ten",
    "ten_viet_tat",
    "ma_102",
    "ma_qd20",
    "cha",
    "cap",
    "kieu",
    "dia_chi_ket_noi",
    "email",
    "dien_thoai",
    "van_thu",
    "lanh_dao",
    "hieu_luc_tu",
    "het_hieu_luc",
    "ke_thua",
    "nhom",
)
REQUIRED = ("id", "ten", "ma_102")
#: Read and checked, but units.yaml has no place for them in this version.
NOT_KEPT = ("ten_viet_tat", "cha", "email", "dien_thoai", "van_thu", "lanh_dao")

_OTHER_NAMES = {"madinhdanh": "ma_102", "ma": "ma_102", "tendonvi": "ten", "dienthoai": "dien_thoai"}


@dataclass(frozen=True, slots=True, order=True)
class Flaw:
    """What is wrong, or doubtful, in one cell. Line 0: in the whole file."""

    line: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list; `number` counts from 1 as an editor or a spreadsheet shows it."""

    number: int
    cells: tuple[str, ...]


def fold(text: str) -> str:
    """Text without marks, case, spaces and punctuation: the form in which names are compared."""
    bare = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(sign for sign in bare if sign.isalnum())


def slug(text: str) -> str:
    """The id that somebody may have meant."""
    bare = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    kept = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "-", kept).strip("-")[:40]


_FOLDED = {fold(name): name for name in COLUMNS} | _OTHER_NAMES


def column_of(header: str) -> str | None:
    """The column that a header means, or None."""
    return _FOLDED.get(fold(header))


def known_columns(cells: Sequence[str]) -> int:
    """How many different columns these headers name."""
    return len({column_of(cell) for cell in cells} - {None})


def meant(word: str, known: Sequence[str]) -> str:
    """The nearest known word, as the end of a message; "" where none is near."""
    near = get_close_matches(word, known, n=1)
    return f'; ý là "{near[0]}"? (did you mean it?)' if near else ""
