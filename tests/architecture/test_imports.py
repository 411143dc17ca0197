"""The import contracts of pyproject.toml hold, and each was seen to bite on the mistake it is for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.tree import ENGINE, ROOT, contracts

PURE = ("hl7v2", "domain", "documents", "extraction", "mapping")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """An import that must not be: which contract says so, where it is planted, what it imports."""

    contract: str
    room: str
    imports: str


def _mistakes() -> list[Mistake]:
    found = [
        ("layers", "domain", "engine.ports"),
        ("layers", "domain", "engine.hl7v2"),
        ("layers", "hl7v2", "engine.domain"),
        ("layers", "mapping", "engine.documents"),
        ("layers", "documents", "engine.extraction"),
        ("layers", "extraction", "engine.ports"),
        ("layers", "ports", "engine.pipeline"),
        ("layers", "pipeline", "engine.plugins"),
        ("layers", "pipeline", "engine.web"),
        ("layers", "pipeline", "engine.links"),
        ("layers", "links", "engine.pipeline"),
        ("layers", "links", "engine.plugins"),
        ("layers", "ports", "engine.links"),
        ("layers", "records", "engine.pipeline"),
        ("layers", "records", "engine.plugins.stores.sqlite.tx"),
        ("layers", "ports", "engine.records"),
        ("records", "records", "apsw"),
        ("records", "records", "asyncpg"),
        ("records", "records", "time"),
        ("record-keepers", "web", "engine.records.values"),
        ("record-keepers", "plugins.stages", "engine.records.values"),
        ("layers", "config", "engine.web"),
        ("layers", "web", "engine.config"),
        ("layers", "web", "engine.plugins"),
        ("layers", "web", "engine.app"),
        ("layers", "app", "engine.__main__"),
        ("ports", "ports", "asyncio"),
        ("ports", "ports", "time"),
        ("diet", "plugins.stages", "engine.pipeline.routing"),
        ("diet", "plugins.stages", "engine.config"),
        ("diet", "plugins.sources", "engine.web"),
        ("diet", "plugins.stores", "engine.app.clock"),
        ("plugins", "plugins.stages", "engine.plugins.stages.decode"),
        ("plugins", "plugins.destinations", "engine.plugins.sources.mllp.tls"),
        ("address-hl7", "mapping", "hl7"),
        ("address-hl7", "plugins.stages", "hl7"),
        ("address-hl7apy", "plugins.destinations", "hl7apy.parser"),
        ("address-http-client", "web", "httpx"),
        ("address-http-client", "plugins.stages", "httpx"),
        ("address-http-client", "plugins.directories", "httpx"),
        ("address-http-client", "plugins.extractors", "httpx"),
        ("address-documents", "extraction", "pypdfium2"),
        ("address-documents", "plugins.extractors", "striprtf"),
        ("address-documents", "mapping", "pybase64"),
        ("address-documents", "web", "PIL"),
        ("address-documents", "extraction", "rapidocr"),
        ("address-documents", "plugins.extractors", "onnxruntime"),
        ("address-documents", "extraction", "numpy"),
        ("address-object-store", "plugins.stores", "obstore"),
        ("address-database", "pipeline", "asyncpg"),
        ("address-rapidfuzz", "plugins.directories", "rapidfuzz"),
        ("address-yaml", "app", "yaml"),
        ("address-pydantic", "domain", "pydantic"),
        ("address-pydantic", "pipeline", "pydantic"),
        ("address-observability", "pipeline", "structlog"),
        ("address-observability", "web", "prometheus_client"),
        ("address-web", "app", "starlette"),
        ("address-web", "plugins.sources", "uvicorn"),
        ("address-web", "app", "jinja2"),
        ("address-database", "web", "apsw"),
        ("address-database", "plugins.directories", "sqlite3"),
        ("address-database", "plugins.directories", "apsw"),
        ("address-database", "plugins.stages", "asyncpg"),
        ("address-uvloop", "plugins.sources", "uvloop"),
        ("address-terminal", "config", "rich"),
        ("address-terminal", "plugins.sources", "typer"),
    ]  # fmt: skip
    pure = next(contract for contract in contracts() if contract["id"] == "pure")
    found += [("pure", room, "time") for room in PURE]
    found += [("pure", "domain", name) for name in pure["forbidden_modules"]]
    return [Mistake(contract=contract, room=room, imports=imports) for contract, room, imports in found]


MISTAKES = _mistakes()


def _planted_module(number: int, mistake: Mistake) -> str:
    return f"engine.{mistake.room}.planted_{number}"


def _plant(copy: Path, module: str, line: str) -> None:
    path = copy.joinpath(*module.split(".")).with_suffix(".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'"""A planted mistake."""\n{line}\n')


def _copy(target: Path) -> Path:
    shutil.copytree(ENGINE, target / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


def _lint(folder: Path) -> tuple[int, dict[str, str]]:
    """Run lint-imports there; the exit code, and what it says under the name of each broken contract."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=folder, env={**os.environ, "COLUMNS": "400", "NO_COLOR": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    _, _, broken = done.stdout.partition("Broken contracts")
    said: dict[str, str] = {}
    names = {contract["name"]: contract["id"] for contract in contracts()}
    current = ""
    for line in broken.splitlines():
        current = names.get(line.strip(), current)
        said[current] = said.get(current, "") + line + "\n"
    said[""] = done.stdout + done.stderr
    return done.returncode, said


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A copy of the engine with every mistake in a module of its own, linted once: what each contract said."""
    copy = _copy(tmp_path_factory.mktemp("planted"))
    for number, mistake in enumerate(MISTAKES):
        _plant(copy, _planted_module(number, mistake), f"import {mistake.imports}")
    code, said = _lint(copy)
    assert code == 1, said[""]
    return said


def test_the_tree_keeps_every_contract() -> None:
    """No module of the engine imports what its room may not."""
    code, said = _lint(ROOT)
    assert code == 0, said[""]


@pytest.mark.parametrize("number", range(len(MISTAKES)), ids=[f"{m.contract}:{m.room}->{m.imports}" for m in MISTAKES])
def test_the_contract_bites(planted: dict[str, str], number: int) -> None:
    """The contract names the very module in which the mistake was planted, and what it imports."""
    mistake = MISTAKES[number]
    module = _planted_module(number, mistake)
    lines = [line for line in planted.get(mistake.contract, "").splitlines() if module in line]
    target = mistake.imports if mistake.imports.startswith("engine") else mistake.imports.partition(".")[0]
    assert any(f"{module} -> {target} (" in line for line in lines), planted.get(mistake.contract, "not broken")


def test_a_folder_without_a_place_is_refused(tmp_path: Path) -> None:
    """A new folder beside the rooms breaks the layers until it is given its place."""
    copy = _copy(tmp_path)
    _plant(copy, "engine.utils.__init__", "")
    code, said = _lint(copy)
    assert code == 1
    assert "utils" in said["layers"]


def test_every_contract_has_a_planted_mistake() -> None:
    """A contract that nobody has seen biting is not known to work."""
    assert {mistake.contract for mistake in MISTAKES} == {contract["id"] for contract in contracts()}
