from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.directory import Directory, looks_like_code, normalise
from hub.vocabulary import Unit

NV = Unit("so-nv", "Sở Nội vụ", "000.00.14.H48", ("H48.14",))
KHCN = Unit("so-khcn", "Sở Khoa học và Công nghệ", "000.00.15.h48", ("H48.15", "000.00.12.H48"))
AXIS = Unit("truc-quoc-gia", "Trục liên thông văn bản quốc gia", "")
DIRECTORY = Directory([NV, KHCN, AXIS], "truc-quoc-gia")


@pytest.mark.parametrize(
    "written",
    [
        "000.00.14.H48",
        " 000.00.14.h48\n",
        "000.00.14. H48",
        "000.00.14.H48\u00a0",
        "\ufeff000.00.14\u200b.H48",
    ],
)
def test_a_code_is_the_same_however_it_is_written(written: str) -> None:
    assert normalise(written) == "000.00.14.H48"
    assert DIRECTORY.find(written) == "so-nv"


@given(st.text())
def test_normalising_again_changes_nothing_and_composed_forms_are_equal(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert normalise(unicodedata.normalize("NFC", text)) == normalise(unicodedata.normalize("NFD", text))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("000.00.14.H48", True),
        ("000.00.14.h48 ", True),
        ("H48", True),
        ("H48.01.02", True),
        ("H37.DN.001", True),
        ("H48" + ".0123456789" * 3, False),
        ("H48.1", False),
        ("28.22.H17", False),
        ("001.00.20.TT2", False),
        ("000.00.14.H48\n.1", False),
        ("٠٠٠.00.14.H48", False),
        ("so-nv", False),
        ("", False),
    ],
)
def test_both_official_forms_are_known(code: str, expected: bool) -> None:
    assert looks_like_code(code) is expected


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("so-khcn", "so-khcn"),
        ("SO-KHCN", "so-khcn"),
        ("000.00.15.H48", "so-khcn"),
        ("h48.15", "so-khcn"),
        ("000.00.12.H48", "so-khcn"),
        ("000.00.00.G22", None),
        ("", None),
    ],
)
def test_a_unit_is_found_by_id_code_or_alias(name: str, unit: str | None) -> None:
    assert DIRECTORY.find(name) == unit


def test_codes_hold_every_code_of_ours_in_one_form() -> None:
    assert DIRECTORY.codes == {
        "000.00.14.H48": "so-nv",
        "H48.14": "so-nv",
        "000.00.15.H48": "so-khcn",
        "H48.15": "so-khcn",
        "000.00.12.H48": "so-khcn",
    }
    assert DIRECTORY.unit("so-nv") is NV
    assert DIRECTORY.ours == (NV, KHCN)


def test_names_hold_every_code_that_is_known_former_and_outside_ones_too() -> None:
    former = Unit("so-tttt", "Sở Thông tin và Truyền thông", "000.00.99.H48", until=date(2025, 2, 28))
    axis = Unit("axis", "Văn phòng Chính phủ", "000.00.00.g22", ("000.00.01.G22",))
    assert Directory([NV, former, axis], "axis", date(2026, 1, 1)).names == {
        "000.00.14.H48": "Sở Nội vụ",
        "H48.14": "Sở Nội vụ",
        "000.00.99.H48": "Sở Thông tin và Truyền thông",
        "000.00.00.G22": "Văn phòng Chính phủ",
    }
    assert "" not in DIRECTORY.names


def test_codes_of_the_one_for_the_others_count_as_outside() -> None:
    directory = Directory([NV, Unit("axis", "Trục", "000.00.00.G22")], "axis")
    assert directory.find("000.00.00.G22") is None
    assert directory.find("axis") == "axis"


@pytest.mark.parametrize(
    ("unit", "organ", "expected"),
    [
        ("so-nv", "so-nv", True),
        ("so-nv", "000.00.14.H48", True),
        ("so-nv", " h48.14", True),
        ("so-nv", "000.00.15.H48", False),
        ("so-nv", "000.00.00.G22", False),
        ("so-nv", "", False),
        ("truc-quoc-gia", "000.00.00.G22", True),
        ("truc-quoc-gia", "000.00.14.H48", False),
        ("truc-quoc-gia", "", False),
    ],
)
def test_who_may_speak_through_which_endpoint(unit: str, organ: str, expected: bool) -> None:
    assert DIRECTORY.speaks_for(unit, organ) is expected


def test_the_nearest_units_are_named_by_code_and_name() -> None:
    assert DIRECTORY.nearest("000.00.41.H48")[0] == "000.00.14.H48 (Sở Nội vụ)"
    assert DIRECTORY.nearest("Sở khoa học công nghệ", 1) == ["000.00.15.h48 (Sở Khoa học và Công nghệ)"]
    assert len(DIRECTORY.nearest("000.00.1.H48", 1)) == 1
    assert DIRECTORY.nearest("@@@@") == []


LEARNED = {"H48.15.01": "so-khcn", "000.00.14.H48": "so-khcn", "G22": "truc-quoc-gia", "H99": "nobody"}


def test_a_learned_code_names_an_addressee_and_no_sender() -> None:
    taught = DIRECTORY.learn(LEARNED)

    assert taught.addressee(" h48.15.01") == "so-khcn"
    assert taught.is_ours_to_serve("H48.15.01")
    assert taught.find("H48.15.01") is None
    assert not taught.is_ours("H48.15.01")
    assert not taught.speaks_for("so-khcn", "H48.15.01")
    assert taught.speaks_for("truc-quoc-gia", "H48.15.01")
    assert DIRECTORY.addressee("H48.15.01") is None


def test_what_is_configured_counts_more_than_what_was_learned() -> None:
    taught = DIRECTORY.learn(LEARNED)
    assert taught.addressee("000.00.14.H48") == "so-nv"
    assert not taught.is_ours_to_serve("H99")


def test_a_learned_code_of_a_former_unit_means_its_heir() -> None:
    gone = Unit("phong-cu", "Phòng cũ", "H48.90", until=date(2026, 6, 30), successors=("so-nv",))
    taught = Directory([NV, gone, AXIS], "truc-quoc-gia").learn({"OLD": "phong-cu"})
    after = taught.on(date(2026, 7, 1))
    assert (taught.addressee("OLD"), after.addressee("OLD")) == ("phong-cu", "so-nv")
    assert after.former("OLD") == gone
