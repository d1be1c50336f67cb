"""A morning's post of one clerk, worked off by a whole hub that may be killed at its Nth durable step."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from hub import keeping
from hub.testing import RunningHub, eventually
from tests.journeys.clerks import Clerks, a_pdf

#: A flash document goes at once, another is kept back for longer than a test lasts.
_TIMES: dict[str, Any] = {"settle": "50ms", "poll": "25ms", "hold": "1h", "hold_flash": "20ms"}
_SLIP = "Gửi: Sở Nội vụ; UBND xã Tịnh Khê\nSố, ký hiệu: 1254/UBND-KGVX  Ngày: 23/11/2026\nĐộ khẩn: Hỏa tốc\n"
MAIN, ANNEX, ALONE, STOPPED, UNKNOWN = (a_pdf(word) for word in ("chinh", "phu luc", "mot minh", "dung", "la"))
SECRET = a_pdf("khong ai duoc thay")


class Morning(Clerks):
    """What lies in `gui-di` before the hub starts, and what must have come of it in the end."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, **_TIMES)
        self.home = home

    def fill(self) -> None:
        """Drop everything."""
        flash = "Độ khẩn: Hỏa tốc\n"
        folder: dict[str, bytes | str] = {
            "1254-UBND-KGVX.pdf": MAIN,
            "Phu luc/Bieu 1.pdf": ANNEX,
            "PHIEU-GUI.txt": _SLIP,
            "Thumbs.db": b"x",
        }
        self.drop_folder("_Nhieu noi nhan/Rà soát", folder)
        self.drop("So Noi vu/205-UBND-VX.pdf", ALONE)
        self.drop("So Noi vu/PHIEU-GUI.txt", flash)
        self.drop("UBND xa Tinh Khe/300-UBND-VX.pdf", STOPPED)
        self.drop_folder("Không ai biết", {"7-UBND.pdf": UNKNOWN, "PHIEU-GUI.txt": "Gửi: Sở Thông tin"})
        self.drop_folder("8-UBND", {"8-UBND (MẬT).pdf": SECRET, "PHIEU-GUI.txt": "Gửi: Sở Nội vụ"})

    async def live(self) -> None:
        """Run the hub until nothing moves any more; the clerk stops the document that is kept back."""
        async with RunningHub(self.home):
            await eventually(self._goes_on, 20)
            await eventually(self._is_settled, 20)
            await asyncio.sleep(0.25)

    def _goes_on(self) -> bool:
        for folder in self.binh_son.glob("da-gui/*/300-UBND-VX ~*"):
            if (folder / ".lt-id").exists():
                folder.rename(self.binh_son / "thu-hoi" / folder.name)
        return self.is_quiet()

    def _is_settled(self) -> bool:
        """Whether the ledger knows all of it and has nothing more to do.

        When all lies where it belongs, an answer may be under way; and of a refusal that a killed hub told the clerk,
        the ledger hears only when the next life has looked at `gui-di` again.
        """
        views = self.views()
        try:
            counts = views.counts()
            return sum(counts.inputs.values()) >= 6 and counts.deliveries.keys() <= {"delivered", "withdrawn"}
        finally:
            views.close()

    def is_quiet(self) -> bool:
        """Whether everything lies where it belongs, with what is to be said about it."""
        claims = self.binh_son / ".hub" / "claims"
        return (
            claims.is_dir()
            and not list(claims.iterdir())
            and len(self.packets()) == 2
            and len(self.arrivals()) == 1
            and len(self.returned()) == 1
            and len(self.beside()) == 1
            and len(list(self.binh_son.glob("thu-hoi/*/GHI-CHU.txt"))) == 1
            and len(self.sent()) == 2
            and all("đã đến" in text or "đã chuyển" in text for text in self._receipts())
        )

    def _receipts(self) -> list[str]:
        texts = [folder / "BIEN-NHAN.txt" for folder in self.sent()]
        return [path.read_bytes().decode("utf-8-sig") for path in texts]

    def check(self) -> None:
        """Nothing is lost, doubled or half done. AssertionError tells what is."""
        assert sorted(each.code for each in self.packets()) == ["1254/UBND-KGVX", "205/UBND-VX"]
        delivered = [hashlib.sha256(c).hexdigest() for c in (MAIN, ANNEX, ALONE)]
        assert sorted(one.digest for each in self.packets() for one in each.attachments) == sorted(delivered)
        assert _contents(self.arrivals()[0], ".pdf") == {MAIN, ANNEX}
        sent = {folder.name.split(" ~")[0]: _contents(folder, ".pdf") for folder in self.sent()}
        assert sent == {"1254-UBND-KGVX": {MAIN, ANNEX}, "205-UBND-VX": {ALONE}}
        assert sorted(each.name.split(" ~")[0] for each in self.binh_son.glob("da-gui/*/*")) == sorted(sent)
        assert all((folder / "PHIEU-GUI.txt").exists() for folder in self.sent())
        [stopped] = self.binh_son.glob("thu-hoi/*")
        assert (stopped / "300-UBND-VX.pdf").read_bytes() == STOPPED
        assert "Đã dừng" in (stopped / "GHI-CHU.txt").read_text("utf-8-sig")
        [(name, reason)] = self.returned().items()
        assert name == "Không ai biết"
        assert "L5" in reason
        back = self.binh_son / "tra-lai" / self.month
        assert sorted(each.name for each in back.iterdir()) == ["Không ai biết", "Không ai biết.LY-DO.txt"]
        assert _contents(back / name, ".pdf") == {UNKNOWN}
        assert (self.box / "8-UBND" / "8-UBND (MẬT).pdf").read_bytes() == SECRET
        for folder in ("claims", "tmp"):
            assert list((self.binh_son / ".hub" / folder).iterdir()) == []
        self._check_ledger()

    def _check_ledger(self) -> None:
        assert self.everywhere(SECRET[20:], hashlib.sha256(SECRET).digest(), _hex(SECRET), b"8-UBND") == []
        views = self.views()
        counts = views.counts()
        # three documents, and that one of them arrived
        assert counts.inputs == {"accepted": 4, "refused": 2}, counts.inputs
        assert counts.deliveries == {"delivered": 4, "withdrawn": 1}, counts.deliveries
        assert keeping.verify(views, self.home / "data", lambda *_: None, []).bad == []
        views.close()


def _hex(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _contents(folder: Path, ending: str) -> set[bytes]:
    return {path.read_bytes() for path in folder.rglob(f"*{ending}")}
