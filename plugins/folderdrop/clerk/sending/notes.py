"""`GHI-CHU.txt` after a document was moved to `thu-hoi`. Pure."""

from __future__ import annotations

from datetime import datetime

from plugins.folderdrop.clerk import texts
from plugins.folderdrop.clerk.sending.records import Recall


def stopped(at: datetime, hotline: str = "") -> bytes:
    """It was stopped before anybody got it."""
    said = f"Đã dừng lúc {texts.shown(at.isoformat())}, chưa gửi cho ai. {_AGAIN}"
    return texts.for_notepad(said + texts.help_line(hotline))


_AGAIN = 'Muốn gửi lại: sửa rồi bỏ vào thư mục nơi nhận trong gui-di, hoặc vào gui-di kèm PHIEU-GUI.txt có dòng "Gửi:".'


def ask_reason(gone: str, seconds: float, hotline: str = "") -> bytes:
    """It had gone already, so everybody who got it is asked; that goes with a reason only."""
    return texts.for_notepad(
        f"{_QUESTION} {texts.shown(gone)} nên chỉ còn cách yêu cầu các nơi nhận thu hồi, và phải có lý do. "
        f"Mở ly-do.txt, gõ lý do, lưu lại; {texts.span(seconds)} sau đó hệ thống gửi yêu cầu thu hồi. "
        f"Không thu hồi nữa: kéo thư mục về da-gui.{texts.help_line(hotline)}"
    )


def is_question(text: str) -> bool:
    """Whether the hub asked that, and nobody wrote over it."""
    return text.startswith(_QUESTION)


def no_recall(folder: str, hotline: str = "") -> bytes:
    """No reason came within a working day."""
    place = f"da-gui\\{texts.line(folder, 120)}".replace("/", "\\")
    return texts.for_notepad(
        f"Sau một ngày làm việc vẫn chưa có lý do thu hồi nên chưa yêu cầu ai thu hồi; thư mục được đưa về {place}. "
        f"Nếu vẫn thu hồi: kéo vào thu-hoi lần nữa và gõ lý do vào ly-do.txt.{texts.help_line(hotline)}"
    )


def recalled(recall: Recall, hotline: str = "") -> bytes:
    """Everybody was asked."""
    if not recall.requests:
        said = "Chưa nơi nhận nào có văn bản này nên không phải yêu cầu ai thu hồi."
        return texts.for_notepad(said + texts.help_line(hotline))
    failed = [each for each in recall.requests if each.refused]
    asked, at = len(recall.requests) - len(failed), texts.shown(recall.at)
    lines = [f"Đã yêu cầu {asked} nơi nhận thu hồi lúc {at}, không rút lại được; xem trả lời trong BIEN-NHAN.html."]
    if failed:
        lines.append(f"{len(failed)} nơi nhận không nhận được yêu cầu qua hệ thống: phải gọi điện, xem BIEN-NHAN.html.")
    return texts.for_notepad(*lines, texts.help_line(hotline).strip())


_QUESTION = "Văn bản đã chuyển đi từ"


def too_late(sent: datetime, folder: str, hotline: str = "") -> bytes:
    """It had gone already; `folder` is where it was put back to, in `da-gui`."""
    place = f"da-gui\\{texts.line(folder, 120)}".replace("/", "\\")
    return texts.for_notepad(
        f"Đã chuyển lúc {texts.shown(sent.isoformat())} nên không dừng được; thư mục được đưa về {place}. "
        f"Nếu gửi nhầm, gọi nơi nhận hoặc cán bộ trục liên thông{texts.telephone(hotline)}."
    )
