"""HTML and DOCX as pages of words: cells stay apart, exponents stay exponents, attacks are refused."""

from __future__ import annotations

import io
import zipfile

import pytest

from engine.documents.markup import XmlRefused, walk_xml
from engine.documents.opening import open_pages
from engine.documents.pages import OpenedPages, Page
from engine.extraction.layout import lines_of

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def cells(opened: OpenedPages) -> list[list[str]]:
    page: Page = opened.pages[0]
    return [[cell.text for cell in line.cells] for line in lines_of(page)]


def docx(body: str, **parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", f"<w:hdr {W}>{content}</w:hdr>")
    return out.getvalue()


def run(text: str, *, raised: bool = False) -> str:
    style = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>' if raised else ""
    return f"<w:r>{style}<w:t>{text}</w:t></w:r>"


def row(*texts: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc><w:p>{text}</w:p></w:tc>" for text in texts) + "</w:tr>"


def test_html_tables_keep_their_cells() -> None:
    """Cells become cells whatever their width, end tags may be missing, spans keep the columns in line."""
    opened = open_pages(
        b"<html><head><title>no</title><style>p{}</style></head><body><p>Patient: Ann<br>Sex: F</p><table>"
        b"<tr><th>Test<th>Result<th>Units<tr><td colspan=2>CHEMISTRY<td>x<tr><td>Glucose<td>105<td>mg/dL</table>"
        b"<script>alert('105')</script></body></html>"
    )
    assert opened.media_type == "text/html"
    assert cells(opened) == [
        ["Patient: Ann"],
        ["Sex: F"],
        ["Test", "Result", "Units"],
        ["CHEMISTRY", "x"],
        ["Glucose", "105", "mg/dL"],
    ]


def test_a_superscript_is_not_a_digit_of_the_number() -> None:
    """10 with a raised 3 never becomes 103, in HTML and in DOCX."""
    opened = open_pages(b"<table><tr><td>WBC</td><td>5.1</td><td>10<sup>3</sup>/uL</td></tr></table>")
    assert cells(opened) == [["WBC", "5.1", "10^3/uL"]]
    unit = run("10") + run("3", raised=True) + run("/uL")
    opened = open_pages(docx(f"<w:tbl>{row(run('WBC'), run('5.1'), unit)}</w:tbl>"))
    assert cells(opened) == [["WBC", "5.1", "10^3/uL"]]


def test_html_says_its_charset_and_hides_what_is_hidden() -> None:
    """A declared charset counts; what a browser would not show is not read."""
    opened = open_pages(
        '<html><meta charset="iso-8859-1"><body><p>Señal</p><p style="display:none">9.9</p></body></html>'.encode(
            "latin-1"
        )
    )
    assert cells(opened) == [["Señal"]]


def test_docx_is_read_with_its_header_and_without_its_deletions() -> None:
    """Page headers come first; deleted text and fall-back copies are not read; tabs part cells."""
    body = f"<w:p>{run('Sex:')}<w:r><w:tab/></w:r>{run('F')}</w:p><w:p><w:del>{run('9.9')}</w:del></w:p>"
    opened = open_pages(
        docx(f"{body}<w:tbl>{row(run('Glucose'), run('105'))}</w:tbl>", header1=f"<w:p>{run('Lab')}</w:p>")
    )
    assert [line for line in cells(opened) if line] == [["Lab"], ["Sex:", "F"], ["Glucose", "105"]]


@pytest.mark.parametrize(
    "attack",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x"><a/>',
        b"<a>" * 300,
        b"<a><b></a>",
    ],
)
def test_dangerous_xml_is_refused(attack: bytes) -> None:
    """Document types, entities, deep nesting and broken markup end the reading."""
    with pytest.raises(XmlRefused):
        walk_xml(attack, start=lambda _name, _told: None, end=lambda _name: None, text=lambda _text: None)


def test_a_zip_bomb_is_too_large() -> None:
    """A part that unpacks to more than the cap is not unpacked further."""
    assert open_pages(docx(" " * (25 << 20))).reason_code == "document.too_large"


def test_a_broken_docx_is_unreadable() -> None:
    """A damaged part is a reason, not an exception."""
    good = docx(f"<w:p>{run('Glucose 105')}</w:p>")
    at = good.index(b"word/document.xml") + 40
    assert open_pages(good[:at] + b"\xff" * 8 + good[at + 8 :]).reason_code == "document.unreadable"


def pages(opened: OpenedPages) -> list[list[str]]:
    return [[line.text for line in lines_of(page) if line.text] for page in opened.pages]


BREAK = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'


@pytest.mark.parametrize(
    "between",
    [
        BREAK,
        "<w:p><w:pPr><w:sectPr/></w:pPr></w:p>",
        "<w:p><w:pPr><w:pageBreakBefore/></w:pPr></w:p>",
    ],
)
def test_a_page_set_by_hand_begins_a_page(between: str) -> None:
    """A page break, a new section, and a paragraph that asks for a page each begin one."""
    opened = open_pages(docx(f"<w:p>{run('Urea 5.1')}</w:p>{between}<w:p>{run('Sodium 140')}</w:p>"))
    assert pages(opened) == [["Urea 5.1"], ["Sodium 140"]]


def test_what_begins_no_page_in_docx() -> None:
    """A continuous section, a break that is switched off, and a page end that was rendered once begin none."""
    rendered = "<w:p><w:r><w:lastRenderedPageBreak/></w:r></w:p>"
    off = '<w:p><w:pPr><w:pageBreakBefore w:val="0"/></w:pPr></w:p>'
    section = '<w:p><w:pPr><w:sectPr><w:type w:val="continuous"/></w:sectPr></w:pPr></w:p>'
    opened = open_pages(docx(f"<w:p>{run('Urea 5.1')}</w:p>{rendered}{off}{section}<w:p>{run('Sodium 140')}</w:p>"))
    assert pages(opened) == [["Urea 5.1", "Sodium 140"]]


def test_a_page_break_in_a_table_keeps_its_columns() -> None:
    """The row that begins with a break is the first of its page; one with a break inside stays whole."""
    first = row(run("Sodium"), run("140"))
    broken = row('<w:r><w:br w:type="page"/></w:r>' + run("Alkaline phosphatase"), run("70"))
    inside = row(run("Urea"), run("5.1") + '<w:r><w:br w:type="page"/></w:r>')
    opened = open_pages(docx(f"<w:tbl>{first}{broken}{inside}{first}</w:tbl>"))
    assert pages(opened) == [["Sodium  140"], ["Alkaline phosphatase  70", "Urea  5.1"], ["Sodium  140"]]
    assert len({word.x0 for page in opened.pages for word in page.words if word.text in ("140", "70", "5.1")}) == 1


def test_docx_cells_merged_over_rows_say_their_text_in_each() -> None:
    """`vMerge` hands the text of the upper cell on; hidden text is not read."""

    def merged(text: str, how: str) -> str:
        return f"<w:tc><w:tcPr>{how}</w:tcPr><w:p>{text}</w:p></w:tc>"

    restart = '<w:vMerge w:val="restart"/>'
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>777</w:t></w:r>"
    rows = (
        f"<w:tr><w:tc><w:p>{run('Protein')}</w:p></w:tc><w:tc><w:p>{run('0.3')}{hidden}</w:p></w:tc>"
        f"{merged(run('Urine'), restart)}</w:tr>"
        f"<w:tr><w:tc><w:p>{run('Glucose')}</w:p></w:tc><w:tc><w:p>{run('1.2')}</w:p></w:tc>{merged('', '<w:vMerge/>')}</w:tr>"
        f"<w:tr><w:tc><w:p>{run('Urea')}</w:p></w:tc><w:tc><w:p>{run('5')}</w:p></w:tc><w:tc><w:p/></w:tc></w:tr>"
    )
    assert cells(open_pages(docx(f"<w:tbl>{rows}</w:tbl>"))) == [
        ["Protein", "0.3", "Urine"],
        ["Glucose", "1.2", "Urine"],
        ["Urea", "5"],
    ]


def test_docx_lines_by_tabs_are_columns() -> None:
    """Lines with equally many tabs stand in columns, an empty one included, headings between them or not."""

    def line(*texts: str) -> str:
        return "<w:p>" + "<w:r><w:tab/></w:r>".join(run(text) for text in texts) + "</w:p>"

    body = line("Test", "Result", "Flag", "Units") + line("Salts") + line("Sodium", "140", "", "mmol/L")
    body += line("Others") + line("C-reactive protein", "7", "H", "mg/L")
    words = {word.text: word.x0 for word in open_pages(docx(body)).pages[0].words}
    assert words["Units"] == words["mmol/L"] == words["mg/L"]
    assert words["Result"] == words["140"] == words["7"]
