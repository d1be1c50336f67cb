"""The board's tables of documents that could not be sent, or are not accepted by everybody yet. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from hub import Story
from plugins.folderdrop.clerk import frame, texts
from plugins.folderdrop.clerk.sending import progress
from plugins.folderdrop.clerk.sending.progress import Progress, Row
from plugins.folderdrop.clerk.sending.records import Fate, Posted, Returned


def table(sent: Sequence[tuple[Posted, Sequence[Story]]]) -> str:
    """HTML, problems first; "" where nobody waits for anything."""
    known = [(posted, progress.rows(posted, stories)) for posted, stories in sent if posted.fate is not Fate.WITHDRAWN]
    open_ones = [(posted, rows) for posted, rows in known if not (rows and progress.finished(rows))]
    if not open_ones:
        return ""
    ordered = sorted(open_ones, key=lambda each: (_worst(*each), each[0].at))
    stuck = [_to_look_at(posted, rows) for posted, rows in ordered]
    told = [_sent_row(posted, rows) for posted, rows in ordered]
    if any(stuck):
        told = [f"{each}<td>{why}</td>" for each, why in zip(told, stuck, strict=True)]
    lines = "".join(f"<tr>{each}</tr>" for each in told)
    return (
        f'<h1 class="second">Văn bản đã gửi còn chờ: {len(ordered)}</h1><table class="out"><tr><th>Số, ký hiệu</th>'
        f"<th>Trích yếu</th><th>Đã tiếp nhận</th>{'<th>Vướng ở đâu</th>' if any(stuck) else ''}</tr>{lines}</table>"
    )


def returned(found: Sequence[Returned], place: str) -> str:
    """HTML, the newest first; "" where nothing came back."""
    if not found:
        return ""
    told = [each for each in found if each.why]
    lines = "".join(
        f"<tr><td><strong>{escape(texts.line(each.name, 120))}</strong></td>"
        f"<td>{escape(texts.line(each.why, 400))}</td></tr>"
        for each in told
    )
    more = f'<p class="small">và {len(found) - len(told)} mục nữa trong {place}</p>' if len(found) > len(told) else ""
    return (
        f'<h1 class="second">Chưa gửi được, nằm trong {place}: {len(found)}</h1>'
        '<table class="back"><tr><th>Tệp hoặc thư mục</th><th>Vì sao (đọc tiếp trong LY-DO.txt bên cạnh)</th></tr>'
        f"{lines}</table>{more}"
    )


def _worst(posted: Posted, rows: Sequence[Row]) -> Progress:
    if posted.fate is Fate.QUARANTINED:
        return Progress.FAILED
    return rows[0].progress if rows else Progress.HELD


def _sent_row(posted: Posted, rows: Sequence[Row]) -> str:
    hot = frame.urgency(posted.urgency) if posted.urgency else ""
    return (
        f"<td><strong>{escape(texts.line(posted.code))}</strong>"
        f'<div class="small">~{escape(texts.line(posted.tail, 40))} · {escape(texts.shown(posted.at))}</div>{hot}</td>'
        f"<td>{escape(texts.line(posted.subject, 300))}</td><td>{_accepted(rows)}</td>"
    )


def _accepted(rows: Sequence[Row]) -> str:
    accepted = sum(row.taken for row in rows)
    bar = f'<progress value="{accepted}" max="{len(rows)}"></progress>'
    return f"{accepted}/{len(rows)} nơi nhận{bar}" if rows else ""


def _to_look_at(posted: Posted, rows: Sequence[Row]) -> str:
    """Who stands in the way, named while they are few."""
    if posted.fate is Fate.QUARANTINED:
        return '<span class="bad">Trục giữ lại chờ cán bộ kiểm tra</span>'
    groups = ((each, [row.name for row in rows if row.progress is each]) for each in Progress if each <= Progress.STUCK)
    return "".join(
        f'<div><span class="{"wait" if each is Progress.STUCK else "bad"}">'
        f"{progress.TOTALS[each][:1].upper()}{progress.TOTALS[each][1:]}:</span> {escape(_few(found))}</div>"
        for each, found in groups
        if found
    )


def _few(found: Sequence[str]) -> str:
    more = f" và {len(found) - 3} nơi nữa" if len(found) > 3 else ""
    return f"{', '.join(found[:3])}{more}"
