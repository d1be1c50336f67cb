"""What `endpoint:` says of software that calls the hub's own axis."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from hub import Duration, Settings


class AxisSettings(Settings):
    """`endpoint:` of a unit whose software speaks VXP with this hub."""

    needs_doors: ClassVar[bool] = True

    kind: Literal["eoffice-axis"]
    serves: Literal["unit"] = "unit"
    #: who its software says it is, and the secret that belongs to it
    systemid: str = Field(min_length=1, max_length=100, pattern=r"^[!-~]+$")
    secret: SecretStr
    #: largest packet taken, in megabytes
    largest: int = Field(default=300, gt=0, le=100_000)
    #: how old a call's timestamp may be; 0: it is not looked at, for the SDK repeats old ones
    fresh: Duration = Field(default=0.0, ge=0)
    #: whom a document that is sent goes to: the `to` header where there is one, or always the To inside
    addressees: Literal["header", "packet"] = "header"
    #: updateStatus fail: keep offers it further, drop ends it as a dead letter
    on_fail: Literal["keep", "drop"] = "keep"
    #: without a call for so long the unit's software counts as gone
    quiet: Duration = Field(default=7200.0, gt=0)
    #: its calls at the same time, at most; more wait
    parallel: int = Field(default=8, gt=0, le=64)
    #: getSentEdocList without dates goes so far back
    look_back: Duration = Field(default=30 * 86_400.0, ge=86_400)

    def alone(self) -> str:
        """See `hub.Settings.alone`."""
        return f"systemid {self.systemid.upper()}"
