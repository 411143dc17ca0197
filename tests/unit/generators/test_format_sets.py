"""The set of forms that are no PDF: what the truth says is what the documents print, read here in the plainest way."""

from __future__ import annotations

import io
import re
import zipfile
from functools import cache
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, fromstring

import pytest

from engine.ports.content import Content
from tests.generators.analytes import STOCK
from tests.generators.carried import FORMS as CARRIED
from tests.generators.fifth import FORMS as FIFTH
from tests.generators.formats import FORMS, make
from tests.generators.formats.model import DOCX, HL7, HTML, RTF, SUPERSCRIPTS, TEXT
from tests.generators.fourth import FORMS as FOURTH
from tests.generators.third import FORMS as THIRD
from tests.generators.truth import Truth, TruthResult

pytestmark = pytest.mark.slow  # many examples; `make test` runs them, `make check` does not wait

SEEDS = (121, 122, 123, 124, 125)
CARRIED_SEEDS = (141, 142, 143, 144, 145)
BOTH = {**FORMS, **CARRIED}
DRAWN = [(name, seed) for name in FORMS for seed in SEEDS] + [
    (name, seed) for name in CARRIED for seed in CARRIED_SEEDS
]
RAISED = {plain: raised for raised, plain in SUPERSCRIPTS.items()}
UNSEEN = ("fonttbl", "colortbl", "stylesheet", "info", r"\*")
RTF_TOKEN = re.compile(
    r"\\'([0-9a-f]{2})|\\u(-?\d+)\?|\\([a-z]+)(-?\d+)? ?|\\([\\{}*~])|([{}])|[\r\n\0]+|([^\\{}\r\n\0])"
)
RTF_SIGNS = {"par": "\n", "row": "\n", "line": "\n", "page": "\f", "tab": "\t", "cell": "\t", "bullet": "•"}


def squeezed(text: str) -> str:
    return "".join(text.split())


def rtf_text(data: bytes) -> str:
    """What RTF shows: groups of tables, facts and unknown kinds left out, raised digits raised."""
    out: list[str] = []
    groups = [(False, False)]  # unseen, raised
    for found in RTF_TOKEN.finditer(data.decode("ascii")):
        code, number, word, _, sign, brace, plain = found.groups()
        unseen, raised = groups[-1]
        if brace == "{":
            groups.append((unseen, raised))
        elif brace == "}":
            groups.pop()
        elif word in UNSEEN or sign == "*":
            groups[-1] = (True, raised)
        elif word == "super":
            groups[-1] = (unseen, True)
        elif not unseen:
            shown = bytes.fromhex(code).decode("cp1252") if code else chr(int(number)) if number else sign or plain
            out.append(RTF_SIGNS.get(word, "") if shown is None else RAISED.get(shown, shown) if raised else shown)
    assert len(groups) == 1
    return "".join(out)


class Page(HTMLParser):
    """What HTML shows: a line for each row or block, a tab for each cell."""

    VOID = frozenset({"br", "img", "input", "meta", "link", "hr", "col"})
    UNSEEN = frozenset({"script", "style", "title", "noscript", "template"})
    BLOCKS = frozenset({"tr", "p", "div", "table", "h1", "h2", "h3", "li", "pre", "section", "dd"})

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.open: list[tuple[str, bool, bool]] = []
        self.rows: list[int] = []  # how deep each row that is open stands; the paragraphs of its cells are no lines

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        unseen, raised = self.open[-1][1:] if self.open else (False, False)
        if tag in self.VOID:
            self.shown.append(" " if tag == "br" else "")
            return
        style = squeezed(dict(attrs).get("style") or "")
        self.open.append((tag, unseen or tag in self.UNSEEN or "display:none" in style, raised or tag == "sup"))
        self._break(tag)
        if tag == "table":
            self.rows.append(0)
        elif tag in {"tr", "li"} or dict(attrs).get("role") == "listitem":
            self.rows.append(len(self.open))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self.rows and (self.rows[-1] == len(self.open) or (tag == "table" and self.rows[-1] == 0)):
            self.rows.pop()
        assert self.open.pop()[0] == tag
        self._break(tag)

    def _break(self, tag: str) -> None:
        if self.rows and self.rows[-1] and tag in {"p", "div"}:
            self.shown.append(" ")
            return
        self.shown.append("\n" if tag in self.BLOCKS else "\t" if tag in {"td", "th"} else "")

    def handle_data(self, data: str) -> None:
        unseen, raised = self.open[-1][1:] if self.open else (False, False)
        if not unseen:
            self.shown.append("".join(RAISED[one] for one in data) if raised else " ".join(data.splitlines()))


def html_text(data: bytes) -> str:
    page = Page()
    page.feed(data.decode("cp1252" if re.search(rb"charset=(iso-8859-1|windows-1252)", data) else "utf-8"))
    page.close()
    assert not page.open
    return "".join(page.shown)


def docx_text(data: bytes) -> str:
    """What a word processor shows, the head and the foot of the page once each; a line for each row or paragraph."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = [fromstring(packed.read(f"word/{name}.xml")) for name in ("header1", "document", "footer1")]
    return "\n".join(_shown(part, in_row=False) for part in parts)


def _shown(node: Element, *, in_row: bool) -> str:
    tag = node.tag.partition("}")[2]
    if tag == "r" and any(one.tag.endswith("}vanish") for one in node.iter()):
        return ""
    if tag in {"t", "br"}:
        return node.text or ("\f" if any(value == "page" for value in node.attrib.values()) else " ")
    text = "".join(_shown(one, in_row=in_row or tag == "tr") for one in node)
    return text + {"tr": "\n", "tc": "\t", "p": " " if in_row else "\n"}.get(tag, "")


def hl7_text(data: bytes) -> str:
    """What the text of a message shows: OBX-5 of each segment a line, commands of layout as blanks and lines."""
    segments = [segment.split("|") for segment in data.decode("latin-1").split("\r")]
    text = "\n".join(fields[5] for fields in segments if fields[0] == "OBX")
    text = re.sub(r"\\\.(?:br|ce|sp\d?)\\", "\n", re.sub(r"\\(?:[HN]|\.nf|\.(?:in|ti)[+-]\d)\\", "", text))
    return re.sub(r"\\([EFRST])\\", lambda found: "\\|~^&"["EFRST".index(found[1])], text)


SHOWN = {HL7: hl7_text, RTF: rtf_text, HTML: html_text, DOCX: docx_text, TEXT: lambda data: data.decode("cp1252")}
LONG = 24  # the shortest name that breaks into lines
LOOSE = {"br_blocos_text"}  # a block a test: a name and its value stand on different lines


@cache
def drawn(name: str, seed: int) -> tuple[bytes, Truth]:
    return make(BOTH[name], seed)


@cache
def pages_of(name: str, seed: int) -> list[str]:
    return SHOWN[BOTH[name].media_type](drawn(name, seed)[0]).split("\f")


def named(name: str) -> str:
    """A name, or its first word where it may break into lines."""
    return name if len(name) < LONG else name.split(maxsplit=1)[0]


def parts(result: TruthResult) -> tuple[str, ...]:
    """What stands in the row of a result, but its name."""
    return result.value, result.unit, result.reference, result.flag


@pytest.mark.parametrize(("name", "seed"), DRAWN)
def test_truth_is_on_its_page(name: str, seed: int):
    """Each result's name, value, unit, range, flag, heading and remark can be read on the page the truth names."""
    truth, pages = drawn(name, seed)[1], [squeezed(text) for text in pages_of(name, seed)]
    assert len(pages) == truth.pages
    for result in truth.results:
        page = pages[result.page - 1]
        for printed in (*parts(result), result.comment):
            assert squeezed(printed) in page, (result, printed)
        assert all(word in page for word in result.test_name.split()), result
        assert any(squeezed(result.section) in page for page in pages[: result.page]), result


@pytest.mark.parametrize(("name", "seed"), [(name, seed) for name, seed in DRAWN if name not in LOOSE])
def test_value_stands_beside_its_name(name: str, seed: int):
    """One line holds the name (its first word where it breaks), the value, unit, range and flag; each one result."""
    lines = [squeezed(line) for page in pages_of(name, seed) for line in page.splitlines()]
    for result in drawn(name, seed)[1].results:
        place = next((at for at, line in enumerate(lines) if all(squeezed(one) in line for one in (named(result.test_name), *parts(result)))), None)  # fmt: skip
        assert place is not None, result
        lines.pop(place)


@pytest.mark.parametrize(("name", "seed"), DRAWN)
def test_head_says_who_and_where(name: str, seed: int):
    """Page one holds both names, the number of the patient, the accession number and the laboratory."""
    truth, text = drawn(name, seed)[1], squeezed(pages_of(name, seed)[0]).casefold()
    who = truth.patient
    for printed in (who.family, who.given, who.mrn, truth.accession, truth.lab_name):
        assert squeezed(printed).casefold() in text, printed


@pytest.mark.parametrize("name", BOTH)
def test_same_seed_same_bytes(name: str):
    """A form is byte-deterministic and two seeds differ."""
    assert make(BOTH[name], 5) == make(BOTH[name], 5)
    assert make(BOTH[name], 5)[0] != make(BOTH[name], 6)[0]


@pytest.mark.parametrize("name", [name for name, form in BOTH.items() if form.media_type == HL7])
def test_message_gives_its_text(name: str):
    """The text that a message hands over is the one it shows, but for blanks."""
    documents = Content(drawn(name, 121)[0]).decoded.documents
    assert [one.document.media_type for one in documents] == ["text/plain"]
    assert squeezed(documents[0].data.decode()) == squeezed(pages_of(name, 121)[0])


def test_no_name_of_another_set():
    """A form is known by its name in one set only."""
    assert not set(FORMS) & (set(THIRD) | set(FOURTH) | set(FIFTH))
    assert not set(CARRIED) & (set(FORMS) | set(THIRD) | set(FOURTH) | set(FIFTH))


def test_codes_are_those_of_the_other_sets():
    """Every printed test has a code that the stock or another set knows, and no report prints a code twice."""
    known = {unit.loinc for analyte in STOCK.values() for unit in analyte.units}
    for forms in (THIRD, FOURTH, FIFTH):
        known |= {test.loinc for form in forms.values() for _, group in form.sections for test in group}
    for form in FORMS.values():
        codes = [test.loinc for _, group in form.says.sections for test in group]
        assert set(codes) <= known, (form.name, set(codes) - known)
        assert len(codes) == len(set(codes)), form.name


def test_codes_of_carried_forms_stand_once():
    """No carried form gives a code twice, and each prints twenty-five to fifty tests."""
    for form in CARRIED.values():
        codes = [test.loinc for _, group in form.says.sections for test in group]
        coded = [code for code in codes if code]
        assert len(coded) == len(set(coded)), form.name
        assert 25 <= len(codes) <= 50, form.name
