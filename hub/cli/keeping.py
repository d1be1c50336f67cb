"""hub verify, backup, restore."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hub import keeping, lock
from hub.cli import common
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.errors import AlreadyRunning, HubError


class _Bar:
    """Progress on stderr, one bar a stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, Any] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=common.err())


def verify(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    checkpoint: Annotated[
        Path | None, typer.Option(help="So với mốc đã lưu (compare with a saved checkpoint).")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Lưu mốc ra tệp (save the checkpoint).")] = None,
) -> None:
    """Kiểm tra chuỗi nhật ký và mọi tệp lưu (check the event chain and every blob)."""
    settings = common.settings(config)
    with common.views(settings) as views, _progress() as progress:
        if views is None:
            common.fail(common.never_ran(settings))
        earlier = json.loads(checkpoint.read_text()) if checkpoint else None
        found = keeping.verify(views, settings.data, _Bar(progress), earlier)
    if save:
        save.write_text(json.dumps(found.checkpoint))
    if as_json:
        parts = {"events": found.events, "blobs": found.blobs, "bad": found.bad, "checkpoint": found.checkpoint}
        common.say_json(parts)
    else:
        for bad in found.bad:
            common.out().print(common.clean(f"✗ {bad}", "bold red"))
        style = "red" if found.bad else "green"
        counted = f"{found.events} dòng nhật ký, {found.blobs} tệp lưu (events, blobs)"
        common.out().print(common.clean(f"{counted}: {len(found.bad)} sai (bad).", style))
        for mark in found.checkpoint:
            common.out().print(common.clean(f"mốc (checkpoint): {mark['writer']} {mark['seq']} {mark['hash']}"))
    if found.bad:
        raise typer.Exit(common.WRONG)


def backup(
    folder: Annotated[Path, typer.Argument(help="Thư mục sao lưu (where the copy goes).")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Sao lưu sổ cái và tệp lưu, cả khi trục đang chạy (copy ledger and blobs, beside a running hub too)."""
    settings = common.settings(config)
    try:
        with common.views(settings) as views, _progress() as progress:
            if views is None:
                common.fail(common.never_ran(settings))
            manifest = keeping.backup(settings, folder, _Bar(progress))
    except (HubError, OSError) as error:
        common.fail(str(error))
    if as_json:
        common.say_json(manifest)
    else:
        common.out().print(common.clean(f"Đã sao lưu (backed up): {manifest['blobs']} tệp vào {folder}", "green"))


def restore(
    folder: Annotated[Path, typer.Argument(help="Thư mục sao lưu (the backup).")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Phục hồi từ bản sao lưu vào thư mục dữ liệu trống (restore into an empty data folder)."""
    settings = common.settings(config)
    try:
        with lock.hold(settings.data), _progress() as progress:
            manifest = keeping.restore(settings, folder, _Bar(progress))
    except AlreadyRunning as error:
        common.fail(f"Hãy dừng trục trước (stop the hub first): {error}")
    except (HubError, OSError) as error:
        common.fail(str(error))
    if as_json:
        common.say_json(manifest)
    else:
        common.out().print(common.clean(f"Đã phục hồi (restored): {manifest['blobs']} tệp từ {folder}", "green"))
