"""Rules that change while the hub runs: `hub run` as a process, real files, real folders."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hub.cli import opening
from hub.clock import SystemClock
from hub.config import Config, marks, needs_restart
from hub.reloading import Follower
from hub.standards import edxml
from hub.testing import eventually
from hub.testing.samples import a_document
from hub.vocabulary import Event
from tests.cli import Province, Running

GOOD = "routes:\n  - {name: Giấy mời, when: {type: Giấy mời}, to: [addressees, so-khcn]}\n"
_UNIT = """\
  so-khcn:
    name: Sở Khoa học và Công nghệ
    code: 000.00.15.H48
    endpoint: {kind: folderdrop, folder: shares/so-khcn, layout: plain}
"""


@pytest.fixture
def province(tmp_path: Path) -> Province:
    made = Province(tmp_path)
    units = tmp_path / "units.yaml"
    units.write_text(units.read_text().rstrip().replace("layout: plain", "layout: plain, settle: 100ms") + "\n" + _UNIT)
    (tmp_path / "routes.yaml").write_text("routes: []\n")
    return made


@pytest.fixture
def hub(province: Province) -> Iterator[Running]:
    with province.running() as running:
        assert running.ready.startswith("ready")
        yield running


def until(true: Callable[[], Any]) -> Any:
    end = time.monotonic() + 30
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def said(hub: Running, word: str) -> list[str]:
    """What the log says with this word."""
    messages = (json.loads(line)["message"] for line in hub.log.read_text().splitlines())
    return [message for message in messages if word in message]


def drop(province: Province, code: str) -> None:
    out = province.folder / "shares" / "so-nv" / "out"
    packet = out / f".{code.partition('/')[0]}.edxml"
    packet.write_bytes(b"".join(edxml.compose(a_document(code), ())))
    packet.rename(out / packet.name.lstrip("."))


def recipients(province: Province, code: str) -> set[str]:
    """Who got it, once nobody waits any longer."""
    found = json.loads(province.hub("trace", code, "--json").stdout)
    units = found[0]["recipients"] if found else []
    return {one["unit"] for one in units} if all(one["state"] == "delivered" for one in units) else set()


def arrived(province: Province, unit: str, name: str) -> list[Path]:
    return list((province.folder / "shares" / unit / "in").glob(f"{name}_*.edxml"))


def events(province: Province, kind: str) -> list[dict[str, Any]]:
    """What the ledger holds of this kind."""
    with closing(sqlite3.connect(province.data / "ledger.sqlite")) as ledger:
        return [json.loads(data) for (data,) in ledger.execute("SELECT data FROM event WHERE kind = ?", [kind])]


def test_changed_rules_hold_without_a_restart(province: Province, hub: Running) -> None:
    drop(province, "1/GM-SNV")
    assert until(lambda: recipients(province, "1/GM-SNV")) == {"xa-binh-son"}

    (province.folder / "routes.yaml").write_text(GOOD)
    until(lambda: said(hub, "is taken up: 1 rules"))

    drop(province, "2/GM-SNV")
    assert until(lambda: recipients(province, "2/GM-SNV")) == {"xa-binh-son", "so-khcn"}
    assert recipients(province, "1/GM-SNV") == {"xa-binh-son"}
    assert events(province, "config-taken") == [{"rules": 1, "groups": 0}]


def test_mistakes_change_nothing_and_are_named(province: Province, hub: Running) -> None:
    rules = province.folder / "routes.yaml"
    rules.write_text(GOOD)
    until(lambda: said(hub, "is taken up"))

    rules.write_text(GOOD.replace("so-khcn]", "so-kchn]").replace("Giấy mời}", "Giấy mơ}"))
    until(lambda: said(hub, "has a mistake"))
    drop(province, "3/GM-SNV")

    for unit in ("xa-binh-son", "so-khcn"):
        assert until(partial(arrived, province, unit, "3-GM-SNV"))
    [refused] = events(province, "config-refused")
    assert [text.partition(" ")[0] for text in refused["mistakes"]] == ["routes.yaml:2:35:", "routes.yaml:2:62:"]
    assert len(said(hub, "has a mistake")) == 2


def test_a_file_that_is_still_written_is_left_alone(province: Province, hub: Running) -> None:
    rules = province.folder / "routes.yaml"
    for _ in range(12):
        rules.write_text("")
        time.sleep(0.2)
        rules.write_text(GOOD[:60])
        time.sleep(0.2)
    rules.write_text(GOOD)

    assert until(lambda: said(hub, "the configuration"))[0].startswith("the configuration is taken up: 1 rules")


def test_an_endpoint_waits_for_a_restart(province: Province, hub: Running) -> None:
    units = province.folder / "units.yaml"
    units.write_text(units.read_text().replace("shares/so-khcn", "shares/khcn"))
    (province.folder / "routes.yaml").write_text(GOOD)

    until(lambda: events(province, "config-waits"))

    assert events(province, "config-waits")[-1] == {"restart": ["so-khcn (units.yaml)"]}
    drop(province, "4/GM-SNV")
    assert until(lambda: recipients(province, "4/GM-SNV")) == {"xa-binh-son"}
    assert not (province.folder / "shares" / "khcn").exists()


def test_sighup_reads_at_once_and_ends_nothing(province: Province, hub: Running) -> None:
    before = (province.folder / "routes.yaml").stat().st_mtime_ns
    hub.process.send_signal(signal.SIGHUP)
    until(lambda: said(hub, "is taken up: 0 rules"))

    assert (province.folder / "routes.yaml").stat().st_mtime_ns == before
    assert hub.process.poll() is None


def test_a_change_during_the_start_is_not_missed(province: Province) -> None:
    loaded = opening.settings(province.folder)
    assert marks(province.folder) == loaded.marks
    (province.folder / "routes.yaml").write_text(GOOD)
    assert marks(province.folder) != loaded.marks
    (province.folder / "routes.yaml").unlink()
    assert marks(province.folder)[2] is None


def test_what_is_under_way_goes_its_way(province: Province, hub: Running) -> None:
    for number in range(10, 40):
        drop(province, f"{number}/GM-SNV")
        time.sleep(0.1)
        if number == 20:
            (province.folder / "routes.yaml").write_text(GOOD)
            hub.process.send_signal(signal.SIGHUP)

    got = [until(partial(recipients, province, f"{number}/GM-SNV")) for number in range(10, 40)]

    assert all(one in ({"xa-binh-son"}, {"xa-binh-son", "so-khcn"}) for one in got)
    until(lambda: said(hub, "is taken up: 1 rules"))
    assert len(list((province.folder / "shares" / "xa-binh-son" / "in").glob("*.edxml"))) == 30


async def test_files_that_change_while_they_are_read_are_read_again(province: Province) -> None:
    rules, taken, recorded = province.folder / "routes.yaml", list[Config](), list[Event]()

    def load() -> Config:
        found = opening.settings(province.folder)
        if not taken and not found.routes:
            rules.write_text(GOOD)
        return found

    async def record(event: Event) -> None:
        recorded.append(event)

    follower = Follower(opening.settings(province.folder), load, taken.append, record, SystemClock())
    follower.ask()
    following = asyncio.create_task(follower.run())
    await eventually(lambda: recorded)
    following.cancel()
    assert [len(config.routes) for config in taken] == [1]
    assert [event.kind for event in recorded] == ["config-taken"]


def test_only_rules_and_groups_need_no_restart(province: Province) -> None:
    old = opening.settings(province.folder)
    (province.folder / "routes.yaml").write_text(GOOD)
    units, settings = province.folder / "units.yaml", province.folder / "hub.yaml"
    units.write_text(units.read_text() + "groups: {cac-so: {units: [so-nv, so-khcn]}}\n")
    assert needs_restart(old, opening.settings(province.folder)) == []

    units.write_text(units.read_text().replace("Sở Nội vụ", "Sở Nội vụ mới").replace("settle: 100ms", "settle: 1s", 1))
    settings.write_text(settings.read_text() + "drain: 5s\nlog: DEBUG\n")
    changed = needs_restart(old, opening.settings(province.folder))
    assert changed == ["drain (hub.yaml)", "log (hub.yaml)", "so-nv (units.yaml)"]
