"""Marks how far the ledger came: in the data folder, and signed in a second place, which may be away or hang."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from hub.blobs import JOURNALS
from hub.clock import Clock
from hub.config import Checkpoints, Config
from hub.errors import Damaged, HubError, StorageError
from hub.keeping.aside import Aside
from hub.keeping.checkpoints import PREFIX, Signer, signer, vouched
from hub.keeping.files import write
from hub.keeping.verifying import Mark, checkpoint, has
from hub.ledger import Ledger, Views, is_blank
from hub.log import logger
from hub.states import ENDPOINTS
from hub.threads import in_thread
from hub.vocabulary import Health

#: Seconds between looks whether it is time.
_LOOK = 0.5
#: Seconds between marks where there is no second place.
_EVERY = 60.0
#: Seconds that the second place may take; the same again after a failure before the next try.
PATIENCE = 5.0
#: In the data folder: how far the ledger came, and the newest checkpoint in the second place.
MEMORY = "reached.json"


@dataclass(frozen=True, slots=True)
class _Reached:
    marks: list[Mark]
    to: str = ""
    newest: str = ""


_MEMORIES = TypeAdapter(_Reached)


def check_reached(data: Path, views: Views) -> None:
    """Raise Damaged where the ledger lacks what it held before, by the mark in the data folder."""
    for mark in _remembered(data).marks:
        if not has(views, mark):
            raise Damaged(
                f"the ledger lacks event {mark.writer} {mark.seq}, which it held before: an old copy was put back, or "
                f"ledger.sqlite-wal is gone. Keep {data} as it is and restore the newest backup into an empty data "
                f"folder (hub restore); to go on without what is lost, remove {data / MEMORY}"
            )


def check_begun(database: str, data: Path) -> None:
    """Raise Damaged where the data folder holds bodies or connectors' memories and the ledger nothing at all."""
    if not is_blank(database, data):
        return
    paths = (path for name in ("blobs", ENDPOINTS) for path in (data / name).glob("*"))
    held = (path for path in paths if path.name not in ("tmp", JOURNALS))
    if found := next(held, None):
        raise Damaged(
            f"{found} is there, and the ledger is missing or empty: starting would forget all that was accepted. "
            "Bring the ledger back, or move the data folder away and restore the newest backup (hub restore)"
        )


class Sealer:
    """Marks one hub's ledger. `health` says how the second place is."""

    def __init__(self, place: tuple[Checkpoints, Signer] | None, ledger: Ledger, data: Path, clock: Clock) -> None:
        self._place, self._ledger, self._data, self._clock = place, ledger, data, clock
        self._every, self._events = (place[0].every, place[0].events) if place else (_EVERY, 0)
        self.health = Health(ok=True)
        self._sealed, self._at, self._failed = -1, float("-inf"), float("-inf")
        self._aside = Aside("checkpoint", PATIENCE)

    async def run(self) -> None:
        """Seal whenever it is time or enough was written, until cancelled."""
        while True:
            await self._clock.sleep(_LOOK)
            if self._is_due():
                await self.seal()

    def _is_due(self) -> bool:
        now, news = self._clock.monotonic(), self._ledger.written - self._sealed
        if news <= 0 or now - self._failed < PATIENCE:
            return False
        return now - self._at >= self._every or (self._events > 0 and news >= self._events)

    async def seal(self) -> None:
        """Mark what is written now, if there is anything new. What the second place does never raises."""
        written = self._ledger.written
        if written == self._sealed:
            return
        try:
            marks = await in_thread(checkpoint, self._ledger.views)
            await self._keep(marks)
        except (HubError, OSError) as error:
            self._failed = self._clock.monotonic()
            await self._tell(Health(ok=False, detail=str(error)))
        else:
            self._sealed, self._at = written, self._clock.monotonic()
            await self._tell(Health(ok=True))

    async def _keep(self, marks: list[Mark]) -> None:
        """Raises HubError, OSError, also of a place that does not answer in time."""
        known = _remembered(self._data)
        if self._place is None:
            await in_thread(_remember, self._data, _Reached(marks))
            return
        settings, hand = self._place
        await in_thread(_remember, self._data, _Reached(marks, known.to, known.newest))
        schema, now = await in_thread(self._ledger.views.schema), self._clock.now().astimezone(UTC)
        name, newest = _name(now), known.newest if known.to == str(settings.to) else ""
        if self._sealed < 0:
            there = await self._aside.run(lambda: vouched(settings.to, hand))
            await in_thread(_check_continues, self._ledger.views, there)
        content = hand.signed(marks, schema, now)
        await self._aside.run(lambda: _lay_down(settings.to, newest, name, content))
        await in_thread(_remember, self._data, _Reached(marks, str(settings.to), name))

    async def _tell(self, health: Health) -> None:
        if health == self.health or self._place is None:
            return
        if health.ok != self.health.ok:
            logger.log("INFO" if health.ok else "WARNING", "checkpoints: {}", health.detail or "written again")
        self.health = health
        try:
            await self._ledger.note_checkpoints(health)
        except StorageError as error:
            logger.error("the ledger does not answer: {}", error)


def sealing(config: Config, ledger: Ledger, clock: Clock) -> Sealer:
    """What marks this hub's ledger. Raises HubError: without its key a hub does not start."""
    place = config.checkpoints
    signed = (place, signer(place.key.get_secret_value(), config.folder)) if place else None
    return Sealer(signed, ledger, config.data, clock)


def _check_continues(views: Views, there: Sequence[Mark]) -> None:
    for mark in there:
        if not has(views, mark):
            raise HubError(
                f"a checkpoint vouches for event {mark.writer} {mark.seq}, which this ledger lacks: it is an old copy. "
                "Restore a newer one, or take another folder for `to` (hub verify --checkpoints)"
            )


def _lay_down(place: Path, newest: str, name: str, content: bytes) -> None:
    """Put a checkpoint beside the one before: an empty mount point is not the place. Raises OSError, HubError."""
    if not place.is_dir():
        raise HubError(f"{place} is not there: is it mounted?")
    if newest and not (place / newest).exists():
        raise HubError(f"{place}: {newest}, the newest checkpoint, is not there: is it mounted?")
    write(place / name, content)
    with suppress(OSError):  # not every share knows of rights
        (place / name).chmod(0o644)


def _name(now: datetime) -> str:
    return f"{PREFIX}{now:%Y%m%dT%H%M%S.%fZ}.json"


def _remember(data: Path, reached: _Reached) -> None:
    write(data / MEMORY, json.dumps(asdict(reached)).encode())


def _remembered(data: Path) -> _Reached:
    try:
        return _MEMORIES.validate_json((data / MEMORY).read_bytes())
    except FileNotFoundError:
        return _Reached([])
    except ValueError as error:
        raise Damaged(f"{data / MEMORY} is no mark that a hub wrote ({error.__class__.__name__}): remove it") from None
