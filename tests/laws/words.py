"""What users and plugin authors can name must be in the docs. The sets are read from the code, never listed twice."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.laws.source import Module, functions, modules, name_of, text_of, walk

_METRIC = re.compile(r"hub_[a-z][a-z_]*_(?:total|seconds|bytes|count|info)")


def hooks(root: Path) -> set[str]:
    """Every hook of the table of contents."""
    return {
        one.name
        for module in modules(root, "hub")
        if module.name == "hub.hookspecs"
        for one in functions(module.tree)
        if one.name.startswith("hub_")
    }


def settings(root: Path) -> set[str]:
    """Every key that a configuration file may say: the fields of the models, by the name a user writes."""
    found = modules(root, "hub", "plugins")
    classes = [node for module in found for node in walk(module.tree) if isinstance(node, ast.ClassDef)]
    bases = {node.name: {name_of(base) for base in node.bases} for node in classes}
    return {field for node in classes if _is_model(node.name, bases) for field in _fields(node)}


def _is_model(name: str, bases: Mapping[str, set[str]]) -> bool:
    return any(base == "BaseModel" or _is_model(base, bases) for base in bases.get(name, set()) - {name})


def _fields(node: ast.ClassDef) -> Iterator[str]:
    for one in node.body:
        match one:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=value):
                if name_of(kind) != "ClassVar" and not name.startswith("_"):
                    yield _keyword(value, "alias") or name


def _keyword(call: ast.expr | None, name: str) -> str | None:
    if isinstance(call, ast.Call):
        return next((text_of(one.value) for one in call.keywords if one.arg == name), None)
    return None


def commands(root: Path) -> set[str]:
    """Every command as it is typed: `hub status`, `hub quarantine list`."""
    found = [module for module in modules(root, "hub") if _is_cli(module)]
    groups = {group: name for module in found for group, name in _groups(module)}
    return {
        " ".join(("hub", *([groups[owner]] if owner in groups else []), name))
        for module in found
        for owner, name in _commands(module)
    }


def _is_cli(module: Module) -> bool:
    return f"{module.name}.".startswith("hub.cli.")


def _groups(module: Module) -> Iterator[tuple[str, str]]:
    """`app.add_typer(group, name="word")` -> group, word."""
    for node in walk(module.tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="add_typer"), args=[group, *_]):
                yield name_of(group), _keyword(node, "name") or name_of(group)


def _commands(module: Module) -> Iterator[tuple[str, str]]:
    """`@app.command("word")` over a function, or `app.command("word")(function)` -> app, word."""
    for registration, function in _registrations(module):
        match registration:
            case ast.Call(func=ast.Attribute(attr="command", value=owner), args=args):
                name = (text_of(args[0]) if args else None) or _keyword(registration, "name")
                yield name_of(owner), name or function.replace("_", "-")


def _registrations(module: Module) -> Iterator[tuple[ast.expr, str]]:
    for node in walk(module.tree):
        match node:
            case ast.FunctionDef(decorator_list=decorators, name=function):
                yield from ((decorator, function) for decorator in decorators)
            case ast.Call(func=ast.Call() as registration, args=[function_expression, *_]):
                yield registration, name_of(function_expression)


def metrics(root: Path) -> set[str]:
    """Every metric that is written out."""
    return {
        text for module in modules(root, "hub", "plugins") for text in _texts(module.tree) if _METRIC.fullmatch(text)
    }


def refusals(root: Path) -> set[str]:
    """Every code that a refusal may carry."""
    return {
        text
        for module in modules(root, "hub", "plugins")
        for call in _refusal_calls(module)
        for text in _texts(call.args[0])
    }


def nameless_refusals(root: Path) -> list[str]:
    """Refusals whose code is computed, so that nobody could look it up. One made again from a stored code is not."""
    return [
        module.at(call)
        for module in modules(root, "hub", "plugins")
        for call in _refusal_calls(module)
        if not set(_texts(call.args[0])) and name_of(call.args[0]) != "code"
    ]


def _refusal_calls(module: Module) -> Iterator[ast.Call]:
    for node in walk(module.tree):
        if isinstance(node, ast.Call) and node.args and name_of(node.func) in {"Refused", "Quarantined"}:
            yield node


def _texts(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.expr) and (text := text_of(one)) is not None:
            yield text


def failpoints(root: Path) -> set[str]:
    """Every failpoint that the list names."""
    for node in ast.parse((root / "hub" / "failpoints.py").read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="NAMES")], value=value):
                return set(_texts(value))
    return set()


def passed_failpoints(root: Path) -> set[str]:
    """Every failpoint that the code passes."""
    return {
        text
        for module in modules(root, "hub", "plugins")
        for node in walk(module.tree)
        if isinstance(node, ast.Call) and node.args and name_of(node.func) == "failpoint"
        for text in _texts(node.args[0])
    }


LIVE: Mapping[str, Callable[[Path], set[str]]] = {
    "hook": hooks,
    "setting": settings,
    "command": commands,
    "metric": metrics,
    "error code": refusals,
    "failpoint": failpoints,
}

_CODE = re.compile(r"^```.*?^```|``.+?``|`[^`\n]+`", re.DOTALL | re.MULTILINE)


def documented(root: Path) -> str:
    """What README.md and docs/ say as code: spans and blocks. A word of the prose proves nothing."""
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    texts = (page.read_text(encoding="utf-8") for page in pages if page.exists())
    return "\n".join(span for text in texts for span in _CODE.findall(text))


def missing_from_docs(root: Path, kind: str) -> list[str]:
    """The names of that kind that no page explains."""
    said = documented(root)
    return sorted(name for name in LIVE[kind](root) if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said))
