"""Answers without a document through a running hub on plain folders: each waits, and comes where it belongs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import pytest

from hub.standards import edxml
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.cli import Province
from tests.crash.book import FIGURE

T = TypeVar("T")
ORIGIN, TAKER, STRANGER = "so-nv", "xa-binh-son", "so-khcn"
_KHCN = """\
  so-khcn:
    name: Sở Khoa học và Công nghệ
    code: 000.00.12.H48
    endpoint: {kind: folderdrop, folder: shares/so-khcn, layout: plain}
"""
TAKERS_CODE, STRANGERS_CODE = "000.00.31.H48", "000.00.12.H48"
_TWO = b"<edXML:ResponseFor>"


def until(fact: Callable[[], T], within: float = 30.0) -> T:
    """What it says once it says anything."""
    end = time.monotonic() + within
    while not (found := fact()):
        assert time.monotonic() < end, f"not in time: {fact}"
        time.sleep(0.02)
    return found


@pytest.fixture
def province(tmp_path: Path) -> Province:
    made = Province(tmp_path)
    units = made.folder / "units.yaml"
    units.write_text(units.read_text("utf-8").replace("layout: plain", "settle: 50ms, poll: 100ms") + _KHCN, "utf-8")
    return made


def drop(province: Province, unit: str, name: str, content: bytes) -> None:
    out = province.folder / "shares" / unit / "out"
    out.mkdir(parents=True, exist_ok=True)
    (out / f".{name}").write_bytes(content)
    (out / f".{name}").rename(out / name)


def send(province: Province, document: Document) -> None:
    drop(province, ORIGIN, f"{document.number}.edxml", b"".join(edxml.compose(document, ())))


def answer(province: Province, said: Acknowledgement, unit: str = TAKER, **reference: str) -> None:
    named = replace(said, response_for=replace(said.response_for, **reference))
    drop(province, unit, f"{said.status}-{time.monotonic_ns()}.edxml", edxml.write_acknowledgement(named))


def statuses(province: Province, unit: str = ORIGIN) -> list[tuple[str, str, str]]:
    """Code, number and DocumentId of each status that came."""
    folder = province.folder / "shares" / unit / "in"
    bodies = [edxml.read(BytesIO(path.read_bytes())).body for path in sorted(folder.glob("*.edxml"))]
    said = [body for body in bodies if isinstance(body, Acknowledgement)]
    return sorted((one.status, one.response_for.code, one.response_for.document_id) for one in said)


def refusals(province: Province, unit: str) -> list[str]:
    errors = (province.folder / "shares" / unit / "error").glob("*.json")
    return sorted(json.loads(path.read_text("utf-8"))["code"] for path in errors)


def waiting(province: Province) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = province.json("orphans")
    return found


def names(document: Document, *codes: str) -> list[tuple[str, str, str]]:
    return [(code, document.code, document.document_id) for code in codes]


def test_each_answer_finds_its_document_by_itself_or_by_a_person(province: Province) -> None:
    early, late = a_document("1/GM-SNV", subject="Họp giao ban"), a_document("2/QĐ-SNV", subject="Bổ nhiệm cán bộ")
    with province.running():
        answer(province, an_answer(early, "01"))
        until(lambda: waiting(province))
        send(province, early)
        until(lambda: statuses(province) == names(early, "01"))

        answer(province, an_answer(early, "03"), document_id="", code="1 GM SNV")
        until(lambda: statuses(province) == names(early, "01", "03"))

        send(province, late)
        until(lambda: "đã chuyển" in province.hub("trace", late.code).stdout)
        answer(province, an_answer(late, "06"), document_id="", code="QĐ-SNV")
        [blurred] = until(lambda: [one for one in waiting(province) if one["candidates"]])
        assert late.code in [near["code"] for near in blurred["candidates"]]
        assert province.json("orphans", "match", blurred["id"], late.code)["result"] == "matched, goes to so-nv"
        until(lambda: statuses(province) == sorted(names(early, "01", "03") + names(late, "06")))

        assert waiting(province) == []
    assert province.hub("verify").exit_code == 0


def test_a_kill_before_the_match_changes_nothing(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_FAILPOINTS", "orphanage.ranked=kill")
    document = a_document("1/GM-SNV")
    with province.running() as hub:
        answer(province, an_answer(document, "03"))
        until(lambda: waiting(province))
        send(province, document)
        assert hub.process.wait(30) == -9
        assert len(waiting(province)) == 1

    monkeypatch.delenv("HUB_FAILPOINTS")
    with province.running():
        until(lambda: statuses(province) == names(document, "03"))
        assert waiting(province) == []
    assert province.hub("verify").exit_code == 0


@pytest.mark.fault(
    20,
    "an answer for an unknown document, of a wrong receiver, about two documents at once",
    "the first waits and is handed on when its document appears, an alarm after a day; the others are given back",
)
def test_an_answer_that_is_not_in_order_does_no_harm(
    province: Province, record_property: Callable[[str, object], None]
) -> None:
    document, other = a_document("1/GM-SNV"), a_document("2/GM-SNV")
    twice = edxml.write_acknowledgement(an_answer(document, "03"))
    begin, end = twice.index(_TWO), twice.index(b"</edXML:ResponseFor>") + len(b"</edXML:ResponseFor>")
    with province.running():
        send(province, other)
        until(lambda: province.hub("trace", other.code).exit_code == 0)
        for code in ("01", "03", "06"):
            answer(province, an_answer(document, code))
        answer(province, an_answer(other, "03", STRANGERS_CODE), STRANGER)
        drop(province, TAKER, "hai.edxml", twice[:end] + twice[begin:])
        until(lambda: len(waiting(province)) == 3)
        assert until(lambda: refusals(province, STRANGER)) == ["unknown-document"]
        assert until(lambda: refusals(province, TAKER)) == ["ambiguous"]
        assert statuses(province) == []
        began = time.monotonic()
        send(province, document)
        until(lambda: statuses(province) == names(document, "01", "03", "06"))
        took = time.monotonic() - began
        record_property(FIGURE, f"3 answers handed on {took:.1f} s after their document was dropped")
        assert waiting(province) == []
        assert "03" not in json.dumps(province.json("trace", other.code)[0]["recipients"][0]["answers"])
    assert province.hub("verify").exit_code == 0
