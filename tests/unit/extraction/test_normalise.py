"""Codes and units are added to discrete results where certain, and nowhere else."""

from __future__ import annotations

import pytest

from engine.domain.order import Coded, Inbound, Observation, Order
from engine.extraction.normalise import normalise
from engine.extraction.packs.load import load_packs
from engine.extraction.packs.model import Packs


@pytest.fixture(scope="module")
def packs() -> Packs:
    """The packs that ship."""
    return load_packs()


def _coded(text: str) -> Coded:
    parts = [*text.split("^"), "", "", "", "", "", ""]
    return Coded(
        code=parts[0], text=parts[1], system=parts[2], alternate_code=parts[3], alternate_text=parts[4], alternate_system=parts[5]
    )  # fmt: skip


def _after(packs: Packs, code: str, value: str, unit: str, *, kind: str = "NM", source: str = "") -> Observation:
    line = f"OBX|1|{kind}|{code}|1|{value}|{unit}|1-2|H|||F"
    sent = Observation(
        location="OBX[1]", code=_coded(code), value_type=kind, er7=line, values=(value,), unit=_coded(unit)
    )  # fmt: skip
    order = Order(obr="OBR|1|||X" + "|" * 11 + source, observations=(sent,))
    found = normalise(Inbound(kind="ORU", orders=(order,)), packs).orders[0].observations[0]
    assert (found.values, found.er7.split("|")[5], found.er7.split("|")[7:]) == (
        (value,),
        value,
        ["1-2", "H", "", "", "F"],
    )
    return found


@pytest.mark.parametrize(
    ("code", "unit", "loinc"),
    [("NA^Sodium^L", "mmol/L", "2951-2"), ("^Potassium", "mmol/L", "2823-3"), ("HGB^Hemoglobin^99L", "g/dL", "718-7")],
)
def test_a_known_name_gets_its_code(packs: Packs, code: str, unit: str, loinc: str) -> None:
    """LOINC first, the lab's own triplet behind it."""
    source = "BLD" if "Hemo" in code else "SER"
    found = _after(packs, code, "5", unit, source=source)
    assert found.code.in_system("LN") == loinc
    assert found.er7.split("|")[3].split("^")[3:5] == [*code.split("^")[:2]]


@pytest.mark.parametrize(
    ("code", "value", "unit", "source"),
    [
        ("2951-2^Sodium^LN", "140", "mmol/L", "SER"),
        ("NA^Sodium^L^2951-2^Sodium^LN", "140", "mmol/L", "SER"),
        ("NA^Sodium^L^X^Natrium^99Y", "140", "mmol/L", "SER"),
        ("NA^Sodiumm^L", "140", "mmol/L", "SER"),
        ("NA^Sodium^L", "140", "furlong", "SER"),
        ("NA^Sodium^L", "140", "mmol/L", "PLR"),
        ("Q^Something else^L", "140", "mmol/L", "SER"),
    ],
)
def test_doubt_changes_no_code(packs: Packs, code: str, value: str, unit: str, source: str) -> None:
    """A LOINC already there, no room for the lab's own, a similar name, a foreign unit, an odd specimen."""
    assert _after(packs, code, value, unit, source=source).code == _coded(code)


def test_a_code_that_depends_on_the_specimen_needs_one(packs: Packs) -> None:
    """Glucose in blood and in urine are two codes; without OBR-15 neither is certain."""
    assert _after(packs, "GLU^Glucose^L", "105", "mg/dL").code.in_system("LN") == ""
    blood = _after(packs, "GLU^Glucose^L", "105", "mg/dL", source="SER").code.in_system("LN")
    urine = _after(packs, "GLU^Glucose^L", "105", "mg/dL", source="UR^Urine").code.in_system("LN")
    assert blood == "2345-7"
    assert urine not in ("", blood)


@pytest.mark.parametrize(
    ("unit", "sent"),
    [
        ("mg/dl", "mg/dL^mg/dL^UCUM^mg/dl^^L"),
        ("mg/dL^mg/dL^UCUM", "mg/dL^mg/dL^UCUM"),
        ("mg/dl^^L^mg^x^99", "mg/dl^^L^mg^x^99"),
        ("furlong", "furlong"),
        ("", ""),
    ],
)
def test_units(packs: Packs, unit: str, sent: str) -> None:
    """UCUM in front of a spelling the table knows; anything else as it is."""
    assert _after(packs, "Q^Something else^L", "5", unit).er7.split("|")[6] == sent


def test_it_is_the_same_when_done_twice(packs: Packs) -> None:
    """Both stages may ask for it."""
    order = Order(observations=(_after(packs, "NA^Sodium^L", "140", "mmol/l", source="SER"),))
    once = Inbound(kind="ORU", orders=(order,))
    assert normalise(once, packs) == once


@pytest.mark.parametrize(
    ("source", "loinc"), [("", "2955-3"), ("UR", "2955-3"), ("SER", "")], ids=["not told", "the same", "another one"]
)
def test_the_specimen_in_a_name_is_not_overheard(packs: Packs, source: str, loinc: str) -> None:
    """Sodium in urine is never one of serum, and gets no code where the order names another specimen."""
    found = _after(packs, "NAU^Natrium im Urin^L", "80", "mmol/L", source=source)
    assert found.code.in_system("LN") == loinc
