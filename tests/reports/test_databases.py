"""The same figures on every database that a ledger may lie in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hub.directory import Directory
from hub.ledger import Ledger
from hub.ledger.figures import open_accounts
from hub.report.gathering import Source, gather
from hub.report.months import Month
from hub.report.parties import Parties
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Unit
from tests.reports.test_figures import CALENDAR

DIRECTORY = Directory((Unit("so-nv", "Sở Nội vụ", "000.00.14.H48"), Unit("xa-binh-son", "Xã", "000.00.31.H48")))
NOVEMBER = Month(2026, 11)


async def test_documents_answers_and_conservation(database: str, tmp_path: Path) -> None:
    document = a_document()
    async with Ledger(database, tmp_path, "hub", ManualClock(datetime(2026, 11, 23, tzinfo=UTC))) as ledger:
        await ledger.accept([proposal(document, "xa-binh-son")])
        await ledger.accept([proposal(an_answer(document, "03"), "so-nv", unit="xa-binh-son")])
        grant = await ledger.lease("xa-binh-son", 10)
        assert grant
        assert len(grant.taken) == 1
    accounts = open_accounts(database, tmp_path)
    with accounts.look() as look:
        parties = Parties(DIRECTORY, ["000.00.00.G22"])
        now = datetime(2026, 12, 1, tzinfo=UTC)
        figures = gather(Source(look, parties, (), CALENDAR, {}, now, lambda *_: None), NOVEMBER, series=True)
        [dossier] = look.dossiers(NOVEMBER.since, NOVEMBER.until)
    accounts.close()
    assert (figures.totals.documents, figures.totals.legs, figures.totals.delivered) == (1, 1, 0)
    assert [(said.by, said.answer.code) for said in dossier.said] == [("xa-binh-son", "03")]
    assert figures.difference == 0
    assert sum(one.inputs for one in figures.inflows) == 2
    assert [extent.first for extent in figures.extents] == [1]
