"""BIEN-NHAN: what a clerk has in hand of each document sent, as a page and as text. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape

from hub import VIETNAM, Story
from plugins.folderdrop.clerk import frame, texts
from plugins.folderdrop.clerk.sending import progress
from plugins.folderdrop.clerk.sending.progress import TOTALS, Progress, Row
from plugins.folderdrop.clerk.sending.records import Enclosed, Fate, Posted, Recall

TITLE = "BIÊN NHẬN GỬI VĂN BẢN ĐIỆN TỬ"
EXPLAINED = (
    (
        "“Đã chuyển” là máy đã giao tận nơi; “Đã đến” là phần mềm hoặc thư mục nơi nhận đã báo có văn bản; "
        "“Đã tiếp nhận” là văn thư nơi nhận đã vào sổ."
    ),
    "Giờ không ghi ngày là giờ trong ngày {day}.",
)
_TONES = {
    Progress.FAILED: "bad",
    Progress.REFUSED: "bad",
    Progress.OUT_OF_REACH: "bad",
    Progress.KEPT: "bad",
    Progress.STUCK: "wait",
    Progress.ASKED: "wait",
    Progress.HELD: "calm",
    Progress.ON_ITS_WAY: "calm",
    Progress.DELIVERED: "there",
    Progress.ACCEPTED: "good",
    Progress.HANDLED: "good",
    Progress.FINISHED: "best",
    Progress.GIVEN_BACK: "good",
    Progress.WITHDRAWN: "calm",
}
_STYLE = """
h1.name{font-size:1.3rem;letter-spacing:.02em;color:var(--blue);margin:0 0 1rem}
dl{display:flex;flex-wrap:wrap;gap:.8rem 2.75rem;margin:0;padding:1rem 0;border:solid var(--line);border-width:1px 0}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-weight:600}
dl .all{flex:0 0 100%}dl .all dd{font-size:1.12rem;line-height:1.35}
.files td{padding:.4rem 0}.files td.size{padding-left:.8rem}.files .small{margin-left:.6rem}
.state{border-radius:8px;padding:.7rem 1rem;margin:.8rem 0 0;background:#e9f1f8;color:var(--blue);font-weight:600}
.state.bad{background:#fbe9e7;color:var(--red)}.state.off{background:#eef1f4;color:var(--ink)}
.state.good{background:#e6f2ea;color:var(--green)}
.bar{display:flex;gap:2px;height:10px;margin:.9rem 0 .6rem;border-radius:5px;overflow:hidden;background:var(--line)}
.bar i{display:block;min-width:4px}
.bar .bad{background:var(--red)}.bar .wait{background:#d98a00}.bar .calm{background:#b6c2cd}
.bar .there{background:#7fb0d8}.bar .good{background:#4f9c6c}.bar .best{background:var(--green)}
.rows{font-size:.95rem}.rows td,.rows th{padding:.38rem .55rem}.rows td:first-child{font-weight:600}
.rows th{border-bottom:2px solid var(--line);white-space:nowrap;font-size:.95em}
.rows th:first-child,.rows th:last-child{width:25%}.rows th:nth-child(5){width:15%}
.rows td:nth-child(2),.rows td:nth-child(3),.rows td:nth-child(4){white-space:nowrap}
.bad td:first-child{box-shadow:inset 3px 0 var(--red)}.wait td:first-child{box-shadow:inset 3px 0 #d98a00}
tr.bad .note,tr.bad .no{color:var(--red)}tr.wait .note,tr.wait .no{color:var(--amber)}
.yes{color:var(--green);font-weight:600}
.no{color:var(--soft)}.note{display:block;font-size:.95em}
.total{font-weight:600;margin:.8rem 0}
.warn{margin:.3rem 0;padding-left:1.2rem;color:var(--amber)}
.foot{margin-top:1.2rem}
@media print{dl{padding:6px 0;gap:5px 24px}.rows{font-size:8.5pt}
 .rows tbody td{line-height:1.35}.rows td,.rows th{padding:2.5px 5px}
 .files td{padding:2px 0}.state{padding:5px 10px}.fresh{display:none}h2{margin:12px 0 4px}.bar{height:6px}
 .hash{font-size:8px}}
"""
_COLUMNS = ("Nơi nhận", "Đã chuyển", "Đã đến", "Đã tiếp nhận", "Xử lý", "Ghi chú")
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def page(posted: Posted, stories: Sequence[Story], now: datetime, hotline: str = "") -> bytes:
    """`BIEN-NHAN.html`: one sent document, and how far it has come with everyone."""
    told = progress.rows(posted, stories)
    body = (
        f'<h1 class="name">{TITLE}</h1>{_facts(posted)}{_files(posted)}<h2>Chuyển đi</h2><p>{custody(posted)}</p>'
        f"{_state(posted, stories, told, hotline)}{_table(told)}{_foot(posted, now, hotline)}"
    )
    return frame.page(f"Biên nhận {texts.line(posted.code, 80)}", body, wide=True, refresh=True, style=_STYLE)


def says(posted: Posted, stories: Sequence[Story], hotline: str = "") -> bytes:
    """The page at no particular time: where two are equal, the newer one has nothing to add."""
    return page(posted, stories, _NO_TIME, hotline)


def text(posted: Posted, stories: Sequence[Story], now: datetime, hotline: str = "") -> bytes:
    """`BIEN-NHAN.txt`: the same for screen readers and for printing."""
    return texts.for_notepad(*_lines(posted, stories, now, hotline))


# What both say


def custody(posted: Posted) -> str:
    """Since when the hub has it, to the second."""
    at = datetime.fromisoformat(posted.at).astimezone(VIETNAM)
    said = f"{at:%H:%M:%S}, {texts.weekday(at)} {at:%d/%m/%Y}"
    return f"Trục liên thông của tỉnh đã nhận giữ văn bản lúc {said}."


def stop(posted: Posted) -> str:
    """Until when it can be stopped, and how."""
    at = datetime.fromisoformat(posted.at).astimezone(VIETNAM)
    until = progress.until(posted, at.date())
    return f"Sẽ chuyển đi lúc {until}. Muốn dừng: kéo thư mục này vào thu-hoi trước {until}."


def _now_holds(posted: Posted, stories: Sequence[Story], told: Sequence[Row], hotline: str) -> tuple[str, str]:
    """The one sentence that a clerk looks for, and its tone."""
    counts = Counter(row.progress for row in told)
    stopped = counts[Progress.WITHDRAWN]
    if posted.fate is Fate.WITHDRAWN or (stopped and stopped + counts[Progress.FAILED] == len(told)):
        return "Đã dừng, chưa gửi cho ai.", "off"
    if posted.fate is Fate.QUARANTINED:
        return _kept(posted, hotline), "bad"
    if progress.stoppable(posted, stories):
        return stop(posted), ""
    if posted.recall:
        return _recall(posted.recall, counts)
    if failed := counts[Progress.FAILED]:
        return f"Không chuyển được tới {failed} nơi nhận.{texts.help_line(hotline)}", "bad"
    if refused := counts[Progress.REFUSED]:
        return f"{refused} nơi nhận từ chối tiếp nhận, xem lý do ở dưới.", "bad"
    if told and all(row.taken for row in told):
        return "Tất cả nơi nhận đã tiếp nhận.", "good"
    return ("" if told else "Danh sách nơi nhận sẽ hiện ở đây trong ít phút."), ""


def _recall(recall: Recall, counts: Mapping[Progress, int]) -> tuple[str, str]:
    """How far it is with getting it back."""
    if not recall.at:
        return "Đang ở thu-hoi: khi có lý do, các nơi nhận sẽ được yêu cầu thu hồi. Muốn thôi: kéo về da-gui.", ""
    among = (Progress.GIVEN_BACK, Progress.KEPT, Progress.ASKED, Progress.OUT_OF_REACH)
    said = ", ".join(f"{counts[each]} {TOTALS[each]}" for each in among if counts[each])
    bad = counts[Progress.KEPT] or counts[Progress.OUT_OF_REACH]
    tone = "bad" if bad else "off" if counts[Progress.ASKED] else "good"
    return f"Đã yêu cầu thu hồi lúc {texts.shown(recall.at)}: {said or 'chưa nơi nhận nào có văn bản này'}.", tone


def _kept(posted: Posted, hotline: str) -> str:
    reason = texts.line(posted.reason, 300)
    said = "Trục giữ lại chờ cán bộ kiểm tra, chưa gửi cho ai."
    return f"{said}{f' Lý do: {reason}' if reason else ''}{texts.help_line(hotline)}"


def _earlier(posted: Posted) -> list[tuple[str, str]]:
    """The documents that it names: what they are to it, and which they are."""
    why = (posted.recall.reason,) if posted.recall and posted.recall.reason else ()
    named = (
        ("Thay thế văn bản", posted.replaces),
        ("Thu hồi văn bản", posted.revokes),
        ("Cập nhật văn bản", posted.updates),
        ("Trả lời văn bản", posted.answers),
        ("Lý do thu hồi", why),
    )
    return [(name, texts.line("; ".join(found), 300)) for name, found in named if found]


def _totals(told: Sequence[Row]) -> str:
    counts = Counter(row.progress for row in told)
    furthest_first = (f"{counts[each]} {TOTALS[each]}" for each in sorted(counts, reverse=True))
    return f"Tổng: {texts.listed((f'{len(told)} nơi nhận', *furthest_first))}."


def _signature(each: Enclosed) -> str:
    if not each.signed:
        return ""
    said = ", ".join(part for part in (texts.line(each.signer, 120), _signed_at(each.signed_at)) if part)
    return f"có chữ ký số{f': {said}' if said else ''}; chưa kiểm tra"


def _signed_at(written: str) -> str:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return texts.line(written, 60)
    return f"{at.astimezone(VIETNAM) if at.tzinfo else at:%d/%m/%Y %H:%M}"


def _explained(posted: Posted) -> str:
    at = datetime.fromisoformat(posted.at).astimezone(VIETNAM)
    return " ".join(EXPLAINED).format(day=f"{at:%d/%m/%Y}")


def _updated(now: datetime) -> str:
    return f"{now.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}"


# The page


def _facts(posted: Posted) -> str:
    short = (
        ("Số, ký hiệu", escape(texts.line(posted.code))),
        ("Ngày văn bản", escape(texts.day(texts.line(posted.day, 40)))),
        ("Độ khẩn", frame.urgency(posted.urgency)),
    )
    shown = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in short if value)
    long = (("Trích yếu", texts.line(posted.subject, 500)), *_earlier(posted))
    lines = "".join(f'<div class="all"><dt>{name}</dt><dd>{escape(value)}</dd></div>' for name, value in long)
    return f"<dl>{shown}{lines}</dl>"


def _files(posted: Posted) -> str:
    rows = "".join(
        f"<tr><td><b>{escape(texts.line(each.name, 255))}</b>{_small(_signature(each))}</td>"
        f'<td class="size">{texts.size(each.size)}</td></tr>'
        for each in posted.files
    )
    warnings = "".join(f"<li>{escape(texts.line(each, 300))}</li>" for each in posted.warnings)
    shown = f'<ul class="warn">{warnings}</ul>' if warnings else ""
    return f'<h2>Tệp ({len(posted.files)})</h2><table class="files">{rows}</table>{shown}'


def _small(said: str) -> str:
    return f'<span class="small">{escape(said)}</span>' if said else ""


def _state(posted: Posted, stories: Sequence[Story], told: Sequence[Row], hotline: str) -> str:
    said, tone = _now_holds(posted, stories, told, hotline)
    return f'<div class="state {tone}">{escape(said)}</div>' if said else ""


def _table(told: Sequence[Row]) -> str:
    if not told:
        return ""
    heads = "".join(f"<th>{name}</th>" for name in _COLUMNS)
    lines = "".join(map(_line, told))
    return (
        f'<h2>Nơi nhận ({len(told)})</h2>{_bar(told)}<table class="rows"><thead><tr>{heads}</tr></thead>'
        f'<tbody>{lines}</tbody></table><p class="total">{_totals(told)}</p>'
    )


def _bar(told: Sequence[Row]) -> str:
    counts = Counter(_TONES[row.progress] for row in sorted(told, key=lambda row: row.progress, reverse=True))
    parts = "".join(f'<i class="{tone}" style="flex:{count}"></i>' for tone, count in counts.items())
    return f'<div class="bar" aria-hidden="true">{parts}</div>'


def _line(row: Row) -> str:
    notes = "".join(f'<span class="note">{escape(note)}</span>' for note in row.notes)
    return (
        f'<tr class="{_TONES[row.progress]}"><td>{escape(row.name)}</td><td>{_sent(row)}</td>'
        f"<td>{escape(row.arrived)}</td><td>{_accepted(row)}</td><td>{escape(row.handled)}</td><td>{notes}</td></tr>"
    )


def _sent(row: Row) -> str:
    shown = escape(row.sent)
    return shown if row.sent[:1].isdigit() else f'<span class="no">{shown}</span>'


def _accepted(row: Row) -> str:
    """A tick for what people have accepted, for nothing before."""
    shown = escape(row.accepted)
    if row.taken:
        return f'<span class="yes">✓</span> {shown or "đã tiếp nhận"}'
    return f'<span class="no">{shown}</span>' if shown else ""


def _foot(posted: Posted, now: datetime, hotline: str) -> str:
    hashes = "".join(
        f'<div class="hash">SHA-256 {escape(texts.line(each.digest))} · {escape(texts.line(each.name, 80))}</div>'
        for each in posted.files
    )
    fresh = '<span class="fresh"> (nhấn <kbd>F5</kbd> để xem mới)</span>'
    return (
        f'<div class="foot small"><p>Mã tra cứu: <b>{escape(texts.line(posted.tail, 40))}</b> · '
        f"Cập nhật {_updated(now)}{fresh}.{escape(texts.help_line(hotline))}</p>"
        f"<p>{_explained(posted)}</p>{hashes}</div>"
    )


# The text


def _lines(posted: Posted, stories: Sequence[Story], now: datetime, hotline: str) -> Iterator[str]:
    told = progress.rows(posted, stories)
    yield from (TITLE, "", f"Số, ký hiệu: {texts.line(posted.code)}")
    yield f"Ngày văn bản: {texts.day(texts.line(posted.day, 40)) or 'không rõ'}"
    yield f"Trích yếu: {texts.line(posted.subject, 500)}"
    yield f"Độ khẩn: {texts.URGENCIES[posted.urgency]}"
    yield from (f"{name}: {value}" for name, value in _earlier(posted))
    yield from ("", *_file_lines(posted), "", custody(posted))
    if said := _now_holds(posted, stories, told, hotline)[0]:
        yield said
    if told:
        yield from ("", f"NƠI NHẬN ({len(told)})", *_recipients(told), "", _totals(told))
    yield from (f"Mã tra cứu: {texts.line(posted.tail, 40)} · Cập nhật {_updated(now)}", "")
    yield _explained(posted)
    if hotline.strip():
        yield texts.help_line(hotline).strip()


def _file_lines(posted: Posted) -> Iterator[str]:
    for number, each in enumerate(posted.files, 1):
        said = ", ".join(part for part in (texts.size(each.size), _signature(each)) if part)
        yield f"Tệp {number}: {texts.line(each.name, 255)} ({said})"
        yield f"   SHA-256 {texts.line(each.digest)}"
    yield from (f"Lưu ý: {texts.line(each, 300)}" for each in posted.warnings)


def _recipients(told: Sequence[Row]) -> Iterator[str]:
    for number, row in enumerate(told, 1):
        parts = (_carried(row), row.arrived and f"đã đến {row.arrived}", _taken(row), row.handled, *row.notes)
        yield f"{number}. {row.name}: {'; '.join(part for part in parts if part).removesuffix('.')}."


def _carried(row: Row) -> str:
    if row.sent[:1].isdigit():
        return f"đã chuyển {row.sent}"
    return "chưa chuyển" if row.sent == "chưa" else row.sent


def _taken(row: Row) -> str:
    if row.accepted == "chưa":
        return "chưa tiếp nhận"
    known = row.taken or row.accepted[:1].isdigit()
    return f"đã tiếp nhận {row.accepted}".rstrip() if known else row.accepted
