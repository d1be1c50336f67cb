"""Where a document stands."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from hub.testing.samples import a_document, an_answer
from hub.tracking import answer, standing
from hub.vocabulary import Answer

WHEN = datetime(2026, 11, 23, 1, tzinfo=UTC)


def answers(*codes: str) -> list[Answer]:
    return [Answer(code, WHEN, "văn thư", "") for code in codes]


@pytest.mark.parametrize(
    ("codes", "holds"),
    [
        ((), None),
        (("01",), "01"),
        (("01", "03"), "03"),
        (("06", "01"), "06"),
        (("01", "02"), "02"),
        (("01", "03", "15"), "15"),
        (("77",), None),
        (("03", "77"), "03"),
        (("13",), None),
    ],
)
def test_the_highest_rank_holds(codes: tuple[str, ...], holds: str | None) -> None:
    assert holds == standing(answers(*codes))


def test_the_order_of_arrival_does_not_matter() -> None:
    assert {"06"} == {standing(answers(*codes)) for codes in permutations(("01", "03", "04", "05", "06"))}


def test_an_answer_names_the_person_or_else_the_organisation() -> None:
    said = an_answer(a_document(), "03", at=None, description="Số đến 12")

    assert Answer("03", WHEN, "000.00.31.H48", "Số đến 12") == answer(said, WHEN)
