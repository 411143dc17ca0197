"""ADT messages: what each event says of whom, and what is refused as unclear instead of being applied by half."""

from __future__ import annotations

import json

import pytest

from engine.domain import register
from engine.domain.patient import Identifier, OtherName
from engine.domain.register import fold, record_of
from engine.mapping import adt_in
from tests.support.adt import ADA, BOB, adt, news, pid

ADA_KEY, BOB_KEY = ("4711", "HOSP"), ("5000", "HOSP")


def _record(*lines: str, event: str = "A08") -> register.PatientRecord:
    (one,) = news(adt(event, *lines))
    return record_of(one.key, fold({}, one.said, "1"))


@pytest.mark.parametrize("event", ["A01", "A03", "A04", "A05", "A08", "A11", "A28", "A31"])
def test_an_event_with_one_patient_describes_that_patient(event: str) -> None:
    """Registration, admission, update: the PID as the directory shows it."""
    line = pid(f11="1 Main St^^Town^ST^12345", f13="555-1234")
    found = _record(line, event=event)
    assert (found.key, found.family, found.given, found.birth_date, found.sex) == (
        ADA_KEY, "Marlow", "Ada", "1968-05-12", "F",
    )  # fmt: skip
    assert (found.phone, found.postcode, found.merged_into) == ("555-1234", "12345", "")


def test_other_numbers_and_names_are_kept_beside_the_own() -> None:
    """Further repetitions of PID-3 are identifiers, of PID-5 and PID-9 other names."""
    line = pid(f"{ADA}~943^^^NHS^NH", "Marlow^Ada^J^^^^L~Hart^Ada^^^^^M", f9="Marlowe^Addy")
    found = _record(line)
    assert (found.family, found.given, found.middle) == ("Marlow", "Ada", "J")
    assert found.identifiers == (Identifier(value="943", authority="NHS", type="NH"),)
    assert found.other_names == (OtherName(family="Hart", given="Ada"), OtherName(family="Marlowe", given="Addy"))


def test_numbers_of_an_authority_replace_one_another() -> None:
    """A number its authority no longer lists is gone; those of an authority nobody spoke of stay."""
    (first,) = news(adt("A08", pid(f"{ADA}~4712^^^HOSP^MR~943^^^NHS^NH~7^^^REG^PI")))
    (second,) = news(adt("A08", pid(f"{ADA}~944^^^NHS^NH")))
    found = record_of(first.key, fold(fold({}, first.said, "1"), second.said, "2"))
    assert sorted((item.value, item.authority, item.type) for item in found.identifiers) == [
        ("7", "REG", "PI"), ("944", "NHS", "NH"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("4711", ADA_KEY),
        ("4711^^^HOSP", ADA_KEY),
        ("V1^^^HOSP^VN~4711^^^HOSP^MR", ADA_KEY),
        ("77^^^OTHER^MR~4711^^^HOSP^MR", ADA_KEY),
        ("77^^^OTHER^MR", ("77", "OTHER")),
        ("E9^^^HOSP^EPI", ("E9", "HOSP")),
        ("4711^^^HOSP&1.2.3&ISO^MR", ADA_KEY),
    ],
)
def test_a_record_is_kept_under_the_number_of_the_directorys_authority(given: str, key: tuple[str, str]) -> None:
    """Never under a visit's or an account's number, whoever assigned it."""
    assert news(adt("A08", pid(given)))[0].key == key


def test_an_absent_field_says_nothing_and_quotes_take_away() -> None:
    """HL7's difference between not sent and deleted."""
    (one,) = news(adt("A08", pid(birth="", sex='""', f13='""')))
    assert register.BIRTH_DATE not in one.said
    assert (one.said[register.SEX], one.said[register.PHONE]) == ("", "")


@pytest.mark.parametrize(
    ("fields", "died"),
    [
        ({"f29": "20260228", "f30": "Y"}, "2026-02-28"),
        ({"f30": "Y"}, register.UNDATED_DEATH),
        ({"f29": "20260228"}, "2026-02-28"),
        ({"f30": "N"}, ""),
        ({}, ""),
    ],
)
def test_a_death_without_a_date_is_before_every_specimen(fields: dict[str, str], died: str) -> None:
    """PID-29 and PID-30; results of somebody who died nobody knows when go to a person."""
    assert _record(pid(**fields)).deceased_date == died


def test_a_date_of_death_outlives_a_message_without_one() -> None:
    """PID-30 alone does not make a known date unknown; `N` says that the patient lives."""
    (dated,), (undated,), (alive,) = (
        news(adt("A08", pid(**fields))) for fields in ({"f29": "20260228"}, {"f30": "Y"}, {"f30": "N"})
    )
    facts = fold(fold({}, dated.said, "1"), undated.said, "2")
    assert record_of(dated.key, facts).deceased_date == "2026-02-28"
    assert record_of(dated.key, fold(facts, alive.said, "3")).deceased_date == ""


@pytest.mark.parametrize("event", ["A18", "A30", "A34", "A36", "A39", "A40", "A46", "A47"])
def test_a_merge_retires_the_number_in_mrg(event: str) -> None:
    """The survivor is described and alive, the other points at it."""
    survivor, retired = news(adt(event, pid(), f"MRG|{BOB}"))
    assert (survivor.key, survivor.said[register.MERGED_INTO]) == (ADA_KEY, "")
    assert (retired.key, dict(retired.said)) == (BOB_KEY, {register.MERGED_INTO: json.dumps(ADA_KEY)})


def test_several_merges_in_one_message() -> None:
    """Every MRG belongs to the PID before it; numbers of accounts in MRG-1 are passed over."""
    found = news(adt("A40", pid(), f"MRG|{BOB}~AC1^^^HOSP^AN", pid("1^^^HOSP^MR"), "PV1|1|I", "MRG|2^^^HOSP^MR"))
    assert [(item.key[0], item.said[register.MERGED_INTO]) for item in found] == [
        ("4711", ""), ("5000", '["4711", "HOSP"]'), ("1", ""), ("2", '["1", "HOSP"]'),
    ]  # fmt: skip


@pytest.mark.parametrize(("event", "value"), [("A24", register.YES), ("A37", "")])
def test_a_link_ties_both_records(event: str, value: str) -> None:
    """A24 links, A37 takes the link back; each record knows the other."""
    one, other = news(adt(event, pid(), pid(BOB)))
    assert one.said[register.link_name(BOB_KEY)] == value
    assert other.said[register.link_name(ADA_KEY)] == value


def test_a_deleted_person_is_gone_until_somebody_speaks_of_them_again() -> None:
    """A29, then A28."""
    (gone,) = news(adt("A29"))
    (back,) = news(adt("A28"))
    facts = fold({}, gone.said, "1")
    assert register.is_removed(facts)
    assert not register.is_removed(fold(facts, back.said, "2"))


@pytest.mark.parametrize("event", ["A17", "A20", "A23", "A35", "A41", "A42", "A44", "A45", "A50"])
def test_events_about_visits_change_nobody(event: str) -> None:
    """Deleting a visit (A23) is not deleting a patient, merging accounts not merging patients."""
    assert news(adt(event, pid(), f"MRG|{BOB}")) == ()


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (adt("A08", at="01/15/2025"), "EVN-2"),
        (adt("A08", at="21990101"), "EVN-2"),
        (adt("A08", at="00010101"), "EVN-2"),
        (adt("A08", "PV1|1|I"), "PID"),
        (adt("A08", pid(), pid(BOB)), "PID"),
        (adt("A08", pid("V1^^^HOSP^VN")), "PID[1]-3"),
        (adt("A08", pid("")), "PID[1]-3"),
        (adt("A40"), "MRG"),
        (adt("A40", f"MRG|{BOB}", pid()), "MRG"),
        (adt("A40", pid(), f"MRG|{ADA}"), "MRG[1]-1"),
        (adt("A40", pid(), "MRG|AC1^^^HOSP^AN"), "MRG[1]-1"),
        (adt("A24"), "PID"),
        (adt("A43", pid(), f"MRG|{BOB}"), "EVN-1"),
        (adt("Z99"), "EVN-1"),
    ],
)
def test_what_is_unclear_is_refused_whole(raw: bytes, field: str) -> None:
    """The place is named, what stands there is not."""
    with pytest.raises(adt_in.UnclearAdt) as caught:
        news(raw)
    assert caught.value.field == field
    assert not any(word in str(caught.value) for word in ("4711", "Marlow", "V1"))
