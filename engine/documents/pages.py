"""Pages of words: the one form every document is brought into before anything is read from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PageSource(StrEnum):
    """Where the words of a page come from."""

    PDF_TEXT = "pdf-text"
    TEXT = "text"
    OCR = "ocr"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Word:
    """One word and its box in PDF points, origin at the top left; `confidence` 0..1 (1.0 for a text layer)."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    confidence: float = 1.0


Turn = tuple[float, float, float, float, float, float]
"""a, b, c, d, e, f of x' = a x + b y + c, y' = d x + e y + f."""


def turned_box(box: tuple[float, float, float, float], turn: Turn) -> tuple[float, float, float, float]:
    """The upright rectangle round a box that was turned, rounded to hundredths."""
    a, b, c, d, e, f = turn
    corners = [(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
    across = [a * x + b * y + c for x, y in corners]
    down = [d * x + e * y + f for x, y in corners]
    return round(min(across), 2), round(min(down), 2), round(max(across), 2), round(max(down), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page as it is read (after its rotation was undone).

    Attributes:
        number: from 1.
        width, height: in PDF points; a text document gets a grid of 6 x 12 points a character.
        words: in no particular order.
        failed: why the page could not be read, empty when it could.
        back: from its words' places to those on the page as it lies; None where it was not turned to be read.
    """

    number: int
    width: float
    height: float
    words: tuple[Word, ...] = ()
    source: PageSource = PageSource.PDF_TEXT
    failed: str = ""
    back: Turn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedEntry:
    """A result that a document holds as data beside its pages (CDA level 3).

    Attributes:
        name: its original text or display name.
        code: its LOINC code, or one that could be; `certain` where the entry names LOINC as the code system.
        value: a number with a point, or words; `unit` as coded (UCUM by the standard).
        low, high: ends of its reference range, empty where open.
        interpretation: its code of ObservationInterpretation.
        preliminary: its status says that it is not finished.
    """

    name: str = ""
    code: str = ""
    certain: bool = False
    value: str = ""
    unit: str = ""
    low: str = ""
    high: str = ""
    interpretation: str = ""
    preliminary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedPages:
    """What an opener made of a document.

    Attributes:
        reason_code: empty, or the reason the document as a whole could not be opened
            (`document.unreadable`, `document.truncated`, `document.encrypted`, `document.too_large`).
        page_count: pages the document says it has; `pages` may hold fewer.
        entries: results that the document holds as data too.
    """

    media_type: str
    pages: tuple[Page, ...] = ()
    page_count: int = 0
    reason_code: str = ""
    notes: tuple[str, ...] = ()
    entries: tuple[CodedEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLimits:
    """Caps for one document: pages, characters a page, and points a page side may have."""

    pages: int = 200
    characters: int = 200_000
    side_points: float = 14_400.0
