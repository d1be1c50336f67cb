"""The configuration: three YAML files in, one checked record out, or every mistake at its place."""

from __future__ import annotations

from hub.config.load import load, route_places
from hub.config.schema import Config
from hub.config.trials import load_trials

__all__ = ["Config", "load", "load_trials", "route_places"]
