"""What an earlier run left is counted before it is read, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from hub.standards.addresses import AddressBook
from plugins.folderdrop.clerk.sending.post import Post


class _Killed(BaseException):
    """What a kill looks like from within."""


class _Office:
    """Hands, inbox and claims of a share where the hub dies whenever it reads."""

    def __init__(self, *left: str) -> None:
        self.counted: list[str] = []
        claims = [SimpleNamespace(id=name, key=f"key of {name}") for name in left]
        self.outbox = SimpleNamespace(posted={})
        self.left: Callable[[Any], tuple[list[Any], list[str]]] = lambda _known: (claims, [])

    def offer(self, *_: Any) -> None:
        raise _Killed

    async def do(self, work: Callable[..., Any], *given: Any) -> Any:
        return work(*given)

    async def tries(self, key: str) -> int:
        self.counted.append(key)
        return self.counted.count(key)


async def test_a_drop_that_kills_the_hub_costs_its_neighbours_no_try() -> None:
    office: Any = _Office("first", "second")
    post = Post.__new__(Post)
    post._outgoing, post._claims, post._tries, post._resumed = office, {}, {}, False

    with pytest.raises(_Killed):
        await post._resume(office, office, AddressBook())

    assert office.counted == ["key of first"]
