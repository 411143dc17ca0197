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
    for path in _files(ROOT):
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def _files(folder: Path) -> Iterator[Path]:
    """Files below a folder; what tools make is not even walked through: there is far more of it."""
    for path in sorted(folder.iterdir()):
        at_root = folder == ROOT and (path.name.startswith(_CACHES) or path.name.endswith(".egg-info"))
        if path.name in _MADE or at_root:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        elif path.is_file():
            yield path


def nodes(source: str, word: str = "") -> Iterator[ast.AST]:
    """Every node of a source text; none where the text lacks a word without which there is nothing to find."""
    return ast.walk(ast.parse(source)) if word in source else iter(())


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a source text, nested ones too."""
    for node in nodes(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
