"""Settings from the environment: `HEADRACE__WEB__LISTEN=127.0.0.1:9000` stands for `web: {listen: …}`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from engine.config.problems import Location, Problem, joined_path, printable
from engine.config.yaml_nodes import Entry, MappingNode, Node, Scalar, ScalarNode, scalar_of

PREFIX = "HEADRACE__"
_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?")
_QUOTED = re.compile(r"""(?P<quote>['"])(?P<text>.*)(?P=quote)""", re.DOTALL)


def override(tree: MappingNode, environ: Mapping[str, str]) -> tuple[MappingNode, list[Problem]]:
    """The engine file's tree with the `HEADRACE__…` variables on top, in the order of their names.

    Names are matched without regard to case, and `_` also stands for `-`. Values are read as YAML scalars (quotes make
    text); a list or a section cannot be replaced.
    """
    problems: list[Problem] = []
    for name in sorted(environ):
        if not name.upper().startswith(PREFIX):
            continue
        words = name[len(PREFIX) :].split("__")
        at = Location(f"${printable(name)}")
        if not all(_WORD.fullmatch(word) for word in words):
            message = "no setting has such a name; write HEADRACE__SECTION__KEY"
            problems.append(Problem(location=at, message=message, slug="config.bad_override"))
            continue
        changed = _put(tree, words, ScalarNode(at=at, value=_value(environ[name])))
        if changed is None:
            path = joined_path("", [word.lower() for word in words])
            message = "only a single value can be set from the environment"
            problems.append(Problem(location=at, path=path, message=message, slug="config.bad_override"))
            continue
        tree = changed
    return tree, problems


def _put(tree: MappingNode, words: Sequence[str], leaf: ScalarNode) -> MappingNode | None:
    """The tree with the leaf put in; None where a list or a whole section stands in the way."""
    key = next((known for known in tree.entries if _same(known, words[0])), words[0].lower())
    old = tree.entries.get(key)
    node: Node | None = leaf
    if len(words) > 1:
        section = old.node if old is not None else MappingNode(at=leaf.at)
        if isinstance(section, ScalarNode) and section.value is None:
            section = MappingNode(at=section.at)
        node = _put(section, words[1:], leaf) if isinstance(section, MappingNode) else None
    elif old is not None and not isinstance(old.node, ScalarNode):
        node = None
    if node is None:
        return None
    at = old.at if old is not None and len(words) > 1 else leaf.at
    return MappingNode(at=tree.at, entries={**tree.entries, key: Entry(at=at, node=node)})


def _same(key: str, word: str) -> bool:
    return key.lower().replace("-", "_") == word.lower().replace("-", "_")


def _value(text: str) -> Scalar:
    quoted = _QUOTED.fullmatch(text)
    return quoted["text"] if quoted else scalar_of(text)
