"""Whether the files changed, and what of a new configuration a running hub can take up by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hub.config.schema import Config, Marks

_FILES = ("hub.yaml", "units.yaml", "routes.yaml", "calendar.yaml", "duties.yaml")
#: settings of hub.yaml that hold from start to stop
_FIXED = (
    "data",
    "database",
    "listen",
    "plugins",
    "province",
    "reserve",
    "retry",
    "hotline",
    "drain",
    "isolation",
    "log",
    "doors",
    "checkpoints",
)


def marks(folder: Path) -> Marks:
    """By what a changed file is known."""
    return tuple(_mark(folder / name) for name in _FILES)


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def needs_restart(running: Config, new: Config) -> list[str]:
    """What differs beyond rules and groups, in words: connectors hold their unit and its settings while they live."""
    return [*_settings(running, new), *_units(running, new)]


def _settings(running: Config, new: Config) -> Iterator[str]:
    for name in _FIXED:
        if getattr(running, name) != getattr(new, name):
            yield f"{name} (hub.yaml)"


def _units(running: Config, new: Config) -> Iterator[str]:
    before, after = _by_id(running), _by_id(new)
    for unit in sorted({*before, *after}):
        if before.get(unit) != after.get(unit):
            yield f"{unit} (units.yaml)"


def _by_id(config: Config) -> dict[str, object]:
    return {unit.id: (unit, config.endpoints.get(unit.id)) for unit in config.units}
