"""Who is who: organisation codes, and the units behind them. Pure."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date
from difflib import SequenceMatcher
from functools import cached_property
from types import MappingProxyType

from hub.succession import farewell, heirs_on, taken_over
from hub.vocabulary import Unit

#: QCVN 102:2016 (root last) and QĐ 20/2020 (root first); the exchange accepts others too.
_CODE_FORMS = re.compile(r"\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}|[A-Z]\d{2}(?:\.[0-9A-Z]{2,}){0,5}", re.ASCII)
_LONGEST_CODE = 35
_NEAR = 0.5


def normalise(code: str) -> str:
    """The form in which codes are compared: NFC, upper-case, without spaces and invisible characters."""
    if code.isascii():
        return "".join(code.split()).upper()
    visible = (sign for sign in code if not sign.isspace() and unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFC", "".join(visible).upper())


def looks_like_code(code: str) -> bool:
    """Whether it has one of the two official forms. Live codes exist that do not: warn, never refuse."""
    code = normalise(code)
    return len(code) <= _LONGEST_CODE and _CODE_FORMS.fullmatch(code) is not None


class Directory:
    """The units the hub serves, found by id, code or alias.

    `others` is the id of the one unit that stands for everyone outside; its own codes count as outside.
    On a day, names of a unit that is no more mean the one that took over; where several did, they mean nobody.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        others: str | None = None,
        day: date = date.min,
        learned: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.others, self.day, self._learned = others, day, learned
        self._units = {unit.id: unit for unit in units}
        self._ids = {normalise(unit.id): unit.id for unit in units}
        self._ends = sorted(unit.until for unit in units if unit.until)
        #: those that are no more on this day, with those that took over
        self.heirs = heirs_on(units, day)
        self._owners = {
            normalise(code): unit.id
            for unit in units
            for code in (unit.code, *unit.aliases)
            if code and unit.id != others
        }
        #: normalised code or alias -> unit id, of every unit the hub serves
        self.codes: Mapping[str, str] = MappingProxyType(
            {code: unit for code, owner in self._owners.items() if (unit := self._now(owner))}
        )
        self._days: dict[int, Directory] = {}

    def on(self, day: date) -> Directory:
        """The same units as they are on this day."""
        past = bisect_left(self._ends, day)
        if past == bisect_left(self._ends, self.day):
            return self
        if past not in self._days:
            self._days[past] = Directory(tuple(self._units.values()), self.others, day, self._learned)
        return self._days[past]

    def learn(self, names: Mapping[str, str]) -> Directory:
        """The same units, with other codes by which they may be addressed: normalised code -> unit id.

        Who sends is known by the configured codes alone: a wrong row of a directory must not make a stranger one of us.
        """
        learned = {code: unit for code, unit in names.items() if unit in self._units and self._owner(code) is None}
        return Directory(tuple(self._units.values()), self.others, self.day, MappingProxyType(learned))

    @property
    def owned(self) -> Mapping[str, str]:
        """Normalised code or alias -> id of the unit that has it, former or not; without what was learned."""
        return MappingProxyType(self._owners)

    @property
    def ours(self) -> tuple[Unit, ...]:
        """The units the hub serves, without the one that stands for the others."""
        return tuple(unit for unit in self._units.values() if unit.id != self.others and unit.id not in self.heirs)

    @property
    def everyone(self) -> tuple[str, ...]:
        """The ids of all units, former ones too."""
        return tuple(self._units)

    @cached_property
    def taken_over(self) -> Mapping[str, frozenset[str]]:
        """Unit -> those that are no more and whose work, or a part of it, it took over."""
        return taken_over(self.heirs)

    @cached_property
    def tried_out(self) -> frozenset[str]:
        """Normalised codes and aliases of the units that are only tried out."""
        return frozenset(code for code, owner in self._owners.items() if self._units[owner].is_tried_out)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Normalised code or alias -> name of the unit, former or not; of the one for the others only its own code."""
        ours = {code: self._units[owner].name for code, owner in self._owners.items()}
        outside = self._units[self.others] if self.others else None
        return MappingProxyType(({normalise(outside.code): outside.name} if outside and outside.code else {}) | ours)

    def unit(self, unit_id: str) -> Unit:
        """The unit of that id, former or not. Raises KeyError."""
        return self._units[unit_id]

    def find(self, code_or_id: str) -> str | None:
        """The id of the unit that this id, code or alias names, or None."""
        owner = self._owner(code_or_id)
        return self._now(owner) if owner else None

    def addressee(self, name: str) -> str | None:
        """The id of the unit that is meant by an addressee's id, code or alias, learned ones too, or None."""
        owner = self._owner(name) or self._learned.get(normalise(name))
        return self._now(owner) if owner else None

    def is_ours_to_serve(self, name: str) -> bool:
        """Whether an addressee of that name is, or was, a unit that the hub serves, by a learned code too."""
        return self.is_ours(name) or normalise(name) in self._learned

    def is_ours(self, code_or_id: str) -> bool:
        """Whether it names a unit that the hub serves, or did."""
        return self._owner(code_or_id) not in (None, self.others)

    def former(self, code_or_id: str) -> Unit | None:
        """The unit of that name, or learned code, that is no more; None where there is none, or it still works."""
        owner = self._owner(code_or_id) or self._learned.get(normalise(code_or_id))
        return self._units[owner] if owner and owner in self.heirs else None

    def farewell(self, code_or_id: str) -> str:
        """Why nothing reaches the former unit of that name, and who took over; "" where it is none."""
        unit = self.former(code_or_id)
        return farewell(unit, [self._units[heir] for heir in self.heirs[unit.id]]) if unit else ""

    def endpoint(self, recipient: str) -> str | None:
        """The unit by whose endpoint a recipient is reached: its own, or for an outside code that of the others."""
        is_outside = recipient == normalise(recipient) and not self.is_ours(recipient)
        outside = self.others if is_outside else None
        return self.find(recipient) or outside

    def name(self, recipient: str) -> str:
        """What people call it; of an outside organisation that is not known, its code."""
        known = self._units.get(recipient)
        if known is None and self.others and normalise(self._units[self.others].code) == recipient:
            known = self._units[self.others]
        return known.name if known else recipient

    def speaks_for(self, unit_id: str, organ_id: str) -> bool:
        """Whether what comes in by the unit's endpoint may bear this organisation as its sender."""
        owner = self._owner(organ_id)
        if unit_id == self.others:
            return bool(normalise(organ_id)) and owner in (None, self.others)
        return unit_id in (owner, self.find(organ_id))

    def _owner(self, name: str) -> str | None:
        """Whose name it is, former or not."""
        if name in self._units:
            return name
        key = normalise(name)
        return self._owners.get(key) or self._ids.get(key)

    def _now(self, unit_id: str) -> str | None:
        """The unit, or the only one that took over."""
        heirs = self.heirs.get(unit_id, (unit_id,))
        return heirs[0] if len(heirs) == 1 else None

    def nearest(self, text: str, n: int = 3) -> list[str]:
        """At most n units that may be meant, best first, each as "code (name)"."""
        wanted = normalise(text)
        scores = {unit.id: max(_likeness(wanted, word) for word in _words(unit)) for unit in self.ours}
        close = [unit for unit in self.ours if scores[unit.id][0] >= _NEAR]
        best = sorted(close, key=lambda unit: scores[unit.id], reverse=True)
        return [f"{unit.code} ({unit.name})" for unit in best[:n]]


def _words(unit: Unit) -> tuple[str, ...]:
    return unit.id, unit.code, unit.name, *unit.aliases


def _likeness(wanted: str, word: str) -> tuple[float, float]:
    """How alike they are; between equals, how many signs they share in any order (swapped digits)."""
    matcher = SequenceMatcher(None, wanted, normalise(word), autojunk=False)
    return matcher.ratio(), matcher.quick_ratio()
