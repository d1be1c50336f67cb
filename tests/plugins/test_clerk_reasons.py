"""The answers L1 to L14 and the notes: binding words, three sentences at most, none of the words that frighten."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import VIETNAM, Refused
from hub.standards.addresses import Contact
from plugins.folderdrop.clerk import texts
from plugins.folderdrop.clerk.sending import notes, reasons, template
from plugins.folderdrop.clerk.sending.reasons import Reason
from tests.plugins.sent import CUSTODY, HOTLINE, at

_FORBIDDEN = ("lỗi hệ thống", "không hợp lệ", "exception", "lỗi", "hub", "file ", "server", "none")
_ANY = st.text(max_size=300)


def read(content: bytes) -> list[str]:
    """The lines of a text as Notepad shows them."""
    assert content.startswith(b"\xef\xbb\xbf")
    text = content.decode("utf-8-sig")
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    return text.removesuffix("\r\n").split("\r\n")


def sentences(reason: Reason) -> int:
    """How many there are, what stands between quotation marks or in brackets left out."""
    said = re.sub(r'"[^"]*"|\([^()]*\)', "x", f"{reason.what} {reason.todo}")
    return len(re.findall(r"[.?!](?=\s|$)", re.sub(r"\d\) ", "", said)))


_EXAMPLES = [
    (
        reasons.secret(),
        "L1",
        "Tệp này có dấu hiệu là văn bản mật nên KHÔNG được gửi qua hệ thống này; hệ thống không lưu tệp.",
        (
            "Việc cần làm: lấy tệp ra khỏi máy đang nối mạng và báo ngay người phụ trách bảo mật của cơ quan. "
            'Nếu không phải văn bản mật, ghi dòng "Độ mật: không" vào PHIEU-GUI.txt rồi bỏ lại vào gui-di.'
        ),
    ),
    (
        reasons.duplicate("1254/UBND-KGVX", date(2026, 11, 23), CUSTODY, at(9, 0), "2026-11/1254-UBND-KGVX ~7K3"),
        "L2",
        "Văn bản 1254/UBND-KGVX ngày 23/11/2026 đã được gửi lúc 08:15 hôm nay; hệ thống không gửi lần thứ hai.",
        (
            "Xem biên nhận: da-gui\\2026-11\\1254-UBND-KGVX ~7K3. "
            'Nếu là bản đã sửa, ghi "Thay thế: 1254/UBND-KGVX" vào PHIEU-GUI.txt.'
        ),
    ),
    (
        reasons.duplicate("1254/UBND-KGVX", None, CUSTODY, at(9, 0, 1)),
        "L2",
        "Văn bản 1254/UBND-KGVX đã được gửi lúc 08:15 ngày 23/11/2026 bằng đường khác; hệ thống không gửi lần thứ hai.",
        'Nếu là bản đã sửa, ghi "Thay thế: 1254/UBND-KGVX" vào PHIEU-GUI.txt.',
    ),
    (
        reasons.same_files("319/UBND-VP", "320/UBND-VP", date(2026, 11, 23), CUSTODY, at(9, 0), "2026-11/320 ~7K3"),
        "L2",
        (
            "Tệp này đúng là tệp của văn bản 320/UBND-VP ngày 23/11/2026, đã được gửi lúc 08:15 hôm nay, "
            "nên chưa gửi thành 319/UBND-VP; có thể đã lấy nhầm tệp."
        ),
        (
            "Mở tệp ra xem: nếu nhầm, thay bằng tệp đúng của 319/UBND-VP rồi bỏ lại vào gui-di. "
            "Xem biên nhận: da-gui\\2026-11\\320 ~7K3."
        ),
    ),
    (
        reasons.no_recipient(),
        "L3",
        "Chưa biết gửi cho ai.",
        'Bỏ tệp vào thư mục con mang tên nơi nhận trong gui-di, hoặc ghi dòng "Gửi:" trong PHIEU-GUI.txt.',
    ),
    (
        reasons.still_open(computer="PC-VANTHU"),
        "L4",
        "Tệp đang được mở trong Word (máy PC-VANTHU) nên chưa gửi.",
        "Lưu, đóng Word; hệ thống sẽ tự gửi, không cần bỏ lại.",
    ),
    (
        reasons.still_open(),
        "L4",
        "Tệp đang được mở trong Word nên chưa gửi.",
        "Lưu, đóng Word; hệ thống sẽ tự gửi, không cần bỏ lại.",
    ),
    (
        reasons.unknown_recipient("Sở Thông tin", ("Sở Khoa học và Công nghệ", "Sở Tài chính", "Sở Y tế", "Sở Nội vụ")),
        "L5",
        'Không tìm thấy nơi nhận "Sở Thông tin". Có phải: 1) Sở Khoa học và Công nghệ 2) Sở Tài chính 3) Sở Y tế?',
        'Sửa dòng "Gửi:" trong PHIEU-GUI.txt rồi kéo lại vào gui-di.',
    ),
    (
        reasons.unknown_recipients([("Sở A", ("Sở Y tế", "Sở Nội vụ")), ("Sở B", ()), ("C", ()), ("D", ()), ("E", ())]),
        "L5",
        ('Không tìm thấy 5 nơi nhận: "Sở A" (gần giống: "Sở Y tế", "Sở Nội vụ"), "Sở B", "C" và 2 nơi nhận nữa.'),
        'Sửa dòng "Gửi:" trong PHIEU-GUI.txt rồi kéo lại vào gui-di.',
    ),
    (
        reasons.with_outside(
            reasons.unknown_recipient("Văn phòng Bộ", ("Văn phòng UBND tỉnh",)),
            [
                (
                    Contact("001.00.00.G22", "001.00.00.G22", "Văn phòng Bộ", outside=True),
                    Contact("001.00.00.G17", "001.00.00.G17", 'Văn phòng "Bộ"', outside=True),
                )
            ],
        ),
        "L5",
        (
            'Không tìm thấy nơi nhận "Văn phòng Bộ" (gần giống: "Văn phòng UBND tỉnh"); cơ quan ngoài tỉnh có tên '
            "như vậy: 001.00.00.G22 (Văn phòng Bộ); 001.00.00.G17 (Văn phòng 'Bộ')."
        ),
        (
            'Nếu đúng nơi ấy, ghi mã của nơi đó vào dòng "Gửi:" trong PHIEU-GUI.txt (ví dụ '
            '"Gửi: 001.00.00.G22"), nếu không thì sửa tên, rồi kéo lại vào gui-di.'
        ),
    ),
    (
        reasons.archive_alone(),
        "L6",
        "Đây là tệp nén; văn bản chính phải là tệp PDF đã ký số.",
        "Giải nén, bỏ tất cả tệp vào một thư mục rồi kéo cả thư mục vào gui-di.",
    ),
    (
        reasons.no_number("", "30/02/2026"),
        "L7",
        'Chưa đọc được số, ký hiệu hoặc ngày của văn bản (đọc được: số "…", ngày "30/02/2026").',
        (
            'Đổi tên tệp theo mẫu "1254-UBND-KGVX Trích yếu.pdf" hoặc ghi vào PHIEU-GUI.txt. '
            "Văn bản chưa có số thì chưa gửi được."
        ),
    ),
    (
        reasons.no_number("", "", reasons.unknown_recipient("Sở A", ("Sở Y tế",))),
        "L7",
        (
            'Chưa đọc được số, ký hiệu hoặc ngày của văn bản (đọc được: số "…", ngày "…"). '
            'Ngoài ra không tìm thấy nơi nhận "Sở A" (gần giống: "Sở Y tế").'
        ),
        'Ghi đúng các dòng "Số, ký hiệu:", "Ngày:" và "Gửi:" vào PHIEU-GUI.txt rồi kéo lại vào gui-di.',
    ),
    (
        reasons.unreadable(),
        "L8",
        "Không mở được tệp: tệp hỏng hoặc có mật khẩu. Nơi nhận cũng sẽ không mở được.",
        "Mở thử trên máy của anh/chị, xuất lại PDF, rồi bỏ lại.",
    ),
    (
        reasons.wrong_place(),
        "L9",
        "Tệp này nằm ở van-ban-den nên không được gửi.",
        "Muốn gửi đi: bỏ vào gui-di. Muốn báo đã xử lý: kéo cả thư mục của văn bản, không kéo từng tệp.",
    ),
    (
        reasons.too_large(612_000_000, 300_000_000),
        "L10",
        "Tệp 612 MB lớn hơn mức cho phép 300 MB.",
        "Giảm dung lượng (quét 200 dpi) hoặc tách phụ lục.",
    ),
    (
        reasons.abolished("UBND huyện Trà Bồng", date(2025, 6, 30), ("UBND xã Trà Bồng", "UBND xã Tây Trà")),
        "L11",
        (
            '"UBND huyện Trà Bồng" đã kết thúc hoạt động từ 01/07/2025. '
            "Đơn vị tiếp nhận theo danh mục của tỉnh: UBND xã Trà Bồng, UBND xã Tây Trà."
        ),
        'Chọn một hay nhiều đơn vị và ghi vào dòng "Gửi:".',
    ),
    (
        reasons.program("Phụ lục.xlsm", "macro"),
        "L12",
        'Tệp "Phụ lục.xlsm" có mã lệnh (macro) nên không gửi.',
        "Lưu thành .xlsx hoặc PDF rồi gửi lại.",
    ),
    (
        reasons.hub_refused(Refused("not-well-formed", "Gói tin bị cắt ngang giữa một tệp kèm.", "byte 4096")),
        "L13 not-well-formed",
        "Không đọc được gói tin edXML này nên chưa gửi được (Gói tin bị cắt ngang giữa một tệp kèm; chỗ: byte 4096).",
        "Xuất lại gói tin từ phần mềm, hoặc bỏ tệp PDF đã ký số vào gui-di thay cho gói tin.",
    ),
    (
        reasons.hub_refused(Refused("test-document", "Văn bản thử.", "To/OrganId")),
        "L14",
        "Đơn vị đang dùng thử nên văn bản không được gửi tới đơn vị đang dùng thật.",
        'Chọn nơi nhận cũng đang thử nghiệm và ghi vào dòng "Gửi:", hoặc gọi cán bộ trục để chuyển sang dùng thật.',
    ),
    (
        reasons.unsigned("1254-UBND-KGVX.pdf"),
        "L15",
        'Văn bản chính "1254-UBND-KGVX.pdf" chưa có chữ ký số; đơn vị này chỉ gửi văn bản đã ký số.',
        "Ký số rồi bỏ lại vào gui-di.",
    ),
    (
        reasons.slip_alone(),
        "L16",
        "Ở đây chỉ có phiếu gửi, không có văn bản nào nên chưa gửi gì.",
        "Bỏ tệp PDF đã ký số cùng các phụ lục và phiếu gửi này vào một thư mục rồi kéo cả thư mục vào gui-di.",
    ),
]


@pytest.mark.parametrize(("reason", "code", "what", "todo"), _EXAMPLES)
def test_the_binding_words(reason: Reason, code: str, what: str, todo: str) -> None:
    lines = read(reasons.text(reason, CUSTODY, HOTLINE, "1254-UBND-KGVX.pdf"))
    last = f"{code} · 08:15 ngày 23/11/2026 · 1254-UBND-KGVX.pdf · cần giúp gọi {HOTLINE}"
    assert lines == [what, todo, last]


def test_every_answer_has_an_example() -> None:
    assert {code.split()[0] for _, code, _, _ in _EXAMPLES} == {f"L{number}" for number in range(1, 17)}


def test_without_a_hotline_no_words_dangle() -> None:
    assert read(reasons.text(reasons.no_recipient(), CUSTODY))[-1] == "L3 · 08:15 ngày 23/11/2026"
    assert read(reasons.text(reasons.no_recipient(), CUSTODY, "  "))[-1] == "L3 · 08:15 ngày 23/11/2026"


def test_a_secret_that_the_hub_saw_is_told_as_one() -> None:
    assert reasons.hub_refused(Refused("secret", "Tệp “Tờ trình (MẬT).pdf” có dấu hiệu mật.")) == reasons.secret()


@pytest.mark.parametrize(
    ("name", "todo"),
    [
        ("Tờ trình.DOCM", "Lưu thành .docx hoặc PDF rồi gửi lại."),
        ("Bài.pptm", "Lưu thành .pptx hoặc PDF rồi gửi lại."),
    ],
)
def test_what_a_file_with_macros_becomes(name: str, todo: str) -> None:
    assert reasons.program(name, "macro").todo == todo


def test_a_program_has_no_other_form() -> None:
    assert "Lưu thành" not in reasons.program("cai-dat.exe").todo


def test_a_number_that_is_missing_too_hides_no_recipient() -> None:
    assert "Ngoài ra chưa biết gửi cho ai." in reasons.no_number("", "", reasons.no_recipient()).what
    gone = reasons.abolished("UBND huyện A", date(2025, 6, 30), ("UBND xã B",))
    said = 'Ngoài ra "UBND huyện A" đã kết thúc hoạt động từ 01/07/2025 (tiếp nhận: UBND xã B).'
    assert said in reasons.no_number("", "", gone).what
    assert reasons.no_number("", "", reasons.archive_alone()) == reasons.no_number()


_DAYS = st.dates()
_TIMES = st.datetimes(timezones=st.just(VIETNAM), min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1))  # noqa: DTZ001  # hypothesis wants bounds without a zone
_SEVERAL = st.lists(_ANY, max_size=12)
_REFUSED = st.builds(Refused, st.sampled_from(["", "wrong-sender", "encoding", "too-large", "symlink"]), _ANY, _ANY)
_MADE: list[st.SearchStrategy[Reason]] = [
    st.builds(reasons.duplicate, _ANY, st.none() | _DAYS, _TIMES, _TIMES, _ANY),
    st.builds(reasons.same_files, _ANY, _ANY, st.none() | _DAYS, _TIMES, _TIMES, _ANY),
    st.builds(reasons.still_open, _ANY, _ANY),
    st.builds(reasons.unknown_recipient, _ANY, _SEVERAL),
    st.builds(reasons.no_number, _ANY, _ANY),
    st.builds(reasons.no_number, _ANY, _ANY, st.builds(reasons.abolished, _ANY, _DAYS, _SEVERAL)),
    st.builds(reasons.unknown_recipients, st.lists(st.tuples(_ANY, _SEVERAL), min_size=1, max_size=5)),
    st.builds(reasons.wrong_place, _ANY),
    st.builds(reasons.too_large, st.integers(0, 10**13), st.integers(0, 10**13)),
    st.builds(reasons.abolished, _ANY, _DAYS, _SEVERAL),
    st.builds(reasons.program, _ANY, st.sampled_from(["", "macro"])),
    st.builds(reasons.trial),
    st.builds(reasons.hub_refused, _REFUSED),
]


@settings(max_examples=300, deadline=None)
@given(st.one_of(_MADE), _TIMES, _ANY, _ANY)
def test_whatever_is_put_in_it_stays_three_lines(reason: Reason, now: datetime, hotline: str, name: str) -> None:
    lines = read(reasons.text(reason, now, hotline, name))
    assert len(lines) == 3
    assert all(0 < len(line) < 1500 for line in lines)
    assert all(ord(letter) >= 32 for line in lines for letter in line)
    assert re.match(r"L\d+( [\w-]+)? · \d\d:\d\d ngày \d\d/\d\d/\d{4}( · |$)", lines[-1])


_WORDS = st.text("aăâbcđệ \"'-_&<>1/\\", max_size=300)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.builds(reasons.duplicate, _WORDS, st.none() | _DAYS, _TIMES, _TIMES, _WORDS),
        st.builds(reasons.same_files, _WORDS, _WORDS, st.none() | _DAYS, _TIMES, _TIMES, _WORDS),
        st.builds(reasons.still_open, _WORDS, _WORDS),
        st.builds(reasons.unknown_recipient, _ANY, st.lists(_WORDS, max_size=5)),
        st.builds(reasons.no_number, _ANY, _ANY),
        st.builds(reasons.no_number, _ANY, _ANY, st.builds(reasons.unknown_recipient, _ANY, st.lists(_WORDS))),
        st.builds(reasons.unknown_recipients, st.lists(st.tuples(_ANY, st.lists(_WORDS)), min_size=1, max_size=5)),
        st.builds(reasons.too_large, st.integers(0, 10**13), st.integers(0, 10**13)),
        st.builds(reasons.abolished, _ANY, _DAYS, st.lists(_WORDS, max_size=12)),
        st.builds(reasons.program, _ANY, st.sampled_from(["", "macro"])),
        st.builds(reasons.trial),
        st.builds(reasons.hub_refused, st.builds(Refused, st.sampled_from(["encoding", "attachment"]), _WORDS, _WORDS)),
    )
)
def test_three_sentences_at_most(reason: Reason) -> None:
    assert 1 <= sentences(reason) <= 3


@pytest.mark.parametrize("reason", [each[0] for each in _EXAMPLES])
def test_no_word_that_frightens(reason: Reason) -> None:
    assert sentences(reason) <= 3
    said = f"{reason.what} {reason.todo}".lower()
    assert not [word for word in _FORBIDDEN if word in said]


def test_a_name_of_three_hundred_letters_is_cut_and_keeps_its_kind() -> None:
    lines = read(reasons.text(reasons.program("Phụ lục " * 40 + ".xlsm", "macro"), CUSTODY, "", "ắ" * 300 + ".xlsm"))
    assert "…" in lines[0]
    assert '.xlsm"' in lines[0]
    assert lines[-1].endswith("….xlsm") or lines[-1].endswith("ắ.xlsm")
    assert max(map(len, lines)) < 250
    typed = reasons.unknown_recipient("Sở " * 100)
    assert "…" in typed.what
    assert len(typed.what) < 200


def test_quotation_marks_inside_end_no_quotation() -> None:
    assert "nhận \"Sở 'A'\"." in reasons.unknown_recipient('Sở "A"').what


_AGAIN = 'Muốn gửi lại: sửa rồi bỏ vào thư mục nơi nhận trong gui-di, hoặc vào gui-di kèm PHIEU-GUI.txt có dòng "Gửi:".'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            notes.stopped(CUSTODY),
            f"Đã dừng lúc 08:15 ngày 23/11/2026, chưa gửi cho ai. {_AGAIN}",
        ),
        (
            notes.stopped(CUSTODY, HOTLINE),
            (f"Đã dừng lúc 08:15 ngày 23/11/2026, chưa gửi cho ai. {_AGAIN} Cần giúp gọi {HOTLINE}."),
        ),
        (
            notes.too_late(CUSTODY + timedelta(minutes=2), "2026-11/1254-UBND-KGVX ~7K3", HOTLINE),
            (
                "Đã chuyển lúc 08:17 ngày 23/11/2026 nên không dừng được; thư mục được đưa về "
                "da-gui\\2026-11\\1254-UBND-KGVX ~7K3. "
                f"Nếu gửi nhầm, gọi nơi nhận hoặc cán bộ trục liên thông (ĐT {HOTLINE})."
            ),
        ),
        (
            texts.no_reason(HOTLINE),
            (
                "Từ chối tiếp nhận phải có lý do. Mở ly-do.txt, gõ lý do, lưu lại. "
                f"Chưa có lý do thì nơi gửi chưa biết. Cần giúp gọi {HOTLINE}."
            ),
        ),
        (
            texts.no_reason(),
            "Từ chối tiếp nhận phải có lý do. Mở ly-do.txt, gõ lý do, lưu lại. Chưa có lý do thì nơi gửi chưa biết.",
        ),
        (
            texts.deleted(HOTLINE),
            f"Văn bản này bị xóa khi chưa xử lý xong nên hệ thống đặt lại. Cần giúp gọi {HOTLINE}.",
        ),
    ],
)
def test_notes(content: bytes, said: str) -> None:
    assert read(content) == [said]


def test_the_blank_slip() -> None:
    lines = read(template.blank())
    assert [line[:2] for line in lines[:2]] == ["# ", "# "]
    assert [line.rstrip() for line in lines[3:]] == [
        "Gửi:",
        "Số, ký hiệu:",
        "Ngày:",
        "Loại:",
        "Độ khẩn:",
        "Trích yếu:",
        "Hạn trả lời:",
        "Trả lời văn bản:",
        "Thay thế:",
    ]
