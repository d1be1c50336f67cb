"""Organisation codes as spreadsheets leave them: zeros dropped, numbers and dates made of them."""

from __future__ import annotations

import re

from hub.directory import looks_like_code, normalise

_WIDTHS = (3, 2, 2)
_ROOT = re.compile(r"[A-Z]\d{2}", re.ASCII)
_DIGITS = re.compile(r"\d{1,7}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d.*|\d{1,2}/\d{1,2}/\d{2,4}", re.ASCII)
_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?E[+-]?\d+", re.ASCII)


def mended(text: str, root: str, *, flat: bool = False) -> str:
    """The code with the zeros that were dropped; where none are, or nobody can tell, as it stands.

    `root` is the province's, as H48. `flat`: the form is H48.14 and not 000.00.14.H48.
    Raises ValueError where a spreadsheet made something else of it.
    """
    code = normalise(text)
    if _DATE.fullmatch(code) or _SCIENTIFIC.fullmatch(code):
        raise ValueError(
            f'"{text}": bảng tính đã đổi mã thành ngày hoặc số, hãy định dạng cột là Text rồi gõ lại '
            "(a spreadsheet made a date or a number of the code)"
        )
    if not code or looks_like_code(code):
        return code
    found = _rooted_first(code, root) if flat else _rooted_last(code, root)
    return found if looks_like_code(found) else code


def root_of(province: str) -> str:
    """The part of the province's code that all of its units' codes share; "" where it has none."""
    parts = normalise(province).split(".")
    return next((part for part in (parts[-1], parts[0]) if _ROOT.fullmatch(part)), "")


def _rooted_last(code: str, root: str) -> str:
    if _DIGITS.fullmatch(code):
        whole = code.zfill(sum(_WIDTHS))
        return f"{whole[:3]}.{whole[3:5]}.{whole[5:]}.{root}"
    *levels, last = code.split(".")
    if len(levels) > len(_WIDTHS):
        return code
    levels = ["0"] * (len(_WIDTHS) - len(levels)) + levels
    return ".".join([*(level.zfill(width) for level, width in zip(levels, _WIDTHS, strict=False)), last])


def _rooted_first(code: str, root: str) -> str:
    if _DIGITS.fullmatch(code):
        return f"{root}.{code.zfill(2)}"
    first, *levels = code.split(".")
    return ".".join([first, *(level.zfill(2) for level in levels)])
