"""Why something lies in `tra-lai`, or waits in `gui-di`: the answers L1 to L16 in a clerk's words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from hub import VIETNAM, Refused
from hub.standards.addresses import Contact
from plugins.folderdrop.clerk import texts


@dataclass(frozen=True, slots=True)
class Reason:
    """One answer: its code, what is the matter, and what to do about it."""

    code: str
    what: str
    todo: str
    #: what is the matter as one clause, where another answer may name it too
    brief: str = ""
    #: names that nobody on the hub bears: somebody outside may
    strangers: tuple[str, ...] = ()


def text(reason: Reason, now: datetime, hotline: str = "", name: str = "") -> bytes:
    """`<tên>.LY-DO.txt`: what, what to do, and last the code, the time, the file and whom to call."""
    called = f"cần giúp gọi {texts.line(hotline, 60)}" if hotline.strip() else ""
    last = texts.listed((reason.code, f"{now.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}", _file(name), called))
    return texts.for_notepad(*(each for each in (reason.what, reason.todo) if each), last)


def secret() -> Reason:
    """L1: it bears a degree of secrecy; nothing of it is kept."""
    return Reason(
        "L1",
        "Tệp này có dấu hiệu là văn bản mật nên KHÔNG được gửi qua hệ thống này; hệ thống không lưu tệp.",
        "Việc cần làm: lấy tệp ra khỏi máy đang nối mạng và báo ngay người phụ trách bảo mật của cơ quan. "
        'Nếu không phải văn bản mật, ghi dòng "Độ mật: không" vào PHIEU-GUI.txt rồi bỏ lại vào gui-di.',
    )


def duplicate(code: str, day: date | None, sent: datetime, now: datetime, folder: str = "") -> Reason:
    """L2: it was sent already; `folder` is its receipt's in `da-gui`, "" where it went another way."""
    shown, seen = texts.line(code, 60), f"{_receipt(folder)} " if folder else ""
    return Reason(
        "L2",
        f"{_document(code, day)} đã được gửi lúc {_when(sent, now)}{'' if folder else ' bằng đường khác'}; "
        "hệ thống không gửi lần thứ hai.",
        f'{seen}Nếu là bản đã sửa, ghi "Thay thế: {_quotable(shown)}" vào PHIEU-GUI.txt.',
    )


def same_files(code: str, earlier: str, day: date | None, sent: datetime, now: datetime, folder: str = "") -> Reason:
    """L2 too: the files are those of another number, sent earlier. Most likely the wrong file was taken."""
    named = _document(earlier, day)
    seen = f" {_receipt(folder)}" if folder else ""
    return Reason(
        "L2",
        f"Tệp này đúng là tệp của {named[0].lower()}{named[1:]}, đã được gửi lúc {_when(sent, now)}, "
        f"nên chưa gửi thành {texts.line(code, 60)}; có thể đã lấy nhầm tệp.",
        f"Mở tệp ra xem: nếu nhầm, thay bằng tệp đúng của {texts.line(code, 60)} rồi bỏ lại vào gui-di.{seen}",
    )


def no_recipient() -> Reason:
    """L3: nothing says whom it is for."""
    return Reason(
        "L3",
        "Chưa biết gửi cho ai.",
        'Bỏ tệp vào thư mục con mang tên nơi nhận trong gui-di, hoặc ghi dòng "Gửi:" trong PHIEU-GUI.txt.',
        "chưa biết gửi cho ai",
    )


def still_open(program: str = "Word", computer: str = "") -> Reason:
    """L4: somebody has it open; this text lies beside it in `gui-di`."""
    by, where = texts.line(program, 40), f" (máy {texts.line(computer, 60)})" if computer.strip() else ""
    return Reason(
        "L4",
        f"Tệp đang được mở trong {by}{where} nên chưa gửi.",
        f"Lưu, đóng {by}; hệ thống sẽ tự gửi, không cần bỏ lại.",
    )


def unknown_recipient(typed: str, nearest: Sequence[str] = ()) -> Reason:
    """L5: nobody is called that; up to three names that are near."""
    numbered = " ".join(f"{number}) {texts.line(name, 120)}" for number, name in enumerate(nearest[:3], 1))
    meant = f". Có phải: {numbered}?" if numbered else "."
    return Reason(
        "L5",
        f'Không tìm thấy nơi nhận "{_quotable(typed)}"{meant}',
        _NAME_ANOTHER,
        f"không tìm thấy nơi nhận {_with_nearest(typed, nearest)}",
        (typed,),
    )


def unknown_recipients(found: Sequence[tuple[str, Sequence[str]]]) -> Reason:
    """L5: nobody is called that; of several the first three, each with the names that are near."""
    if len(found) == 1:
        return unknown_recipient(*found[0])
    named = ", ".join(_with_nearest(typed, nearest) for typed, nearest in found[:3])
    more = f" và {len(found) - 3} nơi nhận nữa" if len(found) > 3 else ""
    said = f"tìm thấy {len(found)} nơi nhận: {named}{more}"
    strangers = tuple(typed for typed, _ in found[:3])
    return Reason("L5", f"Không {said}.", _NAME_ANOTHER, f"không {said}", strangers)


def with_outside(reason: Reason, found: Iterable[Sequence[Contact]]) -> Reason:
    """L5 with those whom the central hub's directory knows by such a name: only their codes are certain."""
    contacts = list(dict.fromkeys(each for contacts in found for each in contacts))[:_PROPOSED]
    if not contacts:
        return reason
    named = "; ".join(f"{texts.line(each.code, 60)} ({_quotable(each.name)})" for each in contacts)
    what = f"{reason.brief[0].upper()}{reason.brief[1:]}; cơ quan ngoài tỉnh có tên như vậy: {named}."
    todo = (
        'Nếu đúng nơi ấy, ghi mã của nơi đó vào dòng "Gửi:" trong PHIEU-GUI.txt '
        f'(ví dụ "Gửi: {texts.line(contacts[0].code, 60)}"), nếu không thì sửa tên, rồi kéo lại vào gui-di.'
    )
    return Reason(reason.code, what, todo, reason.brief)


#: As many codes as a person reads through.
_PROPOSED = 4
_NAME_ANOTHER = 'Sửa dòng "Gửi:" trong PHIEU-GUI.txt rồi kéo lại vào gui-di.'


def _with_nearest(typed: str, nearest: Sequence[str]) -> str:
    """A name that nobody bears: `"Sở Thông tin" (gần giống: "Sở Nội vụ")`."""
    near = ", ".join(f'"{_quotable(name)}"' for name in nearest[:3])
    return f'"{_quotable(typed)}"{f" (gần giống: {near})" if near else ""}'


def archive_alone() -> Reason:
    """L6: an archive where the document itself should be."""
    return Reason(
        "L6",
        "Đây là tệp nén; văn bản chính phải là tệp PDF đã ký số.",
        "Giải nén, bỏ tất cả tệp vào một thư mục rồi kéo cả thư mục vào gui-di.",
    )


def no_number(number: str = "", day: str = "", also: Reason | None = None) -> Reason:
    """L7: the number, the notation or the day is missing or impossible; both as they were read. `also`: not alone."""
    what = (
        "Chưa đọc được số, ký hiệu hoặc ngày của văn bản "
        f'(đọc được: số "{_quotable(number) or "…"}", ngày "{_quotable(day) or "…"}").'
    )
    if also and also.brief:
        todo = 'Ghi đúng các dòng "Số, ký hiệu:", "Ngày:" và "Gửi:" vào PHIEU-GUI.txt rồi kéo lại vào gui-di.'
        return Reason("L7", f"{what} Ngoài ra {also.brief}.", todo)
    return Reason(
        "L7",
        what,
        'Đổi tên tệp theo mẫu "1254-UBND-KGVX Trích yếu.pdf" hoặc ghi vào PHIEU-GUI.txt. '
        "Văn bản chưa có số thì chưa gửi được.",
    )


def unreadable() -> Reason:
    """L8: damaged, or locked by a password."""
    return Reason(
        "L8",
        "Không mở được tệp: tệp hỏng hoặc có mật khẩu. Nơi nhận cũng sẽ không mở được.",
        "Mở thử trên máy của anh/chị, xuất lại PDF, rồi bỏ lại.",
    )


def wrong_place(place: str = "van-ban-den") -> Reason:
    """L9: a file where nothing is sent from."""
    return Reason(
        "L9",
        f"Tệp này nằm ở {texts.line(place, 80)} nên không được gửi.",
        "Muốn gửi đi: bỏ vào gui-di. Muốn báo đã xử lý: kéo cả thư mục của văn bản, không kéo từng tệp.",
    )


def too_large(size: int, most: int) -> Reason:
    """L10: larger than the hub takes, both in bytes."""
    return Reason(
        "L10",
        f"Tệp {texts.megabytes(size)} lớn hơn mức cho phép {texts.megabytes(most)}.",
        "Giảm dung lượng (quét 200 dpi) hoặc tách phụ lục.",
    )


def abolished(typed: str, until: date, successors: Sequence[str] = ()) -> Reason:
    """L11: the addressee is no more; `until` is its last day, `successors` the names of those who took over."""
    ended = date.fromordinal(until.toordinal() + 1) if until < date.max else until
    heirs = ", ".join(texts.line(name, 120) for name in successors[:8])
    more = ", …" if len(successors) > 8 else ""
    named = f" Đơn vị tiếp nhận theo danh mục của tỉnh: {heirs}{more}." if heirs else ""
    gone = f'"{_quotable(typed)}" đã kết thúc hoạt động từ {ended:%d/%m/%Y}'
    todo = "Chọn một hay nhiều đơn vị" if heirs else "Hỏi cán bộ trục đơn vị nào tiếp nhận"
    return Reason(
        "L11",
        f"{gone}.{named}",
        f'{todo} và ghi vào dòng "Gửi:".',
        f"{gone} (tiếp nhận: {heirs}{more})" if heirs else gone,
    )


_WITHOUT_MACROS = {".docm": ".docx", ".dotm": ".docx", ".pptm": ".pptx", ".ppsm": ".pptx"}


def program(name: str, detail: str = "") -> Reason:
    """L12: a program, or a document with macros; `detail` is "macro" for those."""
    macro = detail == "macro"
    what = "có mã lệnh (macro)" if macro else "là chương trình hoặc có mã lệnh"
    plain = _WITHOUT_MACROS.get(name[-5:].lower(), ".xlsx")
    todo = f"Lưu thành {plain} hoặc PDF rồi gửi lại." if macro else "Bỏ tệp này ra rồi gửi lại các tệp khác."
    return Reason("L12", f'Tệp "{_file(name)}" {what} nên không gửi.', todo)


def unsigned(name: str) -> Reason:
    """L15: this unit sends only what is signed."""
    return Reason(
        "L15",
        f'Văn bản chính "{_file(name)}" chưa có chữ ký số; đơn vị này chỉ gửi văn bản đã ký số.',
        "Ký số rồi bỏ lại vào gui-di.",
    )


def slip_alone() -> Reason:
    """L16: a slip, and nothing that it belongs to."""
    return Reason(
        "L16",
        "Ở đây chỉ có phiếu gửi, không có văn bản nào nên chưa gửi gì.",
        "Bỏ tệp PDF đã ký số cùng các phụ lục và phiếu gửi này vào một thư mục rồi kéo cả thư mục vào gui-di.",
    )


def several_documents(codes: Sequence[str]) -> Reason:
    """L7 too: one slip beside documents of several numbers."""
    return Reason(
        "L7",
        f"Có nhiều văn bản ({texts.line(', '.join(codes), 120)}) mà chỉ có một phiếu gửi.",
        "Bỏ mỗi văn bản cùng PHIEU-GUI.txt của nó vào một thư mục rồi kéo cả thư mục vào gui-di.",
    )


def trial() -> Reason:
    """L14: a unit on trial cannot send to one that is at work."""
    return Reason(
        "L14",
        "Đơn vị đang dùng thử nên văn bản không được gửi tới đơn vị đang dùng thật.",
        'Chọn nơi nhận cũng đang thử nghiệm và ghi vào dòng "Gửi:", hoặc gọi cán bộ trục để chuyển sang dùng thật.',
    )


_AGAIN = "Xuất lại gói tin từ phần mềm, hoặc bỏ tệp PDF đã ký số vào gui-di thay cho gói tin."
_OF_THE_HUB = {
    "wrong-sender": ("Gói tin edXML này mang tên cơ quan gửi khác nên chưa gửi được", _AGAIN),
    "unknown-addressee": (
        "Văn bản này không có nơi nhận nào trên trục nên chưa gửi được",
        "Sửa nơi nhận rồi bỏ lại vào gui-di.",
    ),
    "unknown-document": (
        "Hồi báo này nói về văn bản mà trục không biết nên chưa gửi được",
        "Xem lại số, ký hiệu và nơi gửi của văn bản được trả lời rồi xuất lại gói tin.",
    ),
    "attachment": ("Tệp kèm theo trong gói tin edXML bị hỏng hoặc thiếu nên chưa gửi được", _AGAIN),
    "too-large": (
        "Gói tin lớn hơn mức cho phép nên chưa gửi được",
        "Giảm dung lượng tệp kèm theo (quét 200 dpi) hoặc tách phụ lục rồi gửi lại.",
    ),
    "too-many": (
        "Văn bản có quá nhiều tệp kèm theo nên chưa gửi được",
        "Bỏ bớt tệp, hoặc nén các phụ lục thành một tệp rồi gửi lại.",
    ),
    "symlink": ("Đây không phải bản thân tệp nên chưa gửi được", "Bỏ một bản sao của tệp vào gui-di."),
    "hard-link": ("Đây không phải bản thân tệp nên chưa gửi được", "Bỏ một bản sao của tệp vào gui-di."),
    "not-a-file": ("Đây không phải bản thân tệp nên chưa gửi được", "Bỏ một bản sao của tệp vào gui-di."),
}
_UNREAD = ("Không đọc được gói tin edXML này nên chưa gửi được", _AGAIN)


def hub_refused(refused: Refused) -> Reason:
    """L13: the hub itself would not take it, told with its word and the place for those who help; L1 for a secret."""
    if refused.code == "secret":
        return secret()
    if refused.code == "test-document":
        return trial()
    what, todo = _OF_THE_HUB.get(refused.code, _UNREAD)
    said = (_phrase(refused.reason), texts.line(refused.where, 80) and f"chỗ: {texts.line(refused.where, 80)}")
    told = "; ".join(part for part in said if part)
    return Reason(f"L13 {texts.line(refused.code, 40)}".strip(), f"{what}{f' ({told})' if told else ''}.", todo)


def _document(code: str, day: date | None) -> str:
    return f"Văn bản {texts.line(code, 60)}{f' ngày {day:%d/%m/%Y}' if day else ''}"


def _receipt(folder: str) -> str:
    """Where the receipt of an earlier document lies."""
    return f"Xem biên nhận: da-gui\\{texts.line(folder, 120).replace('/', chr(92))}."


def _when(moment: datetime, now: datetime) -> str:
    local, today = moment.astimezone(VIETNAM), now.astimezone(VIETNAM).date()
    return f"{local:%H:%M} hôm nay" if local.date() == today else f"{local:%H:%M ngày %d/%m/%Y}"


def _quotable(typed: str) -> str:
    """What goes between quotation marks without ending them."""
    return texts.line(typed, 120).replace('"', "'")


def _file(name: str) -> str:
    """A long file name cut in its middle: its kind stays to be seen."""
    shown = texts.line(name, 1000).replace('"', "'")
    return shown if len(shown) <= 120 else f"{shown[:100].rstrip()}…{shown[-10:]}"


def _phrase(reason: str) -> str:
    """Sentences of the hub as one clause, to stand in brackets."""
    return texts.line(reason, 300).rstrip(".").replace(". ", "; ").replace("? ", "; ").rstrip("?")
