"""A drop that was read becomes a document to send, or the answer that its clerk gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import VIETNAM, Acknowledgement
from hub.standards import edxml
from hub.standards.addresses import AddressBook, AddressGroup, Contact, Former
from hub.testing.samples import a_document, an_answer
from plugins.folderdrop.clerk.sending.judging import (
    Facts,
    Paper,
    Reading,
    Ready,
    has_signs_of_secrecy,
    judge,
    main_of,
    natural,
)
from plugins.folderdrop.clerk.sending.packing import attachment_names
from plugins.folderdrop.clerk.sending.reasons import Reason
from plugins.folderdrop.clerk.sending.records import Enclosed, Fate, Inspection, Kind, Mention, Posted, Slip
from plugins.folderdrop.clerk.sending.replies import about
from tests.naughty import TEXTS
from tests.plugins import sent
from tests.plugins.tree import paper

NOW = datetime(2026, 11, 23, 8, 15, tzinfo=VIETNAM)
TODAY, BEFORE = NOW.date(), date(2026, 11, 20)
_SO_NV = Contact("so-nv", "000.00.14.H48", "Sở Nội vụ")
_TINH_KHE = Contact("xa-tinh-khe", "000.00.32.H48", "UBND xã Tịnh Khê")
BOOK = AddressBook(
    (_SO_NV, _TINH_KHE),
    (AddressGroup("cac-xa", "UBND các xã", ("xa-tinh-khe",)), AddressGroup("khong-ai", "Nhóm không ai", ())),
    (Former("UBND huyện Trà Bồng", (), date(2025, 6, 30), ("xa-tinh-khe",)),),
)
_NUMBERED = Slip(to=("Sở Nội vụ",), number="7", notation="UBND", day=BEFORE)


def _judged(*papers: Paper, slip: Slip | None = None, facts: Facts | None = None, **reading: Any) -> Ready | Reason:
    read: dict[str, Any] = {"name": "x", "whole": True, "to": "Sở Nội vụ"} | reading
    return judge(Reading(papers=papers, slip=slip, **read), facts or Facts(BOOK, NOW, (), 10_000))


def _ready(*papers: Paper, **named: Any) -> Ready:
    found = _judged(*papers, **named)
    assert isinstance(found, Ready), found
    return found


def _code(*papers: Paper, **named: Any) -> str:
    found = _judged(*papers, **named)
    return found.code if isinstance(found, Reason) else "sent"


def _posted(*papers: Paper, **fields: Any) -> Posted:
    files = tuple(Enclosed(each.place, each.size, each.digest) for each in papers)
    known = {"code": "7/UBND", "day": BEFORE.isoformat(), "files": files, "to": ("so-nv",)}
    return sent.posted(**(known | fields))


MAIN: list[tuple[str, list[Paper], Slip, str]] = [
    ("the one the slip names", [paper("1-U.pdf", signed=True), paper("Bia.pdf")], Slip(main="BÌA.pdf"), "Bia.pdf"),
    ("by its own number", [paper("1 Bia.pdf"), paper("2 Bia.pdf")], Slip(main="2 Bìa.pdf"), "2 Bia.pdf"),
    ("the only signed", [paper("1-UBND.pdf"), paper("z.pdf", signed=True)], Slip(), "z.pdf"),
    ("of two signed", [paper("a.pdf", signed=True), paper("1-UBND.pdf", signed=True)], Slip(), "1-UBND.pdf"),
    ("of the slip's number", [paper("1-UBND.pdf"), paper("2-UBND.pdf")], Slip(number="2"), "2-UBND.pdf"),
    ("the numbered", [paper("a.pdf"), paper("1-UBND.docx")], Slip(), "1-UBND.docx"),
    ("a PDF before others", [paper("a.docx"), paper("b.pdf")], Slip(), "b.pdf"),
    ("no archive", [paper("a.zip"), paper("b.docx")], Slip(), "b.docx"),
    ("the first in natural order", [paper("van ban 10.docx"), paper("van ban 2.docx")], Slip(), "van ban 2.docx"),
    ("an archive where there is nothing else", [paper("a.zip")], Slip(), "a.zip"),
]  # fmt: skip


@pytest.mark.parametrize(("papers", "slip", "main"), [case[1:] for case in MAIN], ids=[case[0] for case in MAIN])
def test_which_file_is_the_document_itself(papers: list[Paper], slip: Slip, main: str) -> None:
    assert main_of(papers, slip).place == main
    assert main_of(papers[::-1], slip).place == main


_BIG, _PROGRAM = paper("7-UBND.pdf", size=20_000), paper("x.exe", detail="")
_DAMAGED, _GOOD = paper("b.pdf", damaged=True), paper("7-UBND.pdf")
REFUSED: list[tuple[str, list[Paper], dict[str, Any]]] = [
    ("L10", [_BIG, _PROGRAM, _DAMAGED], {}),
    ("L12", [_GOOD, _DAMAGED, paper("a.zip"), _PROGRAM][::-1], {"slip": Slip()}),
    ("L8", [paper("a.zip"), _DAMAGED], {}),
    ("L7", [_GOOD, paper("8-UBND.pdf")], {"whole": False, "slip": Slip(to=("Sở Nội vụ",))}),
    ("L6", [paper("7-UBND.zip")], {}),
    ("L15", [_GOOD], {"facts": Facts(BOOK, NOW, (), 10_000, signed_only=True)}),
    ("L7", [paper("Công văn.pdf")], {}),
    ("L7", [_GOOD], {"slip": Slip(unread=(("Ngày", "30/02/2026"),))}),
    ("L7", [_GOOD], {"slip": replace(_NUMBERED, day=date(2026, 11, 24))}),
    ("L3", [_GOOD], {"to": ""}),
    ("L5", [_GOOD], {"to": "", "slip": Slip(to=("Sở Thông tin",))}),
    ("L5", [_GOOD], {"slip": Slip(to=("Sở Thông tin",))}),
    ("L11", [_GOOD], {"to": "UBND huyện Trà Bồng"}),
    ("L2", [_GOOD], {"facts": Facts(BOOK, NOW, (_posted(_GOOD),), 10_000)}),
    ("L2", [paper("7-UBND 20-11-2026.pdf")], {"facts": Facts(BOOK, NOW, (_posted(),), 10_000)}),
]


@pytest.mark.parametrize(("code", "papers", "named"), REFUSED)
def test_the_first_reason_is_told(code: str, papers: list[Paper], named: dict[str, Any]) -> None:
    assert _code(*papers, **named) == code


def test_a_group_of_nobody_gets_nothing_and_is_named() -> None:
    assert _code(_GOOD, to="Nhóm không ai") == "L5"
    beside = _judged(_GOOD, slip=Slip(to=("Sở Nội vụ", "Nhóm không ai")), to="")
    assert isinstance(beside, Reason)
    assert (beside.code, "Nhóm không ai" in beside.what) == ("L5", True)


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("\r", "(không có trích yếu)"),
        ("a\ufffe  b\t.pdf", "a b"),
        ("\u200b a\ufffe\u0301 \u200b b.pdf", "á b"),
        ("x.pdf", "x"),
    ],
)
def test_a_subject_is_words_that_a_packet_can_carry(name: str, subject: str) -> None:
    assert _ready(paper(name), slip=_NUMBERED).outline.subject == subject


_PAGE, _LATER = date(2026, 11, 19), date(2026, 12, 1)
DAYS: list[tuple[str, Slip, str, dict[str, Any], date]] = [
    ("the slip's", Slip(day=BEFORE), "7-UBND 18-11-2026.pdf", {"day": _PAGE}, BEFORE),
    ("the name's", Slip(), "7-UBND 18-11-2026.pdf", {"day": _PAGE}, date(2026, 11, 18)),
    ("the page's", Slip(), "7-UBND.pdf", {"day": _PAGE, "signed_at": "17/11/2026 08:02"}, _PAGE),
    ("the signature's", Slip(), "7-UBND.pdf", {"signed_at": "17/11/2026 08:02"}, date(2026, 11, 17)),
    ("today", Slip(), "7-UBND.pdf", {"signed_at": "?"}, TODAY),
    ("no page of the future", Slip(), "7-UBND.pdf", {"day": _LATER, "signed_at": "17/11/2026"}, date(2026, 11, 17)),
    ("no signature of the future", Slip(), "7-UBND.pdf", {"signed_at": "17/12/2026"}, TODAY),
]


@pytest.mark.parametrize(("slip", "name", "seen", "day"), [case[1:] for case in DAYS], ids=[case[0] for case in DAYS])
def test_whose_day_counts(slip: Slip, name: str, seen: dict[str, Any], day: date) -> None:
    found = _ready(paper(name, **seen), slip=slip)
    assert found.outline.day == day
    warned = "thêm ngày sau số trong tên tệp, ví dụ “7-UBND 23-11-2026 Trích yếu.pdf”, hoặc ghi “Ngày:”"
    assert any(warned in each for each in found.warnings) is (day == TODAY)


def test_the_day_that_it_went_out_with_before_counts_again() -> None:
    earlier = _posted(_GOOD, to=("xa-tinh-khe",))
    assert _ready(_GOOD, facts=Facts(BOOK, NOW, (earlier,), 10_000)).outline.day == BEFORE


ALIKE: list[tuple[str, Posted, dict[str, Any], str]] = [
    ("further recipients", _posted(_GOOD, to=("xa-tinh-khe",)), {}, "sent"),
    ("the same files for others under another number", _posted(_GOOD, code="8/UBND", to=("xa-tinh-khe",)), {}, "L2"),
    ("fewer", _posted(_GOOD, to=("xa-tinh-khe", "so-nv")), {}, "L2"),
    ("another number", _posted(code="8/UBND"), {"slip": _NUMBERED}, "sent"),
    ("another day", _posted(day="2026-11-19"), {"slip": _NUMBERED}, "sent"),
    ("the same in another spelling", _posted(code="7/ubnd"), {"slip": _NUMBERED}, "L2"),
    ("it was stopped", _posted(_GOOD, fate=Fate.WITHDRAWN), {"slip": _NUMBERED}, "sent"),
    ("it is kept by the hub", _posted(_GOOD, fate=Fate.QUARANTINED), {"slip": _NUMBERED}, "L2"),
    ("it takes its place", _posted(), {"slip": replace(_NUMBERED, replaces=(Mention("7/UBND"),))}, "sent"),
]


@pytest.mark.parametrize(("earlier", "named", "code"), [case[1:] for case in ALIKE], ids=[case[0] for case in ALIKE])
def test_what_is_the_same_document_again(earlier: Posted, named: dict[str, Any], code: str) -> None:
    assert _code(_GOOD, facts=Facts(BOOK, NOW, (earlier,), 10_000), **named) == code


def test_what_it_replaces_and_answers() -> None:
    slip = replace(_NUMBERED, replaces=(Mention("6/UBND"),), answers=(Mention("88/SNV", BEFORE),))
    facts = Facts(BOOK, NOW, (_posted(code="6/UBND", day="2026-11-02"),), 10_000)
    outline = _ready(_GOOD, slip=slip, facts=facts).outline
    assert outline.replaces == (edxml.Earlier("6/UBND", date(2026, 11, 2)),)
    assert outline.answers == (edxml.Earlier("88/SNV", BEFORE, "000.00.14.H48"),)


def test_the_document_first_the_others_in_natural_order_with_what_to_know() -> None:
    files = [paper(name) for name in ("Phu luc 10.xlsx", "7-UBND.pdf", "Phu luc 2.zip", "1 Bieu.xlsx")]
    found = _ready(*files, slip=Slip(warnings=("w",), day=BEFORE))
    assert [each.place for each in found.papers] == ["7-UBND.pdf", "1 Bieu.xlsx", "Phu luc 2.zip", "Phu luc 10.xlsx"]
    assert [each[:10] for each in found.warnings] == ["Văn bản ch", "Tệp nén “P", "w"]
    assert found.to == (_SO_NV,)


def test_numbers_at_the_beginning_count_in_the_order() -> None:
    assert sorted(["10 a", "9 b", "2 c"], key=natural) == ["2 c", "9 b", "10 a"]


def test_one_slip_beside_several_documents_is_asked_about_in_no_folder_only() -> None:
    both = (_GOOD, paper("8-UBND.pdf"))
    assert _code(*both, slip=_NUMBERED, whole=True) == "sent"
    assert _code(*both, slip=_NUMBERED, whole=False) == "L7"


_PLAIN = Inspection(Kind.PDF)
SECRETS: list[tuple[list[str], list[Inspection], list[Slip], bool]] = [
    (["a"], [_PLAIN], [], False),
    (["Tờ trình (MẬT).pdf"], [_PLAIN], [], True),
    (["a"], [_PLAIN, replace(_PLAIN, secret=True)], [Slip()], True),
    (["a"], [_PLAIN], [Slip(secrecy="Tối mật")], True),
    (["MẬT"], [replace(_PLAIN, secret=True)], [Slip(secrecy="không")], False),
    (["a"], [_PLAIN], [Slip(secrecy="không"), Slip(secrecy="Mật")], True),
    (["a"], [_PLAIN], [Slip(), Slip(secrecy="Tuyệt mật")], True),
    (["bảo mật", "mật khẩu"], [_PLAIN], [], False),
]


@pytest.mark.parametrize(("called", "looks", "slips", "secret"), SECRETS)
def test_signs_of_secrecy(called: list[str], looks: list[Inspection], slips: list[Slip], secret: bool) -> None:
    assert has_signs_of_secrecy(called, looks, slips) is secret


_PLACES = [
    "a/1.pdf",
    "b/1.pdf",
    "1.PDF",
    "1 (2).pdf",
    "x",
    ".x",
    *(each for each in TEXTS if each[-1:] not in ("", "/")),
]


@given(st.lists(st.sampled_from(_PLACES), max_size=12))
def test_no_two_files_of_a_packet_have_one_name(places: list[str]) -> None:
    called = attachment_names(places)
    assert len({each.casefold() for each in called}) == len(places)
    assert all(called)


def test_an_answer_belongs_to_the_document_of_its_number() -> None:
    answers = [sent.posted(id=code, code=code, day="2026-11-20") for code in ("204/UBND-VX", "205/UBND-VX")]
    for code in ("204/UBND-VX", "205/ubnd-vx"):
        found = about(_answer(code), answers)
        assert found
        assert found.id == code.upper()
    assert about(_answer("20/UBND-VX"), answers) is None


def _answer(code: str) -> Acknowledgement:
    return an_answer(a_document(code), "03")


@pytest.mark.parametrize(("name", "advice"), [("7-UBND.pdf", True), ("8-UBND.pdf", False)])
def test_the_same_files_under_another_number_are_no_replacement(name: str, advice: bool) -> None:
    found = _judged(paper(name), facts=Facts(BOOK, NOW, (_posted(paper(name)),), 10_000))
    assert isinstance(found, Reason)
    assert found.code == "L2"
    assert ("Thay thế" in found.todo) is advice
    assert ("lấy nhầm tệp" in found.what) is not advice
    assert "7/UBND" in found.what


def test_everything_that_is_wrong_with_number_and_recipients_is_told_at_once() -> None:
    slip = Slip(to=("Sở Thông tin", "Sở Nội vụ", "Sở Gì đó"))
    both = _judged(paper("Công văn.pdf"), to="", slip=slip)
    assert isinstance(both, Reason)
    assert both.code == "L7"
    assert "Ngoài ra không tìm thấy 2 nơi nhận: " in both.what
    assert '"Sở Thông tin"' in both.what
    assert '"Sở Gì đó"' in both.what
    assert "Gửi:" in both.todo


def test_of_several_with_the_same_files_the_one_of_that_number_counts() -> None:
    posted = (_posted(_GOOD, to=("xa-tinh-khe",)), _posted(_GOOD, id="p2", code="8/UBND"))
    assert _code(_GOOD, facts=Facts(BOOK, NOW, posted, 10_000)) == "sent"
    assert _code(_GOOD, facts=Facts(BOOK, NOW, posted[::-1], 10_000)) == "sent"
