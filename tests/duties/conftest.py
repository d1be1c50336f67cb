"""What tests of duties may ask for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.crash.book import FIGURE


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Shows a line at the end of the run."""
    return lambda said: record_property(FIGURE, said)
