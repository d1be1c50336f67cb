"""The clerk's pages as HTML: escaped, without a script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape

from tests.counterparts.eoffice.looks import PAGE, Event, Line
from tests.counterparts.eoffice.model import BUSINESS, STATUSES, URGENCIES, VIETNAM, Paper, Party
from tests.counterparts.eoffice.register import GESTURES, STATES

_COLOURS: Mapping[str, str] = {
    "den": "blue", "vao-so": "teal", "phan-cong": "violet", "dang-xu-ly": "amber", "hoan-thanh": "green",
    "tra-lai": "red", "yeu-cau": "amber", "dong-y": "green", "khong-dong-y": "red", "thu-hoi": "red",
    "01": "blue", "02": "red", "03": "teal", "04": "violet", "05": "amber", "06": "green", "13": "amber",
    "15": "green", "16": "red",
}  # fmt: skip
#: gestures that end something
_RED = {"refuse", "decline"}


def page(title: str, here: str, me: Party, body: str, *, refresh: bool = False) -> str:
    """A whole page. `here`: which of the three places it belongs to."""
    again = '<meta http-equiv="refresh" content="15">' if refresh else ""
    places = (("/den", "Văn bản đến"), ("/di", "Văn bản đi"), ("/gui", "Gửi văn bản"))
    links = "".join(
        f'<a href="{path}"{" class=here aria-current=page" if path == here else ""}>{name}</a>' for path, name in places
    )
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8">{again}'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        '<link rel="stylesheet" href="/style.css"></head><body>'
        f"<header><b>{escape(me.name)}</b><small>{escape(me.code)} · quản lý văn bản (thử nghiệm)</small>"
        f"<nav>{links}</nav></header><main>{body}</main></body></html>"
    )


def came_list(lines: Sequence[Line], counts: Mapping[str, int], state: str, number: int) -> str:
    """The register of what came in."""
    links = [
        ("", "Tất cả", sum(counts.values())),
        *((each, STATES[each], counts[each]) for each in STATES if each in counts),
    ]
    filters = "".join(
        f'<a class="tag {_COLOURS.get(each, "")}" href="/den?trang-thai={each}">'
        f"{'● ' if each == state else ''}{label} {count}</a>"
        for each, label, count in links
    )
    rows = "".join(_came_row(line) for line in lines[:PAGE])
    head = "<th>Số đến<th>Ngày đến<th>Số, ký hiệu<th>Nơi gửi<th>Trích yếu<th>Trạng thái"
    return f"<h1>Văn bản đến</h1><div class=filters>{filters}</div>" + _table(
        head, rows, "Chưa có văn bản nào.", _pages(f"/den?trang-thai={state}&", number, more=len(lines) > PAGE)
    )


def _came_row(line: Line) -> str:
    row, paper = line.row, line.paper
    return (
        f"<tr{' class=new' if row['state'] in {'den', 'yeu-cau'} else ''}><td class=no>{row['number'] or '–'}"
        f"<td class=day>{_day(row['received'])}<td><a href=/den/{line.id}>{escape(paper.code)}</a>{_business(paper)}"
        f"<td>{escape(paper.sender.name or paper.sender.code)}<td>{escape(paper.subject)}{_urgency(paper)}"
        f"<td>{tag(row['state'], STATES[row['state']])}</tr>"
    )


def went_list(lines: Sequence[Line], number: int) -> str:
    """The register of what went out."""
    rows = "".join(_went_row(line) for line in lines[:PAGE])
    head = "<th>Ngày gửi<th>Số, ký hiệu<th>Trích yếu<th>Nơi nhận và hồi báo"
    return "<h1>Văn bản đi</h1>" + _table(
        head, rows, "Chưa gửi văn bản nào.", _pages("/di?", number, more=len(lines) > PAGE)
    )


def _went_row(line: Line) -> str:
    paper = line.paper
    told = "<br>".join(f"{escape(each.name or each.code)} {_answer(line, each)}" for each in paper.to)
    return (
        f"<tr><td class=day>{_day(line.row['created'])}<td><a href=/di/{line.id}>{escape(paper.code)}</a>"
        f"{_business(paper)}<td>{escape(paper.subject)}{_urgency(paper)}<td>{told}</tr>"
    )


def came_page(line: Line, events: Sequence[Event], token: str) -> str:
    """A document that came in, and what can be done with it."""
    row, paper = line.row, line.paper
    forms = "".join(_gesture(line.id, name, token) for name, each in GESTURES.items() if row["state"] in each.before)
    nothing = "<p class=soft>Không còn việc phải làm.</p>"
    about = _about(row["original"])
    assigned = f"<p>Giao: <b>{escape(row['assigned'])}</b></p>" if row["assigned"] else ""
    return (
        f"<h1>{escape(paper.code)} {tag(row['state'], STATES[row['state']])}</h1><div class=two><div>"
        f"{_facts(paper, f'/den/{line.id}')}{_timeline('Diễn biến', events)}</div>"
        f"<div class=card><h2>Xử lý</h2>{about}{assigned}{forms or nothing}</div></div>"
    )


def went_page(line: Line, events: Sequence[Event], token: str) -> str:
    """A document that went out, with the answers that came back."""
    paper = line.paper
    rows = "".join(f"<tr><td>{escape(each.name or each.code)}<td>{_answer(line, each)}</tr>" for each in paper.to)
    back = (
        f"<form class=row method=post action=/di/{line.id}>{_token(token)}"
        '<input type=text name=words required maxlength=500 placeholder="Lý do lấy lại" aria-label="Lý do lấy lại">'
        "<button class=red>Lấy lại</button></form>"
    )
    return (
        f"<h1>{escape(paper.code)}</h1><div class=two><div>{_facts(paper, f'/di/{line.id}')}"
        f"<div class=card><h2>Yêu cầu lấy lại</h2>{back}</div></div><div>"
        f"<div class=card><h2>Nơi nhận</h2><table>{rows}</table></div>{_timeline('Hồi báo', events)}</div></div>"
    )


def send_page(agencies: Sequence[Party], kinds: Iterable[str], token: str, said: Mapping[str, str]) -> str:
    """The form to send a document."""

    def field(name: str, label: str, more: str = "") -> str:
        value = escape(said.get(name, ""))
        return f'<label><span>{label}</span><input type=text name={name} value="{value}" {more}></label>'

    boxes = "".join(
        f'<label><input type=checkbox name=to value="{escape(each.code)}">{escape(each.name)} '
        f"<small class=soft>{escape(each.code)}</small></label>"
        for each in agencies
    )
    choices = "".join(f"<option>{escape(kind)}</option>" for kind in kinds)
    urgent = "".join(f"<option value={number}>{name}</option>" for number, name in enumerate(URGENCIES[:4]))
    return (
        f"<h1>Gửi văn bản</h1><form class=card method=post action=/gui enctype=multipart/form-data>{_token(token)}"
        f"<div class=grid>{field('number', 'Số', 'required maxlength=20')}"
        f"{field('notation', 'Ký hiệu', 'required maxlength=40')}"
        f"<label><span>Loại văn bản</span><select name=kind>{choices}</select></label>"
        f"<label><span>Độ khẩn</span><select name=urgency>{urgent}</select></label>"
        f"{field('signer', 'Người ký', 'maxlength=50')}</div>"
        f"<p>{field('subject', 'Trích yếu', 'required maxlength=500')}</p>"
        f"<p>Nơi nhận</p><fieldset>{boxes or '<span class=soft>Danh bạ còn trống.</span>'}</fieldset>"
        f"<p>{field('more', 'Mã định danh khác, cách nhau bằng dấu phẩy', 'maxlength=500')}</p>"
        "<p><label><span>Tệp đính kèm</span><input type=file name=file multiple></label></p><button>Gửi</button></form>"
    )


def notice(text: str, back: str) -> str:
    """A few words, and the way back."""
    return f"<div class='card note'><p>{escape(text)}</p><p><a href='{back}'>Quay lại</a></p></div>"


def tag(code: str, label: str) -> str:
    """A state in its colour."""
    return f'<span class="tag {_COLOURS.get(code, "")}">{escape(label)}</span>'


def _about(original: int | None) -> str:
    return f"<p class=soft>Đây là yêu cầu về <a href=/den/{original}>văn bản đến này</a>.</p>" if original else ""


def _answer(line: Line, party: Party) -> str:
    code = line.answers.get(party.code, "")
    return tag(code, STATUSES.get(code, code)) if code else tag("", "Chưa hồi báo")


def _gesture(doc: int, name: str, token: str) -> str:
    each = GESTURES[name]
    words = (
        f'<input type=text name=words required maxlength=500 placeholder="{each.words}" aria-label="{each.words}">'
        if each.words
        else ""
    )
    return (
        f"<form class=row method=post action=/den/{doc}>{_token(token)}<input type=hidden name=gesture value={name}>"
        f"{words}<button{' class=red' if name in _RED else ''}>{each.label}</button></form>"
    )


def _facts(paper: Paper, base: str) -> str:
    pairs = (
        ("Số, ký hiệu", paper.code), ("Ngày ban hành", _turned(paper.date)), ("Loại", paper.kind),
        ("Nơi gửi", _party(paper.sender)), ("Trích yếu", paper.subject),
        ("Người ký", " – ".join(each for each in (paper.position, paper.signer) if each)),
        ("Độ khẩn", URGENCIES[paper.urgency] if paper.urgency < len(URGENCIES) else str(paper.urgency)),
        ("Hạn trả lời", _turned(paper.due)), ("Lý do", paper.reason if paper.business else ""),
        ("Mã văn bản", paper.document_id),
    )  # fmt: skip
    facts = "".join(f"<dt>{name}<dd>{escape(value)}" for name, value in pairs if value)
    files = "".join(
        f"<li><a href={base}/tep/{number}>{escape(each.name)}</a> <span class=soft>{_size(each.size)}</span>"
        for number, each in enumerate(paper.files)
    )
    return f"<div class=card><dl>{facts}</dl></div>" + (
        f"<div class=card><h2>Tệp đính kèm</h2><ul>{files}</ul></div>" if files else ""
    )


def _timeline(title: str, events: Sequence[Event]) -> str:
    lines = "".join(map(_event, events))
    return f"<div class=card><h2>{title}</h2><ol class=time>{lines or '<li class=soft>Chưa có gì.'}</ol></div>"


def _event(event: Event) -> str:
    said = tag(event.code, f"{event.code} {STATUSES.get(event.code, '')}") if event.code else ""
    told = f" <span class=soft>({escape(event.told)})</span>" if event.told else ""
    when = f"{event.at:%d/%m/%Y %H:%M:%S}"
    return f"<li><span class=soft>{when}</span> <b>{escape(event.who)}</b> {said} {escape(event.text)}{told}"


def _table(head: str, rows: str, nothing: str, pages: str) -> str:
    table = f"<table><thead><tr>{head}</tr></thead>{rows}</table>" if rows else f"<p class=empty>{nothing}</p>"
    return f'<div class="card scroll">{table}</div>{pages}'


def _pages(base: str, number: int, *, more: bool) -> str:
    before = f'<a href="{base}trang={number - 1}">← Mới hơn</a>' if number else ""
    after = f'<a href="{base}trang={number + 1}">Cũ hơn →</a>' if more else ""
    return f"<p class=pages>{before}{after}</p>"


def _token(token: str) -> str:
    return f"<input type=hidden name=token value={token}>"


def _business(paper: Paper) -> str:
    return f" {tag('yeu-cau', BUSINESS.get(paper.business, str(paper.business)))}" if paper.business else ""


def _urgency(paper: Paper) -> str:
    return f" {tag('02', URGENCIES[min(paper.urgency, len(URGENCIES) - 1)])}" if paper.urgency else ""


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, VIETNAM):%d/%m/%Y %H:%M}"


def _party(party: Party) -> str:
    return f"{party.name} ({party.code})" if party.name else party.code


def _turned(date: str) -> str:
    """yyyy/MM/dd as people write it; anything else as it is."""
    return "/".join(reversed(date.split("/"))) if date.count("/") == 2 else date


def _size(size: int) -> str:
    return f"{size / 1024:.0f} KB" if size < 1 << 20 else f"{size / (1 << 20):.1f} MB"
