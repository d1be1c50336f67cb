"""Who is who: organisation codes, and the units behind them. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from types import MappingProxyType

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
    """

    def __init__(self, units: Sequence[Unit], others: str | None = None) -> None:
        self.others = others
        self._units = {unit.id: unit for unit in units}
        self._ids = {normalise(unit.id): unit.id for unit in units}
        #: normalised code or alias -> unit id, of every unit the hub serves
        self.codes: Mapping[str, str] = MappingProxyType(
            {normalise(code): unit.id for unit in self.ours for code in (unit.code, *unit.aliases) if code}
        )

    @property
    def ours(self) -> tuple[Unit, ...]:
        """The units the hub serves, without the one that stands for the others."""
        return tuple(unit for unit in self._units.values() if unit.id != self.others)

    def unit(self, unit_id: str) -> Unit:
        """The unit of that id. Raises KeyError."""
        return self._units[unit_id]

    def find(self, code_or_id: str) -> str | None:
        """The id of the unit that this id, code or alias names, or None."""
        if code_or_id in self._units:
            return code_or_id
        key = normalise(code_or_id)
        return self.codes.get(key) or self._ids.get(key)

    def endpoint(self, recipient: str) -> str | None:
        """The unit by whose endpoint a recipient is reached: its own, or for an outside code that of the others."""
        outside = self.others if recipient == normalise(recipient) else None
        return self.find(recipient) or outside

    def name(self, recipient: str) -> str:
        """What people call it; of an outside organisation that is not known, its code."""
        known = self._units.get(recipient)
        if known is None and self.others and normalise(self._units[self.others].code) == recipient:
            known = self._units[self.others]
        return known.name if known else recipient

    def speaks_for(self, unit_id: str, organ_id: str) -> bool:
        """Whether what comes in by the unit's endpoint may bear this organisation as its sender."""
        found = self.find(organ_id)
        if unit_id == self.others:
            return bool(normalise(organ_id)) and found in (None, self.others)
        return found == unit_id

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
