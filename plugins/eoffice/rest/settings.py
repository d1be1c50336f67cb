"""What `endpoint:` says of a unit's REST server. How it speaks says the profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from hub import Duration, Settings
from hub.carrying.certificates import is_in_clear
from plugins.eoffice.rest.profile import Profile

#: The profiles that come with the hub.
PROFILES = Path(__file__).parent / "profiles"
#: what a profile may ask for, and the settings that say it
_ASKED: Mapping[str, tuple[str, ...]] = {
    "username": ("username",),
    "password": ("password",),
    "secret": ("secret",),
    "system": ("system",),
    "basic": ("username", "password"),
    "signature": ("secret",),
}


def _address(value: object) -> str:
    """An address of http or https without a name or password in it, without the last slash. Raises ValueError."""
    text = str(value).strip().rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("an address is written http://host:port or https://host/path, without user, ? or #")
    return text


class Push(BaseModel):
    """`push:` of software that calls the hub itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: what it signs its calls with
    secret: SecretStr = Field(min_length=16)
    #: how far the time of a call may be from the hub's, in seconds
    fresh: Duration = Field(default=300.0, gt=0, le=86_400)
    #: largest packet that may come so, in megabytes
    largest: int = Field(default=100, gt=0, le=100_000)


class RestSettings(Settings):
    """`endpoint:` of a unit whose software is a REST server."""

    shipped: ClassVar[Mapping[str, Path]] = {"profile": PROFILES}

    kind: Literal["eoffice-rest"]
    #: what stands before every path of the profile
    url: Annotated[str, BeforeValidator(_address)]
    #: one that comes with the hub, or a file counted from the folder of hub.yaml
    profile: Profile
    #: who we are there: what the profile's {system}, {username}, {password}, {secret} stand for
    system: str = ""
    username: str = ""
    password: SecretStr | None = None
    secret: SecretStr | None = None
    #: the profile's own values, where they differ
    values: Mapping[str, str] = {}
    #: longest pause between two looks, and the pause after one that brought something
    poll: Duration = Field(default=60.0, gt=0)
    poll_busy: Duration = Field(default=5.0, gt=0)
    #: longest silence of a call, and while a document is on its way
    timeout: Duration = Field(default=30.0, gt=0)
    transfer_timeout: Duration = Field(default=60.0, gt=0)
    #: first and longest pause after an outage
    pause: Duration = Field(default=5.0, gt=0)
    pause_most: Duration = Field(default=300.0, gt=0)
    #: pause before a refused login is tried again
    retry_credentials: Duration = Field(default=3600.0, gt=0)
    #: calls at the same time, at most
    parallel: int = Field(default=4, gt=0, le=64)
    #: largest document taken, in megabytes
    largest: int = Field(default=1000, gt=0, le=100_000)
    #: TLS: whom to trust, and who we are; relative paths count from the folder of hub.yaml
    ca: Path | None = None
    certificate: Path | None = None
    certificate_key: Path | None = None
    certificate_password: SecretStr = SecretStr("")
    #: a door of its own at the hub's outer listener; None: there is none
    push: Push | None = None

    @property
    def uses_door(self) -> bool:
        """See `hub.Settings.uses_door`."""
        return self.push is not None

    def doubts(self) -> Sequence[str]:
        """See `hub.Settings.doubts`."""
        said, told = self.profile.experimental, list[str]()
        if said:
            told.append(f"profile {self.profile.name} is experimental: {said}")
        if self.secrets and is_in_clear(self.url):
            told.append("url begins with http: whoever is on the way can read the password; write https: if they can")
        return told

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may read."""
        kept = (self.password, self.secret, self.certificate_password)
        return tuple(filter(None, (each.get_secret_value() for each in kept if each)))

    @model_validator(mode="after")
    def _answered(self) -> Self:
        """The profile asks for nothing that is not said here, and nothing is said that it does not know."""
        profile = self.profile
        for name, settings in _ASKED.items():
            for missing in settings:
                if name in profile.needs and not getattr(self, missing):
                    raise ValueError(f'profile {profile.name} needs "{missing}"')
        for name in self.values:
            if name not in profile.values:
                raise ValueError(f'profile {profile.name} has no value "{name}": {", ".join(profile.values) or "none"}')
        for name, said in profile.values.items():
            if said is None and name not in self.values:
                raise ValueError(f'profile {profile.name} needs "{name}" under "values"')
        return self

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.ca or self.certificate) and not self.url.startswith("https:"):
            raise ValueError("ca and certificate are for an address that begins with https:")
        if self.certificate_key and not self.certificate:
            raise ValueError("certificate_key belongs to a certificate")
        if self.poll_busy > self.poll:
            raise ValueError("poll_busy is the shorter pause: at most poll")
        for said in (self.password, self.secret):
            if said and not said.get_secret_value().isprintable():
                raise ValueError("a secret has signs that no call can carry")
        return self
