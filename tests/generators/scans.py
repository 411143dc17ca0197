"""Reports as scanners and fax machines deliver them: pictures of pages, no text layer."""

from __future__ import annotations

import hashlib
import io
import random
import re
from datetime import datetime

import pypdfium2
from PIL import Image, ImageChops, ImageFilter

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


def saved_again(document: bytes) -> bytes:
    """The same PDF as another program writes it: other bytes, nothing else; its id (pdfium draws one) follows from it."""
    pdf = pypdfium2.PdfDocument(document)
    try:
        out = io.BytesIO()
        pdf.save(out, version=17)
    finally:
        pdf.close()
    name = hashlib.sha256(document).hexdigest()[:32].upper().encode()
    return re.sub(rb"(/ID\s*\[<[0-9A-F]*><)[0-9A-F]{32}", rb"\g<1>" + name, out.getvalue())


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


def _jpeg(picture: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert("L")


def _noisy(picture: Image.Image, sigma: float, seed: int) -> Image.Image:
    """Grain: a small patch of seeded noise, tiled at a shifting place."""
    draw = random.Random(f"grain:{seed}")
    patch = bytes(min(255, max(0, round(draw.gauss(128, sigma)))) for _ in range(256 * 256))
    tile, grain = Image.frombytes("L", (256, 256), patch), Image.new("L", picture.size)
    for top in range(0, picture.height, 256):
        for left in range(0, picture.width, 256):
            turned = tile.rotate(90 * draw.randrange(4))
            grain.paste(turned, (left, top))
    return ImageChops.add(picture, grain, offset=-128)


def _fax(picture: Image.Image, seed: int) -> Image.Image:
    """204 x 98 dots to the inch, black and white, with specks; the pixels are not square."""
    flat = degrade(picture, seed=seed, skew=0.5, blur=0.4)
    flat = flat.resize((round(flat.width * 204 / 200), round(flat.height * 98 / 200)), Image.Resampling.BOX)
    return degrade(flat.point(lambda level: 255 if level > 160 else 0), seed=seed, speckles=1500).convert("1")


def _photo(picture: Image.Image, seed: int) -> Image.Image:
    """Taken by hand: one corner nearer than the others, light from one side, a little out of focus."""
    wide, tall, pull = picture.width, picture.height, picture.width * 0.015
    corners = (-pull, -pull, -pull / 2, tall + pull, wide + pull, tall, wide, -pull / 2)
    bent = picture.transform(picture.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=255)
    shade = Image.linear_gradient("L").rotate(90).resize(bent.size).point(lambda level: 150 + level * 90 // 255)
    lit = ImageChops.multiply(bent, shade).filter(ImageFilter.GaussianBlur(0.8))
    return _jpeg(_noisy(lit, 6, seed), 60)


WEAR = ("clean", "scan", "fax", "rotated", "photo")


def worn(document: bytes, kind: str, *, seed: int = 1) -> bytes:
    """A report as it arrives: one of `WEAR`; a multi-page TIFF for the fax, else a PDF of pictures at 200 dpi."""
    pages = _pages(document, 200)
    if kind == "fax":
        frames = [_fax(page, seed) for page in pages]
        out = io.BytesIO()
        options = {"save_all": True, "append_images": frames[1:], "compression": "group4", "dpi": (204, 98)}
        frames[0].save(out, "TIFF", **options)
        return out.getvalue()
    if kind == "photo":
        pages = [_photo(page, seed) for page in pages]
    elif kind in ("scan", "rotated"):
        skew = (1.2, -0.9, 0.6)[seed % 3]
        pages = [
            _jpeg(_noisy(degrade(page, seed=seed, skew=skew, speckles=400, blur=0.6), 12, seed), 45) for page in pages
        ]
    if kind == "rotated":
        pages = [page.rotate((90, 180, 270)[seed % 3], expand=True) for page in pages]
    return _bound(pages)


def _bound(pages: list[Image.Image]) -> bytes:
    out = io.BytesIO()
    pages[0].save(
        out,
        "PDF",
        save_all=True,
        append_images=pages[1:],
        resolution=200.0,
        creationDate=SCANNED_AT.timetuple(),
        modDate=SCANNED_AT.timetuple(),
    )
    return out.getvalue()


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
