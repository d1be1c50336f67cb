"""Whom a connector trusts on an https line, and who it is there."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import NoReturn, Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from hub.connector import Context
from hub.log import logger

#: Longest pause between two looks at the files, in seconds.
_EVERY = 10.0
_Seen = tuple[tuple[int, int, int], ...]
#: this machine: nobody is on the way
_HERE = ("127.0.0.1", "::1", "localhost")


def is_in_clear(url: str) -> bool:
    """Whether somebody on the way to that address can read what goes there."""
    return url.startswith("http:") and urlsplit(url).hostname not in _HERE


class _Settings(Protocol):
    """What an endpoint says of it: paths of PEM files, the key's password, and its poll in seconds."""

    @property
    def ca(self) -> Path | None: ...

    @property
    def certificate(self) -> Path | None: ...

    @property
    def certificate_key(self) -> Path | None: ...

    @property
    def certificate_password(self) -> SecretStr: ...

    @property
    def poll(self) -> float: ...


class Certificates:
    """An endpoint's own certificates; their paths begin at `root`. Renewed files are taken without a restart."""

    def __init__(self, settings: _Settings, root: Path) -> None:
        self._settings, self._pause = settings, min(_EVERY, settings.poll)
        self._ca = root / settings.ca if settings.ca else None
        self._own = root / settings.certificate if settings.certificate else None
        self._key = root / settings.certificate_key if settings.certificate_key else None
        self._seen: _Seen = ()
        #: what connections are made with; None: what the system trusts
        self.context: ssl.SSLContext | None = None

    def load(self) -> None:
        """Read them for the first time. Blocking. Raises OSError, ssl.SSLError."""
        if self._ca or self._own:
            self._seen = self._look()
            self.context = self._read()

    async def watch(self, context: Context) -> NoReturn:
        """Take what is renewed, until cancelled. What cannot be used is said, and what was good goes on."""
        while True:
            await context.clock.sleep(self._pause)
            try:
                if await asyncio.to_thread(self._renewed):
                    logger.info("{}: renewed certificates are in use", context.unit.id)
            except OSError as error:
                logger.warning("{}: renewed certificates cannot be used: {}", context.unit.id, error)

    def _renewed(self) -> bool:
        """Whether there were new ones, and they are in use. Blocking. Raises OSError, of which ssl.SSLError is one."""
        if self.context is None or (seen := self._look()) == self._seen:
            return False
        self._seen = seen
        # Tried apart first: a certificate without its key would spoil the line that is in use.
        self._read()
        self._apply(self.context)
        return True

    def _look(self) -> _Seen:
        told = [path.stat() for path in (self._ca, self._own, self._key) if path]
        return tuple((each.st_ino, each.st_mtime_ns, each.st_size) for each in told)

    def _read(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._ca)
        self._apply(context)
        return context

    def _apply(self, context: ssl.SSLContext) -> None:
        if self._ca:
            context.load_verify_locations(self._ca)
        if self._own:
            context.load_cert_chain(self._own, self._key, self._settings.certificate_password.get_secret_value())
