"""Switches that make a door do what real ones do on bad days. Pure but for the counting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

#: doors that serve, and the one that calls
SERVING = ("provincial", "bkav", "third")
CALLING = "axis"
#: name -> what it does at a door that serves; N is a number of calls where nothing else is said
FAULTS: Mapping[str, str] = {
    "slow": "every answer waits N seconds (1)",
    "http500": "HTTP 500, an empty body",
    "http502": "HTTP 502, an HTML page",
    "http503": "HTTP 503 with Retry-After",
    "error200": "HTTP 200 with the door's own error, nothing is done",
    "html200": "HTTP 200 with an HTML page",
    "empty": "HTTP 200 with nothing",
    "truncated": "half of the JSON, as if it were whole",
    "length": "a Content-Length larger than what comes, then the connection is closed",
    "redirect": "a redirect to itself",
    "huge": "N bytes (1 GB) of one JSON text, streamed",
    "expired": "the token or the signature counts as too old",
    "skew": "the office's clock is N seconds ahead (3600)",
    "duplicate": "each row of a list stands there twice",
    "missing": "the fields that matter are left out",
    "mojibake": "texts as if UTF-8 had been read as Latin-1",
    "lost": "the call is carried out, then the connection is closed without an answer",
}
#: the same for the door that calls
CALL_FAULTS: Mapping[str, str] = {
    "slow": "every call waits N seconds (1)",
    "lost": "the call is made and its answer thrown away",
    "duplicate": "what is sent is sent twice",
    "skew": "timestamps are N seconds ahead (3600)",
    "missing": "the header `from` is left out",
    "mojibake": "packets as if UTF-8 had been read as Latin-1",
    "truncated": "half of the packet, with the digest of the whole one",
    "length": "a Content-Length larger than the body, then the connection is closed",
    "forged": "signed with another secret",
    "unconfirmed": "what was stored is not confirmed with done",
}
#: those whose N is a number of something else than calls, with its default
_AMOUNTS: Mapping[str, float] = {"slow": 1.0, "skew": 3600.0, "huge": float(1 << 30)}
_FORM = re.compile(r"([a-z0-9]+)(?:@([a-z]+)(?:\.([A-Za-z-]+))?)?(?:=(\d{1,12}(?:\.\d{1,3})?))?", re.ASCII)
_MOST = 64


class NoFault(ValueError):
    """A text that names no fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One switch that is on. `door` and `operation` "": all. `left`: calls that it still meets, None: any."""

    name: str
    door: str = ""
    operation: str = ""
    left: int | None = None
    amount: float = 0.0

    def __str__(self) -> str:
        at = f"@{self.door}" if self.door else ""
        at += f".{self.operation}" if self.operation else ""
        number = f"{self.amount:g}" if self.name in _AMOUNTS else self.left
        return f"{self.name}{at}" + ("" if number is None else f"={number}")


def fault(text: str) -> Fault:
    """The switch that `NAME[@DOOR[.OPERATION]][=N]` means. Raises NoFault."""
    match = _FORM.fullmatch(text.strip())
    name, door = (match[1], match[2] or "") if match else ("", "")
    known = CALL_FAULTS if door == CALLING else FAULTS if door else {**FAULTS, **CALL_FAULTS}
    if match is None or name not in known or door not in {"", CALLING, *SERVING}:
        raise NoFault(
            f"{text}: NAME[@DOOR[.OPERATION]][=N], NAME: {', '.join(known)}; DOOR: {', '.join(SERVING)}, axis"
        )
    number = match[4]
    if name in _AMOUNTS:
        return Fault(name, door, match[3] or "", amount=float(number) if number else _AMOUNTS[name])
    if number and not (number.isdigit() and int(number)):
        raise NoFault(f"{text}: N is a number of calls, 1 at least")
    return Fault(name, door, match[3] or "", int(number) if number else None)


class Switches:
    """The faults that are on, in the order in which they were set."""

    def __init__(self, faults: Iterable[str] = ()) -> None:
        self._on: list[Fault] = []
        self.set(*faults)

    def set(self, *texts: str) -> None:
        """Turn these on; each takes the place of the same one at the same place. Raises NoFault."""
        for wanted in map(fault, texts):
            places = [(one.name, one.door, one.operation) for one in self._on]
            if (place := (wanted.name, wanted.door, wanted.operation)) in places:
                del self._on[places.index(place)]
            if len(self._on) >= _MOST:
                raise NoFault(f"{_MOST} faults at most")
            self._on.append(wanted)

    def clear(self) -> None:
        """Turn all off."""
        self._on = []

    def on(self) -> list[str]:
        """What is on now."""
        return [str(each) for each in self._on]

    def meet(self, door: str, operation: str) -> Mapping[str, Fault]:
        """The faults that meet this call, by name. Each that counts its calls has one less afterwards."""
        known = CALL_FAULTS if door == CALLING else FAULTS
        met = {
            one.name: one
            for one in self._on
            if one.name in known and one.door in ("", door) and one.operation in ("", operation)
        }
        counted = [
            replace(one, left=one.left - 1) if met.get(one.name) is one and one.left is not None else one
            for one in self._on
        ]
        self._on = [one for one in counted if one.left != 0]
        return met
