"""The people at a unit's own software: they do there what the play wants, as a person would on its pages."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.config import Config
from hub.quickstart import packets
from hub.quickstart.actor import Actor
from hub.quickstart.cast import ROLES, letter_of
from hub.quickstart.notes import Happening, Notes, wall
from hub.quickstart.processes import Stopped
from hub.quickstart.scripts import by_software

#: seconds between two looks, and for an answer
_LOOK, _PATIENCE = 0.4, 10.0
_MOST = 8 << 20
#: status code -> what somebody does there, and how it is called
_GESTURES: Mapping[str, tuple[str, str]] = {
    "03": ("register", "Tiếp nhận"),
    "04": ("assign", "Phân công"),
    "05": ("process", "Đang xử lý"),
    "06": ("finish", "Hoàn thành"),
    "15": ("agree", "Đồng ý thu hồi"),
}
#: state of a document there -> the codes that were given by then
_GIVEN = {"den": 0, "vao-so": 1, "phan-cong": 2, "dang-xu-ly": 3, "hoan-thanh": 4}
_ASKED_BACK = "yeu-cau"


@dataclass(frozen=True, slots=True)
class _Row:
    """A document in its register."""

    id: int
    code: str
    state: str


class Eoffice(Actor):
    """Plays the people of one unit. What is none of the play's documents is left to whoever sits at its pages.

    `turn` raises Stopped where the software does not answer.
    """

    def __init__(self, unit: str, config: Config, url: str, notes: Notes, tell: Callable[[Happening], None]) -> None:
        super().__init__(unit, notes, tell)
        self._config, self._url = config, url
        self._rows: list[_Row] = []
        self._again: list[str] = []
        self._looks_at = 0.0
        self._not_before: dict[int, float] = {}

    @property
    def twice(self) -> list[str]:
        """Documents that were handed over although they were there."""
        return self._again

    @property
    def idle(self) -> bool:
        """Nobody has anything to do."""
        return not any(map(self._next, self._wanted()))

    def turn(self, now: float, beat: float) -> None:
        """Look, and do what is due, one gesture a document and beat."""
        if now < self._looks_at:
            return
        self._looks_at = now + min(_LOOK, beat)
        self._look(now, beat)
        for row in self._wanted():
            code = self._next(row)
            if code and now >= self._not_before[row.id]:
                self._do(row, code)
                self._not_before[row.id] = now + beat

    def _next(self, row: _Row) -> str:
        """The code that somebody is to give next; "": none."""
        if row.state == _ASKED_BACK:
            return "15"
        if row.state not in _GIVEN:
            return ""
        wanted = by_software(letter_of(row.code), self.unit)
        return next((code for code in wanted if code in _GESTURES and _rank(code) > _GIVEN[row.state]), "")

    def _wanted(self) -> list[_Row]:
        return [row for row in self._rows if letter_of(row.code)]

    def _look(self, now: float, beat: float) -> None:
        told = self._asked("GET", "/_office/register", {})
        self._rows = [_Row(row["id"], row["code"], row["state"]) for row in told["incoming"]]
        self._again = told["again"]
        for row in told["incoming"]:
            self._not_before.setdefault(row["id"], now + beat)
            if row["asks"]:
                by = packets.unit_of(self._config, row["sender"])
                self._hear(row["code"], by, "13", row["name"], row["reason"])
            else:
                self._receive(row["code"], row["name"])

    def _do(self, row: _Row, code: str) -> None:
        gesture, called = _GESTURES[code]
        words = "Chuyên viên" if code == "04" else ""
        self._asked("POST", "/_office/gesture", {"doc": row.id, "gesture": gesture, "words": words})
        who = ROLES[self.unit].clerk
        self._tell(Happening(wall(), self.unit, "gesture", row.code, other=who, note=f"bấm {called}"))

    def _asked(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        request = urllib.request.Request(  # noqa: S310 - an address of this machine, http
            self._url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - the same
                return json.loads(answer.read(_MOST))
        except (OSError, ValueError) as error:
            raise Stopped(f"Phần mềm của {self.unit} không trả lời (its software): {error}") from error


def _rank(code: str) -> int:
    return list(_GESTURES).index(code) + 1
