"""hub run, check, plugins."""

from __future__ import annotations

import asyncio
import json
import sys
from importlib.metadata import entry_points

import typer

from hub import log
from hub.app import Hub, run
from hub.cli import common
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.config import load
from hub.errors import ConfigError, HubError
from hub.plugins import Plugins


def run_command(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Chạy trục liên thông (run the hub until SIGTERM or Ctrl-C)."""
    settings = common.settings(config)
    log.set_up(settings.log)
    try:
        asyncio.run(run(settings, Plugins(settings.plugins), lambda hub: _ready(hub, as_json=as_json)))
    except (HubError, OSError) as error:
        common.fail(str(error))


def _ready(hub: Hub, *, as_json: bool) -> None:
    units, down = len(hub.config.endpoints), hub.down()
    said = {"ready": hub.address, "units": units, "down": down}
    line = json.dumps(said) if as_json else f"ready {hub.address} units={units} down={','.join(down) or '-'}"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def check(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Kiểm tra cấu hình, nêu mọi lỗi một lần (name every mistake of the configuration)."""
    try:
        settings = load(config, lambda names: Plugins(names).settings)
        mistakes, warnings = [], list(settings.warnings)
    except ConfigError as error:
        mistakes, warnings = error.mistakes, []
    if as_json:
        levels = [("mistake", item) for item in mistakes] + [("warning", item) for item in warnings]
        names = ("file", "line", "column", "message")
        common.say_json([{name: getattr(item, name) for name in names} | {"level": level} for level, item in levels])
    else:
        common.show_mistakes(mistakes)
        common.show_mistakes(warnings, "yellow", "warning: ")
        if not mistakes:
            common.out().print(f"Cấu hình đúng (configuration is fine): {config}", style="green")
    if mistakes:
        raise typer.Exit(common.WRONG)


def plugins(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Các thành phần mở rộng đang dùng (the plugins in use, what they bring and where they come from)."""
    loaded = Plugins(common.settings(config).plugins)
    wheels = {entry.name: entry.dist for entry in entry_points(group="hub.plugins")}
    lines = []
    for name in loaded.names:
        wheel = wheels.get(name)
        origin = f"{wheel.name} {wheel.version}" if wheel else "built in"
        lines.append({"name": name, "kinds": loaded.kinds(name), "hooks": loaded.hooks(name), "from": origin})
    if as_json:
        common.say_json(lines)
        return
    for line in lines:
        kinds, hooks = (", ".join(map(str, line[part])) for part in ("kinds", "hooks"))
        common.out().print(common.clean(f"{line['name']}: {kinds} ({hooks}; {line['from']})"))
