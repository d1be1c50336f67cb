"""A unit is tried with a document of its own: it arrives, is answered, and nobody else hears of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.standards import edxml
from hub.testing.samples import BINH_SON, a_document, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.cli import Province

_OTHERS = """\
  tinh:
    name: Văn phòng UBND tỉnh
    code: 000.00.00.H48
    endpoint: {kind: folderdrop, folder: shares/tinh, settle: 100ms}
  ngoai: {name: Trục quốc gia, endpoint: {kind: folderdrop, folder: shares/ngoai, serves: others}}
"""
_FORMER = """\
  so-cu:
    name: Sở cũ
    code: 000.00.16.H48
    until: 2020-01-01
    successors: [so-nv]
    endpoint: {kind: folderdrop, folder: shares/so-cu, settle: 100ms}
"""


@pytest.fixture(params=["mode: van-hanh", "mode: thu-nghiem"])
def province(tmp_path: Path, request: pytest.FixtureRequest) -> Province:
    made = Province(tmp_path)
    units = tmp_path / "units.yaml"
    text = units.read_text().replace("code: 000.00.31.H48", f"code: 000.00.31.H48\n    {request.param}")
    units.write_text(text.rstrip().replace("layout: plain", "layout: plain, settle: 100ms") + "\n" + _OTHERS)
    return made


def until(true: Callable[[], Any]) -> Any:
    end = time.monotonic() + 60
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.2)
    return found


def stage(province: Province) -> str:
    return next(str(one["stage"]) for one in province.json("units", "status") if one["id"] == "xa-binh-son")


def is_tried_out(province: Province, unit: str = "xa-binh-son") -> bool:
    return any(one["mode"] == "thu-nghiem" for one in province.json("units", "status") if one["id"] == unit)


def files(province: Province, unit: str) -> list[Path]:
    return sorted((province.folder / "shares" / unit / "in").glob("*.edxml"))


def answer(province: Province, unit: str, said: Acknowledgement) -> None:
    out = province.folder / "shares" / unit / "out"
    name = f"{said.status}.edxml"
    (out / f".{name}").write_bytes(edxml.write_acknowledgement(said))
    (out / f".{name}").rename(out / name)


def test_a_unit_is_tested_once_it_took_the_document_in(province: Province) -> None:
    with province.running():
        said = province.json("units", "smoke", "000.00.31.H48")["result"]
        [packet] = until(lambda: files(province, "xa-binh-son"))
        with packet.open("rb") as file:
            document = edxml.read(file).body
        assert isinstance(document, Document)
        answer(province, "xa-binh-son", an_answer(document, "01", BINH_SON))
        until(lambda: statuses(province, document) == ["01"])
        assert stage(province) == "connected"
        answer(province, "xa-binh-son", an_answer(document, "03", BINH_SON))
        until(lambda: statuses(province, document) == ["01", "03"])
        assert stage(province) == ("tested" if is_tried_out(province) else "live")
        answer(province, "so-nv", an_answer(document, "03", "000.00.14.H48"))
        error = until(lambda: list((province.folder / "shares" / "so-nv" / "error").glob("*.json")))

        assert said.startswith("sent as ")
        assert (document.sender.id, [one.id for one in document.to]) == ("000.00.00.H48", [BINH_SON])
        assert [one.name for one in document.attachments] == ["Văn bản thử.txt"]
        assert json.loads(error[0].read_text())["code"] == "unknown-document"
        assert [files(province, unit) for unit in ("so-nv", "tinh", "ngoai")] == [[], [], []]
        assert province.json("units", "status")[0].keys() >= {"mode", "stage"}
    assert province.hub("verify").exit_code == 0


def test_a_document_for_trying_says_so_wherever_it_is_seen(province: Province) -> None:
    units = province.folder / "units.yaml"
    clerk = "xa-binh-son, layout: clerk"
    text = units.read_text().replace("code: 000.00.14.H48,", "code: 000.00.14.H48, mode: thu-nghiem,")
    units.write_text(text.replace("xa-binh-son, layout: plain", clerk))
    share = province.folder / "shares"
    sent = a_document("7/CV", to=(BINH_SON, "000.00.00.H48"))
    with province.running():
        (share / "so-nv" / "out" / ".7").write_bytes(b"".join(edxml.compose(sent, ())))
        (share / "so-nv" / "out" / ".7").rename(share / "so-nv" / "out" / "7.edxml")
        if not is_tried_out(province, "xa-binh-son"):
            [error] = until(lambda: list((share / "so-nv" / "error").glob("*.json")))
            assert json.loads(error.read_text())["code"] == "test-document"
            return
        [sheet] = until(lambda: list((share / "xa-binh-son").glob("van-ban-den/1-moi-den/*/phieu.html")))
        [said] = province.json("trace", "7/CV")
        shown = province.hub("trace", "7/CV").stdout

    assert "THỬ NGHIỆM" in sheet.read_text(encoding="utf-8")
    assert said["document"]["test"] is True
    assert {one["unit"]: one["state"] for one in said["recipients"]}["tinh/thu-nghiem"] == "dead"
    assert shown.startswith("THỬ NGHIỆM  7/CV")
    assert files(province, "tinh") == []


def statuses(province: Province, document: Document) -> list[str]:
    return [one["code"] for one in province.json("trace", document.code)[0]["recipients"][0]["answers"]]


def test_who_cannot_be_tried_is_told_so(province: Province) -> None:
    with (province.folder / "units.yaml").open("a") as units:
        units.write(_FORMER)
    with province.running():
        gone = province.hub("units", "smoke", "so-cu")
        assert (gone.exit_code, "Đơn vị tiếp nhận" in gone.output) == (1, True)
        for unit in ("ngoai", "nobody"):
            result = province.hub("units", "smoke", unit)
            assert result.exit_code == 1
            assert f"no unit {unit}" in result.output
    idle = province.hub("units", "smoke", "so-nv")
    assert (idle.exit_code, "needs a running hub" in idle.output) == (1, True)
