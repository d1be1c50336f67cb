"""What a moved folder means. Pure: what was seen, what is known and the time go in, decisions come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hub import VIETNAM
from plugins.folderdrop.clerk import names
from plugins.folderdrop.clerk.cases import ANSWERS, Awaited, Case, Said, Stage
from plugins.folderdrop.clerk.decisions import (
    AskReason,
    Cancel,
    DropTwin,
    GiveUp,
    Moment,
    Pending,
    PutBack,
    Restore,
    Return,
    Seen,
    Spans,
    Tell,
    Verdict,
    Why,
)
from plugins.folderdrop.clerk.hours import after_a_working_day
from plugins.folderdrop.clerk.lettering import UNREADABLE

#: More gestures of one kind at once than this are taken for a slip, and wait longer.
CROWD = 20
_LEAST_REASON = 10
_CODES = {
    Stage.REFUSED: "02",
    Stage.ACCEPTED: "03",
    Stage.ASSIGNED: "04",
    Stage.PROCESSING: "05",
    Stage.FINISHED: "06",
    **ANSWERS,
}
#: What is told only with a reason.
_REASONED = (Stage.REFUSED, Stage.DISAGREED)
#: What cannot be taken lightly, and waits longer.
_GRAVE = (Stage.REFUSED, *ANSWERS)


def legal(case: Case, stage: Stage | None, person: str = "") -> bool:
    """Whether a document may go there from where it stands."""
    if stage in ANSWERS:
        return bool(case.asked)
    if stage is None or case.stage is Stage.REFUSED:
        return False
    if stage is Stage.REFUSED:
        return case.stage in (Stage.NEW, Stage.ACCEPTED)
    if stage is case.stage is Stage.ASSIGNED:
        return person not in ("", case.person)
    return stage > case.stage


def decide(case: Case, seen: Sequence[Seen], pending: Pending | None, now: Moment, spans: Spans) -> Verdict:
    """What a document's folders say, now."""
    if case.to_cancel:
        return Verdict(acts=(Cancel(tuple(each.place for each in seen)),))
    if not seen:
        return _missing(case, pending, now, spans)
    home = [each for each in seen if (each.stage, each.person) == (case.stage, case.person)]
    # Half a copy counts only where nothing better is left: it may still be on its way, or never get there.
    half = not home and not any(each.whole for each in seen)
    legals = [each for each in seen if legal(case, each.stage, each.person) and not (home and _had(case, each))]
    forward = [each for each in legals if each.whole or half]
    if forward:
        furthest = max(forward, key=lambda each: (_rank(each.stage), each.whole))
        return _gesture(case, furthest, furthest.whole and len(seen) > 1, pending, now, spans)
    if home:
        return _twins(case, home, seen, pending, now, spans)
    strays = [each for each in seen if each.placed]
    return _backward(case, strays[0], pending, now, spans) if len(strays) == len(seen) else Verdict()


def crowded(pendings: Mapping[str, Pending]) -> dict[str, Pending]:
    """The same, those marked that are one of too many of their kind."""
    counts = Counter(each.stage for each in pendings.values() if each.stage)
    return {
        key: replace(each, crowd=each.crowd or counts[each.stage] > CROWD) if each.stage else each
        for key, each in pendings.items()
    }


def due_of(pending: Pending, spans: Spans) -> float:
    """When a gesture is meant, if nothing changes (monotonic)."""
    long = pending.crowd or pending.stage in _GRAVE
    span = max(spans.grace_refusal, spans.grace) if long else spans.grace
    return max(pending.since + span, pending.changed + spans.grace)


def has_reason(text: str) -> bool:
    """Whether somebody wrote a reason that can be read: at least ten letters."""
    return text.strip() != UNREADABLE and sum(letter.isalpha() for letter in text) >= _LEAST_REASON


def _had(case: Case, seen: Seen) -> bool:
    """Whether a person had it before: a copy left there is no gesture while the document lies with the next one."""
    told = {each.staff for each in case.said if each.code == _CODES[Stage.ASSIGNED]}
    return seen.stage is case.stage is Stage.ASSIGNED and names.person_name(seen.person) in told


def _rank(stage: Stage | None) -> int:
    return int(stage or 0) if stage is not Stage.REFUSED else 0


def _observed(pending: Pending | None, key: str, now: Moment, detail: str = "", stage: Stage | None = None) -> Pending:
    if pending is None or pending.key != key:
        return Pending(key, detail, now.monotonic, now.monotonic, now.wall, stage)
    return pending if pending.detail == detail else replace(pending, detail=detail, changed=now.monotonic)


def _recalled(case: Case, now: Moment, stage: Stage | None) -> Pending | None:
    """What waited when the hub was last running; the time it was not running counts."""
    if case.awaited is None:
        return None
    at, changed = datetime.fromisoformat(case.awaited.at), datetime.fromisoformat(case.awaited.changed)
    since, last = (now.monotonic - max(0.0, (now.wall - each).total_seconds()) for each in (at, changed))
    return Pending(case.awaited.key, case.awaited.detail, since, last, at, stage, case.awaited.crowd)


def awaited(pending: Pending | None) -> Awaited | None:
    """What is to be known of a waiting gesture after a restart."""
    if pending is None or pending.stage is None:
        return None
    changed = pending.at + timedelta(seconds=pending.changed - pending.since)
    return Awaited(pending.key, pending.detail, pending.at.isoformat(), changed.isoformat(), pending.crowd)


def _missing(case: Case, pending: Pending | None, now: Moment, spans: Spans) -> Verdict:
    bare = bool(case.asked) and not case.bare and (case.closed or case.gone)
    if (case.closed or case.gone) and not bare:
        return Verdict()
    waiting = _observed(pending, "missing", now)
    due = waiting.since + spans.grace
    if now.monotonic < due:
        return Verdict(waiting, due=due)
    return Verdict(waiting, (GiveUp() if case.restored and not bare else Restore(bare),))


def _gesture(case: Case, seen: Seen, copied: bool, pending: Pending | None, now: Moment, spans: Spans) -> Verdict:
    key = f"{seen.stage}/{seen.person}"
    detail = f"{seen.folder}\n{seen.reason}\n{seen.result}"
    waiting = _observed(pending or _recalled(case, now, seen.stage), key, now, detail, seen.stage)
    asks = seen.stage in _REASONED and not (has_reason(seen.reason) and _is_new(case, seen))
    waiting = replace(waiting, asks=asks)
    if asks:
        late = after_a_working_day(waiting.at, now.wall)
        refused = seen.stage is Stage.REFUSED
        back = PutBack(seen.place, Why.NO_REASON if refused else Why.NO_RECALL_REASON)
        return Verdict(waiting, (back if late else AskReason(seen.place, seen.stage or Stage.REFUSED),))
    due = due_of(waiting, spans)
    if now.monotonic < due:
        return Verdict(waiting, due=due)
    told = Tell(seen, _answers(case, seen, waiting.at), copied)
    return Verdict(waiting, (told, Return(seen.place)) if seen.stage in ANSWERS else (told,))


def _is_new(case: Case, seen: Seen) -> bool:
    """Whether a reason is not the one that was told with another answer: a text left behind is none."""
    others = {Stage.REFUSED: "16", Stage.DISAGREED: "02"}
    return seen.reason not in {each.description for each in case.said if each.code == others[seen.stage or Stage.NEW]}


def _answers(case: Case, seen: Seen, at: datetime) -> tuple[Said, ...]:
    """What the sender hears of one gesture; 03 is owed by law, so a skipped one goes first, at the same time."""
    when = at.isoformat(timespec="seconds")
    accepted = Said("03", when, _number_said(names.arrival_number(seen.folder, case.code, case.folder), at))
    match seen.stage:
        case Stage.REFUSED:
            return (Said("02", when, seen.reason),)
        case Stage.AGREED | Stage.DISAGREED:
            reason = seen.reason if seen.stage is Stage.DISAGREED else ""
            asking = dict.fromkeys(each.about for each in case.asked)
            return tuple(Said(_CODES[seen.stage], when, reason, about=each) for each in asking)
        case Stage.ACCEPTED:
            return (accepted,)
        case None | Stage.NEW:
            return ()
    first = () if case.has_said("03") else (accepted,)
    description = seen.result if seen.stage is Stage.FINISHED else ""
    staff = names.person_name(seen.person) if seen.stage is Stage.ASSIGNED else ""
    return (*first, Said(_CODES[seen.stage], when, description, staff))


def skipped(case: Case) -> tuple[str, ...]:
    """The answers that a finished document's unit never gave, 03 aside, which is always given."""
    return tuple(code for code in ("04", "05") if not case.has_said(code)) if case.stage is Stage.FINISHED else ()


def _number_said(number: str, at: datetime) -> str:
    return f"Số đến {number} ngày {at.astimezone(VIETNAM):%d/%m/%Y}" if number else ""


def _twins(
    case: Case, home: Sequence[Seen], seen: Sequence[Seen], pending: Pending | None, now: Moment, spans: Spans
) -> Verdict:
    """It lies where it belongs; what lies elsewhere besides is a copy."""
    stays = max(home, key=lambda each: (each.whole, each.folder == case.folder, each.place))
    # A copy on its way to a next stage is not whole yet: it is awaited.
    coming = [each for each in seen if legal(case, each.stage, each.person) and not _had(case, each)]
    twins = [each for each in seen if each.place != stays.place and each.placed and each not in coming]
    if not twins:
        return Verdict()
    waiting = _observed(pending, "twins", now, "\n".join(sorted(each.place for each in twins)))
    due = waiting.changed + spans.grace
    if now.monotonic < due:
        return Verdict(waiting, due=due)
    return Verdict(waiting, tuple(DropTwin(each.place, stays.place) for each in twins))


def _backward(case: Case, stray: Seen, pending: Pending | None, now: Moment, spans: Spans) -> Verdict:
    waiting = _observed(pending, f"back {stray.place}", now)
    due = waiting.since + spans.settle
    why = Why.RECALL if stray.stage in ANSWERS and not case.asks else Why.TOLD
    return Verdict(waiting, due=due) if now.monotonic < due else Verdict(waiting, (PutBack(stray.place, why),))
