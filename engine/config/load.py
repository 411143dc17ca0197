"""From a site's folder to typed settings: every problem of every file in one go."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.config.analytes import check_overlays
from engine.config.components import (
    Component,
    Registry,
    default_node,
    heads_only,
    load_component,
    named_nodes,
)
from engine.config.crosscheck import SITE_FILE, channel_problems, site_problems
from engine.config.explain import checked
from engine.config.loaded import ChannelDraft, LoadedChannel, LoadedSite
from engine.config.models import ChannelConfig, SiteConfig
from engine.config.overrides import override
from engine.config.problems import ConfigError, Location, Problem, Severity, printable
from engine.config.references import ReadFile, References, read_at_most
from engine.config.yaml_nodes import MappingNode, Node, ParsedFile, parse
from engine.config.yaml_text import MAX_BYTES
from engine.ports.plugin import Kind, Settings

CHANNEL_FOLDER = "channels"
_LISTS = {Kind.SOURCE: "sources", Kind.STAGE: "stages", Kind.DESTINATION: "destinations"}
_SINGLE = {Kind.STORE: "store", Kind.BLOBS: "blobs"}
_NAMED = {Kind.DIRECTORY: "directories", Kind.EXTRACTOR: "extractors"}
_DEFAULTS = {
    (Kind.STORE, "store"): (("use", "sqlite"), ("path", "var/headrace.db")),
    (Kind.BLOBS, "blobs"): (("use", "files"), ("path", "var/blobs")),
    (Kind.EXTRACTOR, "local"): (("use", "local"),),
}
"""What a site has when its file does not say otherwise."""
_NO_SITE = "a site is a folder with conf/headrace.yaml; `headrace init` makes one"
_ModelT = TypeVar("_ModelT", bound=Settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a channel may refer to in the engine file."""

    directories: Collection[str]
    extractors: Collection[str]


def load_site(
    folder: Path, registry: Registry, *, environ: Mapping[str, str], read_file: ReadFile = read_at_most
) -> LoadedSite:
    """Read `conf/headrace.yaml` and `channels/*.yaml` of a site's folder. Never raises for what they say.

    Args:
        folder: the site.
        registry: the plugins there are.
        environ: for `${env:…}`, `${cred:…}` and `HEADRACE__…`.
        read_file: reads at most so many bytes of a file.
    """
    references = References(folder, environ, read_file)
    problems: list[Problem] = []
    tree = _site_tree(folder, references, environ, read_file, problems)
    site = _validated(SiteConfig, tree, problems) if tree.entries else None
    components = _site_components(registry, tree, problems)
    names = _names(tree, components)
    drafts: list[ChannelDraft] = []
    for path in _channel_files(folder, ".yaml"):
        file = f"{CHANNEL_FOLDER}/{printable(path.name)}"
        raw = _read(path, file, read_file, problems)
        if raw is not None:
            draft = _draft(raw, file, registry, references, names)
            problems += draft.problems
            drafts.append(draft)
    problems += _ignored_files(folder)
    overlays = check_overlays(folder, components, read_file)
    problems += [problem for overlay in overlays for problem in overlay.problems]
    problems += site_problems(tree, site or SiteConfig(version=1), components, drafts)
    return LoadedSite(
        site=site or SiteConfig(version=1),
        components=tuple(components),
        channels=tuple(draft.channel for draft in drafts if draft.channel is not None),
        problems=_in_order(problems),
        overlays=tuple(str(overlay) for overlay in overlays),
    )


def load_channel_text(
    raw: bytes | str, file: str, registry: Registry, *, references: References, names: Names | None = None
) -> tuple[LoadedChannel | None, tuple[Problem, ...]]:
    """Read one channel file, with every problem of its own; None when it has errors.

    Args:
        raw: the whole file.
        file: its name in problems.
        registry: the plugins there are.
        references: finds secrets.
        names: the directories and extractors of the site; None leaves references to them unchecked.
    """
    draft = _draft(raw, file, registry, references, names)
    return draft.channel, _in_order(draft.problems)


def _draft(
    raw: bytes | str, file: str, registry: Registry, references: References, names: Names | None
) -> ChannelDraft:
    parsed = parse(raw, file)
    problems = list(parsed.problems)
    if parsed.tree is None:
        return ChannelDraft(file=file, tree=None, components={}, channel=None, problems=tuple(problems))
    tree, missing = references.resolve(parsed.tree)
    problems += missing
    config = _validated(ChannelConfig, tree, problems)
    lists = {kind: _listed(registry, kind, tree.find(key), key, problems) for kind, key in _LISTS.items()}
    problems += channel_problems(tree, lists, names.directories if names else None, names.extractors if names else None)
    channel = None
    if config is not None and not any(problem.severity is Severity.ERROR for problem in problems):
        content = raw.encode("utf-8") if isinstance(raw, str) else raw
        channel = LoadedChannel(
            file=file,
            revision=hashlib.sha256(content).hexdigest()[:12],
            config=config,
            sources=lists[Kind.SOURCE],
            stages=lists[Kind.STAGE],
            destinations=lists[Kind.DESTINATION],
        )
    return ChannelDraft(file=file, tree=tree, components=lists, channel=channel, problems=tuple(problems))


def _site_tree(
    folder: Path, references: References, environ: Mapping[str, str], read_file: ReadFile, problems: list[Problem]
) -> MappingNode:
    """The engine file with overrides and secrets put in; an empty mapping when there is none to read."""
    raw = _read(folder / SITE_FILE, SITE_FILE, read_file, problems)
    parsed = parse(raw, SITE_FILE) if raw is not None else ParsedFile(tree=None, problems=())
    problems += parsed.problems
    if parsed.tree is None:
        return MappingNode(at=Location(SITE_FILE, 1, 1))
    tree, wrong = override(parsed.tree, environ)
    resolved, missing = references.resolve(tree)
    problems += [*wrong, *missing]
    return resolved


def _site_components(registry: Registry, tree: MappingNode, problems: list[Problem]) -> list[Component]:
    written: dict[tuple[Kind, str], tuple[Node, str]] = {
        key: (default_node(tree.at, settings), key[1]) for key, settings in _DEFAULTS.items()
    }
    for kind, section in _SINGLE.items():
        if (node := tree.find(section)) is not None:
            written[kind, section] = (node, section)
    for kind, section in _NAMED.items():
        node = tree.find(section)
        for name, entry in (node.entries if isinstance(node, MappingNode) else {}).items():
            written[kind, name] = (entry.node, f"{section}.{printable(name)}")
    components = []
    for (kind, name), (node, path) in written.items():
        component, found = load_component(registry, kind, name, node, path)
        problems += found
        components += [component] if component else []
    return components


def _listed(
    registry: Registry, kind: Kind, node: Node | None, path: str, problems: list[Problem]
) -> tuple[Component, ...]:
    named, wrong = named_nodes(node, kind, path)
    problems += wrong
    components = []
    for name, place, member in named:
        component, found = load_component(registry, kind, name, member, place)
        problems += found
        components += [component] if component else []
    return tuple(components)


def _validated(model: type[_ModelT], tree: MappingNode, problems: list[Problem]) -> _ModelT | None:
    heads = heads_only(tree, tuple(_LISTS.values()), tuple(_SINGLE.values()), tuple(_NAMED.values()))
    try:
        return checked(model, heads, "")
    except ConfigError as error:
        problems += error.problems
        return None


def _names(tree: MappingNode, components: Sequence[Component]) -> Names:
    """The names written, whether or not what they name is without errors: one mistake is told once."""
    found: dict[Kind, set[str]] = {}
    for kind, section in _NAMED.items():
        node = tree.find(section)
        found[kind] = set(node.entries) if isinstance(node, MappingNode) else set()
        found[kind] |= {component.name for component in components if component.kind is kind}
    return Names(directories=sorted(found[Kind.DIRECTORY]), extractors=sorted(found[Kind.EXTRACTOR]))


def _ignored_files(folder: Path) -> list[Problem]:
    return [
        Problem(
            location=Location(f"{CHANNEL_FOLDER}/{printable(path.name)}", 1, 1),
            message="the file is not read",
            slug="config.ignored_file",
            severity=Severity.WARNING,
            hint="a channel's file ends in .yaml",
        )
        for path in _channel_files(folder, ".yml")
    ]


def _channel_files(folder: Path, ending: str) -> list[Path]:
    """Files of the channel folder by name; hidden ones are editors' own."""
    return sorted(path for path in (folder / CHANNEL_FOLDER).glob(f"*{ending}") if not path.name.startswith("."))


def _in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The environment, the engine file, then the channels by name; places from top to bottom."""

    def place(problem: Problem) -> tuple[bool, bool, Location]:
        return not problem.file.startswith("$"), problem.file != SITE_FILE, problem.location

    return tuple(sorted(problems, key=place))


def _read(path: Path, file: str, read_file: ReadFile, problems: list[Problem]) -> bytes | None:
    try:
        return read_file(path, MAX_BYTES + 1)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        message = "there is no such file" if missing else f"cannot be read: {error.strerror or 'not a regular file'}"
        hint = _NO_SITE if missing and file == SITE_FILE else ""
        problems.append(Problem(location=Location(file, 1, 1), message=message, slug="config.missing_file", hint=hint))
        return None
