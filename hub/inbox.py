"""Where connectors hand over what they found: bound to a unit, judged, durable when accept returns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from hub import groups, smoke
from hub.addressing import address_book
from hub.agencies import Enrolled
from hub.blobs import Blobs
from hub.clock import VIETNAM, Clock
from hub.directory import Directory, normalise
from hub.duties import Book
from hub.enrolling import enrol
from hub.errors import HubError, PluginError, Quarantined, Refused
from hub.failpoints import failpoint
from hub.gate import Gate
from hub.ledger import Ledger, Proposal
from hub.log import logger
from hub.nearby import advised, proposed
from hub.plugins import Plugins
from hub.routing import Group, Plan, Route, RuleFailed, only_tried_out, plan, plan_acknowledgement
from hub.standards.addresses import AddressBook, Contact
from hub.telling import told
from hub.tracking import NEED_REASON
from hub.vocabulary import (
    Acceptance,
    Acknowledgement,
    Business,
    Document,
    Envelope,
    Incoming,
    Organization,
    Packet,
    StatusCode,
    Story,
    new_id,
)

#: Packets so small may use half of the disk's reserve: answers must still get in.
_SMALL = 64 * 1024
#: Inputs taken in one call, and judged without giving the others a turn.
_MOST, _AT_ONCE = 10_000, 64
#: A look into the directory of a whole country takes as long as so many inputs that bring nothing new.
_LOOK = 20


@dataclass(frozen=True, slots=True)
class Rules:
    """Who is who, and which rules hold."""

    directory: Directory
    routes: Sequence[Route]
    groups: Mapping[str, Group]
    #: bytes of disk that intake leaves free
    reserve: int
    #: unit id -> kind of its connector
    kinds: Mapping[str, str] = field(default_factory=dict)
    #: who owes which answer by when; None: nobody owes anything
    duties: Book | None = None

    def groups_at(self, moment: datetime) -> Mapping[str, Group]:
        """The groups as they are on the day of this moment."""
        day = moment.astimezone(VIETNAM).date()
        return groups.of_heirs(groups.on(self.groups, day), self.directory.on(day))

    def directory_at(self, moment: datetime) -> Directory:
        """Who is who on the day of this moment."""
        return self.directory.on(moment.astimezone(VIETNAM).date())


async def _nothing() -> None:
    pass


@dataclass(slots=True, eq=False)
class UnitInbox:
    """The inbox of one endpoint (`hub.connector.Inbox`)."""

    unit: str
    #: may be replaced at any time: each input is judged by one set, from its beginning to its end
    rules: Rules
    ledger: Ledger
    blobs: Blobs
    clock: Clock
    plugins: Plugins
    #: told of every recipient that got something, with its urgency
    nudge: Callable[[str, int], None]
    #: called when an answer changed the directory of agencies
    enrolled: Callable[[], Awaitable[None]] = _nothing
    _gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        self._gate = Gate(self.clock)

    async def accept(self, found: Sequence[Incoming]) -> Sequence[Acceptance | Refused]:
        """See `hub.connector.Inbox`."""
        if len(found) > _MOST:
            raise ValueError(f"at most {_MOST} inputs are taken in one call, not {len(found)}")
        async with self._gate:
            verdicts = await self._accept(found)
            await self._gate.charge(sum(not _is_new(verdict) for verdict in verdicts))
        return verdicts

    async def _accept(self, found: Sequence[Incoming]) -> Sequence[Acceptance | Refused]:
        proposals: list[Proposal] = []
        for incoming in found:
            if proposals and not len(proposals) % _AT_ONCE:
                await asyncio.sleep(0)
            proposals.append(self._propose(incoming))
        if self.unit != self.rules.directory.others:
            proposals = await advised(self.ledger, self.rules.directory, proposals)
        failpoint("inbox.before_accept")
        verdicts = await self.ledger.accept(proposals)
        failpoint("inbox.accepted")
        for proposal, verdict in zip(proposals, verdicts, strict=True):
            self._tell(proposal, verdict)
        return verdicts

    async def release(self, incoming: Incoming) -> Acceptance | Refused:
        """Take in what lay in quarantine: a person decided that its content may differ from an earlier one's."""
        proposal = replace(self._propose(incoming), decided=True)
        [verdict] = await self.ledger.accept([proposal])
        self._tell(proposal, verdict)
        return verdict

    async def tries(self, source_key: str) -> int:
        """See `hub.connector.Inbox`."""
        async with self._gate:
            return await self.ledger.tries(self.unit, source_key, source_key)

    def has_room(self, size: int) -> bool:
        """See `hub.connector.Inbox`."""
        reserve = self.rules.reserve // 2 if size <= _SMALL else self.rules.reserve
        return self.blobs.free() - size >= reserve

    async def withdraw(self, envelope_id: str) -> bool:
        """See `hub.connector.Inbox`."""
        return await self.ledger.withdraw(self.unit, envelope_id)

    async def stories(self, envelope_ids: Sequence[str]) -> Sequence[Story]:
        """See `hub.connector.Inbox`."""
        async with self._gate:
            return await told(self.ledger, self.rules.directory_at(self.clock.now()), self.unit, envelope_ids)

    def addressees(self) -> AddressBook:
        """See `hub.connector.Inbox`."""
        now = self.clock.now()
        return address_book(self.rules.directory_at(now), self.rules.groups_at(now), self.unit)

    async def nearby(self, names: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
        """See `hub.connector.Inbox`."""
        async with self._gate:
            found = await proposed(self.ledger, names)
            await self._gate.charge(len(names) * _LOOK)
        return found

    async def directory(self, kind: str, chunks: AsyncIterable[bytes]) -> Enrolled:
        """See `hub.connector.Inbox`."""
        if self.unit != self.rules.directory.others:
            reason = "Chỉ điểm kết nối serves: others được nạp danh bạ của trục trung ương."
            raise Refused("directory-not-others", reason)
        done = await enrol(self.ledger, self.unit, kind, chunks)
        await self.enrolled()
        return done

    def _propose(self, incoming: Incoming) -> Proposal:
        outside = self.unit == self.rules.directory.others
        try:
            if isinstance(incoming.packet, Refused):
                raise incoming.packet
            envelope = self._envelope(incoming, incoming.packet)
            handed = _handed(envelope, incoming)
            planned = self._plan(handed)
        except Refused as refused:
            return Proposal(self.unit, incoming, refused=refused, outside=outside)
        sender = normalise(envelope.body.sender.id)
        origin = sender if outside else self.unit
        took_over = self.rules.directory_at(envelope.received_at).taken_over
        return Proposal(
            self.unit,
            incoming,
            origin=origin,
            envelope=envelope,
            plan=planned,
            outside=outside,
            took_over=took_over,
            parties=self._parties(handed),
            **self._owed(envelope, planned, outside=outside),
        )

    def _parties(self, envelope: Envelope) -> Mapping[str, Organization]:
        """Of one that asks a document back: how it names whom it asks."""
        body, directory = envelope.body, self.rules.directory_at(envelope.received_at)
        if isinstance(body, Acknowledgement):
            asked = body.response_for.organ_id if body.status == StatusCode.RECALL else ""
            named: Sequence[Organization] = [Organization(asked)] if asked else []
        else:
            named = body.to if body.business.type is Business.REVOKE else ()
        return {directory.addressee(organ.id) or normalise(organ.id): organ for organ in named}

    def _owed(self, envelope: Envelope, planned: Plan, *, outside: bool) -> dict[str, Any]:
        """What of a proposal says who will owe what."""
        book, body, at = self.rules.duties, envelope.body, envelope.received_at
        if book is None or planned.echo or planned.trial:
            return {}
        if isinstance(body, Acknowledgement):
            return {"book": book}
        own = None if outside else book.sender(body, self.unit, at)
        revokes = {"book": book} if body.business.type is Business.REVOKE else {}
        return {"owed": book.owed(body, planned.recipients, at), "sent": own, **revokes}

    def _envelope(self, incoming: Incoming, packet: Packet) -> Envelope:
        if incoming.blob is None:
            raise HubError("a packet that was read came without its bytes")
        now = self.clock.now()
        return Envelope(
            id=new_id(now),
            unit=self.unit,
            source_key=incoming.source_key,
            body=packet.body,
            blob=incoming.blob,
            received_at=now,
            repairs=packet.repairs,
            variant=packet.variant,
            attachments_span=packet.attachments_span,
        )

    def _plan(self, envelope: Envelope) -> Plan:
        body, directory = envelope.body, self.rules.directory_at(envelope.received_at)
        if isinstance(body, Acknowledgement):
            planned = plan_acknowledgement(body, self.unit, directory)
        else:
            planned = self._plan_document(body, directory, envelope.received_at)
        if planned.echo:
            return planned
        if (
            isinstance(body, Acknowledgement)
            and smoke.is_about(body)
            and directory.speaks_for(self.unit, body.sender.id)
        ):
            return Plan()
        if not directory.speaks_for(self.unit, body.sender.id):
            reason = f"Mã cơ quan gửi {body.sender.id} trong gói tin không phải của đơn vị đang gửi."
            raise Refused("wrong-sender", reason, "From/OrganId")
        if self.unit != directory.others:
            _check_reason(body)
        planned = self._ask_plugins(envelope, planned)
        if isinstance(body, Document) and directory.unit(self.unit).is_tried_out:
            planned = _tried_out(planned, directory)
        if planned.recipients:
            return planned
        if isinstance(body, Acknowledgement) and not planned.reasons:
            # What else it names may still tell its document: it waits for that.
            return replace(planned, unknown=())
        where = "ResponseFor/OrganId" if isinstance(body, Acknowledgement) else "To/OrganId"
        raise Refused("unknown-addressee", self._nobody(planned, directory), where)

    def _plan_document(self, document: Document, directory: Directory, moment: datetime) -> Plan:
        rules = self.rules
        try:
            return plan(document, self.unit, directory, rules.routes, rules.groups_at(moment), rules.kinds)
        except RuleFailed as failed:
            # Sending as if the rule had not matched could be wrong.
            logger.error("a rule failed: {}", failed)
            reason = f'Quy tắc chuyển "{failed.route}" không xét được văn bản này: {failed.reason}.'
            raise Quarantined("rule", reason, "routes.yaml") from failed

    def _ask_plugins(self, envelope: Envelope, planned: Plan) -> Plan:
        try:
            chosen = self.plugins.plan_route(envelope, planned.recipients)
        except PluginError as error:
            # Sending as if it had not spoken could be wrong.
            logger.opt(exception=error).error("{}", error)
            raise Quarantined("plugin", "Một thành phần mở rộng bị lỗi khi chọn nơi nhận.") from error
        return planned if chosen is None else replace(planned, recipients=tuple(chosen))

    def _nobody(self, planned: Plan, directory: Directory) -> str:
        if not planned.unknown:
            return "Gói tin không có nơi nhận nào khác chính đơn vị gửi."
        if planned.reasons:
            return " ".join(dict.fromkeys(planned.reasons.values()))
        near = [name for code in planned.unknown[:5] for name in directory.nearest(code, 2)]
        meant = f" Có phải là: {', '.join(dict.fromkeys(near))}?" if near else ""
        return f"Không có đơn vị nào trên trục mang mã {', '.join(planned.unknown[:20])}.{meant}"

    def _tell(self, proposal: Proposal, verdict: Acceptance | Refused) -> None:
        if isinstance(verdict, Refused):
            kept = isinstance(verdict, Quarantined)
            said = "quarantined" if kept else "refused"
            logger.warning("{} {} of {}: {}", said, proposal.incoming.name, self.unit, verdict)
        elif proposal.envelope and verdict.envelope_id == proposal.envelope.id:
            self.plugins.accepted(proposal.envelope)
            for recipient in () if proposal.hold else verdict.recipients:
                self.nudge(recipient, int(proposal.envelope.urgency))


def _check_reason(body: Document | Acknowledgement) -> None:
    """Raises Refused for a refusal (02, 16) without a word why. What comes from outside is only flagged for it."""
    if isinstance(body, Acknowledgement) and body.status in NEED_REASON and not body.description.strip():
        raise Refused("no-reason", f"Trạng thái {body.status} phải ghi rõ lý do.", "Description")


def _handed(envelope: Envelope, incoming: Incoming) -> Envelope:
    """The envelope with those addressees alone whom the carrier hands it to; one that it does not name counts too."""
    if not isinstance(envelope.body, Document) or not incoming.addressees:
        return envelope
    named = {normalise(organ.id): organ for organ in envelope.body.to}
    handed = tuple(named.get(normalise(code), Organization(code)) for code in incoming.addressees)
    return replace(envelope, body=replace(envelope.body, to=handed))


def _is_new(verdict: Acceptance | Refused) -> bool:
    return isinstance(verdict, Acceptance) and not verdict.duplicate


def _tried_out(planned: Plan, directory: Directory) -> Plan:
    """See `only_tried_out`. Raises Refused where nobody is left."""
    tried = only_tried_out(planned, directory)
    if planned.recipients and not tried.recipients:
        raise Refused("test-document", " ".join(dict.fromkeys(tried.reasons.values())), "To/OrganId")
    return tried
