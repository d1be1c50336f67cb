"""The whole report out of its figures. Pure."""

from __future__ import annotations

from hub.report.layout import Foot, Letterhead, Report
from hub.report.letter import Letter
from hub.report.records import Figures
from hub.report.sections.annex import annex, series
from hub.report.sections.answering import answering
from hub.report.sections.exchange import exchange
from hub.report.sections.findings import closing
from hub.report.sections.opening import opening
from hub.report.sections.troubles import troubles

_SUBJECT = "Tình hình gửi, nhận và phản hồi trạng thái văn bản điện tử"


def compose(figures: Figures, letter: Letter) -> Report:
    """As it is written, whatever the format."""
    month = figures.month
    head = Letterhead(
        agency=letter.agency,
        notation=letter.notation,
        place=letter.place,
        year=month.next.year,
        kind="BÁO CÁO",
        # Spaces that do not break, so that no year stands alone.
        subject=f"{_SUBJECT} tháng\u00a0{month.month}\u00a0năm\u00a0{month.year}",
        to=letter.to,
        called=letter.called,
    )
    blocks = (
        *opening(figures, letter),
        *exchange(figures),
        *answering(figures),
        *troubles(figures),
        *closing(figures),
    )
    return Report(head, blocks, Foot(letter.places, letter.signs), tuple(annex(figures)), tuple(series(figures)))
