"""`python -m engine` and the `headrace` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line and return its exit code."""
    from engine.app.cli import run  # noqa: PLC0415 - nothing is imported before the arguments are known

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
