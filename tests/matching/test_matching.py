from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.matching import Candidate, How, Verdict, rank, same_id, tolerant
from hub.vocabulary import Acknowledgement, Organization, Reference
from tests import naughty
from tests.matching.corpus import Case, Corpus
from tests.matching.measure import answer, candidates

_AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
_UBND, _NAME = "000.00.00.H48", "UBND tỉnh Quảng Ngãi"
_SUBJECT = "V/v rà soát việc phản hồi trạng thái văn bản điện tử"


def _paper(code: str, day: str = "2026-11-23", sender: str = _UBND, subject: str = _SUBJECT, **more: str) -> Candidate:
    written = date.fromisoformat(day)
    named = more.get("document_id", f"{sender},{written:%Y/%m/%d},{code}")
    envelope = more.get("envelope", f"{code} {day} {sender}")
    return Candidate(envelope, named, code, written, sender, more.get("name", _NAME), subject, _AT)


def _said(code: str = "", day: str = "", organ: str = _UBND, document_id: str = "") -> Acknowledgement:
    return Acknowledgement(Organization("000.00.14.H48"), Reference(organ, code, document_id, day), "03", None)


def _matched(answer: Acknowledgement, papers: Sequence[Candidate]) -> str | None:
    found = rank(answer, papers).match
    return found.code if found else None


_TRUE = _paper("1846/UBND-KGVX")
_OTHERS = (
    _paper("1847/UBND-KGVX", subject="V/v báo cáo kết quả cải cách hành chính"),
    _paper("1846/UBND-KGVX", "2025-11-24", subject="V/v nghỉ Tết Nguyên đán"),
    _paper("1846/UBND-KGVX", sender="000.01.40.H48", name="UBND xã Bình Sơn", subject="V/v góp ý dự thảo"),
    _paper("1846/QĐ-UBND", subject="Thành lập Tổ công tác"),
)


@pytest.mark.parametrize(
    ("answer", "how"),
    [
        (_said(document_id="H48;2026-11-23;1846-ubnd-kgvx"), How.DOCUMENT_ID),
        (_said("1846/UBND-KGVX", "2026/11/23"), How.CODE_DATE_SENDER),
        (_said("CV số 1846_UBND.KGVX ngày 23/11/2026 của UBND tỉnh"), How.CODE_DATE_SENDER),
        (_said("1846/UBND-KGVX", "23/11"), How.EVIDENCE),
        (_said("l846/UBND-KGX", "23/11/26"), How.EVIDENCE),
        (_said("V/v rµ so¸t viÖc ph¶n håi tr¹ng th¸i v¨n b¶n ®iÖn tö", "23/11/2026"), How.EVIDENCE),
    ],
)
def test_what_people_write_finds_its_document(answer: Acknowledgement, how: How) -> None:
    verdict = rank(answer, (*_OTHERS, _TRUE))
    assert (_TRUE, how) == (verdict.match, verdict.how)
    assert verdict.ranked[0].candidate == _TRUE


@pytest.mark.parametrize(
    ("answer", "how"),
    [
        # another's number, this one's day
        (_said("1848/UBND-KGVX", "2026/11/23"), How.CONFLICT),
        # a number that a document of the same day may bear
        (_said("1864/UBND-KGVX", "2026/11/23"), How.CONFLICT),
        (_said("1846/UBND-KGVX", "2026/11/20"), How.CONFLICT),
        (_said("1846/UBND-KGVX", "2026/11/23", "000.02.40.H48"), How.CONFLICT),
        (_said("1846/BC-UBND", "2026/11/23"), How.CONFLICT),
        # that may be a notation of the agency's too
        (_said("1846/UBND", "2026/11/23"), How.CONFLICT),
        (_said("1846/UBND-KGVX"), How.TOO_LITTLE),
        (_said("1846/UBND-KGVX", "2026/11/23", ""), How.TOO_LITTLE),
        (_said("Số 1846", "2026/11/23"), How.AMBIGUOUS),
        (_said("1847/UBND-KGVX", "2026/11/23", document_id=_TRUE.document_id), How.CONFLICT),
        (_said("1846/UBND-KGVX", "2026/11/23", document_id="6f9619ff-8b86-d011-b42d-00cf4fc964ff"), How.CONFLICT),
        (_said("77/BC-SNV", "2024/01/05"), How.NOTHING),
        (_said(), How.NOTHING),
    ],
)
def test_what_is_not_certain_is_left_to_a_person(answer: Acknowledgement, how: How) -> None:
    verdict = rank(answer, (*_OTHERS, _TRUE))
    assert (None, how) == (verdict.match, verdict.how)


def test_a_slip_that_gives_another_documents_number_is_not_seen_through() -> None:
    far = _paper("146/UBND-KGVX", "2026-01-30", subject="V/v trả lời đơn kiến nghị")
    typed = _said("146/UBND-KGVX", "2026/11/23")
    assert _matched(typed, [_TRUE]) == _TRUE.code
    verdict = rank(typed, [_TRUE, far])
    assert (None, How.CONFLICT) == (verdict.match, verdict.how)
    assert {one.candidate for one in verdict.ranked} == {_TRUE, far}


def test_the_person_is_told_why() -> None:
    first = rank(_said("1846/UBND-KGVX", "2026/11/20"), [_TRUE]).ranked[0]
    assert (
        "Trùng số 1846",
        "Trùng ký hiệu UBND-KGVX",
        "Khác ngày: văn bản này ngày 23/11/2026",
        "Đúng nơi gửi UBND tỉnh Quảng Ngãi",
    ) == first.reasons
    assert 0 < first.score < 0.8


def test_of_an_update_and_its_document_the_newer_is_meant() -> None:
    update = replace(_TRUE, envelope="newer", received_at=_AT.replace(day=24))
    for papers in ([_TRUE, update], [update, _TRUE]):
        assert rank(_said("1846/UBND-KGVX", "2026/11/23"), papers).match == update


def test_a_sender_without_a_code_is_known_by_its_id() -> None:
    paper = replace(_TRUE, sender="vp-ubnd", document_id="")
    assert rank(_said("1846/UBND-KGVX", "2026/11/23", "vp-ubnd"), [paper]).match == paper
    assert rank(_said("1846/UBND-KGVX", "2026/11/23", "000.00.01.H48"), [paper]).match is None


@pytest.mark.parametrize("named", ["4711", "20260042", "123123", "0007-2026"])
def test_an_id_that_is_a_number_is_an_id_and_no_number(named: str) -> None:
    paper, numbered = replace(_TRUE, document_id=named), _paper(f"{named[:4]}/BC-UBND", "2026-11-01")
    for said in (_said(document_id=named), _said("1846/UBND-KGVX", "2026/11/23", document_id=named)):
        verdict = rank(said, [*_OTHERS, paper])
        assert (verdict.match, verdict.how) == (paper, How.DOCUMENT_ID)
    if named == "4711":
        assert rank(_said(document_id=named), [paper, numbered]).how == How.CONFLICT


def test_half_of_an_id_is_another_id() -> None:
    half = replace(_paper("123/UBND-KGVX"), document_id="123")
    assert rank(_said(document_id="123123"), [half]).match is None


def test_two_senders_may_give_the_same_id() -> None:
    mine, other = (replace(_TRUE, document_id="4711", envelope=name) for name in ("mine", "other"))
    other = replace(other, sender="000.01.40.H48", code="9/UBND", received_at=_AT.replace(day=24))
    assert rank(_said(document_id="4711"), [mine, other]).match == mine
    verdict = rank(_said(document_id="4711", organ=""), [mine, other])
    assert (verdict.match, verdict.how) == (None, How.AMBIGUOUS)


def test_a_recall_is_matched_by_who_says_it() -> None:
    asked = Reference("000.00.14.H48", _TRUE.code, "", "2026/11/23")
    assert rank(Acknowledgement(Organization(_UBND), asked, "13", None), [_TRUE]).match == _TRUE


_TEXTS = st.one_of(
    st.text(max_size=80),
    st.sampled_from(naughty.TEXTS),
    st.text("0123456789olđĐ/-_., UBNDHQvh?§Ñ", max_size=40),
    st.builds("{},{},{}".format, st.sampled_from([_UBND, "H48"]), st.just("2014/02/30"), st.text(max_size=12)),
)


@given(_TEXTS, _TEXTS, _TEXTS, _TEXTS, st.sampled_from(["03", "13", "xx"]))
@settings(deadline=None, max_examples=150)
def test_no_text_makes_it_raise_or_match_without_reason(
    code: str, day: str, organ: str, named: str, status: str
) -> None:
    said = Acknowledgement(Organization(organ), Reference(organ, code, named, day), status, None)
    odd = Candidate("odd", named, code, None, organ, code, day, _AT)
    verdict = rank(said, (*_OTHERS, _TRUE, odd))
    assert all(0 <= one.score <= 1 and one.reasons for one in verdict.ranked)
    if verdict.match:
        first = verdict.ranked[0]
        assert first.candidate == verdict.match
        assert first.score >= 0.8
        assert all(other.score <= first.score for other in verdict.ranked)


@pytest.mark.parametrize("part", ["code", "document_id", "promulgation_date", "organ_id"])
def test_naughty_texts_are_only_texts(part: str) -> None:
    for text in (*naughty.TEXTS, "1846/" * 100_000, "a" * 1_000_000, "1" * 5_000, "ﷺ" * 500):
        named = replace(Reference(_UBND, "1/A", "", "2026/11/23"), **{part: text})
        assert rank(replace(_said(), response_for=named), (*_OTHERS, _TRUE)).match is None


@given(st.integers(0, 2**32), st.sampled_from(["two_slips", "extra_words", "number_only", "digit_lost", "cut_off"]))
@settings(deadline=None, max_examples=30)
def test_the_order_of_candidates_changes_nothing(seed: int, kind: str) -> None:
    chance = random.Random(seed)
    case = chance.choice(_cases(kind))
    papers = list(candidates(case.box))
    chance.shuffle(papers)
    assert _plain(rank(answer(case), candidates(case.box))) == _plain(rank(answer(case), papers))


def _plain(verdict: Verdict) -> object:
    return verdict.match, verdict.how, verdict.ranked


_CORPUS = Corpus("order", 110)
_KEPT: dict[str, list[Case]] = {}


def _cases(kind: str) -> list[Case]:
    if kind not in _KEPT:
        _KEPT[kind] = list(_CORPUS.cases(kind, 20))
    return _KEPT[kind]


_ORGANS = st.sampled_from(
    ["000.00.14.H48", "H48.14", "00.14.h48", "000.00.00.H48", "H48", "028.22.17.H17", "vxp.saas.03"]
)
_DAYS = st.sampled_from(["2026/11/23", "2026-11-23", "23/11/2026", "2014/02/30", "20261123"])
_CODES = st.sampled_from(["204/UBND-VX", "204-ubnd-vx", "0204_UBND VX", "08/QĐ-UBND", "8/QÐ-UBND", "15/2026/NQ-HĐND"])
_COMMAS = st.sampled_from([",", ", ", ";", " , "])
_IDS = st.one_of(
    st.builds("{}{}{}{}{}".format, _ORGANS, _COMMAS, _DAYS, _COMMAS, _CODES),
    st.uuids().map(str),
    st.text(max_size=30),
)


@given(st.lists(_IDS, min_size=3, max_size=3))
@settings(max_examples=150)
def test_same_id_is_an_equivalence(ids: list[str]) -> None:
    one, two, three = ids
    assert same_id(one, one) == bool(tolerant(one))
    assert same_id(one, two) == same_id(two, one)
    if same_id(one, two) and same_id(two, three):
        assert same_id(one, three)
    assert tolerant(tolerant(one)) == tolerant(one)
