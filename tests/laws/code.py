"""The laws of the code itself. Each takes a source tree and returns what breaks it."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median

from tests.laws.source import Function, Module, functions, imports, modules, name_of, text_of, walk

PACKAGES = ("hub", "plugins")

#: library -> the modules (with everything below them) that may know it
ROOMS: Mapping[str, tuple[str, ...]] = {
    "pluggy": ("hub.hookspecs", "hub.plugins"),
    "sqlmodel": ("hub.tables", "hub.ledger"),
    "sqlalchemy": ("hub.tables", "hub.ledger", "plugins.eoffice.tables"),
    "alembic": ("hub.ledger",),
    "watchdog": ("plugins.folderdrop",),
    "ruamel": ("hub.config",),
    "pypdf": ("plugins.folderdrop.clerk.sending.pdf_child",),
    "openpyxl": (
        "hub.roster.workbook",
        "plugins.folderdrop.clerk.workbook",
        "hub.report.workbook",
        # charts that Word and Excel draw themselves
        "hub.report.charts",
        "hub.report.embedding",
    ),
    "docx": ("hub.report.paper", "hub.report.wordxml", "hub.report.embedding"),
    "cryptography": ("hub.keeping.checkpoints",),
    "rapidfuzz": ("hub.matching.parts",),
    # guesses the public holidays of years without an official list
    "holidays": ("hub.calendar.guessed",),
    "cel": ("hub.routing.expressions",),
    # what a profile picks out of answers in JSON and in XML
    "jmespath": ("plugins.eoffice.rest.picks",),
    "lxml": ("plugins.eoffice.rest",),
    "typer": ("hub.cli",),
}

#: The one listed place of late imports: modules where a heavy optional library may be imported inside a function.
LATE_IMPORTS: Collection[str] = ("hub.ledger.schema", "hub.calendar.guessed")

MOST_LINES = 350
MOST_BROAD_EXCEPTS = 3
MEDIAN_FUNCTION, P95_FUNCTION = 8, 30
MOST_PUBLIC_NAMES = 30


def strangers(root: Path, rooms: Mapping[str, tuple[str, ...]] = ROOMS) -> list[str]:
    """Libraries imported outside their rooms."""
    return [
        f"{module.at(found.node)}: {found.target} outside {', '.join(rooms[library])}"
        for module in modules(root, *PACKAGES)
        for found in imports(module.tree)
        if (library := found.target.partition(".")[0]) in rooms and not _within(module.name, rooms[library])
    ]


def _within(name: str, rooms: Iterable[str]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def late_imports(root: Path, allowed: Collection[str] = LATE_IMPORTS) -> list[str]:
    """Imports inside a function."""
    return sorted(
        {
            f"{module.at(found.node)}: {found.target} inside {function.name}"
            for module in modules(root, *PACKAGES)
            if module.name not in allowed
            for function in functions(module.tree)
            for found in imports(function)
        }
    )


def cycles(root: Path) -> list[str]:
    """Modules that import each other, over however many others."""
    found = modules(root, *PACKAGES)
    names = {module.name for module in found}
    graph = {module.name: _imported(module, names) for module in found}
    return sorted(name for name in names if name in _reachable(graph, name))


def _imported(module: Module, names: Collection[str]) -> set[str]:
    targets = (one.target for one in imports(module.tree))
    owners = (target if target in names else target.rpartition(".")[0] for target in targets)
    return {owner for owner in owners if owner in names and owner != module.name}


def _reachable(graph: Mapping[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(graph[name])
    return seen


def broad_excepts(root: Path) -> list[str]:
    """Handlers of everything in `hub`, those that only clean up and raise again left aside."""
    return [
        module.at(handler)
        for module in modules(root, "hub")
        for handler in walk(module.tree)
        if isinstance(handler, ast.ExceptHandler) and _is_broad(handler)
    ]


def broad_excepts_without_reason(root: Path) -> list[str]:
    """Those of them that have no comment: on their line, or on a line of its own right above or below."""
    return [
        module.at(handler)
        for module in modules(root, *PACKAGES)
        for handler in walk(module.tree)
        if isinstance(handler, ast.ExceptHandler) and _is_broad(handler) and not _has_comment(module, handler.lineno)
    ]


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    broad = any(one is None or name_of(one) in {"Exception", "BaseException"} for one in caught)
    raises_again = isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
    return broad and not raises_again


def _has_comment(module: Module, line: int) -> bool:
    above, here, below = (["", *module.text.splitlines(), ""][line + step] for step in (-1, 0, 1))
    of_its_own = any(other.strip().startswith("#") for other in (above, below))
    return of_its_own or re.search(r"#\s*(?!noqa|type:|pragma)\w", here) is not None


def long_files(root: Path, most: int = MOST_LINES) -> list[str]:
    """Files of `hub` with more lines than anybody reads at once."""
    lengths = ((module, len(module.text.splitlines())) for module in modules(root, "hub"))
    return [f"{module.at(module.tree)}: {length} lines, at most {most}" for module, length in lengths if length > most]


def function_lengths(root: Path) -> tuple[float, int]:
    """The median and the 95th percentile, in lines without the docstring, over hub and plugins."""
    lengths = sorted(_length(one) for module in modules(root, *PACKAGES) for one in functions(module.tree))
    return median(lengths), lengths[min(len(lengths) - 1, int(len(lengths) * 0.95))]


def _length(function: Function) -> int:
    first = function.body[0]
    docstring = isinstance(first, ast.Expr) and text_of(first.value) is not None
    without = (first.end_lineno or 0) - first.lineno + 1 if docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - without


def undocumented(root: Path) -> list[str]:
    """Public modules, classes, functions and methods without a docstring.

    A method that fulfils what a base declares is documented there; a base from a library counts as such.
    """
    found = modules(root, *PACKAGES)
    classes = {node.name: node for module in found for node in walk(module.tree) if isinstance(node, ast.ClassDef)}
    return [missing for module in found for missing in _undocumented_in(module, classes)]


def _undocumented_in(module: Module, classes: Mapping[str, ast.ClassDef]) -> Iterator[str]:
    if ast.get_docstring(module.tree) is None:
        yield f"{module.at(module.tree)}: the module"
    for node in module.tree.body:
        if isinstance(node, Function | ast.ClassDef) and _is_public(node.name):
            if ast.get_docstring(node) is None:
                yield f"{module.at(node)}: {node.name}"
            for method in _public_methods(node):
                if ast.get_docstring(method) is None and not _declared_above(method.name, node.name, classes):
                    yield f"{module.at(method)}: {node.name}.{method.name}"


def _is_public(name: str) -> bool:
    return not name.startswith("_")


def _public_methods(node: ast.AST | None) -> Iterator[Function]:
    if isinstance(node, ast.ClassDef):
        yield from (one for one in node.body if isinstance(one, Function) and _is_public(one.name))


#: bases that declare no method that a subclass would be fulfilling
_BARE_BASES = {"ABC", "BaseModel", "Enum", "Exception", "Generic", "IntEnum", "Protocol", "SQLModel", "StrEnum"}


def _declared_above(method: str, name: str, classes: Mapping[str, ast.ClassDef]) -> bool:
    for base in map(name_of, classes[name].bases):
        declared = {one.name for one in _public_methods(classes.get(base))}
        if base in classes and (method in declared or _declared_above(method, base, classes)):
            return True
        if base not in classes and base not in _BARE_BASES:
            return True
    return False


def front_door(root: Path) -> list[str]:
    """The names that `hub.__all__` promises, in their order."""
    tree = ast.parse((root / "hub" / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=names)):
                return [text for name in names if (text := text_of(name)) is not None]
    return []


def sorted_names(names: Iterable[str]) -> list[str]:
    """Constants, classes, functions, each by name and none twice: as ruff sorts `__all__`."""
    return sorted(set(names), key=lambda name: (not name.isupper(), not name[0].isupper(), name))
