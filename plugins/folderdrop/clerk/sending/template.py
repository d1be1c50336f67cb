"""`MAU-PHIEU-GUI.txt`: the blank slip that lies in `gui-di`. Pure."""

from __future__ import annotations

from plugins.folderdrop.clerk import texts

NAME = "MAU-PHIEU-GUI.txt"

GUIDING = (
    "# Chép tệp này vào thư mục của văn bản, đổi tên thành PHIEU-GUI.txt, điền những dòng cần rồi lưu lại.",
    "# Ngăn các nơi nhận bằng dấu chấm phẩy; ngày như 23/11/2026; độ khẩn: để trống, Khẩn, Thượng khẩn hoặc Hỏa tốc.",
)
KEYS = (
    "Gửi",
    "Số, ký hiệu",
    "Ngày",
    "Loại",
    "Độ khẩn",
    "Trích yếu",
    "Hạn trả lời",
    "Trả lời văn bản",
    "Thay thế",
)


def blank() -> bytes:
    """The slip with two guiding lines, and every key empty."""
    return texts.for_notepad(*GUIDING, "", *(f"{key}: " for key in KEYS))
