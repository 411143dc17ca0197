"""Settings of the `pdq-v2` directory, refused with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app.builtins import builtin_registry
from engine.config.load import load_site


@pytest.mark.parametrize(
    ("directory", "at", "what"),
    [
        ('use: pdq-v2, to: "mpi", default_authority: A, authorities: {A: ""}', '"mpi', "not an address"),
        ('use: pdq-v2, to: "mpi:1", default_authority: A, authorities: {A: "x.y"}', "{A", "OID"),
        ('use: pdq-v2, to: "mpi:1", default_authority: A, authorities: {A: "2.1", B: "2.1"}', "{A", "stands twice"),
        ('use: pdq-v2, to: "mpi:1", default_authority: A, authorities: {B: ""}', "", "A is not among"),
        ('use: pdq-v2, to: "mpi:1", default_authority: A, authorities: {A: ""}, domains: [B]', "", "B is not among"),
        (
            'use: pdq-v2, to: "mpi:1", default_authority: A, authorities: {A: ""}, pix: {authorities: [B]}',
            "",
            "B is not among",
        ),
        (
            'use: pdq-v2, to: "mpi:1", default_authority: A, authorities: {A: ""}, pix: {authorities: [A]}',
            "",
            "leave default_authority out",
        ),
        (
            'use: pdq-v2, to: "mpi:1", default_authority: A, authorities: {A: ""}, charset: EBCDIC',
            "EBCDIC",
            "table 0211",
        ),
        ('use: pdq-v2, to: "mpi:1", default_authority: A, authorities: {A: ""}, version: "3"', '"3"', "version"),
        ('use: pdq-v2, to: "mpi:1", default_authority: A, authorities: {A: ""}, connections: 0', "0", "connections"),
    ],
)
def test_check_refuses_a_supplier_that_cannot_work(tmp_path: Path, directory: str, at: str, what: str) -> None:
    """Each mistake comes with file, line and column: the value's, or the directory's as a whole."""
    (tmp_path / "conf").mkdir()
    text = f"version: 1\ndirectories:\n  patients: {{{directory}}}\n"
    (tmp_path / "conf" / "headrace.yaml").write_text(text, encoding="utf-8")
    problems = [str(item) for item in load_site(tmp_path, builtin_registry(), environ={}).problems]
    line = next(line for line in problems if what in line)
    column = len("  patients: {") + (directory.index(at) + 1 if at else 0)
    assert f"headrace.yaml:3:{column}:" in line
