"""Settings of the `fhir` directory, refused with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app.builtins import builtin_registry
from engine.config.load import load_site


@pytest.mark.parametrize(
    ("directory", "at", "what"),
    [
        ('use: fhir, base_url: "ftp://x", default_authority: A, systems: {A: "urn:oid:2.1"}', '"ftp', "not an address"),
        (
            'use: fhir, base_url: "http://m.example", default_authority: A, systems: {A: "urn:x:y"}',
            "",
            "http would send",
        ),
        (
            'use: fhir, base_url: "https://u:p@m.example", default_authority: A, systems: {A: "urn:x:y"}',
            '"https',
            "without user",
        ),
        ('use: fhir, base_url: "https://m.example", default_authority: A, systems: {A: "x"}', "{A", "absolute URI"),
        (
            'use: fhir, base_url: "https://m.example", default_authority: A, systems: {A: "urn:x|y"}',
            "{A",
            "absolute URI",
        ),
        (
            'use: fhir, base_url: "https://m.example", default_authority: A, systems: {A: "urn:x:y", a: "urn:x:z"}',
            "{A",
            "stands twice",
        ),
        (
            'use: fhir, base_url: "https://m.example", default_authority: A, systems: {B: "urn:x:y"}',
            "",
            "A is not among systems",
        ),
        (
            'use: fhir, base_url: "https://m.example", default_authority: A, systems: {A: "urn:x:y"}, cross_reference: [L]',
            "",
            "L is not among systems",
        ),
        (
            'use: fhir, base_url: "https://m.example", default_authority: A, systems: {A: "urn:x:y"}, cross_reference: [A]',
            "",
            "leave default_authority out",
        ),
        (
            'use: fhir, base_url: "https://m.example", default_authority: A, systems: {A: "urn:x:y"}, methd: match',
            "methd",
            "did you mean",
        ),
        (
            'use: fhir, base_url: "https://m.example", default_authority: A, systems: {A: "urn:x:y"}, method: pixie',
            "pixie",
            "method",
        ),
        (
            'use: fhir, base_url: "https://m.example", default_authority: A, systems: {A: "urn:x:y"}, tls: {cert: a.pem}',
            "{cert",
            "belong together",
        ),
        (
            'use: fhir, base_url: "https://m.example", default_authority: A, systems: {A: "urn:x:y"}, timeout: 10',
            "10",
            "not a duration",
        ),
        (
            'use: fhir, base_url: "https://m.example", default_authority: A, systems: {A: "urn:x:y"}, auth: {bearer: a, api_key: {value: b}}',
            "{bearer",
            "exactly one of",
        ),
    ],
)
def test_check_refuses_a_server_that_cannot_work(tmp_path: Path, directory: str, at: str, what: str) -> None:
    """Each mistake comes with file, line and column: the value's, or the directory's as a whole."""
    (tmp_path / "conf").mkdir()
    text = f"version: 1\ndirectories:\n  patients: {{{directory}}}\n"
    (tmp_path / "conf" / "headrace.yaml").write_text(text, encoding="utf-8")
    problems = [str(item) for item in load_site(tmp_path, builtin_registry(), environ={}).problems]
    line = next(line for line in problems if what in line)
    column = len("  patients: {") + (directory.index(at) + 1 if at else 0)
    assert f"headrace.yaml:3:{column}:" in line
