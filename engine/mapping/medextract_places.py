"""Where on the pages a remote extractor read something: page, and box in PDF points from the top left.

A place serves the eyes of a reviewer only, so one of another form is left out and makes no answer wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

from engine.domain.report import Box, Provenance, UnreadLine
from engine.mapping import medextract_values as values

_MOST_LINES = 200
_LONGEST_LINE = 500
_CORNERS = ("x0", "y0", "x1", "y1")


def place(page: object, box: object) -> tuple[int, Box] | None:
    """A page from 1 and its box, None where either has another form."""
    if not isinstance(page, int) or isinstance(page, bool) or page < 1:
        return None
    if not isinstance(box, (list, tuple)) or len(box) != len(_CORNERS):
        return None
    if not all(isinstance(item, (int, Decimal)) and not isinstance(item, bool) for item in box):
        return None
    x0, y0, x1, y1 = (float(item) for item in box)
    return (page, (x0, y0, x1, y1)) if all(map(math.isfinite, (x0, y0, x1, y1))) else None


def provenance(page: object, box: object) -> Provenance | None:
    """The place of a result."""
    found = place(page, box)
    return Provenance(page=found[0], box=found[1], engine="remote") if found else None


def unread_line(page: object, box: object, text: object) -> UnreadLine | None:
    """A line that the remote did not read, None where its place or text has another form."""
    found = place(page, box)
    if found is None or not isinstance(text, str) or not text.strip():
        return None
    return UnreadLine(page=found[0], box=found[1], text=values.text(text[:_LONGEST_LINE], "unread.text"))


def unread_lines(found: object) -> tuple[UnreadLine, ...]:
    """The lines of a list of objects `{page, box, text}`, at most two hundred. Raises WrongAnswer: it is no list."""
    items = [item for item in values.sequence(found, "unread") if isinstance(item, Mapping)]
    lines = [unread_line(item.get("page"), item.get("box"), item.get("text")) for item in items]
    return tuple(line for line in lines if line is not None)[:_MOST_LINES]


def extension_parts(extension: Mapping[str, object]) -> tuple[object, list[object], object]:
    """Page, box and text of a FHIR extension as `engine.mapping.fhir_out` nests them; None for what is missing."""
    parts: dict[object, object] = {}
    for item in values.sequence(extension.get("extension"), "extension"):
        part = values.mapping(item, "extension")
        parts[str(part.get("url"))] = next((value for key, value in part.items() if key.startswith("value")), None)
    return parts.get("page"), [parts.get(name) for name in _CORNERS], parts.get("text")
