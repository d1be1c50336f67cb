"""Writes the skeleton of a plugin that works at once."""

from __future__ import annotations

import importlib.util
import keyword
import re
from importlib.resources import files
from pathlib import Path

from hub.errors import HubError

_MODEL = "vpdt"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")


def write(name: str, out: Path) -> list[Path]:
    """Write a plugin of that name into a new folder; what was written. Raises HubError, FileExistsError, OSError."""
    written = {out / file: text for file, text in skeleton(name).items()}
    out.mkdir(parents=True)
    for path, text in written.items():
        path.write_text(text, "utf-8")
    return list(written)


def skeleton(name: str) -> dict[str, str]:
    """The files of a plugin of that name, by their names. Raises HubError where it cannot bear that name."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise HubError(f"{name}: tên gồm chữ thường không dấu, số và _ (a name is lower-case letters, digits and _)")
    if name != _MODEL and (importlib.util.find_spec(name) or importlib.util.find_spec(f"plugins.{name}")):
        raise HubError(f"{name}: đã có mô-đun Python tên này (a Python module of this name exists already)")
    models = (one for one in files("hub.cli").joinpath("skeleton").iterdir() if one.name.endswith(".txt"))
    texts = {one.name.removesuffix(".txt"): one.read_text("utf-8") for one in models}
    return {_named(file, name): _named(text, name) for file, text in sorted(texts.items())}


def _named(text: str, name: str) -> str:
    kind = "".join(part.capitalize() for part in name.split("_"))
    return text.replace(_MODEL.upper(), name.upper()).replace(_MODEL.capitalize(), kind).replace(_MODEL, name)
