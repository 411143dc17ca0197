"""Boxes on pages: what the reader says was read there is what the picture shows there, however the page is turned."""

from __future__ import annotations

import io

import pypdfium2 as pdfium
import pytest
from PIL import Image

from engine.documents.drawing import Mark, draw_marks, draw_page
from engine.documents.opening import open_pages
from engine.documents.pages import PageLimits
from tests.generators.patients import make_population
from tests.generators.reports import compose, render

GREEN, RED = (10, 125, 50), (208, 28, 28)


@pytest.fixture(scope="module")
def report() -> bytes:
    return render(compose("us_chem", seed=5, patient=make_population(8100, 1, "en")[0], panels=("lipids",)))[0]


def _turned(data: bytes, degrees: int) -> bytes:
    document = pdfium.PdfDocument(data)
    document[0].set_rotation(degrees)
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


def _image(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_every_word_of_a_pdf_is_inside_its_box(report: bytes, degrees: int) -> None:
    """There is ink in each box, and the paper beside the text block has none."""
    data = _turned(report, degrees)
    (page,) = open_pages(data).pages
    (sheet,) = draw_marks(data, [])
    picture = _image(sheet.picture).convert("L")
    scale = picture.width / page.width
    assert (sheet.number, round(sheet.width), round(sheet.height)) == (1, round(page.width), round(page.height))
    assert picture.height == pytest.approx(page.height * scale, abs=1)
    for word in page.words:
        box = tuple(round(value * scale) for value in (word.x0, word.y0, word.x1, word.y1))
        assert picture.crop(box).getextrema()[0] < 140, "no ink in the box"
    low = max(word.y1 for word in page.words) * scale
    assert picture.crop((0, round(low) + 5, picture.width, picture.height)).getextrema()[0] == 255


def test_doubts_are_red_and_values_green(report: bytes) -> None:
    """The outline has the colour of its kind; marks of other pages are not drawn here."""
    marks = [
        Mark(page=1, box=(10.0, 10.0, 30.0, 20.0), kind="value"),
        Mark(page=1, box=(50.0, 10.0, 70.0, 20.0), kind="doubt"),
        Mark(page=2, box=(90.0, 10.0, 99.0, 20.0), kind="value"),
    ]
    picture = _image(next(draw_marks(report, marks)).picture)
    scale = picture.width / 612

    def colours(x0: float, x1: float) -> set[object]:
        found = picture.crop((round(x0 * scale), 0, round(x1 * scale), round(25 * scale))).getcolors(1 << 20)
        return {colour for _, colour in found or []} - {(255, 255, 255)}

    assert (colours(5, 35), colours(45, 75), colours(85, 105)) == ({GREEN}, {RED}, set())


def test_a_text_is_drawn_as_its_words_stand() -> None:
    """A document without pictures gets its words written at their boxes."""
    (sheet,) = draw_marks(b"Glucose   105   mg/dL\n", [])
    picture = _image(sheet.picture).convert("L")
    (page,) = open_pages(b"Glucose   105   mg/dL\n").pages
    scale = picture.width / page.width
    for word in page.words:
        box = tuple(round(value * scale) for value in (word.x0, word.y0, word.x1, word.y1))
        assert picture.crop(box).getextrema()[0] < 140


def test_an_image_keeps_its_shape() -> None:
    """A scan is drawn as it is recognised: grey, its paper's size in points."""
    out = io.BytesIO()
    Image.new("L", (850, 1100), 255).save(out, format="PNG", dpi=(100, 100))
    (sheet,) = draw_marks(out.getvalue(), [Mark(page=1, box=(0.0, 0.0, 612.0, 792.0), kind="value")])
    picture = _image(sheet.picture)
    assert (sheet.number, picture.size) == (1, (850, 1100))
    assert picture.getpixel((0, 500)) == GREEN


def test_a_box_outside_the_page_is_left_out() -> None:
    """Nonsense from elsewhere draws nothing and fails nothing."""
    (sheet,) = draw_marks(b"Glucose   105\n", [Mark(page=1, box=(9e5, 9e5, 9.1e5, 9.1e5), kind="value")])
    assert GREEN not in {colour for _, colour in _image(sheet.picture).getcolors(1 << 20) or []}


@pytest.mark.parametrize("data", [b"%PDF-1.7 broken", b"\x89PNG\r\n\x1a\nbroken", b"PK\x03\x04"])
def test_what_cannot_be_opened_gives_no_picture(data: bytes) -> None:
    """Broken files end without pages and without an error."""
    assert list(draw_marks(data, [])) == []


def test_no_more_pages_than_allowed() -> None:
    """The limit counts for pictures as for words."""
    frames = [Image.new("L", (60, 60), 255) for _ in range(4)]
    out = io.BytesIO()
    frames[0].save(out, format="TIFF", save_all=True, append_images=frames[1:])
    assert [sheet.number for sheet in draw_marks(out.getvalue(), [], limits=PageLimits(pages=3))] == [1, 2, 3]
    assert [sheet.number for sheet in draw_page(out.getvalue(), 2)] == [2]
    assert list(draw_page(out.getvalue(), 5)) == []
