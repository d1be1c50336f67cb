"""python -m hub.quickstart [--once] [--config DIR]: the real hub and a province that plays its part."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from hub.config import load
from hub.errors import HubError
from hub.plugins import Plugins
from hub.quickstart.border import make_secrets
from hub.quickstart.play import Play


def main() -> int:
    """Exit code: 0 fine, 1 something is wrong or missing, 2 usage."""
    said = _arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        make_secrets(said.config)
        config = load(said.config, lambda names: Plugins(names).settings)
        return Play(said.config, config).run(once=said.once)
    except HubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./quickstart", description="Tỉnh trình diễn: trục thật, phần mềm đơn vị giả lập (a province to try)."
    )
    parser.add_argument(
        "--once", action="store_true", help="dừng khi mọi hồi báo đã về (end when every answer came back)"
    )
    parser.add_argument(
        "--config", type=Path, default=Path("config"), metavar="DIR", help="thư mục cấu hình (configuration folder)"
    )
    return parser.parse_args()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
