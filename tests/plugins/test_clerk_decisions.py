"""The pure half of a clerk's folder: spelling, and random gestures against the decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.folderdrop.clerk import cases, names, texts
from plugins.folderdrop.clerk.cases import Case, Listed, Said, Stage
from plugins.folderdrop.clerk.decisions import (
    AskReason,
    DropTwin,
    GiveUp,
    Moment,
    Pending,
    PutBack,
    Restore,
    Seen,
    Spans,
    Tell,
)
from plugins.folderdrop.clerk.gestures import crowded, decide, has_reason

_SPANS = Spans(grace=120.0, grace_refusal=600.0, settle=2.0)
_START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
_LISTED = (Listed("211.pdf", "211.pdf", 3, "0" * 64),)


def a_case(**fields: object) -> Case:
    known = Case("d1", "0" * 64, 1, "7K3", "211-GM-SNV ~7K3", "211/GM-SNV", "Sở Nội vụ", "V/v", 0, _START.isoformat())
    return replace(known.arrived(_START), files=_LISTED, **fields)  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("3-da-tiep-nhan", Stage.ACCEPTED),
        ("3. Đã tiếp nhận", Stage.ACCEPTED),
        ("3-DA TIEP NHAN", Stage.ACCEPTED),
        ("3_da_tiep_nhan", Stage.ACCEPTED),
        ("đã tiếp nhận", Stage.ACCEPTED),
        ("1. Mới đến", Stage.NEW),
        ("2 - Từ chối", Stage.REFUSED),
        ("6 HOÀN THÀNH", Stage.FINISHED),
        ("Công văn đến T11", None),
        ("2026-11", None),
    ],
)
def test_a_stage_is_known_however_it_is_spelt(name: str, stage: Stage | None) -> None:
    assert stage is names.stage_of(name)


@pytest.mark.parametrize(
    ("folder", "number"),
    [
        ("1254 - 211-GM-SNV ~7K3", "1254"),
        ("1254", "1254"),
        ("08.CV", "08"),
        ("211-GM-SNV ~7K3", ""),
        ("211-GM-SNV gấp", ""),
        ("211-GM-SNV ~7K3 - Copy", ""),
        ("1234567 CV", ""),
        ("CV khẩn anh Nam", ""),
    ],
)
def test_the_number_of_the_register_is_what_stands_before_the_name(folder: str, number: str) -> None:
    assert number == names.arrival_number(folder, "211/GM-SNV", "211-GM-SNV ~7K3")


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_folder_s_name_is_short_and_plain(code: str, sender: str) -> None:
    name = names.folder_name(code, date(2016, 1, 13), sender, "7K3")
    assert len(name) <= 60
    assert name.isascii()
    assert name.endswith("~7K3")
    assert not set(name) & set('<>:"/\\|?*')


@given(st.lists(st.text(max_size=300), max_size=12))
def test_files_have_safe_names_none_twice(full: list[str]) -> None:
    called = names.file_names(full)
    assert len(full) == len({name.lower() for name in called})
    for name in called:
        assert 0 < len(name) <= 105
        assert len(name.encode()) <= 245
        assert not set(name) & set('<>:"/\\|?*\0')
        assert name.lower() not in {each.lower() for each in names.OURS}


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("Ủy ban nhân dân tỉnh Quảng Ngãi", "204-UBND-VX 13-01-2016 UBND-tinh-Quang-Ngai ~7K3"),
        ("Sở Nông nghiệp và Môi trường tỉnh Quảng Ngãi", "204-UBND-VX 13-01-2016 So-Nong-nghiep-va-Moi-truong ~7K3"),
        ("", "204-UBND-VX 13-01-2016 ~7K3"),
    ],
)
def test_a_sender_is_named_in_whole_words(sender: str, expected: str) -> None:
    assert expected == names.folder_name("204/UBND-VX", date(2016, 1, 13), sender, "7K3")


def test_a_tail_is_never_given_twice() -> None:
    taken: set[str] = set()
    for number in range(3000):
        taken.add(names.tail_of(f"delivery{number}", taken))
    assert len(taken) == 3000
    assert names.tail_of("x", set()) == names.tail_of("x", set())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_notepad_s_text_is_read(encoding: str) -> None:
    assert "Sai tên đơn vị" == texts.without_hint(texts.decoded(f"{texts.HINT}\r\nSai tên đơn vị\r\n".encode(encoding)))


def test_old_vietnamese_text_is_read() -> None:
    assert "Sai tên đơn vị" == texts.decoded("Sai tên đơn vi\u0323".encode("cp1258"))


def test_a_case_survives_its_file() -> None:
    case = a_case(stage=Stage.ASSIGNED, person="Nguyễn Văn \udce1", restored=True)
    assert case == cases.read(cases.written(case))


def at(seconds: float) -> Moment:
    return Moment(1000.0 + seconds, _START + timedelta(seconds=seconds))


def test_a_gesture_is_told_after_its_grace_only() -> None:
    case, seen = a_case(), [Seen("v/3/a", Stage.ACCEPTED)]
    first = decide(case, seen, None, at(0), _SPANS)
    assert first.acts == ()
    assert first.due == 1120.0
    assert decide(case, seen, first.pending, at(119.9), _SPANS).acts == ()
    [told] = decide(case, seen, first.pending, at(120), _SPANS).acts
    assert isinstance(told, Tell)
    assert told.said == (Said("03", _START.isoformat()),)


def test_renaming_in_the_grace_begins_it_anew() -> None:
    case = a_case()
    first = decide(case, [Seen("v/3/a", Stage.ACCEPTED)], None, at(0), _SPANS)
    second = decide(case, [Seen("v/3/12 a", Stage.ACCEPTED)], first.pending, at(100), _SPANS)
    assert second.due == 1220.0


def test_a_crowd_waits_longer_and_stays_one() -> None:
    pendings = {str(n): Pending("3/", "", 1000.0, 1000.0, _START, Stage.ACCEPTED) for n in range(21)}
    assert all(each.crowd for each in crowded(pendings).values())
    fewer = {key: each for key, each in pendings.items() if key != "0"}
    assert not any(each.crowd for each in crowded(fewer).values())
    marked = {key: each for key, each in crowded(pendings).items() if key in {"1", "2"}}
    assert all(each.crowd for each in crowded(marked).values())


_CODES = ("01", "02", "03", "04", "05", "06")
_PLACES = st.sets(
    st.tuples(st.sampled_from([*Stage, None]), st.sampled_from(["", "An", "Bình"]), st.booleans()), max_size=3
)
_STEPS = st.lists(
    st.tuples(_PLACES, st.sampled_from(["", "Sai", "Sai tên đơn vị nhận"]), st.floats(0, 700)), max_size=25
)


def _seen(places: set[tuple[Stage | None, str, bool]], reason: str) -> list[Seen]:
    return [
        Seen(f"v/{stage}/{person}/{number}", stage, person if stage is Stage.ASSIGNED else "", whole, reason)
        for number, (stage, person, whole) in enumerate(sorted(places, key=repr))
    ]


@settings(max_examples=400, deadline=None)
@given(_STEPS)
def test_whatever_a_clerk_does_the_sender_hears_a_legal_history(
    steps: list[tuple[set[tuple[Stage | None, str, bool]], str, float]],
) -> None:
    case, pending, now, restored = a_case(), None, 0.0, 0
    for places, reason, pause in steps:
        now += pause
        seen = _seen(places, reason)
        verdict = decide(case, seen, pending, at(now), _SPANS)
        pending = verdict.pending
        assert verdict.due is None or verdict.due > at(now).monotonic
        for act in verdict.acts:
            before = case
            match act:
                case Tell(found, said, _):
                    assert found in seen
                    assert at(now).monotonic - (pending.since if pending else 0) >= _SPANS.grace
                    case = replace(case, stage=found.stage or case.stage, person=found.person, said=case.said + said)
                case Restore():
                    restored += 1
                    case = replace(case, restored=True)
                case GiveUp():
                    case = replace(case, gone=True)
                case PutBack(place) | AskReason(place):
                    assert place in {each.place for each in seen}
                case DropTwin(place, other):
                    assert {place, other} <= {each.place for each in seen}
                    assert place != other
            if case != before or isinstance(act, DropTwin | PutBack):
                pending = None
    _check(case, restored)


def _check(case: Case, restored: int) -> None:
    told = [each.code for each in case.said]
    assert told[0] == "01"
    assert set(told) <= set(_CODES)
    assert restored <= 1
    assert all(told.count(code) <= 1 for code in ("01", "02", "03", "05", "06"))
    if "02" in told:
        assert told[-1] == "02"
        assert not {"04", "05", "06"} & set(told)
        assert has_reason(case.said[-1].description)
    later = [code for code in told if code in {"04", "05", "06"}]
    assert later == sorted(later)
    if later:
        assert told.index("03") < told.index(later[0])
