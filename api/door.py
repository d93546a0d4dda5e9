"""Where the command `xianglian` begins: nothing is imported yet that could be interrupted."""

import sys

__all__ = ["STOPPED", "main"]

STOPPED = "已中断。没有装完的不会留下任何痕迹。"


def main() -> None:
    """Import the command line and run it; Ctrl-C ends it with 130 at any moment."""
    try:
        from api.cli import main as run

        run()
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
        sys.exit(130)
