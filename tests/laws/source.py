"""A source tree as the laws see it: parsed modules, their names and what they import."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

#: This checkout.
HERE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Module:
    """One file of a package."""

    path: Path
    #: as it is imported
    name: str
    text: str
    tree: ast.Module

    def at(self, node: ast.AST) -> str:
        """Where a node stands, as editors read it."""
        return f"{self.name.replace('.', '/')}:{getattr(node, 'lineno', 1)}"


def modules(root: Path, *packages: str) -> list[Module]:
    """Every module of these packages below `root`, by name."""
    paths = sorted(path for package in packages for path in (root / package).rglob("*.py"))
    return [_parsed(root, path) for path in paths]


def _parsed(root: Path, path: Path) -> Module:
    parts = path.relative_to(root).with_suffix("").parts
    text = path.read_text(encoding="utf-8")
    return Module(path, ".".join(parts).removesuffix(".__init__"), text, _tree(text))


@cache
def _tree(text: str) -> ast.Module:
    """A text as it is parsed; every law reads most of the same files."""
    return ast.parse(text)


def walk(tree: ast.AST) -> Iterable[ast.AST]:
    """A node and all below it; of a module they are kept, for most laws go through the same ones."""
    return _nodes(tree) if isinstance(tree, ast.Module) else ast.walk(tree)


@cache
def _nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree))


@dataclass(frozen=True)
class Import:
    """One imported name, absolute: `from a.b import c` is a.b.c."""

    target: str
    node: ast.stmt


def imports(tree: ast.AST) -> Iterator[Import]:
    """Every import below a node. The house has no relative ones (ruff sees to it)."""
    for node in walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (Import(f"{node.module}.{alias.name}", node) for alias in node.names)


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function and method below a node."""
    for node in walk(tree):
        if isinstance(node, Function):
            yield node


def name_of(expression: ast.expr) -> str:
    """The last part of a dotted name: `web.Thing[int]` is Thing; empty for anything else."""
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value) | ast.Call(func=value):
            return name_of(value)
        case _:
            return ""


def text_of(expression: ast.expr | None) -> str | None:
    """The value of a string literal."""
    match expression:
        case ast.Constant(value=str(text)):
            return text
        case _:
            return None
