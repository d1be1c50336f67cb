"""What can go wrong between us and a server that carries packets."""

from __future__ import annotations

import aiohttp


class Trouble(Exception):
    """It could not be asked. The text is for people; `at`: the place in a profile that it is about."""

    def __init__(self, reason: str, at: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.at = at

    @property
    def told(self) -> str:
        """The text with its place."""
        return f"{self} ({'.'.join(self.at)})" if self.at else str(self)


class Outage(Trouble):
    """It is not reached, or says what it never says. `status`: of HTTP, 0 where there was none."""

    def __init__(self, reason: str, status: int = 0, retry_after: float = 0.0, at: tuple[str, ...] = ()) -> None:
        super().__init__(reason, at)
        self.status, self.retry_after = status, retry_after


class NotReached(Outage):
    """No connection came about, or no login: nothing was handed to it."""


class Denied(Trouble):
    """It does not take who we are. `status`: of HTTP, 0 where it said so itself."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


class Barred(Denied):
    """HTTP forbids one call: that may be a filter on the way, and about this call alone."""


class Resting(Trouble):
    """It is not asked now, after an outage or a refusal of who we are. `seconds`: how long."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Busy(Resting):
    """No place became free in time; the line itself is well."""


class Spoilt(Trouble):
    """What came for one item cannot be used; others may be well."""


def words(error: BaseException) -> str:
    """What broke on the line; of what came nothing: it may repeat our secrets, and so may the address."""
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.ClientPayloadError | aiohttp.InvalidURL):
        return f"câu trả lời bị cắt ngang hoặc không đúng dạng HTTP ({type(error.__cause__ or error).__name__})"
    if isinstance(error, TimeoutError):
        return f"quá thời gian chờ ({type(error).__name__})"
    return str(error)[:300] or type(error).__name__
