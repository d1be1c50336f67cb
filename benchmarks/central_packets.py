"""Documents of the Government Office to one of our units, and that unit's answers."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import packets

from hub.standards import edxml
from hub.vocabulary import Acknowledgement, Organization, Reference

OFFICE, PROVINCE, OURS = "000.00.00.G22", "000.00.00.H48", packets.RECEIVER
SECRETS = {OFFICE: "bi-mat-cua-vpcp", PROVINCE: "bi-mat-cua-tinh"}
_NUMBER = re.compile(rb"<(?:\w+:)?CodeNumber>(\d+)<")


def document(number: int, size: int) -> bytes:
    """A packet of about `size` bytes; the same number and size give the same bytes."""
    packet, _ = packets.render(number, size)
    return packet.replace(packets.SENDER.encode(), OFFICE.encode())


def number_of(packet: bytes) -> int:
    """The number that was given to `document`."""
    found = _NUMBER.search(packet)
    assert found
    return int(found[1])


def answer(number: int, code: str) -> bytes:
    """What our unit says about that document."""
    about = Reference(OFFICE, f"{number}/SNV-VP", f"{OFFICE},2025/03/12,{number}/SNV-VP", "2025/03/12")
    sender = Organization(OURS, "UBND xã Bình Sơn")
    said = Acknowledgement(sender=sender, response_for=about, status=code, at=datetime.now(UTC))
    return edxml.write_acknowledgement(said)
