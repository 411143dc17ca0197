"""Secrets by reference: `${env:NAME}`, `${file:PATH}`, `${cred:NAME}`.

The value is put in before validation and never leaves by a message: what a setting says about a value that came from
a reference is replaced by the name of the reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from engine.config.problems import Location, Problem, joined_path, printable
from engine.config.yaml_nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode

MAX_SECRET_BYTES = 256 * 1024
"""More than any key or certificate chain; keeps a wrong path from filling memory."""

ReadFile = Callable[[Path, int], bytes]
"""Reads at most so many bytes of a file; raises OSError."""

_REFERENCE = re.compile(r"(?P<literal>\$\$\{)|\$\{(?P<inside>[^{}]*)\}")
_CREDENTIAL = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_FORMS = "a reference is ${env:NAME}, ${file:PATH} or ${cred:NAME}; $${ stands for the characters ${"


def read_at_most(path: Path, limit: int) -> bytes:
    """The first `limit` bytes of a regular file. Raises OSError."""
    if path.exists() and not path.is_file():
        raise OSError("not a regular file")
    with path.open("rb") as stream:
        return stream.read(limit)


class _Missing(Exception):
    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class References:
    """Finds what references stand for. Asked once per file; keeps nothing.

    Args:
        folder: the site's folder; relative paths of `${file:…}` start there.
        environ: the environment; `CREDENTIALS_DIRECTORY` in it is where systemd puts credentials.
        read_file: reads a secret's file.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str], read_file: ReadFile = read_at_most) -> None:
        self._folder = folder
        self._environ = environ
        self._read_file = read_file

    def resolve(self, tree: MappingNode) -> tuple[MappingNode, list[Problem]]:
        """The tree with every reference replaced; those that lead nowhere stay as written and are problems."""
        problems: list[Problem] = []
        resolved = self._node(tree, (), problems)
        return (resolved if isinstance(resolved, MappingNode) else tree), problems

    def _node(self, node: Node, path: tuple[str | int, ...], problems: list[Problem]) -> Node:
        if isinstance(node, MappingNode):
            entries = {
                key: Entry(at=entry.at, node=self._node(entry.node, (*path, key), problems))
                for key, entry in node.entries.items()
            }
            return MappingNode(at=node.at, entries=entries)
        if isinstance(node, SequenceNode):
            members = (self._node(member, (*path, index), problems) for index, member in enumerate(node.members))
            return SequenceNode(at=node.at, members=tuple(members))
        if isinstance(node.value, str) and "${" in node.value:
            return self._scalar(node, node.value, path, problems)
        return node

    def _scalar(self, node: ScalarNode, text: str, path: tuple[str | int, ...], problems: list[Problem]) -> ScalarNode:
        used: list[str] = []

        def replace(found: re.Match[str]) -> str:
            if found["literal"]:
                return "${"
            used.append("${" + printable(found["inside"]) + "}")
            return self._value(found["inside"])

        if "${" in _REFERENCE.sub("", text):
            problems.append(_problem(node.at, path, _Missing("a '${' without its '}'", _FORMS)))
            return ScalarNode(at=node.at, value=text, unresolved=True)
        try:
            value = _REFERENCE.sub(replace, text)
        except _Missing as missing:
            problems.append(_problem(node.at, path, missing))
            return ScalarNode(at=node.at, value=text, references=tuple(used), unresolved=True)
        return ScalarNode(at=node.at, value=value, references=tuple(used))

    def _value(self, inside: str) -> str:
        scheme, colon, name = inside.partition(":")
        if not colon or scheme not in {"env", "file", "cred"} or not name:
            raise _Missing(f"'${{{printable(inside)}}}' is no reference", _FORMS)
        if scheme == "env":
            return self._variable(name)
        if scheme == "file":
            return self._content(self._folder / name, inside)
        if not _CREDENTIAL.fullmatch(name):
            raise _Missing(f"'{printable(name)}' is no name of a credential")
        folder = self._environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            hint = "it is set by systemd when the unit has LoadCredential="
            raise _Missing(f"no credentials for '{printable(name)}': CREDENTIALS_DIRECTORY is not set", hint)
        return self._content(Path(folder) / name, inside)

    def _variable(self, name: str) -> str:
        value = self._environ.get(name)
        if value is None:
            raise _Missing(f"the environment variable {printable(name)} is not set")
        return value

    def _content(self, path: Path, inside: str) -> str:
        """The text of a secret's file, without its last line end."""
        shown = printable(inside.partition(":")[2])
        try:
            raw = self._read_file(path, MAX_SECRET_BYTES + 1)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "not a file that can be read"
            raise _Missing(f"cannot read '{shown}': {why}") from None
        if len(raw) > MAX_SECRET_BYTES:
            raise _Missing(f"'{shown}' is larger than {MAX_SECRET_BYTES} bytes")
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise _Missing(f"'{shown}' is not text") from None
        return text.removesuffix("\n").removesuffix("\r")


def _problem(at: Location, path: tuple[str | int, ...], missing: _Missing) -> Problem:
    slug = "config.bad_reference"
    return Problem(location=at, path=joined_path("", path), slug=slug, message=missing.message, hint=missing.hint)
