"""Another software, made at home: other names, days as text, one code in the document's row, files in a folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import ruamel.yaml

from hub import Deferred, Receipt
from hub.testing import eventually, outcome_of
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document, an_answer
from tests.plugins.tables import PDF, Bench, bench
from tests.unitdatabase import UnitDatabase

_TABLES = """
van_ban_di (ma VARCHAR(20) PRIMARY KEY, so VARCHAR(20), ky_hieu VARCHAR(40), ngay VARCHAR(20), trich_yeu VARCHAR(300),
 loai VARCHAR(10), do_khan VARCHAR(10), noi_nhan VARCHAR(300), trang_thai VARCHAR(10), ly_do VARCHAR(20),
 luc VARCHAR(30));
tep_di (ma INTEGER PRIMARY KEY, van_ban VARCHAR(20), ten VARCHAR(100), duong_dan VARCHAR(200));
van_ban_den (ma_giao_nhan VARCHAR(64) PRIMARY KEY, so VARCHAR(20), ky_hieu VARCHAR(40), ngay VARCHAR(20),
 trich_yeu VARCHAR(300), loai VARCHAR(10), do_khan VARCHAR(10), noi_gui VARCHAR(20), luc VARCHAR(30));
tep_den (ma VARCHAR(80) PRIMARY KEY, van_ban VARCHAR(64), ten VARCHAR(100), duong_dan VARCHAR(200), co INTEGER);
viec (van_ban VARCHAR(64), ten VARCHAR(100));
xu_ly (ma VARCHAR(20) PRIMARY KEY, van_ban VARCHAR(64), viec VARCHAR(10), gui INTEGER);
hoi_bao (ma_giao_nhan VARCHAR(64) PRIMARY KEY, so_ky_hieu VARCHAR(60), trang_thai VARCHAR(10), noi VARCHAR(20))
"""
_MAPPING = """
date: [dd/MM/yyyy]
time: [dd/MM/yyyy HH:mm]
types: {CV: Công văn, GM: Giấy mời}
urgencies: {HT: 3, TT: 0}
statuses: {den: "01", xong: "06"}
outbox:
  documents:
    table: VAN_BAN_DI
    key: MA
    where: {TRANG_THAI: [cho, null]}
    columns: {number: SO, notation: KY_HIEU, date: NGAY, subject: TRICH_YEU, type: LOAI, urgency: DO_KHAN, to: NOI_NHAN}
    files: {table: TEP_DI, key: MA, parent: VAN_BAN, name: TEN, path: DUONG_DAN}
    taken: {TRANG_THAI: xong, LUC: "{at}"}
    refused: {TRANG_THAI: loi, LY_DO: "{error}: {reason}"}
  statuses:
    table: XU_LY
    key: MA
    where: {GUI: 0}
    columns: {status: VIEC}
    about:
      column: VAN_BAN
      table: VAN_BAN_DEN
      key: MA_GIAO_NHAN
      columns: {number: SO, notation: KY_HIEU, date: NGAY, sender: NOI_GUI}
    taken: {GUI: 1}
    refused: {GUI: 2}
inbox:
  documents:
    table: VAN_BAN_DEN
    key: MA_GIAO_NHAN
    columns:
      {number: SO, notation: KY_HIEU, date: NGAY, subject: TRICH_YEU, type: LOAI, urgency: DO_KHAN,
       sender: NOI_GUI, at: LUC}
    files: {table: TEP_DEN, key: MA, parent: VAN_BAN, name: TEN, path: DUONG_DAN, size: CO, set: {MA: "{file}"}}
    also:
      - {table: VIEC, parent: VAN_BAN, set: {TEN: "Xử lý {code}"}}
  statuses:
    table: HOI_BAO
    key: MA_GIAO_NHAN
    columns: {code: SO_KY_HIEU, status: TRANG_THAI, sender: NOI}
"""


@pytest.fixture
async def at(tmp_path: Path, unit_database: UnitDatabase) -> AsyncIterator[Bench]:
    async with bench(tmp_path, unit_database) as made:
        (tmp_path / "tep").mkdir()
        for table in _TABLES.strip().split(";"):
            made.software.do(f"DROP TABLE IF EXISTS {table.split()[0]}")
            made.software.do(f"CREATE TABLE {table}")
        said: dict[str, Any] = {"mapping": ruamel.yaml.YAML(typ="safe", pure=True).load(_MAPPING), "attachments": "tep"}
        made.counterpart.settings.update(said)
        yield made


def _write(at: Bench, key: str, **other: str) -> None:
    said = {
        "ma": key,
        "so": "52",
        "ky_hieu": "CV-UBND",
        "ngay": "24/11/2026",
        "trich_yeu": "Về việc thử",
        "loai": "CV",
        "do_khan": "HT",
        "noi_nhan": f"{HOME_AFFAIRS}; {GOVERNMENT_OFFICE}",
        "trang_thai": "cho",
        **other,
    }
    at.software.do(f"INSERT INTO van_ban_di ({', '.join(said)}) VALUES ({', '.join(map(repr, said.values()))})")
    at.software.do(f"INSERT INTO tep_di VALUES ({key[1:]}, '{key}', '52.pdf', '2026/52.pdf')")


async def test_out_and_back_in_its_own_words(at: Bench, tmp_path: Path) -> None:
    (tmp_path / "tep" / "2026").mkdir()
    (tmp_path / "tep" / "2026" / "52.pdf").write_bytes(PDF)
    _write(at, "V1")
    async with at.listening():
        await eventually(at.bodies)
        await eventually(lambda: at.software.ask("SELECT trang_thai FROM van_ban_di") == [("xong",)])
    [said] = at.bodies()
    assert (said.code, said.type.name, said.urgency) == ("52/CV-UBND", "Công văn", 3)
    assert [each.id for each in said.to] == [HOME_AFFAIRS, GOVERNMENT_OFFICE]
    assert at.contents(said) == {"52.pdf": PDF}
    [(when,)] = at.software.ask("SELECT luc FROM van_ban_di")
    assert len(str(when)) == len("24/11/2026 08:30")


@pytest.mark.parametrize("path", ["../hub.yaml", "/etc/passwd", "khong-co.pdf"])
async def test_a_path_that_leads_elsewhere_comes_back_with_its_reason(at: Bench, tmp_path: Path, path: str) -> None:
    (tmp_path / "tep" / "van-thu.txt").write_text("khong phai thu muc trong")
    _write(at, "V1")
    at.software.do(f"UPDATE tep_di SET duong_dan = '{path}'")
    async with at.listening():
        await eventually(
            lambda: at.software.ask("SELECT trang_thai, ly_do FROM van_ban_di") == [("loi", "attachment: Tệp đính")]
        )


async def test_a_day_that_nobody_can_read_comes_back(at: Bench) -> None:
    _write(at, "V1", ngay="hôm qua")
    async with at.listening():
        await eventually(
            lambda: at.software.ask("SELECT trang_thai, ly_do FROM van_ban_di") == [("loi", "tables-value: Ngày g")]
        )


async def test_while_the_folder_is_away_a_document_waits(at: Bench, tmp_path: Path) -> None:
    (tmp_path / "tep").rmdir()
    _write(at, "V1")
    async with at.listening() as connector:
        await eventually(lambda: any(poll.trouble for poll in connector._polls))
        assert at.software.ask("SELECT trang_thai FROM van_ban_di") == [("cho",)]
        assert not (await connector.check()).ok
        assert isinstance((await outcome_of(connector, at.delivery())).outcome, Deferred)
        assert at.software.ask("SELECT count(*) FROM van_ban_den") == [(0,)]
        (tmp_path / "tep" / "2026").mkdir(parents=True)
        (tmp_path / "tep" / "2026" / "52.pdf").write_bytes(PDF)
        await eventually(lambda: at.software.ask("SELECT trang_thai FROM van_ban_di") == [("xong",)])


async def test_in_and_its_answer_out(at: Bench, tmp_path: Path) -> None:
    delivery = at.delivery("211/GM-SNV", files={"../Giấy mời.pdf": PDF})
    async with at.listening() as connector:
        assert await connector.send(delivery) == Receipt(f"VAN_BAN_DEN {delivery.id}")
        assert await connector.send(delivery) == await connector.find(delivery)
        await at.apart(at.software.do, f"INSERT INTO xu_ly VALUES ('X1', '{delivery.id}', 'xong', 0)")
        await eventually(lambda: at.software.ask("SELECT gui FROM xu_ly") == [(1,)])
    rows = at.software.ask("SELECT so, ky_hieu, ngay, trich_yeu, loai, do_khan, noi_gui FROM van_ban_den")
    assert rows == [("211", "GM-SNV", "23/11/2026", a_document().subject, "GM", "TT", HOME_AFFAIRS)]
    [(name, path, size)] = at.software.ask("SELECT ten, duong_dan, co FROM tep_den")
    assert (name, size) == ("../Giấy mời.pdf", len(PDF))
    assert (tmp_path / "tep" / str(path)).read_bytes() == PDF
    assert at.software.ask("SELECT ten FROM viec") == [("Xử lý 211/GM-SNV",)]
    [answer] = at.bodies()
    assert (answer.status, answer.response_for.code, answer.response_for.organ_id) == ("06", "211/GM-SNV", HOME_AFFAIRS)


async def test_answers_that_stand_for_themselves(at: Bench) -> None:
    body = an_answer(a_document("52/CV-UBND", BINH_SON), "06", HOME_AFFAIRS)
    async with at.connector() as connector:
        await connector.send(at.delivery(body=body))
    assert at.software.ask("SELECT so_ky_hieu, trang_thai, noi FROM hoi_bao") == [("52/CV-UBND", "xong", HOME_AFFAIRS)]


async def test_a_folder_that_became_empty_is_a_share_that_is_gone(at: Bench, tmp_path: Path) -> None:
    _write(at, "V1")
    async with at.listening() as connector:
        await eventually(lambda: "52.pdf" in _troubles(connector), 10)
        assert [("cho",)] == at.software.ask("SELECT trang_thai FROM van_ban_di")
        (tmp_path / "tep" / "2026").mkdir()
        (tmp_path / "tep" / "2026" / "52.pdf").write_bytes(PDF)
        await eventually(lambda: at.software.ask("SELECT trang_thai FROM van_ban_di") == [("xong",)])


async def test_two_rows_of_one_key_are_taken_neither_and_told(at: Bench, tmp_path: Path) -> None:
    (tmp_path / "tep" / "2026").mkdir()
    (tmp_path / "tep" / "2026" / "52.pdf").write_bytes(PDF)
    constraint = "CONSTRAINT van_ban_di_pkey" if "postgresql" in at.counterpart.settings["database"] else "PRIMARY KEY"
    at.software.do(f"ALTER TABLE van_ban_di DROP {constraint}")
    _write(at, "V1")
    _write(at, "V2")
    at.software.do("INSERT INTO van_ban_di (ma, so, trang_thai) VALUES ('V1', '53', 'xong')")
    async with at.listening() as connector:
        await eventually(lambda: at.bodies() and "UNIQUE" in _troubles(connector), 10)
        await asyncio.sleep(0.3)
    # the row behind it went on
    asked = "SELECT ma, so, trang_thai FROM van_ban_di ORDER BY ma, so"
    assert [("V1", "52", "cho"), ("V1", "53", "xong"), ("V2", "52", "xong")] == at.software.ask(asked)
    assert 1 == len(at.bodies())


async def test_an_empty_text_in_where_is_one(at: Bench, tmp_path: Path) -> None:
    (tmp_path / "tep" / "2026").mkdir()
    (tmp_path / "tep" / "2026" / "52.pdf").write_bytes(PDF)
    at.counterpart.settings["mapping"]["outbox"]["documents"]["where"] = {"TRANG_THAI": ["", None]}
    _write(at, "V1", trang_thai="")
    _write(at, "V2", trang_thai="nhap")
    async with at.listening():
        await eventually(lambda: at.software.ask("SELECT trang_thai FROM van_ban_di WHERE ma = 'V1'") == [("xong",)])
    assert [("nhap",)] == at.software.ask("SELECT trang_thai FROM van_ban_di WHERE ma = 'V2'")


async def test_what_taken_says_of_a_refusal_may_stand_in_a_column_that_is_never_null(at: Bench, tmp_path: Path) -> None:
    (tmp_path / "tep" / "2026").mkdir()
    (tmp_path / "tep" / "2026" / "52.pdf").write_bytes(PDF)
    at.counterpart.settings["mapping"]["outbox"]["documents"]["taken"] = {"TRANG_THAI": "xong", "LY_DO": "{reason}"}
    at.software.do("DROP TABLE van_ban_di")
    table = next(each for each in _TABLES.strip().split(";") if each.startswith("van_ban_di"))
    at.software.do(f"CREATE TABLE {table}".replace("ly_do VARCHAR(20)", "ly_do VARCHAR(90) NOT NULL DEFAULT 'x'"))
    _write(at, "V1", noi_nhan=HOME_AFFAIRS)
    async with at.listening():
        await eventually(lambda: at.software.ask("SELECT trang_thai, ly_do FROM van_ban_di") == [("xong", "")])


async def test_a_key_that_is_a_number_is_no_place_for_our_ids(at: Bench) -> None:
    """MariaDB would find another row by the leading digits of an id."""
    at.software.do("DROP TABLE van_ban_den")
    table = next(each.strip() for each in _TABLES.split(";") if each.strip().startswith("van_ban_den"))
    at.software.do(f"CREATE TABLE {table}".replace("ma_giao_nhan VARCHAR(64)", "ma_giao_nhan BIGINT"))
    at.software.do("INSERT INTO van_ban_den (ma_giao_nhan) VALUES (1)")
    async with at.connector() as connector:
        ending = await outcome_of(connector, at.delivery())
        health = await connector.check()
    assert isinstance(ending.outcome, Deferred)
    assert "ma_giao_nhan phải là chuỗi từ 26 ký tự" in health.detail
    assert [(1,)] == at.software.ask("SELECT ma_giao_nhan FROM van_ban_den")


def _troubles(connector: Any) -> str:
    return "; ".join(poll.trouble for poll in connector._polls)
