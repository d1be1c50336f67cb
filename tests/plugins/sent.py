"""Sent documents and what became of them, for receipts and boards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hub import VIETNAM, Story
from hub.vocabulary import Answer, DeliveryState
from plugins.folderdrop.clerk.sending.records import Enclosed, Fate, Posted

CUSTODY = datetime(2026, 11, 23, 8, 15, 4, tzinfo=VIETNAM)
HOTLINE = "0255 3822 822"


def at(hours: int, minutes: int, days: int = 0) -> datetime:
    """A time of the day of custody, or of a later one."""
    return CUSTODY.replace(hour=hours, minute=minutes, second=0) + timedelta(days=days)


def posted(**fields: Any) -> Posted:
    """A document in the hub's custody."""
    files = (
        Enclosed("1254-UBND-KGVX.pdf", 412_345, "ab" * 32, True, "UBND xã Bình Sơn", "2026-11-23T08:02:00+07:00"),
        Enclosed("Phụ lục 01.xlsx", 88_100, "cd" * 32),
    )
    known = Posted(
        "p1",
        CUSTODY.isoformat(),
        (CUSTODY + timedelta(minutes=2)).isoformat(),
        "7K3-QM",
        "2026-11/1254-UBND-KGVX ~7K3",
        "1254/UBND-KGVX",
        "2026-11-23",
        "V/v tăng cường chuyển đổi số trong công tác văn thư, lưu trữ năm 2026",
        0,
        files,
        "e1",
        Fate.SENT,
    )
    return replace(known, **fields)


def story(name: str, state: str = "delivered", *answers: Answer, **fields: Any) -> Story:
    """One recipient's story; delivered ones at 08:17, the status is the furthest answer unless it is given."""
    if state == "delivered":
        fields.setdefault("delivered_at", at(8, 17))
    fields.setdefault("status", max((each.code for each in answers), default=None))
    return Story("e1", name.lower().replace(" ", "-"), name, DeliveryState(state), answers=answers, **fields)


def answer(code: str, when: datetime, reason: str = "", by: str = "") -> Answer:
    """One hồi báo."""
    return Answer(code, when, by, reason)


def everything() -> list[Story]:
    """One recipient of every kind, in no order."""
    arrived = answer("01", at(8, 17))
    accepted = answer("03", at(9, 40), "Số đến 2210 ngày 23/11/2026")
    return [
        story("Sở Nội vụ", "delivered", arrived, accepted, answer("06", at(16, 5, 2), "Đã trả lời tại 88/SNV-VP")),
        story("Sở Tài chính", "delivered", arrived, accepted),
        story("UBND xã Tịnh Khê", "delivered", arrived),
        story("UBND xã Măng Đen", "waiting", down_since=at(7, 50)),
        story("UBND phường Trương Quang Trọng", "deferred", reason="Ổ đĩa đầy"),
        story("UBND xã Ba Tô", "uncertain"),
        story("Đặc khu Lý Sơn", "dead", reason="Bản lưu của văn bản bị hỏng"),
        story("000.99.99.H48", "dead", reason="no unit or hub for 000.99.99.H48"),
        story(
            "Sở Y tế",
            "delivered",
            arrived,
            answer("02", at(10, 2), "Văn bản gửi nhầm nơi nhận, đề nghị gửi Sở Xây dựng"),
        ),
        story("Sở Xây dựng", "delivered", arrived, accepted, answer("04", at(10, 30), by="Nguyễn Văn An")),
        story("Sở Công Thương", "delivered", arrived, accepted, answer("05", at(8, 30, 1))),
        story("Sở Tư pháp", "sending"),
        story("Sở Dân tộc và Tôn giáo"),
        story("Thanh tra tỉnh", "delivered", arrived, accepted, answer("13", at(11, 0), "Thu hồi để sửa"), status="03"),
        story("Ban Quản lý Khu kinh tế", "delivered", arrived, answer("99", at(11, 1), "Mã riêng"), status="01"),
    ]
