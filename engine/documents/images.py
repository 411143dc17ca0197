"""Scans and photographs sent as images: decoded through an allow-list, brought to square pixels, then recognised."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import replace

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from engine.documents.pages import OpenedPages, Page, PageLimits, PageSource
from engine.documents.pictures import Picture, Recogniser, page_of_picture
from engine.documents.sniff import sniff

_FORMATS = ("TIFF", "JPEG", "PNG")
_MOST_PIXELS = 60_000_000
_LONGEST = 2400
"""A page's longer side for recognition: 200 dots per inch on paper up to 12 inches."""
_PAPER_POINTS = 792.0
_LEAST_DPI, _MOST_DPI = 60, 1300
_FAULTS = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning)


def open_image(data: bytes, limits: PageLimits, recogniser: Recogniser | None = None) -> OpenedPages:
    """Recognise an image; each frame of a TIFF is a page.

    Returns:
        Pages that could not be recognised carry `failed`; a file that cannot be decoded has `document.unreadable`, one
        with more pixels than a page of paper needs `document.too_large`.
    """
    media_type = sniff(data)
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            count = int(getattr(image, "n_frames", 1))
            if image.width * image.height > _MOST_PIXELS:
                return OpenedPages(media_type=media_type, page_count=count, reason_code="document.too_large")
            frames = enumerate(ImageSequence.Iterator(image), start=1)
            pages = tuple(_page(frame, number, recogniser) for number, frame in frames if number <= limits.pages)
    except (UnidentifiedImageError, *_FAULTS):
        return OpenedPages(media_type=media_type, reason_code="document.unreadable")
    over = "document.too_large" if count > limits.pages else ""
    return OpenedPages(media_type=media_type, pages=pages, page_count=count, reason_code=over)


def image_pictures(data: bytes, limits: PageLimits, *, only: int = 0) -> Iterator[tuple[int, Picture]]:
    """The frames of an image as they are recognised, or `only` one: number and picture; none of a broken file."""
    with contextlib.suppress(UnidentifiedImageError, *_FAULTS), Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        for number, frame in enumerate(ImageSequence.Iterator(image), start=1):
            if only in (0, number) and number <= limits.pages and frame.width * frame.height <= _MOST_PIXELS:
                yield number, _picture(_grey(frame))


def _page(frame: Image.Image, number: int, recogniser: Recogniser | None) -> Page:
    unread = Page(number=number, width=0, height=0, source=PageSource.NONE, failed="a picture without text")
    if recogniser is None:
        return unread
    refusal = recogniser.refusal()
    if refusal:
        return replace(unread, failed=refusal)
    if frame.width * frame.height > _MOST_PIXELS:
        return replace(unread, failed="page is too large")
    try:
        grey = _grey(frame)
    except _FAULTS:
        return replace(unread, failed="page is damaged")
    return page_of_picture(_picture(grey), number, recogniser)


def _grey(frame: Image.Image) -> Image.Image:
    """The picture upright as its camera says, grey, on white where it is transparent."""
    upright = ImageOps.exif_transpose(frame)
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        layers = upright.convert("RGBA")
        paper = Image.new("RGBA", layers.size, "white")
        return Image.alpha_composite(paper, layers).convert("L")
    if upright.mode.startswith("I;16"):
        return upright.point(lambda level: level / 256).convert("L")
    return upright.convert("L")


def _picture(grey: Image.Image) -> Picture:
    """Square pixels (a fax has 204 x 98 or 204 x 196 to the inch), and no more of them than recognition needs."""
    across, down = _resolution(grey)
    width, height = float(grey.width), float(grey.height)
    if across and down:
        width, height = width * max(across, down) / across, height * max(across, down) / down
    shrink = min(1.0, _LONGEST / max(width, height))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    if size != grey.size:
        grey = grey.resize(size, Image.Resampling.LANCZOS if shrink < 1 else Image.Resampling.BICUBIC)
    dots = max(across, down) * shrink
    points = 72.0 / dots if dots else _PAPER_POINTS / max(size)
    return Picture(data=grey.tobytes(), width=size[0], height=size[1], points=points)


def _resolution(image: Image.Image) -> tuple[float, float]:
    """Dots per inch across and down; zeros where the file does not say or says nonsense."""
    told = image.info.get("dpi")
    if not isinstance(told, tuple) or len(told) != 2:
        return 0.0, 0.0
    across, down = float(told[0]), float(told[1])
    sane = all(_LEAST_DPI <= dots <= _MOST_DPI for dots in (across, down))
    return (across, down) if sane and 1 / 3 < across / down < 3 else (0.0, 0.0)
