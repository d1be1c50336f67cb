"""What a packet may weigh. A reader refuses what is beyond."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one packet; sizes in bytes."""

    #: the whole packet
    packet: int = 1 << 30
    #: what is left of it without the base64 text of its attachments
    header: int = 1 << 20
    #: before `<?xml` or the root
    stray: int = 4096
    #: characters in one field
    text: int = 32_768
    #: elements inside each other
    depth: int = 32
    #: tags, comments and instructions together
    markup: int = 65_536
    #: attributes of one element
    attributes: int = 64
    #: `To` elements
    recipients: int = 1000
    attachments: int = 500
    #: one attachment, after base64
    attachment: int = 1 << 30
    #: one attachment, after unzipping
    unpacked: int = 1 << 30
    #: unzipped to zipped, looked at once more than 1 MiB came out
    ratio: int = 100


#: what a packet may weigh when nobody says otherwise
USUAL = Limits()
