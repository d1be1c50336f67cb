"""Attachments that lie in a folder: nothing outside it is read or written, whatever a column says."""

from __future__ import annotations

import os
from pathlib import Path

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
