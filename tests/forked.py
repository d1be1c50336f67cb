"""Processes of a test's own that begin at once: a fork server has brought in what a hub needs."""

from __future__ import annotations

import signal
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from typing import Any

from hub import failpoints

_BROUGHT = ["tests.brought"]


def forked(*modules: str) -> ForkServerContext:
    """What runs functions of these modules; all who ask share one server, which starts with the first process."""
    _BROUGHT[:0] = modules
    context = get_context("forkserver")
    context.set_forkserver_preload(list(_BROUGHT))
    return context


def arm(points: str, log: str = "") -> None:
    """What HUB_FAILPOINTS does to a program: these processes come from a server that was armed with nothing."""
    failpoints._points = failpoints._Points(points, log)


def killed(context: ForkServerContext, work: Callable[..., None], *arguments: Any) -> bool:
    """Whether that, in a process of its own, ended by SIGKILL; False: by itself. AssertionError: in no such way."""
    process = context.Process(target=work, args=arguments)
    process.start()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return process.exitcode != 0
