"""Characters that look like digits and are none for `int`: raised ones must not break whoever counts with them."""

from __future__ import annotations

import io
import zipfile

from engine.documents.opening import open_pages
from engine.extraction.packs import load_packs
from engine.extraction.reader import read_report
from engine.extraction.said import _is_year

DOCX = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:tbl><w:tr><w:tc>'
    '<w:tcPr><w:gridSpan w:val="²"/></w:tcPr><w:p><w:r><w:t>Glucose 95 mg/dL 70 - 99</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>'
)


def test_a_raised_number_is_no_year() -> None:
    """`²⁰²⁶` in a letter is a row of footnotes."""
    assert not _is_year("²⁰²⁶")


def test_raised_digits_in_the_attributes_of_a_table() -> None:
    """A span that is no number counts as one."""
    page = "<table><tr><td colspan='²' rowspan='³'>Glucose</td><td>95</td><td>mg/dL</td><td>70 - 99</td></tr></table>"
    styled = "<div style='display:grid;grid-template-columns:repeat(², 1fr)'><span>Glucose</span><span>95</span></div>"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", DOCX)
    for data in (f"<html>{page}{styled}</html>".encode(), packed.getvalue()):
        report = read_report(open_pages(data), load_packs(), sha256="0" * 64)
        assert report.results[0].value == "95"
