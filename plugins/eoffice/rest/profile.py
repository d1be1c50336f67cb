"""A profile: how one brand's REST server is spoken to. Read from YAML; what cannot be is told at its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from hub import VIETNAM, Duration
from plugins.eoffice.rest.calls import FileCall, ListCall, Login, RowCall, SentCall, Sign, Spelled
from plugins.eoffice.rest.picks import Asked, Part, Picked, PickedOrRaw, Tested, Verdict, Zone
from plugins.eoffice.rest.templates import (
    HeaderName,
    HeaderText,
    KindText,
    ListTree,
    OwnName,
    RowTree,
    Scope,
    SentText,
    SentTree,
    Template,
    within,
)

_BODIES = ("json", "form", "text", "multipart", "raw")


class Answers(Part):
    """How every answer reads."""

    #: a success; without it every 2xx is one
    ok: Tested | None = None
    code: Picked | None = None
    text: Picked | None = None
    #: their code -> what becomes of it
    codes: Mapping[str, Verdict] = {}
    #: the same of an HTTP status
    http: Mapping[str, Verdict] = {}
    #: of an error of which nothing is said above
    otherwise: Verdict = "unknown"


class Pages(Part):
    """A list that comes in pages: by number, or by what each says is the next one's cursor."""

    #: number of the first page; with `size` rows in each but the last
    first: int = Field(default=1, ge=0)
    size: int = Field(default=100, ge=1, le=10_000)
    cursor: Picked | None = None


class Listing(Part):
    """How they list what waits for us."""

    call: Annotated[ListCall, Spelled]
    json_: ListTree = Field(default=None, alias="json")
    headers: Mapping[HeaderName, HeaderText] = {}
    rows: Picked
    #: in a row: its own id
    id: Picked
    #: rows of which this holds are over
    over: Tested | None = None
    pages: Pages | None = None
    #: {since} is so long ago, {until} so far ahead: their clock may differ
    look_back: Duration = Field(default=30 * 86_400.0, ge=0)
    look_ahead: Duration = Field(default=86_400.0, ge=0)


class Fetch(Part):
    """How one is fetched."""

    call: Annotated[RowCall, Spelled]
    json_: RowTree = Field(default=None, alias="json")
    headers: Mapping[HeaderName, HeaderText] = {}
    #: the packet in the answer; "raw": the answer is it
    packet: PickedOrRaw | None = None
    written: Literal["auto", "plain", "base64"] = "auto"


class Confirm(Part):
    """How we say what became of one. A word that is missing is not said."""

    call: Annotated[RowCall, Spelled]
    json_: RowTree = Field(default=None, alias="json")
    headers: Mapping[HeaderName, HeaderText] = {}
    taken: str | int = "done"
    refused: str | int = ""


class Files(Part):
    """The files of a document: its rows, and of each the name and the bytes, there or by a call of their own."""

    rows: Picked
    name: Picked
    content: Picked | None = None
    id: Picked | None = None
    call: Annotated[FileCall, Spelled] | None = None
    headers: Mapping[HeaderName, HeaderText] = {}

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.content is None) == (self.call is None):
            raise ValueError('files have either "content" (base64 in the answer) or "call" (an address for each)')
        return self


class DocumentSays(Part):
    """Where in their answer the parts of a document stand."""

    code: Asked
    subject: Asked
    date: Asked
    #: codes of those whom it is for
    to: Picked
    id: Asked | None = None
    type: Asked | None = None
    #: 0..4
    urgency: Asked | None = None
    content: Asked | None = None
    due: Asked | None = None
    signer: Asked | None = None
    position: Asked | None = None
    place: Asked | None = None
    #: mã định danh of the document that it answers
    reply_to: Asked | None = None
    files: Files | None = None


class StatusSays(Part):
    """Where in their answer the parts of a hồi báo stand."""

    #: two digits, by a table
    status: Asked
    #: whom it goes to: the sender of the document
    to: Asked
    document: Asked | None = None
    code: Asked | None = None
    date: Asked | None = None
    at: Asked | None = None
    reason: Asked | None = None
    by: Asked | None = None

    @model_validator(mode="after")
    def _about(self) -> Self:
        if self.document is None and self.code is None:
            raise ValueError('a status names its document: by "document" (its id) or "code" (number/notation)')
        return self


class Inlet(Part):
    """One list of theirs, and what becomes of its rows. `list` and `confirm` may stand in the profile, for all."""

    #: asked once for each: what stands for {kind}
    kinds: tuple[KindText, ...] = ()
    list: Listing | None = None
    #: without it a row is all that there is
    fetch: Fetch | None = None
    confirm: Confirm | None = None
    document: DocumentSays | None = None
    status: StatusSays | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        packet = self.fetch is not None and self.fetch.packet is not None
        if [packet, self.document is not None, self.status is not None].count(True) != 1:
            raise ValueError('a list brings one of: "packet" in its "fetch", "document", "status"')
        return self


class Multipart(Part):
    """A form with the packet, or each file, as a file in it."""

    #: name of the field that holds the packet; none: it is not there
    packet: str = ""
    #: name of the field that each attachment is in; none: they are not there
    attachments: str = ""
    filename: str = "edoc.edxml"
    type: str = "application/xml"
    fields: Mapping[str, SentText] = {}


class Outlet(Part):
    """How something is handed over: one body of json, form, text, multipart or raw."""

    #: of documents: which business types they can take (0 new, 1 revoked, 2 changed, 3 replaced)
    business: frozenset[Literal[0, 1, 2, 3]] = frozenset({0, 1, 2, 3})
    call: Annotated[SentCall, Spelled]
    headers: Mapping[HeaderName, HeaderText] = {}
    json_: SentTree = Field(default=None, alias="json")
    form: Mapping[str, SentText] = {}
    text: SentText | None = None
    multipart: Multipart | None = None
    #: the packet itself; this is its content type
    raw: str = ""
    #: their id of it
    id: Picked | None = None

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        bodies = [self.json_ is not None, bool(self.form), self.text is not None, self.multipart is not None, self.raw]
        if len([each for each in bodies if each]) != 1:
            raise ValueError(f"a send has exactly one body: {', '.join(_BODIES)}")
        return self


class Find(Part):
    """How they are asked whether they have something already."""

    call: Annotated[SentCall, Spelled]
    headers: Mapping[HeaderName, HeaderText] = {}
    json_: SentTree = Field(default=None, alias="json")
    there: Tested
    #: error codes that say that it is not
    missing: frozenset[str] = frozenset()
    id: Picked | None = None


class Kinds(Part):
    """What stands for {kind} in what is sent."""

    document: KindText = Template(("",))
    status: KindText = Template(("",))


Sort = Literal["packets", "documents", "statuses"]


class Profile(Part):
    """All of it."""

    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,60}$")
    #: why it should not be relied on yet; `hub check` says it
    experimental: str = ""
    format: Literal["json", "xml"] = "json"
    namespaces: Mapping[str, str] = {}
    #: of times that name no zone
    zone: Zone = VIETNAM
    #: names of its own, with what they say unless the endpoint does; null: the endpoint must
    values: Mapping[OwnName, str | None] = {}
    tables: Mapping[OwnName, Mapping[str, str | int]] = {}
    headers: Mapping[HeaderName, HeaderText] = {}
    login: Login | None = None
    sign: Sign | None = None
    answers: Answers = Answers()
    kinds: Kinds = Kinds()
    #: of every list that has none of its own
    list: Listing | None = None
    confirm: Confirm | None = None
    receive: Mapping[OwnName, Inlet]
    send: Mapping[Sort, Outlet]
    find: Mapping[Sort, Find] = {}

    _used: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def needs(self) -> frozenset[str]:
        """The names that its texts ask for."""
        return self._used

    def place_of(self, name: str, part: Literal["list", "confirm"]) -> tuple[str, ...]:
        """Where it is said: in that part of `receive`, or once for all."""
        return ("receive", name, part) if getattr(self.receive[name], part) else (part,)

    def list_of(self, name: str) -> Listing:
        """How that list is asked for."""
        found = self.receive[name].list or self.list
        assert found
        return found

    def confirm_of(self, name: str) -> Confirm | None:
        """How one of that list is confirmed."""
        return self.receive[name].confirm or self.confirm

    @model_validator(mode="wrap")
    @classmethod
    def _own(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Texts and picks know the profile that they are in."""
        with within(_scope_of(data)) as own:
            made = handler(data)
            made._used = frozenset(own.used) or made._used  # noqa: SLF001 - its own
            return made

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.receive or not self.send:
            raise ValueError('a profile has at least one list under "receive" and one way under "send"')
        if bare := [name for name, inlet in self.receive.items() if not (inlet.list or self.list)]:
            raise ValueError(f'nothing says how "receive: {bare[0]}" is listed: write "list" there, or once for all')
        if "packets" not in self.send and "statuses" not in self.send:
            raise ValueError('"send" says nothing of statuses: write "packets" or "statuses"')
        if "packets" not in self.send and "documents" not in self.send:
            raise ValueError('"send" says nothing of documents: write "packets" or "documents"')
        return self


def _scope_of(data: Any) -> Scope:
    """What the profile itself brings, as far as it is right."""
    said = data if isinstance(data, Mapping) else {}
    names = frozenset(_keys(said.get("values")))
    spaces = said.get("namespaces")
    return Scope(
        names,
        _tables(said.get("tables")),
        "xml" if said.get("format") == "xml" else "json",
        tuple((str(key), str(value)) for key, value in spaces.items()) if isinstance(spaces, Mapping) else (),
    )


def _tables(said: object) -> Mapping[str, Mapping[str, object]]:
    tables = said if isinstance(said, Mapping) else {}
    return {str(name): table for name, table in tables.items() if isinstance(table, Mapping)}


def _keys(said: object) -> Iterator[str]:
    return (str(key) for key in said) if isinstance(said, Mapping) else iter(())
