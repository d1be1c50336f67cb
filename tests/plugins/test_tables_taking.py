"""Out of a unit's tables, on real servers: what its software wrote is what the hub takes, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hub import Acceptance, Acknowledgement, Document, NoRoom, Quarantined, Refused, logger
from hub.testing import eventually
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS
from hub.vocabulary import Business, BusinessInfo, Incoming, Organization, Reference, Urgency
from plugins.eoffice.tables.mapping import TableMapping
from tests.plugins.tables import PDF, Bench, bench
from tests.unitdatabase import UnitDatabase, mapping


@pytest.fixture
async def at(tmp_path: Path, unit_database: UnitDatabase) -> AsyncIterator[Bench]:
    async with bench(tmp_path, unit_database) as made:
        yield made


async def test_a_document_with_all_that_belongs_to_it_is_taken_as_it_was_written(at: Bench) -> None:
    files = {"52-TTr.pdf": PDF, "Phụ lục số 1.xlsx": b"PK\x03\x04" + bytes(5000), "ghi chú.txt": "đã ký".encode()}
    business = BusinessInfo(Business.UPDATE, "000.00.31.H48-2026-50/TTr-UBND", "sửa hạn")
    key = at.write(
        "52/TTr-UBND/2026",
        files,
        to=(HOME_AFFAIRS, GOVERNMENT_OFFICE),
        document_id="000.00.31.H48-2026-52/TTr-UBND",
        urgency=Urgency.FLASH,
        subject="Về việc “thử” & <kiểm>",
        business=business,
    )
    at.software.change(
        "CONNECT_DOCUMENT",
        key,
        DEADLINE=date(2026, 12, 1),
        SIGNER_NAME="Nguyễn Văn A",
        SIGNER_POSITION="Chủ tịch",
        STAFF_INFO="Văn phòng/Trần B/tb@xa.example/0255",
        PAGE_NUMBER=3,
        DOC_CONTENT="tóm tắt",
    )
    async with at.listening():
        await eventually(at.bodies)
        await eventually(lambda: at.software.state(key) == (1, [1, 1], 1, None))
    [said] = at.bodies()
    assert (said.code, said.number, said.notation) == ("52/TTr-UBND/2026", "52", "TTr-UBND/2026")
    assert said.sender == Organization(BINH_SON, "UBND xã Bình Sơn")
    assert {each.id: each.name for each in said.to} == {
        HOME_AFFAIRS: "Sở Nội vụ",
        GOVERNMENT_OFFICE: "Văn phòng Chính phủ",
    }
    assert (said.document_id, said.promulgation_date) == ("000.00.31.H48-2026-52/TTr-UBND", date(2026, 11, 23))
    assert (said.subject, said.type.name, said.urgency) == ("Về việc “thử” & <kiểm>", "Giấy mời", Urgency.FLASH)
    assert (said.due_date, said.content, said.other.page_amount) == ("2026/12/01", "tóm tắt", 3)
    assert (said.signer.full_name, said.signer.position) == ("Nguyễn Văn A", "Chủ tịch")
    assert (said.business.type, said.business.document_id, said.business.reason) == (
        Business.UPDATE,
        "000.00.31.H48-2026-50/TTr-UBND",
        "sửa hạn",
    )
    [person] = said.business.staff
    assert (person.department, person.staff, person.email, person.mobile) == (
        "Văn phòng",
        "Trần B",
        "tb@xa.example",
        "0255",
    )
    assert at.contents(said) == files


async def test_what_its_tables_say_in_the_first_form_of_the_id_is_made_up_where_there_is_none(at: Bench) -> None:
    key = at.write(document_id="")
    async with at.listening():
        await eventually(lambda: at.software.state(key)[0] == 1)
    assert at.bodies()[0].document_id == f"{BINH_SON},2026/11/23,52/TTr-UBND"


async def test_a_large_attachment_comes_whole_in_slices(at: Bench) -> None:
    content = b"%PDF-1.7 " + bytes(range(251)) * 24_000
    key = at.write(files={"lon.pdf": content})
    async with at.listening():
        await eventually(lambda: at.software.state(key)[0] == 1, 30)
    assert at.contents(at.bodies()[0]) == {"lon.pdf": content}


async def test_of_several_recipients_only_those_that_wait_get_it_and_one_that_is_added_later_too(at: Bench) -> None:
    key = at.write(to=(HOME_AFFAIRS, GOVERNMENT_OFFICE))
    [first, _] = at.software.rows("CONNECT_DOC_OUT_DETAIL")
    at.software.change("CONNECT_DOC_OUT_DETAIL", first["CONNECT_DOC_OUT_DETAIL_ID"], IS_SENDED=1)
    async with at.listening():
        await eventually(lambda: at.software.state(key)[0] == 1)
        await at.apart(
            at.software.add, "CONNECT_DOC_OUT_DETAIL", CONNECT_DOCUMENT_ID=key, RECEIVER_GROUP=101, SEND_TYPE=1
        )
        await at.apart(at.software.change, "CONNECT_DOCUMENT", key, IS_SENDED=0)
        await eventually(lambda: len(at.inbox.accepted) == 2)
    assert [[each.id for each in body.to] for body in at.bodies()] == [[GOVERNMENT_OFFICE], [HOME_AFFAIRS]]


async def test_rows_of_other_kinds_are_left_alone(at: Bench) -> None:
    key = at.write()
    at.software.change("CONNECT_DOCUMENT", key, CONNECT_TYPE=1)
    other = at.write("2/CV")
    async with at.listening():
        await eventually(lambda: at.software.state(other)[0] == 1)
        await asyncio.sleep(0.3)
    assert [body.code for body in at.bodies()] == ["2/CV"]
    assert at.software.state(key)[:3] == (0, [0], 0)


@pytest.mark.parametrize(
    ("columns", "files", "code", "words"),
    [
        ({"DOC_CODE": ""}, {"a.pdf": PDF}, "tables-incomplete", "số văn bản"),
        ({"DOC_CODE": None}, {"a.pdf": PDF}, "tables-incomplete", "số văn bản"),
        ({"PUBLISH_DATE": None}, {"a.pdf": PDF}, "tables-incomplete", "ngày ban hành"),
        ({"TITLE": " "}, {"a.pdf": PDF}, "tables-incomplete", "trích yếu"),
        ({"PRIORITY": 9}, {"a.pdf": PDF}, "tables-value", "Độ khẩn “9”"),
        ({"BUSSINESS_DOC_TYPE": 7}, {"a.pdf": PDF}, "tables-value", "Loại nghiệp vụ “7”"),
        ({}, {}, "tables-incomplete", "không có tệp đính kèm"),
        ({}, {"Tờ trình (MẬT).pdf": PDF}, "secret", "độ mật"),
    ],
)
async def test_a_document_that_cannot_go_is_given_back_with_its_reason(
    at: Bench, columns: dict[str, object], files: dict[str, bytes], code: str, words: str
) -> None:
    key = at.write(files=files)
    if columns:
        at.software.change("CONNECT_DOCUMENT", key, **columns)
    async with at.listening():
        await eventually(lambda: at.software.state(key)[0] == -1)
        await asyncio.sleep(0.3)
    [verdict] = at.inbox.verdicts.values()
    assert isinstance(verdict, Refused)
    assert verdict.code == code
    document, details, log, said = at.software.state(key)
    assert (document, set(details), log) == (-1, set(details) & {-1, 0}, 2)
    assert said is not None
    assert words in said
    assert len(at.inbox.offered) == 1


async def test_a_document_that_is_still_being_written_is_left_alone_until_it_is_whole(at: Bench) -> None:
    key = at.write(files={})
    async with at.listening(grace="1h"):
        await asyncio.sleep(0.5)
        assert (at.software.state(key), at.inbox.offered) == ((0, [0], 0, None), [])
        await at.apart(at.software.attach, key, "52.pdf", PDF)
        await eventually(lambda: at.software.state(key)[0] == 1)
    assert at.contents(at.bodies()[0]) == {"52.pdf": PDF}


async def test_a_restored_hub_says_what_it_does_not_know(at: Bench) -> None:
    at.context.state.mkdir(parents=True)
    (at.context.state / "restored").write_text("2026-11-24T01:00:00+00:00", "utf-8")
    said: list[str] = []
    sink = logger.add(lambda line: said.append(str(line)), format="{message}")
    try:
        for _ in range(2):
            async with at.connector():
                pass
    finally:
        logger.remove(sink)
    assert [line for line in said if "2026-11-24" in line] == [said[0]]


async def test_a_recipient_without_a_code_is_named(at: Bench) -> None:
    key = at.write(to=("000.00.77.H48",))
    async with at.listening():
        await eventually(lambda: at.software.state(key)[0] == -1)
    assert "999" in str(at.software.state(key)[3])


async def test_whom_the_hub_does_not_know_is_marked_alone(at: Bench) -> None:
    key = at.write(to=(HOME_AFFAIRS, "000.00.99.H48"))

    def knows_one(incoming: Incoming) -> None:
        at.inbox.verdicts[incoming.source_key] = Acceptance("e-1", unknown=("000.00.99.h48",))

    at.inbox._judge = knows_one  # type: ignore[method-assign]  # one that knows a document
    async with at.listening():
        await eventually(lambda: at.software.state(key)[0] == 1)
    _, details, log, said = at.software.state(key)
    assert (details, log) == ([1, -1], 1)
    assert said == "Trục không có nơi nhận: 000.00.99.H48."


async def test_what_was_given_back_and_is_sent_again_is_judged_anew(at: Bench) -> None:
    key = at.write()
    at.inbox.refuses = lambda _: Refused("unknown-addressee", "Không có đơn vị này.", "To")
    async with at.listening():
        await eventually(lambda: at.software.state(key)[0] == -1)
    at.inbox.refuses = lambda _: None
    async with at.listening():
        await asyncio.sleep(0.3)
        await at.apart(at.software.send_again, key)
        await eventually(lambda: at.software.state(key) == (1, [1], 1, None))
    assert len(at.inbox.accepted) == 1


async def test_one_that_is_mended_is_another_input_than_the_one_that_was_given_back(at: Bench) -> None:
    key = at.write(subject=" x ")
    at.software.change("CONNECT_DOCUMENT", key, TITLE="")
    async with at.listening():
        await eventually(lambda: at.software.state(key)[0] == -1)
        await at.apart(at.software.send_again, key, TITLE="Đã sửa")
        await eventually(lambda: at.software.state(key)[0] == 1)
    assert [body.subject for body in at.bodies()] == ["Đã sửa"]


async def test_what_the_hub_keeps_for_a_person_is_let_go(at: Bench) -> None:
    key = at.write()
    at.inbox.refuses = lambda _: Quarantined("conflict", "Văn bản khác cùng mã.", "")
    async with at.listening():
        await eventually(lambda: at.software.state(key) == (1, [1], 1, "Văn bản khác cùng mã."))


async def test_while_the_hub_has_no_room_the_rows_wait_unchanged(at: Bench) -> None:
    key = at.write()
    at.inbox.room = False
    async with at.listening() as connector:
        await eventually(lambda: any(poll.trouble for poll in connector._polls), 30)
        assert not (await connector.check()).ok
        assert at.software.state(key) == (0, [0], 0, None)
        at.inbox.room = True
        await eventually(lambda: at.software.state(key)[0] == 1)


async def test_a_crash_between_accept_and_mark_is_one_input(at: Bench) -> None:
    key = at.write()
    at.inbox.lost = NoRoom("the answer is lost")
    async with at.listening():
        await eventually(lambda: len(at.inbox.offered) > 1)
    assert at.software.state(key) == (0, [0], 0, None)
    at.inbox.lost = None
    async with at.listening():
        await eventually(lambda: at.software.state(key)[0] == 1)
    assert len({each.source_key for each in at.inbox.offered}) == 1
    assert len(at.inbox.accepted) == 1


async def test_two_lives_at_the_same_tables_take_each_row_once(at: Bench) -> None:
    for number in range(1, 9):
        at.write(f"{number}/CV")
    async with at.listening(), at.listening():
        await eventually(lambda: len(at.software.rows("CONNECT_DOCUMENT", IS_SENDED=1)) == 8, 30)
    assert sorted(body.code for body in at.bodies()) == [f"{number}/CV" for number in range(1, 9)]
    assert len(at.inbox.offered) == 8


async def test_one_row_that_makes_trouble_holds_up_no_other(at: Bench) -> None:
    at.write("1/CV", {"a.pdf": PDF})
    other = at.write("2/CV", {"b.pdf": PDF})
    [first, _] = at.software.rows("CONNECT_ATTACHMENT")
    at.software.change("CONNECT_ATTACHMENT", first["CONNECT_ATTACHMENT_ID"], CONTENT=None)
    async with at.listening():
        await eventually(lambda: at.software.state(other)[0] == 1)
    assert [body.code for body in at.bodies()] == ["2/CV"]


def _delivered(at: Bench, code: str = "211/GM-SNV") -> int:
    return at.software.add(
        "CONNECT_DOCUMENT",
        CONNECT_TYPE=1,
        DOC_CODE=code,
        DOC_ID=f"{HOME_AFFAIRS},2026/11/23,{code}",
        PUBLISH_DATE=date(2026, 11, 23),
        TITLE="Dự tập huấn",
        OFFICE_SENDER_ID=HOME_AFFAIRS,
        IS_SENDED=1,
        EDOC_ID=f"d-{code}",
    )


@pytest.mark.parametrize(("number", "code"), [(1, "01"), (2, "02"), (3, "03"), (6, "06"), (15, "15"), (16, "16")])
async def test_each_step_of_a_clerk_is_a_status(at: Bench, number: int, code: str) -> None:
    document = _delivered(at)
    step = at.software.step(document, number, "lý do")
    async with at.listening():
        await eventually(lambda: at.software.rows("CONNECT_PROCESS_IN")[0]["IS_SEND"] == 1)
    [said] = at.bodies()
    assert isinstance(said, Acknowledgement)
    about = Reference(HOME_AFFAIRS, "211/GM-SNV", f"{HOME_AFFAIRS},2026/11/23,211/GM-SNV", "2026/11/23")
    assert (said.sender.id, said.response_for, said.status) == (BINH_SON, about, code)
    assert said.at == datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
    assert (said.description, said.staff.department, said.staff.staff) == ("lý do", "Văn phòng", "Nguyễn Thị An")
    assert step


@pytest.mark.parametrize(("number", "words"), [(7, "Trạng thái “7”"), (None, "Trạng thái “”")])
async def test_a_step_that_no_table_of_values_knows_is_given_back(at: Bench, number: int | None, words: str) -> None:
    at.software.step(_delivered(at), number)  # type: ignore[arg-type]  # NULL
    async with at.listening():
        await eventually(lambda: at.software.rows("CONNECT_PROCESS_IN")[0]["IS_SEND"] == -1)
    assert words in at.software.rows("CONNECT_PROCESS_IN")[0]["LOG_SEND"]


async def test_a_step_of_no_document_is_given_back(at: Bench) -> None:
    at.software.step(77, 3)
    async with at.listening():
        await eventually(lambda: at.software.rows("CONNECT_PROCESS_IN")[0]["IS_SEND"] == -1)
    [verdict] = at.inbox.verdicts.values()
    assert isinstance(verdict, Refused)
    assert verdict.code == "tables-no-document"


async def test_asking_a_document_back_is_a_request_to_that_one(at: Bench) -> None:
    key = at.write(to=(HOME_AFFAIRS, GOVERNMENT_OFFICE))
    async with at.listening():
        await eventually(lambda: at.software.state(key)[0] == 1)
        await at.apart(at.software.ask_back, key, GOVERNMENT_OFFICE, "gửi nhầm")
        await eventually(lambda: len(at.bodies()) == 2)
        await eventually(lambda: at.software.state(key)[1] == [1, 1, 1])
    [document, asked] = at.bodies()
    assert isinstance(document, Document)
    assert (asked.status, asked.response_for.organ_id, asked.response_for.document_id) == (
        "13",
        GOVERNMENT_OFFICE,
        document.document_id,
    )
    assert asked.description == "gửi nhầm"


def test_the_shipped_mapping_gives_the_codes_that_it_says() -> None:
    assert TableMapping.model_validate(mapping("voffice")).codes == {
        "01", "02", "03", "04", "05", "06", "13", "15", "16",
    }  # fmt: skip
