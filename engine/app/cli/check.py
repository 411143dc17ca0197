"""`headrace check` and `headrace schema`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.app.builtins import builtin_registry
from engine.config.load import load_site
from engine.config.problems import Problem, Severity

OK, FAILED, BAD_CONFIGURATION = 0, 1, 78


def check_site(site: Path, paths: Sequence[Path], *, warnings_fail: bool, as_json: bool) -> int:
    """Print every problem of the site (or of the named files); 0 when it can run, 78 when it cannot."""
    loaded = load_site(site, builtin_registry(), environ=os.environ)
    wanted = {path.name for path in paths}
    problems = [item for item in loaded.problems if not wanted or Path(item.file).name in wanted]
    errors = [item for item in problems if item.severity is Severity.ERROR]
    if as_json:
        told = {"ok": not errors, "problems": [item.as_json() for item in problems], "overlays": list(loaded.overlays)}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in loaded.overlays if not errors and not wanted))
        _print(problems, errors, [channel.name for channel in loaded.channels if channel.config.enabled])
    if errors or (warnings_fail and problems):
        return BAD_CONFIGURATION
    return OK


def _print(problems: Sequence[Problem], errors: Sequence[Problem], channels: Sequence[str]) -> None:
    for item in problems:
        sys.stdout.write(f"{item}\n")
    if errors:
        sys.stdout.write(f"{len(errors)} error{'s' if len(errors) > 1 else ''}; the engine will not start.\n")
    else:
        sys.stdout.write(
            f"ok: {len(channels)} enabled channel{'s' if len(channels) != 1 else ''}"
            f"{': ' + ', '.join(channels) if channels else ''}\n"
        )


def print_schema(which: str) -> int:
    """Print a JSON Schema."""
    from engine.config.schema import channel_schema, site_schema

    makers = {"channel": channel_schema, "headrace": site_schema}
    if which not in makers:
        sys.stderr.write(f"no schema is called {which!r}; there are: {', '.join(makers)}\n")
        return 2
    sys.stdout.write(makers[which](builtin_registry()))
    return OK
