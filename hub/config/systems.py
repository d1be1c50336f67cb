"""systems.yaml: who may talk to a simulated central hub, and which codes are theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from hub.config.nodes import Entry, Node, Report, SecretName
from hub.config.reading import read
from hub.config.vault import Vault
from hub.directory import normalise
from hub.errors import ConfigError
from hub.roster.codes import root_of

_KEYS = ("name", "secret", "units", "username", "password")


@dataclass(frozen=True, slots=True)
class System:
    """One system: its systemid, its name, the secret that it signs with."""

    code: str
    name: str
    secret: SecretStr
    #: the codes that it sends and receives for; None: every code with its root
    units: tuple[str, ...] | None = None
    #: who logs in for it where the provincial shape is spoken; "": nobody
    username: str = ""
    password: SecretStr = field(default_factory=lambda: SecretStr(""))

    @property
    def root(self) -> str:
        """H48 of 000.00.00.H48 and of H48; "" where the code has none."""
        return root_of(self.code)


def owner(code: str, systems: Sequence[System]) -> System | None:
    """The system that a code belongs to: by name first, else by its root."""
    named = (each for each in systems if code == each.code or code in (each.units or ()))
    rooted = (each for each in systems if each.units is None and each.root and each.root == root_of(code))
    return next(named, None) or next(rooted, None)


def load_systems(path: Path) -> tuple[System, ...]:
    """The systems in the file's order; codes trimmed, upper-case. Raises ConfigError with every mistake's place."""
    report = Report()
    tree = read(path, report)
    vault = Vault(path.parent, report)
    if tree and tree.entries is None:
        report.wrong(tree.at, "the file must be a table of SYSTEMID: {name, secret, units}")
    systems = tuple(_system(entry, vault, report) for entry in tree.table()) if tree else ()
    _check_codes(tree, report)
    if report.mistakes:
        raise ConfigError(report.mistakes)
    return systems


def _system(entry: Entry, vault: Vault, report: Report) -> System:
    node = entry.node
    for each in node.table():
        if each.key not in _KEYS:
            report.wrong(each.at, f'"{each.key}" is no setting here: a system has {", ".join(_KEYS)}')
    name = node.text("name").strip()
    if not name:
        report.wrong(entry.at, f"{entry.key} needs a name")
    secret, units = _secret(entry, "secret", vault, report), _units(node, report)
    username, password = _user(entry, vault, report)
    return System(normalise(entry.key), name, secret, units, username, password)


def _user(entry: Entry, vault: Vault, report: Report) -> tuple[str, SecretStr]:
    """Who logs in for it, if anybody."""
    username = entry.node.get("username")
    if username is None:
        if word := entry.node.get("password"):
            report.wrong(word.at, f"{entry.key} has a password and no username")
        return "", SecretStr("")
    if not isinstance(username.scalar, str) or not username.scalar:
        report.wrong(username.at, "username is a text")
        return "", SecretStr("")
    return username.scalar, _secret(entry, "password", vault, report)


def _secret(entry: Entry, key: str, vault: Vault, report: Report) -> SecretStr:
    node = entry.node.get(key)
    if node and isinstance(node.scalar, SecretName):
        return vault.reveal(node.scalar.name, node.at)
    if node is None or not isinstance(node.scalar, str) or not node.scalar:
        report.wrong(node.at if node else entry.at, f"{entry.key} needs a {key}: a text in quotes, or !secret NAME")
        return SecretStr("")
    return SecretStr(node.scalar)


def _units(node: Node, report: Report) -> tuple[str, ...] | None:
    listed = node.get("units")
    if listed is None:
        return None
    if listed.items is None or not all(isinstance(item.scalar, str) and item.scalar for item in listed.items):
        report.wrong(listed.at, "units is a list of codes")
        return ()
    return tuple(dict.fromkeys(normalise(code) for code, _ in node.texts("units")))


def _check_codes(tree: Node | None, report: Report) -> None:
    """Every code belongs to one system, and every username."""
    owners: dict[str, str] = {}
    users: dict[str, str] = {}
    for entry in tree.table() if tree else ():
        username = entry.node.text("username")
        if username and users.setdefault(username, entry.key) != entry.key:
            report.wrong(entry.at, f"the username {username} belongs to {users[username]} already")
        for claimed in _claimed(entry):
            owner = owners.setdefault(claimed, entry.key)
            if owner != entry.key:
                report.wrong(entry.at, f"{claimed} belongs to {owner} already")


def _claimed(entry: Entry) -> Iterator[str]:
    code = normalise(entry.key)
    yield code
    if entry.node.get("units") is None:
        yield f"every code with {root_of(code) or code}"
    yield from {normalise(unit) for unit, _ in entry.node.texts("units")} - {code}
