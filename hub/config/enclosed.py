"""Settings of an endpoint that stand in a file of their own, as a mapping of a database does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hub.config.nodes import Entry, Node, Report
from hub.config.reading import read
from hub.config.values import one_of
from hub.connector import Settings

_YAML = (".yaml", ".yml")


def opened(model: type[Settings], endpoint: Entry, folder: Path, report: Report) -> Entry | None:
    """The endpoint with what such files say in the place of their names; None where one cannot be read.

    A name that ends in .yaml or .yml is a file, counted from `folder`; any other one is shipped with the plugin.
    What is wrong is in the report, what stands in a file at its place there.
    """
    entries = list(_entries(model, endpoint.node, folder, report))
    whole = [entry for entry in entries if entry is not None]
    if len(whole) < len(entries):
        return None
    return replace(endpoint, node=replace(endpoint.node, entries=tuple(whole)))


def _entries(model: type[Settings], endpoint: Node, folder: Path, report: Report) -> Iterator[Entry | None]:
    for entry in endpoint.entries or ():
        shipped = model.files.get(entry.key)
        if shipped is None or not isinstance(entry.node.scalar, str):
            yield entry
            continue
        found = _read(entry.node, entry.node.scalar.strip(), shipped, folder, report)
        yield replace(entry, at=found.at, node=found) if found else None


def _read(node: Node, name: str, shipped: Path, folder: Path, report: Report) -> Node | None:
    if name.endswith(_YAML):
        path = folder / name
        if path.is_file():
            return read(path, report)
        report.wrong(node.at, f'there is no file "{name}"')
        return None
    known = tuple(sorted(path.stem for path in shipped.glob("*.yaml")))
    if name in known:
        return read(shipped / f"{name}.yaml", report)
    report.wrong(node.at, f"{one_of(name, known)}; a file of your own ends in .yaml")
    return None
