"""Small looks at files of a drop: texts, packets by name, and who has a file open. Blocking."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import PurePath

from hub.standards.addresses import AddressBook
from plugins.folderdrop.claims import Held
from plugins.folderdrop.clerk import names, texts
from plugins.folderdrop.clerk.files import open_file
from plugins.folderdrop.clerk.sending.drops import Drop, is_slip
from plugins.folderdrop.clerk.sending.records import Slip
from plugins.folderdrop.clerk.sending.slips import read_slip

PACKETS = frozenset({".edxml", ".xml"})
_LONGEST_TEXT = 20_000
_LONGEST_LOCK = 512


def is_packet_name(name: str) -> bool:
    """Whether a file is an edXML packet by its name."""
    return PurePath(name).suffix.lower() in PACKETS


def is_packet(drop: Drop) -> bool:
    """Whether a drop is one packet that says everything itself."""
    return len(drop.papers) == 1 and is_packet_name(drop.papers[0].name)


def text(held: Held) -> str:
    """What a person wrote into a small file. Raises OSError."""
    return texts.decoded(os.pread(held.descriptor, _LONGEST_TEXT, 0))


def slips(helds: Mapping[str, Held], book: AddressBook) -> list[Slip]:
    """The slips among a drop's files; first the one that counts, a filled-in template last. Raises OSError."""
    places = [place for place in helds if is_slip(place.rpartition("/")[2])]
    places.sort(key=lambda place: names.folded(place.rpartition("/")[2]).startswith("mau"))
    return [read_slip(text(helds[place]), book) for place in places]


def holder(folder: int, lock: str) -> str:
    """Who has a file open, as Word or LibreOffice wrote it beside the file; "" where that cannot be read."""
    try:
        descriptor = open_file(folder, lock)
    except OSError:
        return ""
    try:
        content = os.pread(descriptor, _LONGEST_LOCK, 0)
    finally:
        os.close(descriptor)
    return _libreoffice(content) if lock.startswith(".~lock.") else _word(content)


def program(lock: str) -> str:
    """Which program marks a file so."""
    return "LibreOffice" if lock.startswith(".~lock.") else "Word"


def _word(content: bytes) -> str:
    """The user's name: its length in one byte, then its letters."""
    return _shown(content[1 : 1 + content[0]].decode("cp1258", "replace")) if content else ""


def _libreoffice(content: bytes) -> str:
    """name,user,host,time,profile: the host, else the user."""
    parts = content.decode("utf-8", "replace").split(",")
    return _shown(next((part for part in (parts[2:3] + parts[1:2] + parts[:1]) if part.strip()), ""))


def _shown(name: str) -> str:
    return re.sub(r"[^\w .\-]", "", name).strip()[:60]
