"""The fourth to the seventh set of forms: what the truth says is what the pages print."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pypdfium2
import pytest

from tests.generators.analytes import STOCK
from tests.generators.fifth import FORMS as FIFTH
from tests.generators.fourth import FORMS as FOURTH
from tests.generators.fourth import Form, make
from tests.generators.loinc import code
from tests.generators.seventh import FORMS as SEVENTH
from tests.generators.sixth import FORMS as SIXTH
from tests.generators.third import FORMS as THIRD
from tests.generators.truth import Truth

pytestmark = pytest.mark.slow  # many examples; `make test` runs them, `make check` does not wait

FORMS = {**FOURTH, **FIFTH, **SIXTH, **SEVENTH}
STACKED = {*SIXTH, *SEVENTH}  # a long range stands in lines of its own
SEEDS = (81, 82, 83, 84, 85)
DRAWN = [
    (name, seed)
    for forms, seeds in (
        (FOURTH, SEEDS),
        (FIFTH, range(91, 96)),
        (SIXTH, range(111, 116)),
        (SEVENTH, range(131, 136)),
    )
    for name in forms
    for seed in seeds
]
LONG = 60
# sentences, boxes and blocks: a name and its value stand on different lines
LOOSE = {"fr_courrier", "br_quadros", "co_examenes"}
BELOW = {"fr_usuelles", "es_protocolo"}  # the range stands under the value
WRAPPED = {("us_procedures", "98979-8")}  # its name takes two lines, which the text of the page has before the value


def squeezed(text: str) -> str:
    return "".join(text.split())


@cache
def drawn(name: str, seed: int) -> tuple[bytes, Truth]:
    return make(FORMS[name], seed)


@cache
def pages_of(name: str, seed: int) -> list[str]:
    pdf = pypdfium2.PdfDocument(drawn(name, seed)[0])
    try:
        return [page.get_textpage().get_text_bounded() for page in pdf]
    finally:
        pdf.close()


def stacked(form: Form, reference: str) -> list[str]:
    """The lines of a reference in words, as the form prints them."""
    spoken = {
        said for _, group in form.sections for test in group for said in (test.reference, test.reference_women) if said
    }
    return next((said for said in spoken if said.replace("\n", " ") == reference), reference).split("\n")


def figures(form: Form, reference: str) -> Iterator[str]:
    """What of a reference is printed together: limits in two columns stand apart, a long one in lines of its own."""
    if form.name == "es_limites":
        yield from reference.split(" - ")
    elif form.name in STACKED:
        yield from stacked(form, reference)
    elif len(reference) < LONG:
        yield reference


def beside_value(form: Form, reference: str) -> list[str]:
    """What of a reference stands on the line of the value: of several lines the first one may."""
    if form.name in BELOW:
        return []
    lines = list(figures(form, reference))
    return lines if form.name not in STACKED or len(lines) == 1 else []


@pytest.mark.parametrize(("name", "seed"), DRAWN)
def test_truth_is_on_its_page(name: str, seed: int):
    """Each result's name, value, unit, range, flag and remark can be read in the text of the page the truth names."""
    truth, pages = drawn(name, seed)[1], [squeezed(text) for text in pages_of(name, seed)]
    assert len(pages) == truth.pages
    for result in truth.results:
        page = pages[result.page - 1]
        for printed in (
            result.value,
            result.unit,
            *figures(FORMS[name], result.reference),
            result.flag,
            result.comment,
        ):
            assert squeezed(printed) in page, (result, printed)
        assert all(word in page for word in result.test_name.split()), result


@pytest.mark.parametrize(("name", "seed"), [(name, seed) for name, seed in DRAWN if name not in LOOSE])
def test_value_stands_beside_its_name(name: str, seed: int):
    """One line of the page holds the begin or the end of the name, the flag, the value and the range."""
    truth = drawn(name, seed)[1]
    lines = [[squeezed(line) for line in text.splitlines()] for text in pages_of(name, seed)]
    for result in truth.results:
        if (name, result.loinc) in WRAPPED:
            continue
        words = result.test_name.split()
        wanted = [result.flag, squeezed(result.value), *map(squeezed, beside_value(FORMS[name], result.reference))]
        beside = [line for line in lines[result.page - 1] if words[0] in line or words[-1] in line]
        assert any(all(part in line for part in wanted) for line in beside), result


@pytest.mark.parametrize(("name", "seed"), DRAWN)
def test_head_says_who_and_where(name: str, seed: int):
    """Page one holds both names, the number of the patient, the accession number and the laboratory."""
    truth, text = drawn(name, seed)[1], squeezed(pages_of(name, seed)[0]).casefold()
    who = truth.patient
    for printed in (who.family, who.given, who.mrn, truth.accession, truth.lab_name):
        assert squeezed(printed).casefold() in text, printed


@pytest.mark.parametrize("name", FORMS)
def test_same_seed_same_bytes(name: str):
    """A form is byte-deterministic and two seeds differ."""
    assert make(FORMS[name], 5) == make(FORMS[name], 5)
    assert make(FORMS[name], 5)[0] != make(FORMS[name], 6)[0]


def test_every_language_has_a_form():
    """Six languages in the fourth set; no form has a name of another set."""
    assert {form.language for form in FOURTH.values()} == {"en", "es", "fr", "de", "it", "pt"}
    assert len(FORMS) == len(FOURTH) + len(FIFTH) + len(SIXTH) + len(SEVENTH)
    assert not set(FORMS) & set(THIRD)


def test_codes_are_those_of_the_stock():
    """Every printed test has a code, one that the stock or the third set knows, and no report prints a code twice."""
    known = {unit.loinc for analyte in STOCK.values() for unit in analyte.units}
    known |= {test.loinc for form in THIRD.values() for _, group in form.sections for test in group}
    for form in FOURTH.values():
        codes = [test.loinc for _, group in form.sections for test in group]
        assert set(codes) <= known, (form.name, set(codes) - known)
        assert len(codes) == len(set(codes)), form.name


@pytest.mark.parametrize("seed", SEEDS)
def test_differential_adds_up(seed: int):
    """The five percentages of the French count add to 100 within rounding."""
    cells = ("770-8", "713-8", "706-2", "736-9", "5905-5")
    parts = [float(one.value.replace(",", ".")) for one in drawn("fr_formule", seed)[1].results if one.loinc in cells]
    assert len(parts) == 5
    assert sum(parts) == pytest.approx(100, abs=0.3)


def test_codes_of_the_later_sets_are_well_formed():
    """Each code ends in its check digit."""
    for form in (*SIXTH.values(), *SEVENTH.values()):
        for _, group in form.sections:
            for test in group:
                assert not test.loinc or code(int(test.loinc.split("-")[0])) == test.loinc, (form.name, test)


def test_numbers_of_the_later_sets_are_drawn_apart():
    """No two tests of a form share the key their number is kept by: blood's red cells are not those of the urine."""
    for form in (*SIXTH.values(), *SEVENTH.values()):
        tests = [*form.unprinted, *(test for _, group in form.sections for test in group)]
        keys = [test.key or test.name for test in tests if not test.words]
        assert len(keys) == len(set(keys)), form.name
