"""What the inbox lays before the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from hub import identity
from hub.duties import Book, Owed, Sent
from hub.errors import Refused
from hub.routing import Plan
from hub.vocabulary import Acceptance, Document, Envelope, Incoming, Organization

#: What the ledger says to one input.
Verdict = Acceptance | Refused


@dataclass(frozen=True)
class Proposal:
    """One input, read and routed; the ledger has the last word, since it knows what came before."""

    unit: str
    incoming: Incoming
    #: who says it: our unit's id, or an outside code; "" where refused
    origin: str = ""
    #: None where it is refused already
    envelope: Envelope | None = None
    plan: Plan = field(default_factory=Plan)
    refused: Refused | None = None
    #: it came through the endpoint that serves others
    outside: bool = False
    #: unit -> those that are no more and whose work it took over
    took_over: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: a person decided: other content under a known id is taken too
    decided: bool = False
    #: of one that asks a document back: recipient -> how the packet names it
    parties: Mapping[str, Organization] = field(default_factory=dict)
    #: what its recipients will owe, and how its sender met its own duty
    owed: tuple[Owed, ...] = ()
    sent: Sent | None = None
    #: of an answer, or of a document that revokes: the rules of what is owed once a document is asked back
    book: Book | None = None

    @property
    def name_at_source(self) -> tuple[str, str]:
        """What its source calls it, before its bytes are known."""
        return self.unit, self.incoming.source_key

    @property
    def key(self) -> tuple[str, str]:
        """The input's name in the whole hub. Other bytes are another input: sources use a name again."""
        blob = self.incoming.blob
        return (self.unit, f"{self.incoming.source_key}|{blob.digest}") if blob else self.name_at_source

    @property
    def hold(self) -> float:
        """Seconds that it is kept back; an answer never is."""
        document = self.envelope and isinstance(self.envelope.body, Document)
        return max(self.incoming.hold, 0.0) if document else 0.0

    def stands_for(self, unit: str) -> frozenset[str]:
        """The unit itself, and those in whose place it works."""
        return self.took_over.get(unit, frozenset()) | {unit}

    @cached_property
    def business_key(self) -> str:
        """The document or answer it is, by its sender's own names."""
        assert self.envelope
        return identity.business_key(self.envelope.body, self.origin)

    @cached_property
    def fingerprint(self) -> str:
        """What it says, as a hash."""
        assert self.envelope
        return identity.fingerprint(self.envelope.body)
