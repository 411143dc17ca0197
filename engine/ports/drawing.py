"""Who draws the pages of a document for a person's eyes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPage:
    """A page as PNG; `width` and `height` of the page in PDF points, on which the boxes of a report lie."""

    width: float
    height: float
    picture: bytes


class Artist(Protocol):
    """Draws pages; a foreign document is opened where it can do no harm."""

    async def draw(self, data: bytes, page: int) -> DrawnPage | None:
        """One page (from 1) of a document; None where it cannot be drawn."""
