"""The three readers by name, each with its share of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.fuzz.config_target import ConfigTarget
from tests.fuzz.edxml_target import EdxmlTarget
from tests.fuzz.slip_target import SlipTarget
from tests.fuzz.target import Target

TARGETS: Mapping[str, Callable[[], Target]] = {
    EdxmlTarget.name: EdxmlTarget,
    SlipTarget.name: SlipTarget,
    ConfigTarget.name: ConfigTarget,
}
#: of a run of all; the loader reads some hundred a second, the others some thousand
SHARES: Mapping[str, float] = {"edxml": 0.65, "slip": 0.28, "config": 0.07}
