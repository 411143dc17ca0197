"""Components: `{name: …, use: <plugin>, …}` checked by the plugin's own settings model."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel, SecretStr

from engine.config.explain import checked, node_at, yaml_key
from engine.config.problems import (
    ConfigError,
    Location,
    Problem,
    Severity,
    did_you_mean,
    joined_path,
    listed,
    printable,
)
from engine.config.yaml_nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode
from engine.ports.plugin import API_VERSION, Kind, Plugin, Settings

HEAD_KEYS = ("name", "id", "use")
_KIND_WORDS = {Kind.BLOBS: "blob store"}


class Registry(Protocol):
    """The plugins there are. Asked by name, so that only what a configuration uses is imported."""

    def names(self, kind: Kind) -> tuple[str, ...]:
        """The plugins of a kind, sorted."""

    def get(self, kind: Kind, name: str) -> Plugin[Any]:
        """The plugin of that name.

        Raises:
            LookupError: there is none.
            ImportError: it needs a library that is not installed.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One configured plugin, ready to be built.

    Attributes:
        kind: what it is used as.
        name: what the site calls it; unique among its kind in its file.
        use: the plugin's name.
        settings: valid for `plugin.settings`.
        location: the component in its file.
        path: the component's path in its file, `stages[2]`.
        node: the component as written, with its secrets; for places, not for values.
    """

    kind: Kind
    name: str
    use: str
    plugin: Plugin[Any]
    settings: Settings
    location: Location
    path: str
    node: MappingNode = field(repr=False, compare=False)


def load_component(
    registry: Registry, kind: Kind, name: str, node: Node, path: str
) -> tuple[Component | None, list[Problem]]:
    """One component from its node; None when it cannot be used. A wrong head is the file model's finding."""
    use = node.text("use") if isinstance(node, MappingNode) else None
    if use is None or not isinstance(node, MappingNode):
        return None, []
    plugin, problem = _plugin(registry, kind, use, node.entries["use"].node.at, joined_path(path, ["use"]))
    if plugin is None:
        return None, [problem] if problem else []
    entries = {key: entry for key, entry in node.entries.items() if key not in HEAD_KEYS}
    own = MappingNode(at=node.at, entries=entries)
    try:
        settings = checked(plugin.settings, own, path)
    except ConfigError as error:
        return None, list(error.problems)
    component = Component(
        kind=kind, name=name, use=use, plugin=plugin, settings=settings, location=node.at, path=path, node=node
    )
    return component, written_secrets(settings, own, path)


def named_nodes(node: Node | None, kind: Kind, path: str) -> tuple[list[tuple[str, str, Node]], list[Problem]]:
    """Names for the components of a list, as (name, path, node), with what is wrong about the names."""
    if not isinstance(node, SequenceNode):
        return [], []
    uses = [_head(member, "use") or "" for member in node.members]
    given = {name for member in node.members if (name := _head(member, "name") or _head(member, "id"))}
    taken: dict[str, Location] = {}
    found: list[tuple[str, str, Node]] = []
    problems: list[Problem] = []
    for index, member in enumerate(node.members):
        at, place = member.at, joined_path(path, [index])
        name = _head(member, "name") or _head(member, "id")
        if name is None:
            name = uses[index]
            if kind is Kind.STAGE:
                name = _numbered(name, given | taken.keys())
            elif name and (uses.count(name) > 1 or name in given):
                problems.append(_unnamed(at, place, kind, name))
                name = _numbered(name, given | taken.keys())
        elif name in taken:
            message = f"the name '{printable(name)}' is taken in line {taken[name].line}"
            problems.append(Problem(location=at, path=place, message=message, slug="config.duplicate_name"))
        if _head(member, "name") and _head(member, "id"):
            message = "`name` and `id` mean the same; keep one"
            problems.append(Problem(location=at, path=place, message=message, slug="config.bad_value"))
        taken.setdefault(name, at)
        found.append((name, place, member))
    return found, problems


def heads_only(
    tree: MappingNode, lists: Collection[str], single: Collection[str], named: Collection[str]
) -> MappingNode:
    """The tree with every component cut down to its head: what a file's own model is checked against.

    Args:
        tree: the file.
        lists: sections that are lists of components.
        single: sections that are one component.
        named: sections that hold components by name.
    """

    def cut(node: Node) -> Node:
        if not isinstance(node, MappingNode):
            return node
        return MappingNode(at=node.at, entries={key: node.entries[key] for key in node.entries if key in HEAD_KEYS})

    def section(key: str, node: Node) -> Node:
        if key in single:
            return cut(node)
        if key in lists and isinstance(node, SequenceNode):
            return SequenceNode(at=node.at, members=tuple(cut(member) for member in node.members))
        if key in named and isinstance(node, MappingNode):
            entries = {name: Entry(at=entry.at, node=cut(entry.node)) for name, entry in node.entries.items()}
            return MappingNode(at=node.at, entries=entries)
        return node

    entries = {key: Entry(at=entry.at, node=section(key, entry.node)) for key, entry in tree.entries.items()}
    return MappingNode(at=tree.at, entries=entries)


def written_secrets(settings: BaseModel, tree: Node, base: str) -> list[Problem]:
    """Secrets that stand in the file itself; allowed, told."""
    problems = []
    for path, value in _leaves(settings, ()):
        node = node_at(tree, path)
        if isinstance(node, ScalarNode) and isinstance(value, SecretStr) and not node.references:
            problems.append(
                Problem(
                    location=node.at,
                    path=joined_path(base, path),
                    message="a secret is written in the file",
                    slug="config.secret_in_file",
                    severity=Severity.WARNING,
                    hint="refer to it: ${cred:NAME}, ${file:PATH} or ${env:NAME}",
                )
            )
    return problems


def _leaves(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from _leaves(getattr(value, name), (*path, yaml_key(name, info)))
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _leaves(member, (*path, str(key)))
    elif isinstance(value, (list, tuple)):
        for index, member in enumerate(value):
            yield from _leaves(member, (*path, index))
    else:
        yield path, value


def _plugin(
    registry: Registry, kind: Kind, use: str, at: Location, path: str
) -> tuple[Plugin[Any] | None, Problem | None]:
    names = registry.names(kind)
    word = _KIND_WORDS.get(kind, kind.value)
    if use not in names:
        message = f"no {word} is called '{printable(use)}'"
        hint = did_you_mean(use, names) or (f"there are {listed(sorted(names))}" if names else "")
        return None, Problem(location=at, path=path, message=message, hint=hint, slug="config.unknown_plugin")
    try:
        plugin = registry.get(kind, use)
    except ImportError as error:
        missing = f" ({printable(error.name)} is missing)" if error.name else ""
        message = f"the {word} '{printable(use)}' cannot be loaded{missing}"
        hint = f"install headrace[{printable(use)}] or the package that brings it"
        return None, Problem(location=at, path=path, message=message, hint=hint, slug="config.plugin_not_loaded")
    if plugin.api != API_VERSION:
        message = f"the {word} '{printable(use)}' is made for plugin API {plugin.api}, this engine has {API_VERSION}"
        return None, Problem(location=at, path=path, message=message, slug="config.plugin_not_loaded")
    return plugin, None


def _head(node: Node, key: str) -> str | None:
    return node.text(key) if isinstance(node, MappingNode) else None


def _numbered(name: str, taken: Collection[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


def _unnamed(at: Location, path: str, kind: Kind, use: str) -> Problem:
    message = f"needs a name: another {kind.value} here is called or uses '{printable(use)}'"
    return Problem(location=at, path=path, message=message, slug="config.missing_setting", hint="add `name:`")


def default_node(at: Location, settings: Sequence[tuple[str, str]]) -> MappingNode:
    """A component's node for a section that the file leaves out."""
    return MappingNode(at=at, entries={key: Entry(at=at, node=ScalarNode(at=at, value=text)) for key, text in settings})
