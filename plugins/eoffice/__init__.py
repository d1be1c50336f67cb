"""Eoffice: the doors for units' own software."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub import Connector, hookimpl
from plugins.eoffice.axis import EofficeAxis

__all__ = ["EofficeAxis", "hub_connectors"]


@hookimpl
def hub_connectors() -> Sequence[type[Connector[Any]]]:
    """The connectors to units' software."""
    return [EofficeAxis]
