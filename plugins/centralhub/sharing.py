"""Several recipients of one document at the same hub, handed over within a moment: one packet carries it to all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from hub import OutcomeUnknown, Refused

Hand = Callable[[tuple[str, ...]], Awaitable[str]]


class NotTogether(Exception):
    """The packet for all of them was refused; for each by itself it may be taken."""


@dataclass(slots=True)
class _Group:
    tos: list[str]
    full: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Sharing:
    """The first waits for the others, at most `moment` seconds, and hands over for all."""

    def __init__(self, moment: float) -> None:
        self._moment = moment
        self._groups: dict[str, _Group] = {}

    async def sent(self, name: str, to: str, expected: int, hand: Hand) -> str:
        """What `hand` returned for those recipients of the document `name` who came together, `to` among them.

        `expected`: so many there are at most. Raises what `hand` raised, NotTogether in place of a refusal of several,
        OutcomeUnknown where whoever handed over was cancelled.
        """
        group = self._groups.get(name)
        if group is None or to in group.tos:
            return await self._lead(name, to, expected, hand)
        group.tos.append(to)
        if len(group.tos) >= expected:
            group.full.set()
        return await asyncio.shield(group.done)

    async def _lead(self, name: str, to: str, expected: int, hand: Hand) -> str:
        group = self._groups[name] = _Group([to])
        try:
            await self._gathered(name, group, expected)
            said = await hand(tuple(group.tos))
        except BaseException as error:  # whoever came along hears of it
            told = _told(error, group)
            group.done.set_exception(told)
            # Nobody else may be there to hear of it.
            group.done.exception()
            if told is error or not isinstance(error, Exception):
                raise
            raise told from error
        group.done.set_result(said)
        return said

    async def _gathered(self, name: str, group: _Group, expected: int) -> None:
        try:
            if expected > 1:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._moment):
                        await group.full.wait()
        finally:
            if self._groups.get(name) is group:
                del self._groups[name]


def _told(error: BaseException, group: _Group) -> Exception:
    """What those hear who came along."""
    if isinstance(error, Refused) and len(group.tos) > 1:
        return NotTogether(str(error))
    if isinstance(error, Exception):
        return error
    return OutcomeUnknown("việc gửi chung một gói tin bị ngắt giữa chừng")
