"""The laws of the code, each shown to see what breaks it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import hub
from tests.laws import code
from tests.laws.source import HERE

Plant = Callable[..., Path]


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Write a small source tree: `plant(**{"hub/a.py": "import b"})`."""

    def write(**files: str) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.mark.parametrize(
    "law",
    [
        code.strangers,
        code.late_imports,
        code.cycles,
        code.broad_excepts_without_reason,
        code.long_files,
        code.undocumented,
    ],
    ids=lambda law: law.__name__,
)
def test_the_code_keeps_the_law(law: Callable[[Path], list[str]]) -> None:
    assert law(HERE) == []


def test_handlers_of_everything_are_few() -> None:
    found = code.broad_excepts(HERE)
    assert len(found) <= code.MOST_BROAD_EXCEPTS, found


def test_functions_are_short() -> None:
    middle, p95 = code.function_lengths(HERE)
    assert middle <= code.MEDIAN_FUNCTION
    assert p95 <= code.P95_FUNCTION


def test_the_front_door_is_small_sorted_and_opens() -> None:
    names = code.front_door(HERE)
    assert names == code.sorted_names(hub.__all__)
    assert len(names) <= code.MOST_PUBLIC_NAMES
    assert [name for name in names if not hasattr(hub, name)] == []


def test_a_library_outside_its_room_is_seen(plant: Plant) -> None:
    tree = plant(
        **{
            "hub/app.py": "import pluggy\nfrom ruamel.yaml import YAML\n",
            "hub/config.py": "from ruamel.yaml import YAML\n",
            "hub/ledger/schema.py": "import sqlmodel\n",
            "plugins/email/door.py": "def late():\n    from watchdog.events import FileSystemEvent\n",
        }
    )
    assert [line.partition(" ")[0] for line in code.strangers(tree)] == [
        "hub/app:1:",
        "hub/app:2:",
        "plugins/email/door:2:",
    ]


def test_a_late_import_is_seen(plant: Plant) -> None:
    tree = plant(
        **{
            "hub/a.py": "import os\n\nasync def one():\n    def two():\n        import csv\n",
            "hub/b.py": "import csv\n",
        }
    )
    assert {line.partition(":")[0] for line in code.late_imports(tree)} == {"hub/a"}
    assert code.late_imports(tree, allowed=("hub.a",)) == []


def test_a_cycle_is_seen(plant: Plant) -> None:
    tree = plant(
        **{
            "hub/__init__.py": "",
            "hub/a.py": "from hub import b\n",
            "hub/b.py": "import hub.c\n",
            "hub/c.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from hub.a import thing\n",
            "hub/d.py": "from hub.a import thing\n",
        }
    )
    assert code.cycles(tree) == ["hub.a", "hub.b", "hub.c"]


def test_a_broad_handler_is_counted_and_must_say_why(plant: Plant) -> None:
    handler = "try:\n    pass\nexcept {}:{}\n    {}\n"
    tree = plant(
        **{
            "hub/a.py": handler.format("Exception", "", "pass"),
            "hub/b.py": handler.format("(OSError, Exception) as e", "  # noqa: BLE001", "pass"),
            "hub/c.py": handler.format("", "  # one bad plugin stops only itself", "pass"),
            "hub/d.py": handler.format("BaseException", "", "raise"),
            "hub/e.py": handler.format("OSError", "", "pass"),
        }
    )
    assert code.broad_excepts(tree) == ["hub/a:3", "hub/b:3", "hub/c:3"]
    assert code.broad_excepts_without_reason(tree) == ["hub/a:3", "hub/b:3"]


def test_a_long_file_is_seen(plant: Plant) -> None:
    tree = plant(**{"hub/a.py": "x = 1\n" * (code.MOST_LINES + 1), "hub/b.py": "x = 1\n" * code.MOST_LINES})
    assert [line.partition(" ")[0] for line in code.long_files(tree)] == ["hub/a:1:"]


def test_long_functions_move_the_figures(plant: Plant) -> None:
    short, long = 'def a():\n    """Two\n    lines."""\n    pass\n', "def b():\n" + "    pass\n" * 40
    assert code.function_lengths(plant(**{"hub/a.py": short * 20})) == (2, 2)
    assert code.function_lengths(plant(**{"plugins/b.py": long * 2})) == (2, 41)


def test_a_missing_docstring_is_seen(plant: Plant) -> None:
    declares = '"""Doc."""\nclass Base:\n    """Doc."""\n    def send(self):\n        """Doc."""\n'
    fulfils = (
        '"""Doc."""\nclass Mail(Base[int]):\n    """Doc."""\n    def send(self): ...\n    def extra(self): ...\n'
        "def free(): ...\nclass _Hidden:\n    def any(self): ...\n"
    )
    tree = plant(**{"hub/a.py": declares, "plugins/b.py": fulfils, "hub/c.py": "class C(Handler):\n    'D'\n"})
    assert code.undocumented(tree) == [
        "hub/c:1: the module",
        "plugins/b:5: Mail.extra",
        "plugins/b:6: free",
    ]


def test_an_unsorted_front_door_is_seen(plant: Plant) -> None:
    names = code.front_door(plant(**{"hub/__init__.py": '__all__ = ["Unit", "logger", "VIETNAM", "Blob"]\n'}))
    assert code.sorted_names(names) == ["VIETNAM", "Blob", "Unit", "logger"] != names
