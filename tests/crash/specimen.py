"""A ledger with everything in it that a hub writes, its bodies, its signed checkpoints, and an older copy of it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from hub.blobs import Blobs
from hub.duties import Owed, Sent, Step
from hub.errors import Refused
from hub.keeping import Mark
from hub.keeping import checkpoints as signing
from hub.keeping.verifying import checkpoint
from hub.ledger import Ledger, Proposal, Settlement
from hub.ledger.minded import Move
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import DeliveryState, Document

TAKER = "xa-binh-son"
LEDGER = "ledger.sqlite"
_OPEN = ("waiting", "sending", "deferred", "uncertain")
#: Of the tables that are evidence, what each row says that is not working state.
_EVIDENCE = {
    "bodies": (
        "SELECT digest FROM envelope UNION "
        "SELECT digest FROM input WHERE verdict = 'quarantined' AND state = 'kept' ORDER BY 1"
    ),
    "event": "SELECT * FROM event ORDER BY writer, seq",
    "envelope": "SELECT * FROM envelope ORDER BY id",
    "orphan": "SELECT envelope_id, unit, at, state, document, how FROM orphan ORDER BY envelope_id",
    "input": (
        "SELECT unit, source_key, verdict, name, at, envelope_id, code, reason, place, digest, size, state FROM input "
        "WHERE verdict != 'reading' ORDER BY unit, source_key"
    ),
    "open": (
        "SELECT id, envelope_id, recipient, urgency, ended_at, receipt, route FROM delivery "
        f"WHERE state IN {_OPEN} ORDER BY id"
    ),
    "ended": (
        "SELECT id, envelope_id, recipient, urgency, ended_at, receipt, route, state, attempts, reason, "
        f"possible_duplicate FROM delivery WHERE state NOT IN {_OPEN} ORDER BY id"
    ),
    "duty": (
        "SELECT envelope_id, unit, code, rule, opened_at, due_at, state, ended_at, reminded FROM duty "
        "ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
    ),
}
_DUE = datetime(2026, 11, 23, 10, tzinfo=UTC)
_STEPS = (
    Step("open", _DUE + timedelta(days=1), _DUE, ("duty-moved",)),
    Step("overdue", _DUE, _DUE, ("duty-overdue", "duty-reminded"), remind=True),
    Step("overdue", _DUE, _DUE, ("duty-overdue", "duty-escalated"), escalate=("Chánh Văn phòng",)),
    Step("paused", _DUE, _DUE, ("duty-paused",), reason="Lũ"),
    Step("broken", _DUE, _DUE, ("duty-broken",)),
)


@dataclass(frozen=True, slots=True)
class Specimen:
    """What alterations are made on, each on a copy of its own."""

    home: Path
    marks: Sequence[Mark]
    #: the newest event that a checkpoint vouches for
    sealed: int
    events: int

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def old(self) -> Path:
        """The ledger as it once was."""
        return self.home / "old.sqlite"

    @property
    def killed(self) -> Path:
        """Ledger and -wal as a kill leaves them."""
        return self.home / "killed"

    def copied(self, target: Path, source: Path | None = None) -> Path:
        """A data folder to harm; bodies are shared until one of them is harmed."""
        target.mkdir(parents=True)
        for file in (source or self.data).glob(f"{LEDGER}*"):
            shutil.copy(file, target)
        (target / "blobs").mkdir()
        for blob in (self.data / "blobs").iterdir():
            if blob.is_file():
                (target / "blobs" / blob.name).hardlink_to(blob)
        return target


def content(data: Path) -> dict[str, list[Any]] | None:
    """All that is evidence, and every body that it names; None where the database cannot be read."""
    try:
        with closing(sqlite3.connect(data / LEDGER)) as connection:
            found: dict[str, list[Any]] = {
                name: connection.execute(query).fetchall() for name, query in _EVIDENCE.items()
            }
    except (sqlite3.Error, OverflowError, TypeError, ValueError):
        return None
    found["blobs"] = [file.read_bytes() for name in found["bodies"] if (file := data / "blobs" / name[0]).is_file()]
    return found


def specimen(home: Path, documents: int = 24) -> Specimen:
    """Make one: two thirds of its history are sealed, a part of that still in the -wal; an older copy lies beside."""
    return asyncio.run(_made(home, documents))


async def _made(home: Path, documents: int) -> Specimen:
    clock, data = ManualClock(), home / "data"
    (home / "killed").mkdir(parents=True)
    signer = _signer(home)
    blobs = Blobs(data / "blobs")
    blobs.open_store()
    third = documents // 3
    async with Ledger("sqlite", data, "hub", clock) as ledger:
        await _grown(ledger, clock, blobs, range(third))
    shutil.copy(data / LEDGER, home / "old.sqlite")
    async with Ledger("sqlite", data, "hub", clock) as ledger:
        await _grown(ledger, clock, blobs, range(third, 2 * third))
        marks = checkpoint(ledger.views)
        (home / "place").mkdir()
        signed = signer.signed(marks, ledger.views.schema(), clock.now())
        (home / "place" / f"{signing.PREFIX}1.json").write_bytes(signed)
        await _grown(ledger, clock, blobs, range(2 * third, documents))
        for file in data.glob(f"{LEDGER}*"):
            shutil.copy(file, home / "killed")
    kept = signing.kept(home / "place", signer.public())
    with closing(sqlite3.connect(data / LEDGER)) as connection:
        [events] = connection.execute("SELECT count(*) FROM event").fetchone()
    return Specimen(home, kept.marks, kept.marks[0].seq, events)


def _signer(home: Path) -> signing.Signer:
    signing.new_key(home / "key")
    return signing.signer("key", home)


async def _grown(ledger: Ledger, clock: ManualClock, blobs: Blobs, numbers: range) -> None:
    await ledger.begin()
    for number in numbers:
        await clock.advance(61)
        await ledger.accept([_input(blobs, *given) for given in _inputs(number)])
        await ledger.dispatch()
        await _decided(ledger, number)
        await _settled(ledger, clock, number)
        await _minded(ledger, number)


async def _minded(ledger: Ledger, number: int) -> None:
    """One step of the newest duty."""
    duties = await ledger.duties.due(_DUE, 50)
    await ledger.duties.take([Move(one, _STEPS[number % len(_STEPS)]) for one in duties[-1:]])


def _inputs(number: int) -> Iterator[tuple[Any, ...]]:
    """Body, bytes, and what more a proposal takes."""
    document, body = a_document(f"{number}/GM-SNV", subject=f"Về việc thứ {number}"), f"{number} " * 400
    both = {"to": (TAKER, "xa-tinh-khe")}
    yield document, body, both | {"hold": 60.0 if number % 4 == 1 else 0.0}
    if number % 3 == 0:
        yield document, body, both
        yield a_document(f"{number}/GM-SNV", subject="Khác hẳn"), f"khác {number}", {}
    if number % 3 == 1:
        yield (
            a_document(f"{number}/HT-SNV"),
            f"hỏng {number}",
            {"refused": Refused("not-edxml", f"Hỏng ({number}).", "1")},
        )
        yield a_document(f"{number}/QĐ-SNV"), f"lạ {number}", {"unknown": ("H99.01",)}
    if number % 4 != 1:
        yield an_answer(document, "03"), f"trả lời {number}", {"to": ("so-nv",), "unit": TAKER}
    said = an_answer(document, "04")
    blurred = replace(said, response_for=replace(said.response_for, document_id="", code=f"số {number}"))
    yield blurred, f"gõ nhầm {number}", {"to": ("so-nv",), "unit": TAKER}


def _input(blobs: Blobs, body: Any, text: str, more: dict[str, Any]) -> Proposal:
    refused, to = more.pop("refused", None), more.pop("to", (TAKER,))
    given = proposal(body, *to, content=text, **more)
    if refused:
        return Proposal("so-nv", given.incoming, refused=refused)
    blobs.store(BytesIO(text.encode()), 10**6)
    return _owing(given, to) if isinstance(body, Document) else given


def _owing(given: Proposal, to: Sequence[str]) -> Proposal:
    """With what its recipients owe, and its sender's own duty."""
    owed = tuple(Owed(unit, code, f"luật {code}", _DUE, _DUE) for unit in to for code in ("03", "06"))
    return replace(given, owed=owed, sent=Sent(Owed("so-nv", "gui", "gửi", _DUE, _DUE), met=len(to) > 1))


async def _decided(ledger: Ledger, number: int) -> None:
    """Of the answers that wait, one is matched, one let go, one goes on waiting."""
    orphan, document = ledger.views.waiting()[-1], ledger.views.trace(f"{number}/GM-SNV")[0].document
    near: list[dict[str, object]] = [{"document": document.id, "score": 0.5, "reasons": ["Trùng số"]}]
    await ledger.note_near([(orphan.id, near)])
    if number % 3 == 0:
        await ledger.match(orphan.id, document.id, "person")
    elif number % 3 == 1:
        await ledger.drop(orphan.id, f"Gửi nhầm ({number}).")


async def _settled(ledger: Ledger, clock: ManualClock, number: int) -> None:
    for recipient in (TAKER, "so-nv"):
        grant = await ledger.lease(recipient, 64)
        while grant and grant.taken:
            settlements = [_settlement(taken, number + turn) for turn, taken in enumerate(grant.taken)]
            grant = await ledger.settle(grant, settlements, 64)
    if number % 5 == 0:
        for kept in [one for one in ledger.views.inputs("quarantined") if one.state == "kept"][:1]:
            await ledger.discard(kept.digest)
        if ledger.views.deadletters():
            await ledger.requeue(ledger.views.deadletters()[0].delivery)


def _settlement(taken: Any, turn: int) -> Settlement:
    if turn % 7 == 3:
        return Settlement(taken, DeliveryState.DEAD, reason=f"refused: nơi nhận từ chối ({turn})")
    if turn % 7 == 5 and taken.delivery.attempt < 3:
        return Settlement(taken, DeliveryState.DEFERRED, 300.0, reason="not now")
    return Settlement(taken, DeliveryState.DELIVERED, receipt=f"in/{turn}.edxml", possible_duplicate=turn % 5 == 0)
