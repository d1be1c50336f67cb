"""The laws of everything that is committed: nothing of one machine, nothing of an index, locked sets that agree."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

# The brackets keep these patterns from matching themselves.
_REGISTRY = re.compile(
    r"pypi[.](?:org|python)|python[h]osted|registry[.]npm|npmjs[.]org"
    r"|file:///(?:\S*/)?(?:simple|wheels?|pypi)\b|--(?:extra-)?index[-]url|--find[-]links"
)
_FOREIGN_PATH = re.compile(
    r"(?<![\w.$~{}/-])/(?:work|root|farm|opt/pypi[\w-]*|opt/wheels|Users/\w+|home/\w+|tmp/w)(?=[/\"'`\s:),;]|$)|shared/(?:facts|design)[/]"
)
_WORKPLACE = re.compile(
    r"\bcl[a]ude|\banthr[o]pic|\bchat[g]pt|\bopen[a]i\b|\bcopil[o]t\b|\bLL[M]s?\b|\bA[I]\b|\bassist[a]nts?\b|\bprom[p]ts?\b(?!-toolkit==)"
    r"|\bco-f[o]unders?\b|\bcontext wind[o]w|\b(?:this|previous|earlier|last|next|another) sess[i]on\b|\bbrief[.]md\b"
)


def files(root: Path) -> list[Path]:
    """What is committed, or would be by `git add`."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    paths = (root / name for name in sorted(set(listed)) if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def registries(root: Path) -> list[str]:
    """Addresses and options of package indexes: which one is used is the machine's business."""
    return list(_matches(root, _REGISTRY))


def foreign_paths(root: Path) -> list[str]:
    """Absolute paths that exist on somebody's machine only."""
    return list(_matches(root, _FOREIGN_PATH))


def workplace_words(root: Path) -> list[str]:
    """Words about how the text came to be. Data as found in the field is not our text."""
    return list(_matches(root, _WORKPLACE, leave_out="tests/data/"))


def _matches(root: Path, pattern: re.Pattern[str], leave_out: str = "") -> Iterator[str]:
    for path in files(root):
        name = path.relative_to(root).as_posix()
        if leave_out and name.startswith(leave_out):
            continue
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").split("\n"), 1):
            if found := pattern.search(f"{name}\n{line}" if number == 1 else line):
                yield f"{name}:{number}: {found[0]}"


_PIN = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)


def pins(root: Path, name: str) -> dict[str, str]:
    """package -> version of one locked set."""
    return dict(_PIN.findall((root / "requirements" / f"{name}.txt").read_text(encoding="utf-8")))


def unlocked(root: Path, name: str) -> list[str]:
    """Lines of a locked set that are not one exact version with at least one hash."""
    text = (root / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    entries = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    whole = re.compile(r"[a-z0-9.-]+==\S+(?: ; [^;]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*")
    return [entry.split("--hash")[0].strip() for entry in entries if entry.strip() and not whole.fullmatch(entry)]
