"""What no single file can know: codes, names and folders that must fit together."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

from hub.config.ending import check_endings, last_day, successors
from hub.config.members import check_terms, group_of, words
from hub.config.nodes import Entry, Node, Place, Report
from hub.config.values import day
from hub.connector import Settings
from hub.directory import Directory, looks_like_code, normalise
from hub.routing import ADDRESSEES, Group
from hub.vocabulary import Level, Unit

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_GLOB = re.compile(r"[*?\[]")


def units_of(tree: Node) -> tuple[Unit, ...]:
    """The units as far as the tree tells, mistakes or not."""
    units = [_unit(entry) for entry in tree.table("units") if not entry.repeat]
    names = Directory(units)
    heirs = {entry.key: successors(entry.node, names) for entry in tree.table("units")}
    return tuple(replace(unit, successors=heirs[unit.id]) for unit in units)


def _unit(entry: Entry) -> Unit:
    node = entry.node
    return Unit(
        entry.key,
        node.text("name").strip(),
        node.text("code").strip(),
        tuple(alias.strip() for alias, _ in node.texts("aliases")),
        mode="thu-nghiem" if node.text("mode").strip() == "thu-nghiem" else "van-hanh",
        until=last_day(node),
        level=_level(node),
        staff={person.key.strip(): person.node.text().strip() for person in node.table("staff")},
    )


def _level(node: Node) -> Level:
    said = node.text("level").strip()
    return next((level for level in get_args(Level) if level == said), "")


def directory_of(tree: Node) -> Directory:
    """The directory of these units, mistakes or not."""
    others = (entry.key for entry in tree.table("units") if _serves_others(entry))
    return Directory(units_of(tree), next(others, None))


def kinds_of(tree: Node) -> frozenset[str]:
    """The kinds of the endpoints as far as the tree tells."""
    return frozenset(entry.node.text("endpoint", "kind") for entry in tree.table("units")) - {""}


def groups_of(tree: Node, directory: Directory) -> dict[str, Group]:
    """The groups as far as the tree tells; their units by id."""
    return {entry.key: group_of(entry, directory) for entry in tree.table("groups") if not entry.repeat}


def check_units(tree: Node, directory: Directory, today: date, report: Report) -> None:
    """Ids, codes, who stands for the others, and who is no more on this day."""
    units, groups = tree.table("units"), tree.table("groups")
    for entry in (*units, *groups):
        _check_id(entry, report)
    taken = {entry.key for entry in units}
    for entry in groups:
        if entry.key in taken:
            report.wrong(entry.at, f'"{entry.key}" is the name of a unit already')
        _check_members(entry, directory, report)
    _check_codes(units, report)
    check_endings(units, directory, today, report)
    for entry in units:
        if not entry.node.entry("code") and entry.node.entries is not None and not _serves_others(entry):
            report.wrong(entry.at, f'the key "code" is missing in "{entry.key}"')
    for entry in [entry for entry in units if _serves_others(entry)][1:]:
        spot = entry.node.get("endpoint", "serves") or entry.node
        report.wrong(spot.at, f'"{directory.others}" stands for the others already: only one unit may')


def check_shape(code: str, place: Place, report: Report) -> None:
    """Warn of a code in neither official form."""
    if code.strip() and not looks_like_code(code):
        report.warn(place, f'"{code}" does not look like an organisation code: 000.00.14.H48 or H48.14')


def _serves_others(entry: Entry) -> bool:
    return entry.node.text("endpoint", "serves") == "others"


def _check_id(entry: Entry, report: Report) -> None:
    if entry.key == ADDRESSEES:
        report.wrong(entry.at, f'"{ADDRESSEES}" means the addressees of a document: take another id')
    elif not _ID.fullmatch(entry.key):
        report.wrong(entry.at, f'the id "{entry.key}" must be made of a-z, 0-9 and -, 40 at most, no - first')


def _check_members(group: Entry, directory: Directory, report: Report) -> None:
    check_terms(group, report)
    for word, place in words(group):
        unit = directory.find(word)
        if unit is None:
            report.wrong(place, f'there is no unit "{word}"{meant(word, directory)}')
        elif unit == directory.others:
            report.wrong(place, f'"{word}" stands for everyone outside and cannot be in a group')


def _check_codes(units: Sequence[Entry], report: Report) -> None:
    owners = {normalise(entry.key): (entry, entry.at) for entry in units if not entry.repeat}
    for entry in units:
        for key in ("code", "aliases"):
            for code, place in entry.node.texts(key):
                check_shape(code, place, report)
                owner, since = owners.setdefault(normalise(code), (entry, place))
                if owner is not entry and code.strip():
                    report.wrong(place, f'"{code}" belongs to "{owner.key}" already, see line {since.line}')


def meant(word: str, directory: Directory, names: Sequence[str] = ()) -> str:
    """The end of a message about an unknown unit or group."""
    ids = [*names, *(unit.id for unit in directory.ours), *directory.codes]
    near = get_close_matches(word, ids, n=1, cutoff=0.6) or directory.nearest(word, 1)
    return f'; did you mean "{near[0]}"?' if near else ""


@dataclass(slots=True)
class RouteCheck:
    """Checks the names in routes.yaml; of units only where a directory is known."""

    directory: Directory | None
    groups: Mapping[str, Group]
    #: of the endpoints in units.yaml
    kinds: frozenset[str]
    report: Report
    _names: dict[str, Place] = field(default_factory=dict)

    def check(self, tree: Node) -> None:
        """Everything about routes that their own form does not tell."""
        routes = tree.get("routes")
        for route in (routes and routes.items) or ():
            self._check_name(route)
            if self.directory is not None:
                self._check_units(route, self.directory)
            self._check_diverting(route)
            self._check_days(route)

    def _check_name(self, route: Node) -> None:
        for name, place in route.texts("name"):
            first = self._names.setdefault(name.strip(), place)
            if first is not place:
                self.report.wrong(place, f'another route is named "{name}" already, in line {first.line}')

    def _check_units(self, route: Node, directory: Directory) -> None:
        for key in ("from", "to"):
            for word, place in route.texts("when", key):
                self.check_condition(word.strip(), place, directory)
        for word, place in route.texts("when", "channel"):
            self.check_channel(word.strip(), place, directory)
        for word, place in route.texts("to"):
            self._check_target(word.strip(), place, directory)

    def _check_days(self, route: Node) -> None:
        since, until = (route.get("when", "date", key) for key in ("from", "to"))
        if since and until and not _in_order(since.scalar, until.scalar):
            self.report.wrong(until.at, "this day lies before the first one")

    def check_channel(self, word: str, place: Place, directory: Directory) -> None:
        """Whether this names a unit, a group or a kind of endpoint."""
        known = word in self.groups or word in self.kinds or directory.find(word) is not None
        if word and not known:
            near = meant(word, directory, [*self.groups, *sorted(self.kinds)])
            self.report.wrong(place, f'there is no unit, group or kind of endpoint "{word}"{near}')

    def _check_diverting(self, route: Node) -> None:
        targets = {word.strip(): place for word, place in route.texts("to")}
        if targets and ADDRESSEES not in targets and not _diverts(route):
            text = 'this takes documents away from their addressees: add "addressees", or divert: true if meant'
            self.report.warn(next(iter(targets.values())), text)

    def check_condition(self, word: str, place: Place, directory: Directory) -> None:
        """Whether this can be a sender or an addressee: a unit, a group, a code, a glob of codes."""
        known = word in self.groups or directory.find(word) is not None
        if known or not word or _GLOB.search(word):
            return
        if "." in word:
            check_shape(word, place, self.report)
        elif not looks_like_code(word):
            self._unknown(word, place, directory)

    def _check_target(self, word: str, place: Place, directory: Directory) -> None:
        unit = directory.find(word)
        if word == ADDRESSEES or not word or word in self.groups:
            return
        if unit is not None and unit == directory.others:
            self.report.wrong(place, f'"{word}" stands for everyone outside: write the code of the one you mean')
        elif unit is None and not ("." in word or looks_like_code(word)):
            self._unknown(word, place, directory)
        elif unit is None and directory.others is None:
            self.report.wrong(place, f'no unit here serves "{word}"{meant(word, directory)}')
        elif unit is None:
            check_shape(word, place, self.report)

    def _unknown(self, word: str, place: Place, directory: Directory) -> None:
        near = meant(word, directory, [*self.groups, ADDRESSEES])
        self.report.wrong(place, f'there is no unit or group "{word}"{near}')


def _in_order(since: object, until: object) -> bool:
    """Whether the days are; those that cannot be read are found elsewhere."""
    try:
        return day(since) <= day(until)
    except ValueError:
        return True


def _diverts(route: Node) -> bool:
    node = route.get("divert")
    return node is not None and node.scalar is True


def check_folders(endpoints: Sequence[tuple[Entry, Settings]], data: Path | None, folder: Path, report: Report) -> None:
    """No two units in one folder or one inside the other, and the hub's own data in none."""
    holding = set(_with_parents(data)) if data else set()
    within: dict[Path, str] = {}
    around: dict[Path, str] = {}
    for entry, path in _folders(endpoints, folder):
        spot = entry.node.get("endpoint", "folder") or entry.node
        other = next((within[above] for above in _with_parents(path) if above in within), around.get(path))
        if other is not None:
            report.wrong(spot.at, f'this folder is the same as, within or around that of "{other}"')
        if path in holding:
            report.wrong(spot.at, "the hub's own data lies in this folder: see data in hub.yaml")
        within[path] = entry.key
        around.update((above, entry.key) for above in path.parents)


def check_hotline(hotline: str, endpoints: Iterable[Settings], hub: Node | None, report: Report) -> None:
    """Warn where people work with folders and have no number to call."""
    if hub and not hotline and any(getattr(settings, "layout", "") == "clerk" for settings in endpoints):
        spot = hub.get("hotline") or hub
        report.warn(spot.at, "hotline: clerks work with folders here, and what they read names no telephone number")


def _folders(endpoints: Sequence[tuple[Entry, Settings]], folder: Path) -> Iterator[tuple[Entry, Path]]:
    for entry, settings in endpoints:
        path = getattr(settings, "folder", None)
        if isinstance(path, Path):
            yield entry, real(folder / path)


def _with_parents(path: Path) -> Iterator[Path]:
    yield path
    yield from path.parents


def real(path: Path) -> Path:
    """The path without links, absolute; as it stands where it cannot be one."""
    try:
        return Path(os.path.realpath(path))
    except ValueError:
        return Path(os.path.abspath(path))
