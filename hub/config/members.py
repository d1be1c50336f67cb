"""The members of a group of units.yaml: a word, or a table with the days from when until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hub.config.nodes import Entry, Node, Place, Report
from hub.directory import Directory
from hub.groups import DatedGroup, Term
from hub.roster.cells import day
from hub.routing import Group


def words(group: Entry, since: date = date.min) -> Iterator[tuple[str, Place]]:
    """The id, code or alias of each who is a member on that day or later, with its place."""
    for item in _items(group):
        if _day(item, "until", date.max) < since:
            continue
        node = item.get("unit") if item.entries is not None else item
        if node and isinstance(node.scalar, str):
            yield node.scalar, node.at


def group_of(entry: Entry, directory: Directory) -> Group:
    """The group as far as the tree tells; its units by id."""
    units = tuple(dict.fromkeys(directory.find(word) or word for word, _ in words(entry)))
    name = entry.node.text("name").strip()
    terms = _terms(entry, directory)
    return DatedGroup(entry.key, units, name, terms) if terms else Group(entry.key, units, name)


def check_terms(group: Entry, report: Report) -> None:
    """No term ends before it begins."""
    for item in _items(group):
        since, until = _day(item, "since", date.min), _day(item, "until", date.max)
        if until < since:
            report.wrong((item.get("until") or item).at, "this day lies before the first one")


def _items(group: Entry) -> tuple[Node, ...]:
    node = group.node.get("units")
    return (node.items or ()) if node else ()


def _terms(entry: Entry, directory: Directory) -> dict[str, tuple[Term, ...]]:
    """Of each unit that is a member for terms only."""
    terms: dict[str, tuple[Term, ...]] = {}
    always = {directory.find(str(item.scalar)) for item in _items(entry) if item.is_scalar}
    for item in _items(entry):
        unit = directory.find(item.text("unit"))
        if unit and unit not in always:
            term = Term(_day(item, "since", date.min), _day(item, "until", date.max))
            terms[unit] = (*terms.get(unit, ()), term)
    return terms


def _day(item: Node, key: str, otherwise: date) -> date:
    """The day; one that cannot be read is found elsewhere."""
    try:
        return day(item.text(key).strip()) or otherwise
    except ValueError:
        return otherwise
