"""The door of the invented API, against its page: third-api.md."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.counterparts.eoffice import Letter, Office, Party, Setup, eoffice
from tests.counterparts.rest import ThirdCaller

CODE, OTHER = "000.00.12.H48", "000.00.14.H48"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    agencies = tuple(Party(f"000.00.{number}.H48", f"Đơn vị {number}") for number in range(14, 24))
    async with eoffice(Setup(tmp_path, doors=("third",), agencies=agencies)) as made:
        yield made


@pytest.fixture
def caller(office: Office) -> ThirdCaller:
    return ThirdCaller(office.url)


def a_paper(**fields: Any) -> dict[str, Any]:
    return {
        "maVanBan": f"{OTHER},2026/11/23,211/GM-SNV", "so": "211", "kyHieu": "GM-SNV", "ngayBanHanh": "23/11/2026",
        "loai": 4, "trichYeu": "Dự tập huấn", "doKhan": 3, "noiGui": {"ma": OTHER, "ten": "Sở Nội vụ"},
        "noiNhan": [{"ma": CODE, "ten": "Sở TTTT"}],
        "tep": [{"ten": "Giấy mời.pdf", "noiDung": base64.b64encode(b"%PDF-1.4 moi").decode()}], **fields,
    }  # fmt: skip


async def test_a_document_goes_in_once(office: Office, caller: ThirdCaller) -> None:
    assert await caller.well("POST", "van-ban", a_paper()) == {"id": 1}
    again = await caller.call("POST", "van-ban", a_paper())
    assert (again["ok"], again["loi"]["ma"], again["loi"]["id"]) == (False, 20, 1)
    [row] = office.records.incoming()
    assert (row["paper"].kind, row["paper"].urgency, row["paper"].date) == ("Giấy mời", 3, "2026/11/23")
    assert office.records.content(row["paper"].files[0].sha256) == b"%PDF-1.4 moi"
    asked = urlencode({"noiGui": OTHER, "so": "211", "kyHieu": "GM-SNV", "ngayBanHanh": "23/11/2026"})
    assert await caller.well("GET", f"van-ban/tim?{asked}") == {"id": 1}
    assert (await caller.call("GET", f"van-ban/tim?{asked.replace('211', '212')}"))["loi"]["ma"] == 30


async def test_statuses_come_out_page_by_page_until_they_are_confirmed(office: Office, caller: ThirdCaller) -> None:
    await caller.well("POST", "van-ban", a_paper())
    for made in (office.clerk.register(1), office.clerk.process(1), office.clerk.finish(1)):
        assert await made
    rows: list[dict[str, Any]] = []
    cursor: str | None = ""
    for _ in range(2):
        page = await caller.well("GET", f"hop-thu-di?loai=trang-thai&so-dong=2&sau={cursor}")
        rows += page["dong"]
        cursor = page["tiep"]
    assert cursor is None
    assert [row["trangThai"] for row in rows] == [10, 30, 50, 60]
    assert {(row["cuaDonVi"], row["so"], row["ngayBanHanh"]) for row in rows} == {(OTHER, "211", "23/11/2026")}
    for row in rows[:2]:
        assert await caller.well("POST", f"hop-thu-di/{row['id']}/xac-nhan", {"ketQua": 1}) == {}
    left = await caller.well("GET", "hop-thu-di?loai=trang-thai")
    assert ([row["trangThai"] for row in left["dong"]], left["tiep"]) == ([50, 60], None)


async def test_what_a_clerk_sends_is_fetched_with_its_files(office: Office, caller: ThirdCaller) -> None:
    await office.clerk.send(Letter("45", "KH-STTTT", "Kế hoạch", "Kế hoạch", "2026/11/20"), (OTHER,), [("a.txt", b"a")])
    [row] = (await caller.well("GET", "hop-thu-di?loai=van-ban"))["dong"]
    assert row == {
        "id": row["id"],
        "so": "45",
        "kyHieu": "KH-STTTT",
        "ngayBanHanh": "20/11/2026",
        "trichYeu": "Kế hoạch",
    }
    whole = await caller.well("GET", f"hop-thu-di/{row['id']}")
    assert (whole["loai"], whole["noiNhan"]) == (7, [{"ma": OTHER, "ten": "Đơn vị 14"}])
    assert whole["tep"] == [{"ten": "a.txt", "noiDung": base64.b64encode(b"a").decode()}]
    assert "hanTraLoi" not in whole
    said = {name: whole[name] for name in ("maVanBan", "so", "kyHieu", "ngayBanHanh")}
    told = {**said, "cuaDonVi": CODE, "noiGui": {"ma": OTHER}, "trangThai": 20, "lyDo": "Sai nơi nhận",
            "luc": "27/11/2026 08:00:00"}  # fmt: skip
    assert await caller.well("POST", "trang-thai", told) == await caller.well("POST", "trang-thai", told)
    [answer] = office.records.answers("45/KH-STTTT")
    assert (answer["status"], answer["reason"], answer["sender"]) == ("02", "Sai nơi nhận", OTHER)


@pytest.mark.parametrize(
    ("fields", "number"),
    [({"so": None}, 10), ({"ngayBanHanh": "2026-11-23"}, 11), ({"loai": "x"}, 11), ({"noiGui": None}, 10),
     ({"tep": [{"ten": "a", "noiDung": "%"}]}, 11), ({"trichYeu": ""}, 10)],
)  # fmt: skip
async def test_mistakes_have_numbers(office: Office, caller: ThirdCaller, fields: dict[str, Any], number: int) -> None:
    answer = await caller.answer("POST", "van-ban", a_paper(**fields))
    assert (answer.http, answer.json["ok"], answer.json["loi"]["ma"]) == (200, False, number)
    assert office.records.incoming() == []


async def test_a_status_without_a_reason_or_of_somebody_else(office: Office, caller: ThirdCaller) -> None:
    said = {"so": "1", "kyHieu": "A", "ngayBanHanh": "20/11/2026", "cuaDonVi": CODE, "noiGui": {"ma": OTHER},
            "trangThai": 20, "luc": "27/11/2026 08:00:00"}  # fmt: skip
    assert (await caller.call("POST", "trang-thai", said))["loi"]["ma"] == 10
    assert (await caller.call("POST", "trang-thai", {**said, "lyDo": "x", "cuaDonVi": OTHER}))["loi"]["ma"] == 40
    assert (await caller.call("POST", "trang-thai", {**said, "trangThai": 7}))["loi"]["ma"] == 11


async def test_signatures_times_and_words(office: Office, caller: ThirdCaller) -> None:
    assert (await ThirdCaller(office.url, "khac").call("GET", "don-vi"))["loi"]["ma"] == 1
    caller.word = "motlanthoi"
    assert (await caller.call("GET", "don-vi"))["ok"]
    assert (await caller.call("GET", "don-vi"))["loi"]["ma"] == 2
    caller.word, caller.ahead = "", 900.0
    assert (await caller.call("GET", "don-vi"))["loi"]["ma"] == 2
    office.faults.set("skew@third=900")
    assert (await caller.call("GET", "don-vi"))["ok"]


async def test_who_can_be_written_to(caller: ThirdCaller) -> None:
    first = await caller.well("GET", "don-vi?so-dong=7")
    second = await caller.well("GET", f"don-vi?so-dong=7&sau={first['tiep']}")
    assert (len(first["dong"]), len(second["dong"]), second["tiep"]) == (7, 3, None)
    assert first["dong"][0] == {"ma": OTHER, "ten": "Đơn vị 14"}
