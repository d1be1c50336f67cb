"""Eoffice: units whose software already exists. Each kind of endpoint is a package of its own beside this door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub import Connector, hookimpl
from plugins.eoffice.axis import EofficeAxis
from plugins.eoffice.rest.connector import EofficeRest
from plugins.eoffice.tables import Tables

__all__ = ["EofficeAxis", "EofficeRest", "Tables", "hub_connectors"]


@hookimpl
def hub_connectors() -> Sequence[type[Connector[Any]]]:
    """The connectors to units' own software."""
    return [EofficeAxis, EofficeRest, Tables]
