"""Names as laboratories print them get the code of their test, and names that fit two tests or another one get none.

`tests/data/names` holds them by language: {loinc, unit, specimen, kind, names}; no loinc where no code is right.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.extraction.codes import Chosen, Matcher, choose_code, specimen_in_name
from engine.extraction.doubts import SURE_NAME
from engine.extraction.packs import load_packs
from engine.extraction.qualifiers import _TABLE

NAMES = Path(__file__).parents[2] / "data" / "names"
LANGUAGES = ("en", "es", "fr", "de", "it", "pt")


@cache
def entries(language: str) -> list[dict[str, Any]]:
    """The file of a language, in the compiled parser."""
    loaded: list[dict[str, Any]] = yaml.load((NAMES / f"{language}.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def choose(name: str, matcher: Matcher, *, unit: str, specimen: str = "", kind: str = "numeric") -> Chosen:
    """What the reader chooses for a row of that name, unit and kind of value under a heading of that specimen."""
    packs = matcher.packs
    where = specimen_in_name(name, matcher) or specimen
    return choose_code(matcher.find(name), packs, ucum=packs.units.ucum(unit), unit=unit, specimen=where, kind=kind)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_printed_name_has_its_code_for_certain(language: str) -> None:
    """Every name leads to its code without a doubt about the name, or to none where none is right."""
    matcher = Matcher(load_packs(), language)
    wrong = []
    for entry in entries(language):
        unit, specimen, kind = entry.get("unit", ""), entry.get("specimen", ""), entry.get("kind", "numeric")
        for name in entry["names"]:
            chosen = choose(name, matcher, unit=unit, specimen=specimen, kind=kind)
            got = chosen.code.loinc if chosen.code else None
            if got != entry["loinc"] or (got and chosen.score < SURE_NAME):
                wrong.append((name, unit, specimen, entry["loinc"], got, chosen.score))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lists_are_wide(language: str) -> None:
    """Each language has several names of most common tests, each once."""
    names = [
        (name, entry.get("unit"), entry.get("specimen"), entry.get("kind"))
        for entry in entries(language)
        for name in entry["names"]
    ]
    assert len(names) == len(set(names)) >= 900
    assert len({entry["loinc"] for entry in entries(language)}) >= 200


@pytest.mark.parametrize(
    ("language", "name", "unit"),
    [
        ("de", "eGFR (Cystatin C)", "ml/min/1,73m²"),
        ("en", "eGFR (African American)", "mL/min/1.73m2"),
        ("en", "eGFR (CKD-EPI, race not applied)", "mL/min/1.73m2"),
        ("fr", "Clairance de la créatinine (Cockcroft)", "mL/min"),
        ("de", "Vitamin B12 (Holotranscobalamin aktiv)", "pmol/l"),
        ("de", "Cortisol (Speichel)", "nmol/l"),
        ("pt", "Cortisol (16h)", "ug/dL"),
        ("de", "Cortisol im Urin", "µg/dl"),
        ("de", "Amylase i.U.", "U/l"),
        ("es", "Cloro (sudor)", "mmol/L"),
        ("es", "LDH (líquido ascítico)", "U/L"),
        ("en", "Glucose (Body Fluid)", "mg/dL"),
        ("en", "Glucose (2 hr)", "mg/dL"),
        ("fr", "Glycémie (après repas)", "g/L"),
        ("fr", "Hémoglobine plasmatique", "g/L"),
        ("de", "Zink (Vollblut)", "µg/dl"),
        ("fr", "Magnésium (érythrocytaire)", "mmol/L"),
        ("es", "Ac. IgG", "mg/dL"),
        ("en", "IgG (Subclass 1)", "mg/dL"),
        ("es", "Anticuerpos anti-insulina", "U/mL"),
        ("fr", "Testostérone (biodisponible)", "nmol/L"),
        ("fr", "Facteur rhumatoïde (IgA)", "UI/mL"),
        ("es", "Calcio (corregido por proteínas totales)", "mg/dL"),
        ("en", "Creatine", "umol/L"),
        ("es", "Fosfatasa alcalina (isoenzima ósea)", "U/L"),
    ],
)
def test_a_name_close_to_a_known_one_gets_no_code(language: str, name: str, unit: str) -> None:
    """What is said beside a name makes another test of it, one that no code here is for."""
    assert choose(name, Matcher(load_packs(), language), unit=unit).code is None


@pytest.mark.parametrize("name", ["Troponin I (POC)", "HDL (Large)", "CK (Sportler)"])
def test_a_bracket_that_nobody_knows_waits_for_a_person(name: str) -> None:
    """The code of the name is proposed, not taken for certain."""
    match = Matcher(load_packs(), "en").find(name)
    assert match is not None
    assert match.score < SURE_NAME


@pytest.mark.parametrize(
    ("language", "name", "specimen"),
    [
        ("de", "Natrium i.U.", "urine"),
        ("de", "Albumin im Serum", "serum"),
        ("fr", "Sodium (urines)", "urine"),
        ("fr", "Ferritine sérique", "serum"),
        ("it", "Calprotectina nelle feci", "stool"),
        ("pt", "Proteínas no líquor", "csf"),
        ("de", "Blut", ""),
        ("de", "Bleigehalt im Blut", "blood"),
        ("en", "P-LCR", ""),
        ("en", "Occult Blood", ""),
        ("en", "UA", ""),
    ],
)
def test_a_name_tells_its_specimen(language: str, name: str, specimen: str) -> None:
    """By a word or its end; words of a known name that mean no specimen tell none."""
    assert specimen_in_name(name, Matcher(load_packs(), language)) == specimen


def test_blood_in_the_name_counts_more_than_a_heading_of_urine() -> None:
    """Serum creatinine beside the clearance stays one of serum."""
    chosen = choose("Kreatinin im Serum", Matcher(load_packs(), "de"), unit="mg/dl", specimen="urine")
    assert chosen.code is not None
    assert chosen.code.loinc == "2160-0"


def test_what_is_said_names_tests_of_the_packs() -> None:
    """Every test of the table of things said beside a name is in the packs."""
    packs = load_packs()
    named = {*_TABLE, *(other for rules in _TABLE.values() for _, other in rules if other)}
    assert named - set(packs.analytes) == set()
