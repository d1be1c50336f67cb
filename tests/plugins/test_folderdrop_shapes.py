"""The pure half of folderdrop: names, stability, mounts, settings."""

from __future__ import annotations

import stat
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub import Blob
from hub.testing.samples import a_document, an_answer
from plugins.folderdrop import mounts, naming, stability
from plugins.folderdrop.connector import FolderdropSettings
from plugins.folderdrop.stability import Look, Memory, Writers
from tests.plugins.folder import a_delivery

_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(10))}
_NOTHING = Blob("0" * 64, 0)


def placed(code: str) -> str:
    return naming.placed_name(a_delivery(7, a_document(code), _NOTHING))


def test_a_document_is_named_by_its_code_and_its_delivery() -> None:
    assert placed("204/UBND-VX") == "204-UBND-VX_delivery000000000000000007.edxml"
    assert placed("15/2026/QĐ-UBND") == "15-2026-QĐ-UBND_delivery000000000000000007.edxml"


def test_a_status_is_named_by_its_code_and_its_delivery() -> None:
    answer = a_delivery(7, an_answer(a_document(), "03"), _NOTHING)
    assert naming.placed_name(answer) == "trang-thai_03_delivery000000000000000007.edxml"


@pytest.mark.parametrize(
    ("code", "stem"),
    [
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("12:34*?<>|/QĐ", "12-34-QĐ"),
        ("../../etc/passwd", "etc-passwd"),
        ("12.", "12"),
        (" 12 /QĐ ", "12-QĐ"),
        (".an", "an"),
        ("\u202e12\x00\x1b/QĐ", "12-QĐ"),
        (unicodedata.normalize("NFD", "204/QĐ-ỦY"), "204-QĐ-ỦY"),
        ("///", "van-ban"),
        ("", "van-ban"),
    ],
)
def test_a_strange_code_makes_a_plain_name(code: str, stem: str) -> None:
    assert placed(code).removesuffix("_delivery000000000000000007.edxml") == stem


@given(st.text(max_size=400))
def test_every_name_of_ours_is_safe_on_windows_and_linux(code: str) -> None:
    name = placed(code)
    assert len(name.encode()) <= 240
    assert name == unicodedata.normalize("NFC", name)
    assert not set(name) & set('<>:"/\\|?*\0')
    assert not any(unicodedata.category(letter)[0] == "C" for letter in name)
    assert name.partition(".")[0].lower() not in _RESERVED
    assert name[0] not in ". "
    assert name.endswith("_delivery000000000000000007.edxml")


@given(st.binary(min_size=1, max_size=255), st.integers(1, 1000))
def test_a_refused_name_leaves_room_for_its_reason(name: bytes, turn: int) -> None:
    refused = naming.refused_name(name, turn)
    assert 0 < len(refused + naming.ERROR_EXTENSION) <= 255


def test_a_refused_name_is_its_own_and_then_counted() -> None:
    assert [naming.refused_name(b"a.edxml", turn) for turn in (1, 2, 3)] == [b"a.edxml", b"a~2.edxml", b"a~3.edxml"]
    assert naming.refused_name("Ủ".encode() * 85, 1).decode() == "Ủ" * 81


@pytest.mark.parametrize(
    "name",
    [".a.edxml", "~$ngvan.docx", "~WRL0001.tmp", "a.edxml.part", "a.TMP", "Thumbs.db", "a.crdownload", "a.edxml~"],
)
def test_temporary_names_are_left_alone(name: str) -> None:
    assert naming.is_temporary(name.encode())


@pytest.mark.parametrize("name", ["a.edxml", "partner.xml", "tmp", "công văn.json", "~2.edxml"])
def test_other_names_are_not(name: str) -> None:
    assert not naming.is_temporary(name.encode())


def test_a_name_in_tcvn3_bytes_is_shown_as_text_that_a_database_takes() -> None:
    assert naming.shown(b"C\xabng v\xa8n.edxml") == "C\\xabng v\\xa8n.edxml"
    naming.source_key(b"C\xabng", 1, 2).encode()


@pytest.mark.parametrize(
    ("writers", "ends_well", "unchanged", "whole"),
    [
        (Writers.NONE, True, 0.0, True),
        (Writers.NONE, False, 0.0, False),
        (Writers.NONE, False, 2.0, True),
        (Writers.SOME, True, 99.0, False),
        (Writers.UNKNOWN, True, 1.9, False),
        (Writers.UNKNOWN, True, 2.0, True),
    ],
)
def test_when_a_file_is_whole(writers: Writers, ends_well: bool, unchanged: float, whole: bool) -> None:
    assert stability.whole(writers, ends_well, unchanged, 2.0) is whole


@pytest.mark.parametrize("tail", [b"</edXML>", b"..</ed:edXML>\r\n", b"</SOAP-ENV:Envelope>", b'"}\n', b"</edXML >"])
def test_a_closing_tag_is_seen(tail: bytes) -> None:
    assert stability.closed(tail)


@pytest.mark.parametrize("tail", [b"", b"</edXML", b"</edXML:To>", b"</edXML><", b"QUJD", b"</edXML:edXMLEnvelope>"])
def test_anything_else_is_no_closing_tag(tail: bytes) -> None:
    assert not stability.closed(tail)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_what_is_no_file_is_a_trap(kind: int) -> None:
    assert stability.trap(Look(1, 0, 0, kind | 0o644, 1)) is not None
    assert stability.trap(Look(1, 0, 0, stat.S_IFREG | 0o644, 1)) is None


def test_the_memory_counts_from_the_first_look_that_was_the_same() -> None:
    memory, small, large = Memory(), Look(1, 5, 0, stat.S_IFREG, 1), Look(1, 6, 0, stat.S_IFREG, 1)
    assert [memory.unchanged(b"a", small, now) for now in (10.0, 11.5)] == [0.0, 1.5]
    assert [memory.unchanged(b"a", large, now) for now in (12.0, 13.0)] == [0.0, 1.0]
    memory.keep({b"b"})
    assert memory.unchanged(b"a", large, 14.0) == 0.0


_MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /srv/shares\\040x rw shared:2 - cifs //nas/so-nv rw
31 22 0:41 / /srv/nfs rw - nfs4 nas:/so-nv rw
32 31 0:42 / /srv/nfs rw - tmpfs none rw
33 22 0:43 / /srv/f rw - fuse.sshfs a:/b rw
"""


@pytest.mark.parametrize(
    ("folder", "kind", "source", "local"),
    [
        ("/srv/shares x/so-nv", "cifs", "//nas/so-nv", False),
        ("/srv/shares", "ext4", "/dev/vda", True),
        ("/srv/nfs", "tmpfs", "none", True),
        ("/srv/f/a", "fuse.sshfs", "a:/b", False),
        ("/srv/fa", "ext4", "/dev/vda", True),
    ],
)
def test_the_longest_and_last_mount_counts(folder: str, kind: str, source: str, local: bool) -> None:
    mount = mounts.find_mount(folder, _MOUNTS)
    assert (mount.kind, mount.source, mount.local) == (kind, source, local)


def test_a_clerk_s_folder_is_one_unit_s() -> None:
    told = {"kind": "folderdrop", "folder": "x", "layout": "clerk"}
    assert (120.0, 600.0) == ((clerk := FolderdropSettings.model_validate(told)).grace, clerk.grace_refusal)
    with pytest.raises(ValidationError, match="the unit's own software gives 01"):
        FolderdropSettings.model_validate({"kind": "folderdrop", "folder": "x", "arrived": "placed"})
    with pytest.raises(ValidationError, match="layout: clerk is for one unit"):
        FolderdropSettings.model_validate(told | {"serves": "others"})
