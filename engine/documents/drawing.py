"""Pages as pictures with boxes round what was read, for a person's eyes."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from engine.documents.images import image_pictures
from engine.documents.opening import open_pages
from engine.documents.pages import Page, PageLimits
from engine.documents.pdf import pdf_pictures
from engine.documents.sniff import JPEG, PDF, PNG, TIFF, sniff

_Box = tuple[float, float, float, float]
_COLOURS = {"value": "#0a7d32", "unit": "#1f5fbf", "doubt": "#d01c1c", "unread": "#c75b00"}
_OTHER = "#8a8a8a"
_TEXT_SCALE = 1.6
"""Pixels a point for documents that have no picture of their own."""
_LIMITS = PageLimits(pages=50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A box in PDF points from the top left of a page (from 1); `kind`: value, unit, doubt, unread, other."""

    page: int
    box: _Box
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page (from 1) as PNG, and its size in PDF points, in which the boxes of what was read are told."""

    number: int
    width: float
    height: float
    picture: bytes


def draw_page(data: bytes, number: int, *, limits: PageLimits = _LIMITS) -> Iterator[Sheet]:
    """One page of a document without marks, in grey; nothing where there is no such page or it cannot be drawn."""
    for found, paper, scale in _pages(data, limits, only=number):
        if found == number:
            yield _sheet(found, paper.convert("L"), scale)


def draw_marks(data: bytes, marks: Sequence[Mark], *, limits: PageLimits = _LIMITS) -> Iterator[Sheet]:
    """Each page of a document, with the marks on it.

    PDF pages and images are drawn as they look, text documents as the words stand on their grid.
    """
    by_page: defaultdict[int, list[Mark]] = defaultdict(list)
    for mark in marks:
        by_page[mark.page].append(mark)
    for number, paper, scale in _pages(data, limits):
        _draw(paper, by_page[number], scale)
        yield _sheet(number, paper, scale)


def _pages(data: bytes, limits: PageLimits, *, only: int = 0) -> Iterator[tuple[int, Image.Image, float]]:
    """Number, picture and pixels a point of each page, or of the one that is wanted."""
    media_type = sniff(data)
    if media_type in (PDF, TIFF, JPEG, PNG):
        draw = pdf_pictures if media_type == PDF else image_pictures
        for number, picture in draw(data, limits, only=only):
            grey = Image.frombytes("L", (picture.width, picture.height), picture.data)
            yield number, grey.convert("RGB"), 1 / picture.points
        return
    for page in open_pages(data, limits=limits).pages:
        if only in (0, page.number):
            yield page.number, _written(page), _TEXT_SCALE


def _written(page: Page) -> Image.Image:
    size = max(1, round(page.width * _TEXT_SCALE)), max(1, round(page.height * _TEXT_SCALE))
    paper = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(paper)
    for word in page.words:
        font = ImageFont.load_default(size=max(6.0, (word.y1 - word.y0) * _TEXT_SCALE * 0.75))
        pen.text((word.x0 * _TEXT_SCALE, word.y0 * _TEXT_SCALE), word.text, fill="black", font=font)
    return paper


def _draw(paper: Image.Image, marks: Sequence[Mark], scale: float) -> None:
    pen = ImageDraw.Draw(paper)
    line = max(1, round(scale * 0.8))
    for mark in sorted(marks, key=lambda item: (item.kind in _COLOURS, item.kind == "doubt")):
        x0, y0, x1, y1 = (value * scale for value in mark.box)
        start = max(0.0, min(x0, x1) - line), max(0.0, min(y0, y1) - line)
        end = min(paper.width - 1.0, max(x0, x1) + line), min(paper.height - 1.0, max(y0, y1) + line)
        if start[0] <= end[0] and start[1] <= end[1]:
            pen.rectangle((*start, *end), outline=_COLOURS.get(mark.kind, _OTHER), width=line)


def _sheet(number: int, paper: Image.Image, scale: float) -> Sheet:
    out = io.BytesIO()
    paper.save(out, format="PNG", optimize=False)
    return Sheet(number=number, width=paper.width / scale, height=paper.height / scale, picture=out.getvalue())
