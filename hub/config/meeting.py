"""Endpoints to which others come: the outer listener that they need, and the names that only one may have."""

from __future__ import annotations

from collections.abc import Sequence

from hub.config.nodes import Entry, Report
from hub.connector import Settings


def check_meeting(endpoints: Sequence[tuple[Entry, Settings]], report: Report, *, has_doors: bool) -> None:
    """Say of each endpoint what it lacks, or what an earlier one has already."""
    owners: dict[str, str] = {}
    for entry, settings in endpoints:
        spot = entry.node.get("endpoint", "kind") or entry.node
        if settings.uses_door and not has_doors:
            report.wrong(spot.at, f'kind: {settings.kind} needs "doors:" in hub.yaml, where its software comes in')
        if settings.uses_door and settings.isolate:
            report.wrong(spot.at, f"kind: {settings.kind} cannot be isolated: it serves at the hub's own listener")
        if (name := settings.alone()) and (first := owners.setdefault(name, entry.key)) != entry.key:
            report.wrong(spot.at, f"{name} is that of {first} already")
