"""hub orphans: the same whether a hub runs or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from hub.ledger import Ledger
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from tests.cli import Province

TAKER = "xa-binh-son"
ONE, FOREIGN = a_document(), a_document("5/UBND", subject="Của xã khác")


@pytest.fixture
def province(tmp_path: Path) -> Province:
    """One document for the taker, one that it never got, and an answer that nobody can read for certain."""
    made = Province(tmp_path)
    said = an_answer(ONE, "02", description="Gửi nhầm nơi nhận")
    blurred = replace(said, response_for=replace(said.response_for, document_id="", code="GM-SNV"))
    made.take_in(proposal(ONE, TAKER), proposal(FOREIGN, "xa-tinh-khe"), proposal(blurred, "so-nv", unit=TAKER))
    return made


@pytest.fixture(params=["no hub runs", "beside a running hub"])
def anyway(request: pytest.FixtureRequest, province: Province) -> Iterator[Province]:
    with province.running() if "beside" in request.param else nullcontext():
        yield province


def near(province: Province, name: str) -> None:
    """Have the first document come near it."""

    async def work(ledger: Ledger) -> None:
        [candidate] = ledger.views.received(TAKER)
        await ledger.note_near([(name, [{"document": candidate.envelope, "score": 0.55, "reasons": ["Trùng ngày"]}])])

    province.in_ledger(work)


def test_what_waits_is_listed_with_what_comes_near(province: Province) -> None:
    [waiting] = province.json("orphans")
    assert (waiting["unit"], waiting["status"], waiting["code"], waiting["candidates"]) == (TAKER, "02", "GM-SNV", [])

    near(province, waiting["id"])

    [waiting] = province.json("orphans")
    [best] = waiting["candidates"]
    assert (best["code"], best["score"], best["reasons"]) == (ONE.code, 0.55, ["Trùng ngày"])
    shown = province.hub("orphans").stdout
    for said in (
        waiting["id"],
        "UBND xã Bình Sơn",
        "02 Từ chối tiếp nhận",
        "Gửi nhầm nơi nhận",
        "55 %",
        ONE.code,
        "Trùng ngày",
    ):
        assert said in shown
    status = province.json("status", ends=1)
    assert (status["orphans"]["waiting"], status["orphans"]["late"]) == (1, True)
    assert any("1 hồi báo chưa rõ văn bản" in line for line in status["broken"])


def test_a_person_says_which_document_is_meant(anyway: Province) -> None:
    [waiting] = anyway.json("orphans")

    assert anyway.json("orphans", "match", waiting["id"][:20], ONE.code) == {"result": "matched, goes to so-nv"}

    assert anyway.json("orphans") == []
    assert "Không có hồi báo nào" in anyway.hub("orphans").stdout
    [view] = anyway.json("trace", ONE.code)
    assert [answer["code"] for answer in view["recipients"][0]["answers"]] == ["02"]
    assert "matched" in [event["kind"] for event in view["events"]]
    assert "đã rõ hồi báo này" in anyway.hub("trace", ONE.code).stdout
    assert anyway.hub("verify").exit_code == 0


def test_what_is_not_wanted_is_let_go_with_a_reason(anyway: Province) -> None:
    [waiting] = anyway.json("orphans")
    assert "lý do" in anyway.json("orphans", "discard", waiting["id"], "--reason", " ", ends=1)["error"]

    assert anyway.json("orphans", "discard", waiting["id"], "--reason", "Gửi nhầm") == {"result": "discarded"}

    assert anyway.json("orphans") == []
    assert "chờ mang mã" in anyway.json("orphans", "match", waiting["id"], ONE.code, ends=1)["error"]
    assert anyway.hub("verify").exit_code == 0


def test_what_is_not_allowed_is_said_clearly(anyway: Province) -> None:
    name = anyway.json("orphans")[0]["id"]

    assert "không nhận và không gửi" in anyway.json("orphans", "match", name, FOREIGN.code, ends=1)["error"]
    assert "Không tìm thấy văn bản" in anyway.json("orphans", "match", name, "99/KHAC", ends=1)["error"]
    assert "đúng một hồi báo" in anyway.json("orphans", "match", name[:5], ONE.code, ends=1)["error"]
    assert "đúng một hồi báo" in anyway.hub("orphans", "discard", "0" * 26, "--reason", "x").stderr
    assert len(anyway.json("orphans")) == 1


def test_a_name_of_several_documents_must_be_said_more_exactly(province: Province) -> None:
    again = [a_document(ONE.code, document_id=f"000.00.14.H48,2025/0{number}/01,{ONE.code}") for number in (1, 2)]
    province.take_in(*(proposal(each, TAKER) for each in again))
    name = province.json("orphans")[0]["id"]

    said = province.json("orphans", "match", name, ONE.code, ends=1)["error"]
    assert "Có nhiều văn bản" in said
    assert province.json("orphans", "match", name, again[1].document_id)["result"] == "matched, goes to so-nv"


def test_no_name_is_not_the_name_of_a_document_without_one(province: Province) -> None:
    province.take_in(proposal(a_document("8/BC-SNV", document_id=""), TAKER))
    name = province.json("orphans")[0]["id"]

    assert "matched" not in province.json("orphans", "match", name, " ", ends=1).get("result", "")


def test_who_took_over_may_mean_what_the_former_unit_got(province: Province) -> None:
    former = "{name: UBND huyện, code: 000.00.40.H48, until: 30/6/2025, successors: [xa-binh-son]}"
    with (province.folder / "units.yaml").open("a", encoding="utf-8") as units:
        units.write(f"  huyen-cu: {former}\n")
    code = "7/BC-SNV"
    documents = [a_document(code, document_id=f"000.00.14.H48,2025/0{month}/01,{code}") for month in (1, 2)]
    said = an_answer(documents[0], "03")
    blurred = replace(said, response_for=replace(said.response_for, document_id="", code="BC"))
    came = replace(proposal(blurred, "so-nv", unit=TAKER), took_over={TAKER: frozenset({"huyen-cu"})})
    province.take_in(proposal(documents[0], "huyen-cu"), proposal(documents[1], "xa-tinh-khe"), came)
    name = next(one["id"] for one in province.json("orphans") if one["code"] == "BC")

    assert province.json("orphans", "match", name, code)["result"] == "matched, goes to so-nv"


def test_without_a_ledger_there_is_nothing(tmp_path: Path) -> None:
    assert Province(tmp_path).json("orphans") == []
