"""Every name a user can meet is documented, and the laws see one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.laws import words
from tests.laws.source import HERE

TREE = {
    "hub/hookspecs.py": "class Hooks:\n    def hub_new(self): ...\n    def _other(self): ...\n",
    "hub/config.py": (
        "class Top(BaseModel):\n    listen: str\n    model_config = {}\n    kind: ClassVar[str]\n"
        "class When(Top):\n    sender: str = Field(alias='from')\nclass Plain:\n    unseen: int\n"
    ),
    "plugins/mail.py": "class Mail(Settings):\n    mailbox: str\n\nraise Refused('too-big' if a else 'odd', 'x')\n",
    "hub/connector.py": "class Settings(BaseModel):\n    serves: str\n",
    "hub/cli/__init__.py": (
        "@app.command()\ndef dead_letters(): ...\n@app.command('run')\ndef _run(): ...\n"
        "@app.command(name='verify')\ndef check(): ...\n@app.callback()\ndef main(): ...\n"
        "app.command('backup')(other.backup)\napp.command()(other.re_store)\n"
        "app.add_typer(other.kept, name='quarantine')\n"
    ),
    "hub/cli/other.py": "@kept.command('list')\ndef show(): ...\n",
    "hub/web.py": "COUNT = ('hub_documents_total', 'hub_not_a_metric')\nraise hub.Quarantined(made(), 'x')\n",
    "hub/failpoints.py": "NAMES = ('inbox.accepted', 'never.passed')\n",
    "hub/inbox.py": "failpoint('inbox.accepted')\nfailpoint('not.listed')\n",
}

NAMES = {
    "hook": {"hub_new"},
    "setting": {"listen", "from", "mailbox", "serves"},
    "command": {"hub dead-letters", "hub run", "hub verify", "hub backup", "hub re-store", "hub quarantine list"},
    "metric": {"hub_documents_total"},
    "error code": {"too-big", "odd"},
    "failpoint": {"inbox.accepted", "never.passed"},
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "docs").mkdir()
    return tmp_path


@pytest.mark.parametrize("kind", words.LIVE)
def test_every_name_is_documented(kind: str) -> None:
    assert words.missing_from_docs(HERE, kind) == []


@pytest.mark.parametrize("kind", ["hook", "setting", "command", "error code", "failpoint"])
def test_there_are_names_to_document(kind: str) -> None:
    assert words.LIVE[kind](HERE)


def test_every_failpoint_of_the_list_is_passed_and_none_else() -> None:
    assert words.passed_failpoints(HERE) == words.failpoints(HERE)


def test_every_refusal_has_a_code_that_can_be_looked_up() -> None:
    assert words.nameless_refusals(HERE) == []


@pytest.mark.parametrize("kind", words.LIVE)
def test_a_name_missing_from_the_docs_is_seen(tree: Path, kind: str) -> None:
    names = NAMES[kind]
    assert words.missing_from_docs(tree, kind) == sorted(names)
    (tree / "docs" / "a.md").write_text("In prose: " + " ".join(names), encoding="utf-8")
    assert words.missing_from_docs(tree, kind) == sorted(names)
    (tree / "docs" / "a.md").write_text("\n".join(f"Longer: `{name}-more`" for name in names), encoding="utf-8")
    assert words.missing_from_docs(tree, kind) == sorted(names)
    first, *others = sorted(names)
    (tree / "README.md").write_text(
        f"A span `{first}: x`.\n```yaml\n" + "\n".join(others) + "\n```\n", encoding="utf-8"
    )
    assert words.missing_from_docs(tree, kind) == []


def test_a_failpoint_on_one_side_only_is_seen(tree: Path) -> None:
    assert words.passed_failpoints(tree) ^ words.failpoints(tree) == {"never.passed", "not.listed"}


def test_a_computed_code_is_seen(tree: Path) -> None:
    assert words.nameless_refusals(tree) == ["hub/web:2"]
