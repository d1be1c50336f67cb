"""Reads the configuration that a command works on. Imports nothing of what the hub itself is made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from hub import groups
from hub.clock import VIETNAM
from hub.config import Config, load
from hub.plugins import Plugins
from hub.routing import Group


def settings(folder: Path, *, units: str | None = None) -> Config:
    """The configuration, with this text for units.yaml if one is given. Raises ConfigError."""
    return load(folder, lambda names: Plugins(names).settings, units=units)


def groups_of_today(config: Config) -> Mapping[str, Group]:
    """The groups with their members of this day in Vietnam."""
    return groups.on(config.groups, datetime.now(VIETNAM).date())
