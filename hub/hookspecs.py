"""Every hook a plugin may implement. Synchronous: hooks hand over objects, objects do the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pluggy

from hub.connector import Connector, Outcome
from hub.vocabulary import Delivery, Envelope

#: Marks a plugin's implementation of a hook.
hookimpl = pluggy.HookimplMarker("hub")
_spec = pluggy.HookspecMarker("hub")


class Hooks:
    """The table of contents of the hub."""

    @_spec
    def hub_connectors(self) -> Sequence[type[Connector[Any]]]:  # type: ignore[empty-body]
        """Return the connector classes this plugin brings."""

    @_spec(firstresult=True)
    def hub_plan_route(self, envelope: Envelope, recipients: Sequence[str]) -> Sequence[str] | None:
        """Return other recipients than the rules planned, or None to leave them."""

    @_spec
    def hub_accepted(self, envelope: Envelope) -> None:
        """Learn of an envelope in the hub's custody."""

    @_spec
    def hub_attempted(self, delivery: Delivery, outcome: Outcome) -> None:
        """Learn how one attempt ended."""
