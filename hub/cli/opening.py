"""Reads the configuration that a command works on. Imports nothing of what the hub itself is made of."""

from __future__ import annotations

from pathlib import Path

from hub.config import Config, load
from hub.plugins import Plugins


def settings(folder: Path, *, units: str | None = None) -> Config:
    """The configuration, with this text for units.yaml if one is given. Raises ConfigError."""
    return load(folder, lambda names: Plugins(names).settings, units=units)
