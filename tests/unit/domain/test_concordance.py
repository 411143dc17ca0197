"""Message, document and directory say the same, or a person looks; ways of writing are no contradiction."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.concordance import patient_conflicts, result_conflicts
from engine.domain.order import Coded, Observation
from engine.domain.patient import Demographics
from engine.domain.report import LabReport, ReportPatient, Result, Section


def _person(family: str, given: str, middle: str = "") -> Demographics:
    return Demographics(family=family, given=given, middle=middle, birth_date="1968-05-12", sex="F")


@pytest.mark.parametrize(
    ("person", "printed"),
    [
        (_person("García López", "María José"), "GARCIA LOPEZ, MARIA JOSE"),
        (_person("García López", "María José"), "María José García López"),
        (_person("García López", "María José"), "María García"),
        (_person("García López", "María José"), "GARCIA LOPEZ Mª JOSE"),
        (_person("García", "María"), "García López María José"),
        (_person("Marlow", "Ada", "Jane"), "Ms. ADA J. MARLOW"),
        (_person("Marlow", "Ada"), "Marlow, A."),
        (_person("Marlow", "Ada"), "Dr. Ada Jane Marlow"),
        (_person("Müller", "Anna"), "Anna Mueller-Schmidt"),
        (_person("Müller-Schmidt", "Anna"), "Anna Schmidt"),
        (_person("van der Berg", "Anna"), "Berg van der Anna"),
        (_person("O'Neill", "Anna"), "ANNA ONEILL"),
        (_person("Hathersage", "Margaret"), "Hathersge Margaret"),
        (_person("", ""), "Anna Schmidt"),
        (_person("Marlow", "Ada"), ""),
    ],
)
def test_ways_of_writing_one_name_are_no_conflict(person: Demographics, printed: str) -> None:
    """Order, initials, middle names, compound and married names, titles and one misspelling pass."""
    assert patient_conflicts(person, ReportPatient(name=printed)) == ()


@pytest.mark.parametrize(
    ("person", "printed", "field"),
    [
        (_person("Marlow", "Ada"), "Eva Marlow", "given"),
        (_person("García López", "María José"), "García López, María Luisa", "given"),
        (_person("García López", "José"), "José García Fernández", "family"),
        (_person("Marlow", "Ada"), "Ada Brannigan", "family"),
        (_person("Martin", "Paul"), "Martin Durand", "given"),
        (_person("Rossi", "Mario"), "Maria Rossi", "given"),
        (_person("Rossi", "Daniela"), "Rossi Daniel", "given"),
        (_person("Marlow", "Ada"), "Marlow, E.", "given"),
    ],
)
def test_another_name_is_a_conflict(person: Demographics, printed: str, field: str) -> None:
    """A twin, a sister, a namesake by half: each is told by its field."""
    assert patient_conflicts(person, ReportPatient(name=printed)) == (field,)


@pytest.mark.parametrize(
    ("printed", "conflicts"),
    [
        (ReportPatient(birth_date="1968-12-05"), ()),
        (ReportPatient(birth_date="1968"), ()),
        (ReportPatient(birth_date="1968-05-13"), ("birth_date",)),
        (ReportPatient(birth_date="1998-05-12"), ("birth_date",)),
        (ReportPatient(sex="F"), ()),
        (ReportPatient(sex="U"), ()),
        (ReportPatient(sex="M"), ("sex",)),
    ],
)
def test_birth_date_and_sex(printed: ReportPatient, conflicts: tuple[str, ...]) -> None:
    """Only day and month may be swapped; a father's birth date is not his son's."""
    assert patient_conflicts(_person("Marlow", "Ada"), printed) == conflicts


def _observed(value: str, kind: str = "NM", unit: str = "mg/dL") -> Observation:
    return Observation(
        location="OBX[1]", code=Coded(code="2345-7", system="LN"), value_type=kind, er7="", values=(value,),
        unit=Coded(code=unit, system="UCUM"),
    )  # fmt: skip


def _read(value: str, number: str | None, comparator: str | None = None, ucum: str = "mg/dL") -> LabReport:
    result = Result(
        id="r1", test_name="Glucose", value=value, loinc_code="2345-7", comparator=comparator, unit_ucum=ucum,
        numeric_value=None if number is None else Decimal(number),
    )  # fmt: skip
    return LabReport(sections=(Section(name="", results=(result,)),))


@pytest.mark.parametrize(
    ("sent", "read", "same"),
    [
        (_observed("105"), _read("105", "105"), True),
        (_observed("105.0"), _read("105", "105"), True),
        (_observed("5,4", "ST"), _read("5,4", "5.4"), True),
        (_observed("105"), _read("150", "150"), False),
        (_observed("5.4"), _read("5.4", "5.4", ucum="mmol/L"), False),
        (_observed("<^0.5", "SN"), _read("<0.5", "0.5", "<"), True),
        (_observed(">^0.5", "SN"), _read("<0.5", "0.5", "<"), False),
        (_observed("0.5"), _read("<0.5", "0.5", "<"), False),
        (_observed("^1^:^128", "SN"), _read("1:128", None), True),
        (_observed("^1^:^128", "SN"), _read("1:64", None), False),
        (_observed("Negative", "ST"), _read("NEGATIVE", None), True),
        (_observed("-", "ST"), _read("+", None), False),
    ],
)
def test_page_and_message_are_compared_by_value(sent: Observation, read: LabReport, same: bool) -> None:
    """Numbers as numbers with their comparator and unit, texts by their signs."""
    assert result_conflicts([sent], read) == (() if same else ("OBX[1]",))


def test_a_code_that_comes_twice_is_not_compared() -> None:
    """Two glucose values of one day cannot be told apart by code."""
    assert result_conflicts([_observed("105"), _observed("110")], _read("150", "150")) == ()
