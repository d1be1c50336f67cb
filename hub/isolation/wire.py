"""What a hub and a worker say to each other: frames of a length and that many bytes. Pure.

The hub speaks pickle: it is trusted. The worker speaks JSON, and every word of it is checked.
"""

from __future__ import annotations

import pickle
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from struct import Struct
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from hub.connector import Outcome
from hub.errors import HubError, Refused
from hub.isolation.faults import Fault, error, fault
from hub.vocabulary import Blob, Health, Incoming, Organization, Packet, Receipt, Unit

HEAD = Struct("!I")
#: Bytes of one frame from a worker, at most.
MOST = 8 * 1024 * 1024
#: Inputs go in frames of about so many bytes, so that the hub does other things between them.
PIECE = 128 * 1024


#: Said in place of the next piece of an answer, where none follows for something went wrong.
BROKEN_OFF = "!"


class Garbage(HubError):
    """A worker said what no worker says."""


@dataclass(frozen=True, slots=True)
class Birth:
    """What a worker is made of."""

    #: which plugin brings the connector, and its kind there
    plugin: str
    kind: str
    #: pickled: they are of a class of the plugin's
    settings: bytes
    unit: Unit
    province: Organization
    root: Path
    codes: Mapping[str, str]
    state: Path
    hotline: str
    trial: frozenset[str]
    names: Mapping[str, str]
    #: where the bodies lie
    blobs: Path
    #: level of the log
    log: str
    #: seconds that its loop may stand still
    stall: float
    #: inputs that it may have open, and their bytes
    requests: int
    volume: int
    #: what PYTHONPATH was; None where there was none
    python_path: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """The hub asks for a verb of the connector; an `Ended` of that number follows."""

    number: int
    verb: str
    args: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody waits for that call any more."""

    number: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the inbox said to the `Ask` of that number; inside, refusals are faults."""

    number: int
    value: Any = None
    fault: Fault | None = None


Order = Birth | Call | Cancel | Answer


@dataclass(frozen=True, slots=True)
class Found:
    """An input: its packet, or why there is none."""

    source_key: str
    name: str
    hold: Annotated[float, Field(allow_inf_nan=False)]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None
    size: Annotated[int, Field(ge=0)]
    packet: Packet | None
    refused: Fault | None
    addressees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class End:
    """How one delivery ended."""

    receipt: Receipt | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended."""

    number: int
    health: Health | None = None
    #: of `send`, `send_many` and `find`
    ends: tuple[End, ...] = ()
    fault: Fault | None = None
    kind: Literal["ended"] = "ended"


@dataclass(frozen=True, slots=True)
class Part:
    """Inputs of an `accept` that follows under that number."""

    number: int
    found: tuple[Found, ...]
    kind: Literal["part"] = "part"


@dataclass(frozen=True, slots=True)
class Ask:
    """The connector asks its inbox."""

    number: int
    verb: Literal["accept", "tries", "has_room", "withdraw", "stories", "addressees", "nearby", "directory", "piece"]
    words: tuple[str, ...] = ()
    size: int = 0
    kind: Literal["ask"] = "ask"


@dataclass(frozen=True, slots=True)
class Alive:
    """The worker runs: its loop goes round, or it looks whether it does."""

    kind: Literal["alive"] = "alive"


@dataclass(frozen=True, slots=True)
class Stalled:
    """The worker's loop has stood still for too long, or was turned without a pause (`spins`), there."""

    where: str
    spins: bool = False
    kind: Literal["stalled"] = "stalled"


@dataclass(frozen=True, slots=True)
class Lost:
    """A body could not be made durable: nothing may be acknowledged any more."""

    reason: str
    kind: Literal["lost"] = "lost"


Word = Ended | Part | Ask | Alive | Stalled | Lost


@cache
def _words() -> TypeAdapter[Word]:
    """Made when it is needed: it takes a while, and most hubs have no workers."""
    return TypeAdapter(Annotated[Word, Field(discriminator="kind")])


@cache
def _found_adapter() -> TypeAdapter[Found]:
    return TypeAdapter(Found)


def prepare() -> None:
    """Get ready to read, so that the first word of a worker is read as fast as the others."""
    _words()


def pack(order: Order) -> bytes:
    """The frame of an order."""
    said = pickle.dumps(order, pickle.HIGHEST_PROTOCOL)
    return HEAD.pack(len(said)) + said


def unpack(said: bytes) -> Order:
    """The order in a frame from the hub."""
    order: Order = pickle.loads(said)  # noqa: S301 - the hub itself says it, over a socket that nobody else has
    return order


def write(word: Word) -> bytes:
    """The frame of a worker's word. Raises ValueError where a plugin put in what has no place there."""
    return _frame(_words().dump_json(word, warnings="error"))


def _frame(said: bytes) -> bytes:
    if len(said) > MOST:
        raise ValueError(f"{len(said)} bytes are too many at once: a connector may say {MOST}")
    return HEAD.pack(len(said)) + said


def read(said: bytes) -> Word:
    """A worker's word. Raises Garbage."""
    try:
        return _words().validate_json(said, strict=True)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        raise Garbage(f"it said what cannot be: {first['loc']}: {first['msg']}") from None


def parts(number: int, found: Sequence[Incoming]) -> Iterator[bytes]:
    """The frames of these inputs, as `write` would make them of parts. Raises ValueError."""
    piece: list[bytes] = []
    for each in found:
        said = _found_adapter().dump_json(_found(each), warnings="error")
        if piece and sum(map(len, piece)) + len(said) > PIECE:
            yield _part(number, piece)
            piece = []
        piece.append(said)
    yield _part(number, piece)


def _part(number: int, piece: Sequence[bytes]) -> bytes:
    return _frame(b'{"number":%d,"found":[%s],"kind":"part"}' % (number, b",".join(piece)))


def _found(incoming: Incoming) -> Found:
    blob, read = incoming.blob, incoming.packet
    refused = fault(read) if isinstance(read, Refused) else None
    return Found(
        incoming.source_key,
        incoming.name,
        float(incoming.hold),
        blob.digest if blob else None,
        blob.size if blob else 0,
        None if isinstance(read, Refused) else read,
        refused,
        incoming.addressees,
    )


def incoming(found: Found) -> Incoming:
    """The input itself. Raises Garbage."""
    refused = error(found.refused) if found.refused else None
    packet = refused if isinstance(refused, Refused) else found.packet
    if packet is None:
        raise Garbage("it handed over neither a packet nor a refusal")
    blob = Blob(found.digest, found.size) if found.digest is not None else None
    return Incoming(found.source_key, found.name, packet, blob, found.hold, found.addressees)


def text_of(piece: bytes) -> str:
    """A piece of an answer as it goes over the wire."""
    return b64encode(piece).decode()


def bytes_of(piece: str) -> bytes:
    """The other way round. Raises Garbage."""
    try:
        return b64decode(piece, validate=True)
    except ValueError:
        raise Garbage("it handed over a piece of an answer that cannot be read") from None


def end(outcome: Outcome | None) -> End:
    """How a delivery ended, as a record; None: the counterpart does not have it."""
    return End(fault=fault(outcome)) if isinstance(outcome, Exception) else End(receipt=outcome)


def outcome(end: End) -> Outcome | None:
    """The other way round."""
    return error(end.fault) if end.fault else end.receipt
