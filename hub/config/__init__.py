"""The configuration: YAML files in, one checked record out, or every mistake at its place."""

from __future__ import annotations

from hub.config.attached import place_in
from hub.config.changes import marks, needs_restart
from hub.config.load import load, load_hub, route_places
from hub.config.nodes import Place
from hub.config.schema import Checkpoints, Config, Isolation, Marks, Outer, ReportSays
from hub.config.trials import load_trials

__all__ = [
    "Checkpoints",
    "Config",
    "Isolation",
    "Marks",
    "Outer",
    "Place",
    "ReportSays",
    "load",
    "load_hub",
    "load_trials",
    "marks",
    "needs_restart",
    "place_in",
    "route_places",
]
