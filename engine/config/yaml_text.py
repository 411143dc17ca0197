"""From the bytes of a settings file to text, and from libyaml's complaints to plain words with a place."""

from __future__ import annotations

import re

import yaml

from engine.config.problems import Location, Problem, Severity

MAX_BYTES = 1 << 18
"""The largest settings file read; the largest real channel files are some tens of KiB."""

MAX_OPEN = 200
"""Brackets open at once. Far below what makes libyaml slow (it takes minutes for 100,000, measured)."""

_BRACKET = re.compile(r"[\[\]{}]")
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"

_WORDS = (
    ("mapping values are not allowed", "a ':' where none may stand", "quote the value if it holds ': '"),
    ("could not find expected ':'", "a key without its ':'", "write `key: value`"),
    ("did not find expected key", "the indentation or a bracket does not fit", ""),
    ("did not find expected '-' indicator", "the indentation of the list does not fit", ""),
    ("did not find expected ',' or '}'", "a '{' without its '}', or a missing comma", ""),
    ("did not find expected ',' or ']'", "a '[' without its ']', or a missing comma", ""),
    ("unexpected end of stream", "a quote that is never closed", ""),
    ("did not find expected node content", "a value is missing", ""),
    ("block sequence entries are not allowed", "a '-' where no list may begin", ""),
    ("unknown escape character", "a backslash that means nothing in double quotes", "use single quotes"),
)
"""What libyaml says, what we say, what helps. Its own words never hold file content, but they speak of tokens."""


def decode(raw: bytes | str, file: str) -> tuple[str | None, list[Problem]]:
    """The text of a file, without its byte order mark; None with one located problem when it is no such text."""
    problems: list[Problem] = []
    if len(raw) > MAX_BYTES:
        return None, [_problem(Location(file, 1, 1), "config.too_large", f"the file is larger than {MAX_BYTES} bytes")]
    if isinstance(raw, bytes):
        if raw.startswith(_UTF16):
            hint = "save it as UTF-8"
            return None, [_problem(Location(file, 1, 1), "config.encoding", "the file is UTF-16", hint)]
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            at = position(raw[: error.start].decode("utf-8"), error.start, file)
            return None, [_problem(at, "config.encoding", "not UTF-8 from here on", "save the file as UTF-8")]
    else:
        text = raw
    if text.startswith("\ufeff"):
        text = text[1:]
        mark = _problem(
            Location(file, 1, 1), "config.encoding", "the file begins with a byte order mark", "save it without"
        )
        problems.append(_as_warning(mark))
    if (stray := _NOT_YAML.search(text)) is not None:
        at = position(text, stray.start(), file)
        name = f"the control character U+{ord(stray[0]):04X} may not stand in YAML"
        return None, [*problems, _problem(at, "config.encoding", name)]
    if (deep := _too_many_open(text)) is not None:
        at = position(text, deep, file)
        return None, [*problems, _problem(at, "config.refused_yaml", f"more than {MAX_OPEN} brackets are open here")]
    return text, problems


def _too_many_open(text: str) -> int | None:
    """Where the bracket too many stands; quotes and comments are not looked at, no settings come near the limit."""
    depth = 0
    for found in _BRACKET.finditer(text):
        depth = depth + 1 if found[0] in "[{" else max(depth - 1, 0)
        if depth > MAX_OPEN:
            return found.start()
    return None


def position(text: str, index: int, file: str) -> Location:
    """Line and column of the character at `index`."""
    before = text[:index]
    start = before.rfind("\n") + 1
    return Location(file, before.count("\n") + 1, len(before) - start + 1)


def syntax_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """The complaint of libyaml as one located line, without any text of the file."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return _problem(Location(file, 1, 1), "config.syntax", "this is not YAML")
    lines = text.split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    at = Location(file, mark.line + 1, mark.column + 1)
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent or line[mark.column : mark.column + 1] == "\t":
        column = indent.find("\t") if "\t" in indent else mark.column
        return _problem(Location(file, at.line, column + 1), "config.syntax", "a tab; YAML is indented with spaces")
    said = f"{getattr(error, 'context', '') or ''} {getattr(error, 'problem', '') or ''}"
    message, hint = next(
        ((ours, help_) for theirs, ours, help_ in _WORDS if theirs in said), ("not valid YAML here", "")
    )
    if re.search(r"[{\[,]\s*[^'\"]*\$\{", line):
        hint = 'put quotes around "${…}" between braces or brackets'
    return _problem(at, "config.syntax", message, hint)


def _problem(at: Location, slug: str, message: str, hint: str = "") -> Problem:
    return Problem(location=at, slug=slug, message=message, hint=hint)


def _as_warning(problem: Problem) -> Problem:
    return Problem(
        location=problem.location,
        slug=problem.slug,
        message=problem.message,
        hint=problem.hint,
        severity=Severity.WARNING,
    )
