"""Reports as scanners and fax machines deliver them: pictures of pages, no text layer."""

from __future__ import annotations

import io
import random
from datetime import datetime

import pypdfium2
from PIL import Image, ImageFilter

from tests.generators.sheet import Sheet

SCANNED_AT = datetime(2025, 3, 1, 9, 0)  # noqa: DTZ001  a scanner's own clock


def _pages(document: bytes, dots_per_inch: int) -> list[Image.Image]:
    pdf = pypdfium2.PdfDocument(document)
    try:
        return [page.render(scale=dots_per_inch / 72).to_pil().convert("L") for page in pdf]
    finally:
        pdf.close()


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def page_pictures(document: bytes, *, dots_per_inch: int = 200) -> list[bytes]:
    """Each page of a PDF as a grey PNG file."""
    return [_png(page) for page in _pages(document, dots_per_inch)]


def tiff_of(document: bytes, *, dots_per_inch: int = 200) -> bytes:
    """All pages as one bilevel multi-page TIFF, group 4, as fax servers send them."""
    pages = [
        page.point(lambda level: 255 if level > 150 else 0).convert("1") for page in _pages(document, dots_per_inch)
    ]
    out = io.BytesIO()
    pages[0].save(
        out, "TIFF", save_all=True, append_images=pages[1:], compression="group4", dpi=(dots_per_inch, dots_per_inch)
    )
    return out.getvalue()


def degrade(picture: Image.Image, *, seed: int, skew: float = 0.0, speckles: int = 0, blur: float = 0.0) -> Image.Image:
    """A page skewed by degrees, blurred by pixels and sprinkled with dots."""
    if skew:
        picture = picture.rotate(skew, resample=Image.Resampling.BICUBIC, fillcolor=255)
    if blur:
        picture = picture.filter(ImageFilter.GaussianBlur(blur))
    draw = random.Random(f"dust:{seed}")
    for _ in range(speckles):
        picture.putpixel((draw.randrange(picture.width), draw.randrange(picture.height)), draw.choice((0, 90, 180)))
    return picture


def scanned_pdf(
    document: bytes,
    *,
    seed: int = 1,
    dots_per_inch: int = 150,
    skew: float = 0.4,
    speckles: int = 400,
    blur: float = 0.4,
) -> bytes:
    """The same pages as pictures in a PDF without a text layer."""
    sheet = Sheet(paper="letter", created=SCANNED_AT, producer="ScanStation 8.1")
    for page in _pages(document, dots_per_inch):
        sheet.page()
        sheet.picture(
            _png(degrade(page, seed=seed, skew=skew, speckles=speckles, blur=blur)), 0, 0, sheet.width, sheet.height
        )
    return sheet.finish()
