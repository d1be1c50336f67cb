"""Charts as SVG, for a page. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor, log10

from hub.report.layout import Chart, titled
from hub.report.markup import attribute, text
from hub.report.telling import number

_BLUE, _GREY, _INK = "#2f5597", "#bfbfbf", "#222"
_WIDTH, _HEIGHT = 720.0, 270.0
_BAR = 24.0
_LINES = 4


def svg(chart: Chart) -> str:
    """The chart, as wide as the page allows."""
    drawn, height = (
        (_bars(chart), _BAR * len(chart.labels) + 30) if chart.kind == "bars" else (_columns(chart), _HEIGHT)
    )
    title = attribute(titled(chart))
    return f'<svg viewBox="0 0 {_WIDTH:g} {height:g}" role="img" aria-label="{title}">{"".join(drawn)}</svg>'


def scale(most: float) -> list[float]:
    """Round marks from 0 to at least the greatest value."""
    if most <= 0:
        return [0.0, 1.0]
    rough = most / _LINES
    power = 10.0 ** floor(log10(rough))
    step = max(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough), 1.0)
    return [step * place for place in range(ceil(most / step) + 1)]


def _columns(chart: Chart) -> Iterator[str]:
    left, right, top, bottom = 50.0, 8.0, 18.0, 26.0
    marks = scale(chart.most or max(chart.values, default=0))
    high = _HEIGHT - top - bottom
    for mark in marks:
        y = top + high * (1 - mark / marks[-1])
        yield _line(left, y, _WIDTH - right, y)
        yield _text(left - 6, y + 4, number(mark), "end")
    each = (_WIDTH - left - right) / max(1, len(chart.labels))
    for place, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True)):
        x, tall = left + each * place, high * value / marks[-1]
        yield _rect(x + each * 0.18, top + high - tall, each * 0.64, tall)
        yield _text(x + each / 2, _HEIGHT - 9, label, "middle")
        if value:
            yield _text(x + each / 2, top + high - tall - 4, number(value), "middle", 10)


def _bars(chart: Chart) -> Iterator[str]:
    left, right = 300.0, 60.0
    marks = scale(chart.most or max(chart.values, default=0))
    wide, low = _WIDTH - left - right, _BAR * len(chart.labels)
    for mark in marks:
        x = left + wide * mark / marks[-1]
        yield _line(x, 0, x, low)
        yield _text(x, low + 18, number(mark), "middle")
    for place, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True)):
        y, long = _BAR * place, wide * value / marks[-1]
        yield _rect(left, y + 4, long, _BAR - 8)
        yield _text(left - 8, y + _BAR / 2 + 4, _cut(label), "end")
        yield _text(left + long + 5, y + _BAR / 2 + 4, number(value, 1), "start")


def _cut(label: str, most: int = 46) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _line(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<path d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}" stroke="{_GREY}" stroke-width=".7"/>'


def _rect(x: float, y: float, width: float, height: float) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{_BLUE}"/>'


def _text(x: float, y: float, said: str, anchor: str, size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{_INK}">{text(said)}</text>'
