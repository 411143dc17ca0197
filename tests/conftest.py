"""What keeps `make check` short; `make test` runs every test with all its examples."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import hypothesis
import pytest

CHECK = "not slow and not browser"
"""The expression of `make check`."""
SLOW_FILE = re.compile(r"^pytestmark = (?:pytest\.mark\.slow\b|\[.*pytest\.mark\.slow\b)", re.MULTILINE)

hypothesis.settings.register_profile("quick", max_examples=20)


def pytest_configure() -> None:
    """Collecting makes thousands of things that stay: looking through them for cycles again and again finds none."""
    gc.disable()


def pytest_collection_finish() -> None:
    """The rounds begin, without what was collected."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file whose tests all are slow is not imported to find that out, where no slow test is wanted."""
    if config.option.markexpr == CHECK and collection_path.suffix == ".py":
        return bool(SLOW_FILE.search(collection_path.read_text(encoding="utf-8"))) or None
    return None
