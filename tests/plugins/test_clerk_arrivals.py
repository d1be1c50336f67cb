"""A document arrives in a clerk's folder: whole, under safe names, once."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from hub import Refused
from hub.testing import eventually
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Blob, Urgency
from plugins.folderdrop.clerk import names
from tests.plugins.clerk import PDF, Office, quiet
from tests.plugins.folder import a_delivery


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def test_a_document_arrives_as_one_folder_with_its_files(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector, files={"211-GM-SNV.pdf": PDF, "Phụ lục 01.xlsx": b"PK\x03\x04x"})

        assert [".lt-id", "211-GM-SNV.pdf", "Phụ lục 01.xlsx", "phieu.html", "thong-tin.yaml"] == sorted(
            path.name for path in folder.iterdir()
        )
        assert PDF == (folder / "211-GM-SNV.pdf").read_bytes()
        assert folder.name.startswith("211-GM-SNV 23-11-2026 000.00.14.H48 ~")
        assert len(folder.name) <= 60
        said = (folder / "thong-tin.yaml").read_text("utf-8")
        assert hashlib.sha256(PDF).hexdigest() in said
        assert 'ten_day_du: "Phụ lục 01.xlsx"' in said
        await eventually(lambda: office.drafts() == [])


async def test_a_sender_that_gives_no_name_bears_the_one_the_hub_knows(office: Office) -> None:
    office.names = {"000.00.14.H48": "Sở Nội vụ"}
    board = office.share / "theo-doi.html"
    async with office.listening() as connector:
        folder = await office.received(connector, sender=" 000.00.14.h48")
        assert folder.name.startswith("211-GM-SNV 23-11-2026 So-Noi-vu ~")
        assert "Sở Nội vụ · " in (folder / "phieu.html").read_text("utf-8")
        assert 'noi_gui: "Sở Nội vụ"' in (folder / "thong-tin.yaml").read_text("utf-8")
        await eventually(lambda: board.exists() and "<td>Sở Nội vụ</td>" in board.read_text("utf-8"))


async def test_the_hub_says_01_once_even_after_a_restart(office: Office) -> None:
    delivery = office.delivery()
    async with office.listening() as connector:
        await connector.send(delivery)
        await eventually(lambda: len(office.sender.heard) == 1)
    async with office.listening() as connector:
        assert await connector.find(delivery)
        await quiet(0.2)

    [(key, said)] = office.sender.heard
    assert ("01", "000.00.14.H48") == (said.status, said.response_for.organ_id)
    assert "Trục liên thông tỉnh ghi nhận văn bản đã đến thư mục của đơn vị" == said.description
    assert key.startswith(f"clerk|{delivery.id}|01")
    assert len(office.sender.offered) == 1


async def test_a_folder_is_found_wherever_a_person_moved_it(office: Office) -> None:
    delivery = office.delivery()
    async with office.connector() as connector:
        assert await connector.find(delivery) is None
        receipt = await connector.send(delivery)
        office.move(office.stage("1-moi-den") / receipt.reference, "5-dang-xu-ly", "CV khẩn anh Nam")
        assert receipt == await connector.find(delivery) == await connector.send(delivery)
        assert [] == list(office.stage("1-moi-den").iterdir())


async def test_a_folder_that_a_crash_left_unnoted_is_found_and_told_once(office: Office) -> None:
    delivery = office.delivery()
    async with office.connector() as connector:
        await connector.send(delivery)
    [state] = (office.home / "state" / "clerk").glob("*.json")
    known = json.loads(state.read_text())
    state.write_text(json.dumps(known | {"said": [], "placed": False}))
    async with office.listening() as connector:
        assert await connector.find(delivery)
        await eventually(lambda: len(office.sender.heard) == 1)
        await quiet(0.2)
    assert ["01"] == [said.status for _, said in office.sender.heard]


async def test_what_a_run_left_half_written_is_removed(office: Office) -> None:
    async with office.connector():
        draft = office.share / ".hub" / "tmp" / ".delivery1"
        draft.mkdir()
        (draft / "a.pdf").write_bytes(b"%PDF")
    async with office.connector():
        await eventually(lambda: office.drafts() == [])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["CON.pdf", "a<b>:c.pdf"], ["_CON.pdf", "a-b-c.pdf"]),
        (["x.pdf", "X.PDF", "x.pdf"], ["x.pdf", "X~2.PDF", "x~3.pdf"]),
        (["../../etc/passwd"], ["passwd"]),
        (["phieu.html", "ly-do.txt"], ["phieu~2.html", "ly-do~2.txt"]),
        (["~$a.docx"], ["tep-~$a.docx"]),
    ],
)
def test_names_are_safe(given: list[str], expected: list[str]) -> None:
    assert expected == names.file_names(given)


async def test_a_name_that_is_too_long_is_cut_and_shown_in_full(office: Office) -> None:
    long = "Phụ lục kèm theo Quyết định về việc phê duyệt " * 6 + ".pdf"
    async with office.connector() as connector:
        receipt = await connector.send(office.delivery(files={long: PDF}))
        folder = office.stage("1-moi-den") / receipt.reference
        [file] = folder.glob("*.pdf")
        assert PDF == file.read_bytes()
        assert len(file.name.encode()) <= 240
        assert len(f"van-ban-den/4-phan-cong/{'x' * 40}/{folder.name}/{file.name}") <= 240
        assert long.strip() in (folder / "thong-tin.yaml").read_text("utf-8")


async def test_the_sheet_escapes_what_a_packet_says(office: Office) -> None:
    async with office.connector() as connector:
        bad = '<script>alert("x")</script>'
        receipt = await connector.send(office.delivery(subject=bad, urgency=Urgency.FLASH))
        page = (office.stage("1-moi-den") / receipt.reference / "phieu.html").read_text("utf-8")
        assert "<script" not in page
        assert "&lt;script&gt;" in page
        assert "Hỏa tốc" in page


async def test_a_damaged_packet_is_refused_and_leaves_nothing(office: Office) -> None:
    delivery = office.delivery()
    blob = office.home / "blobs" / delivery.envelope.blob.digest
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes().replace(b"Organ", b"organ", 1))
    async with office.connector() as connector:
        with pytest.raises(Refused, match="damaged"):
            await connector.send(delivery)
        assert [] == list(office.stage("1-moi-den").iterdir())
        await eventually(lambda: office.drafts() == [])


async def test_stages_are_for_whom_the_share_is_for(office: Office) -> None:
    office.share.mkdir(parents=True)
    office.share.chmod(0o2770)
    before = os.umask(0o077)
    try:
        async with office.connector() as connector:
            await connector.send(office.delivery())
    finally:
        os.umask(before)
    assert {0o2770} == {path.stat().st_mode & 0o7777 for path in office.share.glob("van-ban-den/*")}


async def test_a_folder_is_for_whom_its_stage_is_for(office: Office) -> None:
    async with office.connector() as connector:
        await connector.send(office.delivery(1))
        office.stage("1-moi-den").chmod(0o770)
        receipt = await connector.send(office.delivery(2))
        folder = office.stage("1-moi-den") / receipt.reference
        assert 0o770 == folder.stat().st_mode & 0o777
        assert {0o660} == {path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_a_recall_of_what_is_not_here_is_told_in_a_text_once(office: Office) -> None:
    async with office.connector() as connector:
        delivery = a_delivery(1, an_answer(a_document(), "13"), Blob("0" * 64, 1))
        assert await connector.send(delivery) == await connector.send(delivery)
    [said] = office.stage("1-moi-den").iterdir()
    assert "yêu cầu thu hồi văn bản 211/GM-SNV" in said.read_text("utf-8-sig")


async def test_an_answer_to_what_was_not_sent_from_here_lies_by_itself_once(office: Office) -> None:
    async with office.listening() as connector:
        await eventually((office.share / "gui-di" / "MAU-PHIEU-GUI.txt").exists)
        delivery = a_delivery(1, an_answer(a_document("9/UBND"), "03", description="Số đến 5"), Blob("0" * 64, 1))
        assert await connector.send(delivery) == await connector.send(delivery)
    [said] = office.share.glob("da-gui/*/hoi-bao 9-UBND 03 *.txt")
    assert "Số đến 5" in said.read_text("utf-8-sig")


async def test_missing_stages_are_made_again_and_an_unmounted_share_is_an_outage(office: Office) -> None:
    async with office.listening() as connector:
        folder = await office.received(connector)
        office.stage("2-tu-choi").rmdir()
        await eventually(office.stage("2-tu-choi").exists)
        away = office.share.rename(office.share.with_name("away"))
        office.share.mkdir()
        await quiet()
        assert [] == list(office.share.iterdir())
        assert not (await connector.check()).ok
        office.share.rmdir()
        away.rename(office.share)
        await quiet(0.3)
        assert folder.exists()
        assert (await connector.check()).ok
    assert ["01"] == [said.status for _, said in office.sender.heard]
