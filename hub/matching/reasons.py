"""Why a document fits an answer or does not, in the words of the person who decides."""

from __future__ import annotations

from collections.abc import Mapping

from hub.matching.evidence import Evidence
from hub.matching.parts import Fit
from hub.matching.records import Candidate

_WORDS: Mapping[str, Mapping[Fit, str]] = {
    "id": {
        Fit.SAME: "Trùng mã định danh văn bản",
        Fit.NEAR: "Mã định danh chỉ sai hoặc thiếu vài ký tự",
        Fit.OTHER: "Khác mã định danh văn bản",
    },
    "number": {
        Fit.SAME: "Trùng số {number}",
        Fit.NEAR: "Số gần giống {number} (thiếu, thừa hoặc đảo một chữ số)",
        Fit.CLOSE: "Khác số một chữ số: văn bản này mang số {number}",
        Fit.OTHER: "Khác số: văn bản này mang số {number}",
    },
    "notation": {
        Fit.SAME: "Trùng ký hiệu {notation}",
        Fit.NEAR: "Ký hiệu gần giống {notation}",
        Fit.OTHER: "Khác ký hiệu: văn bản này mang ký hiệu {notation}",
    },
    "day": {
        Fit.SAME: "Cùng ngày {day}",
        Fit.NO_YEAR: "Cùng ngày, tháng với {day}; hồi báo không ghi năm",
        Fit.TURNED: "Ngày và tháng bị đảo: văn bản này ngày {day}",
        Fit.OTHER: "Khác ngày: văn bản này ngày {day}",
    },
    "sender": {
        Fit.SAME: "Đúng nơi gửi {sender}",
        Fit.NEAR: "Mã nơi gửi gần giống của {sender}",
        Fit.OTHER: "Khác nơi gửi: văn bản này của {sender}",
    },
    "subject": {
        Fit.SAME: "Trùng trích yếu",
        Fit.NEAR: "Trích yếu gần giống",
        Fit.OTHER: "Khác trích yếu",
    },
}


def reasons(candidate: Candidate, evidence: Evidence) -> tuple[str, ...]:
    """One short sentence for each part that speaks for or against it."""
    number, _, notation = candidate.code.partition("/")
    facts = {
        "number": number,
        "notation": notation or "(không có)",
        "day": f"{candidate.date:%d/%m/%Y}" if candidate.date else "(không đọc được)",
        "sender": candidate.sender_name or candidate.sender,
    }
    said = ((part, getattr(evidence, part)) for part in _WORDS)
    return tuple(_WORDS[part][fit].format_map(facts) for part, fit in said if fit in _WORDS[part])
