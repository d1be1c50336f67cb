"""sendEdoc: a packet is taken in, one for each recipient, and is on the disk before anybody is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import BinaryIO

from hub.directory import normalise
from hub.simulating.central import directory, store
from hub.simulating.central.answers import (
    FILE_DAMAGED,
    LOCKED,
    NO_RECIPIENT,
    NOT_REGISTERED,
    SYSTEM_ERROR,
    Failed,
)
from hub.simulating.central.bodies import Bodies, Incoming
from hub.simulating.central.database import Desk
from hub.simulating.central.directory import Standing
from hub.simulating.central.parcels import opened, parcel, rewritten
from hub.simulating.central.rows import moment
from hub.simulating.central.setup import Setup
from hub.simulating.central.signing import Call, digests
from hub.simulating.central.store import Sent
from hub.standards.edxml import Limits
from hub.vocabulary import Trace


async def send(call: Call, body: AsyncIterator[bytes], settings: Setup, desk: Desk, bodies: Bodies) -> str:
    """The sender's DocId of what is now durable. Raises Failed; nothing is left of it then."""
    with Incoming(bodies.spool, settings.max_packet) as incoming:
        async for piece in body:
            await take(incoming, piece, desk)
        return await accept(call, incoming.finish(), incoming.reader(), settings, desk, bodies)


async def accept(call: Call, digest: bytes, source: BinaryIO, settings: Setup, desk: Desk, bodies: Bodies) -> str:
    """The same of a body that has come whole; `digest` is its SHA-256."""
    await _check_call(call, digest, settings, desk)
    return await _accept(call, source, digest.hex(), settings, desk, bodies)


async def take(incoming: Incoming, piece: bytes, desk: Desk) -> None:
    """In a thread where it may touch the disk."""
    if incoming.is_small(len(piece)):
        incoming.write(piece)
    else:
        await desk.aside(incoming.write, piece)


async def _check_call(call: Call, digest: bytes, settings: Setup, desk: Desk) -> None:
    if call.get("servicetype").lower() != "edoc":
        raise Failed(SYSTEM_ERROR, "servicetype phai la eDoc")
    if call.get("hash-file").lower() not in digests(digest):
        raise Failed(FILE_DAMAGED, "hash-file khong dung")
    sender = normalise(call.get("from"))
    stands = await _standings(desk, (sender,), settings)
    if stands[sender].system != call.system or not stands[sender].exists:
        whole = f"Don vi gui {sender} khong dung voi ma da dang ky: {call.system}"
        raise Failed(NOT_REGISTERED, whole=whole)


async def _accept(call: Call, source: BinaryIO, sha256: str, settings: Setup, desk: Desk, bodies: Bodies) -> str:
    limits = Limits(packet=settings.max_packet + 2)
    packet = await desk.aside(opened, source, limits)
    found = parcel(packet, call, by_header=settings.route_by_header)
    stands = await _standings(desk, found.recipients, settings)
    check_recipients(stands)
    at = settings.now().timestamp()
    hop = Trace(settings.hop, moment(at))
    kept = await desk.aside(bodies.keep, rewritten(packet, source, hop))
    sent = Sent(settings.new_id(), call.system, found, sha256, kept, at)
    await _record(sent, stands, settings, desk, bodies)
    return sent.id


async def _record(sent: Sent, stands: Mapping[str, Standing], settings: Setup, desk: Desk, bodies: Bodies) -> None:
    made = [(settings.new_id(), code, standing.system) for code, standing in stands.items()]
    try:
        await desk.do(lambda connection: store.take(connection, sent, made))
    except BaseException:
        bodies.drop(sent.kept)
        raise


async def _standings(desk: Desk, codes: Sequence[str], settings: Setup) -> Mapping[str, Standing]:
    return await desk.look(lambda connection: directory.standings(connection, codes, settings.systems))


def check_recipients(stands: Mapping[str, Standing]) -> None:
    """Raises Failed where one of them does not exist (18) or is locked (23): then nobody gets it."""
    for code, standing in stands.items():
        if not standing.exists:
            raise Failed(NO_RECIPIENT, code)
        if standing.locked:
            raise Failed(LOCKED, code)
