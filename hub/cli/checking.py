"""hub check: looks at the configuration alone."""

from __future__ import annotations

from typing import Any

import typer

from hub.cli import common, opening
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.config import Config
from hub.errors import ConfigError, Mistake

commands = typer.Typer()


@commands.command()
def check(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Kiểm tra cấu hình, nêu mọi lỗi một lần (name every mistake of the configuration)."""
    settings, mistakes = _loaded(config)
    warnings = settings.warnings if settings else ()
    if as_json:
        levels = [("mistake", item) for item in mistakes] + [("warning", item) for item in warnings]
        common.say_json([_mistake(item, level) for level, item in levels])
    else:
        common.show_mistakes(common.out(), mistakes)
        common.show_mistakes(common.out(), warnings, "yellow", "warning: ")
        if settings:
            common.out().print(common.clean(_praise(settings), "green"))
        else:
            common.err().print(f"{len(mistakes)} lỗi (mistakes).", style="bold red")
    if not settings:
        raise typer.Exit(common.WRONG)


def _loaded(config: Any) -> tuple[Config | None, list[Mistake]]:
    try:
        return opening.settings(config), []
    except ConfigError as error:
        return None, error.mistakes


def _mistake(item: Mistake, level: str) -> dict[str, object]:
    return {
        "file": item.file,
        "line": item.line,
        "column": item.column,
        "message": item.message,
        "level": level,
    }


def _praise(settings: Config) -> str:
    counts = f"{len(settings.units)} đơn vị, {len(settings.groups)} nhóm, {len(settings.routes)} quy tắc chuyển"
    more = f", {len(settings.warnings)} điều nên xem lại (warnings)" if settings.warnings else ""
    return (
        f"Cấu hình dùng được (configuration is fine): {counts}, thành phần {', '.join(settings.plugins) or '-'}{more}."
    )
