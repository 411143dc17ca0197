"""Pictures of pages on their way to character recognition, and the agreement with whoever recognises them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.documents.pages import Page, PageSource, Turn, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A grey picture of a page.

    Attributes:
        data: one byte a pixel (0 black), rows from the top without padding.
        points: PDF points a pixel is wide and high (pixels are square).
    """

    data: bytes
    width: int
    height: int
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What recognition found: words in pixels of the page turned upright, its size in pixels, and the way back.

    `back` leads from the upright page to the picture as it was given; None where nothing was turned.
    """

    words: tuple[Word, ...]
    width: float
    height: float
    back: Turn | None = None


class Recogniser(Protocol):
    """Reads pictures of pages; it keeps to a budget that its owner gave it."""

    def refusal(self) -> str:
        """Why no further page is recognised (not installed, time used up, too many pages), or empty."""

    def recognise(self, picture: Picture) -> Recognised:
        """The words of a picture."""


def page_of_picture(picture: Picture, number: int, recogniser: Recogniser) -> Page:
    """A page of recognised words in points; a page without any carries `failed`."""
    found = recogniser.recognise(picture)
    scale = picture.points
    words = tuple(
        Word(word.text, word.x0 * scale, word.y0 * scale, word.x1 * scale, word.y1 * scale, word.confidence)
        for word in found.words
    )
    return Page(
        number=number,
        width=found.width * scale,
        height=found.height * scale,
        words=words,
        source=PageSource.OCR if words else PageSource.NONE,
        failed="" if words else "no text was recognised",
        back=_in_points(found.back, scale),
    )


def _in_points(turn: Turn | None, scale: float) -> Turn | None:
    return None if turn is None else (turn[0], turn[1], turn[2] * scale, turn[3], turn[4], turn[5] * scale)
