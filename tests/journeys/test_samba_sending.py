"""Sending from a clerk's folder that is a real Samba share: what Explorer, Notepad and Word do to it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.testing import RunningHub, eventually
from tests.journeys import smbd
from tests.journeys.clerks import Clerks, a_pdf
from tests.journeys.smb import Drive, mapped

pytestmark = pytest.mark.root

_QUIET = 0.8
_SLIP = "Gửi: Sở Nội vụ\r\nTrích yếu: V/v thử qua ổ mạng\r\n"
by_clerk = asyncio.to_thread


@pytest.fixture
def clerks() -> Iterator[Clerks]:
    """The share of Bình Sơn belongs to its clerk, and lies where the clerk's processes may go."""
    with tempfile.TemporaryDirectory() as home:
        made = Clerks(Path(home), hold="800ms", settle="300ms")
        smbd.make_clerks_share(made.binh_son)
        yield made


@pytest.fixture
def drive(clerks: Clerks) -> Iterator[Drive]:
    """The share as the clerk's drive."""
    with mapped(clerks.binh_son, clerks.home / "samba") as drive:
        yield drive


async def test_a_folder_dragged_within_the_share_and_one_copied_onto_it(clerks: Clerks, drive: Drive) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        await by_clerk(drive.make, "nhap")
        await by_clerk(drive.make, "nhap/mot")
        await by_clerk(drive.write, "nhap/mot/1-UBND Một.pdf", a_pdf("one"))
        await by_clerk(drive.write, "nhap/mot/PHIEU-GUI.txt", _SLIP.encode("utf-16"))
        await by_clerk(drive.move, "nhap/mot", "gui-di/mot")
        await eventually(lambda: len(clerks.packets()) == 1)
        await by_clerk(drive.make, "gui-di/Sở Nội vụ")
        await by_clerk(drive.write, "gui-di/Sở Nội vụ/2-UBND Hai.pdf", a_pdf("two"))
        await eventually(lambda: len(clerks.packets()) == 2)
        assert sorted(each.code for each in clerks.packets()) == ["1/UBND", "2/UBND"]
        assert [each.subject for each in clerks.packets() if each.code == "1/UBND"] == ["V/v thử qua ổ mạng"]
        [month] = await by_clerk(drive.names, "da-gui")
        folders = await by_clerk(drive.names, f"da-gui/{month}")
        receipt = await by_clerk(drive.read, f"da-gui/{month}/{folders[0]}/BIEN-NHAN.txt")
        assert "Sở Nội vụ" in receipt.decode("utf-8-sig")
        assert await by_clerk(drive.names, "gui-di/Sở Nội vụ") == []


async def test_stopped_over_the_network_mended_and_sent_again(clerks: Clerks, drive: Drive) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        await by_clerk(drive.make, "gui-di/Sở Nội vụ")
        await by_clerk(drive.write, "gui-di/Sở Nội vụ/3-UBND Nhầm.pdf", a_pdf("wrong"))
        folder = await clerks.sent_one()
        place = str(folder.relative_to(clerks.binh_son))
        await by_clerk(drive.move, place, f"thu-hoi/{folder.name}")
        stopped = clerks.binh_son / "thu-hoi" / folder.name
        await eventually((stopped / "GHI-CHU.txt").exists)
        await asyncio.sleep(1.5)
        assert clerks.packets() == []
        await by_clerk(drive.write, f"thu-hoi/{folder.name}/3-UBND Nhầm.pdf", a_pdf("right"))
        await by_clerk(drive.move, f"thu-hoi/{folder.name}", f"gui-di/Sở Nội vụ/{folder.name}")
        await eventually(lambda: len(clerks.packets()) == 1)


async def test_a_file_that_is_still_being_written_waits(clerks: Clerks, drive: Drive) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        await by_clerk(drive.make, "gui-di/Sở Nội vụ")
        with drive.writing("gui-di/Sở Nội vụ/4-UBND Dài.pdf") as file:
            half = a_pdf("long", size=300_000)
            await by_clerk(file.write, half[:100_000])
            await asyncio.sleep(_QUIET)
            assert clerks.packets() == []
            assert clerks.sent() == []
            await by_clerk(file.write, half[100_000:])
        await eventually(lambda: len(clerks.packets()) == 1)
        assert clerks.packets()[0].attachments[0].size == len(half)


async def test_what_comes_back_can_be_read_mended_and_dropped_again(clerks: Clerks, drive: Drive) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        await by_clerk(drive.write, "gui-di/cong van.pdf", a_pdf())
        await eventually(lambda: len(clerks.returned()) == 1)
        [month] = await by_clerk(drive.names, "tra-lai")
        assert await by_clerk(drive.names, f"tra-lai/{month}") == ["cong van.pdf", "cong van.pdf.LY-DO.txt"]
        reason = await by_clerk(drive.read, f"tra-lai/{month}/cong van.pdf.LY-DO.txt")
        assert reason.startswith(b"\xef\xbb\xbf")
        assert b"\r\n" in reason
        await by_clerk(drive.make, "gui-di/Sở Nội vụ")
        await by_clerk(drive.move, f"tra-lai/{month}/cong van.pdf", "gui-di/Sở Nội vụ/5-UBND cong van.pdf")
        await eventually(lambda: len(clerks.packets()) == 1)


async def test_a_receipt_open_in_a_reader_holds_nothing_up(clerks: Clerks, drive: Drive) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        await by_clerk(drive.make, "gui-di/Sở Nội vụ")
        await by_clerk(drive.write, "gui-di/Sở Nội vụ/6-UBND.pdf", a_pdf())
        folder = await clerks.sent_one()
        with drive.held(f"{folder.relative_to(clerks.binh_son)}/BIEN-NHAN.txt"):
            await eventually(lambda: len(clerks.packets()) == 1)
            clerks.answer(clerks.packets()[0], "03", description="Số đến 9")
            await eventually(lambda: clerks.views().deadletters() == [] and not list(clerks.so_nv.glob("out/*.edxml")))
        await eventually(lambda: "số đến 9" in clerks.receipt())
