"""Reads the configuration that a command works on. Imports nothing of what the hub itself is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ConfigDict

from hub import groups
from hub.cli import common
from hub.clock import VIETNAM
from hub.config import Config, load, load_hub
from hub.connector import Settings
from hub.directory import Directory
from hub.errors import ConfigError
from hub.plugins import Plugins
from hub.routing import Group


def settings(folder: Path, *, units: str | None = None, attach: Mapping[str, str] | None = None) -> Config:
    """The configuration, with this text for units.yaml if one is given; see `load`. Raises ConfigError."""
    return load(folder, lambda names: Plugins(names).settings, units=units, attach=attach)


def to_look(folder: Path) -> Config:
    """The configuration for a command that only looks at the ledger.

    Where the whole has mistakes, hub.yaml alone, without units and rules, and a word about it. Raises ConfigError
    where hub.yaml has some itself.
    """
    try:
        return settings(folder)
    except ConfigError as error:
        return _hub_alone(folder, error)


class _AnyKind(dict[str, type[Settings]]):
    """Takes every endpoint kind, whatever its settings say."""

    def get(self, kind: str, default: Any = None) -> Any:
        return _Unread


class _Unread(Settings):
    model_config = ConfigDict(frozen=True, extra="ignore")


def to_repair(folder: Path) -> Config:
    """The configuration for a hub without plugins: no endpoint's settings are looked at, no plugin is loaded.

    Where it has mistakes all the same, hub.yaml alone, and a word about it. Raises ConfigError where hub.yaml has some.
    """
    try:
        found = load(folder, lambda _: _AnyKind())
    except ConfigError as error:
        found = _hub_alone(folder, error)
    return replace(found, safe=True)


def _hub_alone(folder: Path, whole: ConfigError) -> Config:
    try:
        found = load_hub(folder)
    except ConfigError:
        raise whole from None
    common.show_mistakes(common.err(), whole.mistakes, "yellow", "warning: ")
    common.warn("Cấu hình có chỗ phải sửa; chỉ dùng hub.yaml, đơn vị hiện bằng mã (hub.yaml alone is used: hub check).")
    return found


def groups_of_today(config: Config) -> Mapping[str, Group]:
    """The groups with their members of this day in Vietnam."""
    today = datetime.now(VIETNAM).date()
    return groups.of_heirs(groups.on(config.groups, today), config.directory.on(today))


def directory_of_today(config: Config) -> Directory:
    """Who is who on this day in Vietnam."""
    return config.directory.on(datetime.now(VIETNAM).date())
