"""Pages that are pictures: when they are recognised, how they are brought to square pixels, and what is read."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable

import numpy as np
import pytest
from fpdf import FPDF
from PIL import Image

from engine.documents.ocr.detect import Piece
from engine.documents.ocr.recognise import Letter
from engine.documents.ocr.upright import half_turn, level, quarter_turn
from engine.documents.ocr.words import Line, even_heights, words_of
from engine.documents.opening import open_pages
from engine.documents.pages import PageSource, Word, turned_box
from engine.documents.pictures import Picture, Recognised


class Fake:
    """A recogniser that finds one word and keeps what it was shown."""

    def __init__(self, refusal: str = "") -> None:
        self.shown: list[Picture] = []
        self._refusal = refusal

    def refusal(self) -> str:
        return self._refusal if self.shown or self._refusal else ""

    def recognise(self, picture: Picture) -> Recognised:
        self.shown.append(picture)
        return Recognised(words=(Word("105", 10, 10, 40, 20, 0.9),), width=picture.width, height=picture.height)


def picture_file(kind: str, size: tuple[int, int] = (200, 100), *, count: int = 1, **options: object) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("1" if options.get("compression") == "group4" else "L", size, 1) for _ in range(count)]
    extra = {"save_all": True, "append_images": frames[1:]} if count > 1 else {}
    frames[0].save(out, kind, **options, **extra)
    return out.getvalue()


def test_each_frame_of_a_fax_is_a_page_of_square_pixels() -> None:
    """A group 4 TIFF of 204 x 98 dots is stretched to square pixels, and its words are placed in points."""
    fake = Fake()
    opened = open_pages(picture_file("TIFF", (204, 98), count=3, compression="group4", dpi=(204, 98)), recogniser=fake)
    assert [(picture.width, picture.height) for picture in fake.shown] == [(204, 204)] * 3
    assert [(page.number, page.source, round(page.width)) for page in opened.pages] == [
        (number, PageSource.OCR, 72) for number in (1, 2, 3)
    ]
    assert round(opened.pages[0].words[0].x0, 2) == round(10 * 72 / 204, 2)


@pytest.mark.parametrize(
    ("kind", "read"), [("PNG", True), ("JPEG", True), ("BMP", False), ("GIF", False), ("WEBP", False)]
)
def test_only_allowed_formats_are_decoded(kind: str, read: bool) -> None:
    """PNG and JPEG are decoded; other image formats never reach a decoder."""
    fake = Fake()
    opened = open_pages(picture_file(kind), recogniser=fake)
    assert bool(fake.shown) is read
    assert opened.reason_code == ("" if read else "document.unreadable")


def test_a_picture_bomb_is_too_large() -> None:
    """An image that says it has more pixels than paper needs is not decoded."""
    fake = Fake()
    opened = open_pages(picture_file("PNG", (12_000, 6_000)), recogniser=fake)
    assert (opened.reason_code, fake.shown) == ("document.too_large", [])


def test_a_refusal_is_the_reason_on_the_page() -> None:
    """A recogniser that is not installed leaves the page unread and says why."""
    opened = open_pages(picture_file("PNG"), recogniser=Fake("character recognition is not installed"))
    assert opened.pages[0].failed == "character recognition is not installed"
    scan = FPDF(format="A4", unit="pt")
    scan.add_page()
    scan.image(io.BytesIO(picture_file("PNG")), 0, 0, 595, 842)
    opened = open_pages(bytes(scan.output()), recogniser=Fake("character recognition is not installed"))
    assert opened.pages[0].failed == "no text layer; character recognition is not installed"


def test_a_text_layer_is_not_recognised() -> None:
    """A page with a good text layer is never rendered; one that is a picture beside it is."""
    paper = FPDF(format="A4", unit="pt")
    paper.set_font("Helvetica", size=10)
    paper.add_page()
    paper.text(50, 50, "Glucose 105 mg/dL 70-99 and enough other words to count as a page of text")
    paper.add_page()
    paper.image(io.BytesIO(picture_file("PNG")), 0, 0, 595, 842)
    fake = Fake()
    opened = open_pages(bytes(paper.output()), recogniser=fake)
    assert [page.source for page in opened.pages] == [PageSource.PDF_TEXT, PageSource.OCR]
    assert len(fake.shown) == 1


def test_words_are_parted_at_blanks_and_gaps() -> None:
    """A blank or a wide gap ends a word; a number is as certain as its weakest character."""
    letters = [
        ("5", 10, 0.9),
        (".", 20, 0.6),
        ("1", 30, 0.9),
        ("H", 90, 0.9),
        (" ", 100, 1.0),
        ("m", 110, 0.8),
        ("g", 120, 1.0),
    ]
    line = Line(100, 50, 200, 20, tuple(Letter(*item) for item in letters))
    assert [(word.text, word.confidence) for word in words_of(line)] == [("5.1", 0.6), ("H", 0.9), ("mg", 0.9)]


def test_words_of_a_line_get_one_height() -> None:
    """Boxes of one line differ by their letters; only clearly smaller ones stay small."""
    words = [
        Word("mg/dL", 0, 98, 10, 122),
        Word("5.1", 20, 100, 30, 120),
        Word("7.0", 40, 101, 50, 121),
        Word("2", 60, 100, 65, 110),
    ]
    tall = {word.text: round(word.y1 - word.y0) for word in even_heights(words)}
    assert tall == {"mg/dL": 20, "5.1": 20, "7.0": 20, "2": 10}


def _blocked(*_told: object, **_named: object) -> None:
    raise AssertionError("a socket was asked for")


@pytest.fixture
def lines_picture() -> Callable[[int, float], Picture]:
    """A small page of three lines at 200 dpi, turned by quarters and a slope."""
    pdfium = pytest.importorskip("pypdfium2")
    paper = FPDF(format=(330, 200), unit="pt")
    paper.set_font("Helvetica", size=10)
    paper.add_page()
    for number, text in enumerate(
        ("Glucose, fasting     105 mg/dL", "Hemoglobina     13,4 g/dL", "Creatinine     0.87 mg/dL")
    ):
        paper.text(40, 60 + 30 * number, text)

    def make(turn: int, slope: float) -> Picture:
        document = pdfium.PdfDocument(bytes(paper.output()))
        grey = (
            document[0]
            .render(scale=200 / 72, grayscale=True)
            .to_pil()
            .rotate(slope, fillcolor=255)
            .rotate(turn, expand=True)
        )
        document.close()
        return Picture(data=grey.tobytes(), width=grey.width, height=grey.height, points=0.36)

    return make


@pytest.mark.slow
@pytest.mark.parametrize(("turn", "slope"), [(90, 1.0), (180, -1.5)])
def test_a_turned_page_is_read(
    turn: int, slope: float, lines_picture: Callable[[int, float], Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every quarter turn with some skew gives the same words in reading order, without a network."""
    models = pytest.importorskip("engine.documents.ocr.models")
    from engine.documents.ocr.page import make_page_reader

    monkeypatch.setattr(socket, "socket", _blocked)
    found = make_page_reader(models.load_models()).read(lines_picture(turn, slope), lambda: True)
    assert found is not None
    words = " ".join(word.text for word in sorted(found.words, key=lambda word: (round(word.y0 / 40), word.x0)))
    for text in ("Glucose,", "105 mg/dL", "Hemoglobina 13,4 g/dL", "Creatinine 0.87 mg/dL"):
        assert text in words
    assert found.width > found.height


@pytest.mark.parametrize("way", ["level", "quarter", "half", "quarter and level", "level and half"])
def test_places_lead_back_to_the_page_as_it_lies(way: str) -> None:
    """Whatever a picture went through to be read, a place on it leads back to where it was on the page that was sent."""
    paper = np.full((300, 200), 255, np.uint8)
    back = np.eye(3)[:2]
    if "quarter" in way:
        paper, back = quarter_turn(paper)
    slope = 3.0 if "level" in way else 0.0
    upright = level(paper, [Piece(100, 80, 90, 10, slope)], back)
    if "half" in way:
        upright = half_turn(upright)
    place = upright.back @ np.array([upright.pieces[0].x, upright.pieces[0].y, 1.0])
    there = (80, 300 - 100) if "quarter" in way else (100, 80)
    assert tuple(np.round(place)) == there


def test_a_box_on_a_turned_page_stays_a_box() -> None:
    """The way back of a quarter turn swaps width and height and keeps the place."""
    assert turned_box((10.0, 20.0, 40.0, 26.0), (0.0, 1.0, 0.0, -1.0, 0.0, 300.0)) == (20.0, 260.0, 26.0, 290.0)
