"""Why packets went back or wait for a person, in the words of a report."""

from __future__ import annotations

from collections.abc import Mapping

#: A refusal's code -> its cause. A code that is not here is shown as it is.
CAUSES: Mapping[str, str] = {
    "already-sent": "đã gửi trước đó",
    "ambiguous": "nội dung gói tin mâu thuẫn",
    "archive-alone": "tệp nén thay cho văn bản chính",
    "attachment": "tệp kèm theo lỗi",
    "conflict": "trùng số, ký hiệu nhưng khác nội dung",
    "contract": "không theo mẫu phiếu gửi",
    "damaged": "tệp hỏng hoặc có mật khẩu",
    "doctype": "gói tin có phần khai báo không được phép",
    "encoding": "sai bảng mã",
    "former-unit": "nơi nhận đã kết thúc hoạt động",
    "hard-link": "tệp có tên thứ hai ở nơi khác",
    "missing": "thiếu thông tin bắt buộc",
    "namespace": "gói tin không theo QCVN 102:2016",
    "no-number": "thiếu số, ký hiệu hoặc ngày",
    "no-recipient": "thiếu nơi nhận",
    "no-reason": "từ chối mà không ghi lý do",
    "not-a-file": "không phải tệp",
    "not-edxml": "không phải gói tin văn bản",
    "not-well-formed": "gói tin sai cấu trúc",
    "plugin": "thành phần mở rộng lỗi",
    "poison": "làm hỏng việc đọc nhiều lần",
    "program": "tệp có mã lệnh",
    "reader-broke": "không đọc được",
    "receives-only": "đơn vị chỉ nhận",
    "rule": "quy tắc chuyển không xét được",
    "secret": "có dấu hiệu độ mật",
    "symlink": "tệp là liên kết",
    "test-document": "văn bản thử gửi tới đơn vị chính thức",
    "too-deep": "gói tin quá phức tạp",
    "too-large": "quá dung lượng",
    "too-many": "quá nhiều thành phần",
    "unknown-addressee": "nơi nhận không có trên trục",
    "unknown-document": "hồi báo về văn bản không có trên trục",
    "unreadable-file": "tệp hỏng hoặc có mật khẩu",
    "unsigned": "văn bản chính chưa ký số",
    "value": "giá trị ngoài tiêu chuẩn",
    "wrong-sender": "mã cơ quan gửi không đúng đơn vị",
}
