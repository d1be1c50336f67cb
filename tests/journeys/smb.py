"""A clerk's Windows computer, as far as a share sees it: real SMB, by a client that mounts nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import smbclient
from smbclient._os import _set_basic_information
from smbprotocol.file_info import FileAttributes

from tests.journeys import smbd
from tests.journeys.smbd import CLERK, PASSWORD, SHARE


class Drive:
    """The share as a drive. Places are relative to it, written with `/`. Every call blocks; raises OSError."""

    def __init__(self, port: int) -> None:
        self._told: dict[str, Any] = {"port": port, "connection_cache": {}}
        smbclient.register_session("127.0.0.1", CLERK, PASSWORD, **self._told)

    def close(self) -> None:
        """Log off."""
        smbclient.reset_connection_cache(connection_cache=self._told["connection_cache"])

    def names(self, place: str = "") -> list[str]:
        """What Explorer lists, hidden things too."""
        return sorted(smbclient.listdir(_path(place), **self._told))

    def read(self, place: str) -> bytes:
        """Read a file, whoever else has it open."""
        with smbclient.open_file(_path(place), "rb", share_access="rwd", **self._told) as file:
            content: bytes = file.read()
            return content

    def write(self, place: str, content: bytes) -> None:
        """Write a file as Notepad does: the old one is cut to nothing first."""
        with smbclient.open_file(_path(place), "wb", share_access="r", **self._told) as file:
            file.write(content)

    @contextmanager
    def writing(self, place: str) -> Iterator[Any]:
        """A new file that stays open while it grows: a long copy over a slow line."""
        with smbclient.open_file(_path(place), "wb", share_access="r", **self._told) as file:
            yield file

    def make(self, place: str) -> None:
        """Make a folder."""
        smbclient.mkdir(_path(place), **self._told)

    def move(self, place: str, target: str) -> None:
        """Drag within the share: one rename."""
        smbclient.rename(_path(place), _path(target), **self._told)

    def copy(self, place: str, target: str, pause: float = 0.0) -> None:
        """Copy a folder as Explorer does: it is there first, then comes one file after the other."""
        self.make(target)
        for name in self.names(place):
            time.sleep(pause)
            self.write(f"{target}/{name}", self.read(f"{place}/{name}"))

    def delete(self, place: str) -> None:
        """Delete a file, or a folder file by file."""
        if smbclient.path.isdir(_path(place), **self._told):
            for name in self.names(place):
                self.delete(f"{place}/{name}")
            smbclient.rmdir(_path(place), **self._told)
        else:
            smbclient.remove(_path(place), **self._told)

    @contextmanager
    def held(self, place: str) -> Iterator[IO[bytes]]:
        """Keep a file open as Word and some readers do: others may read it, nobody may move or delete it."""
        with smbclient.open_file(_path(place), "rb", buffering=0, share_access="r", **self._told) as file:
            yield file

    def set_read_only(self, place: str) -> None:
        """Tick "Read-only" in a file's properties."""
        attributes = FileAttributes.FILE_ATTRIBUTE_READONLY
        _set_basic_information(_path(place), file_attributes=attributes, **self._told)


@contextmanager
def mapped(share: Path, own: Path) -> Iterator[Drive]:
    """A folder as the clerk's drive, by a Samba server of its own."""
    with smbd.serving(share, own) as port:
        drive = Drive(port)
        yield drive
        drive.close()


def _path(place: str) -> str:
    return "\\".join(["", "", "127.0.0.1", SHARE, *(part for part in place.split("/") if part)])
