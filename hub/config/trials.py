"""Reads routes-tests.yaml: cases that the rules must meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from hub.config.checks import meant
from hub.config.nodes import Entry, Node, Place, Report
from hub.config.part import Part
from hub.config.reading import read
from hub.config.schema import Config
from hub.config.values import Businesses, Day, Size, Urgencies, Word, Words
from hub.config.vault import Vault
from hub.config.words import check
from hub.directory import looks_like_code
from hub.errors import ConfigError, Mistake
from hub.routing.trials import Trial
from hub.vocabulary import Attachment, Business, BusinessInfo, Document, DocumentType, Organization, OtherInfo, Urgency

NAME = "routes-tests.yaml"


def _single(value: tuple[object, ...]) -> tuple[object, ...]:
    if len(value) != 1 or (isinstance(value[0], frozenset) and len(value[0]) != 1):
        raise ValueError("a document has one of these")
    return value


class FileSays(Part):
    """One attachment of a case's document."""

    name: Word
    type: str = ""
    size: Size = 1000


class DocumentSays(Part):
    """`document:` of a case; what it leaves out is usual."""

    sender: Word = Field(alias="from")
    to: Words
    type: str = "Công văn"
    code: Word = "1/CV"
    subject: str = ""
    urgency: Annotated[Urgencies, AfterValidator(_single)] = (frozenset({Urgency.NORMAL}),)
    business: Annotated[Businesses, AfterValidator(_single)] = (Business.NEW,)
    date: Day = date(2026, 1, 1)
    pages: int | None = None
    attachments: tuple[FileSays, ...] = ()
    channel: Word = ""


class CaseSays(Part):
    """One case."""

    name: Word
    document: DocumentSays
    expect: tuple[Word, ...]
    unknown: tuple[Word, ...] = ()
    rules: tuple[Word, ...] | None = None


class CasesSays(Part):
    """routes-tests.yaml."""

    cases: tuple[CaseSays, ...] | None = None


def load_trials(folder: Path, config: Config) -> list[tuple[Trial, Mistake]]:
    """Every case with its place, none where there is no file. Raises ConfigError with every mistake."""
    report = Report()
    tree = read(folder / NAME, report, optional=True)
    says = check(CasesSays, Entry("", Place(NAME), tree), Vault(folder, report), report) if tree else CasesSays()
    nodes = _nodes(tree)
    for node in nodes:
        _check_names(node, config, report)
    if says is None or report.mistakes:
        raise ConfigError(list(dict.fromkeys(report.mistakes)))
    return [(_trial(case, config), node.at.says("")) for case, node in zip(says.cases or (), nodes, strict=True)]


def _nodes(tree: Node | None) -> Sequence[Node]:
    cases = tree.get("cases") if tree else None
    return (cases.items or ()) if cases else ()


def _check_names(case: Node, config: Config, report: Report) -> None:
    directory, rules = config.directory, [route.name for route in config.routes]
    for word, place in _words(case, ("document", "from"), ("document", "to"), ("document", "channel"), ("expect",)):
        known = directory.find(word) or word in config.groups or "." in word or looks_like_code(word)
        if not known:
            report.wrong(place, f'there is no unit "{word}"{meant(word, directory, [*config.groups])}')
    for word, place in case.texts("document", "channel"):
        if word in config.groups or (directory.find(word) is None and looks_like_code(word)):
            report.wrong(place, f'"{word}" has no endpoint of its own')
    for word, place in case.texts("rules"):
        if word.strip() not in rules:
            report.wrong(place, f'there is no rule "{word}"')


def _words(case: Node, *paths: tuple[str, ...]) -> Iterator[tuple[str, Place]]:
    for path in paths:
        yield from ((word.strip(), place) for word, place in case.texts(*path))


def _trial(case: CaseSays, config: Config) -> Trial:
    says, directory = case.document, config.directory
    channel = directory.find(says.channel or says.sender) or directory.others or says.sender
    return Trial(case.name, _document(says, config), channel, case.expect, case.unknown, case.rules)


def _document(says: DocumentSays, config: Config) -> Document:
    number, _, notation = says.code.partition("/")
    return Document(
        sender=Organization(_code(says.sender, config)),
        to=tuple(Organization(_code(organ, config)) for organ in says.to),
        document_id="",
        number=number,
        notation=notation,
        promulgation_date=says.date,
        subject=says.subject,
        type=DocumentType(says.type),
        other=OtherInfo(urgency=min(says.urgency[0]), page_amount=says.pages),
        business=BusinessInfo(says.business[0]),
        attachments=tuple(Attachment(one.name, "", one.type, "", 0, 0, one.size, "") for one in says.attachments),
    )


def _code(name: str, config: Config) -> str:
    """The code that a packet would bear for this unit."""
    unit = config.directory.find(name)
    return (config.directory.unit(unit).code or name) if unit else name
