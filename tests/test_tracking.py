"""The life of an answer, against a model of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.testing.samples import a_document, an_answer
from hub.tracking import Recall, Standing, Word, answer, holding, life, note, recall, standing, words
from hub.vocabulary import Answer
from tests.crash.book import FIGURE

WHEN = datetime(2026, 11, 23, 1, tzinfo=UTC)
CODES = ("01", "02", "03", "04", "05", "06", "13", "15", "16")

#: A code and its minute.
Said = tuple[str, int]
Record = Callable[[str, object], None]


def said(*spoken: Said) -> list[Answer]:
    return [Answer(code, WHEN + timedelta(minutes=minute), "văn thư", "") for code, minute in spoken]


def answers(*codes: str) -> list[Answer]:
    return said(*((code, 0) for code in codes))


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
        (("16",), None),
    ],
)
def test_the_highest_rank_holds(codes: tuple[str, ...], holds: str | None) -> None:
    assert holds == standing(answers(*codes))


def test_the_order_of_arrival_does_not_matter() -> None:
    assert {"06"} == {standing(answers(*codes)) for codes in permutations(("01", "03", "04", "05", "06"))}


@pytest.mark.parametrize(
    ("spoken", "holds"),
    [
        # Late good news.
        ((("02", 1), ("03", 2)), "03"),
        ((("02", 2), ("03", 1)), "02"),
        ((("02", 1), ("03", 1)), "03"),
        ((("03", 1), ("05", 2), ("02", 3), ("03", 4)), "03"),
        ((("06", 1), ("02", 2)), "06"),
        ((("02", 1), ("01", 2)), "02"),
        ((("15", 1), ("06", 2)), "15"),
        ((("03", 1), ("13", 2), ("16", 3)), "03"),
    ],
)
def test_times_decide_between_a_refusal_and_a_step(spoken: Sequence[Said], holds: str) -> None:
    assert holds == standing(said(*spoken))


@pytest.mark.parametrize(
    ("spoken", "stands"),
    [
        ((), Standing()),
        ((("01", 0), ("06", 9)), Standing("06", WHEN + timedelta(minutes=9), skipped=("03", "04", "05"))),
        ((("03", 0), ("13", 1)), Standing("03", WHEN, Recall.ASKED)),
        ((("03", 0), ("13", 1), ("16", 2)), Standing("03", WHEN, Recall.REFUSED)),
        ((("03", 0), ("13", 1), ("16", 2), ("13", 3)), Standing("03", WHEN, Recall.ASKED)),
        ((("13", 0), ("16", 0)), Standing(None, None, Recall.REFUSED)),
        ((("13", 0), ("15", 1)), Standing("15", WHEN + timedelta(minutes=1), Recall.AGREED)),
        (
            (("13", 0), ("15", 1), ("03", 2), ("16", 3)),
            Standing("15", WHEN + timedelta(minutes=1), Recall.AGREED, contradictions=("03", "16")),
        ),
        ((("15", 0),), Standing("15", WHEN, Recall.AGREED, contradictions=("15",))),
        ((("06", 0), ("02", 1)), Standing("06", WHEN, skipped=("03", "04", "05"), contradictions=("02",))),
    ],
)
def test_the_whole_of_what_stands(spoken: Sequence[Said], stands: Standing) -> None:
    assert stands == life(said(*spoken))


def test_an_update_asks_by_itself() -> None:
    assert life([], asked=True).recall is Recall.ASKED
    assert words(answers("15"), asked=True) == (Word.EXPECTED,)
    assert words(answers("15")) == (Word.CONTRADICTION,)


@pytest.mark.parametrize(
    ("spoken", "what"),
    [
        ((("01", 0), ("03", 1), ("04", 2), ("05", 3), ("06", 4)), "expected expected expected expected expected"),
        ((("01", 0), ("06", 1)), "expected skip"),
        ((("03", 0), ("03", 1)), "expected repeat"),
        ((("06", 5), ("05", 4), ("06", 6), ("04", 7)), "skip late repeat late"),
        ((("03", 1), ("02", 2), ("03", 3), ("02", 4)), "expected expected expected expected"),
        ((("03", 1), ("02", 1)), "expected contradiction"),
        ((("03", 2), ("02", 1)), "expected late"),
        ((("05", 0), ("02", 1)), "skip contradiction"),
        ((("06", 0), ("02", 1)), "skip contradiction"),
        ((("13", 0), ("13", 1), ("16", 2), ("13", 3), ("15", 4)), "expected repeat expected expected expected"),
        ((("13", 2), ("15", 3), ("03", 4), ("01", 1), ("16", 5)), "expected expected contradiction late contradiction"),
        ((("77", 0), ("77", 1), ("03", 2)), "unknown repeat expected"),
    ],
)
def test_every_answer_gets_its_word(spoken: Sequence[Said], what: str) -> None:
    assert what == " ".join(words(said(*spoken)))


def test_an_answer_names_the_person_or_else_the_organisation() -> None:
    spoken = an_answer(a_document(), "03", at=None, description="Số đến 12", at_text="30/02/2026")

    assert Answer("03", WHEN, "000.00.31.H48", "Số đến 12", "30/02/2026") == answer(spoken, WHEN)


# The model: it walks through time and keeps one state, where the hub looks at the latest of each code.


def _model(spoken: Iterable[Said]) -> tuple[str | None, str]:
    """Code and recall. At one minute: what asks first, then refusals, then steps, then what ends a recall."""
    code: str | None = None
    asks, finished, recalled = "none", False, False
    order = {"13": 0, "01": 1, "02": 2, "03": 3, "04": 3, "05": 3, "06": 3, "16": 4, "15": 5}
    for now, _ in sorted(spoken, key=lambda each: (each[1], order[each[0]])):
        if now == "13" and asks != "agreed":
            asks = "asked"
        elif now == "16" and asks != "agreed":
            asks = "refused"
        elif now == "15":
            asks, recalled = "agreed", True
        elif now == "06":
            finished = True
        elif now == "02":
            code = "02"
        elif now == "01":
            code = code or "01"
        elif now in ("03", "04", "05"):
            code = now if code in (None, "01", "02") else max(code, now)
    return ("15" if recalled else "06" if finished else code), asks


def _agrees(spoken: Sequence[Said]) -> tuple[str | None, str]:
    stands = life(said(*spoken))
    assert (stands.code, stands.recall.value) == _model(spoken), spoken
    assert standing(said(*spoken)) == stands.code
    assert len(words(said(*spoken))) == len(spoken)
    return stands.code, stands.recall.value


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CODES), st.integers(0, 3)), min_size=6, max_size=6))
def test_six_answers_at_any_times_stand_as_the_model_says_in_every_order(spoken: list[Said]) -> None:
    said_so = _agrees(spoken)
    for other in (spoken[::-1], sorted(spoken), spoken[3:] + spoken[:3]):
        assert life(said(*other)) == life(said(*spoken))
        assert said_so == _agrees(other)


#: Six events each: a plain life, a refusal taken back, a recall in the middle, one refused and asked again.
_CHOSEN: Sequence[Sequence[Said]] = (
    (("01", 0), ("03", 1), ("04", 2), ("05", 3), ("06", 4), ("02", 5)),
    (("01", 0), ("02", 1), ("03", 2), ("02", 3), ("03", 4), ("06", 5)),
    (("01", 0), ("03", 1), ("13", 2), ("15", 3), ("06", 4), ("16", 5)),
    (("03", 0), ("13", 0), ("16", 0), ("13", 1), ("15", 1), ("02", 1)),
    (("02", 0), ("02", 0), ("03", 0), ("03", 0), ("05", 0), ("04", 0)),
    (("13", 0), ("16", 1), ("13", 2), ("01", 3), ("06", 4), ("02", 4)),
)


def test_all_permutations_of_six_stand_alike(record_property: Record) -> None:
    tried = 0
    for chosen in _CHOSEN:
        stands = {life(said(*order)) for order in permutations(chosen)}
        for order in permutations(chosen):
            tried += 1
            assert len(words(said(*order))) == len(order)
        assert len(stands) == 1
        assert [(each.code, each.recall.value) for each in stands] == [_model(chosen)]
    record_property(FIGURE, f"{tried} orders of {len(_CHOSEN)} x 6 answers: one standing each, the model's")


@pytest.mark.slow
@pytest.mark.parametrize("times", [(0,) * 6, tuple(range(6)), (5, 4, 3, 2, 1, 0)], ids=["equal", "rising", "falling"])
def test_every_sequence_of_six_codes_stands_as_the_model_says(times: tuple[int, ...], record_property: Record) -> None:
    tried = 0
    for codes in product(CODES, repeat=6):
        spoken = tuple(zip(codes, times, strict=True))
        latest: dict[str, datetime] = {}
        for code, minute in spoken:
            note(latest, code, _MINUTES[minute])
        assert (holding(latest), recall(latest).value) == _model(spoken), spoken
        tried += 1
    assert tried == 9**6
    record_property(FIGURE, f"{tried} sequences of six codes stand as the model says")


_MINUTES = [WHEN + timedelta(minutes=minute) for minute in range(6)]
