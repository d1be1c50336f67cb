"""Writes a report as the file's name asks for. Each format's libraries are imported when it is asked for."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from hub.errors import HubError
from hub.report.layout import Report

#: Ending of the file's name -> the module whose `written` makes its bytes.
FORMATS: Mapping[str, str] = {".docx": "paper", ".xlsx": "workbook", ".html": "page", ".pdf": "printing"}
#: Those that have the months from January too.
SERIES = frozenset({".xlsx"})


class NotInstalled(HubError):
    """A library that this format needs is not there."""


class NoFolder(HubError):
    """There is no folder to write into, or it may not be written into."""


def check(out: Path) -> None:
    """That a report can be written under that name, so far as can be told before it is counted.

    Raises NoFolder, NotInstalled, CannotPrint.
    """
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK | os.X_OK):
        raise NoFolder(f"Không có thư mục {out.parent}, hoặc không được ghi vào đó (no folder to write into).")
    writer = _writer(out.suffix.lower())
    if hasattr(writer, "check"):
        writer.check()


def write(report: Report, out: Path) -> int:
    """Write it whole under that name, or leave what is there. Returns its size.

    Raises OSError, NotInstalled, CannotPrint.
    """
    content: bytes = _writer(out.suffix.lower()).written(report)
    descriptor, name = tempfile.mkstemp(prefix=".hub-report-", dir=out.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o640)
        os.replace(name, out)  # noqa: PTH105 - it is a name
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return len(content)


def _writer(suffix: str) -> ModuleType:
    try:
        return importlib.import_module(f"hub.report.{FORMATS[suffix]}")
    except ModuleNotFoundError as error:
        raise NotInstalled(
            f"Để xuất {suffix} cần thư viện {error.name} (needs that library): requirements/setup report; "
            "xuất .html thì không cần (.html needs none)."
        ) from error
