"""What a walk through a profile shows: step by step to people, or all of it as one value to programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console

from hub.cli.common import clean
from hub.config import Place

Places = Callable[[Sequence[str]], Place]


class KeptWalk:
    """Keeps all that is shown. `told` is what programs get; `places`: where the keys on a way stand in the file."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._steps: list[dict[str, Any]] = []
        self.mistakes = 0

    @property
    def told(self) -> dict[str, Any]:
        """Every step, and whether all of them went well."""
        return {"ok": not self.mistakes, "steps": self._steps}

    def step(self, title: str) -> None:
        """See `hub.rehearsing.Rehearsal`; so are the others."""
        self._steps.append({"step": title, "calls": [], "read": [], "mistakes": []})

    def asked(self, call: str, headers: Mapping[str, str], body: str) -> None:
        """One request."""
        self._last("calls").append({"call": call, "headers": dict(headers), "body": body, "answer": "", "said": ""})

    def answered(self, text: str, body: str) -> None:
        """What came back to it."""
        self._last("calls")[-1].update(answer=text, said=body)

    def read(self, at: Sequence[str], value: str) -> None:
        """What was found."""
        self._last("read").append({**self._place(at), "value": value})

    def wrong(self, at: Sequence[str], problem: str) -> None:
        """What does not work."""
        self.mistakes += 1
        self._last("mistakes").append({**self._place(at), "message": problem})

    def _last(self, part: str) -> list[Any]:
        if not self._steps:
            KeptWalk.step(self, "")
        found: list[Any] = self._steps[-1][part]
        return found

    def _place(self, at: Sequence[str]) -> dict[str, Any]:
        place = self._places(at)
        return {"at": ".".join(at), "file": place.file, "line": place.line, "column": place.column}


class ShownWalk(KeptWalk):
    """Shows it at once."""

    def __init__(self, places: Places, console: Console) -> None:
        super().__init__(places)
        self._console = console

    def step(self, title: str) -> None:
        super().step(title)
        self._say(f"\n{title}", "bold")

    def asked(self, call: str, headers: Mapping[str, str], body: str) -> None:
        super().asked(call, headers, body)
        self._say(f"  → {call}", "cyan")
        for name, value in headers.items():
            self._say(f"      {name}: {value}", "dim")
        for line in body.splitlines():
            self._say(f"      {line}", "dim")

    def answered(self, text: str, body: str) -> None:
        super().answered(text, body)
        self._say(f"  ← {text}", "green" if text.split(" ")[2:3] == ["ok"] else "yellow")
        for line in body.splitlines():
            self._say(f"      {line}", "dim")

    def read(self, at: Sequence[str], value: str) -> None:
        super().read(at, value)
        self._say(f"    {_spot(self._last('read')[-1])} = {value}", "green")

    def wrong(self, at: Sequence[str], problem: str) -> None:
        super().wrong(at, problem)
        self._say(f"    {_spot(self._last('mistakes')[-1])}: LỖI: {problem}", "bold red")

    def _say(self, line: str, style: str) -> None:
        if line.startswith("\n"):
            self._console.print()
        self._console.print(clean(line.lstrip("\n"), style))


def _spot(found: Mapping[str, Any]) -> str:
    return f"{found['file']}:{found['line']}:{found['column']}: {found['at']}"
