"""What a unit's software says is wrong, beside what can go wrong on the way (`hub.carrying.failures`)."""

from __future__ import annotations

from hub.carrying.failures import Trouble


class Failed(Trouble):
    """It answered with an error of its own, and the profile says what that means: `verdict`."""

    def __init__(self, verdict: str, reason: str, retry_after: float = 0.0, at: tuple[str, ...] = ()) -> None:
        super().__init__(reason, at)
        self.verdict, self.retry_after = verdict, retry_after
