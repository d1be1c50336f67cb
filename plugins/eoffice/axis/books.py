"""Lists that change nothing: what the unit sent and what became of it, and whom it can send to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from aiohttp import web

from hub import Context, Inbox
from hub.serving import Agency, Outbox
from hub.standards import vxp
from plugins.eoffice.axis import answers, rows
from plugins.eoffice.axis.failures import SYSTEM, Failed
from plugins.eoffice.axis.settings import AxisSettings
from plugins.eoffice.axis.visits import Visit, folded, kind_of, moment

_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
_Row = Mapping[str, Any]


class Books:
    """One unit's view of its post and of the province. Raises Failed, StorageError."""

    def __init__(self, settings: AxisSettings, context: Context, outbox: Outbox, inbox: Inbox) -> None:
        self._settings, self._context = settings, context
        self._outbox, self._inbox = outbox, inbox

    async def sent(self, visit: Visit) -> web.StreamResponse:
        """The answer to getSentEdocList."""
        return await answers.listed(visit.request, self._sendings(visit.call))

    async def agencies(self, visit: Visit) -> web.StreamResponse:
        """The answer to getAgenciesList: our units, then the central hub's directory as far as it was fetched."""
        own = map(rows.contact, self._inbox.addressees().contacts)
        return await answers.listed(visit.request, self._listed("getAgenciesList", rows.agency, list(own)))

    async def agencies_qd20(self, visit: Visit) -> web.StreamResponse:
        """The answer to getAgenciesListQD20: the central hub's."""
        return await answers.listed(visit.request, self._listed("getAgenciesListQD20", rows.agency_qd20, []))

    async def units(self, visit: Visit) -> web.StreamResponse:
        """The answer to getSynchronizeUnit: the central hub's."""
        return await answers.listed(visit.request, self._listed("getSynchronizeUnit", rows.unit, []))

    async def register(self, _: Visit) -> web.StreamResponse:
        """The answer to registerAgency and deleteAgency: the province's administrators keep the directory."""
        raise Failed(SYSTEM, "Danh bạ do quản trị viên của tỉnh quản lý.")

    async def _listed(self, kind: str, row: Callable[[Agency], _Row], own: list[_Row]) -> AsyncIterator[_Row]:
        ours = {folded(str(each["code"])) for each in own}
        for each in own:
            yield each
        after = ""
        while page := await self._outbox.agencies(kind, after):
            for agency in page:
                if agency.code not in ours:
                    yield row(agency)
            after = page[-1].code

    async def _sendings(self, call: vxp.Call) -> AsyncIterator[_Row]:
        now = self._context.clock.now()
        since = moment(call.get("fromDate")) or now - timedelta(seconds=self._settings.look_back)
        until = moment(call.get("toDate"), last=True) or _LATEST
        look = partial(self._outbox.sent, kind_of(call), since, until, call.get("docId"))
        codes = {contact.id: contact.code for contact in self._inbox.addressees().contacts}
        after = ""
        while page := await look(after):
            for each in page:
                yield rows.sent(each, codes.get(each.recipient, each.recipient))
            after = page[-1].delivery
