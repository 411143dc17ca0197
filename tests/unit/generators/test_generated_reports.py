from __future__ import annotations

import ast
import json
import random
import re
from datetime import date, timedelta
from pathlib import Path

import pypdfium2
import pytest

from tests import generators
from tests.generators.analytes import STOCK
from tests.generators.demo import plain_value
from tests.generators.layouts import LAYOUTS
from tests.generators.panels import PANELS, draw_panel
from tests.generators.patients import make_patient, make_population, twin_of, write_csv
from tests.generators.reports import compose, correct, make, render, render_text

pytestmark = pytest.mark.slow  # many examples; `make test` runs them, `make check` does not wait

FORMS = [(name, language) for name, layout in LAYOUTS.items() for language in layout.languages]


def pages_of(document: bytes, password: str | None = None) -> list[str]:
    pdf = pypdfium2.PdfDocument(document, password=password)
    try:
        return [page.get_textpage().get_text_bounded() for page in pdf]
    finally:
        pdf.close()


def mod10(code: str) -> bool:
    body, check = code.split("-")
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return (10 - total % 10) % 10 == int(check)


def test_every_code_has_a_right_check_digit():
    """Each LOINC code of the stock and of the panels passes the mod 10 check."""
    codes = {unit.loinc for analyte in STOCK.values() for unit in analyte.units} | {
        p.loinc for p in PANELS.values() if p.loinc
    }
    assert len(codes) > 170
    assert [code for code in codes if not mod10(code)] == []


def test_one_code_belongs_to_one_analyte():
    """No code is shared by two analytes, so a truth can be told from its code."""
    owners: dict[str, set[str]] = {}
    for analyte in STOCK.values():
        for unit in analyte.units:
            owners.setdefault(unit.loinc, set()).add(analyte.key)
    assert {code: keys for code, keys in owners.items() if len(keys) > 1} == {}


def test_every_analyte_stands_in_a_panel():
    """Nothing in the stock is out of reach of the panels."""
    assert {key for panel in PANELS.values() for key in panel.tests} == set(STOCK)


@pytest.mark.parametrize(("layout", "language"), FORMS)
@pytest.mark.parametrize("seed", [1, 2])
def test_truth_is_on_its_page(layout: str, language: str, seed: int):
    """Each result's name, value, unit, range and flag can be read in the text layer of the page the truth names."""
    document, truth = make(layout, seed, language=language)
    pages = ["".join(text.split()) for text in pages_of(document)]
    assert len(pages) == truth.pages
    for result in truth.results:
        page = pages[result.page - 1]
        for printed in (result.value, result.unit, result.reference, result.flag):
            assert "".join(printed.split()) in page, (result, printed)
        assert all(word in page for word in result.test_name.split()), result


@pytest.mark.parametrize(("layout", "language"), FORMS)
def test_head_says_who_and_when(layout: str, language: str):
    """The patient block of page one holds both names, the MRN, the accession number and the lab."""
    document, truth = make(layout, 3, language=language)
    text = "".join(pages_of(document)[0].split()).casefold()
    patient = truth.patient
    for printed in (patient.family, patient.given, patient.mrn, truth.accession, truth.lab_name):
        assert "".join(printed.split()).casefold() in text, printed


@pytest.mark.parametrize(("layout", "language"), FORMS)
def test_same_arguments_same_bytes(layout: str, language: str):
    """A layout is byte-deterministic and two seeds differ."""
    assert make(layout, 5, language=language) == make(layout, 5, language=language)
    assert make(layout, 5, language=language)[0] != make(layout, 6, language=language)[0]


def test_flag_and_range_agree():
    """Where a value and a closed range are printed, the interpretation is what the figures say."""
    checked = 0
    for seed in range(6):
        report = compose("cumulative", seed=seed)
        report = compose("sectioned", seed=seed) if seed % 2 else report
        for section in report.sections:
            for row in section.rows:
                closed = re.fullmatch(r"([\d.]+) ?- ?([\d.]+)", row.reference)
                if not closed or row.choice or not row.value[0].isdigit():
                    continue
                value, low, high = float(row.value), float(closed[1]), float(closed[2])
                expected = "L" if value < low else "H" if value > high else "N"
                assert row.interpretation[-1] == expected, row
                checked += 1
    assert checked > 150


@pytest.mark.parametrize("seed", range(4))
def test_values_of_one_patient_fit_together(seed: int):
    """Differential adds to 100.0, LDL, non-HDL, globulin and the red cell indices follow from what is printed beside them."""
    draw = random.Random(seed)
    by_key = {
        one.analyte.key: one.number
        for name in ("cbc", "lipids", "cmp")
        for one in draw_panel(PANELS[name], system="us", sex="F", age=50, draw=draw)
        if one.number is not None
    }
    assert round(sum(by_key[f"{cell}_pct"] for cell in ("neut", "lymph", "mono", "eos", "baso")), 1) == 100.0
    assert by_key["ldl"] == pytest.approx(by_key["chol"] - by_key["hdl"] - by_key["trig"] / 5, abs=1.1)
    assert by_key["nonhdl"] == pytest.approx(by_key["chol"] - by_key["hdl"], abs=1.0)
    assert by_key["globulin"] == pytest.approx(by_key["protein"] - by_key["albumin"], abs=0.05)
    assert by_key["mcv"] == pytest.approx(by_key["hct"] / by_key["rbc"] * 10, abs=0.06)
    assert by_key["neut_abs"] == pytest.approx(by_key["wbc"] * by_key["neut_pct"] / 100, abs=0.006)


def test_spanish_numbers_use_comma_and_thousands_dot():
    """The Spanish form prints thousands with a dot and decimals with a comma, and the plain value undoes both."""
    report = compose("es_clasico", seed=1)
    rows = {row.key: row for section in report.sections for row in section.rows}
    assert re.fullmatch(r"\d{1,3}\.\d{3}", rows["plt"].value)
    assert re.fullmatch(r"\d+,\d", rows["hgb"].value)
    assert plain_value(rows["plt"].value, report) == rows["plt"].value.replace(".", "")
    assert plain_value(rows["hgb"].value, report) == rows["hgb"].value.replace(",", ".")


def test_stock_yields_comparators_words_and_titres():
    """Over some seeds every kind of value appears."""
    keys = tuple(PANELS)
    values = {
        row.value
        for seed in range(12)
        for section in compose("grid", seed=seed, panels=keys).sections
        for row in section.rows
    }
    for pattern in (r"<\d.*", r">\d.*", r"1:\d+", r"\d\+", "Negative", "Reactive", r"\d+-\d+"):
        assert any(re.fullmatch(pattern, value) for value in values), pattern


def test_text_report_holds_its_truth():
    """Each result of a text report stands on one line with its value, unit and range."""
    text, truth = render_text(compose("monospace", seed=2, language="es"))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    for result in truth.results:
        parts = [part for part in (result.test_name, result.value, result.flag, result.unit, result.reference) if part]
        assert " ".join(" ".join(parts).split()) in lines, result


@pytest.mark.parametrize(("layout", "language"), FORMS)
def test_no_code_twice_in_a_report(layout: str, language: str):
    """A usual report prints each coded test once, so that a result can be found by its code."""
    codes = [row.loinc for section in compose(layout, seed=1, language=language).sections for row in section.rows]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(("layout", "language"), FORMS)
def test_correction_changes_one_result(layout: str, language: str):
    """A corrected report differs in exactly one value, stays normal, carries status C there and is reported later."""
    first = compose(layout, seed=4, language=language)
    before, after = render(first)[1], render(correct(first))[1]
    changed = [(a, b) for a, b in zip(before.results, after.results, strict=True) if a != b]
    assert [b.status for _, b in changed] == ["C"]
    assert changed[0][0].value != changed[0][1].value
    assert changed[0][1].interpretation == "N"
    assert (after.accession, after.status) == (before.accession, "corrected")
    assert after.reported > before.reported


def test_truth_travels_as_json():
    """The JSON of a truth holds the patient and every result."""
    truth = make("grid", 1)[1]
    loaded = json.loads(truth.to_json())
    assert loaded["patient"]["mrn"] == truth.patient.mrn
    assert len(loaded["results"]) == len(truth.results)


def test_people_differ_and_twins_share_a_birthday():
    """MRNs of a population differ; a twin shares family name, birth date and sex but no given name or MRN."""
    people = make_population(2, 300, "es") + make_population(2, 300, "en")
    assert len({one.mrn for one in people}) == 600
    one = people[0]
    other = twin_of(one)
    assert (other.family, other.birth_date, other.sex) == (one.family, one.birth_date, one.sex)
    assert other.given != one.given
    assert other.mrn != one.mrn


def test_directory_file_has_the_promised_columns():
    """The CSV opens with the contract's header and prints ISO dates."""
    text = write_csv([make_patient(1)])
    head, row = text.strip().split("\n")
    assert (
        head
        == "mrn,assigning_authority,family,given,middle,birth_date,sex,identifiers,phone,postcode,deceased_date,merged_into"
    )
    assert date.fromisoformat(row.split(",")[5]) > date(1900, 1, 1)
    assert timedelta(0) < date(2026, 1, 1) - make_patient(1).birth_date


def test_generators_know_neither_engine_nor_parser():
    """No module of the package imports the engine or python-hl7: the truth is independent of what is measured."""
    root = Path(generators.__file__).parent
    modules = sorted(root.rglob("*.py"))
    imported = set()
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    assert len(modules) > 20
    assert imported.isdisjoint({"engine", "hl7", "hl7apy"})
