"""Opening documents into pages of words."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from fpdf import FPDF
from fpdf.enums import AccessPermission, TextMode

from engine.documents.opening import open_pages
from engine.documents.pages import OpenedPages, PageLimits, PageSource
from engine.documents.text import align_tabs, decode_text


def texts(opened: OpenedPages, page: int = 0) -> list[str]:
    words = sorted(opened.pages[page].words, key=lambda word: (round(word.y0), word.x0))
    return [word.text for word in words]


def pdf(
    *lines: str, angle: float = 0, password: str = "", mode: TextMode = TextMode.FILL, owner: bool = False
) -> bytes:
    document = FPDF(format="A4", unit="pt")
    document.set_font("Helvetica", size=10)
    if password or owner:
        document.set_encryption(owner_password="owner", user_password=password, permissions=AccessPermission.none())
    document.add_page()
    document.text_mode = mode
    with document.rotation(angle, 300, 400):
        for row, line in enumerate(lines):
            document.text(200, 400 + 14 * row, line)
    return bytes(document.output())


def rotated(data: bytes, angle: int) -> bytes:
    document = pypdfium2.PdfDocument(data)
    page = document[0]
    page.set_rotation(angle)
    out = io.BytesIO()
    document.save(out)
    page.close()
    document.close()
    return out.getvalue()


def test_words_of_a_pdf_have_boxes_from_the_top_left() -> None:
    """Characters become words with boxes in points, the origin at the top left."""
    opened = open_pages(pdf("Glucose 105 mg/dL", "second"))
    assert texts(opened) == ["Glucose", "105", "mg/dL", "second"]
    word = min(opened.pages[0].words, key=lambda item: (item.y0, item.x0))
    assert (word.text, round(word.x0)) == ("Glucose", 200)
    assert 385 < word.y0 < 400 < word.y1 < 405
    assert (opened.media_type, opened.page_count, opened.reason_code) == ("application/pdf", 1, "")


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_rotation_is_undone(turn: int, angle: int) -> None:
    """However the page or its text is turned, words read left to right and lines top to bottom."""
    opened = open_pages(rotated(pdf("first line", "second line", angle=angle), turn))
    assert texts(opened) == ["first", "line", "second", "line"]
    page = opened.pages[0]
    assert all(0 <= word.x0 < word.x1 <= page.width and 0 <= word.y0 < word.y1 <= page.height for word in page.words)


def test_password_needed() -> None:
    """A PDF with a user password is encrypted; one with only an owner password opens."""
    assert open_pages(pdf("secret", password="user")).reason_code == "document.encrypted"
    assert texts(open_pages(pdf("open enough", owner=True))) == ["open", "enough"]


def test_truncated_pdf() -> None:
    """A PDF without its end is truncated, whether or not something can still be read."""
    data = pdf("Glucose 105 mg/dL")
    assert open_pages(data[: len(data) // 2]).reason_code == "document.truncated"
    assert open_pages(data[: data.rindex(b"%%EOF")]).reason_code == "document.truncated"


def test_broken_pdf_is_unreadable() -> None:
    """A file that only pretends to be a PDF is unreadable."""
    opened = open_pages(b"%PDF-1.7\nnothing of use\n%%EOF\n")
    assert (opened.reason_code, opened.pages) == ("document.unreadable", ())


def test_image_only_page_fails_and_the_others_are_read() -> None:
    """A scanned page among text pages is marked as failed; a blank page is not."""
    document = FPDF(format="A4", unit="pt")
    document.set_font("Helvetica", size=10)
    document.add_page()
    document.text(50, 50, "Glucose 105 mg/dL")
    document.add_page()
    from PIL import Image

    document.image(Image.new("L", (600, 800), 200), x=0, y=0, w=595, h=842)
    document.add_page()
    opened = open_pages(bytes(document.output()))
    assert [page.failed for page in opened.pages] == ["", "no text layer", ""]
    assert opened.pages[1].source is PageSource.NONE


def test_hidden_text_is_not_trusted() -> None:
    """Invisible text is someone's recognition under a scan: its words get a low confidence."""
    opened = open_pages(pdf("Glucose 105 mg/dL", mode=TextMode.INVISIBLE))
    assert {word.confidence for word in opened.pages[0].words} == {0.6}


def test_raised_characters_are_marked() -> None:
    """A footnote mark or exponent is not glued to the digits before it."""
    document = FPDF(format="A4", unit="pt")
    document.add_page()
    document.set_font("Helvetica", size=10)
    document.text(100, 100, "5.1")
    width = document.get_string_width("5.1")
    document.set_font("Helvetica", size=6)
    document.text(100 + width, 96, "2")
    opened = open_pages(bytes(document.output()))
    assert texts(opened) == ["5.1^2"]


def test_limits() -> None:
    """Pages, characters and page sizes are capped; what fits is still read."""
    document = FPDF(format="A4", unit="pt")
    document.set_font("Helvetica", size=10)
    for number in range(4):
        document.add_page()
        document.text(50, 50, f"page {number}")
    data = bytes(document.output())
    opened = open_pages(data, limits=PageLimits(pages=2))
    assert (opened.reason_code, opened.page_count, len(opened.pages)) == ("document.too_large", 4, 2)
    assert open_pages(data, limits=PageLimits(characters=10)).reason_code == "document.too_large"
    assert {page.failed for page in open_pages(data, limits=PageLimits(side_points=100)).pages} == {"page is too large"}


def test_text_on_the_grid() -> None:
    """Text gets 6 x 12 points a character; form feeds part pages; unknown bytes never stop it."""
    opened = open_pages("ab  cd\r\n\r\n   Señal\f next".encode())
    assert [(word.text, word.x0, word.y0) for word in opened.pages[0].words] == [
        ("ab", 0, 0),
        ("cd", 24, 0),
        ("Señal", 18, 24),
    ]
    assert texts(opened, 1) == ["next"]
    assert opened.pages[0].source is PageSource.TEXT
    assert decode_text("Señal".encode("cp1252")) == "Señal"
    assert decode_text("Señal".encode("utf-16")) == "Señal"
    assert texts(open_pages(b"one\\.br\\two"))[:2] == ["one", "two"]


def test_bars_and_tabs_are_columns() -> None:
    """Tables drawn with bars or tabs come out as aligned words."""
    assert texts(open_pages(b"| Glucose | 105 |\n|---------|-----|\n")) == ["Glucose", "105", "---------", "-----"]
    assert align_tabs(["a\tbb\tc", "aaaa\tb\tc"]) == ["a      bb   c", "aaaa   b    c"]
    assert align_tabs(["a\tb", "plain", "c\td\te"]) == ["a       b", "plain", "c       d       e"]


def test_rtf_tables() -> None:
    """RTF table cells become aligned columns; superscripts keep their sign; accents survive."""
    row = r"\trowd\cellx2000\cellx4000\cellx6000 {}\cell {}\cell {}\cell\row "
    body = row.format("Test", "Result", "Units") + row.format(
        r"Leucocitos Se\'f1al", "7.2", r"10\super 3\nosupersub /uL"
    )
    opened = open_pages((r"{\rtf1\ansi\ansicpg1252 " + body + "}").encode())
    words = {word.text: word for word in opened.pages[0].words}
    assert "Señal" in words
    assert words["Result"].x0 == words["7.2"].x0
    assert any(text.startswith("10^3") for text in words)
    assert opened.media_type == "application/rtf"


def test_cut_rtf_is_truncated() -> None:
    """RTF without its closing brace is truncated, and what is there is read."""
    opened = open_pages(rb"{\rtf1\ansi Glucose 105")
    assert (opened.reason_code, texts(opened)) == ("document.truncated", ["Glucose", "105"])


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n IEND", b"PK\x03\x04 PK\x05\x06", b"GIF89a;", b"", bytes(range(256))]
)
def test_types_without_an_opener(data: bytes) -> None:
    """A type that cannot be opened here says so by reason and media type."""
    opened = open_pages(data)
    assert opened.reason_code == "document.unreadable"
    assert opened.pages == ()


def pdf_of(*objects: str) -> bytes:
    """A PDF of hand-written objects, the first one the catalog."""
    out = "%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{rows}trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return (out + end).encode("latin-1")


def test_form_fields_are_read() -> None:
    """Values filled into form fields are part of the page."""
    look, text = "q BT /F 10 Tf 2 4 Td (105) Tj ET Q", "BT /F 10 Tf 20 104 Td (Glucose) Tj ET"
    fonts = "/Resources << /Font << /F 4 0 R >> >>"
    data = pdf_of(
        "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] >> >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] {fonts} /Contents 6 0 R /Annots [5 0 R] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T (g) /V (105) /Rect [100 100 160 116] /F 4 /P 3 0 R /AP << /N 7 0 R >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        f"<< /Type /XObject /Subtype /Form /BBox [0 0 60 16] {fonts} /Length {len(look)} >>\nstream\n{look}\nendstream",
    )
    assert texts(open_pages(data)) == ["Glucose", "105"]
