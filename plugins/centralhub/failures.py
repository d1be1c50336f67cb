"""What can go wrong between us and a central hub."""

from __future__ import annotations


class Trouble(Exception):
    """The central hub could not be asked. The text is for people."""


class Outage(Trouble):
    """It is not reached, or says what no central hub says. `status`: of HTTP, 0 where there was none."""

    def __init__(self, reason: str, status: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.status, self.retry_after = status, retry_after


class NotReached(Outage):
    """No connection came about, or no login: nothing was handed to it."""


class Denied(Trouble):
    """It does not take our systemid and secret. `status`: of HTTP, 0 where it said so itself."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


class Resting(Trouble):
    """It is not asked now, after an outage or a refusal of our secret. `seconds`: how long."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Busy(Resting):
    """No place became free in time; the line itself is well."""


class Failed(Trouble):
    """It answered with an error code of its own."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"mã lỗi {code}: {text}" if text else f"mã lỗi {code}")
        self.code = code


class Spoilt(Trouble):
    """What came for one packet is no packet; others may be well."""
