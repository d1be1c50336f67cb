"""How one office is set up. What nobody knows of real ones is a setting here."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tests.counterparts.eoffice.model import Party
from tests.counterparts.eoffice.writing import Style

DOORS = ("provincial", "bkav", "third", "axis")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What opens the doors; never shown. Test values, unless a process is given others."""

    #: provincial: the account's password, the system's key
    password: str = field(default="mat-khau-thu", repr=False)
    key: str = field(default="khoa-thu", repr=False)
    #: bkav: the token
    token: str = field(default="token-thu", repr=False)
    #: third: signs
    third: str = field(default="bi-mat-thu-ba", repr=False)
    #: axis: signs
    axis: str = field(default="test-secret-123", repr=False)


#: where a process finds them: the environment, or lines NAME=VALUE of a file
SECRET_NAMES = {
    "password": "EOFFICE_PASSWORD",
    "key": "EOFFICE_KEY",
    "token": "EOFFICE_TOKEN",
    "third": "EOFFICE_THIRD",
    "axis": "EOFFICE_AXIS",
}


def secrets_from(file: Path | None) -> Secrets:
    """Those of the file, else of the environment, else the test values. Raises OSError, PermissionError."""
    given = dict(os.environ)
    if file is not None:
        if file.stat().st_mode & 0o077:
            raise PermissionError(f"{file}: chmod 600 (others may read it)")
        lines = (line.partition("=") for line in file.read_text(encoding="utf-8").splitlines())
        given.update({name.strip(): value.strip() for name, _, value in lines})
    return Secrets(**{field: given[name] for field, name in SECRET_NAMES.items() if name in given})


@dataclass(frozen=True, slots=True)
class Setup:
    """What `eoffice` is made from."""

    #: the folder of its records, made if need be
    data: Path
    code: str = "000.00.12.H48"
    name: str = "Sở Thông tin và Truyền thông"
    aliases: tuple[str, ...] = ()
    doors: tuple[str, ...] = ("provincial",)
    host: str = "127.0.0.1"
    #: 0: one that is free
    port: int = 0
    secrets: Secrets = Secrets()
    #: who can be chosen as a recipient, and is in the doors' lists
    agencies: tuple[Party, ...] = ()
    #: bytes of the largest packet and of the largest request
    largest: int = 64 << 20
    #: provincial: the account, the systemid ("": the office's code), seconds that a bearer holds,
    #: how getEdoc writes a packet, whether lists keep what is done
    username: str = "truc-lien-thong"
    system: str = ""
    token_life: float = 1800.0
    edxml: Literal["base64", "plain"] = "base64"
    list_done: bool = True
    #: bkav: the organid that a caller gives; "": the office's code
    organ: str = ""
    #: third: the caller's name, seconds by which its clock may be off
    app: str = "truc-lien-thong"
    tolerance: float = 300.0
    #: axis: what `endpoint` is, the systemid ("": the office's code), seconds between looks and after a failure
    url: str = ""
    systemid: str = ""
    poll: float = 1.0
    pause: float = 1.0
    #: form of the packets that it writes; None: as the vendor of the door would
    style: Style | None = None
    faults: tuple[str, ...] = ()
    now: Callable[[], datetime] = _now

    @property
    def me(self) -> Party:
        """The office."""
        return Party(self.code, self.name)

    @property
    def codes(self) -> frozenset[str]:
        """Every code that means the office."""
        return frozenset(code.upper() for code in (self.code, *self.aliases))
