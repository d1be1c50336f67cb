"""Switches that make the simulated hub do what real ones did to integrators (facts 7). Pure but for the counting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from hub.errors import HubError

#: name -> what it does; what N is without a word: how many calls it meets, all of them where it is left out
FAULTS: Mapping[str, str] = {
    "html502": "HTTP 502 with an HTML page",
    "html200": "HTTP 200 with an HTML page",
    "http500": "HTTP 500 with an empty body",
    "empty": "HTTP 200 with an empty body",
    "keyless": "an answer without ErrorCode, or without success",
    "expired": "the provincial shape: the bearer counts as expired, HTTP 401",
    "no-docid": "sendEdoc: nothing is taken, FAIL without DocId",
    "refuse": "FAIL 20 instead of doing anything",
    "slow": "every answer waits N seconds (1)",
    "stale": "lists and counts are as they were N seconds ago (60)",
    "duplicate": "each row of a list of received packets stands there twice",
    "relisted": "packets that were confirmed are listed again",
    "disordered": "received packets are listed newest first",
    "truncated": "the answer stops half-way, as if it were whole",
    "cut": "the connection is closed half-way through the answer",
    "lost": "the call is carried out, then the connection is closed without an answer",
    "lost-answer": "the same, of sendEdoc only",
}
#: those whose N are seconds, with their default
SECONDS: Mapping[str, float] = {"slow": 1.0, "stale": 60.0}
_FORM = re.compile(r"([a-z0-9-]+)(?:@([A-Za-z0-9]+))?(?:=(\d{1,6}(?:\.\d{1,3})?))?", re.ASCII)
_MOST = 64
_ONLY_AT = {"no-docid": "sendEdoc", "lost-answer": "sendEdoc"}
_ALIASES = {"lost-answer": "lost"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One switch that is on."""

    name: str
    #: the one operation that it meets; "": all
    operation: str = ""
    #: calls that it still meets; None: until it is taken away
    left: int | None = None
    #: of `slow` and `stale`
    seconds: float = 0.0

    def __str__(self) -> str:
        at = f"@{self.operation}" if self.operation else ""
        number = f"{self.seconds:g}" if self.name in SECONDS else self.left
        return f"{self.name}{at}" + ("" if number is None else f"={number}")


def fault(text: str) -> Fault:
    """The switch that `NAME[@OPERATION][=N]` means. Raises HubError."""
    match = _FORM.fullmatch(text.strip())
    if match is None or match[1] not in FAULTS:
        raise HubError(f"{text}: lỗi giả là NAME[@OPERATION][=N], NAME một trong (one of): {', '.join(FAULTS)}")
    name, operation, number = match[1], match[2] or _ONLY_AT.get(match[1], ""), match[3]
    if name in SECONDS:
        return Fault(name, operation, seconds=float(number) if number else SECONDS[name])
    if number and not (number.isdigit() and int(number)):
        raise HubError(f"{text}: N là số lần gọi, từ 1 (N is a number of calls, 1 at least)")
    return Fault(_ALIASES.get(name, name), operation, int(number) if number else None)


class Switches:
    """The faults that are on, in the order in which they were set."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._on: list[Fault] = []
        for each in faults:
            self.set(each)

    def set(self, wanted: Fault) -> None:
        """Turn it on; it takes the place of the same one at the same operation."""
        self._on = [one for one in self._on if (one.name, one.operation) != (wanted.name, wanted.operation)]
        if len(self._on) >= _MOST:
            raise HubError(f"{_MOST} lỗi giả là nhiều nhất (faults at most)")
        self._on.append(wanted)

    def clear(self) -> None:
        """Turn all off."""
        self._on = []

    def on(self) -> tuple[Fault, ...]:
        """What is on now."""
        return tuple(self._on)

    def meet(self, operation: str) -> Mapping[str, Fault]:
        """The faults that meet this call, by name. Each that counts its calls has one less afterwards."""
        met = {one.name: one for one in self._on if one.operation in ("", operation)}
        counted = [
            replace(one, left=one.left - 1) if met.get(one.name) is one and one.left is not None else one
            for one in self._on
        ]
        self._on = [one for one in counted if one.left != 0]
        return met
