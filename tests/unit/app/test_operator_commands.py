"""How the terminal's words for times and its usage errors are understood."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.app.cli import run
from engine.app.cli.moments import absolute

NOW = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2h", "2026-03-02T06:15:00+00:00"),
        ("90s", "2026-03-02T08:13:30+00:00"),
        ("3d", "2026-02-27T08:15:00+00:00"),
        ("1w", "2026-02-23T08:15:00+00:00"),
        (" 2026-03-01 ", "2026-03-01"),
        ("yesterday", "yesterday"),
    ],
)
def test_how_long_ago_becomes_a_time(text: str, told: str) -> None:
    """A number with a unit is counted back from now; the API judges everything else."""
    assert absolute(text, NOW) == told


@pytest.mark.parametrize(
    "arguments",
    [
        ["replay"],
        ["replay", "ID", "--state", "parked"],
        ["replay", "ID", "--yes"],
        ["replay", "--state", "parked", "--yes", "--dry-run"],
        ["withdraw", "ID"],
        ["queue", "pause"],
        ["queue", "pause", "lab", "--all"],
        ["queue", "resume", "lab/"],
        ["queue", "withdraw", "ID"],
        ["review", "close", "ID", "--outcome", "handled"],
    ],
)
def test_half_a_command_is_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 before any site is looked at; nothing on stdout."""
    assert run(arguments) == 2
    assert capsys.readouterr().out == ""
