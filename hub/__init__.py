"""Front door for plugin authors: everything a connector needs, and nothing else."""

from __future__ import annotations

from hub.clock import VIETNAM
from hub.connector import (
    Capabilities,
    Connector,
    Context,
    Duration,
    Inbox,
    Outcome,
    Settings,
)
from hub.errors import Damaged, Deferred, NoRoom, OutcomeUnknown, Quarantined, Refused, StorageError
from hub.failpoints import failpoint
from hub.hookspecs import hookimpl
from hub.log import logger
from hub.vocabulary import (
    Acceptance,
    Acknowledgement,
    Blob,
    Delivery,
    Document,
    Envelope,
    Health,
    Incoming,
    Packet,
    Receipt,
    Reminder,
    Story,
)

__all__ = [
    "VIETNAM",
    "Acceptance",
    "Acknowledgement",
    "Blob",
    "Capabilities",
    "Connector",
    "Context",
    "Damaged",
    "Deferred",
    "Delivery",
    "Document",
    "Duration",
    "Envelope",
    "Health",
    "Inbox",
    "Incoming",
    "NoRoom",
    "Outcome",
    "OutcomeUnknown",
    "Packet",
    "Quarantined",
    "Receipt",
    "Refused",
    "Reminder",
    "Settings",
    "StorageError",
    "Story",
    "failpoint",
    "hookimpl",
    "logger",
]
