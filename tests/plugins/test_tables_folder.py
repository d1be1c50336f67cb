"""Attachments that lie in a folder: nothing outside it is read or written, whatever a column says."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from hub import Refused
from plugins.eoffice.tables.folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "tep"
    (root / "2026" / "11").mkdir(parents=True)
    (root / "2026" / "11" / "52.pdf").write_bytes(b"%PDF")
    (tmp_path / "secret.txt").write_text("of somebody else")
    return root


@pytest.mark.parametrize("path", ["2026/11/52.pdf", "2026\\11\\52.pdf"])
def test_a_file_below_is_read(folder: Path, path: str) -> None:
    with Folder(folder).open(path, 100) as file:
        assert file.read() == b"%PDF"


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "../secret.txt",
        "2026/../../secret.txt",
        "..\\secret.txt",
        "/etc/passwd",
        "C:\\a.pdf",
        "2026//11/52.pdf",
        "a\0b",
        "2026/11/khong-co.pdf",
        "2026/11",
        "/".join("a" * 20),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(folder: Path, path: str) -> None:
    with pytest.raises(Refused) as caught:
        Folder(folder).open(path, 100)
    assert caught.value.code == "attachment"


def test_links_pipes_and_large_files_are_refused(folder: Path) -> None:
    (folder / "link.pdf").symlink_to(folder.parent / "secret.txt")
    (folder / "out").symlink_to(folder.parent)
    os.mkfifo(folder / "pipe.pdf")
    (folder / "large.pdf").write_bytes(bytes(101))
    for path in ("link.pdf", "out/secret.txt", "pipe.pdf", "large.pdf"):
        with pytest.raises(Refused):
            Folder(folder).open(path, 100)


def test_a_folder_that_is_not_there_is_an_outage(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="khong-co"):
        Folder(tmp_path / "khong-co").open("a.pdf", 100)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("211.pdf", "1-211.pdf"),
        ("../../x.pdf", "1-_.._x.pdf"),
        ("a\\b:c?.doc", "1-a_b_c_.doc"),
        ("", "1-tep"),
        ("d" * 300 + ".pdf", f"1-{'d' * 100}.pdf"),
        ("ữ" * 300 + ".pdf", f"1-{'ữ' * 50}.pdf"),
        (".pdf", "1-pdf"),
    ],
)
def test_what_is_written_lies_below_under_a_harmless_name(folder: Path, name: str, called: str) -> None:
    place = Folder(folder)
    assert place.put("d-1", 1, name, b"first") == f"d-1/{called}"
    assert place.put("d-1", 1, name, b"again") == f"d-1/{called}"
    assert [path.name for path in (folder / "d-1").iterdir()] == [called]
    with place.open(f"d-1/{called}", 100) as file:
        assert file.read() == b"again"


def test_a_link_under_our_name_is_not_written_through(folder: Path) -> None:
    victim = folder.parent / "secret.txt"
    (folder / "d-1").mkdir()
    (folder / "d-1" / ".1").symlink_to(victim)
    (folder / "d-2").symlink_to(folder.parent)
    place = Folder(folder)
    assert "d-1/1-a.pdf" == place.put("d-1", 1, "a.pdf", b"ours")
    assert "of somebody else" == victim.read_text()
    with pytest.raises(OSError, match="d-2"):
        place.put("d-2", 1, "a.pdf", b"ours")
    assert not (folder.parent / "1-a.pdf").exists()


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO, errno.EMFILE, errno.EACCES])
def test_a_share_that_is_ill_refuses_no_document(folder: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    real = os.open

    def ill(path: Any, flags: int, *more: Any, dir_fd: int | None = None) -> int:
        if path == "52.pdf":
            raise OSError(number, os.strerror(number))
        return real(path, flags, *more, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", ill)
    with pytest.raises(OSError) as caught:
        Folder(folder).open("2026/11/52.pdf", 100)
    assert number == caught.value.errno


def test_what_was_not_synced_is_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync

    def ill(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "I/O")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", ill)
    with pytest.raises(OSError, match="I/O"):
        Folder(folder).put("d-1", 1, "a.pdf", b"ours")
