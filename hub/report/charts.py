"""Charts as Word and Excel draw them themselves: drawn sharp at any size, and changed by whoever edits the report."""

from __future__ import annotations

from openpyxl.chart import BarChart
from openpyxl.chart.data_source import AxDataSource, NumData, NumDataSource, NumRef, NumVal, StrData, StrRef, StrVal
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.series import Series
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Font, Paragraph, ParagraphProperties, RichTextProperties

from hub.report.layout import Chart
from hub.report.telling import visible

FACE = "Times New Roman"
BLUE, _GREY = "2F5597", "BFBFBF"
_SMALL = 900
#: Numbers as they are written in Vietnam.
_WHOLE, _DECIMAL, _NOT_ZERO = "[$-42A]#,##0", "[$-42A]#,##0.0", "[$-42A]#,##0;;"
#: Where a chart's values lie on its sheet: labels in the first column, values in the second, below one row of titles.
_FIRST = 2


def drawn(chart: Chart, sheet: str, width: float, height: float) -> BarChart:
    """The chart over its values on that sheet; width and height in centimetres."""
    made = BarChart()
    made.type = "bar" if chart.kind == "bars" else "col"
    made.legend, made.gapWidth, made.width, made.height = None, 40, width, height
    made.series = [_series(chart, sheet)]
    made.roundedCorners = False
    made.graphical_properties = GraphicalProperties(ln=LineProperties(noFill=True))
    _set_axes(made, chart)
    if chart.kind == "bars":
        # Else the names of the units would be drawn from the bottom up.
        made.x_axis.scaling.orientation = "maxMin"
        made.layout = Layout(manualLayout=ManualLayout(x=0.42, y=0.02, w=0.53, h=0.94, layoutTarget="inner"))
    return made


def _set_axes(made: BarChart, chart: Chart) -> None:
    for axis in (made.x_axis, made.y_axis):
        axis.delete, axis.txPr = False, _face()
    made.y_axis.scaling.min = 0
    made.y_axis.scaling.max = chart.most
    made.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=_GREY, w=6350))
    made.y_axis.number_format, made.y_axis.crosses = _WHOLE, "max" if chart.kind == "bars" else "autoZero"
    if max(chart.values, default=0) < 5 and chart.most is None:
        made.y_axis.majorUnit = 1


def _series(chart: Chart, sheet: str) -> Series:
    last = _FIRST + len(chart.labels) - 1
    labels = [StrVal(place, v=visible(label)) for place, label in enumerate(chart.labels)]
    values = [NumVal(place, v=str(value)) for place, value in enumerate(chart.values)]
    names, numbers = (f"'{sheet}'!${column}${_FIRST}:${column}${last}" for column in "AB")
    series = Series(
        idx=0,
        order=0,
        cat=AxDataSource(strRef=StrRef(f=names, strCache=StrData(ptCount=len(labels), pt=labels))),
        val=NumDataSource(numRef=NumRef(f=numbers, numCache=NumData("General", len(values), pt=values))),
    )
    series.graphicalProperties = GraphicalProperties(solidFill=BLUE)
    series.dLbls = DataLabelList(
        numFmt=_DECIMAL if chart.most else _NOT_ZERO,
        showVal=True,
        showSerName=False,
        showCatName=False,
        showLegendKey=False,
        showPercent=False,
        txPr=_face(),
    )
    return series


def _face() -> RichText:
    said = CharacterProperties(latin=Font(typeface=FACE), sz=_SMALL)
    return RichText(RichTextProperties(), p=[Paragraph(pPr=ParagraphProperties(defRPr=said), endParaRPr=said)])
