"""The conditions of `when:`, `final`, and conditions in CEL."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from hub.directory import Directory
from hub.routing import (
    DOCUMENT_TYPES,
    Days,
    Enclosed,
    Expression,
    Group,
    Plan,
    Route,
    RuleFailed,
    When,
    business,
    expressions,
    plan,
    samples,
    words,
)
from hub.routing.expressions import LONGEST, NAMES, check
from hub.routing.matching import Case
from hub.testing.samples import a_document
from hub.vocabulary import Attachment, Business, BusinessInfo, Document, Unit, Urgency

NV, KHCN, BS, G22 = "000.00.14.H48", "000.00.15.H48", "000.00.31.H48", "000.00.00.G22"
DIRECTORY = Directory(
    [
        Unit("so-nv", "Sở Nội vụ", NV),
        Unit("so-khcn", "Sở Khoa học và Công nghệ", KHCN),
        Unit("xa-binh-son", "UBND xã Bình Sơn", BS),
        Unit("vpcp", "Văn phòng Chính phủ", ""),
    ],
    "vpcp",
)
GROUPS = {"cac-so": Group("cac-so", ("so-nv", "so-khcn"))}
KINDS = {"so-nv": "folderdrop", "so-khcn": "email", "xa-binh-son": "folderdrop", "vpcp": "centralhub"}


def planned(document: Document, *routes: Route, came_from: str = "so-nv") -> Plan:
    return plan(document, came_from, DIRECTORY, routes, GROUPS, KINDS)


def holds(document: Document, when: When, came_from: str = "so-nv") -> bool:
    return "probe" in planned(document, Route("probe", ("so-khcn",), when), came_from=came_from).added.values()


def attached(name: str, sniffed: str = "application/pdf", size: int = 1000, declared: str = "") -> Attachment:
    return Attachment(name, "1", declared, sniffed, 0, 0, size, "")


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("204/UBND-VX", True),
        ("204/ubnd-vx", True),
        ("*/UBND-*", True),
        ("20?/*", True),
        ("204", False),
        ("*/QĐ-UBND", False),
    ],
)
def test_the_code_is_a_glob_over_number_and_notation(glob: str, expected: bool) -> None:
    assert holds(a_document("204/UBND-VX"), When(code=("999/*", glob))) is expected


def test_the_code_is_compared_without_marks() -> None:
    assert holds(a_document("7/QĐ-UBND"), When(code=("*/qd-ubnd",)))


@pytest.mark.parametrize("kind", Business)
def test_what_a_document_asks_for(kind: Business) -> None:
    document = a_document(business=BusinessInfo(kind))
    assert [one for one in Business if holds(document, When(business=frozenset({one})))] == [kind]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("new", 0),
        ("recall", 1),
        ("Thu hồi", 1),
        ("thu hoi", 1),
        ("UPDATE", 2),
        ("cập nhật", 2),
        ("replace", 3),
        ("mới", 0),
    ],
)
def test_business_has_words_in_both_languages(word: str, kind: int) -> None:
    assert business(word) == kind


def test_no_business() -> None:
    with pytest.raises(ValueError, match='"recal" is not known here; did you mean "recall"'):
        business("recal")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Enclosed(("pdf",)), True),
        (Enclosed((".PDF",)), True),
        (Enclosed(("image/*",)), True),
        (Enclosed(("application/pdf",)), True),
        (Enclosed(("docx",)), False),
        (Enclosed((), 10_000_000), True),
        (Enclosed(("pdf",), 10_000_000), False),
        (Enclosed(("png",), 10_000_000), True),
        (Enclosed((), 20_000_000), False),
        (Enclosed(), True),
    ],
)
def test_one_attachment_must_meet_all(asked: Enclosed, expected: bool) -> None:
    document = a_document(attachments=(attached("a.pdf"), attached("b.PNG", "image/png", 20_000_000)))
    assert holds(document, When(attachments=asked)) is expected
    assert not holds(a_document(), When(attachments=asked))


def test_a_media_type_may_be_only_declared() -> None:
    document = a_document(attachments=(attached("a", "application/octet-stream", declared="text/csv"),))
    assert holds(document, When(attachments=Enclosed(("text/csv",))))


@pytest.mark.parametrize("name", ["so-nv", "H48", "cac-so", "folderdrop", NV])
def test_the_channel_is_a_unit_a_group_or_a_kind(name: str) -> None:
    assert holds(a_document(), When(channel=(name,))) is (name != "H48")


def test_a_channel_is_not_the_sender_inside_the_packet() -> None:
    from_outside = a_document(sender=G22)
    assert holds(from_outside, When(channel=("vpcp",)), "vpcp")
    assert holds(from_outside, When(channel=("centralhub",)), "vpcp")
    assert not holds(from_outside, When(channel=("folderdrop", "cac-so", G22)), "vpcp")


def test_days_count_with_both_ends() -> None:
    day = date(2026, 11, 23)
    document = replace(a_document(), promulgation_date=day)
    assert holds(document, When(days=Days(day, day)))
    assert holds(document, When(days=Days(since=date(2026, 1, 1))))
    assert not holds(document, When(days=Days(since=date(2026, 11, 24))))
    assert not holds(document, When(days=Days(until=date(2026, 11, 22))))
    assert not holds(replace(document, promulgation_date=None), When(days=Days()))


def test_after_a_final_rule_none_is_looked_at() -> None:
    first = Route("một", ("addressees",), final=True)
    later = Route("hai", ("so-khcn",), When(expression=Expression("1 / 0 == 1")))
    assert planned(a_document(), first, later) == Plan(("xa-binh-son",))


def test_a_final_rule_that_does_not_match_ends_nothing() -> None:
    first = Route("một", ("addressees",), When(types=("Luật",)), final=True)
    assert planned(a_document(), first, Route("hai", ("so-khcn",))).added == {"so-khcn": "hai"}


@pytest.mark.parametrize(
    "source",
    [
        'sender == "so-nv"',
        '"xa-binh-son" in to',
        'type == "Giấy mời" && urgency >= 1',
        'code.startsWith("211/")',
        'like(subject, "*tap huan*")',
        'business in ["new", "update"]',
        'channel == "so-nv" && kind == "folderdrop"',
        'date >= "2026-11-01" && date < "2026-12-01"',
        'attachments.exists(a, a.size > 500 && like(a.name, "*.pdf"))',
        'attachments.filter(a, a.type == "application/pdf").size() == 1',
        "size(attachments) == 1",
        "pages < 10 || pages > 100",
        'number == "211" && notation.contains("SNV")',
        "subject.matches('^Dự .*')",
    ],
)
def test_expressions_see_the_document(source: str) -> None:
    expression = check(source, samples())
    document = a_document(urgency=Urgency.URGENT, attachments=(attached("a.pdf"),))
    assert holds(document, When(expression=expression))
    assert not holds(document, When(expression=Expression(f"!({source})")))


def test_an_expression_sees_just_the_listed_names() -> None:
    case = Case(a_document(attachments=(attached("a"),)), "so-nv", (), DIRECTORY, GROUPS, KINDS)
    kinds = {name: type(value) for name, value in NAMES.items()}
    assert {name: type(value) for name, value in case.values().items()} == kinds
    assert case.values()["attachments"][0].keys() == NAMES["attachments"][0].keys()


def test_a_sender_outside_is_its_code() -> None:
    assert holds(a_document(sender=G22.lower()), When(expression=Expression(f'sender == "{G22}"')), "vpcp")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("subjct == 'a'", 'the name "subjct" is not known; did you mean "subject"'),
        ("true || subjct == 'a'", 'the name "subjct" is not known'),
        ("false && lik(subject, 'a')", 'the function "lik" is not known; did you mean "like"'),
        ("subject.startWith('a')", 'the function "startWith" is not known; did you mean "startsWith"'),
        ("attachments.exists(a, a.size > 9 && a.sise > 1)", 'the part "sise" is not known; did you mean "size"'),
        ("false && subject.length == 1", 'the part "length" is not known'),
        ("attachments.exists(to, to.size > 1)", '"to" is a name of the document already'),
        ("attachments.exists(a, attachments.exists(b, b.size > a.size))", "gone through inside another"),
        ("urgency == '2'", '"urgency" is a number and is compared with text'),
        ("'2' == urgency", '"urgency" is a number and is compared with text'),
        ("type != 2", '"type" is text and is compared with a number'),
        ("urgency in ['2', '3']", '"urgency" is a number and is compared with text'),
        ("1 in to", '"to" is a list of texts and is searched for a number'),
        ("to == 'so-nv'", '"to" is a list and is compared with text'),
        ("subject", "this gives text, not true or false"),
        ("urgency", "this gives a number, not true or false"),
        ("urgency > 0 ? 1 : true", "this gives"),
        ("subject &&", "this is not CEL (sign "),
        ("", "this is not CEL"),
        ("attachments[0].size > 1", "index out of bounds"),
        ("10 / pages > 1", "division by zero"),
        ("urgency > subject", "No such overload"),
        ("type == 'Luật' && int(subject) == 1", "Function 'int' error"),
        ("(" * 240 + "true" + ")" * 240, "this is not CEL"),
        ("true" + " || true" * 100, f"{LONGEST} signs at most: this one has 804"),
    ],
)
def test_what_is_refused_before_any_document_comes(source: str, said: str) -> None:
    with pytest.raises(ValueError) as error:
        check(source, samples())
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_samples_are_one_of_each_type_and_an_empty_one() -> None:
    seen: list[Any] = [sample["type"] for sample in samples()]
    assert seen == ["", *DOCUMENT_TYPES]
    assert all(sample.keys() == NAMES.keys() for sample in samples())


def test_a_rule_that_fails_is_not_a_rule_that_does_not_match() -> None:
    route = Route("chia", ("so-khcn",), When(expression=Expression("int(number) == 7")))
    assert planned(a_document("7/X"), route).recipients == ("so-khcn",)
    with pytest.raises(RuleFailed) as failed:
        planned(a_document("07a/X"), route)
    assert failed.value.route == "chia"
    assert "int" in failed.value.reason


def test_a_panic_of_the_engine_is_a_failure_of_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    def panic(_: str) -> Any:
        raise PanicException

    monkeypatch.setattr(expressions, "_program", panic)
    with pytest.raises(RuleFailed, match="broke down"):
        planned(a_document(), Route("r", ("so-khcn",), When(expression=Expression("pages == 7"))))
    with pytest.raises(ValueError, match="broke down"):
        check("pages == 7", samples())


_ALONE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from hub.routing import samples
from hub.routing.expressions import check
assert "cel.cel" not in sys.modules
with ThreadPoolExecutor(8) as threads:
    list(threads.map(lambda number: check(f"pages == {number}", samples()), range(8)))
assert "cel.cel" in sys.modules
print([name for name in ("cel", "typer", "prompt_toolkit", "pygments") if name in sys.modules])
"""


def test_the_engine_is_loaded_once_when_needed_and_without_its_terminal_program() -> None:
    ran = subprocess.run([sys.executable, "-c", _ALONE], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout == "[]\n"


def test_long_texts_are_compared_too_and_not_remembered() -> None:
    document = a_document(subject="Đề  án " * 1000 + "Chuyển đổi số")
    assert holds(document, When(subject=("*chuyen doi so",)))
    assert words.bare(document.subject).startswith("de an de an")
    assert words.bare(document.subject) is not words.bare(document.subject)
    assert words.bare("Hỏa tốc") is words.bare("Hỏa tốc")
