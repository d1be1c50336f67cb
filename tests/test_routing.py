from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.directory import Directory, normalise
from hub.routing import (
    DOCUMENT_TYPES,
    Group,
    Plan,
    Route,
    When,
    plan,
    plan_acknowledgement,
    type_key,
    urgencies,
)
from hub.vocabulary import (
    Acknowledgement,
    Document,
    DocumentType,
    Organization,
    OtherInfo,
    Reference,
    Unit,
    Urgency,
)

NV, KHCN, BS = "000.00.14.H48", "000.00.15.H48", "000.00.31.H48"
G22, G09 = "000.00.00.G22", "000.00.00.G09"
UNITS = [
    Unit("so-nv", "Sở Nội vụ", NV, ("H48.14",)),
    Unit("so-khcn", "Sở Khoa học và Công nghệ", KHCN),
    Unit("xa-binh-son", "UBND xã Bình Sơn", BS),
]
AXIS = Unit("truc-quoc-gia", "Trục liên thông văn bản quốc gia", "")
ALONE = Directory(UNITS)
LINKED = Directory([*UNITS, AXIS], "truc-quoc-gia")
GROUPS = {"cac-so": Group("cac-so", ("so-nv", "so-khcn"))}


def document(
    sender: str, *to: str, kind: str = "Công văn", subject: str = "V/v", urgency: Urgency = Urgency.NORMAL
) -> Document:
    return Document(
        sender=Organization(sender),
        to=tuple(map(Organization, to)),
        document_id="",
        number="1",
        notation="X",
        promulgation_date=date(2026, 11, 24),
        subject=subject,
        type=DocumentType(kind),
        other=OtherInfo(urgency=urgency),
    )


def planned(doc: Document, came_from: str, *routes: Route, directory: Directory = LINKED) -> Plan:
    return plan(doc, came_from, directory, routes, GROUPS)


def matched(doc: Document, when: When, came_from: str = "so-nv") -> bool:
    return "probe" in planned(doc, came_from, Route("probe", ("addressees", "xa-binh-son"), when)).added.values()


def test_addressees_are_found_by_code_alias_and_id_once_and_in_order() -> None:
    doc = document(NV, "xa-binh-son", f" {KHCN.lower()}", BS)
    assert planned(doc, "so-nv", directory=ALONE) == Plan(("xa-binh-son", "so-khcn"))


def test_a_document_never_goes_back_to_where_it_came_from() -> None:
    assert planned(document(NV, "H48.14", KHCN), "so-nv").recipients == ("so-khcn",)
    assert planned(document(NV, NV), "so-nv") == Plan()


def test_unknown_addressees_are_named_and_the_known_ones_get_it() -> None:
    assert planned(document(NV, KHCN, " h99.1", G22), "so-nv", directory=ALONE) == Plan(("so-khcn",), ("H99.1", G22))
    assert planned(document(NV, G22), "so-nv", directory=ALONE) == Plan((), (G22,))


def test_outside_codes_are_reached_through_the_others() -> None:
    assert planned(document(NV, G22.lower(), KHCN), "so-nv") == Plan((G22, "so-khcn"))


def test_the_others_themselves_are_no_addressee() -> None:
    assert planned(document(NV, "truc-quoc-gia", KHCN), "so-nv") == Plan(("so-khcn",), ("TRUC-QUOC-GIA",))


def test_from_outside_only_our_units_are_addressees() -> None:
    assert planned(document(G22, G09, KHCN), "truc-quoc-gia") == Plan(("so-khcn",))


def test_from_outside_with_none_of_ours_nobody_is_known() -> None:
    assert planned(document(G22, G09), "truc-quoc-gia") == Plan((), (G09,))


def test_from_outside_a_route_never_sends_back_outside() -> None:
    route = Route("mọi văn bản", ("addressees", G09, "so-nv"))
    assert planned(document(G22, KHCN), "truc-quoc-gia", route) == Plan(
        ("so-khcn", "so-nv"), added={"so-nv": "mọi văn bản"}
    )


def test_our_own_packet_from_outside_is_an_echo() -> None:
    assert planned(document("h48.14", KHCN), "truc-quoc-gia", Route("r", ("so-khcn",))) == Plan(echo=True)
    assert not planned(document(NV, KHCN), "so-nv").echo


def test_matching_routes_add_up_and_name_what_only_they_added() -> None:
    first = Route("một", ("addressees", "cac-so"), When(sender=("xa-binh-son",)))
    second = Route("hai", ("so-khcn", G22))
    missed = Route("ba", ("xa-binh-son",), When(types=("Công điện",)))
    assert planned(document(BS, NV), "xa-binh-son", first, second, missed) == Plan(
        ("so-nv", "so-khcn", G22), added={"so-khcn": "một", G22: "hai"}
    )


def test_a_route_that_sends_answers_on_counts_before_one_that_does_not() -> None:
    silent, telling = Route("im", ("addressees", "so-khcn")), Route("báo", ("so-khcn",), answers="origin")
    assert planned(document(BS, NV), "xa-binh-son", silent, telling).added == {"so-khcn": "báo"}


def test_routes_without_addressees_divert() -> None:
    plan_ = planned(document(BS, NV, "H99.1"), "xa-binh-son", Route("r", ("so-khcn",), divert=True), directory=ALONE)
    assert plan_ == Plan(("so-khcn",), added={"so-khcn": "r"})


def test_a_route_keeps_unknown_addressees_unknown() -> None:
    plan_ = planned(document(BS, "H99.1"), "xa-binh-son", Route("r", ("addressees", "so-khcn")), directory=ALONE)
    assert plan_ == Plan(("so-khcn",), ("H99.1",), {"so-khcn": "r"})


@pytest.mark.parametrize("name", ["so-nv", "H48.14", "cac-so", "000.00.14.*", "*.h48", "h48.[0-9]*", "000.00.1?.H48"])
def test_a_sender_is_known_by_unit_group_code_or_glob(name: str) -> None:
    assert matched(document("H48.14", KHCN), When(sender=(name,)))
    assert not matched(document(BS, KHCN, NV), When(sender=(name.replace("*.h48", "*.G22"),)), "truc-quoc-gia")


@pytest.mark.parametrize("name", [G22, "*.G22", "truc-quoc-gia"])
def test_senders_outside_are_known_by_code_or_by_their_way_in(name: str) -> None:
    assert matched(document(G22.lower(), KHCN), When(sender=(name,)), "truc-quoc-gia")
    assert not matched(document(NV, KHCN), When(sender=(name,)))


@pytest.mark.parametrize(
    ("names", "expected"),
    [(("cac-so",), True), ((G22,), True), (("truc-quoc-gia",), True), (("xa-binh-son", "*.G09"), False)],
)
def test_one_addressee_of_the_list_is_enough(names: tuple[str, ...], expected: bool) -> None:
    assert matched(document(NV, G22, KHCN), When(to=names)) is expected


@pytest.mark.parametrize(
    ("written", "wanted", "expected"),
    [
        ("CÔNG VĂN", "Công văn", True),
        (unicodedata.normalize("NFD", "Công  điện"), "công điện", True),
        ("Bản thoả thuận", "Bản thỏa thuận", True),
        ("Nghị quyết (cá biệt)", "Nghị quyết", True),
        ("Quy định", "Quyết định", False),
        ("", "Công văn", False),
    ],
)
def test_types_are_compared_by_name(written: str, wanted: str, expected: bool) -> None:
    assert matched(document(NV, KHCN, kind=written), When(types=("Luật", wanted))) is expected


def test_no_two_known_types_are_the_same() -> None:
    assert len({type_key(name) for name in DOCUMENT_TYPES}) == len(DOCUMENT_TYPES)


@pytest.mark.parametrize(
    ("word", "degrees"),
    [
        ("thường", {0}),
        ("khẩn", {1}),
        ("KHẨN+", {1, 2, 3, 4}),
        ("thượng khẩn +", {2, 3, 4}),
        ("hoả tốc", {3}),
        ("hỏa tốc hẹn giờ+", {4}),
    ],
)
def test_urgency_is_one_degree_or_at_least_one(word: str, degrees: set[int]) -> None:
    assert urgencies(word) == {Urgency(degree) for degree in degrees}
    matching = {
        degree for degree in Urgency if matched(document(NV, KHCN, urgency=degree), When(urgency=urgencies(word)))
    }
    assert matching == degrees


@pytest.mark.parametrize("word", ["", "+", "khẩn++", "khẩn+x", "gấp"])
def test_no_degree_of_urgency(word: str) -> None:
    with pytest.raises(ValueError, match="no degree"):
        urgencies(word)


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*chuyển đổi số*", True),
        ("V/V KẾ HOẠCH*", True),
        (unicodedata.normalize("NFD", "*số 2026"), True),
        ("chuyển đổi số", False),
        ("*chuyen doi so*", True),
        ("*CHUYEN ĐÔI*", True),
        ("*chuyển đôi sơn*", False),
    ],
)
def test_the_subject_is_a_glob_without_case(glob: str, expected: bool) -> None:
    doc = document(NV, KHCN, subject="V/v kế hoạch\n Chuyển đổi số 2026")
    assert matched(doc, When(subject=("không có", glob))) is expected


def test_every_condition_must_hold() -> None:
    when = When(sender=("so-nv",), types=("Công văn",), urgency=urgencies("khẩn+"), subject=("*mưa*",))
    doc = document(NV, KHCN, subject="Ứng phó mưa lớn", urgency=Urgency.FLASH)
    assert matched(doc, when)
    assert not matched(document(NV, KHCN, subject="Ứng phó mưa lớn"), when)


def answer(sender: str, to: str) -> Acknowledgement:
    return Acknowledgement(Organization(sender), Reference(to, "1/X"), "03", None)


@pytest.mark.parametrize(
    ("sender", "to", "came_from", "expected"),
    [
        (NV, "h48.15", "so-nv", Plan((), ("H48.15",))),
        (NV, KHCN, "so-nv", Plan(("so-khcn",))),
        (NV, "H48.14", "so-nv", Plan()),
        (G22, NV, "truc-quoc-gia", Plan(("so-nv",))),
        (G22, G09, "truc-quoc-gia", Plan((), (G09,))),
        (NV, G22, "truc-quoc-gia", Plan(echo=True)),
    ],
)
def test_an_answer_goes_to_whom_it_answers(sender: str, to: str, came_from: str, expected: Plan) -> None:
    directory = LINKED if came_from == "truc-quoc-gia" else ALONE
    assert plan_acknowledgement(answer(sender, to), came_from, directory) == expected


def test_an_answer_to_the_outside_goes_through_the_others() -> None:
    assert plan_acknowledgement(answer(NV, G22), "so-nv", LINKED) == Plan((G22,))


_CODES = st.sampled_from([NV, "H48.14", KHCN, BS, G22, G09, "H99.1", "so-nv", ""])
_NAMES = st.sampled_from(["addressees", "cac-so", "so-nv", "so-khcn", "xa-binh-son", G22])
_ROUTES = st.builds(Route, st.sampled_from("abc"), st.lists(_NAMES, min_size=1).map(tuple))


@given(st.lists(_CODES, min_size=1), _CODES, st.sampled_from([unit.id for unit in (*UNITS, AXIS)]), st.lists(_ROUTES))
def test_what_holds_for_every_plan(to: list[str], sender: str, came_from: str, routes: list[Route]) -> None:
    result = planned(document(sender, *to), came_from, *routes)
    assert came_from not in result.recipients
    assert len(set(result.recipients)) == len(result.recipients)
    assert set(result.added) <= set(result.recipients)
    assert not set(result.unknown) & set(result.recipients)
    for recipient in result.recipients:
        outside = recipient == normalise(recipient) and LINKED.find(recipient) is None
        assert recipient in {unit.id for unit in UNITS} or (outside and came_from != AXIS.id)
