"""Settings that name a YAML file: what stands in it is taken as if it stood there, with its own places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from hub.config.nodes import Entry, Node, Place, Report
from hub.config.reading import read
from hub.connector import Settings

_ENDING = ".yaml"


def whole(model: type[Settings], endpoint: Entry, folder: Path, report: Report, other: str = "") -> Entry | None:
    """The endpoint with the trees of its files in place of their names; None: one cannot be read.

    `other`: a file to take in place of the one that is named.
    """
    entries = list(endpoint.node.entries or ())
    for index, entry in enumerate(entries):
        shipped, named = model.shipped.get(entry.key), other or entry.node.scalar
        if shipped is None or not isinstance(named, str):
            continue
        tree = _tree(named, shipped, folder, entry, report)
        if tree is None:
            return None
        entries[index] = replace(entry, at=tree.at, node=tree)
    return replace(endpoint, node=replace(endpoint.node, entries=tuple(entries)))


def place_in(model: type[Settings], named: str, folder: Path) -> Callable[[Sequence[str]], Place]:
    """Where in the file of that name the keys on a way stand, as far as they do."""
    shipped = next(iter(model.shipped.values()), folder)
    path = _path(named, shipped, folder)
    tree = read(path, Report()) or Node(Place(path.name))

    def place(way: Sequence[str]) -> Place:
        node, at = tree, tree.at
        for key in way:
            items = node.items or ()
            entry = node.entry(key)
            if entry is None and not (key.isdecimal() and int(key) < len(items)):
                break
            node, at = (entry.node, entry.at) if entry else (items[int(key)], items[int(key)].at)
        return at

    return place


def _tree(named: str, shipped: Path, folder: Path, entry: Entry, report: Report) -> Node | None:
    path = _path(named, shipped, folder)
    if path.is_file():
        return read(path, report)
    if _is_path(named):
        report.wrong(entry.node.at, f'there is no file "{named}"')
        return None
    names = sorted(each.stem for each in shipped.glob(f"*{_ENDING}"))
    near = get_close_matches(named, names, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"there is: {', '.join(names)}"
    report.wrong(entry.node.at, f'no {entry.key} "{named}" comes with the hub, and a file ends in {_ENDING}; {hint}')
    return None


def _path(named: str, shipped: Path, folder: Path) -> Path:
    return folder / named if _is_path(named) else shipped / f"{named}{_ENDING}"


def _is_path(named: str) -> bool:
    return named.endswith(_ENDING) or "/" in named
