"""State secrets that clerks drop by mistake: nothing of them is kept anywhere, also not after a kill."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import signal
import tempfile
import threading
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from hub.standards import edxml
from hub.testing import RunningHub, eventually
from hub.testing.samples import a_document
from plugins.folderdrop.clerk.sending import claiming, looking, offering
from tests.journeys.clerks import Clerks, a_pdf
from tests.plugins.dropped import PDFS
from tests.short import short

# No server of forks: its socket would lie in the folder that stands for the temporary one, whose path may be too long.
_CONTEXT = get_context("spawn")
_TOP = (PDFS / "tuyet-mat.pdf").read_bytes()
_BY_HAND = a_pdf("noi dung khong ai duoc biet 5c1f77", size=3000)
_WORDS = "Kế hoạch 5c1f77"


def _packet() -> bytes:
    packet = a_document(f"52/{_WORDS}", sender="000.00.31.H48", to=("000.00.14.H48",))
    return b"".join(edxml.compose(packet, [edxml.File("Phu luc (MẬT).pdf", lambda: io.BytesIO(_BY_HAND))]))


#: what is dropped, and below which name its answer lies
FORMS: dict[str, tuple[dict[str, bytes | str], str]] = {
    "by its name": ({f"{_WORDS} (TUYỆT MẬT).pdf": _BY_HAND, "PHIEU-GUI.txt": "Gửi: Sở Nội vụ"}, "A"),
    "by the name of a folder in it": ({f"Phụ lục MẬT/{_WORDS}.pdf": _BY_HAND, "1-UBND.pdf": a_pdf()}, "A"),
    "by its slip": ({f"{_WORDS}.pdf": _BY_HAND, "PHIEU-GUI.txt": "Gửi: Sở Nội vụ\nĐộ mật: Mật"}, "A"),
    "by a second slip": (
        {f"{_WORDS}.pdf": _BY_HAND, "PHIEU-GUI.txt": "Gửi: Sở Nội vụ", "b/PHIEU-GUI.txt": "Độ mật: Tối mật"},
        "A",
    ),
    "by its first page": ({f"1-UBND {_WORDS}.pdf": _TOP, "PHIEU-GUI.txt": "Gửi: Sở Nội vụ"}, "A"),
    "by an annex's first page": ({"1-UBND.pdf": a_pdf(), f"{_WORDS}.pdf": _TOP}, "A"),
    "by what a packet says": ({f"{_WORDS}.edxml": _packet()}, "A"),
}


def _needles(files: dict[str, bytes | str]) -> list[bytes]:
    found = [_WORDS.encode(), b"5c1f77", _WORDS.encode("utf-16-le"), _TOP[900:1000]]
    for content in files.values():
        if isinstance(content, bytes) and content != a_pdf():
            digest = hashlib.sha256(content)
            found += [digest.digest(), digest.hexdigest().encode(), content[:500][-60:], content[-400:-300]]
    return found


@pytest.fixture
def clerks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clerks:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return Clerks(tmp_path)


def _kept(clerks: Clerks, files: dict[str, bytes | str], said: str = "") -> list[str]:
    """Where a piece of it is found beside the place where it was dropped."""
    needles = _needles(files)
    found = [str(path) for path in clerks.everywhere(*needles)]
    for path in (path for path in (clerks.home / "tmp").rglob("*") if path.is_file()):
        found += [str(path)] if any(needle in path.read_bytes() for needle in needles) else []
    names = [str(path) for root in ("data", "tmp") for path in (clerks.home / root).rglob("*") if "5c1f77" in path.name]
    return found + names + [said for needle in needles if needle in said.encode()]


@pytest.mark.parametrize("form", short(FORMS, 3))
async def test_nothing_of_it_is_kept(clerks: Clerks, capfd: pytest.CaptureFixture[str], form: str) -> None:
    files, answered = FORMS[form]
    async with RunningHub(clerks.home):
        await clerks.ready()
        folder = clerks.drop_folder(answered, files)
        await eventually(lambda: "KHÔNG được gửi" in clerks.beside().get(answered, ""))
        await eventually(lambda: len(clerks.views().inputs("refused")) == 1)
        assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == set(files)
        # while the ledger's own log is not folded in yet
        assert _kept(clerks, files) == []
        assert clerks.packets() == []
    assert _kept(clerks, files, capfd.readouterr().err) == []
    [told] = clerks.views().inputs("refused")
    assert (told.name, told.code) == ("dấu hiệu độ mật", "secret")


async def test_added_to_a_folder_already_in_the_hubs_hands(clerks: Clerks, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that had the folder open puts a secret into it after it was taken."""
    files: dict[str, bytes | str] = {"1-UBND.pdf": a_pdf(), "PHIEU-GUI.txt": "Gửi: Sở Nội vụ"}
    claim = claiming.claim

    def late(root: int, drop: Any, claimed: Any, *, local: bool) -> bool:
        taken = claim(root, drop, claimed, local=local)
        path = clerks.binh_son / claimed.files / f"{_WORDS}.pdf"
        if taken and not path.exists():
            path.write_bytes(_TOP)
        return taken

    monkeypatch.setattr(claiming, "claim", late)
    async with RunningHub(clerks.home):
        await clerks.ready()
        folder = clerks.drop_folder("A", files)
        await eventually(lambda: "KHÔNG được gửi" in clerks.beside().get("A", ""))
        assert (folder / f"{_WORDS}.pdf").read_bytes() == _TOP
        assert _kept(clerks, files | {"x": _TOP}) == []
        assert clerks.packets() == []
        assert clerks.claims() == []


def _killed_life(home: Path, where: str) -> None:
    """A hub that dies in the middle of its first look at a secret."""
    os.environ["TMPDIR"] = str(home / "tmp")

    def dying(names: Sequence[str], *_: Any) -> bool:
        assert names
        os.kill(os.getpid(), signal.SIGKILL)
        return True

    module: Any = looking if where == "look" else offering
    module.has_signs_of_secrecy = dying
    asyncio.run(_run(home))


async def _run(home: Path) -> None:
    async with RunningHub(home):
        await eventually(threading.Event().is_set, 30)


@pytest.mark.parametrize("where", short(["look", "offer"], 2))
async def test_killed_in_the_middle_of_the_look(clerks: Clerks, where: str) -> None:
    files, answered = FORMS["by its first page"]
    async with RunningHub(clerks.home):
        await clerks.ready()
    # In the hub's hands it shows only when it is offered: nobody could tell before.
    plain: dict[str, bytes | str] = {"1-UBND.pdf": a_pdf(), "PHIEU-GUI.txt": "Gửi: Sở Nội vụ"}
    shown = files if where == "look" else plain
    folder = clerks.drop_folder(answered, shown)
    process = _CONTEXT.Process(target=_killed_life, args=(clerks.home, where))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    if where == "offer":
        [claim] = clerks.claims()
        (claim / "files" / f"{_WORDS}.pdf").write_bytes(_TOP)
    assert _kept(clerks, files) == [] if where == "look" else True
    async with RunningHub(clerks.home):
        await eventually(lambda: "KHÔNG được gửi" in clerks.beside().get(answered, ""))
        assert _kept(clerks, files) == []
        assert clerks.packets() == []
        assert folder.is_dir()
        assert clerks.claims() == []
