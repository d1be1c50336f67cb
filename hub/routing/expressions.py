"""Conditions in CEL (`when: {if: ...}`): what they may say, checked before they are used. Pure.

The one module that knows the library. It finds an unknown name only when it comes to it, and `2 == "2"` is
false to it and no error: so every name and every comparison with a literal is looked at beforehand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from threading import Lock
from types import ModuleType
from typing import Any

from hub.routing.words import is_like

Values = Mapping[str, Any]

LONGEST = 500
_ENGINE = "cel.cel"
_loading = Lock()
#: what the engine raises
_FAILURES = (ValueError, TypeError, RuntimeError, LookupError, ArithmeticError)

#: every name of an expression, with a value of its kind
NAMES: Values = {
    "sender": "so-nv",
    "to": ["so-khcn"],
    "type": "Công văn",
    "code": "204/UBND-VX",
    "number": "204",
    "notation": "UBND-VX",
    "subject": "V/v",
    "urgency": 0,
    "business": "new",
    "channel": "so-nv",
    "kind": "folderdrop",
    "date": "2026-11-24",
    "pages": 1,
    "attachments": [{"name": "a.pdf", "type": "application/pdf", "size": 1}],
}
_PARTS = ("name", "type", "size")
_FUNCTIONS = ("like", "contains", "startsWith", "endsWith", "matches", "size", "int", "double", "string")
_MACROS = ("all", "exists", "exists_one", "map", "filter")

_KINDS = {str: "text", int: "a number", list: "a list", bool: "true or false"}
_TEXT = re.compile(r"""[rR]?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")
_FIELD = re.compile(r"\.\s*([A-Za-z_]\w*)\s*(\()?")
_MACRO = re.compile(rf"\.\s*(?:{'|'.join(_MACROS)})\s*\(\s*([A-Za-z_]\w*)\s*,")
_LITERAL = r"(¶|-?\d[\d.]*|true\b|false\b)"
_COMPARED = re.compile(rf"(?<![\w.])([A-Za-z_]\w*)\s*(?:[=!]=|[<>]=?)\s*{_LITERAL}")
_COMPARED_BACK = re.compile(rf"{_LITERAL}\s*(?:[=!]=|[<>]=?)\s*([A-Za-z_]\w*)(?![\w.(])")
_AMONG = re.compile(rf"(?<![\w.])([A-Za-z_]\w*)\s+in\s*\[\s*{_LITERAL}")
_AMONG_BACK = re.compile(rf"{_LITERAL}\s+in\s+([A-Za-z_]\w*)(?![\w.(])")


@dataclass(frozen=True, slots=True)
class Expression:
    """One condition, as it is written."""

    source: str

    def holds(self, values: Values) -> bool:
        """Whether it holds for a document of these values. Raises ValueError with the reason."""
        with _panics():
            try:
                result = _program(self.source).execute(_engine().Context(dict(values), _HELPERS))
            except _FAILURES as error:
                raise ValueError(_first_line(error)) from error
        if not isinstance(result, bool):
            raise ValueError(f"this gives {_kind(result)}, not true or false")  # noqa: TRY004 - one sort of failure
        return result


def check(source: str, samples: Iterator[Values]) -> Expression:
    """The expression, tried on every sample. Raises ValueError with what is wrong."""
    if len(source) > LONGEST:
        raise ValueError(f"an expression may have {LONGEST} signs at most: this one has {len(source)}")
    with _panics():
        try:
            program = _program(source)
        except _FAILURES as error:
            raise ValueError(_syntax(str(error))) from None
    bald = _TEXT.sub("¶", source)
    for problem in (*_strange_names(program, bald), *_strange_parts(bald), *_nested(bald), *_never_equal(bald)):
        raise ValueError(problem)
    expression = Expression(source)
    for sample in samples:
        expression.holds(sample)
    return expression


def _like(text: str, glob: str) -> bool:
    return is_like(text, [glob])


_HELPERS: dict[str, Callable[..., Any]] = {"like": _like}


@contextmanager
def _panics() -> Iterator[None]:
    """A panic inside the engine is a failure of the expression, not the end of who asked."""
    try:
        yield
    except BaseException as error:
        # It derives from BaseException, and its class cannot be imported.
        if type(error).__name__ == "PanicException":
            raise ValueError("the engine broke down over this") from error
        raise


def _engine() -> Any:
    """The library's engine alone, when the first expression needs it: its package would load a terminal program.

    It is registered under its own name, for a process that loads it twice panics.
    """
    with _loading:
        return sys.modules.get(_ENGINE) or _loaded()


def _loaded() -> ModuleType:
    package = find_spec(_ENGINE.partition(".")[0])
    spec = PathFinder.find_spec(_ENGINE, package.submodule_search_locations if package else None)
    if spec is None or spec.loader is None:
        raise ImportError("the library common-expression-language is not installed: requirements/setup")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[_ENGINE] = module
    return module


@lru_cache(maxsize=1024)
def _program(source: str) -> Any:
    return _engine().compile(source)


def _first_line(error: Exception) -> str:
    return str(error).split(". ", maxsplit=1)[0].splitlines()[0]


def _syntax(said: str) -> str:
    match = re.search(r"<input>:(\d+):(\d+): (.*)", said)
    if match is None:
        return "this is not CEL"
    line = f"line {match[1]}, " if match[1] != "1" else ""
    return f"this is not CEL ({line}sign {match[2]} of it): {match[3][:120]}"


def _strange_names(program: Any, bald: str) -> Iterator[str]:
    bound = set(_MACRO.findall(bald))
    if name := next(iter(sorted(bound & set(NAMES))), ""):
        yield f'"{name}" is a name of the document already: take another one'
    for name in program.variables():
        if name not in NAMES and name not in bound:
            yield f'the name "{name}" is not known{_near(name, NAMES)}'
    for name in program.functions():
        if name[0].isalpha() and name not in _FUNCTIONS:
            yield f'the function "{name}" is not known{_near(name, (*_FUNCTIONS, *_MACROS))}'


def _near(word: str, known: Any) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else f"; known here: {', '.join(known)}"


def _strange_parts(bald: str) -> Iterator[str]:
    """Fields are known only of attachments."""
    for name, called in _FIELD.findall(bald):
        if not called and name not in _PARTS:
            yield f'the part "{name}" is not known{_near(name, _PARTS)}'


def _nested(bald: str) -> Iterator[str]:
    """A macro within a macro takes as long as both lists multiplied."""
    for match in _MACRO.finditer(bald):
        if _MACRO.search(bald, match.end(), _closing(bald, match.end())):
            yield "a list is gone through inside another: that could take too long"


def _closing(text: str, start: int) -> int:
    depth = 1
    for index in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if not depth:
            return index
    return len(text)


def _never_equal(bald: str) -> Iterator[str]:
    """Comparisons of two kinds of values, which would never hold and never fail."""
    pairs = [(name, literal) for name, literal in (*_COMPARED.findall(bald), *_AMONG.findall(bald))]
    pairs += [(name, literal) for literal, name in _COMPARED_BACK.findall(bald)]
    for name, literal in pairs:
        if name in NAMES and (wanted := _kind(NAMES[name])) != _literal_kind(literal):
            yield f'"{name}" is {wanted} and is compared with {_literal_kind(literal)}'
    for literal, name in _AMONG_BACK.findall(bald):
        if name == "to" and literal != "¶":
            yield f'"{name}" is a list of texts and is searched for {_literal_kind(literal)}'


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "something else")


def _literal_kind(literal: str) -> str:
    return "text" if literal == "¶" else "true or false" if literal in ("true", "false") else "a number"
