"""The person of a PID: every identifier, the name as sent, dates never more precise than sent."""

from __future__ import annotations

import pytest

from engine.domain.patient import Identifier
from engine.mapping.patient_in import iso_date
from tests.support.lab_messages import NUMBER, OBR, inbound


def _identifiers(pid: str) -> tuple[Identifier, ...]:
    return inbound(OBR, NUMBER, pid=pid).patient.identifiers


def test_every_repetition_of_pid_3_is_taken() -> None:
    """Numbers of several authorities, with their types, in order."""
    assert _identifiers("PID|1||1^^^HOSP&1.2.3&ISO^MR~2^^^REG^NI~3") == (
        Identifier(value="1", authority="HOSP", type="MR"),
        Identifier(value="2", authority="REG", type="NI"),
        Identifier(value="3"),
    )


def test_an_authority_may_be_an_oid_alone() -> None:
    """Such a number is not bare: the default authority would make it another patient's."""
    assert _identifiers("PID|1||1^^^&2.999.9&ISO^MR~2^^^&2.999.8") == (
        Identifier(value="1", authority="2.999.9", type="MR"),
        Identifier(value="2", authority="2.999.8"),
    )


def test_old_fields_are_read_and_repeats_dropped() -> None:
    """Bare numbers of PID-2 and PID-4 beside a PID-3 are kept as unspecified ones; PID-19 is a national number."""
    assert _identifiers("PID|1|9|1^^^HOSP|1^^^HOSP~8" + "|" * 15 + "555") == (
        Identifier(value="1", authority="HOSP"),
        Identifier(value="9", type="U"),
        Identifier(value="8", type="U"),
        Identifier(value="555", type="SS"),
    )


def test_without_pid_3_the_older_field_is_the_patient_number() -> None:
    """Messages of 2.1 that fill PID-2 alone name the patient there."""
    assert _identifiers("PID|1|9") == (Identifier(value="9"),)


def test_a_type_in_the_authority_component_is_a_type() -> None:
    """`^^^MRN` names no authority."""
    assert _identifiers("PID|1||77^^^MRN") == (Identifier(value="77", type="MR"),)


def test_a_compound_family_name_is_its_first_part() -> None:
    """FN sub-components repeat the name in pieces; the first holds it whole."""
    person = inbound(OBR, NUMBER, pid="PID|1||1||van der Berg&van der&Berg^Jan^Pieter||1970|M").patient
    assert (person.family, person.given, person.middle) == ("van der Berg", "Jan", "Pieter")


@pytest.mark.parametrize(
    ("name", "family"),
    [("Maiden^Ada^^^^^M~Marlow^Ada^^^^^L", "Marlow"), ("Marlow^Ada~Alias^Ada^^^^^A", "Marlow"), ("", "")],
)
def test_the_legal_name_is_taken(name: str, family: str) -> None:
    """A maiden name or an alias in front of it is passed over; without a mark the first name counts."""
    assert inbound(OBR, NUMBER, pid=f"PID|1||1||{name}").patient.family == family


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("19680512", "1968-05-12"),
        ("196805121030+0100", "1968-05-12"),
        ("1968-05-12", "1968-05-12"),
        ("196805", "1968-05"),
        ("1968", "1968"),
        ("", ""),
        ('""', ""),
        ("00000000", ""),
        ("19681305", ""),
        ("12/05/1968", ""),
    ],
)
def test_dates_keep_their_precision(sent: str, read: str) -> None:
    """Nothing is invented and nothing impossible is taken."""
    assert iso_date(sent) == read
