"""A clerk is reminded by a note at the top of the folder, from the hub's own process and from a worker's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub import Reminder, service
from hub.app import Hub
from hub.connector import Connector
from hub.reminding import Herald
from hub.testing import RunningHub, eventually
from tests.duties.test_journey import Moved
from tests.journeys.clerks import Clerks, a_pdf

_IN_AN_HOUR = """
defaults: false
duties: [{name: Tiếp nhận, owe: {03: 1 giờ}}]
"""
_DUE = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
OWED = (
    Reminder("e1", "52/TTr-UBND", "Bố trí kinh phí", "UBND xã Bình Sơn", "15", _DUE, overdue=True, count=2),
    Reminder("e2", "211/GM-SNV", "<b>Tập huấn</b>", "Sở Nội vụ", "03", _DUE, overdue=False, count=1),
)


@pytest.fixture
def _nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub tells all at its start what they owe: here, nothing. Only the test tells."""
    monkeypatch.setattr(Herald, "everyone", lambda *_: None)


async def connector(hub: Hub, unit: str) -> Connector[Any]:
    """The running one, once it runs."""
    await eventually(lambda: hub.supervisor.connector(unit))
    found = hub.supervisor.connector(unit)
    assert found
    return found


@pytest.mark.usefixtures("_nobody_else")
@pytest.mark.parametrize("isolate", [False, True], ids=["in the hub", "in workers"])
async def test_a_clerk_is_reminded_until_nothing_is_owed(tmp_path: Path, isolate: bool) -> None:
    clerks = Clerks(tmp_path, isolate=isolate)
    page, text, board = (clerks.tinh_khe / name for name in ("NHAC-VIEC.html", "NHAC-VIEC.txt", "theo-doi.html"))
    async with RunningHub(clerks.home) as hub:
        await clerks.ready()
        assert (await connector(hub, "xa-tinh-khe")).capabilities.reminders
        assert not (await connector(hub, "so-nv")).capabilities.reminders
        for _twice in range(2):
            await (await connector(hub, "xa-tinh-khe")).remind(OWED)
        said = page.read_text("utf-8")
        assert said.index("52/TTr-UBND") < said.index("211/GM-SNV")
        assert "<b>Tập huấn</b>" not in said
        assert "Quá hạn từ 17:00 ngày 23/11/2026. Trả lời yêu cầu thu hồi" in text.read_text("utf-8-sig")
        await eventually(lambda: "Còn 2 hồi báo chưa trả lời, 1 quá hạn" in board.read_text("utf-8"))
    async with RunningHub(clerks.home) as hub:
        await clerks.ready()
        page.unlink()
        await eventually(page.exists)
        assert "Còn 2 hồi báo" in board.read_text("utf-8")
        await (await connector(hub, "xa-tinh-khe")).remind(())
        assert not page.exists()
        assert not text.exists()
        await eventually(lambda: "hồi báo chưa trả lời" not in board.read_text("utf-8"))


@pytest.mark.usefixtures("_nobody_else")
async def test_a_page_that_cannot_be_replaced_holds_nothing_up(tmp_path: Path) -> None:
    clerks = Clerks(tmp_path)
    (clerks.tinh_khe / "NHAC-VIEC.html").mkdir(parents=True)
    async with RunningHub(clerks.home) as hub:
        await clerks.ready()
        await (await connector(hub, "xa-tinh-khe")).remind(OWED)
        board = clerks.tinh_khe / "theo-doi.html"
        await eventually(lambda: "Còn 2 hồi báo" in board.read_text("utf-8"))
        (clerks.tinh_khe / "NHAC-VIEC.html").rmdir()
        await eventually((clerks.tinh_khe / "NHAC-VIEC.html").is_file)


async def test_who_does_not_answer_finds_the_note_until_he_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SystemClock", Moved)
    monkeypatch.setattr(Moved, "ahead", timedelta())
    clerks = Clerks(tmp_path)
    (tmp_path / "duties.yaml").write_text(_IN_AN_HOUR, encoding="utf-8")
    note = clerks.tinh_khe / "NHAC-VIEC.txt"
    async with RunningHub(clerks.home) as hub:
        await clerks.ready()
        clerks.drop("UBND xã Tịnh Khê/52-TTr-UBND 19-11-2026.pdf", a_pdf())
        document_and_its_01 = {"delivered": 2}
        await eventually(lambda: hub.ledger.views.counts().deliveries == document_and_its_01, 20)
        Moved.ahead = timedelta(hours=1)
        await eventually(lambda: "52/TTr-UBND" in note.read_text("utf-8-sig"), 20)
        assert [("xa-tinh-khe", "03")] == [(one.unit, one.code) for one in hub.ledger.views.duties() if one.reminded]

        [folder] = clerks.arrivals()
        folder.rename(folder.parents[1] / "3-da-tiep-nhan" / folder.name)
        await eventually(lambda: not note.exists(), 30)
    assert not (clerks.tinh_khe / "NHAC-VIEC.html").exists()
