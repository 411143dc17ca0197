"""Where on the pages a remote extractor read something: page, and box in PDF points from the top left.

A place serves the eyes of a reviewer only, so one of another form is left out and makes no answer wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import islice

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


Part = tuple[object, object, object]
"""Page, box and text as the remote has them."""


def unread_lines(parts: Iterable[Part]) -> tuple[UnreadLine, ...]:
    """The lines that the remote did not read and that have a place and a text, at most two hundred."""
    return tuple(islice((line for one in parts if (line := _unread_line(*one)) is not None), _MOST_LINES))


def _unread_line(page: object, box: object, text: object) -> UnreadLine | None:
    found = place(page, box)
    if found is None or not isinstance(text, str) or not text.strip():
        return None
    return UnreadLine(page=found[0], box=found[1], text=values.text(text[:_LONGEST_LINE], "unread.text"))


def listed_parts(found: object) -> list[Part]:
    """The parts of a list of objects `{page, box, text}`. Raises WrongAnswer: it is no list."""
    items = [item if isinstance(item, Mapping) else {} for item in values.sequence(found, "unread")]
    return [(item.get("page"), item.get("box"), item.get("text")) for item in items]


def extension_parts(extension: Mapping[str, object]) -> Part:
    """Page, box and text of a FHIR extension as `engine.mapping.fhir_out` nests them; None for what is missing."""
    parts: dict[object, object] = {}
    for item in values.sequence(extension.get("extension"), "extension"):
        part = values.mapping(item, "extension")
        parts[str(part.get("url"))] = next((value for key, value in part.items() if key.startswith("value")), None)
    return parts.get("page"), [parts.get(name) for name in _CORNERS], parts.get("text")
