"""Reads the configuration that a command works on. Imports nothing of what the hub itself is made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from hub import groups
from hub.clock import VIETNAM
from hub.config import Config, load
from hub.directory import Directory
from hub.plugins import Plugins
from hub.routing import Group


def settings(folder: Path, *, units: str | None = None) -> Config:
    """The configuration, with this text for units.yaml if one is given. Raises ConfigError."""
    return load(folder, lambda names: Plugins(names).settings, units=units)


def groups_of_today(config: Config) -> Mapping[str, Group]:
    """The groups with their members of this day in Vietnam."""
    today = datetime.now(VIETNAM).date()
    return groups.of_heirs(groups.on(config.groups, today), config.directory.on(today))


def directory_of_today(config: Config) -> Directory:
    """Who is who on this day in Vietnam."""
    return config.directory.on(datetime.now(VIETNAM).date())
