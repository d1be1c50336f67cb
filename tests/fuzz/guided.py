"""Fuzzing led by coverage, where atheris is installed: `python -m tests.fuzz.guided TARGET [libFuzzer's options]`.

atheris is no requirement of the tests: none of its releases has wheels for every Python from 3.11 on.
It finds new ways through a reader, whose inputs then become seeds.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["hub.standards", "hub.config", "hub.routing", "plugins.folderdrop.clerk"]):
    from tests.fuzz.target import SEEDS, Case
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Run until a promise is broken, or as long as the options say."""
    name = sys.argv.pop(1)
    target = TARGETS[name]()
    seeds = list(target.seeds())

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        dice = Random(seed)
        if dice.random() < 0.2:
            return bytes(atheris.Mutate(data, most))
        return target.mutated(dice, data or b"x", dice.choice(seeds))[:most]

    corpus = Path("var/fuzz") / f"guided-{name}"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)

    def judge(data: bytes) -> None:
        target.judge(Case(bytes(data)))

    options = [sys.argv[0], str(corpus), str(SEEDS / name), "-max_len=65536", *sys.argv[1:]]
    atheris.Setup(options, judge, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
