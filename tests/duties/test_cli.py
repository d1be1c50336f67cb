"""`hub duties`, and what status and trace say of duties."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.duties import Owed, Sent, Step
from hub.ledger import Ledger
from hub.ledger.minded import Move
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from tests.cli import Province

XA = "xa-binh-son"
NOW = datetime.now(UTC)
PAST, SOON = NOW - timedelta(days=2, hours=3, minutes=5), NOW + timedelta(hours=5)


def owed(unit: str, code: str, due: datetime) -> Owed:
    return Owed(unit, code, "luật", due, due)


@pytest.fixture
def province(tmp_path: Path) -> Province:
    """One document long overdue, one that has time, one answered."""
    province = Province(tmp_path)
    late, early, done = a_document("1/GM-SNV"), a_document("2/GM-SNV"), a_document("3/GM-SNV")
    gui = Sent(owed("so-nv", "gui", SOON), met=True)
    province.take_in(
        replace(proposal(late, XA), owed=(owed(XA, "03", PAST),), sent=gui),
        replace(proposal(early, XA), owed=(owed(XA, "06", SOON),)),
        replace(proposal(done, XA), owed=(owed(XA, "03", SOON),)),
        proposal(an_answer(done, "03"), "so-nv", unit=XA),
    )
    return province


async def escalate(ledger: Ledger) -> None:
    [one] = await ledger.duties.due(NOW, 10)
    kinds = ("duty-overdue", "duty-reminded", "duty-escalated")
    step = Step("overdue", one.duty.due_at, SOON, kinds, remind=True, escalate=("Chủ tịch UBND xã",))
    await ledger.duties.take([Move(one, step)])


async def give_up(ledger: Ledger) -> None:
    [one] = await ledger.duties.due(NOW, 10)
    await ledger.duties.take([Move(one, Step("broken", one.duty.due_at, NOW, ("duty-broken",)))])


def test_who_owes_what_the_most_pressing_first(province: Province) -> None:
    province.in_ledger(escalate)

    said = province.json("duties")

    assert [("1/GM-SNV", "03", "overdue"), ("2/GM-SNV", "06", "open")] == [
        (one["document"], one["code"], one["state"]) for one in said
    ]
    assert [True, False] == [one["overdue"] for one in said]
    shown = province.hub("duties").stdout
    assert "quá hạn 2 ngày 3 giờ" in shown
    assert "03 Đã tiếp nhận" in shown
    assert "chưa hồi báo, còn 4 giờ" in shown
    assert "1 lần" in shown


def test_filters(province: Province) -> None:
    province.in_ledger(escalate)

    assert ["1/GM-SNV"] == [one["document"] for one in province.json("duties", "--overdue")]
    assert ["2/GM-SNV"] == [one["document"] for one in province.json("duties", "--document", "2/gm-snv")]
    assert 2 == len(province.json("duties", "--unit", "000.00.31.H48"))
    assert [] == province.json("duties", "--unit", "so-nv")
    assert [] == province.json("duties", "--broken")


@pytest.mark.parametrize("command", ["duties", "reconcile"])
def test_a_unit_that_nobody_knows_is_no_good_news(province: Province, command: str) -> None:
    result = province.hub(command, "--unit", "xa-binh-sno", "--json")

    assert result.exit_code == 2
    assert not result.stdout
    assert "000.00.31.H48" in result.stderr


def test_a_document_that_nobody_knows_is_no_good_news(province: Province) -> None:
    result = province.hub("duties", "--document", "9/GM-SNV", "--json")

    assert result.exit_code == 2
    assert not result.stdout
    assert "9/GM-SNV" in result.stderr
    assert [] == province.json("duties", "--document", "3/GM-SNV", "--overdue")


def test_what_was_left_unanswered_stays_to_be_seen(province: Province) -> None:
    province.in_ledger(give_up)

    assert ["1/GM-SNV"] == [one["document"] for one in province.json("duties", "--broken")]
    assert "không hồi báo" in province.hub("duties", "--broken").stdout
    assert {"broken": 1, "met": 2, "open": 1} == province.json("status", ends=1)["duties"]


def test_status_names_whom_to_tell(province: Province) -> None:
    province.in_ledger(escalate)

    [one] = province.json("status", ends=1)["escalated"]

    assert (XA, "1/GM-SNV", ["Chủ tịch UBND xã"]) == (one["unit"], one["document"], one["to"])
    assert "Cần báo cáo lãnh đạo Chủ tịch UBND xã: xa-binh-son" in province.hub("status").stdout


def test_trace_shows_the_duties_of_each_recipient(province: Province) -> None:
    [traced] = province.json("trace", "1/GM-SNV")

    assert [("03", "open")] == [(one["code"], one["state"]) for one in traced["recipients"][0]["duties"]]
    assert [("gui", "met")] == [(one["code"], one["state"]) for one in traced["sent"]]
    shown = province.hub("trace", "1/GM-SNV").stdout
    assert "Gửi đúng hạn" in shown
    assert "03 Đã tiếp nhận, hạn" in shown


def test_without_a_ledger_nobody_owes_anything(tmp_path: Path) -> None:
    province = Province(tmp_path)

    assert [] == province.json("duties")
    assert "Không đơn vị nào còn phải hồi báo" in province.hub("duties").stdout


def test_what_a_former_unit_owes_is_shown_under_its_heir(province: Province) -> None:
    units = province.folder / "units.yaml"
    written = units.read_text().replace(
        "    code: 000.00.31.H48\n", "    code: 000.00.31.H48\n    until: 2026-01-01\n    successors: [so-nv]\n"
    )
    units.write_text(written)

    assert {"so-nv"} == {one["unit"] for one in province.json("duties")}
    assert 2 == len(province.json("duties", "--unit", "so-nv"))


def test_both_at_once_is_no_question(province: Province) -> None:
    assert 2 == province.hub("duties", "--overdue", "--broken").exit_code


def test_json_is_one_value(province: Province) -> None:
    assert isinstance(json.loads(province.hub("duties", "--json").stdout), list)
