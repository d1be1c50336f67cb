from __future__ import annotations

import unicodedata

import pytest

from hub.matching import same_id, tolerant

_ID = "000.00.14.H48,2026/11/23,05/QĐ-SNV"


@pytest.mark.parametrize(
    "other",
    [
        "000.00.14.H48,2026-11-23,05/QĐ-SNV",
        "000.00.14.h48, 2026/11/23 , 05-qđ-snv",
        "H48.14,2026/11/23,5/QĐ-SNV",
        "00.14.H48 2026/11/23 05/QĐ-SNV.",
        "000.00.14.H48;23/11/2026;05/QÐ-SNV",
        "000.00.14.H48,2026-11-23 00:00:00,05 / QĐ - SNV",
        unicodedata.normalize("NFD", _ID),
        f"\ufeff {_ID}\u200b",
    ],
)
def test_a_document_id_is_the_same_in_every_form(other: str) -> None:
    assert same_id(_ID, other)
    assert tolerant(_ID) == tolerant(other)


@pytest.mark.parametrize(
    "other",
    [
        "000.00.15.H48,2026/11/23,05/QĐ-SNV",
        "000.00.14.H48,2026/11/24,05/QĐ-SNV",
        "000.00.14.H48,2026/11/23,50/QĐ-SNV",
        "000.00.14.H48,2026/11/23,05/QD-SNV",
        "",
    ],
)
def test_another_document_stays_another(other: str) -> None:
    assert not same_id(_ID, other)


def test_a_uuid_is_the_same_with_and_without_its_ornaments() -> None:
    plain = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
    for other in (plain.upper(), f"{{{plain}}}", f"urn:uuid:{plain}", plain.replace("-", "")):
        assert same_id(plain, other)


def test_an_impossible_date_is_compared_and_never_parsed() -> None:
    assert same_id("000.00.00.G22,2014/02/30,1/A", "000.00.00.G22,2014-02-30,1/A")
    assert not same_id("000.00.00.G22,2014/02/30,1/A", "000.00.00.G22,2014-03-02,1/A")


def test_nothing_is_the_same_as_nothing() -> None:
    assert not same_id("", "")
    assert not same_id(" . ", ",")
