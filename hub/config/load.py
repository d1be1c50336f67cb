"""Reads the configuration folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path

from hub.calendar import USUAL, WorkCalendar
from hub.clock import VIETNAM
from hub.config import attached, owing, working
from hub.config.changes import marks
from hub.config.checks import (
    RouteCheck,
    check_folders,
    check_hotline,
    check_shape,
    check_units,
    directory_of,
    groups_of,
    kinds_of,
    real,
    units_of,
)
from hub.config.meeting import check_meeting
from hub.config.nodes import Entry, Node, Place, Report
from hub.config.people import check_people, codes_of
from hub.config.reading import read, tree_of
from hub.config.ruling import Ruling
from hub.config.schema import Config, HubSays, Marks, RouteSays, RoutesSays, UnitsSays, WhenSays
from hub.config.values import holds_password, is_loopback
from hub.config.vault import Vault
from hub.config.words import bare_secrets, check
from hub.connector import Settings
from hub.duties import Book
from hub.errors import ConfigError, PluginError
from hub.kinds import Kinds
from hub.routing import Days, Enclosed, Route, When
from hub.vocabulary import Organization

#: Given the plugins' names, what each endpoint kind they bring may be set to. Raises PluginError.
Connectors = Callable[[Sequence[str]], Mapping[str, type[Settings]]]

_Endpoints = Sequence[tuple[Entry, Settings]]

_ROUTES = "routes.yaml"
_READABLE = (
    "beyond this machine without a certificate: whoever is on the way reads documents, and can repeat signed calls"
)
_BARE = "a secret is written out here: write !secret NAME, and its value into secrets.yaml"


def load(
    folder: Path,
    connectors: Connectors,
    *,
    units: str | None = None,
    today: date | None = None,
    attach: Mapping[str, str] | None = None,
) -> Config:
    """The configuration in this folder. Raises ConfigError with every mistake of every file.

    `connectors` may be called once more for each plugin, to tell which of them cannot be used.
    `units`: a text to take for units.yaml in place of the one that stands there. `today`: the day that it must hold
    on, else this one in Vietnam. `attach`: of these endpoints another file for the setting that names one.
    """
    folder = Path(os.path.abspath(folder))
    report, looked = Report(), marks(folder)
    trees = _Trees(
        hub=read(folder / "hub.yaml", report),
        units=read(folder / "units.yaml", report) if units is None else tree_of(units, "units.yaml", report),
        routes=read(folder / _ROUTES, report, optional=True),
        calendar=read(folder / working.NAME, report, optional=True),
        duties=read(folder / owing.NAME, report, optional=True),
    )
    today = today or datetime.now(VIETNAM).date()
    checker = _Checker(folder, trees, report, Vault(folder, report), looked, today, attach or {})
    config = checker.run(connectors)
    if config is None or report.mistakes:
        raise ConfigError(list(dict.fromkeys(report.mistakes)))
    return config


def load_hub(folder: Path) -> Config:
    """What hub.yaml alone says, without any unit or rule. Raises ConfigError."""
    folder = Path(os.path.abspath(folder))
    report, looked = Report(), marks(folder)
    trees = _Trees(hub=read(folder / "hub.yaml", report), units=tree_of("{}", "units.yaml", report))
    checker = _Checker(folder, trees, report, Vault(folder, report), looked, datetime.now(VIETNAM).date())
    hub = checker.hub()
    if hub is None or trees.units is None or report.mistakes:
        raise ConfigError(list(dict.fromkeys(report.mistakes)))
    return checker.config(hub, trees.units, RoutesSays(), Book(WorkCalendar((USUAL,))))


def route_places(folder: Path) -> Callable[[int, str], Place]:
    """Where in routes.yaml each route, by its index, says something, by its key."""
    tree = read(folder / _ROUTES, Report(), optional=True)
    routes = tree.get("routes") if tree else None
    nodes = (routes.items or ()) if routes else ()

    def place(index: int, key: str) -> Place:
        if index >= len(nodes):
            return Place(_ROUTES)
        entry = nodes[index].entry(key)
        return entry.at if entry else nodes[index].at

    return place


@dataclass(frozen=True, slots=True)
class _Trees:
    """The files' trees; None where a file is broken or not there."""

    hub: Node | None
    units: Node | None
    routes: Node | None = None
    calendar: Node | None = None
    duties: Node | None = None


@dataclass(frozen=True, slots=True)
class _Kinds:
    """Endpoint kinds and their settings; incomplete where a plugin could not be asked."""

    settings: Mapping[str, type[Settings]]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Checker:
    folder: Path
    trees: _Trees
    report: Report
    vault: Vault
    marks: Marks
    today: date
    attach: Mapping[str, str] = field(default_factory=dict)

    def run(self, connectors: Connectors) -> Config | None:
        """Check all of it; None where something is too wrong to build on."""
        hub = self.hub()
        kinds = self._kinds(connectors)
        endpoints = self._endpoints(kinds)
        data = real(self.folder / hub.data) if hub else None
        check_folders(endpoints, data, self.folder, self.report)
        if hub:
            check_meeting(endpoints, self.report, has_doors=hub.doors is not None)
            check_hotline(hub.hotline, [settings for _, settings in endpoints], self.trees.hub, self.report)
        units = self._units()
        routes = self._routes()
        book = self._book(units, kinds, endpoints)
        if hub is None or self.trees.units is None or routes is None or book is None or self.report.mistakes:
            return None
        return self.config(hub, self.trees.units, routes, book, endpoints)

    def config(self, hub: HubSays, units: Node, routes: RoutesSays, book: Book, endpoints: _Endpoints = ()) -> Config:
        """What was checked, as one record."""
        directory = directory_of(units)
        return Config(
            folder=self.folder,
            data=Path(os.path.abspath(self.folder / hub.data)),
            database=hub.database,
            listen=hub.listen,
            plugins=hub.plugins,
            province=Organization(id=hub.province.code, name=hub.province.name),
            units=units_of(units),
            endpoints={entry.key: settings for entry, settings in endpoints},
            groups=groups_of(units, directory),
            routes=tuple(map(_route, routes.routes or ())),
            directory=directory,
            calendar=book.working,
            duties=book,
            reserve=hub.reserve,
            retry=hub.retry.policy,
            hotline=hub.hotline,
            drain=hub.drain,
            isolation=hub.isolation,
            log=hub.log,
            doors=hub.doors.placed(self.folder) if hub.doors else None,
            checkpoints=hub.checkpoints.placed(self.folder) if hub.checkpoints else None,
            report=hub.report,
            warnings=tuple(sorted(self.report.warnings)),
            marks=self.marks,
        )

    def hub(self) -> HubSays | None:
        """What hub.yaml says; None where it is too wrong."""
        tree = self.trees.hub
        if tree is None:
            return None
        for code, place in tree.texts("province", "code"):
            check_shape(code, place, self.report)
        for url, place in tree.texts("database"):
            if holds_password(url):
                self.report.warn(place, _BARE)
        for key, place in tree.texts("checkpoints", "key"):
            if "PRIVATE KEY" in key:
                self.report.wrong(place, _BARE)
        says = check(HubSays, Entry("", Place("hub.yaml"), tree), self.vault, self.report)
        if says and says.retry.most < says.retry.first:
            spot = tree.get("retry", "most") or tree.get("retry") or tree
            self.report.wrong(spot.at, "the longest pause is shorter than the first one")
        if says and says.doors and not (says.doors.certificate or is_loopback(says.doors.listen[0])):
            self.report.warn((tree.get("doors", "listen") or tree).at, _READABLE)
        if says and says.checkpoints and _is_within(self.folder / says.checkpoints.to, self.folder / says.data):
            spot = tree.get("checkpoints", "to") or tree
            self.report.wrong(spot.at, "checkpoints belong into another place than the data folder, a share say")
        return says

    def _kinds(self, connectors: Connectors) -> _Kinds:
        if self.trees.hub is None:
            return _Kinds({}, complete=False)
        named = list(self.trees.hub.texts("plugins"))
        names = list(dict.fromkeys(name.strip() for name, _ in named))
        try:
            return _Kinds(connectors(names))
        except PluginError as error:
            whole = self.trees.hub.entry("plugins")
            found = self._ask_each(connectors, named)
            if not found.complete:
                return found
            self.report.wrong(whole.at if whole else self.trees.hub.at, str(error))
            return _Kinds(found.settings, complete=False)

    def _ask_each(self, connectors: Connectors, named: Sequence[tuple[str, Place]]) -> _Kinds:
        settings = Kinds()
        complete = True
        for name, place in named:
            try:
                settings.add(connectors([name.strip()]))
            except PluginError as error:
                complete = False
                self.report.wrong(place, str(error))
        return _Kinds(settings, complete)

    def _endpoints(self, kinds: _Kinds) -> list[tuple[Entry, Settings]]:
        found = []
        for entry in self.trees.units.table("units") if self.trees.units else ():
            endpoint = entry.node.entry("endpoint")
            whole = endpoint and endpoint.node.entries is not None
            settings = self._endpoint(endpoint, kinds, self.attach.get(entry.key, "")) if endpoint and whole else None
            if settings is not None:
                found.append((entry, settings))
        return found

    def _endpoint(self, endpoint: Entry, kinds: _Kinds, attach: str) -> Settings | None:
        kind = endpoint.node.get("kind")
        if kind is None or not isinstance(kind.scalar, str):
            problem = 'the key "kind" is missing in "endpoint"' if kind is None else "must be text"
            self.report.wrong(endpoint.at if kind is None else kind.at, problem)
            return None
        model = kinds.settings.get(kind.scalar)
        if model is None:
            near = get_close_matches(kind.scalar, kinds.settings, n=1)
            if kinds.complete or near:
                hint = f'did you mean "{near[0]}"?' if near else f"there is: {', '.join(kinds.settings) or 'none'}"
                self.report.wrong(kind.at, f'no plugin of hub.yaml brings the kind "{kind.scalar}"; {hint}')
            return None
        whole = attached.whole(model, endpoint, self.folder, self.report, attach)
        if whole is None:
            return None
        for place in bare_secrets(model, whole.node):
            self.report.warn(place, _BARE)
        settings = check(model, whole, self.vault, self.report)
        for doubt in settings.doubts() if settings else ():
            self.report.warn(endpoint.at, doubt)
        return settings

    def _units(self) -> UnitsSays | None:
        tree = self.trees.units
        if tree is None:
            return None
        says = check(UnitsSays, Entry("", Place("units.yaml"), tree), self.vault, self.report)
        check_units(tree, directory_of(tree), self.today, self.report)
        check_people(tree, self.report)
        return says

    def _routes(self) -> RoutesSays | None:
        tree = self.trees.routes
        if tree is None:
            return RoutesSays()
        units = self.trees.units
        directory = directory_of(units) if units else None
        groups = groups_of(units, directory) if units and directory else {}
        kinds = kinds_of(units) if units else frozenset[str]()
        RouteCheck(directory, groups, kinds, self.report).check(tree)
        return check(RoutesSays, Entry("", Place("routes.yaml"), tree), self.vault, self.report)

    def _book(self, units: UnitsSays | None, kinds: _Kinds, endpoints: _Endpoints) -> Book | None:
        tree = self.trees.units
        if tree is None or units is None:
            return None
        subjects = {
            entry.key: units.units[entry.key].subject(entry.key, settings, codes_of(settings, kinds.settings))
            for entry, settings in endpoints
            if settings.serves == "unit"
        }
        directory = directory_of(tree)
        groups, named = groups_of(tree, directory), kinds_of(tree)
        ruling = Ruling(directory, groups, named, subjects, self.vault, self.report)
        return ruling.book(self.trees.calendar, self.trees.duties)


def _is_within(place: Path, data: Path) -> bool:
    return real(data) in (real(place), *real(place).parents)


def _route(says: RouteSays) -> Route:
    return Route(
        name=says.name,
        to=says.to,
        when=_when(says.when),
        divert=says.divert,
        answers=says.answers,
        final=says.final,
    )


def _when(says: WhenSays) -> When:
    enclosed, days = says.attachments, says.days
    return When(
        sender=says.sender,
        to=says.to,
        types=says.types,
        urgency=frozenset().union(*says.urgency),
        subject=says.subject,
        code=says.code,
        business=frozenset(says.business),
        attachments=Enclosed(enclosed.types, enclosed.larger) if enclosed else None,
        channel=says.channel,
        days=Days(days.since, days.until) if days else None,
        expression=says.condition,
    )
