"""The pages a clerk opens by a double click: read only, no script, everything escaped. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from hub import VIETNAM, Document
from plugins.folderdrop.clerk import texts
from plugins.folderdrop.clerk.cases import Case
from plugins.folderdrop.clerk.guide import GUIDE

_STYLE = """
:root{--ink:#1c2733;--soft:#5a6875;--line:#d9dfe5;--paper:#fff;--ground:#eef1f4;--blue:#0b4f8a;--red:#b3261e}
*{box-sizing:border-box}
body{margin:0;padding:2rem 1rem;background:var(--ground);color:var(--ink);
 font:16px/1.5 "Segoe UI","Noto Sans",Roboto,Arial,sans-serif}
main{max-width:56rem;margin:auto;background:var(--paper);border:1px solid var(--line);border-radius:10px;
 padding:2rem 2.25rem;overflow-wrap:anywhere}
main.wide{max-width:80rem}
h1{font-size:1.45rem;line-height:1.3;margin:.25rem 0 .5rem}
h2{font-size:1.05rem;margin:1.75rem 0 .5rem;color:var(--blue)}
p{margin:.4rem 0}
.over{color:var(--soft);font-size:.9rem;letter-spacing:.03em;margin:0}
.tag{display:inline-block;border-radius:99px;padding:.05rem .7rem;font-size:.9rem;font-weight:600;
 background:#e3edf6;color:var(--blue);white-space:nowrap}
.tag.hot{background:#fbe9e7;color:var(--red)}
table{width:100%;border-collapse:collapse;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.5rem .6rem;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600;font-size:.9rem}
table.facts th{width:11rem;white-space:nowrap}
td.size{white-space:nowrap;color:var(--soft);text-align:right}
.small{color:var(--soft);font-size:.85rem}
.hash{font:12px/1.4 Consolas,"DejaVu Sans Mono",monospace;color:var(--soft)}
.help{background:#f5f8fb;border-left:4px solid var(--blue);border-radius:0 6px 6px 0;
 padding:.6rem 1rem;margin:1.5rem 0 0}
.empty{padding:1.5rem 0;color:var(--soft)}
td>strong,td.span{white-space:nowrap}
kbd,code{font:.92em Consolas,"DejaVu Sans Mono",monospace;background:#f1f4f7;border:1px solid var(--line);
 border-radius:4px;padding:0 .3rem;white-space:nowrap}
@media print{body{background:#fff;padding:0}main{border:0;padding:0}.help{display:none}}
"""


#: Across the sheet of a document that does not count.
_TRIAL = (
    '<p style="border:3px solid var(--red);color:var(--red);text-align:center;font-weight:700;padding:.4rem">'
    "THỬ NGHIỆM: văn bản thử, không có giá trị thi hành</p>"
)


def _page(title: str, body: str, *, wide: bool = False, refresh: bool = False) -> bytes:
    again = '<meta http-equiv="refresh" content="60">' if refresh else ""
    head = (
        '<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="viewport" content="width=device-width">{again}<title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>"
    )
    return f'{head}<body><main class="{"wide" if wide else ""}">{body}</main></body></html>\n'.encode(
        "utf-8", "replace"
    )


def _urgency(urgency: int) -> str:
    hot = " hot" if urgency else ""
    return f'<span class="tag{hot}">{escape(texts.URGENCIES[urgency])}</span>'


def _facts(rows: Sequence[tuple[str, str]]) -> str:
    shown = "".join(f"<tr><th>{escape(name)}</th><td>{value}</td></tr>" for name, value in rows if value)
    return f'<table class="facts">{shown}</table>'


def sheet(case: Case, document: Document) -> bytes:
    """`phieu.html`: one document at a glance."""
    day = document.promulgation_date
    signer = document.signer
    rows = [
        ("Số, ký hiệu", f"<b>{escape(case.code)}</b>"),
        ("Ngày văn bản", f"{day:%d/%m/%Y}" if day else ""),
        ("Cơ quan gửi", escape(texts.listed(tuple(dict.fromkeys((case.sender, document.sender.id)))))),
        ("Loại văn bản", escape(document.type.name)),
        ("Trích yếu", escape(case.subject)),
        ("Độ khẩn", _urgency(case.urgency)),
        ("Nghiệp vụ", escape(texts.listed((texts.BUSINESS[document.business.type], document.business.reason)))),
        ("Người ký", escape(texts.listed((signer.full_name, signer.position)))),
        ("Hạn trả lời", escape(texts.day(document.due_date))),
        ("Đến lúc", escape(texts.shown(case.received_at))),
        ("Mã tra cứu", f"~{escape(case.tail)}"),
    ]
    title = case.subject or case.code
    return _page(
        f"Phiếu văn bản đến {case.code}",
        f"{_TRIAL if case.trial else ''}"
        f'<p class="over">PHIẾU VĂN BẢN ĐẾN</p><h1>{escape(title)}</h1>{_facts(rows)}{_files(case)}'
        '<div class="help">Kéo <strong>cả thư mục</strong> này sang ô đúng việc đã làm: '
        "<code>3-da-tiep-nhan</code> khi đã vào sổ, <code>2-tu-choi</code> khi từ chối (kèm lý do trong "
        "<code>ly-do.txt</code>). Muốn báo số đến: thêm số vào đầu tên thư mục, ví dụ <code>1254 …</code>. "
        "Trang này chỉ để xem.</div>",
    )


def _files(case: Case) -> str:
    if not case.files:
        return "<h2>Tệp kèm theo</h2><p>Văn bản này không có tệp kèm theo.</p>"
    rows = "".join(
        f"<tr><td><b>{escape(each.full_name)}</b>{_other_name(each.name, each.full_name)}"
        f'<div class="hash">SHA-256 {each.digest}</div></td><td class="size">{texts.size(each.size)}</td></tr>'
        for each in case.files
    )
    return f"<h2>Tệp kèm theo ({len(case.files)})</h2><table>{rows}</table>"


def _other_name(name: str, full_name: str) -> str:
    return "" if name == full_name else f'<div class="small">Tên trong thư mục: {escape(name)}</div>'


def board(unit: str, cases: Sequence[Case], waiting: Mapping[str, str], now: datetime) -> bytes:
    """`theo-doi.html`: open documents and where they stand, the oldest and the urgent first."""
    rows = "".join(map(_row, cases, (waiting.get(case.delivery, "") for case in cases)))
    table = (
        "<table><tr><th>Số, ký hiệu</th><th>Trích yếu</th><th>Nơi gửi</th><th>Đến lúc</th><th>Tình trạng</th></tr>"
        f"{rows}</table>"
        if rows
        else '<p class="empty">Không còn văn bản nào đang mở.</p>'
    )
    updated = f"Cập nhật lúc {now.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}; nhấn <kbd>F5</kbd> để xem mới."
    return _page(
        f"Theo dõi văn bản đến - {unit}",
        f'<p class="over">{escape(unit)}</p><h1>Văn bản đến đang mở: {len(cases)}</h1>{table}'
        f'<p class="small">{updated}</p>',
        wide=True,
        refresh=True,
    )


def _row(case: Case, waiting: str) -> str:
    state = f'<span class="tag">{escape(texts.STAGE_WORDS[case.stage])}</span>'
    if case.person:
        state += f" {escape(case.person)}"
    notes = [waiting, "Thư mục đã bị xóa; văn bản vẫn đang mở." if case.gone else ""]
    notes += [f"Chưa báo được {texts.word(each.code)}: {each.refused}" for each in case.said if each.refused]
    small = "".join(f'<div class="small">{escape(note)}</div>' for note in notes if note)
    hot = _urgency(case.urgency) if case.urgency else ""
    return (
        f'<tr><td><strong>{escape(case.code)}</strong><div class="small">~{escape(case.tail)}</div>{hot}</td>'
        f"<td>{escape(case.subject)}</td><td>{escape(case.sender)}</td>"
        f"<td>{escape(texts.shown(case.received_at))}</td><td>{state}{small}</td></tr>"
    )


def guide(unit: str, grace: float, grace_refusal: float) -> bytes:
    """`HUONG-DAN.html`: how to work with the folders."""
    body = GUIDE.format(unit=escape(unit), grace=texts.span(grace), refusal=texts.span(grace_refusal))
    return _page(f"Hướng dẫn - {unit}", body)
