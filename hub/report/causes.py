"""Why packets went back or wait for a person, in the words of a report."""

from __future__ import annotations

from collections.abc import Mapping

#: A refusal's code -> its cause. A code that is not here is shown as it is.
CAUSES: Mapping[str, str] = {
    "ambiguous": "nội dung gói tin mâu thuẫn",
    "attachment": "tệp kèm theo lỗi",
    "conflict": "trùng số, ký hiệu nhưng khác nội dung",
    "contract": "không theo mẫu phiếu gửi",
    "damaged": "tệp hỏng hoặc có mật khẩu",
    "encoding": "sai bảng mã",
    "missing": "thiếu thông tin bắt buộc",
    "not-a-file": "không phải tệp",
    "not-edxml": "không phải gói tin văn bản",
    "not-well-formed": "gói tin sai cấu trúc",
    "plugin": "thành phần mở rộng lỗi",
    "poison": "làm hỏng việc đọc nhiều lần",
    "reader-broke": "không đọc được",
    "rule": "quy tắc chuyển không xét được",
    "secret": "có dấu hiệu độ mật",
    "test-document": "văn bản thử gửi tới đơn vị chính thức",
    "too-deep": "gói tin quá phức tạp",
    "too-large": "quá dung lượng",
    "too-many": "quá nhiều thành phần",
    "unknown-addressee": "nơi nhận không có trên trục",
    "unknown-document": "hồi báo về văn bản không có trên trục",
    "wrong-sender": "mã cơ quan gửi không đúng đơn vị",
}
