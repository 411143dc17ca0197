"""The source tree as the architecture tests see it."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "engine"
_MADE = {".venv", ".git", "__pycache__", "var", "out", "dist", "build", "htmlcov", "node_modules"}
_CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache")


def modules(folder: Path = ENGINE) -> list[Path]:
    """Every Python file below a folder, sorted."""
    return sorted(folder.rglob("*.py"))


def dotted(path: Path, root: Path = ROOT) -> str:
    """The module name of a file: `engine/hl7v2/ack.py` is `engine.hl7v2.ack`."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def rooms() -> list[str]:
    """The rooms in the order of the import contract, packages only."""
    layers = next(contract for contract in contracts() if contract["type"] == "layers")["layers"]
    return [room.strip() for line in layers for room in line.split("|") if room.strip() != "__main__"]


def contracts() -> list[dict[str, Any]]:
    """The import contracts of pyproject.toml."""
    found: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    return found


def text_files() -> Iterator[tuple[str, str]]:
    """Every file of the project that is text, with its name relative to the root; what tools make is left out."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if (
            _MADE.intersection(parts)
            or parts[0].startswith(_CACHES)
            or parts[0].endswith(".egg-info")
            or not path.is_file()
        ):
            continue
        try:
            yield "/".join(parts), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a source text, nested ones too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
