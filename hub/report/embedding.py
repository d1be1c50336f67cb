"""Puts a chart into a Word document, with the workbook of its values inside, so that Word can edit it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from docx.document import Document as Paper
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.paragraph import Paragraph
from openpyxl.xml.functions import tostring

from hub.report.charts import drawn
from hub.report.layout import Chart, titled
from hub.report.markup import attribute
from hub.report.workbook import data_of

_SHEET = "Số liệu"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_EMU = 36_000


def embed(paper: Paper, line: Paragraph, chart: Chart, number: int, size: tuple[float, float]) -> None:
    """Draw the chart in this line; width and height in millimetres. `number` is its own in the document."""
    package = paper.part.package
    assert package
    values = Part(
        PackURI(f"/word/embeddings/so-lieu-{number}.xlsx"), CONTENT_TYPE.SML_SHEET, data_of(chart, _SHEET), package
    )
    picture = Part(PackURI(f"/word/charts/chart{number}.xml"), CONTENT_TYPE.DML_CHART, b"", package)
    link = picture.relate_to(values, RELATIONSHIP_TYPE.PACKAGE)
    picture._blob = _xml(chart, link, size)  # noqa: SLF001 - it names the link, which needs the part
    shown = paper.part.relate_to(picture, RELATIONSHIP_TYPE.CHART)
    line.add_run()._r.append(parse_xml(_frame(chart, number, shown, size)))  # noqa: SLF001 - it knows pictures only


def _xml(chart: Chart, link: str, size: tuple[float, float]) -> bytes:
    made = drawn(chart, _SHEET, size[0] / 10, size[1] / 10)
    tree = ET.fromstring(tostring(made._write()))  # noqa: S314, SLF001 - our own; the library writes it into workbooks only
    source = ET.SubElement(tree, f"{{{_CHART}}}externalData", {f"{{{_LINKS}}}id": link})
    ET.SubElement(source, f"{{{_CHART}}}autoUpdate", {"val": "0"})
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + ET.tostring(tree)


def _frame(chart: Chart, number: int, link: str, size: tuple[float, float]) -> str:
    width, height = (int(each * _EMU) for each in size)
    title = attribute(titled(chart))
    return (
        f'<w:drawing {nsdecls("w", "wp", "a", "c", "r")}><wp:inline distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{width}" cy="{height}"/><wp:docPr id="{number}" name="{title}" descr="{title}"/>'
        f'<wp:cNvGraphicFramePr/><a:graphic><a:graphicData uri="{_CHART}"><c:chart r:id="{link}"/>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing>"
    )
