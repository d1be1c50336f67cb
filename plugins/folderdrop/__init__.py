"""Folderdrop: exchange through a watched folder, for software and for clerks without an API."""

from __future__ import annotations

from collections.abc import Sequence

from hub import hookimpl
from plugins.folderdrop.connector import Folderdrop, FolderdropSettings
from plugins.folderdrop.door import Door

__all__ = ["Door", "Folderdrop", "FolderdropSettings", "hub_connectors"]


@hookimpl
def hub_connectors() -> Sequence[type[Door]]:
    """The folder connector."""
    return [Door]
