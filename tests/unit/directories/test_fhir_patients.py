"""A Patient resource as the records it stands for."""

from __future__ import annotations

from typing import Any

import pytest

from engine.domain.patient import Identifier, OtherName
from engine.plugins.directories.fhir.patients import NOT_IN_USE, UNDATED_DEATH, Known, PatientReader, UnreadablePatient

HOSP, LAB = "urn:oid:2.999.1", "urn:oid:2.999.2"
READER = PatientReader({"HOSP": HOSP, "LAB": LAB}, "HOSP")
TYPED = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
ADA: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "7",
    "identifier": [{"system": HOSP, "value": "1001", "type": TYPED}, {"system": LAB, "value": "L-7"}],
    "name": [{"use": "official", "family": "Marlow", "given": ["Ada", "Jane", "Eve"]}],
    "birthDate": "1968-05-12",
    "gender": "female",
}


def _read(**changes: Any) -> Known:
    return READER.read({key: value for key, value in {**ADA, **changes}.items() if value is not None})


def test_a_patient_becomes_a_record() -> None:
    """Number, authority, all given names, sex, further identifiers under the names the configuration gives them."""
    record = _read(
        telecom=[{"system": "email", "value": "x"}, {"system": "phone", "value": "1"}, {"system": "phone", "use": "home", "value": "2"}],
        address=[{"use": "old", "postalCode": "0"}, {"postalCode": "12345"}],
    ).record  # fmt: skip
    assert (record.mrn, record.assigning_authority, record.registered) == ("1001", "HOSP", True)
    assert (record.family, record.given, record.middle) == ("Marlow", "Ada", "Jane Eve")
    assert (record.birth_date, record.sex, record.phone, record.postcode) == ("1968-05-12", "F", "2", "12345")
    assert record.identifiers == (Identifier(value="L-7", authority="LAB"),)


@pytest.mark.parametrize(
    ("uses", "main"),
    [
        (("usual", "official", "maiden"), 1),
        (("maiden", "usual"), 1),
        (("old", "nickname", None), 2),
        (("maiden", "nickname"), 0),
        (("anonymous", "old"), 1),
    ],
)
def test_the_name_to_go_by(uses: tuple[str | None, ...], main: int) -> None:
    """Official before usual before none before the rest; the others are kept, an anonymous one tells nothing."""
    names = [{"use": use, "family": f"F{place}", "given": [f"G{place}", "X"]} for place, use in enumerate(uses)]
    record = _read(name=names).record
    assert record.family == f"F{main}"
    told = {place for place, use in enumerate(uses) if use != "anonymous" and place != main}
    assert set(record.other_names) == {OtherName(family=f"F{place}", given=f"G{place}") for place in told}


def test_the_official_number_is_the_patients() -> None:
    """Of several own numbers the official one; the others stay known; one without a value is none."""
    record = _read(
        identifier=[
            {"system": HOSP, "value": "2", "use": "secondary"},
            {"system": HOSP, "use": "official"},
            {"system": HOSP, "value": "1", "use": "usual"},
        ]
    ).record
    assert (record.mrn, [item.value for item in record.identifiers]) == ("1", ["2"])


def test_a_former_number_is_a_merged_record() -> None:
    """An own number out of use leads to the patient as a merged one; a foreign one out of use leads nowhere."""
    known = _read(
        identifier=[
            {"system": HOSP, "value": "0800", "use": "old"},
            {"system": HOSP, "value": "1001"},
            {"system": LAB, "value": "L-1", "use": "old"},
        ]
    )
    assert [(item.mrn, item.merged_into) for item in known.former] == [("0800", "1001")]
    assert known.record.identifiers == ()


@pytest.mark.parametrize(
    ("identifiers", "number"),
    [
        ([{"system": LAB, "value": "L-7"}], ("L-7", "LAB")),
        ([{"system": "urn:x:y", "value": "9"}], ("9", "urn:x:y")),
        ([{"value": "9", "type": TYPED}], ("9", "(MR)")),
        ([{"system": HOSP, "value": "1001", "use": "old"}], ("Patient/7", "(none)")),
        (None, ("Patient/7", "(none)")),
    ],
)
def test_somebody_without_an_own_number_is_not_registered_here(
    identifiers: list[dict[str, Any]] | None, number: tuple[str, str]
) -> None:
    """Known to others only: shown under what there is, never under this hospital's authority."""
    record = _read(identifier=identifiers).record
    assert (record.mrn, record.assigning_authority) == number
    assert not record.registered


@pytest.mark.parametrize(
    ("changes", "died"),
    [
        ({}, ""),
        ({"deceasedBoolean": False}, ""),
        ({"deceasedBoolean": True}, UNDATED_DEATH),
        ({"deceasedDateTime": "2024-05-03T10:00:00+02:00"}, "2024-05-03"),
        ({"deceasedDateTime": "2024-05"}, "2024-05"),
    ],
)
def test_death_with_and_without_a_date(changes: dict[str, Any], died: str) -> None:
    """A death without a date is before everything."""
    assert _read(**changes).record.deceased_date == died


@pytest.mark.parametrize(
    ("changes", "merged_into", "replaced_by"),
    [
        ({"active": True}, "", ""),
        ({"active": False}, NOT_IN_USE, ""),
        ({"link": [{"type": "seealso", "other": {"reference": "Patient/9"}}]}, "", ""),
        ({"link": [{"type": "replaced-by", "other": {"reference": "Patient/9"}}]}, "Patient/9", "Patient/9"),
        ({"link": [{"type": "replaced-by", "other": {"reference": "https://m/fhir/Patient/9/_history/3"}}]}, "Patient/9", "Patient/9"),
        ({"link": [{"type": "replaced-by", "other": {"display": "?"}}]}, NOT_IN_USE, NOT_IN_USE),
        ({"link": [{"type": "replaced-by"}]}, NOT_IN_USE, NOT_IN_USE),
    ],
)  # fmt: skip
def test_merges(changes: dict[str, Any], merged_into: str, replaced_by: str) -> None:
    """replaced-by and active: false take a record out of use, whether or not somebody is named."""
    known = _read(**changes)
    assert (known.record.merged_into, known.replaced_by) == (merged_into, replaced_by)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Marlow"},
        {"name": [{"family": ["Marlow"]}]},
        {"name": [{"given": "Ada"}]},
        {"identifier": {"value": "1"}},
        {"identifier": [{"value": 1001}]},
        {"birthDate": "12.05.1968"},
        {"birthDate": 1968},
        {"deceasedDateTime": "yesterday"},
        {"link": [None]},
        {"id": 7},
    ],
)
def test_what_is_not_r4_is_not_read(changes: dict[str, Any]) -> None:
    """A wrong shape is an error that names the element and never its content."""
    with pytest.raises(UnreadablePatient) as caught:
        _read(**changes)
    assert "Marlow" not in str(caught.value)


def test_empty_elements_are_passed_over() -> None:
    """A name with nothing in it, a null among the given names, blanks: what is left is read."""
    record = _read(name=[{"use": "official"}, {"given": [None, " Ada "], "family": " "}]).record
    assert (record.family, record.given, record.other_names) == ("", "Ada", ())
