"""Processes of a test's own that begin at once: a fork server has brought in what a hub needs."""

from __future__ import annotations

from multiprocessing import get_context
from multiprocessing.context import ForkServerContext

_BROUGHT = ["tests.brought"]


def forked(*modules: str) -> ForkServerContext:
    """What runs functions of these modules; all who ask share one server, which starts with the first process."""
    _BROUGHT[:0] = modules
    context = get_context("forkserver")
    context.set_forkserver_preload(list(_BROUGHT))
    return context
