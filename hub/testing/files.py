"""A YAML file as plain data, as an endpoint's settings have it after the configuration was read."""

from __future__ import annotations

from pathlib import Path

from hub.config.nodes import Report
from hub.config.reading import read
from hub.config.vault import Vault
from hub.errors import ConfigError


def yaml_file(path: Path) -> object:
    """What a setting that names this file becomes (`Settings.shipped`). Raises ConfigError where it is no YAML."""
    report = Report()
    tree = read(path, report)
    if tree is None or report.mistakes:
        raise ConfigError(report.mistakes)
    return Vault(path.parent, report).plain(tree)
