"""What a central hub says is wrong, beside what can go wrong on the way (`hub.carrying.failures`)."""

from __future__ import annotations

from hub import Refused
from hub.carrying.failures import Spoilt, Trouble


class Failed(Trouble):
    """It answered with an error code of its own."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"mã lỗi {code}: {text}" if text else f"mã lỗi {code}")
        self.code = code


class Undecodable(Spoilt):
    """The answer came whole, and the packet in it is no base64. `verdict`: why."""

    def __init__(self, verdict: Refused) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict
