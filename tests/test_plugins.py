"""Plugins by name, and what is said of a wrong one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hub.errors import PluginError
from hub.plugins import Plugins
from hub.vocabulary import StatusCode

_GOOD = """
from hub import Connector, Settings, hookimpl
hub_api = 1
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


def said_of(folder: Path, code: str) -> str:
    """Why the plugin of this code is refused."""
    install(folder, "wire_bad", code)
    with pytest.raises(PluginError) as refused:
        Plugins(["wire_bad"])
    return str(refused.value)


def test_a_named_entry_point_brings_its_connectors(wheel: Path) -> None:
    install(wheel, "wire_good", _GOOD)

    plugins = Plugins(["wire_good"])

    assert (["wire"], ["wire_good"]) == (list(plugins.connectors), plugins.names)


@pytest.mark.parametrize(
    ("says", "codes"),
    [
        ("Capabilities()", set(StatusCode)),
        ('Capabilities(codes=frozenset({"01", "03"}))', {"01", "03"}),
        ("Capabilities(answers=False)", set()),
    ],
)
def test_what_a_kind_can_answer_goes_with_its_settings(wheel: Path, says: str, codes: set[str]) -> None:
    code = _GOOD.replace('kind = "wire"', f'kind = "wire"; capabilities = {says}')
    install(wheel, "wire_able", code.replace("import Connector", "import Capabilities, Connector"))
    assert Plugins(["wire_able"]).settings.codes == {"wire": codes}


def test_an_installed_plugin_that_is_not_named_is_never_loaded(wheel: Path) -> None:
    install(wheel, "wire_bomb", "raise SystemExit(9)")

    assert [] == Plugins([]).names


def without(line: str) -> str:
    assert line in _GOOD
    return _GOOD.replace(line, "")


def instead(old: str, new: str) -> str:
    assert old in _GOOD
    return _GOOD.replace(old, new)


_USED = "plugin wire_bad cannot be used: "
_LOADED = "plugin wire_bad cannot be imported: "


@pytest.mark.parametrize(
    ("code", "said"),
    [
        # import
        (
            "import asyncio\nimport no_such_module\n",
            f"{_LOADED}wire_bad.py line 2: ModuleNotFoundError: No module named 'no_such_module'",
        ),
        ("import json\n\njson.loads('{')\n", f"{_LOADED}wire_bad.py line 3: JSONDecodeError: "),
        ("raise SystemExit(9)\n", f"{_LOADED}wire_bad.py line 1: SystemExit: 9"),
        ("x = 1\nclass\n", f"{_LOADED}wire_bad.py line 2: SyntaxError: "),
        # interface
        (
            without("hub_api = 1\n"),
            f"{_USED}it does not say for which plugin interface it was written: put hub_api = 1",
        ),
        (
            instead("hub_api = 1", "hub_api = 2"),
            f"{_USED}it was written for version 2 of the plugin interface (hub_api), and this hub speaks 1",
        ),
        # hooks
        (
            instead("def hub_connectors()", "def hub_conectors()"),
            f"{_USED}there is no hook hub_conectors; did you mean hub_connectors",
        ),
        (
            _GOOD + "@hookimpl\ndef hub_on_mail(): ...\n",
            "there is no hook hub_on_mail; there are hub_accepted, hub_attempted, hub_connectors, hub_plan_route",
        ),
        (without("@hookimpl\n"), f"{_USED}hub_connectors is not marked as a hook: write @hookimpl above it"),
        (
            _GOOD + "def hub_acepted(envelope): ...\n",
            "did you mean hub_accepted or hub_attempted, and it is not marked with @hookimpl",
        ),
        ("hub_api = 1\n", f"{_USED}it implements no hook: mark hub_accepted or "),
        (
            instead("def hub_connectors()", "def hub_connectors(hub)"),
            f"{_USED}hub_connectors asks for hub, and it is told nothing: write it without arguments",
        ),
        (
            _GOOD + "@hookimpl\ndef hub_attempted(delivery, result): ...\n",
            f"{_USED}hub_attempted asks for result, and it may ask for delivery, outcome only",
        ),
        (
            instead("def hub_connectors", "async def hub_connectors"),
            f"{_USED}hub_connectors is a coroutine function, and hooks are plain functions: write def, not async def",
        ),
        (
            instead("return [Wire]", "return [Wyre]"),
            "plugin wire_bad failed in hub_connectors: NameError: name 'Wyre' is not defined",
        ),
        # connectors
        (instead("return [Wire]", "return Wire"), f"{_USED}hub_connectors returns "),
        (
            instead("return [Wire]", "pass"),
            f"{_USED}hub_connectors returns nothing: return a list of connector classes",
        ),
        (instead("return [Wire]", "return ['wire']"), "and it must return the class itself"),
        (
            instead("class Wire(Connector)", "class Wire"),
            f"{_USED}Wire is no connector: write class Wire(Connector[...])",
        ),
        (
            without('    kind = "wire"\n'),
            f'{_USED}Wire has no kind: write kind = "..." into it, as units.yaml shall say it',
        ),
        (
            without("    async def send(self, delivery): ...\n"),
            f"{_USED}Wire lacks the verbs send: write async def send",
        ),
        (
            instead("async def send", "def send"),
            f"{_USED}Wire has a verb send that is no coroutine function: write async def send",
        ),
        (
            instead("send(self, delivery)", "send(self)"),
            f"{_USED}Wire has a verb send(self); write send(self, delivery)",
        ),
        (
            instead('kind = "wire"', 'kind = "wire"; settings_type = dict'),
            f"{_USED}Wire has a settings_type that is no subclass of Settings",
        ),
        (
            "import typing\n"
            + instead(
                "class Wire(Connector):\n",
                "class Says(Settings):\n    kind: typing.Literal['wyre']\n"
                "class Wire(Connector):\n    settings_type = Says\n",
            ),
            f"{_USED}Wire is of the kind \"wire\", and its settings take only 'wyre': make them agree",
        ),
        (
            instead('kind = "wire"', 'kind = "wire"; capabilities = 7'),
            f"{_USED}Wire has capabilities of int 7: write capabilities = Capabilities(...)",
        ),
        (
            "from hub import Capabilities\n"
            + instead('kind = "wire"', 'kind = "wire"; capabilities = Capabilities(batch=0)'),
            f"{_USED}Wire says Capabilities(batch=0): at least 1",
        ),
        (
            "from hub import Capabilities\n"
            + instead('kind = "wire"', 'kind = "wire"; capabilities = Capabilities(codes={"07"})'),
            f"{_USED}Wire says Capabilities(codes={{'07'}}): write frozenset",
        ),
        (
            instead("return [Wire]", "return [Wire, Wire]"),
            "the plugin wire_bad brings the endpoint kind wire twice: give each class a kind of its own",
        ),
    ],
)
def test_a_wrong_plugin_is_refused_in_words_for_its_author(wheel: Path, code: str, said: str) -> None:
    assert said in said_of(wheel, code)


def test_all_that_is_wrong_with_its_hooks_is_said_at_once(wheel: Path) -> None:
    said = said_of(wheel, instead("hub_connectors()", "hub_connectors(a)") + "@hookimpl\ndef hub_acepted(): ...\n")

    assert "hub_connectors asks for a" in said
    assert "did you mean hub_accepted" in said


def test_the_line_of_its_own_is_named_where_a_dependency_fails(wheel: Path) -> None:
    (wheel / "wire_needs.py").write_text("\n\nraise RuntimeError('no licence')\n")
    sys.modules.pop("wire_needs", None)

    assert "wire_bad.py line 3: RuntimeError: no licence" in said_of(wheel, "\n\nimport wire_needs\n")


def test_a_plugin_that_does_not_exist_is_named() -> None:
    with pytest.raises(PluginError, match=r"there is no plugin nowhere.*Is its wheel installed in "):
        Plugins(["nowhere"])


def test_and_the_nearest_that_is_installed(wheel: Path) -> None:
    install(wheel, "wire_good", _GOOD)

    with pytest.raises(PluginError, match="did you mean wire_good"):
        Plugins(["wire_god"])


def test_two_plugins_cannot_bring_the_same_kind(wheel: Path) -> None:
    install(wheel, "wire_one", _GOOD)
    install(wheel, "wire_two", _GOOD)

    with pytest.raises(PluginError, match="two plugins bring an endpoint kind wire: wire_one and wire_two"):
        Plugins(["wire_one", "wire_two"])
