"""Two units become one while documents are on their way, and the hub is killed in the middle of it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hub.standards import edxml
from hub.testing.samples import HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.cli import Province, start

OLD, HEIR = "000.00.20.H48", "000.00.15.H48"
_UNITS = """
units:
  so-nv: {name: Sở Nội vụ, code: 000.00.14.H48, endpoint: {kind: folderdrop, folder: shares/so-nv, settle: 100ms}}
  so-khcn:
    name: Sở Khoa học và Công nghệ
    code: 000.00.15.H48
    endpoint: {kind: folderdrop, folder: shares/so-khcn, settle: 100ms, poll: 200ms}
  so-tttt:
    name: Sở Thông tin và Truyền thông
    code: 000.00.20.H48
"""
_WORKS = "    endpoint: {kind: folderdrop, folder: shares/so-tttt, settle: 100ms, poll: 200ms}\n"
_ENDED = "    until: 30/6/2025\n    successors: [so-khcn]\n"
KILLS = ("dispatcher.taken", "folderdrop.copied", "folderdrop.placed", "dispatcher.sent", "dispatcher.settled")


@pytest.fixture
def province(tmp_path: Path) -> Province:
    made = Province(tmp_path)
    (tmp_path / "units.yaml").write_text(_UNITS + _WORKS)
    with made.running() as hub:
        assert hub.ready.startswith("ready")
    return made


def until(true: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.2)
    return found


def drop(province: Province, unit: str, name: str, body: Document | Acknowledgement) -> None:
    out = province.folder / "shares" / unit / "out"
    content = b"".join(edxml.compose(body, ())) if isinstance(body, Document) else edxml.write_acknowledgement(body)
    (out / f".{name}").write_bytes(content)
    (out / f".{name}").rename(out / f"{name}.edxml")


def counts(province: Province) -> dict[str, int]:
    result = province.hub("status", "--json")
    return dict(json.loads(result.stdout)["deliveries"]) if result.stdout else {}


def share(province: Province, unit: str) -> Path:
    return province.folder / "shares" / unit


def open_documents(province: Province, count: int) -> list[Document]:
    """So many documents for both units, whose shares are away, accepted by a hub that is then killed."""
    for unit in ("so-khcn", "so-tttt"):
        share(province, unit).rename(share(province, f"{unit}.away"))
    documents = [a_document(f"{n}/CV", to=(OLD if n % 2 else HEIR,)) for n in range(1, count + 1)]
    with province.running() as hub:
        for document in documents:
            drop(province, "so-nv", document.number, document)
        until(lambda: sum(counts(province).values()) == count)
        hub.process.send_signal(signal.SIGKILL)
        hub.process.wait()
    assert counts(province).get("delivered", 0) == 0
    return documents


def killed(province: Province, place: str) -> None:
    """A hub that dies there by itself."""
    nowhere, armed = subprocess.DEVNULL, {"HUB_FAILPOINTS": f"{place}=kill"}
    with start("run", "--config", str(province.folder), stdout=nowhere, stderr=nowhere, env=armed) as hub:
        assert hub.wait(60) == -signal.SIGKILL


def merge(province: Province) -> None:
    (province.folder / "units.yaml").write_text(_UNITS + _ENDED)
    share(province, "so-khcn.away").rename(share(province, "so-khcn"))


@pytest.mark.parametrize(
    ("place", "count"),
    [pytest.param(place, 50, marks=() if place == "folderdrop.placed" else pytest.mark.slow) for place in KILLS]
    + [pytest.param("folderdrop.placed", 500, marks=pytest.mark.slow)],
)
def test_none_is_lost_and_none_is_doubled(province: Province, place: str, count: int) -> None:
    documents = open_documents(province, count)
    merge(province)
    killed(province, place)

    with province.running():
        until(lambda: counts(province) == {"delivered": count})
        arrived = sorted(os.listdir(share(province, "so-khcn") / "in"))
        drop(province, "so-khcn", "tra-loi", an_answer(documents[0], "03", HEIR))
        [answer] = until(lambda: list((share(province, "so-nv") / "in").glob("trang-thai_03_*")))
        said = {line["unit"]: line for line in province.json("trace", "1/CV")[0]["recipients"]}

    assert sorted(name.partition("-")[0] for name in arrived) == sorted(document.number for document in documents)
    assert answer.is_file()
    assert {unit: one["status"] for unit, one in said.items()} == {"so-tttt": "03"}
    assert events(province, "inherited")[0] == {"to": "so-khcn"}
    assert province.hub("verify").exit_code == 0


def events(province: Province, kind: str) -> list[dict[str, Any]]:
    """What the ledger holds of this kind."""
    with closing(sqlite3.connect(province.data / "ledger.sqlite")) as ledger:
        return [json.loads(data) for (data,) in ledger.execute("SELECT data FROM event WHERE kind = ?", [kind])]


def test_who_had_several_heirs_keeps_what_is_open_and_it_is_said(province: Province) -> None:
    open_documents(province, 2)
    (province.folder / "units.yaml").write_text((_UNITS + _ENDED).replace("[so-khcn]", "[so-khcn, so-nv]"))
    share(province, "so-khcn.away").rename(share(province, "so-khcn"))
    with province.running():
        until(lambda: counts(province).get("delivered") == 1)
        time.sleep(1)
        said = province.json("status", ends=1)

    assert said["deliveries"]["delivered"] == 1
    assert any("so-tttt" in line and "Đơn vị tiếp nhận theo danh mục của tỉnh" in line for line in said["broken"])
    assert HOME_AFFAIRS in "".join(said["broken"])
