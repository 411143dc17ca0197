"""What import contracts cannot see: calls, attributes and statements that have no place in the engine."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

from tests.architecture.tree import nodes

BROAD = {"Exception", "BaseException"}
GUARDED = {"engine.app.supervise", "engine.pipeline.worker"}
"""Modules that may catch everything, each in one place."""
MAY_OPEN = ("engine.config", "engine.app", "engine.plugins")
MAY_ROLL_DICE = ("engine.app.clock", "engine.app.sitefiles", "engine.web.auth")
EXECUTES = {"eval", "exec", "__import__", "breakpoint"}
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill"}
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def offences(module: str, source: str) -> list[str]:
    """What a module does that it must not, as `line: what`, in the order of the lines."""
    found = [*_nodes(module, nodes(source)), *_leftovers(source)]
    return [f"{module}:{line}: {what}" for line, what in sorted(found)]


def _inside(module: str, rooms: tuple[str, ...]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def _nodes(module: str, tree: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    broad = 0
    for node in tree:
        match node:
            case ast.Assert():
                yield node.lineno, "assert"
            case ast.Call(func=ast.Name(id=name)):
                yield from ((node.lineno, what) for what in _called(module, name))
            case ast.Attribute():
                yield from ((node.lineno, what) for what in _attribute(module, node))
            case ast.Import() | ast.ImportFrom():
                yield from ((node.lineno, what) for what in _imported(module, node))
            case _:
                pass
        if _catches_everything(node):
            broad += 1
            if module not in GUARDED:
                yield node.lineno, "broad except"
            elif broad > 1:
                yield node.lineno, "second broad except of the module"


def _called(module: str, name: str) -> Iterator[str]:
    if name in EXECUTES:
        yield f"{name}()"
    if name == "print":
        yield "print()"
    if name == "open" and not _inside(module, MAY_OPEN):
        yield "open()"


def _attribute(module: str, node: ast.Attribute) -> Iterator[str]:
    owner = node.value.id if isinstance(node.value, ast.Name) else getattr(node.value, "attr", "")
    if (owner, node.attr) in CLOCKS and module != "engine.app.clock":
        yield f"{owner}.{node.attr}"
    if (
        owner == "os"
        and node.attr in {"environ", "environb", "getenv", "putenv"}
        and not _inside(module, ("engine.app",))
    ):
        yield f"os.{node.attr}"


def _imported(module: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    origin = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    names = {alias.name for alias in node.names}
    modules = {name.partition(".")[0] for name in ({origin} if origin else names)}
    yield from (f"import {name}" for name in sorted(modules & UNSAFE_MODULES))
    if module not in MAY_ROLL_DICE:
        yield from (f"import {name}" for name in sorted(modules & {"random", "secrets"}))
    if origin == "time" and names & {"time", "time_ns"} and module != "engine.app.clock":
        yield "from time import time"
    if origin == "os" and names & {"environ", "environb", "getenv"} and not _inside(module, ("engine.app",)):
        yield "from os import environ"


def _catches_everything(node: ast.AST) -> bool:
    """True for a handler without a class or with the widest ones, and for `suppress(Exception)`."""
    if isinstance(node, ast.ExceptHandler):
        return node.type is None or bool(BROAD & _names(node.type))
    if isinstance(node, ast.Call) and "suppress" in _names(node.func):
        return any(BROAD & _names(argument) for argument in node.args)
    return False


def _names(node: ast.expr) -> set[str]:
    """The last words of a class or of a tuple of classes: `builtins.Exception` gives `Exception`."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return {part.id if isinstance(part, ast.Name) else getattr(part, "attr", "") for part in parts}


def _leftovers(source: str) -> Iterator[tuple[int, str]]:
    if not LEFTOVER.search(source):
        return  # tokenizing is slow, and almost no file needs it
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in {tokenize.COMMENT, tokenize.STRING} and (word := LEFTOVER.search(token.string)):
            yield token.start[0], f"leftover {word[0]}"
