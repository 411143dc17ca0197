"""A page beside its fields, as a signed-in browser gets it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.domain.dossier import Dossier
from engine.domain.report import LabReport, Provenance, ReadDocument, Result, Section, UnreadLine
from engine.pipeline import codec
from engine.ports.drawing import DrawnPage
from engine.web.beside import Sheets
from tests.browser.demo_store import PDF, SHA, filled_store
from tests.unit.web.fakes import FakeStore, a_reason, detail, message_id, services, view
from tests.unit.web.test_pages import signed_in

PNG = b"\x89PNG\r\n\x1a\n synthetic"
BESIDE = f"/messages/{message_id(1)}/beside"
PICTURE = f"/messages/{message_id(1)}/documents/{SHA}/pages/1.png"


class FakeArtist:
    """Draws the same picture of every page up to a number, and remembers what it was asked."""

    def __init__(self, pages: int = 9) -> None:
        self.pages = pages
        self.asked: list[tuple[bytes, int]] = []

    async def draw(self, data: bytes, page: int) -> DrawnPage | None:
        self.asked.append((data, page))
        return DrawnPage(width=612.0, height=792.0, picture=PNG) if page <= self.pages else None


def result(number: int, page: int, *, doubt: bool = False) -> Result:
    reasons = (a_reason("value.ambiguous", f"r{number}"),) if doubt else ()
    box = (100.0, 10.0 * number, 130.0, 10.0 * number + 8)
    fields = {"test_name": (20.0, 10.0 * number, 90.0, 10.0 * number + 8), "value": box}
    return Result(
        id=f"r{number}", test_name=f"Test <{number}>", value=f"{number}.5", needs_review=doubt, review_reasons=reasons,
        provenance=Provenance(page=page, box=box, fields=fields),
    )  # fmt: skip


def store_of(*reports: LabReport) -> FakeStore:
    """A store with one message, whose stored dossier holds the reports."""
    one = replace(detail(view(1)), dossier=codec.encode(Dossier(reports=reports)))
    return FakeStore(details=[one], raws=dict(filled_store(1).raws))


def two_pages() -> LabReport:
    sections = (
        Section(name="A", results=(result(1, 1), result(2, 1))),
        Section(name="B", results=(result(3, 2, doubt=True),)),
    )
    return LabReport(document=ReadDocument(sha256=SHA, media_type="application/pdf", pages=3), sections=sections)


async def test_it_opens_at_the_page_in_doubt(serve):
    """Without a wish the first page with a doubtful result is shown, with its own results and boxes and no others."""
    artist = FakeArtist()
    client = await signed_in(serve, services(store_of(two_pages()), artist=artist))
    text = (await client.get(BESIDE)).text
    assert artist.asked == [(PDF, 2)]
    assert 'href="/messages/' + message_id(1) + f'/documents/{SHA}/pages/2.png"' in text
    assert re.findall(r'<rect[^>]*class="box (\w+)" data-result="(\w+)"', text) == [("other", "r3"), ("doubt", "r3")]
    assert re.findall(r'<tr id="row-(\w+)"', text) == ["r3"]
    assert "Test &lt;3&gt;" in text
    assert "value.ambiguous" in text


async def test_a_box_lies_on_its_value(serve):
    """A box is the printed place in points, a point wider on each side, in the coordinates of the page."""
    client = await signed_in(serve, services(store_of(two_pages()), artist=FakeArtist()))
    text = (await client.get(BESIDE + "?page=1")).text
    assert 'viewBox="0 0 612.0 792.0"' in text
    assert re.search(r'id="box-r1"[^>]*x="99.0" y="9.0" width="32.0" height="10.0"', text)


@pytest.mark.parametrize(
    "query", ["?page=4", "?page=0", "?page=x", "?report=2", "?report=1&report=1", "?what=1", "?page=١"]
)
async def test_a_page_that_is_not_there_is_refused(serve, query):
    """400 for a page or a report beyond what there is, and for anything that is no number."""
    client = await signed_in(serve, services(store_of(two_pages()), artist=FakeArtist()))
    assert (await client.get(BESIDE + query)).status_code == 400


async def test_a_service_may_name_any_page(serve):
    """Page numbers of a service are not believed: one that no document has costs nothing, and its result is shown."""
    report = LabReport(
        document=ReadDocument(sha256=SHA, media_type="application/pdf"),
        sections=(Section(name="A", results=(result(1, 3), result(2, 10**15))),),
        pages_failed=(0, -7),
    )
    client = await signed_in(serve, services(store_of(report), artist=FakeArtist()))
    first = (await client.get(BESIDE)).text
    assert re.findall(r"&amp;page=(\d+)", first) == ["1", "2", "3", str(10**15)]
    far = (await client.get(f"{BESIDE}?page={10**15}")).text
    assert re.findall(r'<tr id="row-(\w+)"', far) == ["r2"]


async def test_a_message_without_a_report_has_no_such_page(serve):
    """404 where nothing was read from a document, and for a message that does not exist."""
    client = await signed_in(serve, services(store_of(), artist=FakeArtist()))
    assert (await client.get(BESIDE)).status_code == 404
    assert (await client.get("/messages/unknown/beside")).status_code == 404


@pytest.mark.parametrize("artist", [None, FakeArtist(pages=0)])
async def test_without_a_picture_the_fields_are_shown(serve, artist):
    """Where no page can be drawn, the page says so beside the fields; the picture itself is 404."""
    client = await signed_in(serve, services(store_of(two_pages()), artist=artist))
    text = (await client.get(BESIDE)).text
    assert "cannot be shown" in text
    assert "Test &lt;3&gt;" in text
    assert (await client.get(PICTURE)).status_code == 404


async def test_content_that_retention_removed_is_told(serve):
    """The report outlives the document: fields without a page."""
    store = store_of(two_pages())
    store.raws.clear()
    artist = FakeArtist()
    client = await signed_in(serve, services(store, artist=artist))
    assert "removed by retention" in (await client.get(BESIDE)).text
    assert artist.asked == []


async def test_the_picture_is_drawn_once_for_page_and_image(serve):
    """The image that the page names was drawn with it; nobody without a session gets it, and no cache keeps it."""
    artist = FakeArtist()
    wired = services(store_of(two_pages()), artist=artist)
    client = await signed_in(serve, wired)
    await client.get(BESIDE + "?page=1")
    picture = await client.get(PICTURE)
    assert (picture.status_code, picture.content, picture.headers["content-type"]) == (200, PNG, "image/png")
    assert picture.headers["cache-control"] == "no-store"
    assert artist.asked == [(PDF, 1)]
    stranger = await serve(wired)
    assert (await stranger.get(PICTURE)).status_code == 303


async def test_another_documents_digest_shows_nothing(serve):
    """A digest that is not of this message's documents is 404, and so is page 0."""
    client = await signed_in(serve, services(store_of(two_pages()), artist=FakeArtist()))
    assert (await client.get(PICTURE.replace(SHA, "0" * 64))).status_code == 404
    assert (await client.get(PICTURE.replace("1.png", "0.png"))).status_code == 404


def test_kept_pages_have_a_limit():
    """Pages that were not asked for longest go first; the last one asked for stays."""
    sheets = Sheets()
    big = DrawnPage(width=1.0, height=1.0, picture=bytes(12 * 1024 * 1024))
    for number in (1, 2):
        sheets.keep(("m", "d", number), big)
    assert sheets.get(("m", "d", 1)) is big
    sheets.keep(("m", "d", 3), big)
    assert [sheets.get(("m", "d", number)) is big for number in (1, 2, 3)] == [True, False, True]


async def test_message_and_case_lead_there(serve):
    """The page of a message with a report, and the list of cases, have a link to it."""
    store = filled_store()
    client = await signed_in(serve, services(store))
    assert f'/messages/{message_id(1)}/beside?report=1"' in (await client.get(f"/messages/{message_id(1)}")).text
    assert "/beside" in (await client.get("/reviews")).text


async def test_a_line_that_was_not_read_is_shown(serve):
    """It has a box of its own on the page and its text beside it, and its page is the one that opens."""
    unread = (UnreadLine(page=3, box=(20.0, 30.0, 90.0, 40.0), text="Copeptin 7.1 <pmol/L>"),)
    calm = replace(two_pages(), sections=(Section(name="A", results=(result(1, 1),)),), unread=unread)
    artist = FakeArtist()
    client = await signed_in(serve, services(store_of(calm), artist=artist))
    text = (await client.get(BESIDE)).text
    assert artist.asked == [(PDF, 3)]
    assert re.search(r'id="box-u0" class="box unread" data-result="u0"[^>]*x="19.0" y="29.0"', text)
    assert '<a href="#box-u0">Copeptin 7.1 &lt;pmol/L&gt;</a>' in text
