"""Plugins by name, and what is said of a wrong one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hub.errors import PluginError
from hub.plugins import Plugins

_GOOD = """
from hub import Connector, hookimpl
class Wire(Connector):
    kind = "wire"
    async def listen(self, inbox): ...
    async def send(self, delivery): ...
@hookimpl
def hub_connectors():
    return [Wire]
"""


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path where a test lays an installed distribution."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def install(folder: Path, name: str, code: str) -> None:
    (folder / f"{name}.py").write_text(code)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[hub.plugins]\n{name} = {name}\n")
    sys.modules.pop(name, None)


def test_a_named_entry_point_brings_its_connectors(wheel: Path) -> None:
    install(wheel, "wire_good", _GOOD)

    plugins = Plugins(["wire_good"])

    assert (["wire"], ["wire_good"]) == (list(plugins.connectors), plugins.names)


def test_an_installed_plugin_that_is_not_named_is_never_loaded(wheel: Path) -> None:
    install(wheel, "wire_bomb", "raise SystemExit(9)")

    assert [] == Plugins([]).names


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import no_such_module", "wire_bad cannot be loaded: ModuleNotFoundError"),
        (_GOOD.replace("def hub_connectors()", "def hub_conectors()"), "hub_conectors"),
        (_GOOD.replace("hub_connectors()", "hub_connectors(hub)"), "wire_bad"),
        (_GOOD + "\nhub_accepted = hookimpl(lambda envelop: None, specname='hub_accepted')", "envelop"),
    ],
)
def test_a_wrong_plugin_is_refused_in_words_for_its_author(wheel: Path, code: str, said: str) -> None:
    install(wheel, "wire_bad", code)

    with pytest.raises(PluginError, match=said):
        Plugins(["wire_bad"])


def test_a_plugin_that_does_not_exist_is_named() -> None:
    with pytest.raises(PluginError, match="there is no plugin nowhere"):
        Plugins(["nowhere"])


def test_two_plugins_cannot_bring_the_same_kind(wheel: Path) -> None:
    install(wheel, "wire_one", _GOOD)
    install(wheel, "wire_two", _GOOD)

    with pytest.raises(PluginError, match="two plugins bring an endpoint kind wire"):
        Plugins(["wire_one", "wire_two"])
