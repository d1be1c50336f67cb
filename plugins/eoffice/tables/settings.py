"""What `endpoint:` says of a unit's database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from hub import Duration, Settings
from plugins.eoffice.tables.mapping import TableMapping

#: What an address may begin with -> how SQLAlchemy calls it with its driver.
_DRIVERS = MappingProxyType(
    {
        "postgresql": "postgresql+psycopg",
        "mariadb": "mariadb+pymysql",
        "mysql": "mysql+pymysql",
    }
)


def _address(value: object) -> str:
    """The address of a database without a password. Raises ValueError, which shows nothing of it."""
    try:
        url = make_url(str(value).strip())
    except ArgumentError:
        url = URL.create("")
    if url.password:
        raise ValueError('the password does not belong here: write "password: !secret NAME"')
    if url.drivername not in _DRIVERS or not url.database:
        raise ValueError("a database is written postgresql://user@host:5432/name or mariadb://user@host:3306/name")
    return url.render_as_string(hide_password=False)


class TablesSettings(Settings):
    """`endpoint:` of a unit whose software keeps what it exchanges in tables."""

    shipped: ClassVar[Mapping[str, Path]] = MappingProxyType({"mapping": Path(__file__).parent})

    kind: Literal["eoffice-tables"]
    #: where it is, as whom we come, and the password for that
    database: Annotated[str, BeforeValidator(_address)]
    password: SecretStr = SecretStr("")
    #: the schema of all tables; "": the usual one of that user
    db_schema: str = Field(default="", alias="schema")
    #: what stands where: the name of a shipped mapping, a file, or the mapping itself
    mapping: TableMapping
    #: where files lie whose path stands in a column; counted from the folder of hub.yaml
    attachments: Path | None = None
    #: pause between two looks at what waits
    poll: Duration = Field(default=5.0, gt=0)
    #: so long a document may lack what it needs before it is given back
    grace: Duration = Field(default=30.0, ge=0)
    #: longest that the database may take for one statement
    timeout: Duration = Field(default=30.0, ge=2, le=3600)
    #: largest packet made of a document, and largest attachment written, in megabytes
    largest: int = Field(default=200, gt=0, le=1000)
    largest_attachment: int = Field(default=100, gt=0, le=1000)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        boxes = self.mapping.outbox.documents, self.mapping.inbox.documents
        if self.attachments is None and any(box and box.files and box.files.path for box in boxes):
            raise ValueError(
                'the mapping says that files lie where a column says: "attachments" must say in which folder'
            )
        return self

    @property
    def url(self) -> URL:
        """The address with its driver and its password."""
        url = make_url(self.database)
        return url.set(drivername=_DRIVERS[url.drivername], password=self.password.get_secret_value() or None)

    @property
    def given(self) -> frozenset[str]:
        """See `hub.Settings.given`: those of the mapping, or fewer."""
        able = self.mapping.codes
        return able & self.codes if self.codes else able

    def doubts(self) -> Sequence[str]:
        """See `hub.Settings.doubts`."""
        box = self.mapping.inbox
        if box.documents is None:
            return ("the mapping has no inbox.documents: what comes for this unit ends as a dead letter",)
        return ()
