"""A small, honest eOffice of our own: a unit's software with its registers, its people and its doors.

It knows nothing of the hub, so that the two sides do not share a mistake.

    async with eoffice(Setup(data=folder, doors=("provincial",))) as office:
        office.url, office.records.incoming(), await office.clerk.register(1), office.faults.set("lost@provincial=1")
"""

from __future__ import annotations

from tests.counterparts.eoffice.clerk import Clerk, Letter
from tests.counterparts.eoffice.faults import CALL_FAULTS, FAULTS, NoFault, Switches
from tests.counterparts.eoffice.model import Paper, Party, Said
from tests.counterparts.eoffice.posting import Impossible
from tests.counterparts.eoffice.records import Records
from tests.counterparts.eoffice.server import Busy, Office, eoffice
from tests.counterparts.eoffice.setup import Secrets, Setup

__all__ = [
    "CALL_FAULTS",
    "FAULTS",
    "Busy",
    "Clerk",
    "Impossible",
    "Letter",
    "NoFault",
    "Office",
    "Paper",
    "Party",
    "Records",
    "Said",
    "Secrets",
    "Setup",
    "Switches",
    "eoffice",
]
