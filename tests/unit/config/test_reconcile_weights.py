"""Figures of one's own for the reconcile stage: taken as printed, refused with their place when they cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app.builtins import builtin_registry
from engine.config.load import load_site

SITE = "version: 1\ndirectories:\n  patients: {use: file}\n"
CHANNEL = """\
version: 1
channel: lab
sources:
  - {{name: lab, use: mllp, listen: "127.0.0.1:2575"}}
stages:
  - {{use: decode}}
  - use: reconcile
    weights:
      {weights}
  - {{use: dedupe}}
  - {{use: review}}
destinations:
  - {{name: ehr, use: mllp, to: "127.0.0.1:2576"}}
"""


def _problems(folder: Path, weights: str) -> list[str]:
    (folder / "conf").mkdir()
    (folder / "channels").mkdir()
    (folder / "conf/headrace.yaml").write_text(SITE)
    (folder / "channels/lab.yaml").write_text(CHANNEL.format(weights=weights))
    return [str(problem) for problem in load_site(folder, builtin_registry(), environ={}).errors]


def test_figures_are_taken_as_printed(tmp_path: Path) -> None:
    """Some fields, with m, u, or both."""
    assert _problems(tmp_path, "family: {m: 0.97, u: 0.0251}\n      sex: {u: 0.5}\n      phone: {m: 0.8}") == []


@pytest.mark.parametrize(
    ("weights", "where", "what"),
    [
        ("family: {m: 1.2}", "channels/lab.yaml:9:19:", "must be less than 1"),
        ("family: {u: 0}", "channels/lab.yaml:9:19:", "must be more than 0"),
        ("famly: {m: 0.9}", "channels/lab.yaml:9:7:", "did you mean 'family'"),
        ("family: {w: 8}", "channels/lab.yaml:9:16:", "weights.family.w"),
        ("sex: {m: 0.4, u: 0.5}", "channels/lab.yaml:9:7:", "sex: u must be less than m"),
        ("postcode: {u: 0.5}", "channels/lab.yaml:9:7:", "postcode: u must be less than m"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, weights: str, where: str, what: str) -> None:
    """No probability, a misspelt field, a figure there is not, agreement that would speak against the patient."""
    (problem,) = _problems(tmp_path, weights)
    assert problem.startswith(where)
    assert what in problem
