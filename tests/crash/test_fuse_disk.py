"""The disk that fails on demand does what it is told, and nothing else."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.crash.fuse_disk import fuse_disk

pytestmark = pytest.mark.root


def test_it_is_a_disk_like_another(tmp_path: Path) -> None:
    with fuse_disk(tmp_path / "fuse") as disk:
        name = os.fsdecode(b"C\xabng v\xa8n.pdf")
        (disk.mount / "a").mkdir()
        (disk.mount / "a" / name).write_bytes(b"bytes")
        (disk.mount / "a" / "second").hardlink_to(disk.mount / "a" / name)
        (disk.mount / "a" / "second").rename(disk.mount / "a" / "third")
        os.utime(disk.mount / "a" / "third", (1_764_000_000, 1_764_000_000))
        seen, behind = (folder / "a" / "third" for folder in (disk.mount, disk.source))
        assert (seen.stat().st_ino, seen.stat().st_nlink) == (behind.stat().st_ino, 2)
        assert seen.stat().st_mtime == 1_764_000_000
        assert sorted(os.listdir(disk.mount / "a")) == sorted([name, "third"])
        (disk.source / "a" / "fourth").write_bytes(b"from elsewhere")
        assert (disk.mount / "a" / "fourth").read_bytes() == b"from elsewhere"


def test_a_fault_meets_the_calls_that_it_names(tmp_path: Path) -> None:
    with fuse_disk(tmp_path / "fuse") as disk:
        for name in ("one", "two"):
            (disk.mount / name).write_bytes(b"bytes")
        disk.fail({"call": "read", "path": "one", "error": "EIO", "turn": 2, "times": 2})
        assert (disk.mount / "one").read_bytes() == b"bytes"
        with pytest.raises(OSError) as raised:
            (disk.mount / "one").read_bytes()
        assert raised.value.errno == errno.EIO
        assert (disk.mount / "two").read_bytes() == b"bytes"
        assert (disk.mount / "one").read_bytes() == b"bytes"
        disk.fail({"call": "read", "flip": True})
        assert (disk.mount / "one").read_bytes() == b"cytes"
        disk.heal()
        assert (disk.mount / "one").read_bytes() == b"bytes"
        assert disk.met() == ["read one"] * 3


def test_it_goes_and_comes_back(tmp_path: Path) -> None:
    with fuse_disk(tmp_path / "fuse") as disk:
        (disk.mount / "one").write_bytes(b"bytes")
        disk.die()
        with pytest.raises(OSError) as raised:
            os.listdir(disk.mount)
        assert raised.value.errno == errno.ENOTCONN
        disk.come_back()
        assert os.listdir(disk.mount) == ["one"]
        disk.vanish()
        assert os.listdir(disk.mount) == []
        disk.come_back()
        assert (disk.mount / "one").read_bytes() == b"bytes"
