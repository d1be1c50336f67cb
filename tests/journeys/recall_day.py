"""A document goes from one clerk to another, is asked for and given up, in a hub that may be killed at its Nth step."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from hub import keeping
from hub.testing import RunningHub, eventually
from tests.journeys.clerks import Clerks, a_pdf

_TIMES: dict[str, Any] = {"settle": "50ms", "poll": "25ms", "hold": "50ms", "grace": "100ms", "grace_refusal": "100ms"}
_SLIP = "Lý do thu hồi: Ghi sai số liệu ở mục 2\n"
MAIN = a_pdf("52")


class RecallDay(Clerks):
    """What lies in `gui-di` before the hub starts, what both clerks do, and what must have come of it."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, **_TIMES)
        self.stages = self.tinh_khe / "van-ban-den"

    def fill(self) -> None:
        """Drop the document."""
        self.drop_folder("UBND xã Tịnh Khê/52", {"52-TTr-UBND 19-11-2026.pdf": MAIN, "PHIEU-GUI.txt": _SLIP})

    async def live(self) -> None:
        """Run the hub until nothing moves any more."""
        async with RunningHub(self.home):
            await eventually(self._goes_on, 20)
            await asyncio.sleep(0.25)

    def _goes_on(self) -> bool:
        for folder in self.binh_son.glob("da-gui/*/52-TTr-UBND ~*"):
            if (folder / ".lt-id").exists() and self.arrivals():
                folder.rename(self.binh_son / "thu-hoi" / folder.name)
        seven = self.stages / "7-dong-y-thu-hoi"
        for folder in self.stages.glob("1-moi-den/52-*"):
            if (folder / "THU-HOI.txt").exists() and seven.exists():
                folder.rename(seven / folder.name)
        return self.is_over()

    def is_over(self) -> bool:
        """Whether the sender knows, and the document is given up."""
        receipts = list(self.binh_son.glob("thu-hoi/52-*/BIEN-NHAN.txt"))
        return (
            len(receipts) == 1
            and "1 đồng ý thu hồi" in receipts[0].read_bytes().decode("utf-8-sig")
            and len(list(self.stages.glob("6-hoan-thanh/*/52-*/THU-HOI.txt"))) == 1
            and not list(self.stages.rglob("*.pdf"))
            and not (self.stages / "7-dong-y-thu-hoi").exists()
        )

    def check(self) -> None:
        """Nothing is lost, doubled or half done. AssertionError tells what is."""
        assert self.is_over()
        [kept] = self.binh_son.rglob("*.pdf")
        assert kept.read_bytes() == MAIN
        assert len(list(self.stages.rglob(".lt-id"))) == 1
        views = self.views()
        [recipient] = views.trace("52/TTr-UBND")[0].recipients
        codes = [answer.code for answer in recipient.answers if answer.code in ("13", "15")]
        assert codes == ["13", "15"], codes
        assert keeping.verify(views, self.home / "data", lambda *_: None, []).bad == []
        views.close()
