"""What is wrong with a plugin, in sentences that its author can act on. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from typing import Any, Literal, TypeGuard, get_args, get_origin

from hub.connector import Capabilities, Connector, Settings
from hub.hookspecs import Hooks
from hub.vocabulary import StatusCode

#: The version of the plugin interface that this hub speaks. A plugin says for which one it was written: `hub_api`.
API = 1
_HOOKS = sorted(name for name in vars(Hooks) if name.startswith("hub_"))
_VERBS = ("open", "check", "listen", "send", "find", "send_many")
_OWN = "hub_api"


def of_interface(module: object) -> list[str]:
    """Whether a guest was written for this hub."""
    wanted = getattr(module, _OWN, None)
    if wanted is None:
        return [f"it does not say for which plugin interface it was written: put {_OWN} = {API} into its module"]
    if wanted != API:
        return [f"it was written for version {wanted!r} of the plugin interface ({_OWN}), and this hub speaks {API}"]
    return []


def of_hooks(plugin: object) -> list[str]:
    """Hooks that do not exist, are not marked, or ask for what they are not told."""
    named = {name: getattr(plugin, name) for name in dir(plugin) if not name.startswith("__")}
    marked = {name: mark for name, what in named.items() if (mark := getattr(what, "hub_impl", None))}
    found = [line for name, mark in marked.items() for line in _of_hook(mark["specname"] or name, named[name])]
    found += [
        f"{name} is not marked as a hook: write @hookimpl above it"
        if name in _HOOKS
        else _unknown(name) + ", and it is not marked with @hookimpl"
        for name, what in named.items()
        if name.startswith("hub_") and callable(what) and name not in marked
    ]
    if not marked and not found:
        found.append(f"it implements no hook: mark {' or '.join(_HOOKS)} with @hookimpl")
    return found


def _of_hook(name: str, function: Any) -> Iterator[str]:
    if name not in _HOOKS:
        yield _unknown(name)
        return
    if inspect.iscoroutinefunction(function):
        yield f"{name} is a coroutine function, and hooks are plain functions: write def, not async def"
    told = [word for word in inspect.signature(getattr(Hooks, name)).parameters if word != "self"]
    asked = [
        word
        for word, parameter in inspect.signature(function).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    if strange := [word for word in asked if word not in told]:
        yield f"{name} asks for {', '.join(strange)}, and {_is_told(told)}"


def _is_told(told: Sequence[str]) -> str:
    if not told:
        return "it is told nothing: write it without arguments"
    return f"it may ask for {', '.join(told)} only"


def _unknown(name: str) -> str:
    near = get_close_matches(name, _HOOKS, n=2, cutoff=0.6)
    return (
        f"there is no hook {name}; {'did you mean ' + ' or '.join(near) if near else 'there are ' + ', '.join(_HOOKS)}"
    )


def of_connectors(brought: object) -> list[str]:
    """What `hub_connectors` returned, class by class."""
    if not isinstance(brought, list | tuple):
        return [f"hub_connectors returns {_shown(brought)}: return a list of connector classes"]
    return [line for one in brought for line in _of_connector(one)]


def _of_connector(brought: object) -> list[str]:
    if not isinstance(brought, type):
        return [f"hub_connectors returns {_shown(brought)}, and it must return the class itself"]
    if not issubclass(brought, Connector):
        return [f"{brought.__name__} is no connector: write class {brought.__name__}(Connector[...])"]
    return [f"{brought.__name__} {line}" for line in (*_of_kind(brought), *_of_verbs(brought), *_of_parts(brought))]


def _of_kind(connector: type[Connector[Any]]) -> Iterator[str]:
    kind = getattr(connector, "kind", None)
    if not isinstance(kind, str) or not kind:
        yield 'has no kind: write kind = "..." into it, as units.yaml shall say it'
        return
    settings = getattr(connector, "settings_type", None)
    said: Any = settings.model_fields["kind"].annotation if _is_settings(settings) else None
    allowed = get_args(said) if get_origin(said) is Literal else (kind,)
    if kind not in allowed:
        yield f'is of the kind "{kind}", and its settings take only {" or ".join(map(repr, allowed))}: make them agree'


def _of_verbs(connector: type[Connector[Any]]) -> Iterator[str]:
    if missing := sorted(connector.__abstractmethods__):
        yield f"lacks the verbs {' and '.join(missing)}: write {', '.join(f'async def {verb}' for verb in missing)}"
    for verb in _VERBS:
        here, base = getattr(connector, verb), getattr(Connector, verb)
        if not inspect.iscoroutinefunction(here):
            yield f"has a verb {verb} that is no coroutine function: write async def {verb}"
        elif here is not base and not _takes(here, len(inspect.signature(base).parameters)):
            yield f"has a verb {verb}{inspect.signature(here)}; write {verb}({', '.join(_words(base))})"


def _takes(verb: Any, count: int) -> bool:
    try:
        inspect.signature(verb).bind(*range(count))
    except TypeError:
        return False
    return True


def _words(verb: Any) -> list[str]:
    return list(inspect.signature(verb).parameters)


def _of_parts(connector: type[Connector[Any]]) -> Iterator[str]:
    if not _is_settings(getattr(connector, "settings_type", None)):
        yield "has a settings_type that is no subclass of Settings: write class ...(Settings)"
    said: object = connector.capabilities
    codes: object = getattr(said, "codes", None)
    if not isinstance(said, Capabilities):
        yield f"has capabilities of {_shown(said)}: write capabilities = Capabilities(...)"
    elif said.batch < 1:
        yield f"says Capabilities(batch={said.batch}): at least 1"
    elif not isinstance(codes, AbstractSet) or not codes <= set(StatusCode):
        yield f'says Capabilities(codes={codes!r:.60}): write frozenset({{"01", "03"}}), of the status codes'


def _is_settings(found: object) -> TypeGuard[type[Settings]]:
    return isinstance(found, type) and issubclass(found, Settings)


def _shown(value: object) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {value!r:.60}"


def of_kinds(brought: Mapping[str, Iterable[type[Connector[Any]]]]) -> list[str]:
    """Endpoint kinds that more than one class brings."""
    homes: dict[str, list[str]] = {}
    for plugin, connectors in brought.items():
        for connector in connectors:
            homes.setdefault(connector.kind, []).append(plugin)
    return [_clash(kind, plugins) for kind, plugins in homes.items() if len(plugins) > 1]


def _clash(kind: str, plugins: Sequence[str]) -> str:
    if len(set(plugins)) == 1:
        return f"the plugin {plugins[0]} brings the endpoint kind {kind} twice: give each class a kind of its own"
    return f"two plugins bring an endpoint kind {kind}: {' and '.join(plugins)}; name only one of them in hub.yaml"
