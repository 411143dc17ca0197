"""Writes a small site into a folder and loads it with toy plugins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.config.load import load_site
from engine.config.loaded import LoadedSite
from engine.config.references import References
from tests.unit.config.toy_plugins import ToyRegistry

SITE = """\
version: 1
store: {use: sqlite, path: var/headrace.db}
blobs: {use: files, path: var/blobs}
web: {listen: "127.0.0.1:8575"}
directories:
  patients: {use: file, path: conf/patients.csv}
"""
CHANNEL = """\
version: 1
channel: lab-reports
sources:
  - {name: lab, use: mllp, listen: "127.0.0.1:2575"}
stages:
  - {use: decode}
  - {use: extract, with: [local]}
  - {use: reconcile, directory: patients}
  - {use: dedupe}
  - {use: review}
destinations:
  - {name: ehr, use: mllp, to: "127.0.0.1:2576"}
"""
NO_REFERENCES = References(Path("/nonexistent"), {})


def write_site(folder: Path, site: str | None = SITE, **channels: str) -> Path:
    """The folder with an engine file and `channels/<name>.yaml` for each keyword."""
    (folder / "conf").mkdir(exist_ok=True)
    (folder / "channels").mkdir(exist_ok=True)
    if site is not None:
        (folder / "conf" / "headrace.yaml").write_text(site, encoding="utf-8")
    for name, text in channels.items():
        (folder / "channels" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def load(folder: Path, environ: Mapping[str, str] | None = None) -> LoadedSite:
    """The site, read with toy plugins."""
    return load_site(folder, ToyRegistry(), environ=environ or {})


def shown(loaded: LoadedSite) -> list[str]:
    """Every problem as the command line prints it."""
    return [str(problem) for problem in loaded.problems]
