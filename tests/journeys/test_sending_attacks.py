"""What people and machines do to `gui-di` while the hub works. Nothing is lost, nothing doubled, nothing silent."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hub.blobs import Blobs
from hub.errors import NoRoom, StorageError
from hub.ledger import Ledger
from hub.testing import RunningHub, eventually
from plugins.folderdrop.clerk.sending.drops import counts, is_ours, is_slip
from plugins.folderdrop.clerk.sending.kinds import runs_by_name
from tests.conftest import ALL
from tests.journeys.clerks import Clerks, a_pdf
from tests.naughty import NAMES

_QUIET = 0.5
_TO = {"PHIEU-GUI.txt": "Gửi: Sở Nội vụ"}


def _is_tried(name: str) -> bool:
    """No program by its name, and none that has a meaning of its own here."""
    return not (runs_by_name(name) or is_slip(name) or is_ours(name) or name == ".hub")


_NAUGHTY = [name for name in NAMES if _is_tried(os.fsdecode(name))]


@pytest.fixture
def clerks(tmp_path: Path) -> Clerks:
    return Clerks(tmp_path)


def _write(folder: Path, name: bytes, content: bytes) -> None:
    with open(os.path.join(os.fsencode(folder), name), "wb") as file:  # noqa: PTH118, PTH123 - the name is bytes
        file.write(content)


async def test_files_with_names_that_break_programs(clerks: Clerks) -> None:
    some = _NAUGHTY if ALL else _NAUGHTY[::3]
    half, others = some[::2], some[1::2]
    async with RunningHub(clerks.home):
        await clerks.ready()
        folder = clerks.home / "desk"
        folder.mkdir()
        _write(folder, b"1-UBND chinh.pdf", a_pdf())
        _write(folder, b"PHIEU-GUI.txt", "Gửi: Sở Nội vụ\nSố, ký hiệu: 1/UBND  Ngày: 20/11/2026".encode())
        for number, name in enumerate(half):
            _write(folder, name, a_pdf(f"so {number}"))
        folder.rename(clerks.box / "Nhiều tên")
        await eventually(lambda: len(clerks.packets()) == 1, 60)
        await clerks.sent_one()
        papers = [name for name in half if counts(os.fsdecode(name))]
        assert len(clerks.packets()[0].attachments) == len(papers) + 1
        lying = Counter(clerks.lying())
        assert [lying[a_pdf(f"so {number}")] for number in range(len(half))] == [1] * len(half)
        # Beside each other, and nobody knows for whom: what may be a document comes back.
        for number, name in enumerate(others):
            _write(clerks.box, name, a_pdf(f"roi {number}"))
        await eventually(lambda: clerks.claims() == [] and not _waiting(clerks.box), 60)
        lying = Counter(clerks.lying())
        assert [lying[a_pdf(f"roi {number}")] for number in range(len(others))] == [1] * len(others)
        assert len(clerks.returned()) >= 1


def _waiting(box: Path) -> list[str]:
    return [name for name in os.listdir(box) if counts(name) and not is_slip(name) and (box / name).is_file()]


@pytest.mark.parametrize("place", ["", "So Noi vu"])
@pytest.mark.slow
async def test_folders_with_names_that_break_programs(clerks: Clerks, place: str) -> None:
    some = [name for name in _NAUGHTY if name[:1] not in b".~"][:: 25 if place else 12]
    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        for number, name in enumerate(some):
            made = clerks.home / f"desk{number}"
            made.mkdir()
            (made / "van ban.pdf").write_bytes(b"%%PDF-1.4 khong so %d" % number)
            target = os.path.join(os.fsencode(clerks.box / place), name)  # noqa: PTH118 - the name is bytes
            os.rename(os.fsencode(made), target)  # noqa: PTH104 - the name is bytes
        await eventually(lambda: len(_answers(clerks)) == len(some), 40)
        await eventually(lambda: clerks.claims() == [])
        lying = Counter(clerks.lying())
        assert all(lying[b"%%PDF-1.4 khong so %d" % number] == 1 for number in range(len(some)))
        assert clerks.packets() == []
    assert clerks.views().counts().inputs == {"refused": len(some)}


def _gone(path: Path) -> bool:
    return not path.exists()


def _answers(clerks: Clerks) -> list[Path]:
    return list((clerks.binh_son / "tra-lai").rglob("*.LY-DO.txt"))


async def test_a_writer_that_keeps_the_file_open_is_waited_for(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        desk = clerks.home / "desk"
        desk.mkdir()
        (desk / "PHIEU-GUI.txt").write_text("Gửi: Sở Nội vụ")
        whole = a_pdf(size=9000)
        with (desk / "1-UBND.pdf").open("wb") as file:
            file.write(whole[:4000])
            file.flush()
            desk.rename(clerks.box / "A")
            await asyncio.sleep(_QUIET)
            assert clerks.packets() == []
            assert (clerks.box / "A" / "1-UBND.pdf").exists()
            file.write(whole[4000:])
        await eventually(lambda: len(clerks.packets()) == 1)
        assert (await clerks.sent_one() / "1-UBND.pdf").read_bytes() == whole


async def test_a_folder_copied_file_by_file_too_slowly_loses_nothing(clerks: Clerks) -> None:
    """Slower than `settle`: what came first goes; what comes later is answered by itself."""
    contents = {"1-UBND.pdf": a_pdf("main"), "b.pdf": a_pdf("b"), "c.pdf": a_pdf("c")}
    async with RunningHub(clerks.home):
        await clerks.ready()
        for name, content in contents.items():
            path = clerks.drop(f"So Noi vu/A/{name}", content)
            await eventually(partial(_gone, path))
        await eventually(lambda: len(clerks.returned()) == 2)
        assert all("L7" in said for said in clerks.returned().values())
        lying = Counter(clerks.lying())
        assert [lying[each] for each in contents.values()] == [1, 1, 1]
        await eventually(lambda: len(clerks.packets()) == 1)


def _link(path: Path) -> None:
    (path.parents[2] / "ngoai.pdf").write_bytes(a_pdf("khong ai goi"))
    path.symlink_to(path.parents[2] / "ngoai.pdf")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(path.parent)
        try:
            made.bind(path.name)
        finally:
            os.chdir(here)


@pytest.mark.parametrize("make", [_link, _pipe, _socket])
async def test_what_is_no_file_is_never_followed_nor_left_out_silently(
    clerks: Clerks, make: Callable[[Path], None]
) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        desk = clerks.home / "x" / "desk"
        (desk / "Phu luc").mkdir(parents=True)
        (desk / "1-UBND.pdf").write_bytes(a_pdf())
        (desk / "PHIEU-GUI.txt").write_text("Gửi: Sở Nội vụ")
        make(desk / "Phu luc" / "b.pdf")
        desk.rename(clerks.box / "A")
        make(clerks.box / "2-UBND.pdf")
        await eventually(lambda: {"A", "2-UBND.pdf"} == set(clerks.beside()))
        make(clerks.box / "3-UBND.pdf")  # a later look, which clears answers to what is gone
        await eventually(lambda: {"A", "2-UBND.pdf", "3-UBND.pdf"} == set(clerks.beside()))
        assert all("not-a-file" in said for said in clerks.beside().values())
        assert clerks.packets() == []
        (clerks.box / "A" / "Phu luc" / "b.pdf").unlink()
        (clerks.box / "2-UBND.pdf").unlink()
        (clerks.box / "3-UBND.pdf").unlink()
        await eventually(lambda: len(clerks.packets()) == 1)
        await eventually(lambda: clerks.beside() == {})


async def test_a_folder_called_like_an_answer_is_a_folder(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop_folder("A.LY-DO.txt", _TO | {"1-UBND.pdf": a_pdf()})
        await eventually(lambda: len(clerks.packets()) == 1)


async def test_a_hard_link_is_sent_as_a_copy(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        other = clerks.home / "khac.pdf"
        other.write_bytes(a_pdf())
        (clerks.box / "So Noi vu" / "1-UBND.pdf").hardlink_to(other)
        await eventually(lambda: len(clerks.packets()) == 1)
        assert other.read_bytes() == a_pdf()


async def test_deep_wide_empty_and_read_only(clerks: Clerks) -> None:
    deep = "/".join(f"thu muc {number}" for number in range(12))
    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        (clerks.box / "Trống" / "bên trong").mkdir(parents=True)
        many = {f"Phu luc {number}.pdf": a_pdf(str(number)) for number in range(300)}
        clerks.drop_folder("Sâu", _TO | {"1-UBND.pdf": a_pdf("sau"), f"{deep}/b.pdf": a_pdf("day")})
        clerks.drop_folder("Nhiều", _TO | {"2-UBND.pdf": a_pdf("nhieu")} | many)
        clerks.drop_folder("Rỗng", _TO | {"3-UBND.pdf": b""})
        locked = clerks.home / "khoa"
        locked.mkdir()
        for name, content in (_TO | {"4-UBND.pdf": a_pdf("khoa")}).items():
            path = locked / name
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            path.chmod(0o444)
        locked.chmod(0o555)
        locked.rename(clerks.box / "Khóa")
        await eventually(lambda: len(clerks.packets()) == 3, 30)
        await eventually(lambda: set(clerks.returned()) == {"Rỗng"})
        assert "L8" in clerks.returned()["Rỗng"]
        sizes = sorted(len(each.attachments) for each in clerks.packets())
        assert sizes == [1, 2, 301]
        assert (clerks.box / "Trống" / "bên trong").is_dir()
        await eventually(lambda: len(clerks.sent()) == 3)
        assert clerks.claims() == []


async def test_tra_lai_is_full_of_the_same_name(clerks: Clerks) -> None:
    longest = "Công văn " + "x" * 240 + ".pdf"
    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        for turn in range(1, 5):
            for name in ("cong van.pdf", longest[-254:]):
                clerks.drop(f"So Noi vu/{name}", b"%%PDF-1.4 lan %d %s" % (turn, name[:4].encode()))
                await eventually(lambda: clerks.claims() == [] and not _papers(clerks.box))
        assert len(clerks.returned()) == 8
        assert len(_papers(clerks.binh_son / "tra-lai")) == 8


def _papers(folder: Path) -> list[Path]:
    return list(folder.rglob("*.pdf"))


async def test_the_same_document_dropped_twice_at_once(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        for name in ("A", "B"):
            clerks.drop_folder(name, _TO | {"1-UBND.pdf": a_pdf()})
        await eventually(lambda: len(clerks.sent()) == 1 and len(clerks.returned()) == 1)
        assert "L2" in next(iter(clerks.returned().values()))
        await eventually(clerks.packets)
        await asyncio.sleep(_QUIET)
        assert len(clerks.packets()) == 1


async def test_its_own_unit_as_recipient(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        clerks.drop_folder("A", {"1-UBND.pdf": a_pdf(), "PHIEU-GUI.txt": "Gửi: UBND xã Bình Sơn"})
        await eventually(lambda: len(clerks.returned()) == 1)
        assert "L5" in clerks.returned()["A"]


async def test_no_room_it_waits_and_goes_by_itself(clerks: Clerks, monkeypatch: pytest.MonkeyPatch) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        with monkeypatch.context() as patch:
            patch.setattr(Blobs, "free", lambda _: 0)
            clerks.drop_folder("A", _TO | {"1-UBND.pdf": a_pdf()})
            await asyncio.sleep(_QUIET)
            assert (clerks.box / "A" / "1-UBND.pdf").exists()
            assert clerks.packets() == []
        await eventually(lambda: len(clerks.packets()) == 1)


@pytest.mark.parametrize("error", [StorageError("the ledger is away"), NoRoom("full")])
async def test_the_ledger_fails_while_claims_are_held(
    clerks: Clerks, monkeypatch: pytest.MonkeyPatch, error: StorageError
) -> None:
    def failing(*_: object) -> Any:
        raise error

    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "accept", failing)
            for number in range(1, 4):
                clerks.drop_folder(f"A{number}", _TO | {f"{number}-UBND.pdf": a_pdf(str(number))})
            secret = clerks.drop_folder("M", _TO | {"9-UBND (MẬT).pdf": a_pdf("mat")})
            await eventually(lambda: len(clerks.claims()) == 3)
            await asyncio.sleep(_QUIET)
            assert clerks.packets() == []
        await eventually(lambda: len(clerks.packets()) == 3)
        await eventually(lambda: len(clerks.sent()) == 3)
        assert clerks.returned() == {}
        assert (secret / "9-UBND (MẬT).pdf").exists()
    assert clerks.views().counts().inputs == {"accepted": 3, "refused": 1}


async def test_the_share_is_unplugged_while_a_claim_is_open(clerks: Clerks, monkeypatch: pytest.MonkeyPatch) -> None:
    accept, away = Ledger.accept, clerks.home / "away"

    async def unplugging(ledger: Ledger, proposals: Sequence[Any]) -> Any:
        found = await accept(ledger, proposals)
        if not away.exists():
            clerks.binh_son.rename(away)
        return found

    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "accept", unplugging)
            clerks.drop_folder("A", _TO | {"1-UBND.pdf": a_pdf()})
            await eventually(away.exists)
            await asyncio.sleep(_QUIET)
        away.rename(clerks.binh_son)
        folder = await clerks.sent_one()
        assert (folder / "1-UBND.pdf").read_bytes() == a_pdf()
        await eventually(lambda: len(clerks.packets()) == 1)
        assert clerks.returned() == {}
        assert clerks.claims() == []


async def test_folders_renamed_while_the_hub_works(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        clerks.box.rename(clerks.binh_son / "Gửi đi")
        await asyncio.sleep(0.2)
        (clerks.binh_son / "Gửi đi" / "So Noi vu" / "1-UBND.pdf").write_bytes(a_pdf())
        await eventually(lambda: len(clerks.packets()) == 1)
        assert not clerks.box.exists()
        folder = await clerks.sent_one()
        # Renamed beyond recognition, the folder of what was sent is followed by its marks.
        (clerks.binh_son / "da-gui").rename(clerks.binh_son / "Năm 2026")
        moved = clerks.binh_son / "Năm 2026" / clerks.month / "việc của tôi"
        (clerks.binh_son / "Năm 2026" / clerks.month / folder.name).rename(moved)
        clerks.answer(clerks.packets()[0], "03", description="Số đến 2210")
        await eventually(lambda: "2210" in (moved / "BIEN-NHAN.txt").read_text("utf-8-sig"))


async def test_a_receipt_taken_away_is_written_when_it_comes_back(clerks: Clerks) -> None:
    away = clerks.home / "desk"
    async with RunningHub(clerks.home):
        await clerks.ready()
        clerks.drop("So Noi vu/1-UBND.pdf", a_pdf())
        folder = await clerks.sent_one()
        await eventually(lambda: "đã chuyển" in clerks.receipt())
        folder.rename(away)
        clerks.answer(clerks.packets()[0], "03", description="Số đến 2210")
        await eventually(lambda: clerks.views().counts().inputs["accepted"] == 2)
        await asyncio.sleep(_QUIET)
        assert "2210" not in (away / "BIEN-NHAN.txt").read_text("utf-8-sig")
    away.rename(folder)
    async with RunningHub(clerks.home):
        await eventually(lambda: "2210" in clerks.receipt())


async def test_its_folder_is_gone_when_a_drop_must_go_back(clerks: Clerks, monkeypatch: pytest.MonkeyPatch) -> None:
    """An earlier run's claim that is not whole goes back, though nothing is where it was."""
    claim = clerks.binh_son / ".hub" / "claims" / "20261123080000-0123456789abcdef"
    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
    (claim / "files").mkdir(parents=True)
    (claim / "files" / "1-UBND.pdf").write_bytes(a_pdf("cu"))
    said = (
        '{"id": "%s", "at": "2026-11-23T08:00:00+07:00", "place": "gui-di/Sở Nội vụ", "whole": false, '
        '"to": "Sở Nội vụ", "name": "1-UBND.pdf", "parts": ["1-UBND.pdf", "b.pdf"], "digest": "", "size": 0}'
    )
    (claim / "drop.json").write_text(said % claim.name, "utf-8")
    lost = claim.with_name("20261123080001-0123456789abcdef")
    (lost / "files").mkdir(parents=True)
    (lost / "files" / "van ban.pdf").write_bytes(a_pdf("khong ro"))
    (lost / "drop.json").write_bytes(b"{torn")
    shutil.rmtree(clerks.box)
    async with RunningHub(clerks.home):
        await eventually(lambda: len(clerks.packets()) == 1)
        await eventually(lambda: len(clerks.returned()) == 1)
        assert Counter(clerks.lying())[a_pdf("khong ro")] == 1
        clerks.drop("So Noi vu/2-UBND.pdf", a_pdf("moi"))
        await eventually(lambda: len(clerks.packets()) == 2)


async def test_the_marks_of_another_units_document(clerks: Clerks) -> None:
    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        marks: dict[str, bytes | str] = {".lt-id": "20261123080000-ffff\n", "BIEN-NHAN.html": "<p>khác</p>"}
        folder = clerks.drop_folder("So Noi vu/A", marks | {"1-UBND.pdf": a_pdf()})
        await eventually(lambda: any("L9" in said for said in clerks.beside().values()))
        assert (folder / "1-UBND.pdf").exists()
        assert clerks.packets() == []


async def test_files_of_a_clerk_that_are_called_like_the_hubs_stay(clerks: Clerks) -> None:
    mine: dict[str, bytes | str] = {
        name: f"của tôi {name}" for name in ("so-van-ban-den-2026.xlsx", "phieu.html", "GHI-CHU.txt", "Thumbs.db")
    }
    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        clerks.drop_folder("A", _TO | mine | {"1-UBND.pdf": a_pdf()})
        folder = await clerks.sent_one()
        assert {name: (folder / name).read_text("utf-8") for name in mine} == mine


def _restless(box: Path, stop: threading.Event) -> Iterator[int]:
    """A program that saves a file over and over, in all the ways that programs do."""
    turn = 0
    while not stop.is_set():
        turn += 1
        path = box / "So Noi vu" / "1-UBND.pdf"
        content = a_pdf(str(turn), size=turn % 7 * 1000)
        try:
            if turn % 3 == 0:
                path.write_bytes(content)
            elif turn % 3 == 1:
                path.with_suffix(".tmp").write_bytes(content)
                path.with_suffix(".tmp").replace(path)
            else:
                path.unlink(missing_ok=True)
                path.write_bytes(content)
        except FileNotFoundError:
            continue
        yield turn
        time.sleep(0.01 * (turn % 5))


async def test_a_file_that_changes_all_the_time_goes_whole(clerks: Clerks) -> None:
    stop, last = threading.Event(), [0]

    def write() -> None:
        for turn in _restless(clerks.box, stop):
            last[0] = turn

    async with RunningHub(clerks.home):
        await clerks.ready()
        (clerks.box / "So Noi vu").mkdir(exist_ok=True)
        writer = threading.Thread(target=write)
        writer.start()
        await asyncio.sleep(2)
        stop.set()
        await asyncio.to_thread(writer.join)
        final = a_pdf(str(last[0]), size=last[0] % 7 * 1000)
        await eventually(lambda: final in clerks.lying() and clerks.claims() == [] and clerks.sent() != [])
        await asyncio.sleep(_QUIET)
        made = {a_pdf(str(turn), size=turn % 7 * 1000) for turn in range(1, last[0] + 1)}
        sent = {path.read_bytes() for path in _papers(clerks.binh_son / "da-gui")}
        assert sent <= made
        await eventually(lambda: len(clerks.packets()) == len(sent))
