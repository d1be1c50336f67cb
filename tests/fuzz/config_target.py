"""The configuration loader: a checked record, or every mistake at a place inside its file."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from random import Random

from hub.config import Config, load
from hub.connector import Settings
from hub.directory import normalise
from hub.errors import ConfigError, Mistake, PluginError
from hub.plugins import Plugins
from hub.testing.samples import a_document
from hub.vocabulary import Urgency
from tests.fuzz.config_mutate import mutated
from tests.fuzz.config_valid import FILES, Mislaid, Wish, apart, samples, valid
from tests.fuzz.target import Case, Ending, hold, kept

_TODAY = date(2026, 11, 24)
_NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
_VALUES = re.compile(r'"[^"]*"|\d+|(?<=: ).*')


class ConfigTarget:
    """The five files, one after the other with a line `===== NAME` before each."""

    name = "config"

    def __init__(self) -> None:
        self._settings = {name: Plugins([name]).settings for name in ("folderdrop", "centralhub")}

    @cached_property
    def _folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="fuzz-config-", dir=_memory()))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def seeds(self) -> Sequence[bytes]:
        """Small configurations, and what is kept."""
        return [*samples(), *kept(self.name).values()]

    def valid(self, dice: Random) -> Case:
        """A configuration with what it says, or with one mistake and its place."""
        return valid(dice)

    def mutated(self, dice: Random, data: bytes, other: bytes) -> bytes:
        """Lines, keys, values and bytes changed."""
        return mutated(dice, data, other)

    def judge(self, case: Case) -> Ending:
        """Load it, and look at the record or at the mistakes."""
        files = apart(case.data)
        for name in FILES:
            path = self._folder / name
            path.write_bytes(files[name]) if name in files else path.unlink(missing_ok=True)
        try:
            config = load(self._folder, self._connectors, today=_TODAY)
        except ConfigError as error:
            hold(not isinstance(case.wish, Wish), f"a valid configuration is refused: {error}")
            _are_inside(error.mistakes, files)
            if isinstance(case.wish, Mislaid):
                places = {(one.file, one.line) for one in error.mistakes}
                hold((case.wish.file, case.wish.line) in places, f"the mistake of {case.wish} is found at {places}")
            return Ending(False, _VALUES.sub("", error.mistakes[0].message)[:60])
        hold(not isinstance(case.wish, Mislaid), f"the mistake of {case.wish} is not found")
        if isinstance(case.wish, Wish):
            _is_as_wished(config, case.wish)
        _is_usable(config, files)
        return Ending(True, f"{len(config.units)} {len(config.routes)} {len(config.groups)} {len(config.warnings)}")

    def _connectors(self, names: Sequence[str]) -> Mapping[str, type[Settings]]:
        found: dict[str, type[Settings]] = {}
        for name in names:
            if name not in self._settings:
                raise PluginError(f"there is no plugin {name!r}")
            found |= self._settings[name]
        return found


def _memory() -> str | None:
    """A folder that lives in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _are_inside(mistakes: Sequence[Mistake], files: Mapping[str, bytes]) -> None:
    """Each names a spot that an editor can go to, in one line of words."""
    hold(mistakes, "refused without a mistake")
    for one in mistakes:
        hold(one.file in (*FILES, "secrets.yaml"), f"a mistake in no file of ours: {one}")
        lines = re.split("\r\n|\n|\r", files.get(one.file, b"").decode("utf-8-sig", "replace"))
        hold(1 <= one.line <= len(lines), f"line {one.line} of {len(lines)}: {one}")
        hold(1 <= one.column <= len(lines[one.line - 1]) + 1, f"column {one.column} behind the line's end: {one}")
        hold(one.message.strip() and one.message.isprintable(), f"a mistake without words: {one!r}")


def _is_as_wished(config: Config, wish: Wish) -> None:
    for name, wanted in wish.says.items():
        told = getattr(config, name)
        hold(told == wanted, f"{name} is read as {told!r} and not as {wanted!r}")
    folders = {unit: getattr(settings, "folder", None) for unit, settings in config.endpoints.items()}
    hold(folders == wish.folders, f"folders are read as {folders}")


def _is_usable(config: Config, files: Mapping[str, bytes]) -> None:
    """What is taken can be worked with: units that are found by their names, rules that name whom they send to."""
    hold(config.units and config.province.id and config.data.is_absolute(), "taken without its parts")
    for unit in config.units:
        hold(unit.name, f"{unit.id} without a name")
        if unit.code and unit.id != config.directory.others:
            hold(
                config.directory.codes.get(normalise(unit.code)) is not None,
                f"nobody is found by the code of {unit.id}",
            )
    hold(all(route.to and route.name for route in config.routes), "a rule that sends to nobody")
    _counts(config)
    if config.warnings:
        _are_inside(config.warnings, files)


def _counts(config: Config) -> None:
    """Whatever calendar and duties were taken: every deadline lies ahead, and every year can be shown."""
    units, book = list(config.duties.subjects), config.duties
    for urgency in (Urgency.NORMAL, Urgency.URGENT, Urgency.FLASH):
        document = a_document(urgency=urgency, due_date="2026/12/31")
        for owed in book.owed(document, units, _NOW):
            hold(_NOW < owed.next_at <= owed.due_at or _pauses(config, owed.unit), f"due before it came: {owed}")
        for unit in units:
            book.sender(document, unit, _NOW)
    for day in (date.min, _TODAY, date.max):
        config.calendar.periods(day, next(iter(units), ""))


def _pauses(config: Config, unit: str) -> bool:
    return config.duties.subjects[unit].pause(_TODAY) is not None
