"""The strict YAML reader: a tree of values that know where they stand.

Only what a settings file needs is let in: mappings with text keys, lists and scalars. Scalars follow the core of
YAML 1.2, narrowed: `true`, `false`, `null`, decimal numbers; everything else is text, so `no`, `on`, `0123`, `12:30`
and dates stay what the admin wrote. Anchors, aliases, tags, second documents and duplicate keys are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml
from yaml import events

from engine.config.problems import Location, Problem, joined_path, printable
from engine.config.yaml_text import decode, syntax_problem

MAX_DEPTH = 32
"""Nesting allowed in a file; the deepest documented setting is 6 down."""

Scalar: TypeAlias = str | int | float | bool | None
Value: TypeAlias = "Scalar | list[Value] | dict[str, Value]"

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})?(?:\.[0-9]+|(?:\.[0-9]*)?[eE][-+]?[0-9]{1,3})")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times faster; both give the same events


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarNode:
    """A single value.

    Attributes:
        references: the secret references that were put in, as written (`${env:KEY}`); the value is then confidential.
        unresolved: a reference leads nowhere; that is a problem already, the value is not looked at any more.
    """

    at: Location
    value: Scalar = field(repr=False)
    references: tuple[str, ...] = ()
    unresolved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceNode:
    """A list."""

    at: Location
    members: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One `key: value` of a mapping; `at` is the place of the key."""

    at: Location
    node: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingNode:
    """A mapping, in the order written."""

    at: Location
    entries: dict[str, Entry] = field(default_factory=dict)

    def find(self, *keys: str) -> Node | None:
        """The node under these nested keys, or None."""
        node: Node = self
        for key in keys:
            if not isinstance(node, MappingNode) or key not in node.entries:
                return None
            node = node.entries[key].node
        return node

    def text(self, *keys: str) -> str | None:
        """The text under these nested keys, or None when there is none or it is something else."""
        node = self.find(*keys)
        return node.value if isinstance(node, ScalarNode) and isinstance(node.value, str) else None


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFile:
    """What a file says; `tree` is None when it cannot be read as one mapping."""

    tree: MappingNode | None
    problems: tuple[Problem, ...]


def parse(raw: bytes | str, file: str) -> ParsedFile:
    """Read one YAML file. Never raises for content; every finding is a located problem.

    Args:
        raw: the whole file.
        file: its name in problems.
    """
    text, problems = decode(raw, file)
    if text is None:
        return ParsedFile(tree=None, problems=tuple(problems))
    builder = _Builder(text, file, problems)
    try:
        tree = builder.document()
    except yaml.YAMLError as error:
        problems.append(syntax_problem(error, text, file))
        tree = None
    except _TooDeep as stop:
        problems.append(stop.problem)
        tree = None
    return ParsedFile(tree=tree, problems=tuple(problems))


def scalar_of(text: str) -> Scalar:
    """The value of an unquoted scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def value_of(node: Node) -> Value:
    """The tree as plain Python values."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, SequenceNode):
        return [value_of(member) for member in node.members]
    return {key: value_of(entry.node) for key, entry in node.entries.items()}


class _TooDeep(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.slug)
        self.problem = problem


class _Builder:
    """Builds the tree from libyaml's events, which know anchors and tags that a composed tree has forgotten."""

    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        self._events: Iterator[events.Event] = yaml.parse(text, Loader=_Loader)
        self._file = file
        self._problems = problems

    def document(self) -> MappingNode | None:
        """The one document of the file."""
        root: Node | None = None
        for event in self._events:
            if isinstance(event, events.DocumentStartEvent):
                if root is not None:
                    self._refuse(
                        event, (), "config.refused_yaml", "a second document begins here; one file, one document"
                    )
                    break
                root = self._node(next(self._events), ())
        if isinstance(root, MappingNode):
            return root
        at = root.at if root is not None else Location(self._file, 1, 1)
        empty = root is None or (isinstance(root, ScalarNode) and root.value is None)
        message = "the file is empty" if empty else "the file does not hold settings"
        self._problems.append(
            Problem(location=at, message=message, slug="config.syntax", hint="it begins with `version: 1`")
        )
        return None

    def _node(self, event: events.Event, path: tuple[str | int, ...]) -> Node:
        at = self._at(event)
        if len(path) > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} deep"
            raise _TooDeep(Problem(location=at, message=message, slug="config.refused_yaml"))
        if isinstance(event, events.AliasEvent):
            self._refuse(event, path, "config.refused_yaml", "an alias (*) is not allowed; write the value out")
            return ScalarNode(at=at, value=None)
        self._refuse_decoration(event, path)
        if isinstance(event, events.MappingStartEvent):
            return self._mapping(at, path)
        if isinstance(event, events.SequenceStartEvent):
            return self._sequence(at, path)
        return self._scalar(event, at)

    def _refuse_decoration(self, event: events.Event, path: tuple[str | int, ...]) -> None:
        if getattr(event, "anchor", None):
            self._refuse(event, path, "config.refused_yaml", "an anchor (&) is not allowed; write the value out")
        if getattr(event, "tag", None):
            self._refuse(
                event, path, "config.refused_yaml", "a tag (!) is not allowed; quote the value to make it text"
            )

    def _scalar(self, event: events.Event, at: Location) -> ScalarNode:
        text = str(getattr(event, "value", ""))
        plain = not getattr(event, "style", None)
        return ScalarNode(at=at, value=scalar_of(text) if plain else text)

    def _sequence(self, at: Location, path: tuple[str | int, ...]) -> SequenceNode:
        members: list[Node] = []
        while not isinstance(event := next(self._events), events.SequenceEndEvent):
            members.append(self._node(event, (*path, len(members))))
        return SequenceNode(at=at, members=tuple(members))

    def _mapping(self, at: Location, path: tuple[str | int, ...]) -> MappingNode:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), events.MappingEndEvent):
            key = self._key(event, path)
            node = self._node(next(self._events), (*path, key if key is not None else "?"))
            if key is None:
                continue
            if key in entries:
                first = entries[key].at
                message = f"'{printable(key)}' is set twice; the first is in line {first.line}"
                self._refuse(event, (*path, key), "config.duplicate_key", message)
            else:
                entries[key] = Entry(at=self._at(event), node=node)
        return MappingNode(at=at, entries=entries)

    def _key(self, event: events.Event, path: tuple[str | int, ...]) -> str | None:
        """The key's text, as written; None (and a problem) when it is not a plain word."""
        if isinstance(event, events.ScalarEvent):
            self._refuse_decoration(event, path)
            return str(event.value)
        self._node(event, (*path, "?"))
        if not isinstance(event, events.AliasEvent):
            self._refuse(event, path, "config.refused_yaml", "a key must be a word, not a list or a mapping")
        return None

    def _at(self, event: events.Event) -> Location:
        mark = event.start_mark
        return Location(self._file, mark.line + 1, mark.column + 1) if mark else Location(self._file, 1, 1)

    def _refuse(self, event: events.Event, path: tuple[str | int, ...], slug: str, message: str) -> None:
        self._problems.append(Problem(location=self._at(event), path=joined_path("", path), message=message, slug=slug))
