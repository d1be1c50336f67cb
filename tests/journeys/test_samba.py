"""The whole way with a clerk whose share is a real Samba server, driven by a real SMB client."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from hub.testing import RunningHub, eventually
from tests.journeys import smbd
from tests.journeys.province import PDF, Province
from tests.journeys.smb import Drive, mapped

pytestmark = pytest.mark.root

_REFUSED, _ACCEPTED, _FINISHED = (f"van-ban-den/{name}" for name in ("2-tu-choi", "3-da-tiep-nhan", "6-hoan-thanh"))
_FILE = "211-GM-SNV.pdf"
#: Longer than every span of the configuration: what is not told by now never is.
_QUIET = 0.6

#: What a clerk does takes its time while the hub goes on.
by_clerk = asyncio.to_thread


@pytest.fixture
def province() -> Iterator[Province]:
    """The clerk's share belongs to the clerk, and lies where the clerk's processes may go."""
    with tempfile.TemporaryDirectory() as home:
        made = Province(Path(home))
        smbd.make_clerks_share(made.share)
        yield made


@pytest.fixture
def drive(province: Province) -> Iterator[Drive]:
    """The share as the clerk's drive."""
    with mapped(province.share, province.home / "samba") as drive:
        yield drive


@asynccontextmanager
async def arrived(province: Province, *codes: str, files: dict[str, bytes] | None = None) -> AsyncIterator[str]:
    """A running hub and the place of a document that has come; at its end the sender has heard 01 and these, once."""
    async with RunningHub(province.home):
        province.drop(files=files)
        folder = await province.arrived()
        await province.heard("01")
        yield str(folder.relative_to(province.share))
        await province.heard("01", *codes)
        await asyncio.sleep(_QUIET)
    assert ["01", *codes] == province.codes()
    assert len(list(province.share.glob("van-ban-den/**/.lt-id"))) == 1


def moved(place: str, stage: str) -> str:
    """The same folder in another stage."""
    return f"{stage}/{place.rpartition('/')[2]}"


async def test_the_clerk_finds_the_document_whole_and_nothing_of_the_hub_s(province: Province, drive: Drive) -> None:
    async with arrived(province) as place:
        found = await by_clerk(drive.names, place)
        assert [".lt-id", _FILE, "phieu.html", "thong-tin.yaml"] == found
        assert PDF == await by_clerk(drive.read, f"{place}/{_FILE}")
        for inside in (".hub", ".hub/claims", ".hub/tmp", ".hub/unit"):
            with pytest.raises(OSError, match="ACCESS_DENIED"):
                await by_clerk(drive.names if inside != ".hub/unit" else drive.read, inside)


async def test_by_rename_from_one_to_three_to_six(province: Province, drive: Drive) -> None:
    async with arrived(province, "03", "06") as place:
        accepted = f"{_ACCEPTED}/1254 - {place.rpartition('/')[2]}"
        await by_clerk(drive.move, place, accepted)
        await province.heard("01", "03")
        await by_clerk(drive.write, f"{accepted}/ket-qua.txt", "Đã trả lời tại văn bản số 88/UBND".encode("utf-16"))
        await by_clerk(drive.move, accepted, moved(accepted, _FINISHED))
    [_arrived, accepted_said, finished] = province.statuses()
    assert accepted_said.description.startswith("Số đến 1254 ngày ")
    assert finished.description == "Đã trả lời tại văn bản số 88/UBND"
    assert [PDF] == [path.read_bytes() for path in province.stage("6-hoan-thanh").glob(f"????-??/1254*/{_FILE}")]


async def test_by_copy_and_delete_file_by_file(province: Province, drive: Drive) -> None:
    async with arrived(province, "03", files={_FILE: PDF, "phu-luc.xlsx": b"PK", "zz-cuoi.docx": b"PK2"}) as place:
        accepted = province.share / moved(place, _ACCEPTED)
        # Slower than the grace: a half copy says nothing.
        copying = asyncio.create_task(by_clerk(drive.copy, place, moved(place, _ACCEPTED), 0.25))
        while not copying.done():
            before = province.codes()
            assert (accepted / "zz-cuoi.docx").exists() or before == ["01"]
            await asyncio.sleep(0.02)
        await copying
        with suppress(FileNotFoundError):  # the hub clears away what is left of the original, too
            await by_clerk(drive.delete, place)
    assert PDF == (accepted / _FILE).read_bytes()
    assert not (province.share / place).exists()


async def test_a_folder_with_an_open_file_cannot_be_moved_and_is_copied(province: Province, drive: Drive) -> None:
    async with arrived(province, "03") as place:
        with drive.held(f"{place}/{_FILE}"):
            with pytest.raises(OSError, match="ACCESS_DENIED"):
                await by_clerk(drive.move, place, moved(place, _ACCEPTED))
            with pytest.raises(OSError, match="used by another process"):
                await by_clerk(drive.delete, f"{place}/{_FILE}")
            await by_clerk(drive.copy, place, moved(place, _ACCEPTED))
            await province.heard("01", "03")
            await asyncio.sleep(_QUIET)
            assert [] == list(province.stage("1-moi-den").iterdir())
    assert PDF == (province.share / moved(place, _ACCEPTED) / _FILE).read_bytes()


async def test_an_open_file_goes_on_when_the_hub_moves_its_folder(province: Province, drive: Drive) -> None:
    async with arrived(province, "03", "06") as place:
        finished = moved(place, _FINISHED)
        await by_clerk(drive.move, place, finished)
        with drive.held(f"{finished}/{_FILE}") as reader:
            await eventually(lambda: any(province.stage("6-hoan-thanh").glob(f"????-??/*/{_FILE}")))
            assert PDF == b"".join(iter(lambda: reader.read(9_000), b""))
        [month] = await by_clerk(drive.names, _FINISHED)
        assert [finished.rpartition("/")[2]] == await by_clerk(drive.names, f"{_FINISHED}/{month}")


async def test_files_that_are_read_only_hinder_nothing(province: Province, drive: Drive) -> None:
    async with arrived(province, "03", "06") as place:
        for name in (_FILE, "phieu.html", "thong-tin.yaml", ".lt-id"):
            await by_clerk(drive.set_read_only, f"{place}/{name}")
        assert (province.share / place / _FILE).stat().st_mode & 0o222 == 0
        await by_clerk(drive.copy, place, moved(place, _ACCEPTED))
        await province.heard("01", "03")
        await eventually(lambda: not (province.share / place).exists())
        await by_clerk(drive.move, moved(place, _ACCEPTED), moved(place, _FINISHED))


async def test_a_refusal_with_a_reason_from_notepad(province: Province, drive: Drive) -> None:
    async with arrived(province, "02") as place:
        refused = moved(place, _REFUSED)
        await by_clerk(drive.move, place, refused)
        await eventually((province.share / refused / "ly-do.txt").exists)
        asked = (await by_clerk(drive.read, f"{refused}/ly-do.txt")).decode("utf-8-sig")
        await asyncio.sleep(_QUIET)
        assert ["01"] == province.codes()
        text = f"{asked}Giấy mời ghi sai tên đơn vị\r\n"
        await by_clerk(drive.write, f"{refused}/ly-do.txt", b"\xff\xfe" + text.encode("utf-16-le"))
    assert "Giấy mời ghi sai tên đơn vị" == province.statuses()[1].description


async def test_the_pdf_dragged_alone_takes_its_folder_along(province: Province, drive: Drive) -> None:
    async with arrived(province, "03") as place:
        await by_clerk(drive.move, f"{place}/{_FILE}", f"{_ACCEPTED}/{_FILE}")
    assert PDF == (province.share / moved(place, _ACCEPTED) / _FILE).read_bytes()


async def test_the_hub_s_own_folder_renamed_by_a_clerk_is_an_outage_that_ends(province: Province, drive: Drive) -> None:
    async with arrived(province, "03") as place:
        await by_clerk(drive.move, ".hub", "cua-he-thong")
        await by_clerk(drive.move, place, moved(place, _ACCEPTED))
        await asyncio.sleep(_QUIET)
        assert ["01"] == province.codes()
        assert not (province.share / ".hub").exists()
        await by_clerk(drive.move, "cua-he-thong", ".hub")
