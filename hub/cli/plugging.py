"""hub plugins: what is in use; new: a skeleton; check: the contract."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from hub.cli import common, late, opening
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.plugins import Plugins

commands = typer.Typer()
plugins = typer.Typer(invoke_without_command=True, help="Các thành phần mở rộng (the plugins).")
commands.add_typer(plugins, name="plugins")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Tên thành phần mở rộng (the plugin's name).")]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Thư mục mới để ghi vào (a new folder; NAME).")
]


@plugins.callback()
def plugins_list(context: typer.Context, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Các thành phần mở rộng đang dùng (the plugins in use, what they bring and where they come from)."""
    if context.invoked_subcommand:
        return
    loaded = Plugins(opening.settings(config).plugins)
    lines = [
        {"name": name, "kinds": loaded.kinds(name), "hooks": loaded.hooks(name), "from": _origin(name)}
        for name in loaded.names
    ]
    if as_json:
        common.say_json(lines)
        return
    for line in lines:
        kinds, hooks = (", ".join(map(str, line[part])) for part in ("kinds", "hooks"))
        common.out().print(common.clean(f"{line['name']}: {kinds or '-'} ({hooks}; {line['from']})"))


@plugins.command("new")
def plugins_new(name: NameArgument, out: OutOption = None, as_json: JsonOption = False) -> None:
    """Viết bộ khung một bộ kết nối chạy được ngay (write the skeleton of a connector that works at once)."""
    written = late("skeletons").write(name, out or Path(name))
    message = f"Đã ghi {len(written)} tệp vào {written[0].parent}; đọc README.md trước (read it first)."
    common.tell(message, {"files": [str(file) for file in written]}, as_json=as_json)


@plugins.command("check")
def plugins_check(name: NameArgument, as_json: JsonOption = False) -> None:
    """Kiểm tra một thành phần mở rộng có giữ các cam kết (does a plugin keep the contract of connectors)."""
    if not late("proving").run(name, as_json=as_json):
        raise typer.Exit(common.WRONG)


def _origin(name: str) -> str:
    for entry in entry_points(group="hub.plugins", name=name):
        if entry.dist:
            return f"{entry.dist.name} {entry.dist.version}"
    return "built in"
