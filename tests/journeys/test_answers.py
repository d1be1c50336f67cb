"""Each of the nine codes over the folder leg: dropped by a unit's software, found by the other side, seen in trace."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.standards import edxml
from hub.testing import RunningHub, eventually
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Business, BusinessInfo, Document

_HUB = """
data: data
listen: 127.0.0.1:0
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
plugins: [folderdrop]
"""
_UNITS = """
units:
  so-nv: {name: Sở Nội vụ, code: 000.00.14.H48, endpoint: {kind: folderdrop, folder: so-nv, settle: 50ms, poll: 50ms}}
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: 000.00.31.H48
    endpoint: {kind: folderdrop, folder: xa-binh-son, settle: 50ms, poll: 50ms}
"""
SENDER, TAKER = "so-nv", "xa-binh-son"
_AT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "hub.yaml").write_text(_HUB)
    (tmp_path / "units.yaml").write_text(_UNITS)
    return tmp_path


def drop(home: Path, unit: str, body: Document | Acknowledgement, name: str) -> None:
    content = b"".join(edxml.compose(body, ())) if isinstance(body, Document) else edxml.write_acknowledgement(body)
    draft = home / unit / "out" / f".{name}"
    draft.write_bytes(content)
    draft.rename(draft.with_name(f"{name}.edxml"))


def statuses(home: Path, unit: str) -> list[str]:
    """The codes that a unit found in its folder."""
    return sorted(path.name.split("_")[1] for path in (home / unit / "in").glob("trang-thai_*.edxml"))


def traced(home: Path, code: str = "211/GM-SNV") -> Any:
    said = CliRunner().invoke(app, ["trace", code, "--config", str(home), "--json"])
    return json.loads(said.stdout)[0]


async def sent(home: Path, document: Document) -> None:
    drop(home, SENDER, document, "van-ban")
    await eventually(lambda: list((home / TAKER / "in").glob("211-GM-SNV_*.edxml")), 20)


async def answered(home: Path, document: Document, code: str, **fields: Any) -> None:
    before = statuses(home, SENDER)
    drop(home, TAKER, an_answer(document, code, at=_AT, **fields), f"tra-loi-{code}")
    await eventually(lambda: statuses(home, SENDER) == sorted([*before, code]), 20)


def ask(home: Path, document: Document) -> None:
    asking = an_answer(document, "13", HOME_AFFAIRS, at=_AT, description="Ban hành nhầm")
    drop(home, SENDER, replace(asking, response_for=replace(asking.response_for, organ_id=BINH_SON)), "thu-hoi")


@pytest.mark.parametrize(
    ("code", "skipped"), [("01", []), ("03", []), ("04", ["03"]), ("05", ["03", "04"]), ("06", ["03", "04", "05"])]
)
async def test_a_step_reaches_the_sender(home: Path, code: str, skipped: list[str]) -> None:
    document = a_document()
    async with RunningHub(home):
        await sent(home, document)
        await answered(home, document, code, description="Số đến 12")

    [recipient] = traced(home)["recipients"]
    assert (code, "none", skipped) == (recipient["status"], recipient["recall"], recipient["skipped"])
    [answer] = recipient["answers"]
    assert (code, BINH_SON, "Số đến 12") == (answer["code"], answer["by"], answer["reason"])
    assert _AT == datetime.fromisoformat(answer["at"])


async def test_a_refusal_reaches_the_sender_with_its_reason_and_without_one_comes_back(home: Path) -> None:
    document = a_document()
    async with RunningHub(home):
        await sent(home, document)
        drop(home, TAKER, an_answer(document, "02", at=_AT), "khong-ly-do")
        refused = home / TAKER / "error" / "khong-ly-do.edxml.error.json"
        await eventually(refused.exists, 20)
        await answered(home, document, "02", description="Gửi nhầm nơi nhận")

    assert "no-reason" == json.loads(refused.read_text("utf-8"))["code"]
    [recipient] = traced(home)["recipients"]
    assert ("02", "Gửi nhầm nơi nhận") == (recipient["status"], recipient["answers"][0]["reason"])


@pytest.mark.parametrize(("code", "status", "recall"), [("15", "15", "agreed"), ("16", "03", "refused")])
async def test_a_recall_reaches_the_receiver_and_its_answer_the_sender(
    home: Path, code: str, status: str, recall: str
) -> None:
    document = a_document()
    async with RunningHub(home):
        await sent(home, document)
        await answered(home, document, "03")
        ask(home, document)
        await eventually(lambda: statuses(home, TAKER) == ["13"], 20)
        [recipient] = traced(home)["recipients"]
        assert ("03", "asked") == (recipient["status"], recipient["recall"])
        await answered(home, document, code, description="Đã xử lý theo yêu cầu")

    [recipient] = traced(home)["recipients"]
    assert (status, recall) == (recipient["status"], recipient["recall"])
    assert [("03", "expected"), ("13", "expected"), (code, "expected")] == sorted(
        (each["code"], each["word"]) for each in recipient["answers"]
    )


async def test_what_has_not_gone_is_stopped_and_the_hub_testifies(home: Path) -> None:
    document, away = a_document(), home / "away"
    async with RunningHub(home):
        await eventually((home / TAKER / "in").exists, 20)
        (home / TAKER).rename(away)
        drop(home, SENDER, document, "van-ban")
        await eventually(lambda: waits(home), 20)
        ask(home, document)
        await eventually(lambda: statuses(home, SENDER) == ["15"], 20)
        away.rename(home / TAKER)

    [path] = (home / SENDER / "in").glob("trang-thai_15_*")
    body = edxml.read(io.BytesIO(path.read_bytes())).body
    assert isinstance(body, Acknowledgement)
    assert BINH_SON == body.sender.id
    assert body.description.startswith("Trục liên thông tỉnh ghi nhận: văn bản chưa được chuyển tới nơi nhận")
    [recipient] = traced(home)["recipients"]
    assert ("withdrawn", "15", "agreed") == (recipient["state"], recipient["status"], recipient["recall"])
    assert [] == os.listdir(home / TAKER / "in")


def waits(home: Path) -> bool:
    said = CliRunner().invoke(app, ["trace", "211/GM-SNV", "--config", str(home), "--json"]).stdout
    return any(each["state"] == "deferred" for one in json.loads(said) for each in one["recipients"])


async def test_a_document_that_revokes_is_seen_beside_the_one_that_it_revokes(home: Path) -> None:
    document = a_document()
    async with RunningHub(home):
        await sent(home, document)
        business = BusinessInfo(Business.REVOKE, document_id=document.document_id, reason="Ban hành nhầm")
        drop(home, SENDER, a_document("300/QD-SNV", business=business), "thu-hoi")
        await eventually(lambda: list((home / TAKER / "in").glob("300-QD-SNV_*.edxml")), 20)

    first, second = traced(home), traced(home, "300/QD-SNV")
    assert "asked" == first["recipients"][0]["recall"]
    assert [("revoke", second["document"]["id"], True)] == [
        (link["how"], link["envelope"], link["by"]) for link in first["links"]
    ]
    said = CliRunner().invoke(app, ["trace", "211/GM-SNV", "--config", str(home)]).stdout
    assert "Bị thu hồi bởi 300/QD-SNV" in said
    assert "đang được yêu cầu thu hồi/cập nhật" in said


@pytest.mark.parametrize("kind", [Business.REVOKE, Business.UPDATE, Business.REPLACE])
async def test_what_asks_under_the_same_id_reaches_software_as_it_was_sent(home: Path, kind: Business) -> None:
    document = a_document()
    business = BusinessInfo(kind, document_id=document.document_id, reason="Ghi sai số liệu")
    async with RunningHub(home):
        await sent(home, document)
        drop(home, SENDER, a_document(business=business), "thay-doi")
        await eventually(lambda: len(papers(home, TAKER)) == 2, 20)
        [changed] = [each for each in papers(home, TAKER) if each.business.type is not Business.NEW]
        assert (changed.document_id, changed.business) == (document.document_id, business)
        await answered(home, changed, "15")
        assert os.listdir(home / SENDER / "error") == []


def papers(home: Path, unit: str) -> list[Document]:
    """The documents that a unit found in its folder."""
    found = (edxml.read(io.BytesIO(path.read_bytes())).body for path in (home / unit / "in").glob("211-GM-SNV_*.edxml"))
    return [body for body in found if isinstance(body, Document)]


async def test_what_is_odd_is_told_in_words(home: Path) -> None:
    document = a_document()
    async with RunningHub(home):
        await sent(home, document)
        await answered(home, document, "06")
        await answered(home, document, "02", description="Nhầm")
        odd = edxml.write_acknowledgement(an_answer(document, "7x", at=None, at_text="30/02/2026 25:61"))
        (home / TAKER / "out" / "la.edxml").write_bytes(odd)
        await eventually(lambda: "7x" in statuses(home, SENDER), 20)

    said = CliRunner().invoke(app, ["trace", "211/GM-SNV", "--config", str(home)], env={"COLUMNS": "200"}).stdout
    for words in ("[mâu thuẫn]", "[bỏ qua bước trước]", "[mã lạ]", "(ghi ngày giờ không đọc được: 30/02/2026 25:61)"):
        assert words in said
    [found] = (home / SENDER / "in").glob("trang-thai_7x_*")
    assert b"30/02/2026 25:61" in found.read_bytes()
