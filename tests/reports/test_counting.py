"""Single documents as the figures count them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hub.directory import Directory
from hub.ledger.dossiers import Dossier, Leg, Owed, Said
from hub.report.counting import Count
from hub.report.months import Month
from hub.report.parties import Parties
from hub.testing.samples import a_document
from hub.vocabulary import Answer, Unit
from tests.reports.test_figures import CALENDAR

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
UNITS = (
    Unit("so-nv", "Sở Nội vụ", "000.00.14.H48"),
    Unit("so-khcn", "Sở Khoa học và Công nghệ", "000.00.15.H48"),
    Unit("so-tttt", "Sở Thông tin", "000.00.12.H48", until=date(2026, 11, 23), successors=("so-khcn",)),
)


def test_a_recall_of_what_a_former_unit_has_is_answered_by_the_one_that_took_over() -> None:
    asked, agreed = (Answer(code, AT, "", "") for code in ("13", "15"))
    dossier = Dossier(
        *("id", "so-nv", "so-nv", AT, 1000, a_document()),
        withdrawn=False,
        trial=False,
        planned=("so-tttt",),
        legs=(Leg("so-tttt", "delivered", AT, ""),),
        # The document went to the former unit: answers about it are recorded as its own.
        said=(Said("so-nv", asked, AT, "000.00.12.H48"), Said("so-tttt", agreed, AT, "000.00.14.H48")),
        owed=(Owed("so-khcn", "15", "met", AT + timedelta(hours=1)),),
    )
    today = Parties(Directory(UNITS, day=date(2026, 11, 26)), ())
    count = Count(Month(2026, 11), today, CALENDAR, AT)
    count.add(dossier)
    recalls = count.recalls()
    assert (recalls.asked, recalls.agreed, recalls.silent) == (1, 1, 0)
