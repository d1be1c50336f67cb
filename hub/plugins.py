"""The plugin manager: loads what hub.yaml names, refuses what is wrong in words its author can act on."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pluggy

from hub import vetting
from hub.connector import Connector, Outcome
from hub.containment import Actor, Interrupted, Misbehaved, acting, attempted
from hub.errors import PluginError
from hub.hookspecs import Hooks
from hub.kinds import Kinds
from hub.log import logger
from hub.strikes import MOST
from hub.vocabulary import Delivery, Envelope

_GROUP, _COUNTERPARTS = "hub.plugins", "hub.counterparts"


class Plugins:
    """The loaded plugins, and those that are `given` as objects. Raises PluginError while loading."""

    def __init__(self, names: Iterable[str], given: Mapping[str, object] = MappingProxyType({})) -> None:
        self._manager = pluggy.PluginManager("hub")
        self._manager.add_hookspecs(Hooks)
        self._muted: set[str] = set()
        self._stalls: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        for name in names:
            self._register(name, _found(name))
        for name, plugin in given.items():
            self._register(name, plugin)
        self._brought = {name: self._connectors(name) for name in self.names}
        if clashes := vetting.of_kinds(self._brought):
            raise PluginError("; ".join(clashes))
        every = [connector for brought in self._brought.values() for connector in brought]
        self.connectors = MappingProxyType({connector.kind: connector for connector in every})

    @property
    def settings(self) -> Kinds:
        """Endpoint kind -> what its settings must look like, and what units behind it can answer."""
        return Kinds(
            {kind: connector.settings_type for kind, connector in self.connectors.items()},
            {kind: _given(connector) for kind, connector in self.connectors.items()},
        )

    @property
    def names(self) -> list[str]:
        """The loaded plugins' names."""
        return [name for name, _ in self._named()]

    def kinds(self, name: str) -> list[str]:
        """The endpoint kinds a plugin brings."""
        return [connector.kind for connector in self._brought[name]]

    def bringer(self, kind: str) -> str:
        """The name of the plugin that brings this endpoint kind. Raises PluginError."""
        for name in self.names:
            if kind in self.kinds(name):
                return name
        raise PluginError(f"no plugin brings an endpoint kind {kind}")

    def hooks(self, name: str) -> list[str]:
        """The hooks a plugin implements."""
        callers = self._manager.get_hookcallers(self._manager.get_plugin(name)) or []
        return sorted(caller.name for caller in callers)

    def home(self, kind: str) -> str:
        """The file or folder whose lines are that endpoint kind's; "" where no plugin brings it."""
        connector = self.connectors.get(kind)
        return _home(connector.__module__) if connector else ""

    @property
    def actors(self) -> list[Actor]:
        """The plugins as those whose code may run."""
        return [_actor(name, plugin) for name, plugin in self._named()]

    def blame(self, name: str) -> int:
        """Count a stall that a plugin's hook caused. Returns how many in this run."""
        self._stalls[name] += 1
        return self._stalls[name]

    def mute(self, name: str) -> None:
        """Call that plugin's hooks no more: it learns nothing, and what it would have to plan is quarantined."""
        logger.error("the plugin {} blocked the hub too often: its hooks are called no more until a restart", name)
        self._muted.add(name)

    def _named(self) -> list[tuple[str, Any]]:
        return self._manager.list_name_plugin()

    def plan_route(self, envelope: Envelope, recipients: Sequence[str]) -> Sequence[str] | None:
        """Ask every plugin for other recipients; the first that answers wins. Raises PluginError."""
        said = {"envelope": envelope, "recipients": recipients}
        for implementation in reversed(self._manager.hook.hub_plan_route.get_hookimpls()):
            answer = self._call(implementation, said)
            if answer is not None:
                return _recipients(answer, implementation.plugin_name)
        return None

    def accepted(self, envelope: Envelope) -> None:
        """Tell every plugin; one that fails harms no other."""
        self._tell("hub_accepted", {"envelope": envelope})

    def attempted(self, delivery: Delivery, outcome: Outcome) -> None:
        """Tell every plugin; one that fails harms no other."""
        self._tell("hub_attempted", {"delivery": delivery, "outcome": outcome})

    def _tell(self, hook: str, said: Mapping[str, Any]) -> None:
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            if implementation.plugin_name in self._muted:
                continue
            try:
                self._call(implementation, said)
            except PluginError as error:
                self._complain(f"{implementation.plugin_name} {hook}", error)

    def _complain(self, about: str, error: PluginError) -> None:
        """Log a failure; of one that comes again and again the 1st, the 10th, the 100th."""
        self._failures[about] += 1
        times = self._failures[about]
        if times == 10 ** (len(str(times)) - 1):
            logger.opt(exception=error).error("{} ({} times)", error, times)

    def _call(self, implementation: pluggy.HookImpl, said: Mapping[str, Any]) -> Any:
        """Call one plugin's hook. Raises PluginError whatever it raises."""
        name, hook = implementation.plugin_name, implementation.function.__name__
        if name in self._muted:
            raise PluginError(f"the plugin {name} blocked the hub too often and is asked no more")
        with acting(_actor(name, implementation.plugin)):
            answer = attempted(lambda: implementation.function(*(said[word] for word in implementation.argnames)))
        if isinstance(answer, Interrupted) and self.blame(name) >= MOST:
            self.mute(name)
        if isinstance(answer, Exception):
            kind = "" if isinstance(answer, Misbehaved) else f"{type(answer).__name__}: "
            raise PluginError(f"the plugin {name} failed in {hook}: {kind}{answer}") from answer
        return answer

    def _register(self, name: str, plugin: object) -> None:
        _refuse(name, vetting.of_hooks(plugin))
        with _blaming(f"plugin {name} cannot be loaded"):
            self._manager.register(plugin, name=name)

    def _connectors(self, name: str) -> list[type[Connector[Any]]]:
        every = self._manager.hook.hub_connectors.get_hookimpls()
        brought: list[type[Connector[Any]]] = []
        for implementation in every:
            if implementation.plugin_name == name:
                with _blaming(f"plugin {name} failed in hub_connectors"):
                    returned: Any = implementation.function()
                _refuse(name, vetting.of_connectors(returned))
                brought += returned
        return brought


def _refuse(name: str, faults: Sequence[str]) -> None:
    if faults:
        raise PluginError(f"plugin {name} cannot be used: {'; '.join(faults)}")


@contextmanager
def _blaming(what: str, files: str = "") -> Iterator[None]:
    """Say of anything raised which plugin did it, and where: `files` begins the paths of its own modules."""
    try:
        yield
    except PluginError:
        raise
    except (Exception, SystemExit) as error:  # a plugin may raise anything; its author needs all of it in one sentence
        place = _place(error, files) if files else ""
        raise PluginError(f"{what}: {place}{type(error).__name__}: {error}") from error


def _place(error: BaseException, files: str) -> str:
    if isinstance(error, SyntaxError):
        return f"{Path(error.filename or files).name} line {error.lineno}: "
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(files)]
    return f"{Path(own[-1].filename).name} line {own[-1].lineno}: " if own else ""


def _is_built_in(name: str) -> bool:
    return name.isidentifier() and importlib.util.find_spec(f"plugins.{name}") is not None


def installed(name: str) -> bool:
    """Whether a plugin of that name is built in or an entry point of an installed wheel."""
    return _is_built_in(name) or bool(entry_points(group=_GROUP, name=name))


def counterparts(name: str) -> list[Any]:
    """What opens the other sides that a plugin can be checked against. Raises PluginError."""
    if _is_built_in(name):
        return list(importlib.import_module(f"plugins.{name}.counterpart").COUNTERPARTS)
    found = next(iter(entry_points(group=_COUNTERPARTS, name=name)), None)
    if found is None:
        raise PluginError(
            f"plugin {name} names no counterpart to check it against: write one, and in its pyproject.toml "
            f'[project.entry-points."{_COUNTERPARTS}"] {name} = "module:function"'
        )
    with _blaming(f"the counterpart of {name} cannot be imported", _files(found)):
        made: Any = found.load()
    return list(made) if isinstance(made, list | tuple) else [made]


def _found(name: str) -> object:
    """A built-in's package, or what the entry point of an installed wheel names."""
    if _is_built_in(name):
        return importlib.import_module(f"plugins.{name}")
    entry = _entry(name)
    with _blaming(f"plugin {name} cannot be imported", _files(entry)):
        module: object = entry.load()
    _refuse(name, vetting.of_interface(module))
    return module


def _recipients(answer: object, name: str) -> list[str]:
    """What a hook planned, as such. Raises PluginError."""
    if isinstance(answer, str) or not isinstance(answer, Sequence) or not all(isinstance(one, str) for one in answer):
        raise PluginError(f"the plugin {name} planned {type(answer).__name__}, not a sequence of names")
    return list(answer)


def _actor(name: str, plugin: Any) -> Actor:
    return Actor("", name, _home(getattr(plugin, "__name__", None) or type(plugin).__module__))


def _home(module: str) -> str:
    """The folder of a module's package, or the file of one that is alone. The built-in ones have one each."""
    package = ".".join(module.split(".")[: 2 if module.startswith("plugins.") else 1])
    file = Path(getattr(sys.modules.get(package), "__file__", None) or "")
    return str(file.parent if file.name == "__init__.py" else file) if file.name else ""


def _files(entry: EntryPoint) -> str:
    """What the paths of its modules begin with."""
    spec = importlib.util.find_spec(entry.module.partition(".")[0])
    origin = str(spec.origin if spec and spec.origin else entry.module)
    return str(Path(origin).parent) if Path(origin).name == "__init__.py" else origin


def _entry(name: str) -> EntryPoint:
    found = {entry.name: entry for entry in entry_points(group=_GROUP)}
    if name in found:
        return found[name]
    near = get_close_matches(name, found, n=2)
    hint = f"; did you mean {' or '.join(near)}?" if near else f". Is its wheel installed in {sys.prefix}?"
    raise PluginError(f"there is no plugin {name}: neither built in nor an entry point of group {_GROUP}{hint}")


def _given(connector: type[Connector[Any]]) -> frozenset[str]:
    """The codes that a unit behind such an endpoint can give."""
    able = connector.capabilities
    return frozenset(able.codes) if able.answers else frozenset()
