"""The server side of the central government hub (facts 3, 8), to test and to show a province's link on one machine."""

from __future__ import annotations

from hub.simulating.central.control import turn
from hub.simulating.central.faults import FAULTS, Fault, Switches, fault
from hub.simulating.central.records import Record, Step, records
from hub.simulating.central.server import Central, central
from hub.simulating.central.setup import Setup

__all__ = [
    "FAULTS",
    "Central",
    "Fault",
    "Record",
    "Setup",
    "Step",
    "Switches",
    "central",
    "fault",
    "records",
    "turn",
]
