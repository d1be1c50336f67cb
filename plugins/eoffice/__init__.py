"""Eoffice: the doors for units' own software."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub import Connector, hookimpl
from plugins.eoffice.axis import EofficeAxis
from plugins.eoffice.rest.connector import EofficeRest

__all__ = ["EofficeAxis", "EofficeRest", "hub_connectors"]


@hookimpl
def hub_connectors() -> Sequence[type[Connector[Any]]]:
    """The connectors to units' software."""
    return [EofficeAxis, EofficeRest]
