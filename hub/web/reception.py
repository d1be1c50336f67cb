"""Receives whoever connects: accepts the connection, waits for its TLS handshake, and bounds how many are at that.

A stranger costs a descriptor, and with TLS a quarter of a megabyte, before a word was said.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from functools import partial
from typing import TypeVar

from hub.log import logger

K = TypeVar("K", bound=Hashable)
#: Handshakes at once; connections that the system keeps until they are accepted.
_MOST, _BACKLOG = 64, 256
#: Seconds for a handshake; and until one looks again where the system has no descriptor left.
_PATIENCE, _SHORT = 20.0, 0.5


def who_goes(waiting: Mapping[K, str]) -> K:
    """Who makes room: of the address that most wait from, the one that has waited longest. `waiting`: in order, whence.

    So a flood from one place crowds out itself.
    """
    [(most, _)] = Counter(waiting.values()).most_common(1)
    return next(one for one, address in waiting.items() if address == most)


class Reception:
    """Holds a place, and from `open` on gives each connection, greeted where there is `tls`, to a new `visit`."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, visit: Callable[[], asyncio.Protocol]) -> None:
        """Blocking. Raises OSError."""
        self._tls, self._visit = tls, visit
        #: those that are not greeted yet, each with the address that it comes from
        self._greeting: dict[asyncio.Task[None], str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._sockets = _held(host, port)

    @property
    def address(self) -> str:
        """Where it is, with the real port where that was given as 0."""
        host, port = self._sockets[0].getsockname()[:2]
        return f"{'https' if self._tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"

    def open(self) -> None:
        """Let others in from now on: before, they are refused the connection. Raises OSError."""
        for place in self._sockets:
            place.listen(_BACKLOG)
        self._tasks = [asyncio.create_task(self._receive(place)) for place in self._sockets]

    async def close(self) -> None:
        """Let nobody in any more; who is not greeted yet is cut off."""
        tasks = [*self._tasks, *self._greeting]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for place in self._sockets:
            place.close()

    async def _receive(self, place: socket.socket) -> None:
        loop, told = asyncio.get_running_loop(), False
        while True:
            try:
                connection, peer = await loop.sock_accept(place)
            except ConnectionError:
                # Who knocked is gone already.
                await asyncio.sleep(0)
                continue
            except OSError as error:
                if not told:
                    logger.warning("doors: nobody can be let in: {}", error)
                told = True
                await asyncio.sleep(_SHORT)
                continue
            told = False
            self._greet(connection, peer[0])
            # Where many come an accept never waits: others have their turn.
            await asyncio.sleep(0)

    def _greet(self, connection: socket.socket, address: str) -> None:
        task = asyncio.create_task(self._seat(connection))
        self._greeting[task] = address
        task.add_done_callback(partial(self._greeted, connection))
        if len(self._greeting) > _MOST:
            gone = who_goes(self._greeting)
            del self._greeting[gone]
            gone.cancel()

    def _greeted(self, connection: socket.socket, task: asyncio.Task[None]) -> None:
        self._greeting.pop(task, None)
        if task.cancelled():
            # It may have gone before it began.
            connection.close()

    async def _seat(self, connection: socket.socket) -> None:
        loop, patience = asyncio.get_running_loop(), _PATIENCE if self._tls else None
        # What strangers do wrong is theirs.
        with suppress(OSError):
            await loop.connect_accepted_socket(self._visit, connection, ssl=self._tls, ssl_handshake_timeout=patience)


def _held(host: str, port: int) -> list[socket.socket]:
    """A name may mean several addresses."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    places: list[socket.socket] = []
    try:
        for family, address in dict.fromkeys((each[0], each[4]) for each in found):
            places.append(place := socket.socket(family))
            place.setblocking(False)
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                place.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            place.bind(address)
    except OSError:
        for place in places:
            place.close()
        raise
    return places
