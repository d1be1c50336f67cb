"""The rules: conditions, and who gets an envelope. Pure."""

from __future__ import annotations

from hub.routing.expressions import Expression
from hub.routing.planning import intended, only_tried_out, plan, plan_acknowledgement
from hub.routing.rules import ADDRESSEES, Days, Enclosed, Group, Plan, Route, RuleFailed, When
from hub.routing.samples import samples
from hub.routing.words import BUSINESS_WORDS, DOCUMENT_TYPES, URGENCY_WORDS, bare, business, type_key, urgencies

__all__ = [
    "ADDRESSEES",
    "BUSINESS_WORDS",
    "DOCUMENT_TYPES",
    "URGENCY_WORDS",
    "Days",
    "Enclosed",
    "Expression",
    "Group",
    "Plan",
    "Route",
    "RuleFailed",
    "When",
    "bare",
    "business",
    "intended",
    "only_tried_out",
    "plan",
    "plan_acknowledgement",
    "samples",
    "type_key",
    "urgencies",
]
