"""hub reconcile: figures that a recount in plain SQL reaches too, and an alarm that status and /healthz show."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub.app import Hub
from hub.clock import VIETNAM
from hub.standards import edxml
from hub.testing import RunningHub, eventually
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.cli import Province
from tests.recount import recounted

NV, XA = "so-nv", "xa-binh-son"


@pytest.fixture
def province(tmp_path: Path) -> Province:
    return Province(tmp_path)


def drop(province: Province, unit: str, name: str, body: Document | Acknowledgement | None) -> None:
    """A packet as a unit's software leaves it; None: something that is none."""
    out = province.folder / "shares" / unit / "out"
    pdf = edxml.File("van-ban.pdf", lambda: io.BytesIO(b"%PDF-1.7\n"))
    if isinstance(body, Document):
        content = b"".join(edxml.compose(body, [pdf]))
    else:
        content = edxml.write_acknowledgement(body) if body else b"not a packet"
    (out / f".{name}").write_bytes(content)
    (out / f".{name}").rename(out / f"{name}.edxml")


async def exchanged(province: Province, hub: Hub) -> None:
    """Two documents, one of them twice, one answer, one file that is refused."""
    one, other = a_document("1/CV"), a_document("2/CV", subject="other")
    drop(province, NV, "one", one)
    drop(province, NV, "other", other)
    drop(province, NV, "broken", None)
    await eventually(lambda: hub.ledger.views.counts().deliveries.get("delivered") == 2, 30)
    drop(province, NV, "again", one)
    drop(province, XA, "answer", an_answer(one, "03"))
    wanted = {"accepted": 3, "duplicate": 1, "refused": 1}
    await eventually(lambda: hub.ledger.views.counts().inputs == wanted, 30)
    await eventually(lambda: hub.ledger.views.counts().deliveries == {"delivered": 3}, 30)


async def told(province: Province, *words: str, ends: int) -> Any:
    """What a program of its own says, in JSON."""
    code, out, err = await asyncio.to_thread(province.told, *words, "--json")
    assert code == ends, (out, err)
    return json.loads(out)


async def test_what_a_running_hub_exchanged_is_balanced_until_somebody_meddles(province: Province) -> None:
    async with RunningHub(province.folder) as hub:
        await exchanged(province, hub)

        said = await told(province, "reconcile", ends=0)

        assert said["balanced"]
        assert figures(said["units"]) == recounted(province.data / "ledger.sqlite")
        assert figures(said["units"])[NV, "in"] == {"accepted": 2, "duplicate": 1, "refused": 1}

        meddle(province, "DELETE FROM delivery WHERE recipient = 'so-nv'")
        found = (await told(province, "reconcile", ends=1))["differences"]
        lost = {"unit": NV, "book": "out", "word": "delivered", "rows": 0, "events": 1}
        assert [one for one in found if lost.items() <= one.items()]
        await eventually(lambda: len(hub.reconciler.told()) == len(found), 30)
        hub.reconciler.ask("all")
        await eventually(lambda: not hub.reconciler.waits, 30)
        assert any(line.startswith("so-nv out delivered") for line in await healthz(hub))
    status = province.json("status", ends=1)
    assert status["unbalanced"] == found
    assert any("hub reconcile" in line for line in status["broken"])
    assert count(province, "SELECT count(*) FROM event WHERE kind = 'unbalanced'") == len(found)
    today = datetime.now(VIETNAM).date().isoformat()
    sheets = [province.json("reconcile", *words, ends=1) for words in ((), ("--day", today))]
    assert sheets[0]["units"] == sheets[1]["units"]


def figures(units: Iterable[dict[str, Any]]) -> dict[tuple[str, str], dict[str, int]]:
    return {(one["unit"], book): one[book] for one in units for book in one if book != "unit" and one[book]}


def meddle(province: Province, statement: str) -> None:
    with closing(sqlite3.connect(province.data / "ledger.sqlite", timeout=30)) as ledger, ledger:
        assert ledger.execute(statement).rowcount


def count(province: Province, query: str) -> int:
    with closing(sqlite3.connect(province.data / "ledger.sqlite", timeout=30)) as ledger:
        return int(ledger.execute(query).fetchone()[0])


async def healthz(hub: Hub) -> list[str]:
    async with aiohttp.ClientSession() as session, session.get(f"{hub.address}/healthz") as answer:
        assert answer.status == 200
        return list((await answer.json())["unbalanced"])


def test_people_see_sums_bars_and_red_lines(province: Province) -> None:
    [verdict] = province.take_in(proposal(a_document(), XA))
    shown = province.hub("reconcile")
    assert (shown.exit_code, "✓ Cân bằng" in shown.stdout) == (0, True)
    assert "UBND xã Bình Sơn" in shown.stdout
    assert "Sở Nội vụ" not in province.hub("reconcile", "--unit", "000.00.31.H48").stdout

    meddle(province, "UPDATE input SET verdict = 'refused'")

    shown = province.hub("reconcile", "--unit", XA)
    assert shown.exit_code == 1
    assert "so-nv: Gói tin vào (in), tiếp nhận (accepted): bảng 0, nhật ký 1" in shown.stdout
    assert verdict.envelope_id in shown.stdout


def test_another_day_is_empty_and_a_wrong_one_is_wrong_usage(province: Province) -> None:
    province.take_in(proposal(a_document(), XA))
    assert province.json("reconcile", "--day", "2020-01-01")["units"] == []
    assert province.hub("reconcile", "--day", "23/11/2026").exit_code == 2


def test_without_a_ledger_it_says_so(province: Province) -> None:
    assert province.hub("reconcile").exit_code == 1
