"""`GHI-CHU.txt` after a document was moved to `thu-hoi`. Pure."""

from __future__ import annotations

from datetime import datetime

from plugins.folderdrop.clerk import texts


def stopped(at: datetime, hotline: str = "") -> bytes:
    """It was stopped before anybody got it."""
    said = f"Đã dừng lúc {texts.shown(at.isoformat())}, chưa gửi cho ai. {_AGAIN}"
    return texts.for_notepad(said + texts.help_line(hotline))


_AGAIN = 'Muốn gửi lại: sửa rồi bỏ vào thư mục nơi nhận trong gui-di, hoặc vào gui-di kèm PHIEU-GUI.txt có dòng "Gửi:".'


def too_late(sent: datetime, folder: str, hotline: str = "") -> bytes:
    """It had gone already; `folder` is where it was put back to, in `da-gui`."""
    place = f"da-gui\\{texts.line(folder, 120)}".replace("/", "\\")
    return texts.for_notepad(
        f"Đã chuyển lúc {texts.shown(sent.isoformat())} nên không dừng được; thư mục được đưa về {place}. "
        f"Nếu gửi nhầm, gọi nơi nhận hoặc cán bộ trục liên thông{texts.telephone(hotline)}."
    )
