"""units.yaml as a list of units is compared with it, as far as it can be read, mistakes or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hub.config.ending import last_day
from hub.config.file import Found
from hub.config.members import words
from hub.config.nodes import Entry, Node, Report
from hub.config.reading import read
from hub.errors import ConfigError
from hub.roster.codes import root_of
from hub.roster.merge import Known, KnownGroup, Roll


@dataclass(frozen=True, slots=True)
class Present:
    """units.yaml as it stands, and what it holds."""

    file: Found
    roll: Roll
    #: the part that all codes of the province share, as H48
    root: str


def present(folder: Path, today: date) -> Present:
    """The list as it stands in this folder, units or none. Raises ConfigError where it is not YAML, OSError."""
    # Before the tree is read: what changes afterwards is then seen when the file is replaced.
    file = Found.at(folder / "units.yaml")
    report = Report()
    hub = read(folder / "hub.yaml", report)
    units = read(folder / "units.yaml", report, optional=True)
    if report.mistakes:
        raise ConfigError(report.mistakes)
    code = hub.text("province", "code") if hub else ""
    return Present(file, roll_of(units, today), root_of(code))


def roll_of(tree: Node | None, today: date) -> Roll:
    """The units, and the groups as they are from today on; none where there is no tree."""
    if tree is None:
        return Roll()
    units = {entry.key: _known(entry) for entry in reversed(tree.table("units"))}
    groups = {entry.key: _group(entry, today) for entry in tree.table("groups")}
    return Roll(dict(reversed(units.items())), groups)


def _known(entry: Entry) -> Known:
    node = entry.node
    return Known(
        id=entry.key,
        name=node.text("name").strip(),
        code=node.text("code").strip(),
        level=node.text("level").strip(),
        aliases=tuple(alias.strip() for alias, _ in node.texts("aliases")),
        kind=node.text("endpoint", "kind"),
        folder=node.text("endpoint", "folder"),
        others=node.text("endpoint", "serves") == "others",
        until=last_day(node),
        successors=tuple(word.strip() for word, _ in node.texts("successors")),
    )


def _group(entry: Entry, today: date) -> KnownGroup:
    return KnownGroup(
        entry.key, entry.node.text("name").strip(), tuple(word.strip() for word, _ in words(entry, today))
    )
