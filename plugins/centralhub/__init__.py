"""Centralhub: the link to the Government Office's hub, and to every other that speaks VXP."""

from __future__ import annotations

from collections.abc import Sequence

from hub import hookimpl
from plugins.centralhub.connector import Centralhub
from plugins.centralhub.settings import CentralhubSettings

__all__ = ["Centralhub", "CentralhubSettings", "hub_connectors"]


@hookimpl
def hub_connectors() -> Sequence[type[Centralhub]]:
    """The connector to a central hub."""
    return [Centralhub]
