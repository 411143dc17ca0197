"""The command line: `headrace`.

Holds: one module a command; `main` declares them all and imports a command's module only when it is called.
May import: everything.
May touch: standard streams, files the user names, the running engine through its API.
Never: import a heavy library before the arguments are known.
"""

from __future__ import annotations

from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    Returns the exit code: 0 ok, 1 failed, 2 usage, 3 review, 75 try again, 78 bad configuration.
    """
    from engine.app.cli.main import app

    try:
        app(args=list(arguments), prog_name="headrace")
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else 1
    return 0
