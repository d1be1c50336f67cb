"""What makes two packets the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.identity import business_key, document_id, fingerprint, repeats_by_design
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Attachment, Business, BusinessInfo, Document, Organization, Trace

FILE = Attachment("a.pdf", "cid", "application/pdf", "application/pdf", 10, 20, 15, "ab" * 32)


@pytest.mark.parametrize(
    "text",
    [
        "000.00.14.H48,2026/11/23,211/GM-SNV",
        " 000.00.14.h48,2026-11-23, 211/GM-SNV ",
        "000.00.14.H48,2026/11/23,211/gm-snv",
    ],
)
def test_document_ids_compare_without_case_dashes_and_spaces(text: str) -> None:
    assert "000.00.14.h48,2026/11/23,211/gm-snv" == document_id(text)


def test_a_bare_uuid_is_an_id_too() -> None:
    assert "0f8fad5b-d9cb-469f-a165-70867728950e" == document_id("0F8FAD5B-d9cb-469f-a165-70867728950e")


@pytest.mark.parametrize(
    "same",
    [
        {"to": (Organization("H48.99"),)},
        {"trace": (Trace("H48", "2026/11/23 08:00:00"),)},
        {"attachments": (replace(FILE, offset=99, length=21, content_id="other"),)},
    ],
)
def test_addressees_hops_and_positions_do_not_change_the_content(same: dict[str, object]) -> None:
    document = a_document(attachments=(FILE,))

    assert fingerprint(document) == fingerprint(replace(document, **same))  # type: ignore[arg-type]


@pytest.mark.parametrize("other", [{"subject": "khác"}, {"attachments": (replace(FILE, digest="cd" * 32),)}])
def test_words_and_bytes_change_the_content(other: dict[str, object]) -> None:
    document = a_document(attachments=(FILE,))

    assert fingerprint(document) != fingerprint(replace(document, **other))  # type: ignore[arg-type]


def test_a_recall_repeats_an_id_and_has_its_own_key() -> None:
    document: Document = a_document()
    recall = replace(document, business=BusinessInfo(type=Business.REVOKE))

    assert business_key(document, "so-nv") != business_key(recall, "so-nv")
    assert [False, True, True] == [repeats_by_design(body) for body in (document, recall, an_answer(document))]


def test_a_document_without_an_id_goes_by_number_notation_and_date() -> None:
    assert "so-nv|211/gm-snv 2026-11-23|0" == business_key(a_document(document_id=""), "so-nv")


def test_fingerprints_of_earlier_releases_still_match() -> None:
    """Ledgers hold them: another value here needs a migration, or every repeated document becomes a conflict."""
    kept = "7750bb390978341bc126dba0c6e256eac52a729c367db312b281caf9d694cb83"

    assert kept == fingerprint(a_document(attachments=(FILE,)))
