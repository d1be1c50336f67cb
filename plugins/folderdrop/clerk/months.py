"""Folders of finished documents: what they hold is kept as long as they look the same."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plugins.folderdrop.clerk.cases import Stage
from plugins.folderdrop.clerk.decisions import Seen
from plugins.folderdrop.clerk.store import Store
from plugins.folderdrop.clerk.survey import Survey

#: Seconds after which a listing of an unchanged folder can be relied on, however coarse its times are.
_SETTLED = 5.0
#: What was changed so many seconds before the share's own last change was so by the share's own clock.
_LONG_AGO = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class _Listing:
    """What a folder full of finished documents held, as long as it looks the same."""

    mark: tuple[int, int]
    #: monotonic time of the listing
    since: float
    #: a later change would show
    settled: bool
    seen: Mapping[str, Seen]


class Months:
    """What the folders of one share held when they were listed. One call at a time."""

    def __init__(self) -> None:
        self._listings: dict[str, _Listing] = {}
        self._counted: list[_Listing] = []
        self._twice: set[str] = set()

    def knows(self, place: str, status: os.stat_result, now: float, cases: Store) -> bool:
        """Whether a folder still holds what was kept of it."""
        known = self._listings.get(place)
        if known is None or known.mark != _mark_of(status):
            return False
        if not cases.live.keys().isdisjoint(known.seen.keys()):  # something is asked about one of them
            return False
        return known.settled or now - known.since < _SETTLED

    def keep(self, place: str, status: os.stat_result, share: os.stat_result, now: float, part: Survey) -> None:
        """What a folder full of finished documents held; `share` is what the top of the share looks like."""
        known, mark = self._listings.get(place), _mark_of(status)
        settled = status.st_mtime < share.st_mtime - _LONG_AGO
        again = known is not None and known.mark == mark
        seen = {delivery: listed[0] for delivery, listed in part.seen.items()}
        self._listings[place] = _Listing(mark, now, settled or again, seen)

    def forget(self, place: str) -> None:
        """Something else lies in it now."""
        self._listings.pop(place, None)

    def add_to(self, found: Survey) -> None:
        """Of what is filed, note only what lies elsewhere as well."""
        self._listings = {place: each for place, each in self._listings.items() if place in found.listed}
        listings = list(self._listings.values())
        if listings != self._counted:
            counts = Counter(delivery for each in listings for delivery in each.seen)
            self._twice = {delivery for delivery, count in counts.items() if count > 1}
            self._counted = listings
        for delivery in found.seen.keys() | self._twice:
            found.seen.setdefault(delivery, []).extend(
                each.seen[delivery] for each in listings if delivery in each.seen
            )


def is_filed(place: str, inside: Sequence[str], part: Survey, cases: Store) -> bool:
    """Whether a month holds documents only, each once, finished and put away: nothing to do as long as that is so."""
    # A folder on its way by a copy is no document yet, and what comes into it later does not change the month.
    kept = [cases.closed.get(delivery) for delivery in part.seen if delivery not in cases.live]
    finished = len(kept) == len(part.seen) and all(each and each.stage is Stage.FINISHED for each in kept)
    places = sorted(each.place for listed in part.seen.values() for each in listed)
    only = places == sorted(f"{place}/{name}" for name in inside) and len(places) == len(part.seen)
    return finished and only and not part.loose and not part.unmarked


def _mark_of(status: os.stat_result) -> tuple[int, int]:
    return status.st_ino, status.st_mtime_ns
