"""What the hub writes for clerks, and how what they write is read. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from hub import VIETNAM
from plugins.folderdrop.clerk import lettering
from plugins.folderdrop.clerk.cases import Case, Stage

WORDS = {
    "01": "Đã đến",
    "02": "Từ chối tiếp nhận",
    "03": "Đã tiếp nhận",
    "04": "Đã phân công xử lý",
    "05": "Đang xử lý",
    "06": "Đã hoàn thành",
}
STAGE_WORDS = {
    Stage.NEW: "Đã đến",
    Stage.REFUSED: "Từ chối tiếp nhận",
    Stage.ACCEPTED: "Đã tiếp nhận",
    Stage.ASSIGNED: "Đã phân công xử lý",
    Stage.PROCESSING: "Đang xử lý",
    Stage.FINISHED: "Đã hoàn thành",
}
#: What a packet asks besides being read, by its business type.
BUSINESS = ("", "Thu hồi văn bản đã gửi", "Cập nhật văn bản đã gửi", "Thay thế văn bản đã gửi")
URGENCIES = ("Thường", "Khẩn", "Thượng khẩn", "Hỏa tốc", "Hỏa tốc hẹn giờ")

_DAY = re.compile(r"(\d{4})[/-](\d{2})[/-](\d{2})")

HINT = "# Gõ lý do từ chối tiếp nhận vào dòng dưới, rồi lưu lại (dòng này không được gửi đi)."
_NO_REASON = "Từ chối tiếp nhận phải có lý do. Mở ly-do.txt, gõ lý do, lưu lại. Chưa có lý do thì nơi gửi chưa biết."
_DELETED = "Văn bản này bị xóa khi chưa xử lý xong nên hệ thống đặt lại."
_TWIN = "Thư mục này là bản sao nhưng nội dung khác bản chính nên hệ thống giữ nguyên. Bản chính ở {place}."
_BACKWARD = (
    'Đã báo nơi gửi "{word}" lúc {when} nên không rút lại được; thư mục được đưa về {place}. '
    "Nếu báo nhầm, gọi nơi gửi hoặc cán bộ trục liên thông."
)
_CROWD = (
    "{count} văn bản vừa được chuyển sang {place}; {minutes} nữa sẽ báo nơi gửi. "
    "Nếu nhầm, kéo trả về chỗ cũ trước lúc đó."
)


def decoded(content: bytes) -> str:
    """Text as a person's Notepad saved it; `lettering.UNREADABLE` where nothing fits."""
    return lettering.decoded(content)


def without_hint(text: str) -> str:
    """What a person wrote below the guiding line, in one line."""
    lines = (line.strip() for line in text.splitlines() if line.strip() != HINT)
    return " ".join(line for line in lines if line)[:2000]


def for_notepad(*lines: str) -> bytes:
    """A text file that every Notepad shows right."""
    return b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")


def no_reason() -> bytes:
    """N1."""
    return for_notepad(_NO_REASON)


def backward(case: Case, place: str) -> bytes:
    """N2."""
    last = case.said[-1]
    return for_notepad(_BACKWARD.format(word=word(last.code), when=shown(last.at), place=place))


def deleted() -> bytes:
    """N4."""
    return for_notepad(_DELETED)


def kept_twin(place: str) -> bytes:
    """A copy that differs."""
    return for_notepad(_TWIN.format(place=place))


def crowd(count: int, place: str, seconds: float) -> bytes:
    """Many at once."""
    return for_notepad(_CROWD.format(count=count, place=place, minutes=span(seconds)))


def word(code: str) -> str:
    """A status in words."""
    return WORDS.get(code, code)


def span(seconds: float) -> str:
    """A span of time in words."""
    return f"{seconds / 60:.0f} phút" if seconds >= 60 else f"{seconds:.0f} giây"


def shown(iso: str) -> str:
    """A time as clerks write it."""
    return f"{datetime.fromisoformat(iso).astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}"


def day(written: str) -> str:
    """A date of a packet as clerks write it; what is no date stays as it came."""
    match = _DAY.fullmatch(written.strip())
    return f"{match[3]}/{match[2]}/{match[1]}" if match else written


def size(count: int) -> str:
    """A file's size in words."""
    return f"{count / 1_000_000:.1f} MB".replace(".", ",") if count >= 1_000_000 else f"{max(1, count // 1000)} KB"


def listed(parts: Sequence[str]) -> str:
    """Parts of a line, the empty ones left out."""
    return " · ".join(part for part in parts if part)
