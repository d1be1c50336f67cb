"""What nobody knows of the real hub, by name: read from `NAME=VALUE`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from hub.directory import normalise
from hub.errors import HubError
from hub.simulating.central.setup import Setup

_WORDS = {"yes": True, "no": False}
_LONGEST = 1e9


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= _LONGEST:
        raise ValueError(text)
    return seconds


def _bytes(text: str) -> int:
    size = int(text)
    if not 0 < size <= 1 << 30:
        raise ValueError(text)
    return size


def _one_of(*names: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        return names[names.index(text)]

    return read


#: name -> the setting that it is, how its value is read, what values it has
ASSUMPTIONS: Mapping[str, tuple[str, Callable[[str], Any], str]] = {
    "on-fail": ("on_fail", _one_of("listed", "requeued", "dropped"), "listed | requeued | dropped"),
    "route-by": ("route_by_header", {"header": True, "xml": False}.__getitem__, "header | xml"),
    "fresh": ("fresh", _seconds, "seconds; 0: any"),
    "filter-dates": ("filter_dates", _WORDS.__getitem__, "yes | no"),
    "hop": ("hop", normalise, "an organisation's code; empty: none"),
    "rest-token": ("rest_token", _seconds, "seconds"),
    "rest-edxml": ("rest_edxml", _one_of("base64", "plain"), "base64 | plain"),
    "rest-agencies": ("rest_agencies", _one_of("data", "array"), "data | array"),
    "max-packet": ("max_packet", _bytes, "bytes, up to 1 GiB"),
}


def assuming(settings: Setup, texts: Iterable[str]) -> Setup:
    """The settings with these `NAME=VALUE`. Raises HubError."""
    for text in texts:
        name, _, value = text.partition("=")
        if name not in ASSUMPTIONS:
            raise HubError(f"--set {text}: NAME là một trong (one of) {', '.join(ASSUMPTIONS)}")
        field, read, values = ASSUMPTIONS[name]
        try:
            settings = replace(settings, **{field: read(value)})
        except (ValueError, KeyError) as error:
            raise HubError(f"--set {text}: {name} = {values}") from error
    return settings
