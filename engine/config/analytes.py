"""The site's overlay of tests (`conf/analytes.yaml`): every mistake with its place, and what it says in numbers."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.config.components import Component
from engine.config.problems import Location, Problem, joined_path, printable
from engine.config.references import ReadFile, read_at_most
from engine.config.yaml_nodes import MappingNode, Node, SequenceNode, parse, value_of
from engine.config.yaml_text import MAX_BYTES
from engine.extraction.packs.load import load_packs
from engine.extraction.packs.overlay import Overlay, build_overlay


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedOverlay:
    """One overlay file that is there."""

    file: str
    overlay: Overlay
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        """One line: how much is said of how many laboratories."""
        labs = len(self.overlay.labs)
        tests = [test for lab in self.overlay.labs for test in lab.tests]
        names = sum(len(test.names) for test in tests)
        units = sum(len(lab.units) for lab in self.overlay.labs)
        return f"{self.file}: {names} names of {len(tests)} tests and {units} units, of {labs} laboratories"


def check_overlays(
    folder: Path, components: Iterable[Component], read_file: ReadFile = read_at_most
) -> list[CheckedOverlay]:
    """The overlay files of extractors that have one; one that is not there is none, unless it was asked for."""
    found: dict[str, CheckedOverlay] = {}
    for component in components:
        name = getattr(component.settings, "overlay", None)
        if not isinstance(name, str):
            continue
        file = printable(posixpath.normpath(name))
        try:
            raw = read_file(folder / name, MAX_BYTES + 1)
        except OSError as error:
            problem = _missing(component, file, error)
            if problem is not None:
                found[file] = CheckedOverlay(file=file, overlay=Overlay(), problems=(problem,))
            continue
        found[file] = _checked(raw, file)
    return list(found.values())


def _missing(component: Component, file: str, error: OSError) -> Problem | None:
    """What is wrong with a file that cannot be read; nothing where the default file is simply not there."""
    node = component.node.find("overlay")
    if node is None and isinstance(error, FileNotFoundError):
        return None
    message = f"{file} cannot be read: {error.strerror or 'not a regular file'}"
    path = joined_path(component.path, ["overlay"])
    return Problem(location=(node or component.node).at, path=path, message=message, slug="config.missing_file")


def _checked(raw: bytes, file: str) -> CheckedOverlay:
    parsed = parse(raw, file)
    if parsed.tree is None:
        return CheckedOverlay(file=file, overlay=Overlay(), problems=parsed.problems)
    overlay, faults = build_overlay(value_of(parsed.tree), load_packs())
    problems = [
        Problem(
            location=_place(parsed.tree, fault.path),
            path=joined_path("", fault.path),
            message=fault.message,
            slug="config.bad_value",
            hint=fault.hint,
        )
        for fault in faults
    ]
    return CheckedOverlay(file=file, overlay=overlay, problems=(*parsed.problems, *problems))


def _place(tree: MappingNode, path: Sequence[str | int]) -> Location:
    """Where a path leads, or the last place on the way to it that is there."""
    node: Node = tree
    at = tree.at
    for part in path:
        if isinstance(node, MappingNode) and part in node.entries:
            at, node = node.entries[str(part)].at, node.entries[str(part)].node
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.members):
            node = node.members[part]
            at = node.at
        else:
            break
    return at
