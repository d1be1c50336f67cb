"""The other side of a share, for the contract of connectors: software in one layout, a clerk in the other."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

from hub import Delivery, Document
from hub.standards import edxml
from hub.testing.samples import BINH_SON, an_answer
from plugins.folderdrop.clerk.names import IDENTITY
from plugins.folderdrop.door import Door

_SHORT = {"kind": "folderdrop", "folder": "share", "settle": "50ms", "poll": "50ms"}


class _Counterpart:
    """A share in this folder; what it shows are files."""

    connector: ClassVar[type[Door]] = Door
    settings: ClassVar[dict[str, Any]]

    def __init__(self, home: Path) -> None:
        self.share = home / "share"

    def drop(self, place: Path, content: bytes) -> None:
        """A file that appears whole."""
        draft = self.share.parent / f"draft-{place.name}"
        draft.write_bytes(content)
        place.parent.mkdir(exist_ok=True)
        draft.rename(place)


def _appeared(path: Path) -> tuple[int, int]:
    """When, by the file system's clock; within one tick of it nobody can tell, and the documents' numbers decide."""
    number = re.search(r"\d+", path.name)
    return path.stat().st_ctime_ns, int(number[0]) if number else 0


class Software(_Counterpart):
    """Drops packets into `out/`, finds what comes in `in/`."""

    settings: ClassVar[dict[str, Any]] = {**_SHORT, "layout": "plain"}

    def effects(self) -> list[str]:
        """The files in `in/`, in the order in which they appeared."""
        files = [path for path in (self.share / "in").iterdir() if not path.name.startswith(".")]
        return [path.stem.rpartition("_")[2] for path in sorted(files, key=_appeared)]

    async def offer(self, name: str, packet: bytes) -> None:
        """It lies there until the hub takes it."""
        self.drop(self.share / "out" / name, packet)

    async def answer(self, delivery: Delivery) -> None:
        """A status, as software writes it."""
        document = delivery.envelope.body
        assert isinstance(document, Document)
        self.drop(self.share / "out" / "status.edxml", edxml.write_acknowledgement(an_answer(document, "03", BINH_SON)))


class Clerk(_Counterpart):
    """Drops packets into `gui-di/`, finds a folder for each document and answers by moving it."""

    settings: ClassVar[dict[str, Any]] = {
        **_SHORT,
        "layout": "clerk",
        "hold": "0s",
        "hold_flash": "0s",
        "grace": "50ms",
        "grace_refusal": "50ms",
    }

    def effects(self) -> list[str]:
        """The documents' folders, in the order in which they appeared."""
        return [key for key, _ in sorted(self._folders(), key=lambda found: _appeared(found[1]))]

    async def offer(self, name: str, packet: bytes) -> None:
        """It lies there until the hub takes it."""
        self.drop(self.share / "gui-di" / name, packet)

    async def answer(self, delivery: Delivery) -> None:
        """Moved, as Explorer does it."""
        folder = dict(self._folders())[delivery.id]
        folder.rename(self.share / "van-ban-den" / "3-da-tiep-nhan" / folder.name)

    def notes(self) -> list[str]:
        """The note at the top of the share."""
        return [path.read_text("utf-8") for path in self.share.glob("NHAC-VIEC*.html")]

    def _folders(self) -> list[tuple[str, Path]]:
        marks = self.share.glob(f"van-ban-den/*/*/{IDENTITY}")
        return [(mark.read_text("ascii").strip(), mark.parent) for mark in marks]


@asynccontextmanager
async def software(home: Path) -> AsyncIterator[Software]:
    """A share of software; at the end it is away."""
    yield Software(home)
    (home / "share").rename(home / "away")


@asynccontextmanager
async def clerk(home: Path) -> AsyncIterator[Clerk]:
    """A share of clerks; at the end it is away."""
    yield Clerk(home)
    (home / "share").rename(home / "away")


COUNTERPARTS = (software, clerk)
