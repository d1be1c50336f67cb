"""The codes of a hồi báo as people say them."""

from __future__ import annotations

#: The nine codes as people say them.
STATUS_WORDS = {
    "01": "Đã đến",
    "02": "Từ chối tiếp nhận",
    "03": "Đã tiếp nhận",
    "04": "Đã phân công xử lý",
    "05": "Đang xử lý",
    "06": "Đã hoàn thành",
    "13": "Yêu cầu thu hồi",
    "15": "Đồng ý thu hồi/cập nhật",
    "16": "Không đồng ý thu hồi/cập nhật",
}


def status_word(code: str | None) -> str:
    """A code with its meaning."""
    return f"{code} {STATUS_WORDS.get(code, '')}".strip() if code else "chưa hồi báo"
