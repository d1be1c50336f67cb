"""Tests of many cases: some of them in every run, all of them where all is run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from _pytest.mark import ParameterSet


def short(cases: Iterable[Any], every: int) -> list[ParameterSet]:
    """A test's cases, a tuple for several arguments: the first, and each `every`th from it, run without HUB_TESTS."""
    given = [ParameterSet.extract_from(case, force_tuple=not isinstance(case, tuple)) for case in cases]
    return [
        case if at % every == 0 else case._replace(marks=(*case.marks, pytest.mark.slow))
        for at, case in enumerate(given)
    ]
