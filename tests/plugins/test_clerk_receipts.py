"""BIEN-NHAN: every state and answer in its words, problems first, nothing of a sender's or a unit's text as markup."""

from __future__ import annotations

import re
import time
from dataclasses import fields, replace
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import pytest

from hub import Story
from hub.testing.samples import a_document
from hub.vocabulary import Business, BusinessInfo, DeliveryState, Reference, Replacement
from plugins.folderdrop.clerk import mentions
from plugins.folderdrop.clerk.sending import progress, receipts
from plugins.folderdrop.clerk.sending.progress import Progress
from plugins.folderdrop.clerk.sending.records import Enclosed, Fate, Posted, Recall, Request
from tests.plugins.sent import CUSTODY, HOTLINE, answer, at, everything, posted, story

_NOW = at(10, 5, 2)
_EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;\r\n\u202etxt.exe\x00"
_TAGS = "html head meta title style body main h1 h2 dl div dt dd table thead tbody tr th td p b i span ul li kbd"
_ATTRIBUTES = "lang charset http-equiv content name class style aria-hidden"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def shown(content: bytes) -> str:
    """What a reader sees of the page, cells parted by |."""
    body = content.decode().partition("<body>")[2]
    return unescape(re.sub(r"<[^>]+>", "", re.sub(r"</t[dh]>", "|", re.sub(r"</tr>", "\n", body))))


def row(one: Story, document: Posted | None = None) -> str:
    """The one line of a receipt's table."""
    lines = shown(receipts.page(document or posted(), [one], _NOW)).splitlines()
    return next(line for line in lines if line.startswith(one.name))


def test_the_page_says_what_the_frame_says() -> None:
    page = shown(receipts.page(posted(), everything(), _NOW, HOTLINE))
    assert "BIÊN NHẬN GỬI VĂN BẢN ĐIỆN TỬ" in page
    assert "Trục liên thông của tỉnh đã nhận giữ văn bản lúc 08:15:04, thứ Hai 23/11/2026." in page
    assert "có chữ ký số: UBND xã Bình Sơn, 23/11/2026 08:02; chưa kiểm tra" in page
    assert "“Đã chuyển” là máy đã giao tận nơi; “Đã đến” là phần mềm hoặc thư mục nơi nhận đã báo có văn bản; " in page
    assert "“Đã tiếp nhận” là văn thư nơi nhận đã vào sổ." in page
    assert "Cập nhật 10:05 ngày 25/11/2026 (nhấn F5 để xem mới)." in page
    assert f"SHA-256 {'ab' * 32}" in page
    assert "Mã tra cứu: 7K3-QM" in page
    assert HOTLINE in page
    for word in ("1254/UBND-KGVX", "23/11/2026", "Thường", "412 KB", "88 KB", "Tổng: 15 nơi nhận · 1 hoàn thành"):
        assert word in page


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (story("Sở A", "held"), "Sở A|chờ đến 08:17|||||"),
        (story("Sở A", "waiting"), "Sở A|đang chuyển|||||"),
        (story("Sở A", "sending"), "Sở A|đang chuyển|||||"),
        (
            story("Sở A", "waiting", down_since=at(7, 50)),
            "Sở A|chưa||||Mất kết nối từ 07:50; sẽ tự chuyển khi có mạng|",
        ),
        (
            story("Sở A", "deferred", down_since=at(7, 50, -1)),
            "Sở A|chưa||||Mất kết nối từ 07:50 22/11; sẽ tự chuyển khi có mạng|",
        ),
        (story("Sở A", "deferred", reason="x"), "Sở A|chưa||||Chưa chuyển được, hệ thống tự chuyển lại|"),
        (story("Sở A", "uncertain"), "Sở A|chưa||||Chưa rõ đã tới chưa, hệ thống tự kiểm tra và chuyển lại|"),
        (story("Sở A", "dead"), "Sở A|chưa||||Không chuyển được: cần gọi cán bộ trục|"),
        (story("Sở A", "dead", reason="no unit or hub for X"), "Sở A|chưa||||Không có nơi nhận này trên trục|"),
        (story("Sở A", "withdrawn"), "Sở A|đã dừng|||||"),
        (story("Sở A"), "Sở A|08:17||chưa|||"),
        (story("Sở A", "delivered", answer("01", at(8, 18))), "Sở A|08:17|08:18|chưa|||"),
        (
            story("Sở A", "delivered", answer("03", at(9, 40), "Số đến 2210 ngày 23/11/2026")),
            "Sở A|08:17||✓ 09:40, số đến 2210|||",
        ),
        (story("Sở A", "delivered", answer("03", at(9, 40, 2))), "Sở A|08:17||✓ 09:40 25/11|||"),
        (story("Sở A", "delivered", answer("03", at(9, 40, 60))), "Sở A|08:17||✓ 09:40 22/01/2027|||"),
        (story("Sở A", "delivered", answer("03", at(9, 40), "Giao VP")), "Sở A|08:17||✓ 09:40||Giao VP|"),
        (
            story("Sở A", "delivered", answer("02", at(9, 40), "Gửi nhầm")),
            "Sở A|08:17||từ chối 09:40||Lý do: Gửi nhầm|",
        ),
        (story("Sở A", "delivered", answer("02", at(9, 40))), "Sở A|08:17||từ chối 09:40||Lý do: không nêu|"),
        (
            story("Sở A", "delivered", answer("02", at(9, 0), "Nhầm"), answer("03", at(9, 5))),
            "Sở A|08:17||✓ 09:05||Từ chối tiếp nhận 09:00: Nhầm|",
        ),
        (
            story("Sở A", "delivered", answer("03", at(9, 0)), answer("04", at(9, 5), by="Nguyễn Văn An")),
            "Sở A|08:17||✓ 09:00|Đã phân công 09:05: Nguyễn Văn An||",
        ),
        (
            story("Sở A", "delivered", answer("03", at(9, 0)), answer("04", at(9, 5), by="Sở A")),
            "Sở A|08:17||✓ 09:00|Đã phân công 09:05||",
        ),
        (story("Sở A", "delivered", answer("05", at(9, 5))), "Sở A|08:17||✓ đã tiếp nhận|Đang xử lý 09:05||"),
        (
            story("Sở A", "delivered", answer("03", at(9, 0)), answer("06", at(16, 0, 2), "Trả lời 88")),
            "Sở A|08:17||✓ 09:00|Hoàn thành 25/11|Đã hoàn thành: Trả lời 88|",
        ),
        (
            story("Sở A", "delivered", answer("13", at(9, 0), "Sửa"), status=None),
            "Sở A|08:17||chưa||Yêu cầu thu hồi 09:00: Sửa|",
        ),
        (
            story("Sở A", "delivered", answer("15", at(9, 0)), status=None),
            "Sở A|08:17||chưa||Đồng ý thu hồi/cập nhật 09:00|",
        ),
        (
            story("Sở A", "delivered", answer("16", at(9, 0), "Đã dùng"), status=None),
            "Sở A|08:17||chưa||Không đồng ý thu hồi/cập nhật 09:00: Đã dùng|",
        ),
        (story("Sở A", "delivered", answer("7b", at(9, 0)), status=None), "Sở A|08:17||chưa||Hồi báo 7b 09:00|"),
        # An answer says that it is there, whatever the way back said.
        (story("Sở A", "uncertain", answer("01", at(9, 0))), "Sở A|đã chuyển|09:00|chưa|||"),
        (story("Sở A", "dead", answer("03", at(9, 0))), "Sở A|đã chuyển||✓ 09:00|||"),
    ],
)
def test_a_recipient_in_every_state(one: Story, line: str) -> None:
    assert row(one) == line


def test_no_green_before_somebody_accepted() -> None:
    for state in DeliveryState:
        one = story("Sở A", state.value, answer("01", at(8, 17)) if state == "delivered" else answer("13", at(9, 0)))
        body = receipts.page(posted(), [replace(one, status=None)], _NOW).decode().partition("<body>")[2]
        assert "✓" not in body
        assert "yes" not in body
        assert "good" not in body
        assert "best" not in body


def test_problems_come_first_then_names() -> None:
    told = progress.rows(posted(), everything())
    assert [each.progress for each in told] == sorted(each.progress for each in told)
    assert [each.name for each in told][:6] == [
        "000.99.99.H48",
        "Đặc khu Lý Sơn",
        "Sở Y tế",
        "UBND phường Trương Quang Trọng",
        "UBND xã Ba Tô",
        "UBND xã Măng Đen",
    ]
    assert told[-1].name == "Sở Nội vụ"
    page = shown(receipts.page(posted(), everything(), _NOW))
    assert [page.index(f"\n{each.name}|") for each in told[1:]] == sorted(
        page.index(f"\n{each.name}|") for each in told[1:]
    )


@pytest.mark.parametrize(
    ("document", "stories", "said"),
    [
        (posted(), [story("A", "held")], "Sẽ chuyển đi lúc 08:17. Muốn dừng: kéo thư mục này vào thu-hoi trước 08:17."),
        (posted(fate=Fate.TAKEN), [], "Sẽ chuyển đi lúc 08:17. Muốn dừng: kéo thư mục này vào thu-hoi trước 08:17."),
        (posted(fate=Fate.WITHDRAWN), [story("A", "held")], "Đã dừng, chưa gửi cho ai."),
        (posted(), [story("A", "withdrawn"), story("B", "dead")], "Đã dừng, chưa gửi cho ai."),
        (
            posted(fate=Fate.QUARANTINED, reason="Trùng số"),
            [],
            f"Trục giữ lại chờ cán bộ kiểm tra, chưa gửi cho ai. Lý do: Trùng số Cần giúp gọi {HOTLINE}.",
        ),
        (posted(), [story("A", "dead"), story("B")], f"Không chuyển được tới 1 nơi nhận. Cần giúp gọi {HOTLINE}."),
        (posted(), [story("A", "delivered", answer("03", at(9, 0)))], "Tất cả nơi nhận đã tiếp nhận."),
        (
            posted(),
            [story("A", "delivered", answer("02", at(9, 0), "Nhầm nơi nhận")), story("B")],
            "1 nơi nhận từ chối tiếp nhận, xem lý do ở dưới.",
        ),
        (posted(), [], "Danh sách nơi nhận sẽ hiện ở đây trong ít phút."),
    ],
)
def test_what_holds_now(document: Posted, stories: list[Story], said: str) -> None:
    assert said in shown(receipts.page(document, stories, _NOW, HOTLINE))
    assert said in receipts.text(document, stories, _NOW, HOTLINE).decode("utf-8-sig")


_SOON = posted(until=(CUSTODY + timedelta(seconds=40)).isoformat())


def test_a_short_time_to_stop_it_is_told_to_the_second() -> None:
    said = "Sẽ chuyển đi lúc 08:15:44. Muốn dừng: kéo thư mục này vào thu-hoi trước 08:15:44."
    assert said in shown(receipts.page(_SOON, [story("A", "held")], _NOW))
    assert said in receipts.text(_SOON, [story("A", "held")], _NOW).decode("utf-8-sig")
    assert row(story("Sở A", "held"), _SOON) == "Sở A|chờ đến 08:15:44|||||"


@pytest.mark.parametrize("named", [{"replaces": ("318/UBND-VP ngày 20/11/2026",)}, {"answers": ("88/BNV-VTLT", "9/A")}])
def test_the_documents_that_it_names(named: dict[str, tuple[str, ...]]) -> None:
    word = "Thay thế văn bản" if "replaces" in named else "Trả lời văn bản"
    [said] = ["; ".join(found) for found in named.values()]
    assert f"{word}{said}" in shown(receipts.page(posted(**named), [], _NOW))
    assert f"{word}: {said}\r\n" in receipts.text(posted(**named), [], _NOW).decode("utf-8-sig")
    assert word not in shown(receipts.page(posted(), [], _NOW))


def test_what_a_packet_says_of_others() -> None:
    old = (Replacement("000.00.31.H48,2026/11/20,318/UBND-VP"), Replacement("abc"))
    document = a_document(
        "1/A",
        business=BusinessInfo(Business.REPLACE, replacements=old),
        response_for=(Reference("G22", "88/BNV", "", "2026/11/13"), Reference(document_id="x-1"), Reference()),
    )
    assert mentions.replaced(document) == ("318/UBND-VP ngày 20/11/2026", "abc")
    assert mentions.answered(document) == ("88/BNV ngày 13/11/2026", "x-1")


def test_once_it_has_gone_nobody_is_told_to_stop_it() -> None:
    assert "thu-hoi" not in shown(receipts.page(posted(), [story("A"), story("B", "deferred")], _NOW))


def test_not_all_have_accepted_what_was_stopped_for_some() -> None:
    some = [story("A", "delivered", answer("03", at(9, 0))), story("B", "withdrawn")]
    assert "Tất cả" not in shown(receipts.page(posted(), some, _NOW))


def test_a_stopped_document_waits_for_nothing() -> None:
    assert row(story("Sở A", "held"), posted(fate=Fate.WITHDRAWN)) == "Sở A|đã dừng|||||"


@pytest.mark.parametrize(
    ("document", "states", "settled"),
    [
        (posted(), ["delivered", "dead", "withdrawn"], True),
        (posted(), ["delivered", "deferred"], False),
        (posted(), ["uncertain"], False),
        (posted(), ["held"], False),
        (posted(), [], False),
        (posted(fate=Fate.TAKEN), ["delivered"], False),
        (posted(fate=Fate.QUARANTINED), [], False),
        (posted(fate=Fate.WITHDRAWN), [], True),
    ],
)
def test_settled(document: Posted, states: list[str], settled: bool) -> None:
    assert progress.settled(document, [story(f"Sở {state}", state) for state in states]) is settled


def _evil_posted() -> Posted:
    texts = {each.name: _EVIL for each in fields(Posted) if each.type == "str" and each.name not in ("at", "until")}
    lists = dict.fromkeys(("warnings", "replaces", "answers"), (_EVIL,))
    return posted(**texts, **lists, files=(Enclosed(_EVIL, 1, _EVIL, True, _EVIL, _EVIL),), urgency=4)


def _evil_stories() -> list[Story]:
    answers = [answer(code, at(9, 0), _EVIL, _EVIL) for code in ("01", "02", "03", "04", "05", "06", "13", _EVIL)]
    return [
        Story(_EVIL, _EVIL, _EVIL, state, None, at(8, 17), _EVIL, None, tuple(answers[:count]), status)
        for state in DeliveryState
        for count, status in ((0, None), (2, "02"), (8, "06"), (8, _EVIL))
    ]


@pytest.mark.parametrize("fate", list(Fate))
def test_nothing_that_others_wrote_becomes_markup(fate: Fate) -> None:
    document, stories = replace(_evil_posted(), fate=fate), _evil_stories()
    content = receipts.page(document, stories, _NOW, _EVIL).decode()
    tags = _Tags()
    tags.feed(content)
    assert tags.tags <= set(_TAGS.split())
    assert tags.attributes <= set(_ATTRIBUTES.split())
    assert "\u202e" not in content
    assert "\x00" not in content
    text = receipts.text(document, stories, _NOW, _EVIL).decode("utf-8-sig")
    assert "\u202e" not in text
    assert re.search(r"(?<!\r)\n", text) is None
    assert not any(line.startswith("txt.exe") for line in text.splitlines())


def test_the_page_asks_for_nothing_from_outside() -> None:
    content = receipts.page(posted(), everything(), _NOW).decode()
    assert "default-src 'none'" in content
    assert '<meta http-equiv="refresh" content="60">' in content
    assert not re.search(r"https?:|url\(|<script|<link|<img", content)


def test_a_hundred_and_eight_recipients_stay_small() -> None:
    accepted = (answer("01", at(8, 17)), answer("03", at(9, 40, 1), "Số đến 2210 ngày 24/11/2026"))
    late = "Văn bản chưa đúng thể thức, đề nghị kiểm tra lại phần căn cứ và gửi lại " * 2
    many = [
        story(f"UBND xã Trương Quang Trọng {number}", "delivered", *accepted, answer("06", at(9, 0, 3), late))
        for number in range(108)
    ]
    assert len(receipts.page(posted(), many, _NOW, HOTLINE)) < 100_000


def test_the_form_for_comparing_changes_with_what_is_told_alone() -> None:
    before = receipts.says(posted(), [story("Sở A")])
    assert before == receipts.says(posted(), [story("Sở A")])
    assert before != receipts.says(posted(), [story("Sở A", "delivered", answer("01", at(8, 17)))])
    assert before != receipts.says(posted(fate=Fate.WITHDRAWN), [story("Sở A")])
    assert receipts.page(posted(), [story("Sở A")], _NOW) != receipts.page(posted(), [story("Sở A")], CUSTODY)


def test_the_text_for_notepad() -> None:
    content = receipts.text(posted(), everything(), _NOW, HOTLINE)
    assert content.startswith(b"\xef\xbb\xbf")
    text = content.decode("utf-8-sig")
    assert "6. UBND xã Măng Đen: chưa chuyển; Mất kết nối từ 07:50; sẽ tự chuyển khi có mạng.\r\n" in text
    assert "11. Sở Tài chính: đã chuyển 08:17; đã đến 08:17; đã tiếp nhận 09:40, số đến 2210.\r\n" in text
    assert f"SHA-256 {'cd' * 32}" in text
    assert text.count("\r\n") == text.count("\n")


#: How those stand who are asked to give a document back.
RECALLED = (Progress.OUT_OF_REACH, Progress.KEPT, Progress.ASKED, Progress.GIVEN_BACK)


def test_what_came_of_a_recall_is_said_of_each_recipient() -> None:
    asked = tuple(Request(name, name, f"13-{name}", "lạ" if name == "e" else "") for name in "abcde")
    since, changed, told = (at(8, minute).isoformat() for minute in (30, 31, 33))
    recall = Recall(since, changed, "Ghi sai số liệu", told, asked)
    mine = posted(recall=recall)
    said = [
        story("A", "delivered", answer("03", at(9, 0), "Số đến 12 ngày 23/11/2026"), answer("15", at(9, 30))),
        story("B", "delivered", answer("16", at(9, 31), "Đã xử lý xong")),
        story("C", "delivered"),
        story("D", "delivered"),
        story("E", "delivered"),
        story("F", "dead"),
        replace(story("D", "dead"), envelope="13-d"),
    ]
    rows = {row.name: row for row in progress.rows(mine, said)}
    assert [rows[name].progress for name in "ABCDEF"] == [
        Progress.GIVEN_BACK, Progress.KEPT, Progress.ASKED, Progress.OUT_OF_REACH, Progress.OUT_OF_REACH,
        Progress.FAILED,
    ]  # fmt: skip
    assert not progress.finished(rows.values())
    text = receipts.text(mine, said, _NOW).decode("utf-8-sig")
    assert "1 đồng ý thu hồi, 1 không đồng ý thu hồi, 1 chưa trả lời thu hồi, 2 không thu hồi được" in text
    assert "đã tiếp nhận 09:00, số đến 12" in text
    assert "Không đồng ý thu hồi/cập nhật 09:31: Đã xử lý xong" in text
    assert text.count("văn bản đã gửi không tự lấy lại được: cần gọi điện") == 2
    assert "Lý do thu hồi: Ghi sai số liệu" in text


def test_who_gave_it_back_is_not_waited_for_and_a_sentence_ends_once() -> None:
    recall = Recall(
        *(at(8, 30).isoformat(),) * 2, "Ghi sai số liệu", at(8, 33).isoformat(), (Request("a", "a", "13-a"),)
    )
    said = [story("A", "delivered", answer("15", at(9, 30), "Đã hủy trên phần mềm."), status=None)]
    text = receipts.text(posted(recall=recall), said, _NOW).decode("utf-8-sig")
    assert (
        "1. A: đã chuyển 08:17; Đã yêu cầu thu hồi 08:33; Đồng ý thu hồi/cập nhật 09:30: Đã hủy trên phần mềm." in text
    )
    assert "chưa tiếp nhận" not in text
    assert ".." not in text


def test_every_progress_has_its_words_and_its_tone() -> None:
    assert set(progress.TOTALS) == set(Progress)
    assert {each.progress for each in progress.rows(posted(), everything())} >= set(Progress) - {
        Progress.HELD,
        Progress.WITHDRAWN,
        *RECALLED,
    }


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2026-11-23T01:02:00+00:00", "23/11/2026 08:02"),
        ("2026-11-23T08:02:00", "23/11/2026 08:02"),
        ("hôm qua", "hôm qua"),
    ],
)
def test_when_a_file_says_it_was_signed(written: str, said: str) -> None:
    file = Enclosed("a.pdf", 5, "00", True, "", written)
    assert f"có chữ ký số: {said}; chưa kiểm tra" in shown(receipts.page(posted(files=(file,)), [], _NOW))
    unsigned = replace(file, signed=False)
    assert "chữ ký số" not in shown(receipts.page(posted(files=(unsigned,)), [], _NOW))


def test_megabytes_of_text_are_cut_and_not_chewed() -> None:
    reason = answer("02", at(9, 0), "e\u0323\u0302" * 10**6)
    many = [story("x" * 10**6, "delivered", reason) for _ in range(30)]
    started = time.process_time()
    content = receipts.page(posted(subject=" " * 10**6 + "V/v"), many, _NOW)
    assert time.process_time() - started < 2
    assert len(content) < 100_000
    assert "ệệ…" in content.decode()
