"""Which packets a list is about: what the call says, what the settings allow, what faults make of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from hub.clock import VIETNAM
from hub.simulating.central.answers import SYSTEM_ERROR, Failed
from hub.simulating.central.faults import Fault
from hub.simulating.central.parcels import EDOC, STATUS
from hub.simulating.central.setup import Setup
from hub.simulating.central.signing import Call
from hub.simulating.central.store import Query

_DAYS = ("%d/%m/%Y", "%Y/%m/%d", "%Y-%m-%d")
_TIMES = ("", " %H:%M:%S")


def query(call: Call, faults: Mapping[str, Fault], settings: Setup, *, sent: bool = False) -> Query:
    """The query of getReceivedEdocList, or of getSentEdocList. Raises Failed (20)."""
    if call.get("servicetype").lower() != "edoc":
        raise Failed(SYSTEM_ERROR, "servicetype phai la eDoc")
    message_type = call.get("messagetype")
    if message_type not in (EDOC, STATUS):
        raise Failed(SYSTEM_ERROR, "messagetype phai la edoc hoac status")
    wanted = waiting(call.system, message_type, faults, settings)
    since, until = _span(call) if settings.filter_dates else (wanted.since, wanted.until)
    return Query(
        system=wanted.system,
        message_type=message_type,
        sent=sent,
        confirmed=wanted.confirmed,
        doc_id=call.get("docId") if sent else "",
        since=since,
        until=until,
        as_of=wanted.as_of,
        newest_first=wanted.newest_first and not sent,
        on_fail=wanted.on_fail,
    )


def waiting(system: str, message_type: str, faults: Mapping[str, Fault], settings: Setup) -> Query:
    """The packets that wait for a system, as a count counts them."""
    wanted = Query(system, message_type)
    stale = faults.get("stale")
    return Query(
        system,
        message_type,
        confirmed="relisted" in faults,
        as_of=settings.now().timestamp() - stale.seconds if stale else wanted.as_of,
        newest_first="disordered" in faults,
        on_fail=settings.on_fail,
    )


def _span(call: Call) -> tuple[float, float]:
    """Seconds since 1970 from fromDate's beginning to toDate's end."""
    open_end = Query("")
    since, until = call.get("fromDate"), call.get("toDate")
    return (
        _moment(since, last=False) if since else open_end.since,
        _moment(until, last=True) if until else open_end.until,
    )


def _moment(written: str, *, last: bool) -> float:
    """A day or a time in any of the forms that clients use; of a day its beginning or its end, Vietnamese time."""
    for form in (day + clock for day in _DAYS for clock in _TIMES):
        try:
            found = datetime.strptime(written, form).replace(tzinfo=VIETNAM)
        except ValueError:
            continue
        whole_day = last and "%H" not in form
        return (found + timedelta(days=1, microseconds=-1) if whole_day else found).timestamp()
    raise Failed(SYSTEM_ERROR, "fromDate, toDate khong doc duoc")
