"""The report as a .docx document, in the layout of an official document (Nghị định 30/2020, Phụ lục I)."""

from __future__ import annotations

import io

from docx import Document
from docx.document import Document as Paper
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph as Line

from hub.report.embedding import embed
from hub.report.layout import (
    ANNEX,
    ANNEX_TITLE,
    Block,
    Bullets,
    Chart,
    Foot,
    Heading,
    Letterhead,
    Paragraph,
    Report,
    Table,
    accompanies,
)
from hub.report.telling import visible
from hub.report.wordxml import FACE, foot_xml, head_xml, line_below, table_xml

_TOP, _BOTTOM, _LEFT, _RIGHT = 20, 20, 30, 15
WIDTH = 210 - _LEFT - _RIGHT
_CENTRE, _JUSTIFIED = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY
_INDENT = Mm(10)
_CHART_HEIGHT, _BAR = 62.0, 7.5
_PAGE = (
    f'<w:fldSimple {nsdecls("w")} w:instr=" PAGE "><w:r><w:rPr><w:rFonts w:ascii="{FACE}" w:hAnsi="{FACE}"/>'
    '<w:sz w:val="26"/></w:rPr><w:t>2</w:t></w:r></w:fldSimple>'
)


def written(report: Report) -> bytes:
    """The whole document."""
    paper = Document()
    _set_up(paper, report.head)
    _append(paper, head_xml(report.head, WIDTH))
    _title(paper, report.head)
    for number, block in enumerate(report.blocks, 1):
        _block(paper, block, number)
    _foot(paper, report.foot)
    _annex(paper, report)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def _set_up(paper: Paper, head: Letterhead) -> None:
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(_TOP), Mm(_BOTTOM)
    section.left_margin, section.right_margin = Mm(_LEFT), Mm(_RIGHT)
    section.header_distance = section.footer_distance = Mm(10)
    # The first page bears no number.
    section.different_first_page_header_footer = True
    top = section.header.paragraphs[0]
    top.alignment = _CENTRE
    top._p.append(parse_xml(_PAGE))  # noqa: SLF001 - the library has no fields
    normal = paper.styles["Normal"]
    normal.font.name, normal.font.size = FACE, Pt(14)
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(script), FACE)
    normal.paragraph_format.space_after, normal.paragraph_format.space_before = Pt(0), Pt(0)
    # Else Word calls it a document of an older version.
    for setting in paper.settings.element.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")
    core = paper.core_properties
    core.title, core.author, core.language, core.comments = visible(head.subject), visible(head.agency), "vi-VN", ""


def _append(paper: Paper, xml: str) -> None:
    body = paper.element.body
    body.insert(len(body) - 1, parse_xml(xml))


def _line(paper: Paper, text: str, *, bold: bool = False, italic: bool = False, size: float = 14) -> Line:
    line = paper.add_paragraph()
    run = line.add_run(visible(text))
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
    return line


def _centred(paper: Paper, text: str, *, bold: bool = False, italic: bool = False, size: float = 14) -> Line:
    line = _line(paper, text, bold=bold, italic=italic, size=size)
    line.alignment = _CENTRE
    return line


def _title(paper: Paper, head: Letterhead) -> None:
    first = _centred(paper, head.kind, bold=True)
    first.paragraph_format.space_before = Pt(12)
    _centred(paper, head.subject, bold=True)
    _append(paper, line_below(WIDTH, 55))
    to = _centred(paper, f"Kính gửi: {head.to}.")
    to.paragraph_format.space_before = to.paragraph_format.space_after = Pt(10)


def _block(paper: Paper, block: Block, number: int) -> None:
    match block:
        case Heading():
            _heading(paper, block)
        case Paragraph():
            _text(paper, block.text, italic=block.italic)
        case Bullets():
            for text in block.lines:
                _text(paper, f"- {text}")
        case Table():
            _table(paper, block)
        case Chart():
            _chart(paper, block, number)


def _heading(paper: Paper, heading: Heading) -> None:
    line = _line(paper, heading.text, bold=True, size=14 if heading.level == 1 else 13.5)
    line.paragraph_format.keep_with_next = line.paragraph_format.keep_together = True
    line.paragraph_format.first_line_indent = _INDENT
    line.paragraph_format.space_before = Pt(8 if heading.level == 1 else 5)
    line.paragraph_format.space_after = Pt(4)


def _text(paper: Paper, text: str, *, italic: bool = False) -> None:
    line = _line(paper, text, italic=italic)
    line.alignment = _JUSTIFIED
    line.paragraph_format.first_line_indent = _INDENT
    line.paragraph_format.space_after, line.paragraph_format.line_spacing = Pt(4), 1.1


def _caption(paper: Paper, label: str, title: str) -> None:
    line = _centred(paper, f"{label}. {title}" if label else title, bold=True, size=13)
    line.paragraph_format.keep_with_next = True
    line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(6), Pt(4)


def _table(paper: Paper, table: Table) -> None:
    _caption(paper, table.label, table.title)
    if table.rows:
        _append(paper, table_xml(table, WIDTH))
    else:
        _centred(paper, table.empty, italic=True, size=13)
    _note(paper, table.note)


def _note(paper: Paper, note: str) -> None:
    line = _line(paper, note, italic=True, size=11 if note else 4)
    line.alignment = _JUSTIFIED
    line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(3), Pt(6 if note else 2)


def _chart(paper: Paper, chart: Chart, number: int) -> None:
    height = _CHART_HEIGHT if chart.kind == "columns" else max(40.0, 14 + _BAR * len(chart.labels))
    picture = paper.add_paragraph()
    picture.alignment = _CENTRE
    picture.paragraph_format.keep_with_next = True
    picture.paragraph_format.space_before = Pt(6)
    embed(paper, picture, chart, number, (WIDTH, height))
    line = _centred(paper, f"{chart.label}. {chart.title}", bold=True, size=13)
    line.paragraph_format.space_after = Pt(2)
    _note(paper, chart.note)


def _foot(paper: Paper, foot: Foot) -> None:
    # So that the signature never stands on a page alone.
    paper.paragraphs[-1].paragraph_format.keep_with_next = True
    _line(paper, "", size=6).paragraph_format.keep_with_next = True
    _append(paper, foot_xml(foot, WIDTH))


def _annex(paper: Paper, report: Report) -> None:
    head = report.head
    _centred(paper, ANNEX, bold=True).paragraph_format.page_break_before = True
    _centred(paper, ANNEX_TITLE, bold=True)
    _centred(paper, accompanies(head), italic=True)
    _append(paper, line_below(WIDTH, 60))
    for number, block in enumerate(report.annex, 1):
        _block(paper, block, 1000 + number)
