"""Into a unit's tables, on real servers: one delivery is one document there, or one status."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hub import Acknowledgement, Delivery, Receipt, Refused
from hub.testing import outcome_of
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Business, BusinessInfo, Organization, Signer, Staff, Urgency
from tests.plugins.tables import PDF, Bench, bench
from tests.spoiling import spoil
from tests.unitdatabase import UnitDatabase


@pytest.fixture
async def at(tmp_path: Path, unit_database: UnitDatabase) -> AsyncIterator[Bench]:
    async with bench(tmp_path, unit_database) as made:
        yield made


async def _sent(at: Bench, delivery: Delivery) -> Receipt | Exception:
    async with at.connector() as connector:
        return (await outcome_of(connector, delivery)).outcome


async def test_a_damaged_document_is_never_written(at: Bench) -> None:
    delivery = at.delivery(files={"211-GM.pdf": PDF})
    spoil(at.context.state.parents[1] / "blobs", delivery)
    ending = await _sent(at, delivery)
    assert isinstance(ending, Refused)
    assert "damaged" == ending.code
    assert [] == at.software.rows("CONNECT_DOCUMENT")


async def test_a_document_stands_there_whole_with_its_files(at: Bench) -> None:
    files = {"211-GM.pdf": PDF, "Phụ lục.xlsx": b"PK\x03\x04" + bytes(3000), "ghi chú.txt": "đã ký".encode()}
    body = replace(
        a_document(
            "211/GM-SNV",
            due_date="2026/12/01",
            urgency=Urgency.URGENT,
            subject="Về “thử” \\ ' % :x",
            content="tóm tắt",
            business=BusinessInfo(
                Business.REPLACE, "cũ", "thay thế", staff=(Staff("Phòng A", staff="B", email="b@x.example"),)
            ),
            signer=Signer("KT.", "Phó Giám đốc", "Lê C"),
        ),
        sender=Organization(HOME_AFFAIRS, "Sở Nội vụ"),
    )
    delivery = at.delivery(body=body, files=files)
    async with at.connector() as connector:
        receipt = await connector.send(delivery)
        assert await connector.find(delivery) == receipt
    [row] = at.software.rows("CONNECT_DOCUMENT")
    assert receipt == Receipt(f"CONNECT_DOCUMENT {row['CONNECT_DOCUMENT_ID']}")
    received = row.pop("RECEIVED_DATE")
    assert row == {
        "CONNECT_DOCUMENT_ID": row["CONNECT_DOCUMENT_ID"],
        "CONNECT_TYPE": 1,
        "BUSSINESS_DOC_TYPE": 3,
        "BUSSINESS_DOC_ID": "cũ",
        "BUSSINESS_DOC_REASON": "thay thế",
        "OFFICE_SENDER_ID": HOME_AFFAIRS,
        "OFFICE_SENDER_NAME": "Sở Nội vụ",
        "STAFF_INFO": "Phòng A/B/b@x.example/",
        "DOC_ID": f"{HOME_AFFAIRS},2026/11/23,211/GM-SNV",
        "DOC_CODE": "211/GM-SNV",
        "PUBLISH_DATE": date(2026, 11, 23),
        "TITLE": "Về “thử” \\ ' % :x",
        "DOC_CONTENT": "tóm tắt",
        "DOC_TYPE_NAME": "Giấy mời",
        "PRIORITY": 1,
        "DEADLINE": date(2026, 12, 1),
        "SIGNER_NAME": "Lê C",
        "SIGNER_POSITION": "Phó Giám đốc",
        "PAGE_NUMBER": None,
        "IS_SENDED": 1,
        "EDOC_ID": delivery.id,
    }
    # Their columns know no zone: it is the clock on the unit's wall.
    ahead = received.replace(tzinfo=UTC) - delivery.envelope.received_at
    assert 6.99 < ahead.total_seconds() / 3600 < 7.01
    [arrived] = at.software.arrived()
    assert arrived.files == files


async def test_the_same_delivery_again_changes_nothing_and_gets_the_same_receipt(at: Bench) -> None:
    delivery = at.delivery()
    first = await _sent(at, delivery)
    again = await _sent(at, replace(delivery, attempt=2, possible_duplicate=True))
    assert first == again
    assert isinstance(first, Receipt)
    assert [each.edoc for each in at.software.arrived()] == [delivery.id]
    assert len(at.software.rows("CONNECT_ATTACHMENT")) == 1


async def test_two_deliveries_are_two_documents(at: Bench) -> None:
    deliveries = [at.delivery("1/CV"), at.delivery("1/CV")]
    async with at.connector() as connector:
        for delivery in deliveries:
            await connector.send(delivery)
    assert [each.edoc for each in at.software.arrived()] == [each.id for each in deliveries]


async def test_what_was_never_sent_is_not_found(at: Bench) -> None:
    async with at.connector() as connector:
        assert await connector.find(at.delivery()) is None


async def test_an_answer_stands_at_its_document_and_the_latest_of_each_organisation_is_active(at: Bench) -> None:
    at.write("52/TTr-UBND", to=(HOME_AFFAIRS, GOVERNMENT_OFFICE))
    at.write("53/TTr-UBND")
    document = a_document("52/TTr-UBND", BINH_SON)
    async with at.connector() as connector:
        for status, sender in (("01", HOME_AFFAIRS), ("01", GOVERNMENT_OFFICE), ("03", HOME_AFFAIRS)):
            await connector.send(at.delivery(body=an_answer(document, status, sender)))
    assert at.software.heard() == [
        ("52/TTr-UBND", HOME_AFFAIRS, 1, 0),
        ("52/TTr-UBND", GOVERNMENT_OFFICE, 1, 1),
        ("52/TTr-UBND", HOME_AFFAIRS, 3, 1),
    ]


async def test_an_answer_says_when_why_and_who(at: Bench) -> None:
    at.write("52/TTr-UBND")
    body = an_answer(
        a_document("52/TTr-UBND", BINH_SON),
        "02",
        HOME_AFFAIRS,
        at=datetime(2026, 11, 24, 1, 30, tzinfo=UTC),
        description="thiếu phụ lục",
        staff=Staff("Văn thư", staff="Trần D"),
    )
    delivery = at.delivery(body=body)
    receipt = await _sent(at, delivery)
    [row] = at.software.rows("CONNECT_PROCESS_OUT")
    assert receipt == Receipt(f"CONNECT_PROCESS_OUT {row['CONNECT_PROCESS_OUT_ID']}")
    assert row["PROCESS_DATE"] == datetime(2026, 11, 24, 8, 30)  # noqa: DTZ001 - their column knows no zone
    assert (row["DESCRIPTION"], row["STAFF_INFO"], row["EDOC_ID"]) == ("thiếu phụ lục", "Văn thư/Trần D//", delivery.id)


async def test_an_answer_by_number_alone_finds_its_document(at: Bench) -> None:
    at.write("52/TTr-UBND", document_id="000.00.31.H48-2026-52/TTr-UBND")
    body = an_answer(a_document("52/TTr-UBND", BINH_SON, document_id=""), "03", HOME_AFFAIRS)
    assert isinstance(await _sent(at, at.delivery(body=body)), Receipt)


async def test_an_answer_by_number_finds_the_document_of_its_year(at: Bench) -> None:
    document = a_document("52/TTr-UBND", BINH_SON, document_id="")
    for year in (2024, 2025, 2026):
        at.software.write(replace(document, promulgation_date=date(year, 3, 4)), {})
    await _sent(at, at.delivery(body=_of_day("2025/03/05", an_answer(document, "03", HOME_AFFAIRS))))
    await _sent(at, at.delivery(body=_of_day("", an_answer(document, "04", HOME_AFFAIRS))))
    years = {row["CONNECT_DOCUMENT_ID"]: row["PUBLISH_DATE"].year for row in at.software.rows("CONNECT_DOCUMENT")}
    answers = at.software.rows("CONNECT_PROCESS_OUT")
    assert [(row["STATUS"], years[row["CONNECT_DOCUMENT_ID"]]) for row in answers] == [(3, 2025), (4, 2026)]
    refused = await _sent(at, at.delivery(body=_of_day("2023/03/04", an_answer(document, "03", HOME_AFFAIRS))))
    assert isinstance(refused, Refused)
    assert refused.code == "tables-no-document"


def _of_day(day: str, answer: Acknowledgement) -> Acknowledgement:
    return replace(answer, response_for=replace(answer.response_for, promulgation_date=day))


async def test_an_answer_about_nothing_that_is_there_is_refused(at: Bench) -> None:
    body = an_answer(a_document("52/TTr-UBND", BINH_SON), "03", HOME_AFFAIRS)
    refused = await _sent(at, at.delivery(body=body))
    assert isinstance(refused, Refused)
    assert (refused.code, at.software.rows("CONNECT_PROCESS_OUT")) == ("tables-no-document", [])
    assert "52/TTr-UBND" in refused.reason


async def test_a_code_without_a_value_there_is_refused(at: Bench) -> None:
    at.write("52/TTr-UBND")
    body = an_answer(a_document("52/TTr-UBND", BINH_SON), "07", HOME_AFFAIRS)
    refused = await _sent(at, at.delivery(body=body))
    assert isinstance(refused, Refused)
    assert refused.code == "tables-no-place"


async def test_a_request_to_give_a_document_back_is_a_row_that_a_person_reads(at: Bench) -> None:
    document = a_document("211/GM-SNV")
    asked = replace(an_answer(document, "13", HOME_AFFAIRS, description="gửi nhầm"))
    asked = replace(asked, response_for=replace(asked.response_for, organ_id=BINH_SON))
    delivery = at.delivery(body=asked)
    async with at.connector() as connector:
        await connector.send(delivery)
        await connector.send(delivery)
    [row] = at.software.rows("CONNECT_DOCUMENT")
    assert (row["CONNECT_TYPE"], row["BUSSINESS_DOC_TYPE"], row["TITLE"]) == (
        1,
        1,
        "Yêu cầu thu hồi văn bản 211/GM-SNV",
    )
    assert (row["DOC_ID"], row["BUSSINESS_DOC_REASON"], row["PUBLISH_DATE"]) == (
        document.document_id,
        "gửi nhầm",
        date(2026, 11, 23),
    )


async def test_a_mapping_without_a_place_for_it_refuses(at: Bench) -> None:
    settings = {**at.counterpart.settings["mapping"], "inbox": {}}
    async with at.connector(mapping=settings) as connector:
        refused = (await outcome_of(connector, at.delivery())).outcome
    assert isinstance(refused, Refused)
    assert refused.code == "tables-no-place"


async def test_a_text_that_is_too_long_is_refused_by_its_column_and_nothing_of_it_is_there(at: Bench) -> None:
    refused = await _sent(at, at.delivery(body=a_document(subject="d" * 501)))
    assert isinstance(refused, Refused)
    assert refused.code == "tables-refused"
    assert "TITLE" in refused.reason.upper()
    assert "500" in refused.reason
    assert at.software.rows("CONNECT_DOCUMENT") == []


async def test_an_attachment_that_is_too_large_is_refused_and_nothing_of_it_is_there(at: Bench) -> None:
    async with at.connector(largest_attachment=1) as connector:
        refused = (await outcome_of(connector, at.delivery(files={"a.pdf": PDF, "lon.pdf": bytes(1_000_001)}))).outcome
    assert isinstance(refused, Refused)
    assert "lon.pdf" in refused.reason
    for table in ("CONNECT_DOCUMENT", "CONNECT_ATTACHMENT", "CONNECT_DOC_OUT_FILES"):
        assert at.software.rows(table) == []


@pytest.mark.root
async def test_what_the_server_takes_in_no_packet_is_refused_by_its_name(
    tmp_path: Path, unit_on_mariadb: UnitDatabase
) -> None:
    async with bench(tmp_path, unit_on_mariadb) as at:
        refused = await _sent(at, at.delivery(files={"lon.pdf": bytes(range(256)) * 33_000}))
    assert isinstance(refused, Refused)
    assert "max_allowed_packet" in refused.reason
