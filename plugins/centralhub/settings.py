"""What `endpoint:` says of a central hub. Every fact that nobody outside knows for certain is a setting."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from hub import Duration, Settings
from hub.carrying.certificates import is_in_clear


def _address(value: object) -> str:
    """An address of http or https without a name or password in it, without the last slash. Raises ValueError."""
    text = str(value).strip().rstrip("/")
    parts = urlsplit(text)
    more = "@" in parts.netloc or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or not parts.hostname or more:
        raise ValueError("an address is written http://host:port or https://host/path, without user, ? or #")
    return text


Address = Annotated[str, BeforeValidator(_address)]
Word = Literal["done", "fail"]
#: The interface that a hub has: the Government Office's own, or the REST shape of one province's (facts 3.7).
VXP, PROVINCIAL = "vxp", "provincial-rest"
AgencyList = Literal["getAgenciesList", "getAgenciesListQD20", "getSynchronizeUnit"]


#: settings that only one of the two profiles knows; `_NEEDED` without a default
_VXP_ONLY = ("download", "narrow", "sender", "servicetype", "together")
_NEEDED = ("username", "password", "application_code")
_PROVINCIAL_ONLY = ("prefix", "token_lifetime", "look_back", "status_type", "edxml")
_HEADER = re.compile(r"[!-~]([ -~]*[!-~])?")
_EXPERIMENTAL = (
    "profile: provincial-rest is experimental: it follows one province's notes, and no hub of that kind has been seen; "
    "its list tells nothing of what was sent, so what is in doubt is sent again (docs/central-hub.md)"
)
_OPEN = "url begins with http: whoever is on the way can read the password and the secret; write https: if they can"


class CentralhubSettings(Settings):
    """`endpoint:` of the unit that stands for everyone who is reached through a central hub."""

    kind: Literal["centralhub"]
    #: where the operations are: `/getReceivedEdocList` and so on is appended
    url: Address
    #: who we are there, and the secret that belongs to it
    systemid: str = Field(min_length=1, pattern=r"^[!-~]+$")
    secret: SecretStr
    #: the hub's interface
    profile: Literal["vxp", "provincial-rest"] = "vxp"
    #: longest pause between two looks, and the pause after one that brought something
    poll: Duration = Field(default=60.0, gt=0)
    poll_busy: Duration = Field(default=5.0, gt=0)
    #: longest silence of a call, and while a packet is on its way
    timeout: Duration = Field(default=30.0, gt=0)
    transfer_timeout: Duration = Field(default=60.0, gt=0)
    #: first and longest pause after an outage
    pause: Duration = Field(default=5.0, gt=0)
    pause_most: Duration = Field(default=300.0, gt=0)
    #: pause before the secret that was refused is tried again
    retry_credentials: Duration = Field(default=3600.0, gt=0)
    #: calls a second, at most; 0: no limit
    rate: float = Field(default=50.0, ge=0)
    #: calls at the same time, at most
    parallel: int = Field(default=4, gt=0, le=64)
    #: largest packet taken, in megabytes
    largest: int = Field(default=1000, gt=0, le=100_000)
    #: how packets are fetched; auto: downloadEdoc, and getEdoc where the hub has no such operation
    download: Literal["auto", "downloadEdoc", "getEdoc"] = "auto"
    #: who of us an arriving document is for: the `to` of its row in the list, or the To of the packet
    addressees: Literal["row", "packet"] = "row"
    #: how a packet is narrowed to its one recipient: the `to` header alone, or the To inside it too
    narrow: Literal["header", "packet"] = "header"
    #: what the `from` header says: From of the packet, or our systemid
    sender: Literal["packet", "systemid"] = "packet"
    #: recipients of one document who are handed over within so long go in one packet; 0: each by itself
    together: Duration = Field(default=0.1, ge=0, le=5)
    #: the servicetype of every call
    servicetype: str = Field(default="eDoc", pattern=r"^[!-~]+$")
    #: what is said of a packet that nobody can read (it is kept in quarantine), and of one that is refused
    on_parse_failure: Word = "done"
    on_refusal: Word = "fail"
    #: error codes after which a document is never sent again, and those that mean a wrong secret
    final_errors: frozenset[str] = frozenset({"10", "18", "19", "21", "22", "23"})
    credential_errors: frozenset[str] = frozenset({"15"})
    #: whether getSentEdocList tells truly what arrived
    sent_list: bool = True
    #: lists of agencies that are fetched, and how often; []: none
    directory: tuple[AgencyList, ...] = ("getAgenciesList",)
    directory_every: Duration = Field(default=86_400.0, ge=60)
    #: TLS: whom to trust, and who we are; relative paths count from the folder of hub.yaml
    ca: Path | None = None
    certificate: Path | None = None
    certificate_key: Path | None = None
    certificate_password: SecretStr = SecretStr("")
    #: http://host:port of a proxy
    proxy: Annotated[str, BeforeValidator(lambda value: _address(value) if value else "")] = ""
    proxy_user: str = ""
    proxy_password: SecretStr = SecretStr("")

    #: provincial-rest alone: who logs in, and for which application
    username: str = ""
    password: SecretStr | None = None
    application_code: str = ""
    #: what stands before every operation
    prefix: str = Field(default="/v1", pattern=r"^(/[A-Za-z0-9._~-]+)*$")
    #: so long a login holds; it is renewed when four fifths are over
    token_lifetime: Duration = Field(default=1800.0, ge=10)
    #: the days that are asked for, back from today
    look_back: Duration = Field(default=30 * 86_400.0, ge=86_400)
    #: the messageType of statuses
    status_type: str = Field(default="status", pattern=r"^[A-Za-z0-9_-]+$")
    #: how getEdoc writes the packet; auto: by its first sign
    edxml: Literal["auto", "plain", "base64"] = "auto"

    @property
    def narrows_packets(self) -> bool:
        """Whether the To inside a packet names its one recipient alone."""
        return self.profile == PROVINCIAL or self.narrow == "packet"

    def doubts(self) -> Sequence[str]:
        """See `hub.Settings.doubts`."""
        if self.profile != PROVINCIAL:
            return ()
        return (_EXPERIMENTAL, _OPEN) if is_in_clear(self.url) else (_EXPERIMENTAL,)

    @model_validator(mode="after")
    def _spoken(self) -> Self:
        foreign = _VXP_ONLY if self.profile == PROVINCIAL else (*_NEEDED, *_PROVINCIAL_ONLY)
        for name in foreign:
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f'"{name}" is no setting of profile: {self.profile}')
        if self.profile == PROVINCIAL:
            self._check_provincial()
        return self

    def _check_provincial(self) -> None:
        for name in _NEEDED:
            if not _bare(getattr(self, name)):
                raise ValueError(f'profile: {PROVINCIAL} needs "{name}"')
        if not _HEADER.fullmatch(self.secret.get_secret_value()):
            raise ValueError("the secret goes in a header: printable ASCII, no blanks at its ends")
        if set(self.directory) - {"getAgenciesList"}:
            raise ValueError(f"of the lists of agencies profile: {PROVINCIAL} has getAgenciesList alone")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.ca or self.certificate) and not self.url.startswith("https:"):
            raise ValueError("ca and certificate are for an address that begins with https:")
        if self.certificate_key and not self.certificate:
            raise ValueError("certificate_key belongs to a certificate")
        if self.poll_busy > self.poll:
            raise ValueError("poll_busy is the shorter pause: at most poll")
        return self


def _bare(value: str | SecretStr | None) -> str | None:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
