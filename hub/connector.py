"""What a connector is: settings, capabilities, and five verbs. Plugin authors subclass `Connector`."""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, BinaryIO, ClassVar, Generic, Literal, Protocol, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from hub.agencies import Enrolled
from hub.clock import Clock
from hub.directory import normalise
from hub.errors import Deferred, HubError, OutcomeUnknown, Refused
from hub.rehearsing import Rehearsal
from hub.serving import Doors, Outbox
from hub.standards import edxml
from hub.standards.addresses import AddressBook, Contact
from hub.vocabulary import (
    Acceptance,
    Acknowledgement,
    Blob,
    Delivery,
    Health,
    Incoming,
    Organization,
    Receipt,
    Reminder,
    StatusCode,
    Story,
    Unit,
)

_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|)")


def seconds(value: object) -> float:
    """Read a span of time: 2, "2s", "500ms", "10m", "4h", "1d". Raises ValueError."""
    match = _DURATION.fullmatch(str(value).strip())
    if isinstance(value, bool) or match is None:
        raise ValueError("a span of time is written 500ms, 2s, 10m, 4h or 1d")
    return float(match[1]) * _UNITS[match[2]]


#: A span of time in a settings model; the value is seconds.
Duration = Annotated[float, BeforeValidator(seconds)]


def _code(value: object) -> str:
    """A status code; 3 is 03. Raises ValueError."""
    code = f"{value:02}" if isinstance(value, int) and not isinstance(value, bool) else str(value).strip()
    if code not in set(StatusCode):
        raise ValueError(f'"{code}" is no status code: {", ".join(StatusCode)}')
    return code


Code = Annotated[str, BeforeValidator(_code)]


class Settings(BaseModel):
    """What `endpoint:` may say in units.yaml. A connector's own settings subclass it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: settings that name a YAML file, and the folder of those that come with the kind: what stands in the file is taken
    #: as if it stood there, and its mistakes are told at their lines
    shipped: ClassVar[Mapping[str, Path]] = MappingProxyType({})

    #: which connector
    kind: str
    #: unit: the endpoint of that unit alone; others: everyone who is not ours is reached through it
    serves: Literal["unit", "others"] = "unit"
    #: seconds a send may take before its outcome counts as unknown
    send_timeout: Duration = 60.0
    #: run in a worker process of its own
    isolate: bool = False
    #: the codes that the unit behind it gives; none: all that its kind can
    codes: frozenset[Code] = frozenset()

    @property
    def given(self) -> frozenset[str]:
        """The codes that the unit behind it gives, by all that the settings say; none: all that its kind can."""
        return self.codes

    #: whether the other side of every endpoint of the kind comes in by the outer listener
    needs_doors: ClassVar[bool] = False

    @property
    def uses_door(self) -> bool:
        """Whether this endpoint's other side comes in by the outer listener, by all that the settings say."""
        return self.needs_doors

    def alone(self) -> str:
        """What no other endpoint may say as well, as people read it; "": nothing. No secrets."""
        return ""

    def doubts(self) -> Sequence[str]:
        """What whoever wrote them should think over: `hub check` warns of each. No secrets."""
        return ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a kind of connector can carry."""

    #: most deliveries handed to one `send_many`
    batch: int = 1
    #: whether a hồi báo of the unit behind it can come back
    answers: bool = True
    #: the codes that the unit behind it can give: nobody asks it for another
    codes: frozenset[str] = frozenset(StatusCode)
    #: whether `remind` reaches the people behind it
    reminders: bool = False
    #: the other side fetches from `Context.outbox` and says when it has it: `send` is never called
    fetched: bool = False


class Bodies(Protocol):
    """Custody of bytes. Blocking: call it from a thread."""

    def adopt(self, claims: Iterable[tuple[str | Path, Blob]]) -> None:
        """Make claimed, sealed, synced files on the same file system durable as blobs, without a copy.

        The claims keep their own names too; unlink them after `Inbox.accept` returned.
        Raises OSError EXDEV where the file system is another one, NoRoom, StorageFailed.
        """

    def store(self, source: BinaryIO, limit: int) -> Blob:
        """Copy a stream to a durable blob. Raises NoRoom, StorageFailed, Refused("too-large")."""

    def put(self, bodies: Sequence[tuple[Blob, bytes]]) -> None:
        """Make small bodies that are in memory durable as blobs, all with one sync. Raises NoRoom, StorageFailed."""

    def open(self, blob: Blob) -> BinaryIO:
        """Read a blob. Raises Damaged where it is missing or has another size."""


class Inbox(Protocol):
    """Where a connector hands over what it found. Bound to the endpoint's unit."""

    async def accept(self, found: Sequence[Incoming]) -> Sequence[Acceptance | Refused]:
        """Judge each input; all of it is durable when this returns, in one transaction.

        One outcome an input: `Acceptance`: the hub has custody, let go of the source.
        `Quarantined`: the hub keeps it, let go too. Any other `Refused`: give it back with the reason.
        The same source key again gets the same outcome again.
        """

    async def tries(self, source_key: str) -> int:
        """Count one more try at reading this input, durably, before it is read. Returns the count.

        0: it was read to its end before, and the same verdict comes again.
        """

    def has_room(self, size: int) -> bool:
        """Whether intake of that many bytes would leave the disk its reserve."""

    async def withdraw(self, envelope_id: str) -> bool:
        """Stop a document of this unit that is still kept back (`Incoming.hold`). False: it is on its way."""

    async def stories(self, envelope_ids: Sequence[str]) -> Sequence[Story]:
        """What became of what this unit sent, one for each recipient; what others sent is left out."""

    def addressees(self) -> AddressBook:
        """Whom this unit can send to today."""

    async def nearby(self, names: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
        """Whom outside these names may mean that no addressee bears: of each up to three, the nearest first.

        As the central hub's directory has them. A name of whom it knows nobody is left out; so are all after the fifth.
        """

    async def directory(self, kind: str, chunks: AsyncIterable[bytes]) -> Enrolled:
        """Take in one answer that lists agencies, as it arrives: nothing of it is held, all of it counts or nothing.

        `kind`: the operation that gives it: getAgenciesList, getAgenciesListQD20, getSynchronizeUnit. It
        replaces the answer of that kind before it; durable when this returns what changed. Rows that are none are
        left out and counted. What `chunks` raises goes through, and nothing is changed.
        Raises Refused: "directory-unreadable" where it is cut short or none, "directory-failed" where it says so,
        "directory-shrunk" where most of what was known is missing, "directory-not-others" where this endpoint does
        not serve the others; StorageError: later.
        """


@dataclass(frozen=True, slots=True)
class Context:
    """What the hub lends a connector."""

    unit: Unit
    #: our own name on the wire: TraceHeader, generated answers
    province: Organization
    #: relative paths in settings count from here (the directory of hub.yaml)
    root: Path
    bodies: Bodies
    clock: Clock
    #: normalised code or alias -> unit id, of every unit the hub serves
    codes: Mapping[str, str]
    #: a private folder of this endpoint inside the hub's data folder; it may not exist yet. Backups copy it after the
    #: ledger: small files, each replaced by rename, or lines added to `.jsonl`, drafts named ".*". After a restore a
    #: file `restored` lies in it (when the backup was made), until the connector removes it
    state: Path
    #: telephone number to call for help, as people read it; "" where none is set
    hotline: str = ""
    #: normalised codes of the units that are only tried out
    trial: frozenset[str] = frozenset()
    #: normalised code or alias -> name of the organisation, where the hub knows one
    names: Mapping[str, str] = field(default_factory=dict)
    #: where others come in; None: an isolated connector has none
    doors: Doors | None = None
    #: what waits for the unit; None: an isolated connector has none
    outbox: Outbox | None = None

    def is_trial(self, sender: str) -> bool:
        """Whether what this organisation sends is for trying only."""
        return normalise(sender) in self.trial

    def name_of(self, code: str) -> str:
        """What the organisation of that code is called; "" where the hub does not know it."""
        return self.names.get(normalise(code), "")


S = TypeVar("S", bound=Settings)
T = TypeVar("T")

#: How one attempt ended: a receipt, or the error that says why not.
Outcome = Receipt | Exception


class Connector(ABC, Generic[S]):
    """One endpoint's way in and out. `kind` is what units.yaml says."""

    kind: ClassVar[str]
    settings_type: ClassVar[type[Settings]] = Settings
    #: of the kind; of one endpoint's connector what its settings leave (`capable`)
    capabilities: Capabilities = Capabilities()

    def __init__(self, settings: S, context: Context) -> None:
        self.settings = settings
        self.capabilities = self.capable(settings)
        self.context = context
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @classmethod
    def kit(cls, settings: S, unit: str, name: str, root: Path, server: str) -> Mapping[str, bytes]:  # noqa: ARG003 - for those that need one
        """Files with which the people behind an endpoint begin: path -> content. None where it needs none.

        `unit` and `name`: the unit's id and name; relative paths in settings count from `root`; `server`: this
        machine as its users find it. Nothing is touched. Raises ValueError where the settings allow none.
        """
        return {}

    @classmethod
    def capable(cls, settings: S) -> Capabilities:  # noqa: ARG003 - for those whose settings narrow it
        """What an endpoint with these settings can carry: what its kind can, or less."""
        return cls.capabilities

    async def enter(self, resource: AbstractAsyncContextManager[T] | AbstractContextManager[T]) -> T:
        """Acquire a resource; the connector's end releases all in reverse."""
        if isinstance(resource, AbstractAsyncContextManager):
            return await self._stack.enter_async_context(resource)
        return self._stack.enter_context(resource)

    async def open(self) -> None:
        """Get ready. Raises what went wrong; the hub tries again after a growing pause."""

    async def check(self) -> Health:
        """Make a real round trip to the counterpart, without side effects there."""
        return Health(True)

    @abstractmethod
    async def listen(self, inbox: Inbox) -> None:
        """Hand over what arrives, until cancelled. Let go of a source only after `accept` returned."""

    @abstractmethod
    async def send(self, delivery: Delivery) -> Receipt:
        """Hand one envelope over.

        Raises Deferred (not now), Refused (never). OutcomeUnknown, a connection error or a time-out
        means: nobody knows; `find` is asked before a resend. Anything else is a bug of the connector.
        """

    async def find(self, delivery: Delivery) -> Receipt | None:
        """Tell whether the counterpart already has it. None: it does not, or it cannot be asked."""
        return None

    async def remind(self, reminders: Sequence[Reminder]) -> None:
        """Tell the people behind this endpoint all that they owe now, in place of what they were told before.

        The whole list each time, the most pressing first; empty: nothing is owed any more. Called only where
        `capabilities.reminders` is true. What it raises is logged, and it is called again later.
        """

    async def rehearse(self, stage: Rehearsal, delivery: Delivery, *, sending: bool) -> None:
        """Walk through every call to the counterpart for whoever writes its settings; nothing changes there.

        `sending`: the delivery, a document that only tries it, is handed over too. Raises HubError where the kind
        has nothing to walk through.
        """
        raise HubError(f"kind {self.kind} has no file that could be tried step by step")

    async def packet(self, delivery: Delivery) -> AsyncIterator[bytes]:
        """The envelope as an edXML packet with our trace on it, piece by piece. Raises Damaged."""
        envelope = delivery.envelope
        body, hop = envelope.body, edxml.Trace(self.context.province.id, edxml.write_time(envelope.received_at))
        if isinstance(body, Acknowledgement):
            yield edxml.write_acknowledgement(body)
            return
        with self.context.bodies.open(envelope.blob) as source:
            pieces = edxml.write(body, source, [hop])
            while piece := await asyncio.to_thread(next, pieces, b""):
                yield piece

    async def send_many(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """Hand over a lane's next deliveries in their order, at most `capabilities.batch`.

        Answers for a leading part; what follows the first that was not received was not tried.
        """
        outcomes: list[Outcome] = []
        for delivery in deliveries:
            try:
                outcomes.append(await self.send(delivery))
            except (TimeoutError, Refused, Deferred, OutcomeUnknown, OSError) as error:
                outcomes.append(error)
                break
        return outcomes
