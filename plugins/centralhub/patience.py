"""How long each kind of call may take, by the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from math import inf

import aiohttp

from hub.carrying.pacing import paced
from plugins.centralhub.settings import CentralhubSettings

#: Seconds that a check waits for its turn, and for its answer.
CHECKING = 10.0
#: A list may take so many times the silence that it is given; a transfer goes at least so fast, in bytes a second.
_LISTING, _SLOWEST = 10, 50_000
#: What goes out has the hub's own patience: parts of `send_timeout`, and a second for so many bytes more.
_WAITS, _LASTS, _FASTER = 0.3, 0.6, 250_000


class Patience:
    """Limits of calls, in seconds."""

    def __init__(self, settings: CentralhubSettings) -> None:
        self._settings = settings

    @property
    def waits(self) -> float:
        """So long a send, or what settles one, may wait for its turn."""
        return self._settings.send_timeout * _WAITS

    def small(self, total: float = inf) -> aiohttp.ClientTimeout:
        """Of a call with a small answer."""
        return self._of(self._settings.timeout, min(total, self._settings.timeout))

    def listing(self) -> aiohttp.ClientTimeout:
        """Of a list."""
        return self._of(self._settings.timeout, self._settings.timeout * _LISTING)

    def settling(self) -> aiohttp.ClientTimeout:
        """Of a list that settles a send."""
        return self._of(self._settings.timeout, self._settings.send_timeout * _LASTS)

    def fetching(self, size: int) -> aiohttp.ClientTimeout:
        """Of a packet of so many bytes, at most, on its way in."""
        silence = self._settings.transfer_timeout
        return self._of(silence, silence + size / _SLOWEST)

    def steady(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The pieces of a packet on its way in, which may not drip. Raises Outage."""
        return paced(pieces, self._settings.transfer_timeout, _SLOWEST)

    def sending(self, size: int, spent: float = 0.0) -> aiohttp.ClientTimeout:
        """Of a packet of so many bytes on its way out, when so much of the time is gone."""
        lasts = self._settings.send_timeout * _LASTS
        return self._of(self._settings.transfer_timeout, max(lasts - spent, lasts / 2) + size / _FASTER)

    def _of(self, silence: float, total: float) -> aiohttp.ClientTimeout:
        """For all of it, for a silence in it, and for a connection."""
        return aiohttp.ClientTimeout(total=total, sock_connect=self._settings.timeout, sock_read=silence)
