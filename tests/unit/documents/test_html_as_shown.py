"""HTML as it is shown: tables in tables, boxes side by side, cells over several rows, lines in cells, what is hidden."""

from __future__ import annotations

import pytest

from engine.documents.opening import open_pages
from engine.documents.styles import Styles
from engine.documents.tree import Element, tree_of
from engine.extraction.packs import load_packs
from engine.extraction.reader import read_report
from tests.unit.documents.test_marked_up_formats import cells


def shown(body: str, head: str = "") -> list[list[str]]:
    return cells(open_pages(f"<html><head>{head}</head><body>{body}</body></html>".encode()))


RESULTS = "<table><tr><th>Test<th>Result<th>Units<tr><td>Sodium<td>140<td>mmol/L<tr><td>Urea<td>5.1<td>mmol/L</table>"
READ = [["Test", "Result", "Units"], ["Sodium", "140", "mmol/L"], ["Urea", "5.1", "mmol/L"]]


def test_a_table_in_a_cell_of_another_keeps_its_rows() -> None:
    """Pages are laid out with tables: what stands in the cell of one is read as a table of its own."""
    assert shown(f"<table><tr><td><img src=x><td>Lab</tr><tr><td colspan=2>{RESULTS}</td></tr></table>") == [
        ["Lab"],
        *READ,
    ]
    assert shown(f"<table><tr><td><table><tr><td>{RESULTS}</td></tr></table></td></tr></table>") == READ


def test_tables_side_by_side_in_a_table_stay_side_by_side() -> None:
    """The lines of neighbouring cells share their lines, as on the screen."""
    assert shown(f"<table><tr><td>{RESULTS}</td><td>{RESULTS}</td></tr></table>") == [[*row, *row] for row in READ]


def test_a_cell_over_several_rows_takes_its_place_in_each() -> None:
    """The cells of the rows behind the first begin one column later; what the tall cell names holds for all of them."""
    body = "<table><tr><th>Specimen<th>Test<th>Result<tr><td rowspan=2>Urine<td>Protein<td>0.3<tr><td>Glucose<td>1.2<tr><td>Serum<td>Urea<td>5</table>"
    assert shown(body) == [
        ["Specimen", "Test", "Result"],
        ["Urine", "Protein", "0.3"],
        ["Urine", "Glucose", "1.2"],
        ["Serum", "Urea", "5"],
    ]


def test_a_value_over_several_rows_is_said_once() -> None:
    """A number that stands beside two rows belongs to the first alone, and a remark under a name is no result of it."""
    assert shown("<table><tr><td>Sodium<td rowspan=2>140<td>mmol/L<tr><td>(indirect)<td>ISE</table>") == [
        ["Sodium", "140", "mmol/L"],
        ["(indirect)", "ISE"],
    ]
    assert shown("<table><tr><td rowspan=2>Glucose<td>105<td>mg/dL<tr><td colspan=2>non-fasting</table>")[1] == [
        "non-fasting"
    ]


def test_names_over_names_beside_values_over_values_are_lines() -> None:
    """One cell holds all names and one all values, line by line: an empty line keeps those under it in their place."""
    body = (
        "<table><tr><td>Sodium<br>INR<br>Urea</td><td>140<br>1.1<br>5.1</td><td>mmol/L<br><br>mmol/L</td></tr></table>"
    )
    assert shown(body) == [["Sodium", "140", "mmol/L"], ["INR", "1.1"], ["Urea", "5.1", "mmol/L"]]


def test_a_text_broken_to_fit_into_its_cell_is_one_text() -> None:
    """Beside cells of one line, a range in two lines is one range."""
    assert shown("<table><tr><td>Urate<td>300<td>M: 200 - 430<br>F: 140 - 360</table>") == [
        ["Urate", "300", "M: 200 - 430 F: 140 - 360"]
    ]


@pytest.mark.parametrize(
    "sheet",
    [
        ".l span{display:inline-block}",
        ".l > span { float : left }",
        "div.l{display:flex}",
        "/* x */ @media screen { .n, .r, .u { display: table-cell } }",
        "",
    ],
)
def test_fields_that_are_boxes_beside_each_other_are_cells(sheet: str) -> None:
    """A line of spans with nothing between is a row, by its style, or by lines that are all built alike."""
    rows = [("Test", "", "Result", "Unit"), ("Sodium", "&uarr;", "150", "mmol/L"), ("Urea", "", "5.1", "mmol/L")]
    lines = [
        "".join(f'<span class="{kind}">{text}</span>' for kind, text in zip("nfru", row, strict=True)) for row in rows
    ]
    body = "<div>Lab</div>" + "<h2>Salts</h2>".join(f'<div class="l">{line}</div>' for line in lines)
    got = open_pages(f"<style>{sheet}</style><body>{body}</body>".encode())
    assert cells(got) == [
        ["Lab"], ["Test", "Result", "Unit"], ["Salts"], ["Sodium", "↑", "150", "mmol/L"], ["Salts"], ["Urea", "5.1", "mmol/L"],
    ]  # fmt: skip
    words = {word.text: word.x0 for word in got.pages[0].words}
    assert words["Result"] == words["150"] == words["5.1"]


def test_parts_of_one_number_are_no_cells() -> None:
    """Runs inside a line without a style are one text."""
    assert shown('<p>Sodium <b>14</b><span class="d">0</span> mmol/L</p>') == [["Sodium 140 mmol/L"]]


def test_what_a_style_sheet_hides_is_not_read() -> None:
    """Hidden by class, unless a later or weightier rule shows it; a rule for small screens hides nothing."""
    sheet = """<style><!-- .old, #menu { display: none } p.x{visibility:hidden} .kept{display:none} .kept{display:block}
    @media only screen and (max-width:480px){ .cell{display:none} } --></style>"""
    body = '<p class="old">9.9</p><p id="menu">Menu</p><p class="x">8</p><p class="kept">Urea 5</p><p class="cell">TSH 2</p>'
    assert shown(body, sheet) == [["Urea 5"], ["TSH 2"]]


def test_an_unseen_cell_keeps_its_place() -> None:
    """A cell that is only made invisible still takes its column; one that is not displayed does not."""
    body = "<table><tr><td>Test<td>Flag<td>Result</tr><tr><td>Urea<td style='visibility:hidden'>H<td>5.1</tr></table>"
    got = open_pages(body.encode())
    words = {word.text: word.x0 for word in got.pages[0].words}
    assert "H" not in words
    assert words["Result"] == words["5.1"]


def test_preformatted_text_keeps_its_columns() -> None:
    """The blanks of a report in `pre` are those of the page, in a table too."""
    text = "Test        Result   Units\nSodium      <b>140</b>      mmol/L\nINR         1.1\n"
    for body in (f"<pre>{text}</pre>", f"<table><tr><td>x</td></tr><tr><td><pre>{text}</pre></td></tr></table>"):
        words = {word.text: word.x0 for word in open_pages(f"<html>{body}</html>".encode()).pages[0].words}
        assert words["Result"] == words["140"] == words["1.1"]


def test_what_is_written_into_a_field_is_shown() -> None:
    """A form's text fields show their values, its hidden ones do not."""
    body = "<table><tr><td>Urea<td><input value='5.1'><input type=hidden value='9'></table>"
    assert shown(body) == [["Urea", "5.1"]]


def test_deep_and_torn_markup_is_read_as_far_as_it_goes() -> None:
    """Tables in hundreds of tables, ends without beginnings, cells without tables: nothing is dropped."""
    deep = "<table><tr><td>" * 400 + "Urea 5.1" + "</td></tr></table>" * 400 + "<p>Sodium 140</p>"
    assert [" ".join(row) for row in shown(deep)] == ["Urea 5.1", "Sodium 140"]
    assert shown("</td></table><td>Urea</td><td>5.1</td></div></tr>") == [["Urea 5.1"]]
    assert shown("<table><caption>Salts</caption>loose<tr><td>Urea<td>5.1") == [["Salts"], ["loose"], ["Urea", "5.1"]]


def test_a_heavier_selector_wins() -> None:
    """Ids before classes before tags, then the later rule; `!important` before all, a style attribute before the sheet."""
    styles = Styles()
    styles.add("td{display:block} #a.b{float:left} .b{float:right;display:none!important} td:hover{display:flex}")
    path = [Element("tr"), Element("td", {"id": "a", "class": "b c", "style": "display:inline; float:none"})]
    assert styles.of(path) == {"display": "none", "float": "none"}
    assert styles.of([Element("td", {"id": "a", "class": "b"})])["float"] == "left"


def test_end_tags_may_be_left_out() -> None:
    """A cell ends where the next one, the row or the table does."""
    (html,) = (
        part for part in tree_of("<table><tr><td>a<td><p>b<p>c<tr><td>d</table>x").inside if isinstance(part, Element)
    )
    rows = [part for part in html.inside if isinstance(part, Element)]
    assert [[cell.tag for cell in row.inside if isinstance(cell, Element)] for row in rows] == [["td", "td"], ["td"]]


def test_a_page_laid_out_with_tables_is_read() -> None:
    """From end to end: patient, results and remarks of a page whose tables stand in tables."""
    body = f"""<table><tr><td><table><tr><td>Patient:</td><td><b>DOE, JANE</b></td><td>DOB:</td><td>14-Mar-1970</td></tr></table></td></tr>
    <tr><td>{RESULTS}</td></tr></table>"""
    report = read_report(open_pages(f"<html><body>{body}</body></html>".encode()), load_packs(), sha256="0" * 64)
    assert report.patient.name == "DOE, JANE"
    assert [(item.test_name, item.value) for item in report.results] == [("Sodium", "140"), ("Urea", "5.1")]


def test_fields_without_any_style_stay_apart() -> None:
    """Lines too few to be known as a table: a word and a number of two spans are two, the parts of a number one."""
    body = '<p><span class="n">Sodium</span><span class="v">14</span><span class="d">0</span><span class="u">mmol/L</span></p>'
    assert shown(body) == [["Sodium 140 mmol/L"]]


def test_divisions_that_are_the_fields_of_lines_built_alike() -> None:
    """Portals set tables of divisions; where the style was not sent, each line of fields is still a line."""
    rows = [("Test", "Result", "Unit"), ("Sodium", "140", "mmol/L"), ("Urea", "5.1", "mmol/L")]
    body = "".join(
        '<div class="row">\n'
        + "\n".join(f'<div class="c{at}">{text}</div>' for at, text in enumerate(row))
        + "\n</div>"
        for row in rows
    )
    assert shown(body) == [list(row) for row in rows]
    assert shown('<div><div class="a">One</div><div class="b">Two</div><div class="c">Three</div></div>') == [
        ["One"], ["Two"], ["Three"],
    ]  # fmt: skip


def test_a_list_of_terms_is_lines() -> None:
    """A term and what is told of it stand in one line."""
    assert shown("<dl><dt>Sodium<dd>140 mmol/L<dt>Urea<dd>5.1 mmol/L</dl>after") == [
        ["Sodium", "140 mmol/L"], ["Urea", "5.1 mmol/L"], ["after"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        "<table><tr><td><table><tr><td>{}</td><td>{}</td><td>{}</td></tr></table></td></tr></table>",
        '<div><span class="n">{}</span><span class="v">{}</span><span class="u">{}</span></div>',
        "<div><b>{}</b>{}<i>{}</i></div>",
        '<div style="display:flex"><div>{}</div><div><p>{}</p></div><div>{}</div></div>',
        '<p style="display:grid"><span>{}</span><span>{}</span><span>{}</span></p>',
        "<ul><li>{} {} {}</li></ul>",
        "<dl><dt>{}</dt><dd>{} {}</dd></dl>",
        "<pre>{}     {}  {}</pre>",
        "<section><div><div>{}</div></div><div>{}</div><div>{}</div></section>",
    ],
)
@pytest.mark.parametrize("times", [1, 4])
def test_no_results_are_never_all_there_is_to_say(row: str, times: int) -> None:
    """However results are marked up, they are read, or told of as lines that were not."""
    tests = [
        ("Sodium", "151", "mmol/L"),
        ("Urea", "5.3", "mmol/L"),
        ("Potassium", "4.7", "mmol/L"),
        ("Chloride", "103", "mmol/L"),
    ]
    body = "".join(row.format(*told) for told in tests[:times])
    report = read_report(open_pages(f"<html><body>{body}</body></html>".encode()), load_packs(), sha256="0" * 64)
    for _, value, _ in tests[:times]:
        held = any(item.value == value for item in report.results) or any(value in line.text for line in report.unread)
        assert held, (value, report.results, report.unread)


def test_a_rule_for_what_stands_in_another_element() -> None:
    """Elements that look alike are told apart by what they stand in."""
    sheet = "<style>.a p{display:none} .b > i{display:none}</style>"
    body = '<div class="a"><p>1</p></div><div><p>Urea 2</p></div><div class="b"><i>3</i><u><i>Zinc 4</i></u></div>'
    assert shown(body, sheet) == [["Urea 2"], ["Zinc 4"]]


@pytest.mark.parametrize(
    "columns", ["2fr 1fr 1fr", "repeat(3, 1fr)", "minmax(10px, 1fr) repeat(2, 80px)", "[a] 1fr [b] 1fr 1fr"]
)
def test_a_grid_has_as_many_columns_as_its_style_says(columns: str) -> None:
    """The boxes of a grid fill its columns line by line; one that is not shown takes no place."""
    texts = ["Test", "Result", "Unit", "Sodium", "140", "mmol/L"]
    boxes = "<p hidden>9</p>".join(f"<div>{text}</div>" for text in texts)
    assert shown(f'<div style="display:grid;grid-template-columns:{columns}">\n{boxes}\n</div><p>after</p>') == [
        texts[:3], texts[3:], ["after"],
    ]  # fmt: skip


def test_a_grid_whose_columns_depend_on_the_viewer_is_no_row() -> None:
    """`auto-fill` says nothing: its boxes stand one under the other."""
    style = "display:grid;grid-template-columns:repeat(auto-fill, 90px)"
    assert shown(f'<div style="{style}"><div>Sodium</div><div>140</div></div>') == [["Sodium"], ["140"]]
