"""The plugin manager: loads what hub.yaml names, refuses what is wrong in words its author can act on."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType
from typing import Any

import pluggy

from hub.connector import Connector, Outcome, Settings
from hub.errors import PluginError
from hub.hookspecs import Hooks
from hub.log import logger
from hub.vocabulary import Delivery, Envelope

_GROUP = "hub.plugins"


class Plugins:
    """The loaded plugins. Raises PluginError while loading."""

    def __init__(self, names: Iterable[str]) -> None:
        self._manager = pluggy.PluginManager("hub")
        self._manager.add_hookspecs(Hooks)
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

    def _named(self) -> list[tuple[str, Any]]:
        return self._manager.list_name_plugin()

    def plan_route(self, envelope: Envelope, recipients: Sequence[str]) -> Sequence[str] | None:
        """Ask every plugin for other recipients; the first that answers wins. Raises PluginError."""
        with _blaming("a plugin failed to plan a route"):
            answer: Sequence[str] | None = self._manager.hook.hub_plan_route(envelope=envelope, recipients=recipients)
        return answer

    def accepted(self, envelope: Envelope) -> None:
        """Tell every plugin; one that fails harms no other."""
        self._tell("hub_accepted", envelope=envelope)

    def attempted(self, delivery: Delivery, outcome: Outcome) -> None:
        """Tell every plugin; one that fails harms no other."""
        self._tell("hub_attempted", delivery=delivery, outcome=outcome)

    def _tell(self, hook: str, **said: Any) -> None:
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            try:
                with _blaming(f"the plugin {implementation.plugin_name} failed in {hook}"):
                    implementation.function(*(said[name] for name in implementation.argnames))
            except PluginError as error:
                logger.opt(exception=error).error("{}", error)

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
    except Exception as error:  # a plugin may raise anything; its author needs all of it in one sentence
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
