"""The report as a .pdf, by LibreOffice, which is asked without a screen and with a profile of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from hub.errors import HubError
from hub.report import paper
from hub.report.layout import Report

_SECONDS = 180
_PROGRAMS = ("soffice", "libreoffice")


class CannotPrint(HubError):
    """There is no LibreOffice, or it did not do it."""


def written(report: Report) -> bytes:
    """The whole document. Raises CannotPrint."""
    return printed(paper.written(report))


def check() -> str:
    """The program that prints. Raises CannotPrint where there is none."""
    if program := next(filter(None, map(shutil.which, _PROGRAMS)), None):
        return program
    raise CannotPrint(
        "Để xuất .pdf cần LibreOffice, máy này chưa có: hãy xuất .docx hoặc .html (.pdf needs LibreOffice, "
        "apt-get install libreoffice-writer-nogui; .docx, .xlsx and .html need no program)."
    )


def printed(document: bytes) -> bytes:
    """A .docx document as PDF. Raises CannotPrint."""
    program = check()
    with tempfile.TemporaryDirectory(prefix="hub-report-") as folder:
        place = Path(folder)
        (place / "report.docx").write_bytes(document)
        profile = f"-env:UserInstallation={(place / 'profile').as_uri()}"
        words = [program, profile, "--headless", "--norestore", "--convert-to", "pdf", "--outdir", folder]
        _run([*words, str(place / "report.docx")])
        try:
            return (place / "report.pdf").read_bytes()
        except FileNotFoundError as error:
            raise CannotPrint("LibreOffice không xuất được .pdf (could not write it).") from error


def _run(words: list[str]) -> None:
    try:
        subprocess.run(words, capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603 - a file of our own
    except subprocess.TimeoutExpired as error:
        raise CannotPrint(f"LibreOffice không xuất xong trong {_SECONDS} giây (took too long).") from error
    except subprocess.CalledProcessError as error:
        why = error.stderr.decode(errors="replace").strip()[-300:]
        raise CannotPrint(f"LibreOffice không xuất được .pdf (could not write it): {why}") from error
