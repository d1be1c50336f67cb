"""The records of what packets say, for plugins that make them out of something else."""

from __future__ import annotations

from hub.vocabulary.papers import (
    Business,
    BusinessInfo,
    DocumentType,
    Organization,
    OtherInfo,
    Reference,
    Signer,
    Staff,
    StatusCode,
    Urgency,
)

__all__ = [
    "Business",
    "BusinessInfo",
    "DocumentType",
    "Organization",
    "OtherInfo",
    "Reference",
    "Signer",
    "Staff",
    "StatusCode",
    "Urgency",
]
