"""Units with a last day: who may do without an endpoint, and who takes over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from hub.config.nodes import Entry, Node, Place, Report
from hub.config.values import day
from hub.directory import Directory


def last_day(unit: Node) -> date | None:
    """The unit's last day; one that cannot be read is found elsewhere."""
    text = unit.text("until").strip()
    try:
        return day(text) if text else None
    except ValueError:
        return None


def successors(unit: Node, directory: Directory) -> tuple[str, ...]:
    """Who takes over, by id."""
    return tuple(dict.fromkeys(directory.find(word) or word for word, _ in _named(unit)))


def check_endings(units: Sequence[Entry], directory: Directory, today: date, report: Report) -> None:
    """Endpoints where they are needed, and successors that are there and lead to somebody."""
    found = {entry.key: entry for entry in units if not entry.repeat}
    for entry in units:
        _check_endpoint(entry, today, report)
        _check_successors(entry, directory, report)
        _check_others(entry, report)
        if _comes_back(entry.key, found, directory):
            spot = entry.node.get("successors") or entry.node
            report.wrong(spot.at, f'"{entry.key}" would take over from itself in the end')


def _check_endpoint(entry: Entry, today: date, report: Report) -> None:
    if entry.node.entries is None or entry.node.entry("endpoint"):
        return
    until = last_day(entry.node)
    if until is None or until >= today:
        later = f"; it may be left out after {until}" if until else ""
        report.wrong(entry.at, f'the key "endpoint" is missing in "{entry.key}"{later}')


def _check_successors(entry: Entry, directory: Directory, report: Report) -> None:
    until = entry.node.entry("until")
    named = list(_named(entry.node))
    if named and until is None:
        report.wrong(named[0][1], 'the key "until" is missing: after which day do they take over?')
    if until and not named:
        report.warn(until.at, f'nobody takes over from "{entry.key}": what comes for it then is a dead letter')
    for word, place in named:
        unit = directory.find(word)
        if unit is None:
            report.wrong(place, f'there is no unit "{word}"')
        elif unit == directory.others:
            report.wrong(place, f'"{word}" stands for everyone outside and cannot take over')


def _check_others(entry: Entry, report: Report) -> None:
    if entry.node.text("endpoint", "serves") == "others":
        for key in ("until", "successors", "mode", "level"):
            if said := entry.node.entry(key):
                report.wrong(said.at, f'"{key}" is for one unit, and "{entry.key}" stands for everyone outside')


def _comes_back(unit: str, units: Mapping[str, Entry], directory: Directory) -> bool:
    """Whether following the successors leads back."""
    ahead, seen = [unit], set[str]()
    while ahead:
        here = units.get(ahead.pop())
        for heir in successors(here.node, directory) if here else ():
            if heir == unit:
                return True
            if heir not in seen:
                seen.add(heir)
                ahead.append(heir)
    return False


def _named(unit: Node) -> Iterator[tuple[str, Place]]:
    return ((word.strip(), place) for word, place in unit.texts("successors") if word.strip())
