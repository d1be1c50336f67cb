"""The plugin manager: loads what hub.yaml names, refuses what is wrong in words its author can act on."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pluggy

from hub.connector import Connector, Outcome, Settings
from hub.containment import Actor, Stuck, acting, tamed
from hub.errors import PluginError
from hub.hookspecs import Hooks
from hub.log import logger
from hub.strikes import MOST
from hub.vocabulary import Delivery, Envelope

_GROUP = "hub.plugins"


class Plugins:
    """The loaded plugins. Raises PluginError while loading."""

    def __init__(self, names: Iterable[str]) -> None:
        self._manager = pluggy.PluginManager("hub")
        self._manager.add_hookspecs(Hooks)
        self._muted: set[str] = set()
        self._stalls: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        for name in names:
            self._load(name)
        self._check_pending()
        self.connectors = MappingProxyType(_by_kind(self._connectors()))

    @property
    def settings(self) -> dict[str, type[Settings]]:
        """Endpoint kind -> what its settings must look like."""
        return {kind: connector.settings_type for kind, connector in self.connectors.items()}

    @property
    def names(self) -> list[str]:
        """The loaded plugins' names."""
        return [name for name, _ in self._named()]

    def kinds(self, name: str) -> list[str]:
        """The endpoint kinds a plugin brings."""
        brought = self._manager.subset_hook_caller("hub_connectors", [p for n, p in self._named() if n != name])()
        return [connector.kind for connectors in brought for connector in connectors]

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
        try:
            with acting(_actor(name, implementation.plugin)):
                return implementation.function(*(said[argument] for argument in implementation.argnames))
        except BaseException as error:  # a plugin may raise anything
            if isinstance(error, Stuck) and self.blame(name) >= MOST:
                self.mute(name)
            shown = tamed(error)
            raise PluginError(f"the plugin {name} failed in {hook}: {type(error).__name__}: {shown}") from shown

    def _load(self, name: str) -> None:
        with _blaming(f"plugin {name} cannot be loaded"):
            self._manager.register(_find(name), name=name)

    def _check_pending(self) -> None:
        with _blaming("a plugin implements a hook that does not exist"):
            self._manager.check_pending()

    def _connectors(self) -> list[type[Connector[Any]]]:
        return [connector for brought in self._manager.hook.hub_connectors() for connector in brought]


@contextmanager
def _blaming(what: str) -> Iterator[None]:
    try:
        yield
    except PluginError:
        raise
    except (Exception, SystemExit) as error:  # a plugin may raise anything; its author needs all of it in one sentence
        raise PluginError(f"{what}: {type(error).__name__}: {error}") from error


def _find(name: str) -> ModuleType:
    """A built-in's package, or the entry point of an installed wheel."""
    if name.isidentifier() and importlib.util.find_spec(f"plugins.{name}"):
        return importlib.import_module(f"plugins.{name}")
    for entry in entry_points(group=_GROUP, name=name):
        module: ModuleType = entry.load()
        return module
    raise PluginError(f"there is no plugin {name}: neither built in nor an entry point of group {_GROUP}")


def _by_kind(connectors: list[type[Connector[Any]]]) -> dict[str, type[Connector[Any]]]:
    kinds: dict[str, type[Connector[Any]]] = {}
    for connector in connectors:
        if connector.kind in kinds:
            raise PluginError(f"two plugins bring an endpoint kind {connector.kind}")
        kinds[connector.kind] = connector
    return kinds


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
