"""What the crash tests share: benches, the clean trip, and what is kept for the end of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest

from tests.conftest import TABLE
from tests.crash.book import FIGURE
from tests.crash.harness import Bench, Result, bench
from tests.crash.sweep import WORKERS, Clean, Crew, record, table

Show = Callable[[str, Sequence[Result]], None]


@pytest.fixture(scope="session")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Bench]]:
    """Each may be used by one thread."""
    with ExitStack() as stack:
        folders = [tmp_path_factory.mktemp(f"bench{number}") for number in range(WORKERS)]
        yield [stack.enter_context(bench(folder)) for folder in folders]


@pytest.fixture(scope="session")
def crew(benches: list[Bench]) -> Crew:
    return Crew(benches)


@pytest.fixture(scope="session")
def clean(benches: list[Bench]) -> Clean:
    """What an undisturbed trip does: it decides what there is to break."""
    return record(benches[0])


@pytest.fixture
def show(record_property: Callable[[str, object], None]) -> Show:
    """Keep a table for the end of the run."""

    def keep(title: str, results: Sequence[Result]) -> None:
        record_property(TABLE, "\n".join(table(title, results)))

    return keep


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Keep what a test of a fault measured, for docs/faults.md."""
    return lambda said: record_property(FIGURE, said)
