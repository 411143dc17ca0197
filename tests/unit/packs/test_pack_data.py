"""The data packs hold what the loader and the mapper rely on: valid codes, unique names, known units, sane limits."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

PACKS = Path(__file__).parents[3] / "engine" / "extraction" / "packs"
KEYS = {"id", "group", "en", "es", "codes", "plausible", "decimals"}
CODE_KEYS = {"loinc", "name", "short", "units", "specimen", "values"}
SPECIMENS = {"blood", "gas", "serum", "urine", "csf", "stool", "any"}
PANEL_WORDS = {
    "urinalysis", "lipids", "lipid profile", "hematology", "chemistry", "electrolytes", "coagulation", "thyroid",
    "hemogram", "cbc", "bmp", "cmp", "liver function", "urine", "serum", "serology", "differential",
    "bioquimica", "hematologia", "hemograma", "perfil lipidico", "orina", "suero", "uroanalisis",
    "coagulacion", "perfil tiroideo", "perfil hepatico", "formula leucocitaria", "sedimento", "hormonas",
    "inmunologia", "lipidos", "electrolitos", "serologia", "quimica", "biometria hematica", "gasometria",
}  # fmt: skip


@cache
def units() -> dict[str, list[str]]:
    """The unit table as the safe loader gives it."""
    loaded: dict[str, list[str]] = yaml.load((PACKS / "units.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)[
        "units"
    ]
    return loaded


@cache
def analytes() -> list[dict[str, Any]]:
    """All analytes of all groups as the safe loader gives them."""
    found: list[dict[str, Any]] = []
    for path in sorted((PACKS / "analytes").glob("*.yaml")):
        found.extend(yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader))
    return found


def codes() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each code entry with the id of its analyte."""
    return ((analyte["id"], code) for analyte in analytes() for code in analyte["codes"])


def fold(name: str) -> str:
    """A name without case, accents, blanks and punctuation."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in plain if char.isalnum())


def words(name: str) -> str:
    """A name folded word by word: `Protein S` is not `Proteins`."""
    return " ".join(fold(word) for word in name.split())


def fold_unit(spelling: str) -> str:
    """A printed unit as the loader compares it: blanks gone, micro, superscripts and signs folded, case kept."""
    plain = unicodedata.normalize("NFKC", spelling).replace("\u03bc", "u").replace("\u00d7", "x")
    return "".join(char for char in plain if char not in "^*" and not char.isspace())


def check_digit(number: str) -> str:
    """The mod-10 check digit of a LOINC number without its last part."""
    doubled = str(int(number[::-1][::2][::-1]) * 2)
    total = sum(map(int, doubled)) + sum(map(int, number[::-1][1::2]))
    return str(-total % 10)


@pytest.mark.parametrize(
    ("loinc", "valid"),
    [("2345-7", True), ("718-7", True), ("14749-6", True), ("98979-8", True), ("2345-5", False), ("2354-7", False)],
)
def test_check_digit_tells_a_true_code_from_a_mistyped_one(loinc: str, valid: bool) -> None:
    """The check used on the packs accepts known codes and rejects a wrong digit and a transposition."""
    number, _, digit = loinc.partition("-")
    assert (check_digit(number) == digit) is valid


def test_every_loinc_code_has_a_valid_check_digit() -> None:
    """No code of the packs is mistyped as far as its check digit can tell."""
    wrong = [(owner, code["loinc"]) for owner, code in codes() if check_digit(code["loinc"][:-2]) != code["loinc"][-1]]
    assert wrong == []


def test_the_packs_cover_the_common_tests() -> None:
    """The packs hold at least 150 analytes and 200 printed unit spellings."""
    assert sum(bool(analyte["codes"]) for analyte in analytes()) >= 150
    assert sum(len(spellings) for spellings in units().values()) >= 200


def test_ids_are_unique_and_keys_are_known() -> None:
    """An id names one analyte, and no entry has a key that the loader does not know."""
    assert [name for name, count in Counter(a["id"] for a in analytes()).items() if count > 1] == []
    assert [a["id"] for a in analytes() if set(a) - KEYS or not {"id", "group", "en", "es", "codes"} <= set(a)] == []
    assert [owner for owner, code in codes() if set(code) - CODE_KEYS] == []


def test_every_analyte_has_names_in_english_and_spanish() -> None:
    """Both languages have several names, each a non-empty string listed once."""
    for analyte in analytes():
        for language in ("en", "es"):
            names = analyte[language]
            assert all(isinstance(name, str) and fold(name) for name in names), analyte["id"]
            assert len(names) >= 2, analyte["id"]
            assert len(names) == len(set(names)), analyte["id"]


def test_no_alias_belongs_to_two_analytes() -> None:
    """After folding case, accents, blanks and punctuation a name leads to one analyte only."""
    owners: dict[str, set[str]] = {}
    for analyte in analytes():
        for name in (*analyte["en"], *analyte["es"]):
            owners.setdefault(fold(name), set()).add(analyte["id"])
    assert {name: sorted(ids) for name, ids in owners.items() if len(ids) > 1} == {}


def test_no_panel_word_or_heading_is_an_alias() -> None:
    """A section heading never turns into a test."""
    words = {fold(word) for word in PANEL_WORDS}
    names = {fold(name) for analyte in analytes() for name in (*analyte["en"], *analyte["es"])}
    assert words & names == set()


def test_no_section_heading_of_a_language_pack_is_an_alias() -> None:
    """Headings and names stay apart; the exceptions are strip fields that are headings too."""
    headings: set[str] = set()
    for path in sorted((PACKS / "lang").glob("*.yaml")):
        language = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
        headings |= {words(heading) for group in language["sections"].values() for heading in group}
    names = {words(name) for analyte in analytes() for name in (*analyte["en"], *analyte["es"])}
    assert headings & names <= {"proteinas", "sangre", "blood"}


def test_code_entries_are_complete() -> None:
    """Each code has a name, units, specimens of the agreed set and a known kind of value."""
    for owner, code in codes():
        assert code["name"], owner
        assert code["units"], owner
        assert code["specimen"], owner
        assert set(code["specimen"]) <= SPECIMENS, owner
        assert code.get("values", "numeric") in {"numeric", "qualitative", "titre"}, owner


def test_a_loinc_code_has_one_name_everywhere() -> None:
    """The same code never appears with two long common names."""
    names: dict[str, set[str]] = {}
    for _, code in codes():
        names.setdefault(code["loinc"], set()).add(code["name"])
    assert {code: sorted(found) for code, found in names.items() if len(found) > 1} == {}


def test_code_choice_is_never_ambiguous() -> None:
    """Within an analyte one unit, specimen and kind of value fit one code only."""
    for analyte in analytes():
        seen: Counter[tuple[str, str, str]] = Counter()
        for code in analyte["codes"]:
            kind = code.get("values", "numeric")
            seen.update((unit, specimen, kind) for unit in code["units"] for specimen in code["specimen"])
        assert [place for place, count in seen.items() if count > 1] == [], analyte["id"]


def test_every_unit_of_a_code_is_in_the_unit_table() -> None:
    """A code asks for a unit that can be recognised on paper, or for none."""
    known = {*units(), "none"}
    assert [(owner, unit) for owner, code in codes() for unit in code["units"] if unit not in known] == []


MASS = ("g/dL", "g/L", "mg/dL", "mg/L", "ug/dL", "ug/L", "ug/mL", "ng/mL", "ng/dL", "ng/L", "pg/mL", "pg/dL")
MOLES = ("mmol/L", "umol/L", "nmol/L", "pmol/L", "meq/L")
PROPERTIES: dict[str, tuple[str, ...]] = {
    "[Mass/volume]": (*MASS, "ng/mL{FEU}", "ug/mL{FEU}", "mg/L{FEU}", "ug/L{FEU}", "ng/mL{DDU}", "ug/mL{DDU}"),
    "[Moles/volume]": MOLES,
    "[Enzymatic activity/volume]": ("U/L", "[IU]/L", "ukat/L", "U/mL", "k[IU]/L"),
    "[Units/volume]": ("[IU]/mL", "U/mL", "k[IU]/L", "m[IU]/mL", "m[IU]/L", "u[IU]/mL", "[IU]/L", "U/L", "[arb'U]/mL",
                       "k[IU]/mL", "{Ehrlich'U}/dL"),
    "[#/volume]": ("10*3/uL", "10*9/L", "10*6/uL", "10*12/L", "/uL", "10*6/L"),
    "[#/area]": ("/[HPF]", "/[LPF]"),
    "[Mass/time]": ("mg/(24.h)", "g/(24.h)", "ug/(24.h)", "ug/min"),
    "[Titer]": ("{titer}", "none", "1"),
    "[Partial pressure]": ("mm[Hg]", "kPa"),
    "[Volume Rate/Area]": ("mL/min/{1.73_m2}",),
}  # fmt: skip


def test_the_units_of_a_code_fit_its_property() -> None:
    """A mass code never takes moles, a count never a share: the property in the name decides which units may stand."""
    wrong = [
        (owner, code["loinc"], unit)
        for owner, code in codes()
        for mark, allowed in PROPERTIES.items()
        if mark in code["name"]
        for unit in code["units"]
        if unit not in allowed
    ]
    assert wrong == []


def test_presence_codes_are_qualitative_and_only_they() -> None:
    """A code for presence takes words, and a code that takes words has no unit."""
    for owner, code in codes():
        if "[Presence]" in code["name"]:
            assert code.get("values") == "qualitative", owner
        if code.get("values") == "qualitative":
            assert code["units"] == ["none"], owner


def test_the_specimen_in_the_name_fits_the_specimen_of_the_code() -> None:
    """A code for urine is not given to a name that stands for blood, unless the name itself says urine."""
    for analyte in analytes():
        for code in analyte["codes"]:
            if " Urine" in code["name"] and "blood" in code["specimen"]:
                assert {"urine"} < set(code["specimen"]), analyte["id"]
                assert all(" in Urine" in c["name"] or "24 hour Urine" in c["name"] or " of Urine" in c["name"]
                           for c in analyte["codes"]), analyte["id"]  # fmt: skip
            if "Serum or Plasma" in code["name"] and " Urine" not in code["name"]:
                assert code["specimen"] == ["blood"], analyte["id"]


URINE_WORDS = re.compile(r"\b(urine|urinary|orina|urinari[oa]s?)\b", re.IGNORECASE)
OTHER_WORDS = re.compile(r"\b(csf|lcr|stool|feces|heces|fa?ecal)\b", re.IGNORECASE)


def test_a_name_that_says_its_specimen_never_gets_a_code_for_blood() -> None:
    """`Glucose, Urine` under no heading at all is still not serum glucose: such names have analytes of their own."""
    for analyte in analytes():
        for name in (*analyte["en"], *analyte["es"]):
            if URINE_WORDS.search(name):
                assert all("Urine" in code["name"] for code in analyte["codes"]), (analyte["id"], name)
            if OTHER_WORDS.search(name):
                assert all(
                    "blood" not in code["specimen"] or "Serum" not in code["name"] for code in analyte["codes"]
                ), (
                    analyte["id"],
                    name,
                )


def test_plausibility_limits_stand_in_the_units_of_the_codes() -> None:
    """Each limit is an ordered pair in a unit that one of the codes takes."""
    for analyte in analytes():
        taken = {unit for code in analyte["codes"] for unit in code["units"]}
        limits = analyte.get("plausible", {})
        assert set(limits) <= taken, analyte["id"]
        for low, high in limits.values():
            assert low < high, analyte["id"]


def test_every_numeric_unit_has_a_plausibility_limit() -> None:
    """No number with a unit passes unchecked."""
    for analyte in analytes():
        taken = {
            unit
            for code in analyte["codes"]
            if code.get("values", "numeric") == "numeric"
            for unit in code["units"]
            if unit != "none"
        }
        assert taken <= set(analyte.get("plausible", {})), analyte["id"]


@pytest.mark.parametrize(
    ("analyte_id", "unit", "critical", "lost_point"),
    [
        ("potassium", "mmol/L", 8.9, 42),
        ("hemoglobin", "g/dL", 3.1, 141),
        ("sodium", "mmol/L", 103, 1.4),
        ("calcium", "mg/dL", 5.2, 95),
        ("albumin", "g/dL", 1.1, 42),
        ("protein_total", "g/dL", 3.0, 71),
        ("rbc", "10*6/uL", 1.2, 47),
        ("uric_acid", "mg/dL", 18.0, 72),
        ("magnesium", "mg/dL", 0.7, 21),
        ("hba1c", "%", 16.8, 57),
    ],
)
def test_limits_pass_critical_patients_and_stop_a_lost_decimal_point(
    analyte_id: str, unit: str, critical: float, lost_point: float
) -> None:
    """A real critical value is inside the hard limits; the usual value without its decimal point is outside."""
    low, high = next(analyte for analyte in analytes() if analyte["id"] == analyte_id)["plausible"][unit]
    assert low <= critical <= high
    assert not low <= lost_point <= high


def test_no_unit_spelling_belongs_to_two_units() -> None:
    """After the folding of signs a printed unit leads to one UCUM code only."""
    owners: dict[str, set[str]] = {}
    for ucum, spellings in units().items():
        for spelling in (ucum, *spellings):
            assert isinstance(spelling, str), ucum
            owners.setdefault(fold_unit(spelling), set()).add(ucum)
    assert {spelling: sorted(found) for spelling, found in owners.items() if len(found) > 1} == {}


def test_the_notice_carries_the_loinc_statement() -> None:
    """The LOINC licence asks for its copyright notice beside the codes."""
    text = " ".join((PACKS / "NOTICE").read_text("utf-8").split())
    assert "This material contains content from LOINC (http://loinc.org)." in text
    assert "available at no cost under the license at http://loinc.org/license" in text
    assert "mapping file" in text
