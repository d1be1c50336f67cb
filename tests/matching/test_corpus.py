"""The promise of tests/matching/README.md in short, and that the corpus is no echo of the hub."""

from __future__ import annotations

import ast
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.matching import Verdict
from tests.conftest import TABLE
from tests.laws.source import HERE, imports
from tests.matching.__main__ import added, keeps_promise, main, summary
from tests.matching.corpus import Corpus
from tests.matching.kinds import KINDS
from tests.matching.measure import Tally, measured
from tests.short import short

#: In smaller boxes than those of the command, for the sake of time.
_EACH, _SIZE = 70, 110
_SEEDS = [pytest.param(secrets.token_hex(4), id="of-chance"), pytest.param("2026", id="fixed")]


@pytest.mark.parametrize("seed", short(_SEEDS, 2))
def test_no_match_is_wrong_and_few_are_missed(seed: str, record_property: Callable[[str, object], None]) -> None:
    corpus = Corpus(seed, _SIZE)
    tallies = [measured(corpus, kind, _EACH) for kind in KINDS]
    total = added(tallies)
    told = f"seed {seed}, {len(KINDS)} kinds of damage, {total.tried:,} answers: {summary(total)}"
    record_property(TABLE, f"Matching, {told}")
    assert [(case.written, case.paper.identifier) for case, _ in total.wrong] == [], told
    assert keeps_promise(total), told
    # Nearly all that is tried counts; several kinds leave nothing to tell, on purpose.
    assert total.absent >= total.tried / 7
    assert total.tellable >= 0.75 * (total.tried - total.absent)
    assert total.unseeable <= 0.05 * total.tried


def test_there_are_many_kinds_and_each_is_explained() -> None:
    assert len(KINDS) >= 20
    assert all(kind.__doc__ for kind in KINDS.values())
    explained = (HERE / "tests/matching/README.md").read_text(encoding="utf-8")
    assert [name for name in KINDS if f"`{name}`" not in explained] == []


def test_the_corpus_imports_nothing_of_the_hub() -> None:
    reached = _reached("tests.matching.corpus")
    assert {"tests.matching.clerk", "tests.matching.kinds", "tests.matching.papers"} <= reached
    assert [name for name in reached if name.split(".")[0] in {"hub", "plugins"}] == []


def _reached(module: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """All that a module imports, over however many others of the tests."""
    seen |= {module}
    path = HERE / (module.replace(".", "/") + ".py")
    if module.startswith("tests.") and path.exists():
        for target in _targets(path):
            if target not in seen:
                seen = _reached(target, seen)
    return seen


def _targets(path: Path) -> set[str]:
    found = {one.target for one in imports(ast.parse(path.read_text(encoding="utf-8")))}
    return found | {target.rpartition(".")[0] for target in found if "." in target}


def test_the_same_seed_gives_the_same_answers() -> None:
    first, again = (list(Corpus("same", _SIZE).cases("two_slips", 30)) for _ in range(2))
    assert [case.written for case in first] == [case.written for case in again]


def test_a_broken_promise_is_seen() -> None:
    total = Tally("all", tried=100, right=99, tellable=100, told=97)
    assert not keeps_promise(total)
    total.told = 98
    assert keeps_promise(total)
    case = next(Corpus("seen", _SIZE).cases("clean", 1))
    total.wrong.append((case, Verdict(None, "evidence", ())))
    assert not keeps_promise(total)


def test_the_command_prints_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--count", "20", "--seed", "shown", "--kind", "clean", "--workers", "1", "--size", "60"]) == 0
    printed = capsys.readouterr().out
    assert "seed shown" in printed
    assert "Automatic precision 100.00%" in printed
