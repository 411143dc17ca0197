"""What is wrong in a configuration, and exactly where."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

_LONGEST_WORD = 60


class Severity(StrEnum):
    """An error keeps the engine from starting; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file: line and column count from 1; line 0 stands for the whole of it (an environment variable)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`channels/lab.yaml:8:5`."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding.

    Attributes:
        location: the file and the place in it.
        path: the setting as a path, `stages[2].use`; empty for the file as a whole.
        message: what is wrong, without the value that is wrong unless it is a name.
        slug: stable word for programs, `config.unknown_plugin`.
        hint: what to do about it, or a suggestion; may be empty.
    """

    location: Location
    message: str
    slug: str
    path: str = ""
    severity: Severity = Severity.ERROR
    hint: str = ""

    @property
    def file(self) -> str:
        """The file, relative to the site's folder."""
        return self.location.file

    @property
    def line(self) -> int:
        """From 1; 0 when the place is a whole file or a variable."""
        return self.location.line

    @property
    def column(self) -> int:
        """From 1; 0 when the place is a whole file or a variable."""
        return self.location.column

    def __str__(self) -> str:
        """One line: `file:line:column: path: message; hint`."""
        parts = [str(self.location)]
        if self.severity is Severity.WARNING:
            parts.append("warning")
        if self.path:
            parts.append(self.path)
        text = ": ".join([*parts, self.message])
        return f"{text}; {self.hint}" if self.hint else text

    def as_json(self) -> dict[str, str | int]:
        """The same for programs (`headrace check --json`)."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "path": self.path,
            "severity": self.severity.value,
            "slug": self.slug,
            "message": self.message,
            "hint": self.hint,
        }


class ConfigError(Exception):
    """The configuration cannot be used; holds every problem. The command line ends with exit code 78."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """`did you mean 'dedupe'?` for the known word nearest to this one, or an empty text."""
    if not isinstance(word, str) or len(word) > _LONGEST_WORD or not any(character.isalpha() for character in word):
        return ""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f"did you mean '{by_lower[near[0]]}'?" if near else ""


def listed(words: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def printable(word: str) -> str:
    """A name from a file as it may stand in a one-line message: no control characters, no novel."""
    clean = "".join(character if character.isprintable() else "?" for character in word[: _LONGEST_WORD + 1])
    return clean if len(clean) <= _LONGEST_WORD else clean[:_LONGEST_WORD] + "…"


def joined_path(base: str, parts: Iterable[str | int]) -> str:
    """`stages` + (2, "use") -> `stages[2].use`."""
    path = base
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{printable(part)}" if path else printable(part)
    return path
