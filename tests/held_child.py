"""A hub in a process of its own, with one document held and another one stopped; it waits to be killed.

python -m tests.held_child FOLDER
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hub.testing import eventually
from hub.testing.samples import a_document
from tests.test_app import Wire, prepared, running, stop

HOLD = 2.0


async def main(folder: Path) -> None:
    """Say `held` once both are where they belong."""
    async with running(folder):
        for code in ("1/CV", "2/CV"):
            Wire.put(a_document(code), HOLD)
        await eventually(lambda: len(Wire.verdicts) == 2)
        assert await stop("2/CV")
        sys.stdout.write("held\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    prepared(Path(sys.argv[1]))
    asyncio.run(main(Path(sys.argv[1])))
