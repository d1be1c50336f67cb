"""A program of its own that looks into PDFs.

    python -I pdf_child.py SECONDS BYTES DESCRIPTOR...

It is run by its path and needs nothing but the standard library and pypdf, so it starts alike from a wheel, an editable
install and a checkout, and without the hub's own imports. Each file is read by a fork with limits of its own. Answers
are lines of JSON on stdout; a file without a line was not read. Nothing is written anywhere else.
"""

from __future__ import annotations

import io
import json
import mmap
import os
import resource
import signal
import sys
from collections.abc import Iterator
from typing import IO, Any, cast

import pypdf.filters  # noqa: F401 - pypdf loads it when first needed; here it is once for all forks
from pypdf import PasswordType, PdfReader
from pypdf.errors import (
    DependencyError,
    FileNotDecryptedError,
    LimitReachedError,
    PyPdfError,
    WrongPasswordError,
)

_LONGEST_TEXT = 20_000
_MOST_FIELDS = 2_000
_DEEPEST_FIELD = 20
_LONGEST_NAME = 300
Content = bytes | mmap.mmap
_EOF = b"%%EOF"
#: where viewers look for it, and some more
_TAIL = 1 << 16
#: makes pypdf look for the objects themselves
_END = b"\nstartxref\n0\n%%EOF\n"
_ACTIONS = ("/JavaScript", "/Launch")


def main(seconds: int, memory: int, descriptors: list[int]) -> None:
    """Look into each of the open files, and print what was seen."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for place, descriptor in enumerate(descriptors):
        fork = os.fork()
        if fork == 0:
            _look_and_end(place, descriptor, seconds, memory)
        os.waitpid(fork, 0)


def _look_and_end(place: int, descriptor: int, seconds: int, memory: int) -> None:
    try:
        # The file itself is mapped, and where it must be mended copied once.
        _limit(seconds, memory + 2 * os.fstat(descriptor).st_size)
        line = json.dumps({"at": place, **_look(_content(descriptor))}).encode("ascii")
        # The line breaks around it keep it apart from what a killed fork left unfinished.
        _write(b"\n" + line + b"\n")
    finally:
        # Not one line of the parent's code may run here, whatever was raised.
        os._exit(0)


def _limit(seconds: int, memory: int) -> None:
    """The kernel ends this process: after so much time, or when it writes a file; and no core is dumped."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.dont_write_bytecode = True
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds)


def _write(line: bytes) -> None:
    while line:
        line = line[os.write(1, line) :]


def _content(descriptor: int) -> Content:
    """What the file holds, without moving its descriptor's position, which is shared with the hub."""
    try:
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        # Some network mounts cannot be mapped.
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _look(content: Content) -> dict[str, Any]:
    try:
        reader, page = _first_page(content)
    except FileNotDecryptedError:
        return {"state": "locked"}
    except (DependencyError, LimitReachedError, MemoryError, RecursionError):
        return {"state": "unread"}
    except (PyPdfError, IndexError):
        return {"state": "damaged"}
    except Exception:  # a broken file may raise anything, which proves nothing
        return {"state": "unread"}
    return {"state": "open", **_text(page), **_signatures(reader), **_actions(reader)}


def _first_page(content: Content) -> tuple[PdfReader, Any]:
    """As lenient as the viewers are: what cannot be opened is tried again as if only its end were missing."""
    # pypdf would look for the end line by line to the very beginning: 6 s in 100 MB of scans cut short.
    if _EOF in content[-_TAIL:]:
        try:
            return _unlocked(io.BytesIO(content) if isinstance(content, bytes) else cast("IO[bytes]", content))
        except (FileNotDecryptedError, LimitReachedError):
            raise
        except (PyPdfError, IndexError):
            pass
    return _unlocked(io.BytesIO(b"".join((content, _END))))


def _unlocked(file: IO[bytes]) -> tuple[PdfReader, Any]:
    reader = PdfReader(file, strict=False)
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise WrongPasswordError
    return reader, reader.pages[0]


def _text(page: Any) -> dict[str, Any]:
    try:
        return {"text": page.extract_text()[:_LONGEST_TEXT]}
    except Exception:  # a page without a readable text layer can still be sent
        return {}


def _signatures(reader: PdfReader) -> dict[str, Any]:
    try:
        form = _resolved(_resolved(reader.root_object).get("/AcroForm", {}))
        return {"signatures": list(_filled(form.get("/Fields", [])))}
    except Exception:  # a form that cannot be read bears no signature that anybody could check
        return {}


def _filled(fields: Any) -> Iterator[list[str]]:
    """Name and time of each filled signature field; a time stamp alone is nobody's signature."""
    ahead = [(each, "", 0) for each in reversed(_resolved(fields))]
    for _ in range(_MOST_FIELDS):
        if not ahead:
            return
        found, inherited, depth = ahead.pop()
        field = _resolved(found)
        kind = str(field.get("/FT", inherited))
        value = _resolved(field.get("/V"))
        if kind == "/Sig" and hasattr(value, "get") and value.get("/Type") != "/DocTimeStamp":
            yield [_words(_resolved(value.get(key, ""))) for key in ("/Name", "/M")]
        if depth < _DEEPEST_FIELD:
            ahead += [(kid, kind, depth + 1) for kid in reversed(_resolved(field.get("/Kids", [])))]


def _words(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text[:_LONGEST_NAME]


def _actions(reader: PdfReader) -> dict[str, Any]:
    """Whether opening it starts a script or a program; a look at the two usual places only."""
    try:
        root = _resolved(reader.root_object)
        opening = _resolved(root.get("/OpenAction"))
        starts = hasattr(opening, "get") and opening.get("/S") in _ACTIONS
        return {"active": starts or "/JavaScript" in _resolved(root.get("/Names", {}))}
    except Exception:  # only a remark hangs on it
        return {}


def _resolved(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), [int(each) for each in sys.argv[3:]])
