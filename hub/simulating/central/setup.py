"""How one simulated central hub is set up. Everything that nobody knows of the real one is a setting here."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from hub.config.systems import System
from hub.simulating.central.faults import Fault
from hub.simulating.central.store import OnFail


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Setup:
    """What `central` is made from."""

    #: the folder of its records, made if need be
    data: Path
    systems: tuple[System, ...]
    host: str = "127.0.0.1"
    #: 0: one that is free
    port: int = 0
    #: seconds by which a timestamp may be off; 0: any
    fresh: float = 0.0
    #: what becomes of a packet that is confirmed with `fail`
    on_fail: OnFail = "listed"
    #: the header `to` narrows the packet's own list of recipients
    route_by_header: bool = True
    #: fromDate and toDate are looked at
    filter_dates: bool = False
    #: OrganId of the TraceHeader that is added; "": none, as real packets of 2025 have it
    hop: str = ""
    #: bytes of the largest packet
    max_packet: int = 1 << 30
    #: organisations that are made up
    agencies: int = 0
    #: further ones, one JSON a line
    agencies_files: tuple[Path, ...] = ()
    #: the provincial shape: seconds that a bearer holds, how getEdoc writes a packet, what stands around agencies
    rest_token: float = 1800.0
    rest_edxml: Literal["base64", "plain"] = "base64"
    rest_agencies: Literal["data", "array"] = "data"
    faults: tuple[Fault, ...] = ()
    #: makes docIds
    new_id: Callable[[], str] = field(default=_new_id)
    now: Callable[[], datetime] = field(default=_now)
