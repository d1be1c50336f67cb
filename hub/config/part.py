"""What every part of a file has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a file: no key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
