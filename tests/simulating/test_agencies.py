"""The directory: made up in any number, out of a file, and as systems change it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hub.errors import HubError
from hub.simulating.central.agencies import made_up
from tests.simulating.bench import HOME_AFFAIRS, OFFICE, PROVINCE, Bench, packet, running


async def rows(bench: Bench, operation: str = "getAgenciesList", **headers: str) -> list[dict[str, Any]]:
    return list((await bench.call(operation, **headers)).json["data"])


async def registered(bench: Bench, system: str = PROVINCE, **told: str) -> str:
    whole = {"id": "", "pcode": "", "code": "", "name": "", "mail": "", "mobile": "", "fax": ""} | told
    answer = await bench.call("registerAgency", system, json.dumps(whole).encode())
    return str(answer.json["ErrorCode"])


def test_made_up_ones_have_parents_and_codes_of_their_own() -> None:
    many = list(made_up(150_000))
    by_id = {each.id: each for each in many}
    assert len(by_id) == len({each.code for each in many}) == len({each.qd20 for each in many}) == 150_000
    assert sum(each.pid == 0 for each in many) == 63
    for each in many:
        assert each.pid == 0 or (each.pid < each.id and by_id[each.pid].code[-3:] == each.code[-3:])
    assert [each.name for each in many if each.code == "000.00.02.H48"] == ["Sở Y tế tỉnh Quảng Ngãi"]


async def test_a_large_directory_comes_whole(tmp_path: Path) -> None:
    async with running(tmp_path, agencies=20_000) as bench:
        listed = await rows(bench)
        new = await rows(bench, "getAgenciesListQD20", level="1")
        units = await rows(bench, "getSynchronizeUnit")
    assert listed[0].keys() == {"id", "pid", "code", "name", "mail", "oldCode"}
    assert new[0].keys() == {"id", "code", "name", "mail", "code102"}
    assert units[0].keys() == {
        "id", "pid", "code", "name", "mail", "version", "centerCode", "deleted", "modifyDate", "isAgency",
    }  # fmt: skip
    codes = {row["code"] for row in listed}
    # H48, H49 are among the made-up provinces; the Government Office and its unit are not.
    assert len(listed) == len(codes) == 20_002
    assert {"000.00.00.G22", "001.00.00.G22"} <= codes
    assert {row["code102"]: row["code"] for row in new}["000.00.02.H48"] == "H48.02"
    assert [type(units[0][name]) for name in ("version", "deleted", "isAgency")] == [int, bool, bool]


async def test_a_file_adds_to_it_and_can_lock(tmp_path: Path) -> None:
    file = tmp_path / "more.jsonl"
    file.write_text(
        '{"code": "000.00.14.H48", "name": "Sở Nội vụ", "mail": "a@b.vn", "locked": true}\n\n'
        '{"code": "000.00.77.A01", "name": "Cơ quan khác", "qd20": "A01.77"}\n',
        encoding="utf-8",
    )
    async with running(tmp_path / "data", agencies_files=(file,)) as bench:
        names = {row["code"]: row["name"] for row in await rows(bench)}
        locked = await bench.send(packet())
        nobodys = await bench.send(packet(to=("000.00.77.A01",)))
        record = bench.records()[0]
    assert (names["000.00.14.H48"], names["000.00.77.A01"]) == ("Sở Nội vụ", "Cơ quan khác")
    assert (locked.json["ErrorCode"], nobodys.json["ErrorCode"]) == ("23", "0")
    assert (record.recipient, record.recipient_system) == ("000.00.77.A01", "")


@pytest.mark.parametrize("line", ["[]", "{", '{"code": "x"}', '{"code": "", "name": "x"}', "[" * 9000])
async def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "more.jsonl"
    file.write_text('{"code": "A", "name": "b"}\n' + line + "\n")
    with pytest.raises(HubError, match=r"more\.jsonl:2"):
        async with running(tmp_path / "data", agencies_files=(file,)):
            pass


async def test_an_agency_is_registered_changed_and_removed(tmp_path: Path) -> None:
    code = "000.00.99.H48"
    async with running(tmp_path) as bench:
        told = {"code": code, "pcode": PROVINCE, "mail": "a@b.vn"}
        assert await registered(bench, **told, name="Sở Mới") == "0"
        assert await registered(bench, **told, name="Sở Đổi tên") == "0"
        (row,) = [each for each in await rows(bench) if each["code"] == code]
        (parent,) = [each for each in await rows(bench) if each["code"] == PROVINCE]
        assert (row["name"], row["pid"]) == ("Sở Đổi tên", parent["id"])
        gone = await bench.call("deleteAgency", PROVINCE, b"{}", AgencyCode=code)
        assert gone.json["ErrorCode"] == "0"
        assert code not in {each["code"] for each in await rows(bench)}
        (unit,) = [each for each in await rows(bench, "getSynchronizeUnit") if each["code"] == code]
        assert (unit["deleted"], unit["version"]) == (True, 3)
        assert (await bench.send(packet(to=(code,)))).json["ErrorCode"] == "18"
        again = await bench.call("deleteAgency", PROVINCE, b"{}", AgencyCode=code)
        assert again.json["ErrorCode"] == "19"


async def test_nobody_registers_or_removes_what_is_another_s(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        theirs = await registered(bench, OFFICE, code=HOME_AFFAIRS, name="x", mail="a@b.vn")
        nobodys = await registered(bench, OFFICE, code="Z1", name="x", mail="a@b.vn")
        below = await registered(bench, OFFICE, code="Z1", pcode=OFFICE, name="x", mail="a@b.vn")
        removed = await bench.call("deleteAgency", OFFICE, b"{}", AgencyCode=PROVINCE)
        assert (await bench.send(packet(sender="Z1"), sender="Z1")).json["ErrorCode"] == "0"
    assert (theirs, nobodys, below, removed.json["ErrorCode"]) == ("19", "19", "0", "19")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"code": "000.00.99.H48", "name": "x"}', b"[" * 70_000])
async def test_a_registration_without_its_parts_is_refused(tmp_path: Path, body: bytes) -> None:
    async with running(tmp_path) as bench:
        before = await rows(bench)
        assert (await bench.call("registerAgency", PROVINCE, body)).json["ErrorCode"] == "20"
        assert await rows(bench) == before
