"""The fuzzing finds what it is there to find: each fault is planted, and seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from hub.config import reading
from hub.config.load import _Checker
from hub.config.nodes import Report
from hub.errors import ConfigError, Refused
from hub.standards import edxml
from hub.standards.addressing import Resolved
from hub.standards.edxml import attached, documents, parts, skeleton
from hub.vocabulary import Document, Packet
from plugins.folderdrop.clerk import lettering
from plugins.folderdrop.clerk.sending import codes, reasons, slips
from plugins.folderdrop.clerk.sending.records import Slip
from tests.fuzz import crew as crews
from tests.fuzz import slip_target
from tests.fuzz.crew import Block, Crew
from tests.fuzz.planted import FATAL, make_planted
from tests.fuzz.targets import TARGETS
from tests.fuzz.worker import HANG, play
from tests.short import short

Patch = pytest.MonkeyPatch
_INPUTS = {"edxml": 1200, "slip": 800, "config": 250}


def _number_that_crashes(patch: Patch) -> None:
    patch.setattr(parts, "number", lambda text: int(text) if text else None)


def _attachment_that_is_lost(patch: Patch) -> None:
    sound = edxml.read

    def read(*given: Any) -> Packet:
        packet = sound(*given)
        body = packet.body
        if isinstance(body, Document) and len(body.attachments) > 1:
            return replace(packet, body=replace(body, attachments=body.attachments[1:]))
        return packet

    patch.setattr(edxml, "read", read)


def _recipient_that_is_lost(patch: Patch) -> None:
    sound = documents._recipients
    patch.setattr(documents, "_recipients", lambda *given: sound(*given)[:3])


def _refusal_without_words(patch: Patch) -> None:
    patch.setattr(documents, "missing", lambda path: Refused("missing", "", path))


def _template_taken_for_base64(patch: Patch) -> None:
    patch.setattr(attached, "number", lambda text: 0)


def _comment_not_passed_over(patch: Patch) -> None:
    patch.setattr(skeleton, "_CLOSERS", skeleton._CLOSERS[1:])


def _tag_between_two_pieces_overlooked(patch: Patch) -> None:
    patch.setattr(skeleton, "_OVERLAP", 0)


def _torn_letter(patch: Patch) -> None:
    patch.setattr(lettering, "_utf8", lambda content: content.decode("utf-8-sig"))


def _day_that_does_not_exist(patch: Patch) -> None:
    patch.setattr(codes, "_day", lambda match: date(2026, int(match["m"] or 1), int(match["d"] or 1)))


def _addressee_that_is_lost(patch: Patch) -> None:
    patch.setattr(slip_target, "resolve", lambda typed, book: Resolved())


def _slip_read_as_empty(patch: Patch) -> None:
    sound = slips.read_slip
    patch.setattr(
        slip_target, "read_slip", lambda text, book: Slip() if "\x1b" in text or "#" in text else sound(text, book)
    )


def _answer_without_words(patch: Patch) -> None:
    patch.setattr(slip_target, "judge", lambda *given: reasons.Reason("L7", "", ""))


def _crash_while_it_is_told(patch: Patch) -> None:
    patch.setattr(reading, "_in_words", lambda error: {}[error.problem])


def _mistakes_not_told(patch: Patch) -> None:
    sound = _Checker._routes
    patch.setattr(_Checker, "_routes", lambda self: sound(replace(self, report=Report())))


def _place_outside(patch: Patch) -> None:
    sound = reading._Grower._place
    patch.setattr(reading._Grower, "_place", lambda self, raw: replace(sound(self, raw), line=9999))


def _no_mistake_named(patch: Patch) -> None:
    sound = ConfigError.__init__
    patch.setattr(ConfigError, "__init__", lambda self, mistakes: sound(self, mistakes[:0]))


@pytest.mark.parametrize(
    ("target", "plant"),
    short(
        [
            ("edxml", _number_that_crashes),
            ("edxml", _attachment_that_is_lost),
            ("edxml", _recipient_that_is_lost),
            ("edxml", _refusal_without_words),
            ("edxml", _template_taken_for_base64),
            ("edxml", _comment_not_passed_over),
            ("edxml", _tag_between_two_pieces_overlooked),
            ("slip", _torn_letter),
            ("slip", _day_that_does_not_exist),
            ("slip", _addressee_that_is_lost),
            ("slip", _slip_read_as_empty),
            ("slip", _answer_without_words),
            ("config", _crash_while_it_is_told),
            ("config", _mistakes_not_told),
            ("config", _place_outside),
            ("config", _no_mistake_named),
        ],
        3,
    ),
)
def test_a_planted_fault_is_found(target: str, plant: Callable[[Patch], None], monkeypatch: Patch) -> None:
    plant(monkeypatch)
    block = f"1:{target}:"
    batches = (play(TARGETS[target](), f"{block}{turn}", 100) for turn in range(_INPUTS[target] // 100))
    assert any(batch.findings for batch in batches)


@pytest.mark.parametrize(
    ("fault", "said"),
    [("hanging", "a hang"), ("dying", "the process died (9)"), ("greedy", "memory"), ("leaking", "not given back")],
)
@pytest.mark.slow
def test_a_worker_that_hangs_dies_or_swells_is_found_with_its_input(fault: str, said: str, monkeypatch: Patch) -> None:
    monkeypatch.setattr(crews, "HANG", 0.5 if fault == "hanging" else HANG)
    crew = Crew(1, make_planted)
    blocks, inputs = (5, 60) if fault == "leaking" else (1, 5)
    crew.run([Block(fault, f"3:{fault}:{number}", inputs) for number in range(blocks)])
    found = crew.tallies[fault].findings
    assert [one for one in found if said in one.what], found
    assert fault == "leaking" or found[0].data == FATAL
