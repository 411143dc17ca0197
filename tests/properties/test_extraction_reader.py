"""Properties of the openers and the reader: any content gives a report or a reason, never an error."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.documents.carriers import CarrierFault, open_carried
from engine.documents.opening import open_pages
from engine.documents.pages import OpenedPages, Page, Word
from engine.domain.document import Carried
from engine.extraction.packs import Packs, load_packs
from engine.extraction.reader import Memory, read_report
from tests.support.examples import examples

PIECES = st.sampled_from(
    [
        "Test",
        "Result",
        "Units",
        "Range",
        "Flag",
        "Glucose",
        "Sodium",
        "WBC",
        "Patient:",
        "DOE,",
        "JANE",
        "DOB:",
        "01/02/1980",
        "MRN",
        "12345",
        "mg/dL",
        "mmol/L",
        "%",
        "5.1",
        "1.234",
        "1,234",
        "<0.5",
        "70-99",
        "3.5",
        "-",
        "5.1",
        "H",
        "L",
        "*",
        "↑",
        "(H)",
        "Negative",
        "Pending",
        "QNS",
        "1:160",
        "CHEMISTRY",
        "URINALYSIS",
        "Page",
        "1",
        "M:",
        "F:",
        "13-18",
        "Note:",
        "^1",
        "|",
        "---",
        ".....",
        "+",
        "+++",
        "(",
        ")",
        ":",
        "/",
        "Glucosa",
        "Resultado",
        "Unidades",
        "Prueba",
        "Valores",
        "de",
        "referencia",
        "0,85",
        "Orina",
    ]
)
WORDS = st.builds(
    lambda text, column, row, size, confidence: Word(
        text, column * 24.0, row * 11.0, column * 24.0 + 6 * len(text), row * 11.0 + size, confidence
    ),
    PIECES,
    st.integers(0, 24),
    st.integers(0, 12),
    st.sampled_from([6.0, 10.0, 12.0]),
    st.sampled_from([0.5, 1.0]),
)
LINES = st.lists(st.lists(PIECES, max_size=9).map("   ".join), max_size=14).map("\n".join)


@cache
def packs() -> Packs:
    return load_packs()


@settings(max_examples=examples(120), deadline=None)
@given(st.lists(st.lists(WORDS, max_size=60), min_size=1, max_size=2))
def test_any_page_of_words_can_be_read(pages: list[list[Word]]) -> None:
    """Words anywhere on a page give a report whose results are whole: an id, a name, a box, a reason where in doubt."""
    opened = OpenedPages(
        media_type="application/pdf",
        page_count=len(pages),
        pages=tuple(
            Page(number=n, width=600, height=800, words=tuple(words)) for n, words in enumerate(pages, start=1)
        ),
    )
    report = read_report(opened, packs(), sha256="0" * 64)
    assert [result.id for result in report.results] == [f"r{n}" for n in range(1, len(report.results) + 1)]
    for result in report.results:
        assert result.test_name
        assert result.provenance is not None
        assert 0 <= result.confidence <= 1
        assert result.value or result.needs_review or result.status in ("I", "X")
        assert result.numeric_value is None or any(c.isdigit() for c in result.value)
        assert result.loinc_code == "" or result.loinc_name


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(LINES, min_size=2, max_size=4))
def test_memory_changes_no_reading(texts: list[str]) -> None:
    """A document reads the same after any others as it does alone."""
    memory = Memory(packs())
    for text in texts:
        opened = open_pages(text.encode())
        alone = read_report(opened, packs(), sha256="")
        assert repr(read_report(opened, packs(), sha256="", memory=memory)) == repr(alone)


@settings(max_examples=examples(120), deadline=None)
@given(LINES)
def test_every_number_of_a_result_is_printed(text: str) -> None:
    """No value is made up: each result's value, unit and range stand in the document, in one piece or word by word."""
    printed = {*text.split(), *text.replace("^", " ").split()}
    printed |= {part.strip("*()[]") for part in printed}
    report = read_report(open_pages(text.encode()), packs(), sha256="")
    for result in report.results:
        for word in f"{result.value} {result.reference_range}".split():
            assert any(word in item for item in printed), (word, text)


@settings(max_examples=examples(150), deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"{\\rtf1 ", b"\xff\xfe", b"%PDF-1.4\n", b"\xef\xbb\xbf"]))
def test_any_bytes_can_be_opened(data: bytes, head: bytes) -> None:
    """Whatever the bytes are, opening gives pages or a reason."""
    opened = open_pages(head + data)
    assert opened.pages or opened.reason_code


@settings(max_examples=examples(150), deadline=None)
@given(
    st.lists(st.text(max_size=80), max_size=4).map(tuple),
    st.sampled_from(["", "Base64", "Hex", "A", "base64", "nonsense"]),
    st.booleans(),
)
def test_any_field_can_be_carried(parts: tuple[str, ...], encoding: str, is_text: bool) -> None:
    """Whatever a field holds, the carrier gives a document or names the place of the fault."""
    found = open_carried(Carried(location="OBX[1]-5", order_index=0, parts=parts, encoding=encoding, is_text=is_text))
    if isinstance(found, CarrierFault):
        assert (found.reason_code, found.location) == ("document.unreadable", "OBX[1]-5")
    else:
        assert found.document.size_bytes == len(found.data)
