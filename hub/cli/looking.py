"""Opens the ledger for a look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import typer

from hub.cli import common
from hub.config import Config
from hub.directory import Directory
from hub.errors import HubError
from hub.ledger import Views, gazette, open_views

#: Codes of which the names are looked up: what one command shows is never more.
_MOST_NAMED = 5000


@contextmanager
def views(config: Config) -> Iterator[Views]:
    """The ledger for reading. Raises NeverRan."""
    try:
        looking = open_views(config.database.get_secret_value(), config.data)
    except FileNotFoundError as error:
        raise NeverRan(config) from error
    try:
        yield looking
    finally:
        looking.close()


@contextmanager
def views_or_none(config: Config) -> Iterator[Views | None]:
    """The ledger for reading; None, and a word about it, where the hub never ran."""
    try:
        with views(config) as looking:
            yield looking
    except NeverRan as error:
        common.warn(str(error))
        yield None


class NeverRan(HubError):
    """There is no ledger yet."""

    def __init__(self, config: Config) -> None:
        super().__init__(
            f"Chưa có sổ cái trong {config.data}: trục chưa chạy lần nào (no ledger yet; start with: hub run)."
        )


def outside(config: Config, views: Views | None, codes: Iterable[str]) -> dict[str, str]:
    """What those of these codes are called that are no units, as far as the directory of agencies knows them."""
    asked = sorted({code for code in codes if code} - {unit.id for unit in config.units})[:_MOST_NAMED]
    return views.looking(partial(gazette.names, codes=asked)) if views and asked else {}


def outside_if_known(config: Config, codes: Iterable[str]) -> dict[str, str]:
    """The same for commands that need no ledger; nothing where there is none that could tell."""
    try:
        with views(config) as looking:
            return outside(config, looking, codes)
    except HubError:
        return {}


def names(config: Config, outside: Mapping[str, str]) -> dict[str, str]:
    """By what is shown behind a unit's id, and behind a code outside."""
    return {unit.id: unit.name for unit in config.units} | dict(outside)


def labels(config: Config, outside: Mapping[str, str]) -> dict[str, str]:
    """Where there is little room: a unit by its name alone, a code outside with its name."""
    return names(config, {code: common.named(code, name) for code, name in outside.items()})


def must_know(directory: Directory, name: str) -> None:
    """Raise typer.BadParameter where nobody is, or was, called that: an empty answer would be taken for good news."""
    if directory.find(name) is None and directory.former(name) is None:
        near = "; ".join(directory.nearest(name))
        meant = f"; có phải là: {near}?" if near else ""
        raise typer.BadParameter(f"không có đơn vị {name}{meant} (no such unit)")
