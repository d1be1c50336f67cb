"""What the hub writes for clerks, and how what they write is read. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from hub import VIETNAM
from plugins.folderdrop import naming
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
#: Of a document that its sender wants back.
RECALLS = {
    "13": "Yêu cầu thu hồi",
    "15": "Đồng ý thu hồi/cập nhật",
    "16": "Không đồng ý thu hồi/cập nhật",
}
STAGE_WORDS = {
    Stage.NEW: "Đã đến",
    Stage.REFUSED: "Từ chối tiếp nhận",
    Stage.ACCEPTED: "Đã tiếp nhận",
    Stage.ASSIGNED: "Đã phân công xử lý",
    Stage.PROCESSING: "Đang xử lý",
    Stage.FINISHED: "Đã hoàn thành",
    Stage.AGREED: "Đồng ý thu hồi",
    Stage.DISAGREED: "Không đồng ý thu hồi",
}
#: What a packet asks besides being read, by its business type.
BUSINESS = ("", "Thu hồi văn bản đã gửi", "Cập nhật văn bản đã gửi", "Thay thế văn bản đã gửi")
URGENCIES = ("Thường", "Khẩn", "Thượng khẩn", "Hỏa tốc", "Hỏa tốc hẹn giờ")

_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_DAY = re.compile(r"(\d{4})[/-](\d{2})[/-](\d{2})")

HINT = "# Gõ lý do từ chối tiếp nhận vào dòng dưới, rồi lưu lại (dòng này không được gửi đi)."
_HINT_RECALL = "# Gõ lý do không đồng ý thu hồi vào dòng dưới, rồi lưu lại (dòng này không được gửi đi)."
_HINT_SENDER = "# Gõ lý do thu hồi vào dòng dưới, rồi lưu lại (dòng này không được gửi đi)."
_HINTS = frozenset({HINT, _HINT_RECALL, _HINT_SENDER})
_HELP = " Cần giúp gọi {hotline}."
_NO_REASON = "Từ chối tiếp nhận phải có lý do. Mở ly-do.txt, gõ lý do, lưu lại. Chưa có lý do thì nơi gửi chưa biết."
_NO_RECALL_REASON = (
    "Không đồng ý thu hồi phải có lý do. Mở ly-do.txt, gõ lý do, lưu lại. Chưa có lý do thì nơi gửi chưa biết."
)
_DELETED = "Văn bản này bị xóa khi chưa xử lý xong nên hệ thống đặt lại."
_TWIN = "Thư mục này là bản sao nhưng nội dung khác bản chính nên hệ thống giữ nguyên. Bản chính ở {place}."
_BACKWARD = (
    'Đã báo nơi gửi "{word}" lúc {when} nên không rút lại được; thư mục được đưa về {place}. '
    "Nếu báo nhầm, gọi nơi gửi hoặc cán bộ trục liên thông{telephone}."
)
#: What the hub writes into a document's folder, each with places to fill in.
NOTES = (_NO_REASON, _NO_RECALL_REASON, _DELETED, _BACKWARD, _TWIN)
_CROWD = (
    "{count} văn bản vừa được chuyển sang {place}; {minutes} nữa sẽ báo nơi gửi. "
    "Nếu nhầm, kéo trả về chỗ cũ trước lúc đó."
)


def decoded(content: bytes) -> str:
    """Text as a person's Notepad saved it; `lettering.UNREADABLE` where nothing fits."""
    return lettering.decoded(content)


def without_hint(text: str) -> str:
    """What a person wrote below the guiding line, in one line."""
    lines = (line.strip() for line in text.splitlines() if line.strip() not in _HINTS)
    return " ".join(line for line in lines if line)[:2000]


def for_notepad(*lines: str) -> bytes:
    """A text file that every Notepad shows right."""
    return b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")


def blank_reason(stage: Stage = Stage.REFUSED) -> bytes:
    """`ly-do.txt`, to be filled in."""
    return for_notepad(HINT if stage is Stage.REFUSED else _HINT_RECALL, "")


def blank_recall() -> bytes:
    """`ly-do.txt` of who wants a document back, to be filled in."""
    return for_notepad(_HINT_SENDER, "")


def is_blank_reason(text: str) -> bool:
    """Whether nobody touched it."""
    return text.strip() in _HINTS


def no_reason(hotline: str = "", stage: Stage = Stage.REFUSED) -> bytes:
    """N1."""
    said = _NO_REASON if stage is Stage.REFUSED else _NO_RECALL_REASON
    return for_notepad(said + help_line(hotline))


def backward(case: Case, place: str, hotline: str = "") -> bytes:
    """N2."""
    last = case.said[-1]
    told = {"word": word(last.code), "when": shown(last.heard_at), "place": place}
    return for_notepad(_BACKWARD.format(**told, telephone=telephone(hotline)))


def deleted(hotline: str = "") -> bytes:
    """N4."""
    return for_notepad(_DELETED + help_line(hotline))


def kept_twin(place: str) -> bytes:
    """A copy that differs."""
    return for_notepad(_TWIN.format(place=place))


def crowd(count: int, place: str, seconds: float) -> bytes:
    """Many at once."""
    return for_notepad(_CROWD.format(count=count, place=place, minutes=span(seconds)))


def help_line(hotline: str) -> str:
    """A last sentence that says whom to call; nothing where nobody is known."""
    return _HELP.format(hotline=line(hotline, 60)) if hotline.strip() else ""


def telephone(hotline: str) -> str:
    """A number behind those that it belongs to: " (ĐT 0255 3822 822)"."""
    return f" (ĐT {line(hotline, 60)})" if hotline.strip() else ""


def line(text: str, most: int = 200) -> str:
    """Text from elsewhere in one line, without invisible letters, cut with an ellipsis."""
    # A megabyte of blanks or of marks is not worth reading to its end.
    head = text[: 20 * most]
    seen = " ".join(naming.visible(head).split())
    whole = len(seen) <= most and len(head) == len(text)
    return seen if whole else f"{seen[: most - 1].rstrip()}…"


def word(code: str) -> str:
    """A status in words."""
    return WORDS.get(code) or RECALLS.get(code, code)


def span(seconds: float) -> str:
    """A span of time in words."""
    whole = seconds >= 120 or seconds == 60
    return f"{seconds / 60:.0f} phút" if whole else f"{seconds:.0f} giây"


def is_soon(seconds: float) -> bool:
    """Whether the end of such a span is told to the second."""
    return seconds < 120


def shown(iso: str, *, seconds: bool = False) -> str:
    """A time as clerks write it."""
    local = datetime.fromisoformat(iso).astimezone(VIETNAM)
    return f"{local:%H:%M:%S ngày %d/%m/%Y}" if seconds else f"{local:%H:%M ngày %d/%m/%Y}"


def weekday(moment: datetime) -> str:
    """The day of the week as official papers write it: "thứ Hai"."""
    return _WEEKDAYS[moment.weekday()]


def day(written: str) -> str:
    """A date of a packet as clerks write it; what is no date stays as it came."""
    match = _DAY.fullmatch(written.strip())
    return f"{match[3]}/{match[2]}/{match[1]}" if match else written


def size(count: int) -> str:
    """A file's size in words."""
    return f"{count / 1_000_000:.1f} MB".replace(".", ",") if count >= 1_000_000 else f"{max(1, count // 1000)} KB"


def megabytes(count: int) -> str:
    """A large file's size in whole MB, as limits are named; below ten with a tenth."""
    return f"{count / 1_000_000:.0f} MB" if count >= 10_000_000 else size(count)


def listed(parts: Sequence[str]) -> str:
    """Parts of a line, the empty ones left out."""
    return " · ".join(part for part in parts if part)
