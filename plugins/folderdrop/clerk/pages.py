"""The pages a clerk opens by a double click: read only, no script, everything escaped. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from html import escape

from hub import VIETNAM, Document
from plugins.folderdrop.clerk import frame, mentions, names, recalls, texts
from plugins.folderdrop.clerk import guide as guiding
from plugins.folderdrop.clerk.cases import Case, Said, Stage
from plugins.folderdrop.clerk.guide import Receiving, Sending

#: Across the sheet of a document that does not count.
_TRIAL = (
    '<p style="border:3px solid var(--red);color:var(--red);text-align:center;font-weight:700;padding:.4rem">'
    "THỬ NGHIỆM: văn bản thử, không có giá trị thi hành</p>"
)


def sheet(case: Case, document: Document, given: Collection[Stage] = frozenset(Stage)) -> bytes:
    """`phieu.html`: one document at a glance. `given`: the stages that its unit has."""
    day = document.promulgation_date
    signer = document.signer
    rows = [
        ("Số, ký hiệu", f"<b>{escape(case.code)}</b>"),
        ("Ngày văn bản", f"{day:%d/%m/%Y}" if day else ""),
        ("Cơ quan gửi", escape(texts.listed(tuple(dict.fromkeys((case.sender, document.sender.id)))))),
        ("Loại văn bản", escape(document.type.name)),
        ("Trích yếu", escape(case.subject)),
        ("Độ khẩn", frame.urgency(case.urgency)),
        ("Nghiệp vụ", escape(texts.listed((texts.BUSINESS[document.business.type], document.business.reason)))),
        ("Về văn bản", escape("; ".join(mentions.earlier(document)))),
        ("Người ký", escape(texts.listed((signer.full_name, signer.position)))),
        ("Hạn trả lời", escape(texts.day(document.due_date))),
        ("Đến lúc", escape(texts.shown(case.received_at))),
        ("Mã tra cứu", f"~{escape(case.tail)}"),
        ("Đã báo nơi gửi", "<br>".join(map(escape, map(_told, _answers(case))))),
    ]
    title = case.subject or case.code
    return frame.page(
        f"Phiếu văn bản đến {case.code}",
        f"{_TRIAL if case.trial else ''}{_asked(case)}"
        f'<p class="over">PHIẾU VĂN BẢN ĐẾN</p><h1>{escape(title)}</h1>{frame.facts(rows)}{_files(case)}'
        f'<div class="help">{_next(case, given)} Trang này chỉ để xem.</div>',
    )


_NEXT = {
    Stage.NEW: "Kéo <strong>cả thư mục</strong> này sang ô đúng việc đã làm: <code>3-da-tiep-nhan</code> khi đã "
    "vào sổ, <code>2-tu-choi</code> khi từ chối (kèm lý do trong <code>ly-do.txt</code>). Muốn báo số đến: thêm số vào "
    "đầu tên thư mục, ví dụ <code>1254 …</code>.",
    Stage.ACCEPTED: "Việc tiếp theo, nếu có: kéo <strong>cả thư mục</strong> sang <code>4-phan-cong</code>, "
    "<code>5-dang-xu-ly</code> hoặc <code>6-hoan-thanh</code>.",
    Stage.ASSIGNED: "Việc tiếp theo, nếu có: kéo <strong>cả thư mục</strong> sang <code>5-dang-xu-ly</code> hoặc "
    "<code>6-hoan-thanh</code>.",
    Stage.PROCESSING: "Khi xong: kéo <strong>cả thư mục</strong> sang <code>6-hoan-thanh</code>.",
    Stage.REFUSED: "Văn bản đã bị từ chối; không cần kéo đi đâu nữa.",
    Stage.FINISHED: "Văn bản đã hoàn thành; không cần kéo đi đâu nữa.",
}


def _asked(case: Case) -> str:
    """Across the top: what its sender asks of it, and what became of that."""
    if not case.asks:
        return ""
    said = "".join(f"<div><strong>{escape(_capital(state))}.</strong></div>" for state in recalls.states(case))
    reasons = dict.fromkeys(texts.line(each.reason, 300) for each in case.asks if each.reason.strip())
    why = "".join(f"<div>Lý do của nơi gửi: {escape(reason)}</div>" for reason in reasons)
    what = f"<div>{_coded(recalls.todo(case))}</div>" if case.asked else ""
    return f'<div style="{_WARNING}">{said}{why}{what}</div>'


_WARNING = (
    "border:2px solid var(--red);border-left-width:10px;border-radius:6px;background:#fbe9e7;color:#7a1710;"
    "padding:.7rem 1rem;margin:0 0 1rem"
)


def _next(case: Case, given: Collection[Stage]) -> str:
    if case.asked:
        return f"Trả lời nơi gửi trước đã. {_coded(recalls.todo(case))}"
    if case.agreed:
        return "Văn bản đã thu hồi, cập nhật hoặc thay thế; không cần kéo đi đâu nữa."
    said = _NEXT[case.stage]
    for stage in (Stage.ASSIGNED, Stage.PROCESSING):
        if stage not in given:
            name = f"<code>{names.STAGES[stage]}</code>"
            said = said.replace(f"{name}, ", "").replace(f"{name} hoặc ", "")
    return said


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _coded(text: str) -> str:
    """With the folders of the contract as such; nothing else is in it."""
    for name in (names.PLAIN.agree, names.PLAIN.disagree):
        text = text.replace(name, f"<code>{name}</code>")
    return text


def _answers(case: Case) -> list[Said]:
    """What people there answered, and the hub has."""
    return [each for each in case.said if each.told and each.code != "01"]


def _told(said: Said) -> str:
    """One answer as the sheet says it: "Đã tiếp nhận 07:40 ngày 23/11/2026: Số đến 1254 ngày 23/11/2026"."""
    if said.refused:
        return f"Chưa báo được {texts.word(said.code)}: {texts.line(said.refused, 300)}"
    what = texts.listed((texts.line(said.staff, 120), texts.line(said.description, 300)))
    return f"{texts.word(said.code)} {texts.shown(said.heard_at)}{f': {what}' if what else ''}"


def _files(case: Case) -> str:
    if not case.files:
        return "<h2>Tệp kèm theo</h2><p>Văn bản này không có tệp kèm theo.</p>"
    rows = "".join(
        f"<tr><td><b>{escape(each.full_name)}</b>{_other_name(each.name, each.full_name)}"
        f'<div class="hash">SHA-256 {each.digest}</div></td><td class="size">{texts.size(each.size)}</td></tr>'
        for each in case.files
    )
    head = "Tệp đã hủy hoặc không còn trong thư mục" if case.bare else "Tệp kèm theo"
    return f"<h2>{head} ({len(case.files)})</h2><table>{rows}</table>"


def _other_name(name: str, full_name: str) -> str:
    return "" if name == full_name else f'<div class="small">Tên trong thư mục: {escape(name)}</div>'


def board(
    unit: str,
    cases: Sequence[Case],
    waiting: Mapping[str, str],
    now: datetime,
    sent: str = "",
    owed: str = "",
) -> bytes:
    """`theo-doi.html`: open documents and where they stand; as HTML what is owed, and those sent from here."""
    rows = "".join(map(_row, cases, (waiting.get(case.delivery, "") for case in cases)))
    table = (
        '<table class="in"><tr><th>Số, ký hiệu</th><th>Trích yếu</th><th>Nơi gửi</th><th>Đến lúc</th>'
        f"<th>Tình trạng</th></tr>{rows}</table>"
        if rows
        else '<p class="empty">Không còn văn bản nào đang mở.</p>'
    )
    updated = f"Cập nhật lúc {now.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}; nhấn <kbd>F5</kbd> để xem mới."
    return frame.page(
        f"Theo dõi văn bản - {unit}" if sent else f"Theo dõi văn bản đến - {unit}",
        f'<p class="over">{escape(unit)}</p><h1>Văn bản đến đang mở: {len(cases)}</h1>{owed}{table}{sent}'
        f'<p class="small">{updated}</p>',
        wide=True,
        refresh=True,
        style=_BOARD_STYLE,
    )


_BOARD_STYLE = """
table.in th:nth-child(1){width:16%}table.in th:nth-child(3){width:16%}
table.in th:nth-child(4){width:14%}table.in th:nth-child(5){width:26%}
h1.second{margin-top:2.5rem}table.back th:first-child{width:33%}
table.out th:first-child{width:22%}table.out th:nth-child(3){width:15%}table.out th:nth-child(4){width:29%}
.bad{color:var(--red);font-weight:600}.wait{color:var(--amber);font-weight:600}
progress{display:block;width:100%;height:.5rem;margin-top:.25rem;accent-color:var(--green)}
"""


def _row(case: Case, waiting: str) -> str:
    state = f'<span class="tag">{escape(texts.STAGE_WORDS[case.stage])}</span>'
    if case.person:
        state += f" {escape(case.person)}"
    notes = [waiting, "Thư mục đã bị xóa; văn bản vẫn đang mở." if case.gone else ""]
    notes += [f"Chưa báo được {texts.word(each.code)}: {each.refused}" for each in case.said if each.refused]
    small = "".join(f'<div class="small">{escape(note)}</div>' for note in notes if note)
    if case.asked:
        said = f"{recalls.states(case)[-1]}."
        todo = f'<div class="small">{_coded(recalls.todo(case))}</div>'
        small = f'<div class="bad">{escape(_capital(said))}</div>{todo}{small}'
    hot = frame.urgency(case.urgency) if case.urgency else ""
    return (
        f'<tr><td><strong>{escape(case.code)}</strong><div class="small">~{escape(case.tail)}</div>{hot}</td>'
        f"<td>{escape(case.subject)}</td><td>{escape(case.sender)}</td>"
        f"<td>{escape(texts.shown(case.received_at))}</td><td>{state}{small}</td></tr>"
    )


def guide(
    unit: str,
    grace: float,
    grace_refusal: float,
    sending: Sending | None = None,
    hotline: str = "",
    given: Collection[Stage] = frozenset(Stage),
) -> bytes:
    """`HUONG-DAN.html`: how to work with the folders; of receiving alone where nothing can be sent from them.

    `given`: the stages that its unit has.
    """
    receiving = Receiving(texts.span(grace), texts.span(grace_refusal), given)
    body = guiding.body(escape(unit), receiving, sending, hotline)
    return frame.page(f"Hướng dẫn - {unit}", body, style=guiding.STYLE)
