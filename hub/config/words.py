"""What a settings model found wrong, said in words and at its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from hub.config.nodes import Entry, Node, Place, Report, SecretName
from hub.config.values import key_words, one_of
from hub.config.vault import MISSING, REPEAT, Vault

M = TypeVar("M", bound=BaseModel)
Path = Sequence[str | int]

#: What pydantic says behind the way to a key that is wrong itself.
_KEY = "[key]"
_NOT_TEXT = {"string_type", "path_type"}
_TABLES = {"dict_type", "model_type", "model_attributes_type", "mapping_type", "dataclass_type"}
_LISTS = {"list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"}
_SHAPES = {
    "too_short": "name at least one",
    "string_too_short": "not be empty",
    "int_type": "be a whole number",
    "int_parsing": "be a whole number",
    "int_from_float": "be a whole number",
    "float_type": "be a number",
    "float_parsing": "be a number",
    "bool_type": "be true or false",
    "bool_parsing": "be true or false",
}


def check(model: type[M], whole: Entry, vault: Vault, report: Report) -> M | None:
    """The model filled from the entry's value, or None; what is wrong is in the report."""
    try:
        return model.model_validate(vault.plain(whole.node))
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _tell(model, whole, detail, vault, report)
        return None


def bare_secrets(model: type[BaseModel], node: Node, path: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """Where a setting that should be secret is written out."""
    for index, item in enumerate(node.items or ()):
        yield from bare_secrets(model, item, (*path, index))
    for entry in node.entries or ():
        yield from bare_secrets(model, entry.node, (*path, entry.key))
    if isinstance(node.scalar, str) and _is_secret(list(types_at(model, path))):
        yield node.at


def types_at(model: object, path: Path) -> Iterator[object]:
    """Every type that the model allows at this path."""
    origin, args = get_origin(model), get_args(model)
    if origin is Annotated:
        yield from types_at(args[0], path)
    elif origin in (Union, UnionType):
        for arg in args:
            yield from types_at(arg, path)
    elif not path:
        yield model
    elif isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            if path[0] in (name, field.alias):
                yield from types_at(field.annotation, path[1:])
    elif args:
        table = isinstance(origin, type) and issubclass(origin, Mapping)
        yield from types_at(args[1] if table and len(args) > 1 else args[0], path[1:])


def _tell(model: type[BaseModel], whole: Entry, detail: ErrorDetails, vault: Vault, report: Report) -> None:
    loc, kind = detail["loc"], detail["type"]
    if detail["input"] is MISSING:
        return
    if kind == "missing":
        where = _where(_declared(model, loc[:-1]), whole.key)
        report.wrong(_walk(whole, loc[:-1]).at, f'the key "{loc[-1]}" is missing{where}')
        return
    entry = _walk(whole, loc)
    if kind == "too_short" and entry.node.items:
        return  # it only counts without those that are wrong, which are told
    if kind == "extra_forbidden":
        if REPEAT not in str(loc[-1]):
            report.wrong(entry.at, _unknown_key(model, loc))
        return
    begins_below = not entry.node.is_scalar and entry.node.at.line > entry.at.line
    place = entry.at if begins_below or loc[-1:] == (_KEY,) else entry.node.at
    report.wrong(place, _in_words(model, entry, detail, vault))


def _walk(whole: Entry, loc: Path) -> Entry:
    """The last entry on the way of which the file knows a place; parts that only the model knows are passed over."""
    here = whole
    for step in loc:
        node = here.node
        if isinstance(step, int):
            if node.items is not None and step < len(node.items):
                here = Entry(str(step), node.items[step].at, node.items[step])
            continue
        key, _, repeat = step.partition(REPEAT)
        found = [entry for entry in node.entries or () if entry.key == key]
        here = found[int(repeat or 0)] if found else here
    return here


def _where(loc: Path, whole: str) -> str:
    """Which table is meant."""
    if loc and isinstance(loc[-1], int):
        return f" in entry {loc[-1] + 1}{_where(loc[:-1], whole)}"
    name = str(loc[-1]).partition(REPEAT)[0] if loc else whole
    return f' in "{name}"' if name else ""


def _unknown_key(model: type[BaseModel], loc: Path) -> str:
    key = str(loc[-1])
    known = [
        field.alias or name
        for owner in types_at(model, _declared(model, loc[:-1]))
        if isinstance(owner, type) and issubclass(owner, BaseModel)
        for name, field in owner.model_fields.items()
    ]
    near = get_close_matches(key.lower(), known, n=1, cutoff=0.6)
    return f"{key_words(key)} is not known" + (
        f'; did you mean "{near[0]}"?' if near else f"; known here: {', '.join(known)}"
    )


def _declared(model: type[BaseModel], loc: Path) -> Path:
    """The path without what pydantic adds for the members of a union."""
    path: list[str | int] = []
    for step in loc:
        if list(types_at(model, [*path, step])):
            path.append(step)
    return path


def _in_words(model: type[BaseModel], entry: Entry, detail: ErrorDetails, vault: Vault) -> str:
    kind, value = detail["type"], entry.node.scalar
    if isinstance(value, SecretName) and kind not in ("value_error", "assertion_error"):
        return "this setting is not kept secret: write it without !secret"
    if entry.node.is_scalar and value is None:
        return f"{_subject(entry)} is empty"
    shape = _shape(kind, entry.node.is_scalar)
    if shape:
        return f"{_subject(entry)} must {shape}"
    types = list(types_at(model, _declared(model, detail["loc"])))
    choices = tuple(str(arg) for type_ in types if get_origin(type_) is Literal for arg in get_args(type_))
    if kind == "literal_error" and choices and entry.node.is_scalar:
        return one_of(str(value), choices)
    return vault.hush(_foreign(detail), _bare(types, value))


def _shape(kind: str, is_scalar: bool) -> str:
    """What a value of the wrong shape must do."""
    if kind in _NOT_TEXT:
        return "be text: write it in quotes" if is_scalar else "be text"
    if kind in _TABLES:
        return "be a table of key: value"
    return "be a list: [one, two]" if kind in _LISTS else _SHAPES.get(kind, "")


def _subject(entry: Entry) -> str:
    return f'"{entry.key}"' if entry.key and not entry.key.isdigit() else "this"


def _foreign(detail: ErrorDetails) -> str:
    """A validator's own words."""
    cause = detail.get("ctx", {}).get("error")
    return str(cause) if cause else detail["msg"].replace("Input should be", "must be")


def _bare(types: Sequence[object], value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and _is_secret(types) else ()


def _is_secret(types: Sequence[object]) -> bool:
    return any(type_ in (SecretStr, SecretBytes) for type_ in types)
