"""Notes about what does not hold: written into a folder that the hub put back. Pure."""

from __future__ import annotations

import re

from plugins.folderdrop.clerk import texts
from plugins.folderdrop.clerk.cases import Case
from plugins.folderdrop.clerk.decisions import Why

_NO_REASON = (
    "Sau một ngày làm việc vẫn chưa có lý do từ chối nên thư mục được đưa về {place}; nơi gửi chưa được báo gì. "
    "Nếu vẫn từ chối: mở ly-do.txt, gõ lý do, lưu lại, rồi kéo thư mục sang ô từ chối lần nữa."
)
_NO_RECALL_REASON = (
    "Sau một ngày làm việc vẫn chưa có lý do không đồng ý thu hồi nên thư mục được đưa về {place}; nơi gửi chưa được "
    "báo gì. Yêu cầu thu hồi vẫn chờ trả lời: kéo thư mục vào 7-dong-y-thu-hoi, hoặc vào 8-khong-dong-y-thu-hoi rồi gõ "
    "lý do vào ly-do.txt."
)
_RECALL = (
    "Nơi gửi không yêu cầu thu hồi văn bản này nên thư mục được đưa về {place}; nơi gửi chưa được báo gì. "
    "Muốn từ chối văn bản: kéo vào 2-tu-choi; cần hỏi thêm, gọi nơi gửi hoặc {help}."
)


_TEMPLATES = (*texts.NOTES, _NO_REASON, _NO_RECALL_REASON, _RECALL)
_WRITTEN = tuple(
    re.compile(".{0,300}".join(map(re.escape, re.split(r"\{\w+\}", each))) + r"( Cần giúp gọi .{0,80})?\s*")
    for each in _TEMPLATES
)


def is_ours(text: str) -> bool:
    """Whether it is a note that the hub wrote about a document, as it wrote it."""
    return any(each.fullmatch(text) for each in _WRITTEN)


def put_back(case: Case, why: Why, place: str, hotline: str) -> bytes:
    """Why a folder lies where it was."""
    match why:
        case Why.NO_REASON:
            return texts.for_notepad(_NO_REASON.format(place=place))
        case Why.NO_RECALL_REASON:
            return texts.for_notepad(_NO_RECALL_REASON.format(place=place))
        case Why.RECALL:
            desk = "cán bộ trục liên thông" + (f" (ĐT {hotline})" if hotline else "")
            return texts.for_notepad(_RECALL.format(place=place, help=desk))
        case Why.TOLD:
            return texts.backward(case, place, hotline)
