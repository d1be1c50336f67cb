"""The hub's own few threads for what blocks: plugins fill the ones that `asyncio.to_thread` shares, never these."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_POOL = ThreadPoolExecutor(8, "hub")


async def in_thread(work: Callable[P, R], *args: P.args, **named: P.kwargs) -> R:
    """As `asyncio.to_thread`, for the hub itself. Raises what the work raises."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, partial(work, *args, **named))
