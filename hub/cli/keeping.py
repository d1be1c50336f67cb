"""hub verify, backup, restore."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hub import keeping, lock
from hub.cli import common, looking, opening
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.errors import AlreadyRunning, HubError
from hub.keeping import checkpoints as signing

commands = typer.Typer()

CheckpointOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="So với mốc đã lưu (compare with a saved checkpoint).")
]
SaveOption = Annotated[Path | None, typer.Option(metavar="FILE", help="Lưu mốc ra tệp (save the checkpoint).")]
CopyOption = Annotated[
    Path | None, typer.Option("--backup", metavar="DIR", help="Kiểm tra một bản sao lưu (check a backup instead).")
]
CheckpointsOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help="So với mọi mốc đã ký ở đó (against all signed checkpoints there).")
]
KeyOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Khóa công khai của các mốc (the checkpoints' public key).")
]
BackupArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Thư mục sao lưu (the backup's folder).")]


class _Bar(Progress):
    """Progress on stderr, one bar a stage; nothing without a terminal."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = common.err()
        super().__init__(*columns, console=console, disable=not console.is_terminal)
        self._stages: dict[str, Any] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self._stages:
            self._stages[stage] = self.add_task(stage, total=total)
        self.update(self._stages[stage], completed=done, total=total)


@commands.command()
def verify(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    checkpoint: CheckpointOption = None,
    save: SaveOption = None,
    copy: CopyOption = None,
    checkpoints: CheckpointsOption = None,
    public_key: KeyOption = None,
) -> None:
    """Kiểm tra nhật ký, tệp lưu, điều các kênh nối ghi nhớ (check event chain, blobs, what connectors keep)."""
    kept = _kept(checkpoints, public_key, config) if checkpoints else None
    earlier = [*(_marks(checkpoint) if checkpoint else []), *(kept.marks if kept else [])]
    found = _verified_backup(copy, earlier) if copy else _verified(config, earlier)
    if kept:
        kept.bind(found)
    if save and not found.bad:
        save.write_text(json.dumps(asdict(found)["checkpoint"]))
    if as_json:
        common.say_json(asdict(found))
    else:
        _show(found)
    if found.bad:
        raise typer.Exit(common.WRONG)


def _kept(folder: Path, public_key: Path | None, config: Path) -> signing.Kept:
    if public_key:
        return signing.kept(folder, signing.public_key(public_key))
    settings = opening.to_look(config)
    if not settings.checkpoints:
        raise HubError("hub.yaml không có checkpoints: hãy thêm --public-key FILE (name the public key).")
    return signing.kept(folder, signing.signer(settings.checkpoints.key.get_secret_value(), settings.folder).public())


def _verified(config: Path, earlier: list[keeping.Mark]) -> keeping.Findings:
    settings = opening.to_look(config)
    with looking.views(settings) as views, _Bar() as bar:
        return keeping.verify(views, settings.data, bar, earlier)


def _verified_backup(folder: Path, earlier: list[keeping.Mark]) -> keeping.Findings:
    with _Bar() as bar:
        return keeping.verify_backup(folder, bar, earlier)


def _marks(file: Path) -> list[keeping.Mark]:
    try:
        return keeping.marks(file.read_bytes())
    except ValueError as error:
        raise HubError(f"{file} is no checkpoint that hub verify saved: {error}") from error


def _show(found: keeping.Findings) -> None:
    _show_bad(found.bad)
    counted = f"{found.events} dòng nhật ký, {found.blobs} tệp lưu (events, blobs)"
    style = "bold red" if found.bad else "green"
    common.out().print(common.clean(f"{counted}: {len(found.bad)} sai (bad).", style))
    if found.unsealed is not None:
        common.out().print(common.clean(f"{found.unsealed} dòng sau mốc đã ký mới nhất (events not yet sealed)."))
    for mark in found.checkpoint:
        common.out().print(common.clean(f"mốc (checkpoint): {mark.writer} {mark.seq} {mark.hash}"))


def _show_bad(bad: Iterable[str]) -> None:
    for line in bad:
        common.out().print(common.clean(f"✗ {line}", "bold red"))


_OLD = (
    "Bản sao lưu cũ, không có điều các kênh nối ghi nhớ: văn bản đã đặt vào thư mục văn thư không được theo dõi tiếp "
    "(an old backup without what connectors keep: documents in clerks' folders are not followed any more)."
)


_ASK = (
    "Văn bản mà phần mềm của các đơn vị gửi từ {since} không có trong bản sao lưu: hãy đề nghị gửi lại "
    "(what units' software handed in since then is not in this backup: have it sent again)."
)


@commands.command()
def backup(folder: BackupArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Sao lưu sổ cái, tệp lưu, điều các kênh nối ghi nhớ, cả khi trục đang chạy (beside a running hub too)."""
    settings = opening.settings(config)
    with looking.views(settings), _Bar() as bar:
        manifest = keeping.backup(settings, folder, datetime.now(UTC), bar)
    _tell("Đã sao lưu vào", "backed up", folder, manifest, as_json=as_json)


@commands.command()
def restore(folder: BackupArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Phục hồi từ bản sao lưu vào thư mục dữ liệu trống (restore into an empty data folder)."""
    settings = opening.settings(config)
    try:
        with lock.hold(settings.data), _Bar() as bar:
            manifest = keeping.restore(settings, folder, bar)
    except AlreadyRunning as error:
        raise HubError(f"Hãy dừng trục trước (stop the hub first): {error}") from error
    if manifest["endpoints"] is None:
        common.warn(_OLD)
    since = common.local(datetime.fromisoformat(manifest["made_at"]))
    common.warn(_ASK.format(since=since))
    _tell("Đã phục hồi từ", "restored", folder, manifest, as_json=as_json)


def _tell(done: str, english: str, folder: Path, manifest: dict[str, Any], *, as_json: bool) -> None:
    """What was copied; 1 where some bodies could not be, for they are damaged or missing."""
    if not as_json:
        _show_bad(manifest["bad"])
    counts = f"{manifest['events']} dòng nhật ký, {manifest['blobs']} tệp lưu"
    common.tell(f"{done} {folder} ({english}): {counts}.", manifest, as_json=as_json)
    if manifest["bad"]:
        raise typer.Exit(common.WRONG)
