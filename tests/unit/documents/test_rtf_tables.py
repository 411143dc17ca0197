"""RTF tables and pages: rows across a table, cells of several lines, pages set by hand."""

from __future__ import annotations

from engine.documents.opening import open_pages
from engine.extraction.layout import lines_of


def row(*texts: str) -> str:
    return r"\trowd" + "".join(rf"\cellx{1000 * at}" for at in range(1, len(texts) + 1)) + "".join(
        rf"\pard\intbl {text}\cell" for text in texts
    ) + r"\row "  # fmt: skip


def places(body: str) -> dict[str, float]:
    (page,) = open_pages(rf"{{\rtf1\ansi {body}}}".encode()).pages
    return {word.text: word.x0 for word in page.words}


def test_a_row_across_the_table_does_not_end_it() -> None:
    """A heading or a remark as a row of one cell: the rows behind it stand under the headings of the table."""
    body = row("Test", "Result", "Range", "Lab") + row("Glucose, Plasma", "105", "70-99", "01")
    body += row("Comment: fasting") + row("Urea", "5", "2-8", "02")
    found = places(body)
    assert found["Result"] == found["105"] == found["5"]
    assert found["Lab"] == found["01"] == found["02"]
    assert "fasting" in found


def test_a_cell_of_several_lines_keeps_its_row() -> None:
    r"""`\line` inside a cell breaks the text of the cell, not the row."""
    found = places(row("Test", "Result", "Range", "Lab") + row("Urate", "300", r"M: 200-430\line F: 140-360", "01"))
    assert found["Lab"] == found["01"]
    assert found["Range"] == found["M:"]
    assert "|" not in "".join(found)


def test_a_page_set_by_hand_begins_a_page_in_rtf() -> None:
    r"""`\page`, and a paragraph with `\pagebb`."""
    opened = open_pages(rb"{\rtf1\ansi Urea 5\par\page Sodium 140\par\pard\pagebb Zinc 9\par}")
    assert [[line.text for line in lines_of(page) if line.text] for page in opened.pages] == [
        ["Urea 5"], ["Sodium 140"], ["Zinc 9"],
    ]  # fmt: skip


def test_the_head_of_the_pages_is_read() -> None:
    r"""`\header` may be all that names the patient; fields in it show what they were, and its end ends the line."""
    body = rb"{\header \pard Patient: DOE\'2c JANE\tab Page {\field{\*\fldinst {PAGE}}{\fldrslt {1}}}}{\footer x}\pard Urea 5\par"
    (page,) = open_pages(rb"{\rtf1\ansi " + body + b"}").pages
    assert [line.text for line in lines_of(page) if line.text] == ["Patient: DOE, JANE  Page 1", "Urea 5"]


def test_a_head_that_never_ends_is_left_alone() -> None:
    """A torn group is nobody's head."""
    (page,) = open_pages(rb"{\rtf1\ansi Urea 5\par {\header Patient").pages
    assert [line.text for line in lines_of(page) if line.text] == ["Urea 5"]


def test_a_table_in_a_cell_keeps_its_rows() -> None:
    r"""`\nestcell` and `\nestrow`: each inner row is a line."""
    inner = "".join(
        r"\pard\intbl\itap2 "
        + r"\nestcell ".join(cells)
        + r"\nestcell{\*\nesttableprops\trowd\cellx1\nestrow}{\nonesttables\par}"
        for cells in (("Test", "Result", "Unit"), ("Sodium", "140", "mmol/L"), ("Urea", "5", "mmol/L"))
    )
    (page,) = open_pages(
        (r"{\rtf1\ansi \trowd\cellx9000 " + inner + r"\pard\intbl\cell\row\pard After\par}").encode()
    ).pages
    assert [[cell.text for cell in line.cells] for line in lines_of(page) if line.cells] == [
        ["Test", "Result", "Unit"], ["Sodium", "140", "mmol/L"], ["Urea", "5", "mmol/L"], ["After"],
    ]  # fmt: skip
