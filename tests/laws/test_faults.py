"""docs/faults.md is about the tests that are there."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.laws.source import HERE, modules, name_of, walk


def faults(root: Path) -> list[tuple[int, str, str]]:
    """Row, fault and expectation of every test that is marked as one of a fault."""
    return [
        (ast.literal_eval(call.args[0]), ast.literal_eval(call.args[1]), ast.literal_eval(call.args[2]))
        for module in modules(root, "tests")
        for call in walk(module.tree)
        if isinstance(call, ast.Call)
        and name_of(call.func) == "fault"
        and ast.unparse(call.func) == "pytest.mark.fault"
    ]


def test_every_fault_that_is_tested_is_on_the_page() -> None:
    page = (HERE / "docs" / "faults.md").read_text("utf-8")
    assert [
        fault for row, *said in faults(HERE) for fault in [f"| {row} | {' | '.join(said)} |"] if fault not in page
    ] == []


def test_there_are_faults_that_are_tested() -> None:
    assert len(faults(HERE)) >= 3
