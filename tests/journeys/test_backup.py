"""A backup beside a hub that works, brought back while the clerks' shares went on. The whole hub runs."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub import keeping
from hub.cli import app
from hub.config import Config, load
from hub.inbox import UnitInbox
from hub.ledger.views import TraceView
from hub.log import logger
from hub.plugins import Plugins
from hub.standards import edxml
from hub.testing import RunningHub, eventually
from hub.testing.samples import a_document
from plugins.folderdrop.clerk import arrivals
from tests.journeys.clerks import Clerks, a_pdf


@pytest.fixture
def clerks(tmp_path: Path) -> Clerks:
    return Clerks(tmp_path)


class Bench:
    """What software and a clerk do all the while, and what the shares and the ledger hold of it."""

    def __init__(self, clerks: Clerks) -> None:
        self.clerks, self.home = clerks, clerks.home
        self.stages = clerks.binh_son / "van-ban-den"
        self.copy = clerks.home / "copy"
        self.came: list[str] = []
        self.went: list[str] = []

    @property
    def config(self) -> Config:
        return load(self.home, lambda _: Plugins(["folderdrop"]).settings)

    def receive(self, number: int) -> None:
        """Software sends a document to the clerk."""
        self.came.append(f"{number}/GM-SNV")
        out = self.clerks.so_nv / "out"
        file = edxml.File(f"{number}.pdf", lambda: io.BytesIO(a_pdf(str(number))))
        (out / ".draft").write_bytes(b"".join(edxml.compose(a_document(f"{number}/GM-SNV"), [file])))
        (out / ".draft").rename(out / f"{number}.edxml")

    def send(self, number: int) -> None:
        """The clerk sends a document to the software."""
        self.went.append(f"{number}/UBND-VX")
        self.clerks.drop(f"Sở Nội vụ/{number}-UBND-VX {number % 27 + 1:02}-01-2026 Thử.pdf", a_pdf(str(number)))

    def folders(self, number: int) -> list[Path]:
        """Wherever that document lies with the clerk."""
        return [path for path in self.stages.rglob(f"*{number}-GM-SNV*") if path.is_dir()]

    def accept(self, number: int) -> None:
        [folder] = self.folders(number)
        folder.rename(self.stages / "3-da-tiep-nhan" / folder.name)

    def backup(self) -> None:
        keeping.backup(self.config, self.copy, datetime.now(UTC), lambda *_: None)

    def lose_and_restore(self, *, ends: int = 0) -> str:
        """The machine's disk is gone; the shares are not."""
        shutil.rmtree(self.home / "data")
        said = CliRunner().invoke(app, ["restore", str(self.copy), "--config", str(self.home)])
        assert said.exit_code == ends, said.output
        return said.output

    def traced(self, code: str) -> TraceView | None:
        views = self.clerks.views()
        try:
            return next(iter(views.trace(code)), None)
        finally:
            views.close()

    def codes(self, number: int) -> list[str]:
        """What the sender was told of it."""
        traced = self.traced(f"{number}/GM-SNV")
        return [answer.code for each in traced.recipients for answer in each.answers] if traced else []

    def receipts(self, number: int) -> str:
        return "".join(
            path.read_bytes().decode("utf-8-sig")
            for path in self.clerks.binh_son.glob(f"da-gui/*/{number}-UBND-VX*/BIEN-NHAN.txt")
        )


async def settled(check: Callable[[], bool]) -> None:
    await eventually(check, within=20)


async def test_nothing_is_placed_twice_and_everything_is_followed_on(clerks: Clerks) -> None:
    bench = Bench(clerks)
    async with RunningHub(clerks.home):
        await clerks.ready()
        for number in (1, 2, 3):
            bench.receive(number)
        bench.send(101)
        await settled(lambda: all(bench.codes(number) == ["01"] for number in (1, 2, 3)))
        bench.accept(1)
        await settled(lambda: bench.codes(1) == ["01", "03"])
        await settled(lambda: len(clerks.packets()) == 1)
        for number in (4, 5, 6, 7):
            bench.receive(number)
            bench.send(100 + number)
            await asyncio.to_thread(bench.backup)
        await settled(lambda: all(bench.codes(number) == ["01"] for number in (4, 5, 6, 7)))
        await settled(lambda: len(clerks.packets()) == 5)
        bench.accept(4)
        await settled(lambda: bench.codes(4) == ["01", "03"])
    bench.accept(2)
    bench.lose_and_restore()
    known = {number for number in range(1, 8) if bench.traced(f"{number}/GM-SNV")}
    assert {1, 2, 3, 4, 5, 6} <= known
    async with RunningHub(clerks.home):
        for number in known:
            told = ["01", "03"] if number in (1, 2, 4) else ["01"]
            await settled(lambda number=number, told=told: bench.codes(number) == told)  # type: ignore[misc]  # a default in a lambda has no type
        bench.accept(3)
        await settled(lambda: bench.codes(3) == ["01", "03"])
        [first] = [each for each in clerks.packets() if each.code == "101/UBND-VX"]
        clerks.answer(first, "03", description="Số đến 77 ngày 23/11/2026")
        await settled(lambda: "77" in bench.receipts(101))
        await asyncio.sleep(1)
        assert [len(bench.folders(number)) for number in range(1, 8)] == [1] * 7
        assert [bench.codes(number) for number in (1, 2, 3, 4)] == [["01", "03"]] * 4
        counts = clerks.views().counts().deliveries
        assert set(counts) == {"delivered"}


async def test_a_delivery_that_the_backup_holds_as_waiting_is_found_where_it_lies(
    clerks: Clerks, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(clerks)
    placed: list[str] = []
    async with RunningHub(clerks.home):
        await clerks.ready()
    away, place = clerks.home / "away", clerks.binh_son
    place.rename(away)
    async with RunningHub(clerks.home):
        bench.receive(8)
        await settled(lambda: bench.traced("8/GM-SNV") is not None)
        await asyncio.to_thread(bench.backup)
        away.rename(place)
        await settled(lambda: bench.codes(8) == ["01"])
        bench.accept(8)
        await settled(lambda: bench.codes(8) == ["01", "03"])
    bench.lose_and_restore()
    assert bench.codes(8) == []
    monkeypatch.setattr(arrivals, "appear", lambda root, case, stage: placed.append(stage))
    async with RunningHub(clerks.home):
        await settled(lambda: bench.codes(8) == ["01", "03"])
        await asyncio.sleep(0.7)
    assert placed == []
    assert [folder.parent.name for folder in bench.folders(8)] == ["3-da-tiep-nhan"]
    assert not any((clerks.binh_son / ".hub" / "tmp").iterdir())


async def test_what_was_sent_after_the_backup_is_named(clerks: Clerks) -> None:
    bench, said = Bench(clerks), []
    async with RunningHub(clerks.home):
        await clerks.ready()
        bench.send(201)
        await settled(lambda: "201" in bench.receipts(201))
        await asyncio.to_thread(bench.backup)
        bench.send(202)
        await settled(lambda: "202" in bench.receipts(202))
    bench.lose_and_restore()
    sink = logger.add(lambda line: said.append(str(line)), format="{message}")
    try:
        async with RunningHub(clerks.home):
            await settled(lambda: any("cần gửi lại" in line for line in said))
            await asyncio.sleep(0.5)
    finally:
        logger.remove(sink)
    lost = {line.partition(" ~")[0].rpartition("/")[2] for line in said if "~" in line and "cần gửi lại" in line}
    assert lost == {"202-UBND-VX"}


async def test_answers_that_the_ledger_lacks_are_told_again(clerks: Clerks) -> None:
    """The ledger was copied before an answer came, what the connector knows after it: even of a closed document."""
    bench = Bench(clerks)
    async with RunningHub(clerks.home):
        await clerks.ready()
        bench.receive(9)
        await settled(lambda: bench.codes(9) == ["01"])
        await asyncio.to_thread(bench.backup)
        [folder] = bench.folders(9)
        folder.rename(bench.stages / "6-hoan-thanh" / folder.name)
        await settled(lambda: bench.codes(9) == ["01", "03", "06"])
        await settled((clerks.home / "data/endpoints/xa-binh-son/clerk/closed.jsonl").exists)
    kept = clerks.home / "kept"
    (clerks.home / "data" / "endpoints").rename(kept)
    bench.lose_and_restore()
    restored = clerks.home / "data/endpoints/xa-binh-son"
    shutil.rmtree(restored / "clerk")
    shutil.copytree(kept / "xa-binh-son" / "clerk", restored / "clerk")
    assert bench.codes(9) == ["01"]
    for _run in range(2):
        async with RunningHub(clerks.home):
            await settled(lambda: bench.codes(9) == ["01", "03", "06"])
            await asyncio.sleep(0.5)
    assert bench.codes(9) == ["01", "03", "06"]
    assert len(bench.folders(9)) == 1


async def test_a_share_is_known_by_its_marker_on_another_machine(clerks: Clerks) -> None:
    bench = Bench(clerks)
    async with RunningHub(clerks.home):
        await clerks.ready()
        await asyncio.to_thread(bench.backup)
    bench.lose_and_restore()
    memory = clerks.home / "data/endpoints/xa-binh-son/share.json"
    known = json.loads(memory.read_bytes())
    memory.write_text(json.dumps(known | {"source": "//cu/chia-se", "kind": "cifs", "folder": "/srv/cu"}), "utf-8")
    marker = clerks.binh_son / ".hub" / "unit"
    own = marker.read_bytes()
    marker.write_text(json.dumps({"unit": "xa-binh-son", "id": "0" * 32}), "utf-8")
    async with RunningHub(clerks.home) as hub:
        await settled(lambda: "xa-binh-son" in hub.down())
        assert (memory.parent / "restored").exists()
        marker.write_bytes(own)
        await settled(lambda: not (memory.parent / "restored").exists())
    assert json.loads(memory.read_bytes()) == known
    memory.write_text(json.dumps(known | {"source": "//cu/chia-se"}), "utf-8")
    async with RunningHub(clerks.home) as hub:
        await settled(lambda: "xa-binh-son" in hub.down())


async def test_a_claim_whose_packet_the_backup_lacks_is_packed_again(
    clerks: Clerks, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, claims = Bench(clerks), clerks.binh_son / ".hub" / "claims"
    async with RunningHub(clerks.home):
        await clerks.ready()
    bench.backup()

    async def cut(*_: object) -> None:
        raise OSError("cut")

    with monkeypatch.context() as patched:
        patched.setattr(UnitInbox, "accept", cut)
        async with RunningHub(clerks.home):
            bench.send(301)
            blobs = clerks.home / "data" / "blobs"
            await settled(lambda: any(len(path.name) == 64 for path in blobs.iterdir()) and any(claims.iterdir()))
            await asyncio.sleep(0.3)
    assert any(claims.iterdir())
    bench.lose_and_restore()
    async with RunningHub(clerks.home):
        await settled(lambda: [each.code for each in clerks.packets()] == ["301/UBND-VX"])
        await settled(lambda: "301" in bench.receipts(301))
    assert not any(claims.iterdir())
