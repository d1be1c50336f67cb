"""Ports for a listener whose address others are told before it listens, or that comes back there after its end."""

from __future__ import annotations

import os
import random
import socket
from itertools import cycle

# Whoever asks for any port is given one from 32768 on (Linux: ip_local_port_range): while a listener is away, one of
# those may become another test's, or the near end of some connection.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_SHARE = range(12_000 + 2_000 * (_WORKER % 10), 14_000 + 2_000 * (_WORKER % 10))
_ports = cycle(random.sample(_SHARE, len(_SHARE)))


def free_port() -> int:
    """One of 127.0.0.1 that nobody has, and that neither the system nor another worker of this run gives away."""
    while not _is_free(port := next(_ports)):
        pass
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
