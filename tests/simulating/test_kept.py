"""What a simulated hub said OK to is there after kill -9; large packets are never whole in its memory."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from hub.errors import AlreadyRunning, HubError
from hub.simulating.central import records
from hub.simulating.central.actor import Actor
from hub.simulating.central.bodies import SMALL
from hub.standards import edxml
from hub.vocabulary import Document
from tests import cli
from tests.simulating.bench import HOME_AFFAIRS, OFFICE, PROVINCE, SECRETS, SYSTEMS, packet, running

MEGABYTE = 1 << 20
YAML = "".join(
    f'{each.code}: {{name: "{each.name}", secret: {SECRETS[each.code]}'
    + (f", units: [{', '.join(each.units)}]" if each.units else "")
    + "}\n"
    for each in SYSTEMS
)


@contextmanager
def program(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`hub simulate central` in a process of its own, and its URL; killed with -9 at the end."""
    (folder / "systems.yaml").write_text(YAML)
    command = ("simulate", "central", "--port", "0", "--data", str(folder / "data"), *words)
    with (
        (folder / "log").open("ab") as log,
        cli.start(*command, "--systems", str(folder / "systems.yaml"), stdout=subprocess.PIPE, stderr=log) as process,
    ):
        try:
            assert process.stdout
            ready, _, url = process.stdout.readline().strip().partition(" ")
            assert ready == "ready", (folder / "log").read_text()
            yield process, url
        finally:
            process.kill()


def office(url: str) -> Actor:
    return Actor(url, SYSTEMS[0])


@pytest.mark.parametrize(
    "pdf",
    [
        pytest.param(b"%PDF small", id="in the database", marks=pytest.mark.slow),
        pytest.param(os.urandom(SMALL), id="in a file"),
    ],
)
def test_a_kill_loses_nothing_that_was_answered(tmp_path: Path, pdf: bytes) -> None:
    promised: list[str] = []
    digests = {}

    def send(url: str, life: int) -> None:
        for number in range(10_000):
            sent = packet(f"{life}{number}", pdf=pdf)
            digests[hashlib.sha256(sent).hexdigest()] = sent
            try:
                promised.append(office(url).send(BytesIO(sent)))
            except (OSError, HubError):
                return

    for life in (1, 2):
        with program(tmp_path) as (process, url):
            sender = threading.Thread(target=send, args=(url, life))
            before = len(promised)
            sender.start()
            while len(promised) < before + 5:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            sender.join(30)
    kept = records(tmp_path / "data")
    assert set(promised) <= {record.sender_doc_id for record in kept}
    assert Counter(record.sha256 for record in kept).most_common(1)[0][1] == 1
    # What one kill cut short at most is kept without a promise.
    assert len(kept) - len(promised) <= 2
    with program(tmp_path) as (_, url):
        taken = list(Actor(url, SYSTEMS[1]).take("edoc"))
        assert [each.doc_id for each in taken] == [record.doc_id for record in kept]
        assert {record.status for record in records(tmp_path / "data")} == {"done"}
    for record, each in zip(kept, taken, strict=True):
        was = edxml.read(BytesIO(digests[record.sha256])).body
        assert isinstance(was, Document)
        assert isinstance(each.packet.body, Document)
        assert each.packet.body.attachments[0].digest == was.attachments[0].digest
    stored = list((tmp_path / "data" / "packets").iterdir())
    assert len(stored) == (len(kept) if len(pdf) >= SMALL else 0)


def _peak(process: subprocess.Popen[str]) -> int:
    """Bytes of memory that it held at most."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    assert found
    return int(found[1]) << 10


class Zeros(BytesIO):
    """A PDF of so many bytes that is never whole."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size

    def read(self, size: int | None = -1) -> bytes:
        wanted = min(self._left, size if size is not None and size >= 0 else self._left)
        self._left -= wanted
        return b"%" * wanted


@pytest.mark.parametrize("size", [60 * MEGABYTE, pytest.param(225 * MEGABYTE, marks=pytest.mark.slow)])
def test_a_large_packet_is_never_whole_in_memory(tmp_path: Path, size: int) -> None:
    """225 MB are 300 MB of base64."""
    small = edxml.read(BytesIO(packet())).body
    assert isinstance(small, Document)
    path = tmp_path / "large.edxml"
    with path.open("wb") as file:
        for piece in edxml.compose(small, [edxml.File("a.pdf", lambda: cast("BinaryIO", Zeros(size)))]):
            file.write(piece)
    with program(tmp_path) as (process, url):
        with BytesIO(packet("1")) as warm:
            office(url).send(warm)
        list(Actor(url, SYSTEMS[1]).take("edoc"))
        before = _peak(process)
        with path.open("rb") as large:
            office(url).send(large)
        (taken,) = Actor(url, SYSTEMS[1]).take("edoc")
        got = _streamed_by_get_edoc(url, taken.doc_id)
        extra = _peak(process) - before
    assert isinstance(taken.packet.body, Document)
    assert taken.packet.body.attachments[0].size == size
    assert got > size * 16 // 9
    assert extra < 24 * MEGABYTE, f"{extra >> 20} MB"


def _streamed_by_get_edoc(url: str, doc_id: str) -> int:
    """How many bytes getEdoc answers with."""
    actor, size = Actor(url, SYSTEMS[1]), 0
    with actor.asked("getEdoc", {"docId": doc_id}, BytesIO(b"{}"), 2) as answer:
        while piece := answer.read(MEGABYTE):
            size += len(piece)
        assert size == int(answer.headers["Content-Length"])
    return size


async def test_a_second_one_on_the_same_records_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path):
        with pytest.raises(AlreadyRunning):
            async with running(tmp_path):
                pass


async def test_what_a_stop_left_half_done_is_swept_away(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.send(packet(pdf=os.urandom(SMALL)))
    (kept,) = (tmp_path / "packets").iterdir()
    (tmp_path / "packets" / "left.edxml").write_bytes(b"x")
    (tmp_path / "spool" / "left").write_bytes(b"x")
    async with running(tmp_path) as bench:
        assert list((tmp_path / "packets").iterdir()) == [kept]
        assert not list((tmp_path / "spool").iterdir())
        assert len(await bench.waiting()) == 1


@pytest.mark.slow
async def test_120_000_agencies_are_streamed(tmp_path: Path) -> None:
    with program(tmp_path, "--agencies", "120000") as (process, url):
        before = _peak(process)
        with Actor(url, SYSTEMS[1]).asked("getAgenciesList", {}) as answer:
            whole = answer.read()
        extra = _peak(process) - before
    assert len(json.loads(whole)["data"]) >= 120_000
    assert extra < 12 * MEGABYTE, f"{extra >> 20} MB"


def test_no_secret_is_on_the_disk_or_in_the_log(tmp_path: Path) -> None:
    with program(tmp_path) as (_, url):
        office(url).send(BytesIO(packet()))
        with pytest.raises(HubError, match="FAIL"):
            office(url).send(BytesIO(packet(to=("000.00.00.A01",))))
        list(Actor(url, SYSTEMS[1]).take("edoc"))
    written = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    written += (tmp_path / "log").read_bytes()
    assert OFFICE.encode() in written
    assert HOME_AFFAIRS.encode() in written
    assert not [code for code, secret in SECRETS.items() if secret.encode() in written]
    assert PROVINCE in repr(SYSTEMS)
    assert not [secret for secret in SECRETS.values() if secret in repr(SYSTEMS)]
