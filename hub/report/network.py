"""Who is connected, and how well. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.duties import Subject
from hub.report.months import Month
from hub.report.parties import Parties
from hub.report.records import Available, Down, Group, Network, Share
from hub.vocabulary import Level, Unit

_PROVINCE, _COMMUNE, _OTHER = "Sở, ban, ngành cấp tỉnh", "Xã, phường, đặc khu", "Đơn vị khác"
_LEVELS: Mapping[Level, str] = {
    "so": _PROVINCE,
    "xa": _COMMUNE,
    "phuong": _COMMUNE,
    "dac-khu": _COMMUNE,
    "khac": _OTHER,
}
#: Where nobody said the level: what the name begins with, without its marks. The first that fits.
_NAMES = {
    tuple(f"{who} {what} " for who in ("ubnd", "uy ban nhan dan") for what in ("xa", "phuong", "dac khu")): _COMMUNE,
    ("so ", "ban ", "van phong ", "thanh tra "): _PROVINCE,
}
_KINDS = {"email": "Thư điện tử", "web": "Trang web"}
_BY_FOLDER, _BY_PROGRAM = "Thư mục, văn thư thao tác", "Phần mềm của đơn vị"
_CLERK = "clerk"


@dataclass(frozen=True, slots=True)
class Link:
    """A unit's way in and out, as its settings say."""

    unit: str
    kind: str
    #: of a folder: plain or clerk
    layout: str = ""


def network(
    parties: Parties,
    links: Sequence[Link],
    connected: Mapping[str, datetime],
    outages: Sequence[Down],
    subjects: Mapping[str, Subject],
    month: Month,
    central: Available | None,
) -> Network:
    """The network as it was at the end of the month."""
    units = [parties.directory.unit(unit) for unit in parties.units]
    by_unit = {link.unit: link for link in links}
    is_there = {unit.id: connected.get(unit.id, month.until) < month.until for unit in units}
    return Network(
        connected=_share(units, is_there),
        kinds=_groups(units, is_there, lambda unit: _kind(by_unit.get(unit.id))),
        levels=_groups(units, is_there, _level),
        guessed=sum(not unit.level for unit in units),
        new=tuple(unit.name for unit in units if is_there[unit.id] and connected[unit.id] >= month.since),
        tried_out=tuple(unit.name for unit in parties.directory.ours if unit.is_tried_out),
        paused=tuple(_paused(units, subjects, month)),
        ended=tuple(_ended(parties, month)),
        central=central,
        central_unit=parties.way_to_central,
        outages=tuple(outages),
    )


def _share(units: Sequence[Unit], is_there: Mapping[str, bool]) -> Share:
    return Share(sum(is_there[unit.id] for unit in units), len(units))


def _groups(units: Sequence[Unit], is_there: Mapping[str, bool], word: Callable[[Unit], str]) -> tuple[Group, ...]:
    found: dict[str, list[Unit]] = {}
    for unit in units:
        found.setdefault(word(unit), []).append(unit)
    return tuple(Group(name, _share(members, is_there)) for name, members in sorted(found.items()))


def _kind(link: Link | None) -> str:
    if link is None:
        return "Chưa có kênh"
    return _BY_FOLDER if link.layout == _CLERK else _KINDS.get(link.kind, _BY_PROGRAM)


def _level(unit: Unit) -> str:
    name = f"{_bare(unit.name)} "
    guessed = (word for starts, word in _NAMES.items() if name.startswith(starts))
    return _LEVELS[unit.level] if unit.level else next(guessed, _OTHER)


def _bare(name: str) -> str:
    apart = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    return " ".join("".join(sign for sign in apart if not unicodedata.combining(sign)).split())


def _paused(units: Sequence[Unit], subjects: Mapping[str, Subject], month: Month) -> Iterator[str]:
    first, last = month.days[0], month.days[-1]
    for unit in units:
        pauses = subjects[unit.id].pauses if unit.id in subjects else ()
        for pause in pauses:
            if pause.since <= last and pause.until >= first:
                yield f"{unit.name} ({pause.since:%d/%m/%Y}-{pause.until:%d/%m/%Y}: {pause.reason})"


def _ended(parties: Parties, month: Month) -> list[str]:
    every = (parties.directory.unit(unit) for unit in parties.directory.everyone)
    return [
        f"{unit.name} (đến hết ngày {unit.until:%d/%m/%Y}{_heirs(parties, unit)})"
        for unit in every
        if unit.until and (unit.until.year, unit.until.month) == (month.year, month.month)
    ]


def _heirs(parties: Parties, unit: Unit) -> str:
    names = ", ".join(parties.name(parties.unit(heir)) for heir in unit.successors)
    return f"; nhiệm vụ chuyển cho {names}" if names else ""


def available(
    parties: Parties, known_since: Mapping[str, datetime], outages: Sequence[Down], month: Month, now: datetime
) -> Available | None:
    """How well the way to the Government Office worked, of the time in which the hub knew; None: it knew at no time."""
    way = parties.way_to_central
    if way not in known_since:
        return None
    since = max(month.since, known_since[way])
    whole = (min(month.until, now) - since).total_seconds() / 3600
    lost = sum(one.hours for one in outages if one.unit == way)
    return Available(max(0.0, 100 * (1 - lost / whole)), since) if whole > 0 else None
