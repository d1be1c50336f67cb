"""The directory of organisations: as many as wanted are made up, further ones come from a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.directory import normalise
from hub.errors import HubError

PROVINCES = 63
#: more do not fit the form of the codes
MOST = 1_000_000
_KNOWN = {14: "Cao Bằng", 37: "Lạng Sơn", 38: "Lào Cai", 41: "Nghệ An", 47: "Quảng Nam", 48: "Quảng Ngãi"}
_DEPARTMENTS = (
    "Sở Nội vụ", "Sở Y tế", "Sở Tài chính", "Sở Tư pháp", "Sở Xây dựng", "Sở Công Thương", "Sở Giáo dục và Đào tạo",
    "Sở Khoa học và Công nghệ", "Sở Nông nghiệp và Môi trường", "Sở Văn hóa, Thể thao và Du lịch", "Sở Ngoại vụ",
    "Thanh tra", "Văn phòng UBND",
)  # fmt: skip
_ROOMS = ("Văn phòng", "Phòng Tổ chức", "Phòng Kế hoạch", "Phòng Tài chính", "Phòng Thanh tra")
_LONGEST_LINE = 16 << 10


@dataclass(frozen=True, slots=True)
class Agency:
    """One organisation. `id` 0: the next free one; `pcode` names the parent where `pid` is 0."""

    code: str
    name: str
    id: int = 0
    pid: int = 0
    pcode: str = ""
    #: the code of QĐ 20/2020, root first
    qd20: str = ""
    old_code: str = ""
    mail: str = ""
    mobile: str = ""
    fax: str = ""
    center: str = ""
    #: the system that it belongs to, where somebody registered it
    system: str = ""
    is_agency: bool = True
    locked: bool = False
    deleted: bool = False


def made_up(number: int) -> Iterator[Agency]:
    """That many organisations, always the same ones: all provinces, then what is below them, parents first.

    Raises HubError where they are more than 1,000,000.
    """
    if number > MOST:
        raise HubError(f"--agencies {number}: nhiều nhất {MOST} (at most)")
    for index in range(number):
        rest, province = divmod(index, PROVINCES)
        yield _made_up(index + 1, rest, province + 1)


def _made_up(number: int, rest: int, province: int) -> Agency:
    low, middle, high = rest % 100, rest // 100 % 100, rest // 10_000
    root, place = f"H{province:02}", _KNOWN.get(province, f"mẫu {province:02}")
    above = rest % 10_000 if high else low if middle else 0
    levels = [f"{low:02}", f"{middle:02}", f"{high:03}"][: 3 if high else 2 if middle else 1 if low else 0]
    return Agency(
        code=f"{high:03}.{middle:02}.{low:02}.{root}",
        name=_name(low, middle, high, place),
        id=number,
        pid=above * PROVINCES + province if rest else 0,
        qd20=".".join((root, *levels)),
        old_code=f"{low:02}.{root}" if low and rest < 100 else "",
        mail=f"vanthu{number}@example.invalid",
        center=f"00.{province:02}.W00",
    )


def _name(low: int, middle: int, high: int, place: str) -> str:
    if not (low or middle or high):
        return f"UBND tỉnh {place}"
    department = _DEPARTMENTS[(low - 1) % len(_DEPARTMENTS)] if low else "UBND"
    unit = f"{department} tỉnh {place}" if low <= len(_DEPARTMENTS) else f"UBND xã {low}, tỉnh {place}"
    if middle:
        unit = f"{_ROOMS[middle % len(_ROOMS)]} {middle}, {unit}"
    return f"Bộ phận {high}, {unit}" if high else unit


def of_file(path: Path) -> Iterator[Agency]:
    """One organisation a line, each a JSON object with `code` and `name`. Raises HubError with the line, OSError."""
    with path.open(encoding="utf-8-sig") as lines:
        number = 0
        while line := lines.readline(_LONGEST_LINE):
            number += 1
            if line.strip():
                yield _of_line(line, f"{path.name}:{number}")


def _of_line(line: str, place: str) -> Agency:
    try:
        said = json.loads(line)
        return _of(said)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise HubError(f"{place}: mỗi dòng là một JSON có code và name (each line is JSON with code, name)") from error


def _of(said: dict[str, Any]) -> Agency:
    code, name = normalise(said["code"]), str(said["name"]).strip()
    if not code or not name:
        raise ValueError(code)
    return Agency(
        code=code,
        name=name,
        id=int(said.get("id", 0)),
        pid=int(said.get("pid", 0)),
        pcode=normalise(said.get("pcode", "")),
        qd20=normalise(said.get("qd20", "")),
        old_code=normalise(said.get("oldCode", "")),
        mail=str(said.get("mail", "")),
        center=str(said.get("centerCode", "")),
        is_agency=bool(said.get("isAgency", True)),
        locked=bool(said.get("locked", False)),
        deleted=bool(said.get("deleted", False)),
    )
