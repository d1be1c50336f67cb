"""The public bench for tests of the hub and of its plugins."""

from __future__ import annotations

from hub.testing.clocks import ManualClock, eventually
from hub.testing.contract import Broken, Check, Counterpart, connector_contract
from hub.testing.deliveries import sample_context, sample_delivery, sample_packet
from hub.testing.endings import Ending, outcome_of
from hub.testing.files import yaml_file
from hub.testing.inboxes import MemoryInbox
from hub.testing.running import RunningHub

__all__ = [
    "Broken",
    "Check",
    "Counterpart",
    "Ending",
    "ManualClock",
    "MemoryInbox",
    "RunningHub",
    "connector_contract",
    "eventually",
    "outcome_of",
    "sample_context",
    "sample_delivery",
    "sample_packet",
    "yaml_file",
]
