"""Is it still the share we know? An outage creates nothing, believes nothing, and ends by itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from hub import Deferred, Receipt
from hub.testing import eventually
from plugins.folderdrop import system
from plugins.folderdrop.share import Outage
from tests.plugins.folder import Bench, a_packet, digest_of

_ONE = a_packet()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


async def test_a_new_share_is_made_with_its_layout_and_its_marker(bench: Bench) -> None:
    async with bench.connector() as connector:
        assert (await connector.check()).ok
    assert tree(bench.share) == {"out", "in", "error", ".hub", ".hub/claims", ".hub/tmp", ".hub/unit"}
    assert json.loads((bench.share / ".hub" / "unit").read_bytes())["unit"] == "so-nv"
    assert (bench.share / ".hub").stat().st_mode & 0o777 == 0o700


async def test_a_share_is_known_again(bench: Bench) -> None:
    for _life in range(2):
        async with bench.connector() as connector:
            assert (await connector.check()).ok


@contextmanager
def without_marker(share: Path) -> Iterator[None]:
    marker = share / ".hub" / "unit"
    kept = marker.read_bytes()
    marker.unlink()
    yield
    marker.write_bytes(kept)


@contextmanager
def moved_away(share: Path) -> Iterator[None]:
    aside = share.with_name("aside")
    share.rename(aside)
    yield
    aside.rename(share)


@contextmanager
def unmounted(share: Path) -> Iterator[None]:
    """What an unmounted mount point looks like: an empty folder."""
    aside = share.with_name("aside")
    share.rename(aside)
    share.mkdir()
    yield
    share.rmdir()
    aside.rename(share)


@contextmanager
def another_unit(share: Path) -> Iterator[None]:
    marker = share / ".hub" / "unit"
    kept = marker.read_bytes()
    marker.write_text('{"unit": "so-khcn", "id": "0"}')
    yield
    marker.write_bytes(kept)


@contextmanager
def out_is_a_link(share: Path) -> Iterator[None]:
    aside = share.with_name("aside")
    (share / "out").rename(aside)
    (share / "out").symlink_to(aside)
    yield
    (share / "out").unlink()
    aside.rename(share / "out")


@pytest.mark.parametrize("outage", [without_marker, moved_away, unmounted, another_unit, out_is_a_link])
async def test_an_outage_creates_nothing_and_ends_by_itself(
    bench: Bench, outage: Callable[[Path], AbstractContextManager[None]]
) -> None:
    async with bench.listening(watch="poll") as connector:
        assert (await connector.check()).ok
        delivery = bench.delivery()
        with outage(bench.share):
            before = tree(bench.share) if bench.share.exists() else None
            health = await connector.check()
            assert not health.ok
            assert health.detail
            with pytest.raises(Deferred):
                await connector.send(delivery)
            await eventually(lambda: connector._trouble)
            assert before == (tree(bench.share) if bench.share.exists() else None)
        assert isinstance(await connector.send(delivery), Receipt)
        bench.drop("a.edxml", _ONE)
        await eventually(lambda: bench.journal.digests() == [digest_of(_ONE)])
        await eventually(lambda: not connector._trouble)
        assert (await connector.check()).ok


async def test_a_hub_that_starts_in_an_outage_does_not_begin_anew(bench: Bench) -> None:
    async with bench.connector():
        pass
    away = bench.share.rename(bench.share.with_name("away"))
    async with bench.connector() as connector:
        health = await connector.check()
        assert not health.ok
        assert "share is not there" in health.detail
        with pytest.raises(Outage):
            await connector.send(bench.delivery())
        assert not bench.share.exists()
        away.rename(bench.share)
        assert isinstance(await connector.send(bench.delivery()), Receipt)


async def test_a_folder_of_another_unit_is_not_taken_over(bench: Bench) -> None:
    (bench.share / ".hub").mkdir(parents=True)
    (bench.share / ".hub" / "unit").write_text('{"unit": "so-khcn", "id": "0"}')
    with pytest.raises(Outage, match="so-khcn"):
        async with bench.connector():
            pass
    assert not (bench.home / "state" / "share.json").exists()


async def test_a_missing_part_of_the_layout_is_made_again(bench: Bench) -> None:
    async with bench.connector() as connector:
        bench.error.rmdir()
        assert (await connector.check()).ok
    assert bench.error.is_dir()


async def test_an_unreadable_memory_is_named(bench: Bench) -> None:
    (bench.home / "state").mkdir()
    (bench.home / "state" / "share.json").write_text("{")
    with pytest.raises(Outage, match=r"share\.json"):
        async with bench.connector():
            pass


@contextmanager
def covered_by_a_copy(share: Path, copy: Path) -> Iterator[None]:
    shutil.copytree(share, copy)
    subprocess.run(["mount", "-t", "tmpfs", "none", share], check=True)
    try:
        shutil.copytree(copy, share, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", share], check=True)


@pytest.mark.root
async def test_another_device_is_an_outage_even_with_a_copied_marker(bench: Bench, tmp_path: Path) -> None:
    async with bench.connector() as connector:
        with covered_by_a_copy(bench.share, tmp_path / "copy"):
            health = await connector.check()
            assert not health.ok
            assert "tmpfs" in health.detail
        assert (await connector.check()).ok


async def test_the_layout_is_entered_component_by_component_where_openat2_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(root: int, path: bytes) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(system, "_openat2", missing)
    (tmp_path / "real" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    root = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.close(system.open_directory(root, b"real/inner"))
        for path in (b"link", b"link/inner"):
            with pytest.raises(OSError, match=r"directory|symbolic"):
                system.open_directory(root, path)
        with pytest.raises(ValueError, match="below"):
            system.open_directory(root, b"real/../..")
    finally:
        os.close(root)
