"""Documents without end through a real hub: software to software and to a clerk, a clerk to software."""

from __future__ import annotations

import hashlib
import io
import json
import re
import sqlite3
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from hub.ledger.evidence import VERDICTS
from hub.standards.edxml import File, compose, write_acknowledgement
from hub.testing.samples import a_document, an_answer
from tests.crash.oracle import Row, _Judge
from tests.crash.records import Arrived, Dropped
from tests.crash.scenario import CODES, KEEPER, ORIGIN, TAKER, Draft, Trip, drafted
from tests.journeys.clerks import a_pdf

CLERK, CLERK_CODE = "xa-tinh-khe", "000.00.32.H48"
_CLERK = """\
  xa-tinh-khe:
    name: UBND xã Tịnh Khê
    code: 000.00.32.H48
    endpoint: {kind: folderdrop, folder: shares/xa-tinh-khe, layout: clerk, settle: 100ms, poll: 100ms, hold: 300ms}
"""


class Flow(Trip):
    """The units of the trip and a clerk; their software works in a thread until it is stopped."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.lock = threading.Lock()
        self.sending = True
        self.papers: list[str] = []
        self._number, self._answered = 0, set[tuple[str, str]]()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def set_up(self) -> None:
        super().set_up()
        with (self.home / "units.yaml").open("a", encoding="utf-8") as units:
            units.write(_CLERK)

    @property
    def clerk(self) -> Path:
        """The clerk's share."""
        return self.evidence.shares[ORIGIN].parent / CLERK

    def start(self) -> None:
        """Begin to send and to read."""
        self._thread.start()

    def stop(self) -> None:
        """End the units' software."""
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._over.wait(0.05):
            with self.lock:
                if self.sending:
                    self._send()
                self.look()

    def _send(self) -> None:
        self._number += 1
        self.drop(packet(self._number))
        if self._number % 16 == 0 and (self.clerk / "gui-di").is_dir():
            name = f"{self._number}-UBND-VX 23-11-2026 Thử.pdf"
            (self.clerk / "gui-di" / "Sở Nội vụ").mkdir(exist_ok=True)
            (self.clerk / "gui-di" / "Sở Nội vụ" / name).write_bytes(a_pdf(str(self._number)))
            self.papers.append(f"{self._number}-UBND-VX")

    def _answer(self) -> None:
        for arrival in list(self.evidence.arrived):
            key = arrival.unit, arrival.document_id
            if arrival.unit in (TAKER, KEEPER) and not arrival.status and key not in self._answered:
                self._answered.add(key)
                self.drop(reply(arrival.unit, arrival.document_id))

    def seen(self) -> list[Arrived]:
        """What came, the clerk's own documents left aside."""
        return [each for each in self.evidence.arrived if each.sender != CLERK_CODE]

    def let_go(self) -> set[tuple[str, str]]:
        """What left `out/` for good: the hub has taken custody of it."""
        with self.lock:
            return {(drop.unit, drop.name) for drop in self.evidence.dropped if not self.waits(drop)}

    def waits(self, drop: Dropped) -> bool:
        """Whether the hub has not taken it yet."""
        share = self.evidence.shares[drop.unit]
        return any((share / folder / drop.name).exists() for folder in ("out", ".hub/claims"))

    def cases(self) -> Counter[str]:
        """How often each document lies with the clerk, by its number."""
        found = re.findall(r"(\d+)-GM-SNV", " ".join(path.name for path in self.clerk.glob("van-ban-den/*/*")))
        return Counter(found)


def for_clerk(number: int) -> bool:
    """Whether a document goes to the clerk too, who is slower than software."""
    return number % 5 == 0


def packet(number: int, again: str = "") -> Draft:
    """A document to both units with software, some to the clerk. `again`: the same under another file's name."""
    to = (CODES[TAKER], CODES[KEEPER], *([CLERK_CODE] if for_clerk(number) else ()))
    document = a_document(f"{number}/GM-SNV", CODES[ORIGIN], to, subject=f"Văn bản thứ {number}")
    raw = b"%PDF-1.7\n" + hashlib.shake_256(str(number).encode()).digest(12_000)
    content = b"".join(compose(document, [File("giay-moi.pdf", lambda: io.BytesIO(raw))]))
    return drafted(f"{number}{again}.edxml", content, "accepted", TAKER, KEEPER)


def reply(unit: str, document_id: str) -> Draft:
    """A unit's answer that it took a document."""
    number = document_id.rpartition(",")[2].partition("/")[0]
    content = write_acknowledgement(an_answer(a_document(f"{number}/GM-SNV"), "03", CODES[unit]))
    return drafted(f"tra-loi-{number}.edxml", content, "accepted", ORIGIN, unit=unit)


class Judge(_Judge):
    """The oracle of what units with software sent; what the clerk said is judged elsewhere."""

    def __init__(self, flow: Flow) -> None:
        super().__init__(flow.evidence, flow.evidence.data / "ledger.sqlite")
        self.evidence.arrived = flow.seen()
        # Numbers of whole ledgers, in which the clerk has his part.
        self.evidence.counts = []
        self.inputs = [row for row in self.inputs if row["unit"] != CLERK]
        self.by_file = defaultdict(list, {file: rows for file, rows in self.by_file.items() if file[0] != CLERK})
        gone = {name for name, row in self.envelopes.items() if row["unit"] == CLERK}
        self.envelopes = _without(self.envelopes, gone)
        self.deliveries = {name: row for name, row in self.deliveries.items() if row["envelope_id"] not in gone}
        self.events = [row for row in self.events if row["envelope_id"] not in gone and not _is_clerks(row)]


def _is_clerks(event: Row) -> bool:
    return event["unit"] == CLERK and event["kind"] in VERDICTS


def _without(rows: dict[str, Row], gone: set[str]) -> dict[str, Row]:
    return {name: row for name, row in rows.items() if name not in gone}


def judged(data: Path) -> set[tuple[str, str]]:
    """The files that a ledger has a verdict on, by unit and name."""
    with closing(sqlite3.connect(f"file:{data / 'ledger.sqlite'}?mode=ro", uri=True)) as connection:
        return set(connection.execute("SELECT unit, name FROM input WHERE verdict != 'reading'"))


def codes(data: Path, unit: str) -> set[str]:
    """The numbers of the documents that a ledger has of a unit, as file names write them."""
    with closing(sqlite3.connect(f"file:{data / 'ledger.sqlite'}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT code FROM envelope WHERE unit = ? AND kind = 'document'", (unit,))
        return {code.upper().replace("/", "-") for (code,) in rows}


def named(log: Path) -> set[str]:
    """The clerk's documents that a hub said must be sent again."""
    found = set()
    for line in log.read_text(errors="replace").splitlines():
        said = json.loads(line)["message"] if line.startswith("{") else ""
        if "cần gửi lại" in said and "~" in said:
            found.add(said.partition(" ~")[0].rpartition("/")[2])
    return found


def waited(check: Callable[[], bool], bound: float) -> bool:
    """Whether it became true in time."""
    deadline = time.monotonic() + bound
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
