"""Secrets by name: the environment, the service manager's credentials, then secrets.yaml."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from pydantic import SecretStr

from hub.config.nodes import Node, Place, Report, SecretName
from hub.config.reading import read

_FILE = "secrets.yaml"
_NAME = re.compile(r"[A-Za-z0-9_]+", re.ASCII)

#: Parts a repeated key from its count; no key of a file holds it.
REPEAT = "\x00"

#: Stands for a secret that was not found, so that nothing more is said about its setting.
MISSING = SecretStr("missing")


@dataclass
class Vault:
    """Looks secrets up. What it gave out never appears in a message."""

    folder: Path
    report: Report
    _given: set[str] = field(default_factory=set, repr=False)

    def reveal(self, name: str, place: Place) -> SecretStr:
        """The secret of that name, or MISSING; why is in the report."""
        value = self._find(name) if _NAME.fullmatch(name) else None
        if value is not None:
            self._given.add(value)
            return SecretStr(value)
        self.report.wrong(place, self._absence(name))
        return MISSING

    def plain(self, node: Node) -> object:
        """The node as plain data, with its secrets revealed."""
        if node.entries is not None:
            return {_key(entry.key, entry.repeat): self.plain(entry.node) for entry in node.entries}
        if node.items is not None:
            return [self.plain(item) for item in node.items]
        return self.reveal(node.scalar.name, node.at) if isinstance(node.scalar, SecretName) else node.scalar

    def hush(self, message: str, also: Iterable[str] = ()) -> str:
        """The message without any secret."""
        for secret in sorted({*self._given, *also} - {""}, key=len, reverse=True):
            message = message.replace(secret, "***")
        return message

    def _find(self, name: str) -> str | None:
        from_environment = os.environ.get(f"HUB_SECRET_{name}")
        if from_environment is not None:
            return from_environment
        credentials = os.environ.get("CREDENTIALS_DIRECTORY")
        if credentials:
            try:
                return (Path(credentials) / name).read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, ValueError):
                pass
        return self._filed.get(name)

    @cached_property
    def _filed(self) -> Mapping[str, str]:
        """What secrets.yaml holds; nothing where there is none. Its mistakes go to the report once."""
        path = self.folder / _FILE
        if not path.exists():
            return {}
        start = Place(_FILE)
        if path.stat().st_mode & 0o077:
            self.report.wrong(start, "others on this machine may read the secrets: chmod 600 secrets.yaml")
        tree = read(path, self.report, guarded=True)
        if tree and tree.entries is None:
            self.report.wrong(start, "the file must be a table of NAME: value")
        found: dict[str, str] = {}
        for entry in tree.table() if tree else ():
            if isinstance(entry.node.scalar, str):
                found[entry.key] = entry.node.scalar
            else:
                self.report.wrong(entry.at, f'the secret "{entry.key}" must be text: write it in quotes')
        return found

    def _absence(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            return "after !secret stands a name of letters, digits and _"
        near = get_close_matches(name, self._filed, n=1)
        meant = f'; did you mean "{near[0]}"?' if near else ""
        return f'there is no secret "{name}": neither $HUB_SECRET_{name}, a credential, nor {_FILE} has it{meant}'


def _key(key: str, repeat: int) -> str:
    """A repeated key under a name of its own, so that its value is checked too."""
    return f"{key}{REPEAT}{repeat}" if repeat else key
