"""What the files may say, and the records they become."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    SecretStr,
    StrictBool,
    Tag,
    model_validator,
)

from hub.calendar import WorkCalendar
from hub.config.part import Part
from hub.config.people import PeopleSays
from hub.config.values import (
    SQLITE,
    Address,
    AnyAddress,
    Businesses,
    Condition,
    Database,
    Day,
    Mail,
    Pause,
    Size,
    Span,
    Telephone,
    Types,
    Urgencies,
    Word,
    Words,
    upper,
)
from hub.connector import Settings
from hub.directory import Directory
from hub.duties import Book
from hub.errors import Mistake
from hub.retry import Policy
from hub.routing import Group, Route
from hub.vocabulary import Level, Mode, Organization, Unit

#: of each file: time of change, size, inode; None where it is not there
Marks = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Where signed checkpoints go, and when."""

    #: absolute: a folder that others keep
    to: Path
    #: seconds
    every: float
    #: so many events are enough too
    events: int
    #: PEM text, or a file counted from the configuration's folder
    key: SecretStr


@dataclass(frozen=True, slots=True)
class Outer:
    """The listener for units' software: where it is; with a certificate it speaks TLS."""

    listen: tuple[str, int]
    #: absolute
    certificate: Path | None = None
    key: Path | None = None
    password: SecretStr = field(default_factory=lambda: SecretStr(""))


@dataclass(frozen=True, slots=True)
class Config:
    """All the files, checked."""

    #: where hub.yaml lies; relative paths in settings count from here
    folder: Path
    #: absolute
    data: Path
    #: "sqlite", or a postgresql URL, which may hold a password
    database: SecretStr
    #: host and port; port 0 is any free one
    listen: tuple[str, int]
    plugins: tuple[str, ...]
    province: Organization
    #: in the order of units.yaml, with the one that stands for the others
    units: tuple[Unit, ...]
    #: unit id -> what its connector is to do
    endpoints: Mapping[str, Settings]
    groups: Mapping[str, Group]
    routes: tuple[Route, ...]
    directory: Directory
    #: working days and hours, with the pauses of units
    calendar: WorkCalendar
    #: who owes which answer by when
    duties: Book
    #: bytes that intake leaves free on the disk
    reserve: int
    retry: Policy
    #: telephone number to call for help, as people read it
    hotline: str
    #: seconds that a stop may take
    drain: float
    #: what a worker process may use
    isolation: Isolation
    #: level of the log
    log: str
    #: where units' software comes in; None: nowhere
    doors: Outer | None
    #: None: none are written
    checkpoints: Checkpoints | None
    #: what the monthly report says of its sender
    report: ReportSays
    #: what is allowed and probably not meant
    warnings: tuple[Mistake, ...]
    #: how the files looked before they were read
    marks: Marks
    #: run without plugins, so that a person can repair
    safe: bool = False

    @property
    def kinds(self) -> Mapping[str, str]:
        """Unit id -> kind of its connector."""
        return {unit: settings.kind for unit, settings in self.endpoints.items()}


class ProvinceSays(Part):
    """`province:` of hub.yaml: our own name on the wire."""

    code: Word
    name: Word


class RetrySays(Part):
    """`retry:` of hub.yaml: the first pause, the longest pause, and when a delivery is given up."""

    first: Pause = 60.0
    most: Pause = 4 * 3600.0
    give_up: Pause = Field(default=3 * 86400.0, alias="for")

    @property
    def policy(self) -> Policy:
        """As the dispatcher takes it."""
        return Policy(first=self.first, most=self.most, give_up=self.give_up)


class Isolation(Part):
    """`isolation:` of hub.yaml: what each worker process may use."""

    #: bytes of memory, with everything that it began
    memory: Size = 512 * 10**6
    processes: Annotated[int, Field(ge=1)] = 64
    #: inputs handed over and not yet answered: calls, and their bytes
    requests: Annotated[int, Field(ge=1)] = 16
    volume: Annotated[Size, Field(ge=10**6)] = 32 * 10**6
    #: seconds that it may block its own loop
    stall: Pause = 30.0


class CheckpointsSays(Part):
    """`checkpoints:` of hub.yaml."""

    to: Path
    every: Pause = 300.0
    events: Annotated[int, Field(strict=True, ge=1)] = 10_000
    key: SecretStr

    def placed(self, folder: Path) -> Checkpoints:
        """As the hub takes it; paths count from this folder."""
        return Checkpoints(Path(os.path.abspath(folder / self.to)), self.every, self.events, self.key)


class DoorsSays(Part):
    """`doors:` of hub.yaml: the listener for units' software, beyond this machine too."""

    listen: AnyAddress
    certificate: Path | None = None
    key: Path | None = None
    password: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.key and not self.certificate:
            raise ValueError("key belongs to a certificate")
        return self

    def placed(self, folder: Path) -> Outer:
        """As the hub takes it; paths count from this folder."""
        certificate, key = (path and Path(os.path.abspath(folder / path)) for path in (self.certificate, self.key))
        return Outer(self.listen, certificate, key, self.password)


class ReportSays(Part):
    """`report:` of hub.yaml: what the monthly report says of its sender."""

    #: "": from the name of the province
    agency: str = ""
    place: str = ""
    notation: Word = "BC-UBND"
    to: Word = "Văn phòng Chính phủ"
    #: organisation codes of whom it goes to
    codes: Annotated[tuple[Word, ...], Field(min_length=1)] = ("000.00.00.G22", "G22")
    leader: str = ""
    office: str = ""
    contact: str = ""
    connection: str = ""
    places: tuple[Word, ...] = ("Như trên", "CT, PCT UBND tỉnh", "Sở Khoa học và Công nghệ", "Lưu: VT")
    signs: tuple[Word, ...] = ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")


class HubSays(Part):
    """hub.yaml."""

    data: Path = Path("var")
    database: Database = SecretStr(SQLITE)
    listen: Address = ("127.0.0.1", 8036)
    plugins: tuple[Word, ...] = ()
    province: ProvinceSays
    reserve: Size = 64 * 10**6
    retry: RetrySays = RetrySays()
    drain: Span = 30.0
    isolation: Isolation = Isolation()
    hotline: Telephone = ""
    doors: DoorsSays | None = None
    checkpoints: CheckpointsSays | None = None
    report: ReportSays = ReportSays()
    log: Annotated[
        Literal["TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(upper)
    ] = "INFO"


class UnitSays(PeopleSays):
    """One unit of units.yaml. Its endpoint is checked by its connector's settings."""

    name: Word
    code: Word = ""
    aliases: tuple[Word, ...] = ()
    level: Level = ""
    mode: Mode = "van-hanh"
    until: Day | None = None
    successors: tuple[Word, ...] = ()
    staff: dict[Word, Mail] | None = None
    endpoint: dict[str, Any] | None = None


class MemberSays(Part):
    """A member of a group for a term: both days are days of it."""

    unit: Word
    since: Day = date.min
    until: Day = date.max


def _is_table(value: object) -> str:
    return "table" if isinstance(value, dict) else "word"


Member = Annotated[
    Annotated[Word, Tag("word")] | Annotated[MemberSays, Tag("table")],
    Discriminator(_is_table),
]


class GroupSays(Part):
    """One group of units.yaml."""

    name: Word = ""
    units: Annotated[tuple[Member, ...], Field(min_length=1)]


class UnitsSays(Part):
    """units.yaml."""

    units: Annotated[dict[str, UnitSays], Field(min_length=1)]
    groups: dict[str, GroupSays] | None = None


class EnclosedSays(Part):
    """`attachments:` of a route's conditions."""

    types: Words = Field(default=(), alias="type")
    larger: Size | None = None


class DaysSays(Part):
    """`date:` of a route's conditions."""

    since: Day = Field(default=date.min, alias="from")
    until: Day = Field(default=date.max, alias="to")


class WhenSays(Part):
    """`when:` of a route."""

    sender: Words = Field(default=(), alias="from")
    to: Words = ()
    types: Types = Field(default=(), alias="type")
    urgency: Urgencies = ()
    subject: Words = ()
    code: Words = ()
    business: Businesses = ()
    attachments: EnclosedSays | None = None
    channel: Words = ()
    days: DaysSays | None = Field(default=None, alias="date")
    condition: Condition | None = Field(default=None, alias="if")


class RouteSays(Part):
    """One rule of routes.yaml."""

    name: Word
    when: WhenSays = WhenSays()
    to: Words
    divert: StrictBool = False
    answers: Literal["none", "origin"] = "none"
    final: StrictBool = False


class RoutesSays(Part):
    """routes.yaml."""

    routes: tuple[RouteSays, ...] | None = None
