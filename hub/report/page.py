"""The report as one .html page, without anything from outside. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from hub.report.layout import (
    ANNEX,
    ANNEX_TITLE,
    COUNTRY,
    DRAFT,
    MOTTO,
    PLACES,
    Block,
    Bullets,
    Chart,
    Column,
    Foot,
    Heading,
    Letterhead,
    Paragraph,
    Report,
    Table,
    accompanies,
    lines_of,
    titled,
)
from hub.report.markup import text
from hub.report.pictures import svg
from hub.report.telling import Value, shown

_STYLE = """
*{box-sizing:border-box}
body{margin:0;background:#e9ecef;color:#000;font:14pt/1.35 "Times New Roman","Liberation Serif",Tinos,serif}
main{max-width:210mm;margin:8mm auto;background:#fff;padding:20mm 15mm 20mm 30mm;box-shadow:0 1px 6px #0003}
.head,.foot{display:flex;justify-content:space-between;text-align:center}
.head>div:first-child{width:40%}.head>div:last-child{width:60%}
.head p,.foot p,.mid p{margin:0}
.head{font-size:13pt}.head b{display:block}
hr{border:0;border-top:1px solid #000;margin:1mm auto 2mm}
.stamp{display:inline-block;border:1px solid #000;padding:.2mm 4mm;font-weight:bold;margin-top:1mm}
.mid{text-align:center;margin:6mm 0}
.to{margin-top:4mm!important}
h2,h3{font-size:14pt;margin:4mm 0 1.5mm;text-indent:10mm;break-after:avoid}
h3{font-size:13.5pt;margin:3mm 0 1mm}
p.t{margin:0 0 1.5mm;text-align:justify;text-indent:10mm;overflow-wrap:anywhere}
figure{margin:3mm 0;break-inside:auto}
caption,figcaption{font-weight:bold;font-size:13pt;padding:1.5mm;text-align:center}
table{width:calc(100% - 1px);border-collapse:collapse;font-size:11.5pt;line-height:1.2;table-layout:fixed}
table.many{font-size:9.5pt}
th,td{border:1px solid #000;padding:.8mm 1mm;overflow-wrap:break-word;vertical-align:middle}
th{background:#ededed}
td.n{text-align:right}
tr{break-inside:avoid}
tr.sum td{font-weight:bold}
thead{display:table-header-group}
.note{font-size:11pt;font-style:italic;margin:1mm 0 2mm;text-align:justify}
.none{text-align:center;font-style:italic;margin:1mm 0}
svg{width:100%;height:auto;display:block}svg text{font-family:"Times New Roman","Liberation Serif",serif}
.foot{margin-top:5mm;break-inside:avoid}.foot>div{width:50%}
.foot .to-whom{text-align:left;font-size:11pt}.foot .to-whom b{font-size:12pt;font-style:italic}
.annex{break-before:page;margin-top:14mm;border-top:1px dashed #999;padding-top:6mm}
@media print{@page{size:A4;margin:20mm 15mm 20mm 30mm}body{background:#fff}
 main{margin:0;padding:0;max-width:none;box-shadow:none}.annex{border:0;margin:0;padding:0}
 *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
@media screen and (max-width:700px){main{padding:6mm 4mm}.head{font-size:10pt}body{font-size:12pt}
 figure{overflow-x:auto}table.many{min-width:640px}}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_MANY = 9


def written(report: Report) -> bytes:
    """The whole page."""
    head = report.head
    body = (_head(head), *map(_block, report.blocks), _foot(report.foot), _annex(report))
    title = f"{head.kind} ({DRAFT}): {head.subject}"
    return (
        '<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{text(title)}</title><style>{_STYLE}</style></head>'
        f"<body><main>{''.join(body)}</main></body></html>\n"
    ).encode()


def _head(head: Letterhead) -> str:
    agency = "".join(f"<b>{text(line)}</b>" for line in lines_of(head.agency) if line)
    return (
        f'<div class="head"><div>{agency}<hr style="width:28mm">'
        f'<p>Số: &emsp;&emsp;/{text(head.notation)}</p><span class="stamp">{DRAFT}</span></div>'
        f'<div><b>{COUNTRY}</b><b style="font-size:13.5pt">{MOTTO}</b><hr style="width:52mm">'
        f"<p><i>{text(head.place)}, ngày &emsp; tháng &emsp; năm {head.year}</i></p></div></div>"
        f'<div class="mid"><p><b>{text(head.kind)}</b></p><p><b>{text(head.subject)}</b></p><hr style="width:55mm">'
        f'<p class="to">Kính gửi: {text(head.to)}.</p></div>'
    )


def _block(block: Block) -> str:
    match block:
        case Heading():
            tag = f"h{block.level + 1}"
            return f"<{tag}>{text(block.text)}</{tag}>"
        case Paragraph():
            said = text(block.text)
            return f'<p class="t">{f"<i>{said}</i>" if block.italic else said}</p>'
        case Bullets():
            return "".join(f'<p class="t">- {text(line)}</p>' for line in block.lines)
        case Table():
            return _table(block)
        case Chart():
            return f"<figure>{svg(block)}<figcaption>{text(titled(block))}</figcaption>{_note(block.note)}</figure>"


def _note(note: str) -> str:
    return f'<p class="note">{text(note)}</p>' if note else ""


def _table(table: Table) -> str:
    if not table.rows:
        said = f'<p class="none">{text(table.empty)}</p>'
        return f"<figure><figcaption>{text(titled(table))}</figcaption>{said}{_note(table.note)}</figure>"
    whole = sum(column.weight for column in table.columns)
    widths = "".join(f'<col style="width:{100 * column.weight / whole:.2f}%">' for column in table.columns)
    last = len(table.rows) - 1
    rows = "".join(
        _row(row, table.columns, is_total=table.has_total and number == last) for number, row in enumerate(table.rows)
    )
    many = ' class="many"' if len(table.columns) > _MANY else ""
    return (
        f"<figure><table{many}><caption>{text(titled(table))}</caption><colgroup>{widths}</colgroup>"
        f"<thead>{''.join(_heads(table.columns))}</thead><tbody>{rows}</tbody></table>{_note(table.note)}</figure>"
    )


def _heads(columns: Sequence[Column]) -> Iterator[str]:
    if not any(column.group for column in columns):
        yield f"<tr>{''.join(f'<th>{text(column.title)}</th>' for column in columns)}</tr>"
        return
    top, below = "", ""
    for group, found in groupby(columns, key=lambda column: column.group or column.title):
        members = list(found)
        if members[0].group:
            top += f'<th colspan="{len(members)}">{text(group)}</th>'
            below += "".join(f"<th>{text(column.title)}</th>" for column in members)
        else:
            top += f'<th rowspan="2">{text(group)}</th>'
    yield f"<tr>{top}</tr><tr>{below}</tr>"


def _row(row: Sequence[Value], columns: Sequence[Column], *, is_total: bool) -> str:
    cells = "".join(
        f'<td class="{"n" if column.is_number else ""}">{text(shown(value))}</td>'
        for value, column in zip(row, columns, strict=True)
    )
    return f'<tr class="sum">{cells}</tr>' if is_total else f"<tr>{cells}</tr>"


def _foot(foot: Foot) -> str:
    last = len(foot.places) - 1
    places = "".join(
        f"<p>- {text(place)}{'.' if number == last else ';'}</p>" for number, place in enumerate(foot.places)
    )
    signs = "".join(f"<p><b>{text(sign)}</b></p>" for sign in foot.signs)
    return (
        f'<div class="foot"><div class="to-whom"><b>{PLACES}</b>{places}</div>'
        f'<div>{signs}<p style="height:26mm"></p></div></div>'
    )


def _annex(report: Report) -> str:
    blocks = "".join(map(_block, report.annex))
    return (
        f'<section class="annex"><div class="mid"><p><b>{ANNEX}</b></p><p><b>{ANNEX_TITLE}</b></p>'
        f'<p><i>{text(accompanies(report.head))}</i></p><hr style="width:60mm"></div>{blocks}</section>'
    )
