"""hub checkpoints key: the key that signs checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli import common
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.keeping import checkpoints as signing

commands = typer.Typer()
checkpoints = typer.Typer(no_args_is_help=True, help="Mốc đã ký của nhật ký (signed checkpoints).")
commands.add_typer(checkpoints, name="checkpoints")

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Tệp mới cho khóa bí mật (a new file).")]


@checkpoints.command("key")
def key(file: FileArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Tạo khóa ký mốc: FILE bí mật, FILE.pub công khai (make a key pair; FILE counts from the folder of hub.yaml)."""
    file = config / file
    made = signing.new_key(file)
    said = f"Đã tạo khóa {made} (key made): {file} giữ bí mật (secret), {file}.pub đưa cho người kiểm tra (public)."
    common.tell(said, {"key": made, "private": str(file), "public": f"{file}.pub"}, as_json=as_json)
