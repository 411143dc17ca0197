"""The site's words over the packs: for one laboratory only, and every mistake told with its place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.documents.opening import open_pages
from engine.domain.report import Result
from engine.extraction.packs.load import load_packs, parse_yaml
from engine.extraction.packs.overlay import build_overlay, is_loinc, laid_over
from engine.extraction.reader import read_report

OVERLAY = """
version: 1
labs:
  - facility: NORTHLAB
    tests:
      - test: ferritin
        names: [Eisenspeicher XQ]
      - test: zonulin
        display: Zonulin
        names: [Zonulin-FX]
        codes: [{loinc: 2276-4, name: Zonulin, units: [ng/mL], specimen: [blood]}]
        plausible: {ng/mL: [0, 200]}
    units: {"ngr/mL": ng/mL}
  - tests:
      - test: glucose
        names: [Zuckerprobe]
"""
PAGE = """Test                      Result     Units      Reference Range
Eisenspeicher XQ          105        ng/mL      15 - 150
Zonulin-FX                40         ngr/mL     10 - 60
Zuckerprobe               92         mg/dL      70 - 110
"""


def results(facility: str) -> list[Result]:
    overlay, faults = build_overlay(parse_yaml(OVERLAY), load_packs())
    assert faults == []
    packs = laid_over(load_packs(), overlay.of(facility, "LIS"))
    return list(read_report(open_pages(PAGE.encode()), packs, sha256="0" * 64).results)


def test_laboratory_of_the_overlay_is_coded() -> None:
    """Its names, a test of its own, its units and limits count; so do the words for all laboratories."""
    ferritin, zonulin, glucose = results("Northlab")
    assert (ferritin.loinc_code, glucose.loinc_code) == ("2276-4", "2345-7")
    assert (zonulin.loinc_code, zonulin.unit_ucum, zonulin.plausibility) == ("2276-4", "ng/mL", "ok")


def test_other_laboratory_is_not() -> None:
    """The same words of another sender stay uncoded and wait."""
    ferritin, zonulin, glucose = results("SOUTHLAB")
    assert (ferritin.loinc_code, zonulin.loinc_code, glucose.loinc_code) == ("", "", "2345-7")
    assert ferritin.needs_review


def test_site_word_counts_before_the_packs() -> None:
    """A name that means one test in the packs means another where the laboratory says so."""
    raw = {"version": 1, "labs": [{"facility": "A", "tests": [{"test": "ferritin", "names": ["Glucose"]}]}]}
    overlay, faults = build_overlay(raw, load_packs())
    packs = laid_over(load_packs(), overlay.of("A", ""))
    assert (faults, packs.named("glucose", "en")) == ([], ("ferritin",))


def test_closer_entry_counts_before_a_wider_one() -> None:
    """What is said of a facility and application wins over what is said of all."""
    labs = [
        {"facility": "A", "application": "L", "tests": [{"test": "ferritin", "names": ["Probe"]}]},
        {"tests": [{"test": "glucose", "names": ["Probe"]}]},
    ]
    overlay, _ = build_overlay({"version": 1, "labs": labs}, load_packs())
    found = {key: laid_over(load_packs(), overlay.of(*key)).aliases["probe"] for key in (("A", "L"), ("A", "M"))}
    assert found == {("A", "L"): ("ferritin",), ("A", "M"): ("glucose",)}


TEST = {"test": "ferritin", "names": ["X1"]}
CODE = {"loinc": "2276-4", "units": ["ng/mL"]}


@pytest.mark.parametrize(
    ("lab", "path", "words"),
    [
        ({"tests": [{**TEST, "nmaes": []}]}, ("tests", 0, "nmaes"), "no such setting"),
        ({"tests": [{"test": "feritin", "names": ["X"]}]}, ("tests", 0, "test"), "no test of the packs"),
        ({"tests": [{**TEST, "codes": [{**CODE, "loinc": "2276-5"}]}]}, ("tests", 0, "codes", 0, "loinc"), "digit"),
        ({"tests": [{**TEST, "codes": [{**CODE, "units": ["ngx"]}]}]}, ("tests", 0, "codes", 0, "units", 0), "UCUM"),
        ({"tests": [{**TEST, "codes": [{**CODE, "specimen": ["x"]}]}]}, ("tests", 0, "codes", 0, "specimen", 0), "no"),
        ({"tests": [{**TEST, "plausible": {"ng/mL": [9, 1]}}]}, ("tests", 0, "plausible", "ng/mL"), "above"),
        ({"tests": [{**TEST, "plausible": {"ng/mL": ["a", 1]}}]}, ("tests", 0, "plausible", "ng/mL"), "two numbers"),
        ({"tests": [{**TEST, "names": "X1"}]}, ("tests", 0, "names"), "a list"),
        ({"tests": [{**TEST, "names": ["--"]}]}, ("tests", 0, "names", 0), "nothing is left"),
        ({"tests": [TEST, {"test": "glucose", "names": ["x1"]}]}, ("tests", 1, "names", 0), "`ferritin` already"),
        ({"units": {"x": "ngx"}}, ("units", "x"), "UCUM"),
        ("north", (), "a mapping"),
    ],
)
def test_mistake_has_its_place(lab: Any, path: tuple[str | int, ...], words: str) -> None:
    """Each mistake is found where it stands, in words, and is left out of the overlay."""
    _, faults = build_overlay({"version": 1, "labs": [lab]}, load_packs())
    assert [fault.path for fault in faults] == [("labs", 0, *path)]
    assert words in faults[0].message


def test_loinc_check_digits() -> None:
    """Every code of the packs passes, and none of them with another last digit."""
    codes = {code.loinc for analyte in load_packs().analytes.values() for code in analyte.codes}
    assert all(is_loinc(code) for code in codes)
    assert not any(is_loinc(f"{code[:-1]}{(int(code[-1]) + 1) % 10}") for code in codes)
    assert Decimal(len(codes)) > 300
