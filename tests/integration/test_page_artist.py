"""Pages drawn in a process of their own: what looks like a page comes back, whatever else is asked."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from engine.documents.drawing import draw_page
from engine.plugins.extractors.local import artist
from engine.plugins.extractors.local.artist import ProcessArtist
from engine.plugins.extractors.local.wire import pack
from engine.ports.drawing import DrawnPage
from tests.generators.patients import make_population
from tests.generators.reports import compose, render

pytestmark = pytest.mark.slow


def a_report() -> bytes:
    return render(compose("us_chem", seed=5, patient=make_population(8100, 1, "en")[0], panels=("lipids",)))[0]


def a_fax() -> bytes:
    pages = [Image.new("1", (172, 220), color) for color in (1, 0)]
    out = io.BytesIO()
    pages[0].save(out, format="TIFF", save_all=True, append_images=pages[1:], dpi=(204, 196))
    return out.getvalue()


async def test_a_page_comes_back_as_it_is_drawn_here():
    """The process draws what the pure function draws, in the same size."""
    data = a_report()
    drawn, (here,) = await ProcessArtist().draw(data, 1), draw_page(data, 1)
    assert drawn == DrawnPage(width=here.width, height=here.height, picture=here.picture)
    assert (round(drawn.width), round(drawn.height)) == (612, 792)


async def test_the_page_that_was_asked_for():
    """The second frame of a fax is black; there is no third."""
    fax = a_fax()
    drawn = await ProcessArtist().draw(fax, 2)
    assert drawn is not None
    assert Image.open(io.BytesIO(drawn.picture)).convert("L").getextrema() == (0, 0)
    assert await ProcessArtist().draw(fax, 3) is None


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n%%EOF", b"\x89PNG\r\n\x1a\n"], ids=["empty", "hollow", "torn"])
async def test_what_cannot_be_drawn_is_none(data):
    """No page, no error, no process left."""
    assert await ProcessArtist().draw(data, 1) is None


async def test_a_page_that_takes_too_long_is_none(monkeypatch):
    """Past the time the process is killed."""
    monkeypatch.setattr(artist, "_PAGE_SECONDS", 0)
    assert await ProcessArtist().draw(a_report(), 1) is None


PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        pack(b"{}", b""),
        pack(b'{"page": 1, "width": 1, "height": 1}', b"GIF89a"),
        pack(b'{"page": 1, "width": "x", "height": 1}', PNG),
        pack(b'{"page": 1, "width": 0, "height": 1}', PNG),
        pack(b'{"page": 0, "width": 1, "height": 1}', PNG),
        pack(b"[]", PNG),
        pack(b'{"page": 1, "width": 1, "height": 1}', PNG)[:-1],
    ],
)
async def test_a_strange_answer_is_not_believed(monkeypatch, answer):
    """The process has opened foreign bytes: what it says is a page of a size with a PNG, or nothing."""

    async def ask(*_asked: object) -> bytes:
        return answer

    monkeypatch.setattr(artist, "_ask", ask)
    assert await ProcessArtist().draw(b"data", 1) is None


async def test_all_pages_with_boxes():
    """Asked for boxes it draws every page, in colour where a box is."""
    pages = await artist.draw_boxes(a_fax(), [(1, (5.0, 5.0, 20.0, 20.0), "doubt")])
    assert [number for number, _ in pages] == [1, 2]
    first = Image.open(io.BytesIO(pages[0][1].picture)).convert("RGB")
    assert (208, 28, 28) in {colour for _, colour in first.getcolors(1 << 20) or []}
