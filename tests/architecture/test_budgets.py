"""Size budgets: files up to 400 lines, functions up to 50."""

from __future__ import annotations

from tests.architecture.tree import ENGINE, dotted, functions, modules

FILE_LINES = 400
FUNCTION_LINES = 50


def oversized(name: str, source: str) -> list[str]:
    """The file and the functions of a source text that are over budget."""
    lines = source.count("\n") + (not source.endswith("\n"))
    found = [f"{name}: {lines} lines"] if lines > FILE_LINES else []
    for function in functions(source):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > FUNCTION_LINES:
            found.append(f"{name}.{function.name}: {length} lines")
    return found


def test_the_engine_keeps_its_budgets() -> None:
    """No file of the engine is over 400 lines and no function over 50."""
    assert [fault for path in modules(ENGINE) for fault in oversized(dotted(path), path.read_text())] == []


def test_a_file_of_401_lines_is_seen() -> None:
    """400 lines pass, one more does not."""
    assert oversized("planted", "x = 1\n" * FILE_LINES) == []
    assert oversized("planted", "x = 1\n" * (FILE_LINES + 1)) == ["planted: 401 lines"]


def test_a_function_of_51_lines_is_seen() -> None:
    """50 lines pass, one more does not, also in a nested or asynchronous function."""
    body = "        x = 1\n"
    fits = "class C:\n    async def long(self):\n" + body * (FUNCTION_LINES - 1)
    assert oversized("planted", fits) == []
    assert oversized("planted", fits + body) == ["planted.long: 51 lines"]
