"""Who the patient is: certain, or a person decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.domain.matching import MatchRules, decide, not_all_seen
from engine.domain.patient import Decision, Demographics, Identifier, Match, OtherName, PatientRecord

ADA = PatientRecord(
    mrn="1001", assigning_authority="HOSP", family="Marlow", given="Ada", birth_date="1968-05-12", sex="F",
    identifiers=(Identifier(value="999-1", authority="NHS"),),
)  # fmt: skip
TWIN = replace(ADA, mrn="1002", given="Eva", identifiers=())
BOB = PatientRecord(
    mrn="2001", assigning_authority="HOSP", family="Hart", given="Bob", birth_date="1950-01-02", sex="M"
)
EVERYONE = (ADA, TWIN, BOB)
RULES = MatchRules(default_authority="HOSP")
SAID = Demographics(family="Marlow", given="Ada", birth_date="1968-05-12", sex="F")


def _decide(person: Demographics, *records: PatientRecord, default: str = "HOSP") -> Match:
    return decide(person, records or EVERYONE, MatchRules(default_authority=default))


def _with(*numbers: str, authority: str = "HOSP", kind: str = "MR", **changes: str) -> Demographics:
    identifiers = tuple(Identifier(value=number, authority=authority, type=kind) for number in numbers)
    return replace(SAID, identifiers=identifiers, **changes)


@pytest.mark.parametrize(
    "person",
    [
        _with("1001"),
        _with("1001", authority=""),
        _with("1001", authority="hosp"),
        _with("999-1", authority="NHS", kind="NI"),
        _with("1001", given="Ada Jane"),
        _with("1001", family="Marlowe"),
        _with("1001", given=""),
        _with("1001", birth_date="1968-12-05"),
        _with("1001", birth_date="1968-05-13"),
        _with("1001", birth_date=""),
        _with("1001", birth_date="1968-05"),
        _with("1001", sex=""),
        _with("1001", family="Ada", given="Marlow"),
        SAID,
        _with("X-9", authority="OTHERLAB"),
        _with("V-1", authority="HOSP", kind="VN"),
    ],
    ids=lambda person: f"{person.identifiers[:1]}-{person.family}-{person.given}-{person.birth_date}",
)
def test_the_right_person_is_found(person: Demographics) -> None:
    """A number confirmed as a whole, or demographics nobody else has, decide alone."""
    match = _decide(person)
    assert match.decision is Decision.MATCH
    assert match.record is not None
    assert match.record.mrn == "1001"


@pytest.mark.parametrize(
    "person",
    [
        _with("1002"),
        _with("2001"),
        _with("1001", given="Eva"),
        _with("1001", family="", given="", birth_date="", sex=""),
        _with("1001", family="Marlow", given="", birth_date="", sex=""),
        _with("1001", birth_date="1998-07-12"),
        _with("1001", birth_date="1969"),
        _with("1001", sex="M"),
        _with("1001", family="Miller"),
        _with("1001", "1002"),
        _with("1001", "7777"),
        _with("7777"),
        _with("2001", authority="", kind="SS", birth_date="1968-05-21"),
        replace(SAID, given="A"),
        replace(SAID, given="Ava"),
        replace(SAID, family="Ada", given="Marlow"),
        replace(SAID, birth_date="1968-12-05"),
        replace(SAID, birth_date=""),
        replace(SAID, given=""),
    ],
    ids=lambda person: f"{[i.value for i in person.identifiers]}-{person.family}-{person.given}-{person.birth_date}",
)
def test_the_doubtful_goes_to_a_person(person: Demographics) -> None:
    """Numbers of somebody else, contradictions, and demographics with a gap never decide."""
    assert _decide(person).decision is not Decision.MATCH


def test_nothing_known_is_nobody() -> None:
    """An empty description matches no one, whoever is offered."""
    assert _decide(Demographics()).decision is Decision.NONE


def test_a_bare_number_of_somebody_else_stops_the_demographics() -> None:
    """Without a default authority a bare number proves nothing, but it warns when another person has it."""
    assert _decide(_with("2001", authority=""), default="").reason_code == "patient.conflict"
    assert _decide(_with("5555", authority=""), default="").decision is Decision.MATCH


def test_a_national_number_is_not_taken_for_a_hospital_number() -> None:
    """A bare SS number equal to somebody's MRN identifies no one."""
    person = Demographics(identifiers=(Identifier(value="2001", type="SS"),), family="Hart", given="Bob")
    assert _decide(person).decision is not Decision.MATCH


def test_one_number_of_two_authorities_is_two_people() -> None:
    """Records are told apart by number and authority."""
    other = replace(BOB, mrn="1001", assigning_authority="CLINIC")
    match = _decide(_with("1001", authority="CLINIC"), ADA, other)
    assert match.decision is Decision.REVIEW


def test_forms_of_a_name_for_the_two_sexes_are_two_people() -> None:
    """Mario's number with Maria's name is a mix-up, also when the sex is not sent and she is not registered."""
    mario = replace(ADA, given="Mario", sex="M")
    assert _decide(_with("1001", given="Maria", sex=""), mario).decision is Decision.REVIEW


def test_a_merged_number_goes_to_a_person_who_sees_the_survivor() -> None:
    """Through chains too, and even when the living number is sent beside it; the survivor is the candidate."""
    old = replace(ADA, mrn="0900", merged_into="0950", identifiers=())
    middle = replace(ADA, mrn="0950", merged_into="1001", identifiers=())
    for said in (_with("0900"), _with("0950"), _with("1001", "0900")):
        match = _decide(said, old, middle, ADA)
        assert (match.decision, match.reason_code) == (Decision.REVIEW, "patient.merged")
        assert match.record == ADA
        assert match.candidates[0] == "1001"


def test_the_living_number_is_found_beside_a_merged_record() -> None:
    """The old record does not stand in the way of the one that took its place."""
    old = replace(ADA, mrn="0900", merged_into="1001", identifiers=())
    match = _decide(_with("1001"), old, ADA)
    assert match.decision is Decision.MATCH
    assert match.record == ADA


@pytest.mark.parametrize("target", ["4444", "0901"])
def test_a_merge_that_leads_nowhere_goes_to_a_person(target: str) -> None:
    """An unknown survivor, or two records merged into each other, decide nothing."""
    old = replace(ADA, mrn="0900", merged_into=target, identifiers=())
    circle = replace(ADA, mrn="0901", merged_into="0900", identifiers=())
    assert _decide(_with("0900"), old, circle).decision is Decision.REVIEW


def test_the_evidence_adds_up_to_the_score() -> None:
    """Each field's outcome and weight are told; the candidates name the runner-up."""
    match = _decide(replace(SAID, given="Ava"))
    assert {item.field: item.outcome for item in match.evidence}["birth_date"] == "agree"
    assert match.candidates[:2] in (("1001", "1002"), ("1002", "1001"))
    assert 0 < match.score < 1


@pytest.mark.parametrize(
    ("registered", "said", "decision"),
    [
        ("Lena", "Lea", Decision.REVIEW),
        ("Jon", "John", Decision.REVIEW),
        ("Jana", "Joana", Decision.REVIEW),
        ("Anna", "Ana", Decision.REVIEW),
        ("Matthias", "Mathias", Decision.REVIEW),
        ("Daniela", "Danilea", Decision.MATCH),
        ("Müller-Ada", "Muller Ada", Decision.MATCH),
        ("Ada Jane", "Ada", Decision.MATCH),
    ],
)
def test_a_twin_nobody_registered_does_not_pass_for_a_slip(registered: str, said: str, decision: Decision) -> None:
    """One's number with a name that is close but could be a sibling's goes to a person; a mere slip does not."""
    assert _decide(_with("1001", given=said), replace(ADA, given=registered)).decision is decision


@pytest.mark.parametrize("born", ["1978-05-12", "1988-05-12", "1998-05-12"])
def test_a_child_of_the_same_name_and_day_is_somebody_else(born: str) -> None:
    """The parent's number with a birth date that differs in the decade alone is no typing error."""
    assert _decide(_with("1001", birth_date=born), ADA).reason_code == "patient.conflict"


def test_a_twin_at_the_same_address_is_no_rival() -> None:
    """Phone and postcode shared by twins do not make two of quite different names alike."""
    home = {"phone": "0123456789", "postcode": "10115"}
    one, twin = replace(ADA, **home), replace(ADA, mrn="1002", given="Beatrice", identifiers=(), **home)
    assert _decide(replace(SAID, **home), one, twin).decision is Decision.MATCH
    assert _decide(
        replace(SAID, given="Ava", **home), replace(one, given="Ava"), replace(twin, given="Ada")
    ).decision is (Decision.REVIEW)


def test_a_namesake_with_another_address_is_a_persons_decision() -> None:
    """Name, birth date and sex agree, phone and postcode do not: with one of them, or a number, it is certain."""
    record = replace(ADA, phone="0123456789", postcode="10115")
    moved = replace(SAID, phone="0999999999", postcode="80331")
    assert _decide(moved, record).reason_code == "patient.ambiguous"
    assert _decide(replace(moved, phone=""), record).decision is Decision.MATCH
    assert _decide(replace(moved, identifiers=_with("1001").identifiers), record).decision is Decision.MATCH


def test_somebody_else_who_fits_better_stops_the_number() -> None:
    """Daniela's number with a slip in the name: forgiven, were it not for another one of that very name."""
    said = _with("1001", given="Danilea")
    one, other = replace(ADA, given="Daniela"), replace(TWIN, given="Danilea")
    assert _decide(said, one).decision is Decision.MATCH
    assert _decide(said, one, other).reason_code == "patient.conflict"


def test_a_further_name_of_the_record_is_less_than_its_name() -> None:
    """The name before marriage confirms a number, and alone it is not enough."""
    record = replace(ADA, other_names=(OtherName(family="Quill", given=ADA.given),))
    by_number = _with("1001", family="Quill")
    assert decide(by_number, [ADA], RULES).decision is Decision.REVIEW
    assert decide(by_number, [record], RULES).decision is Decision.MATCH
    alone = replace(by_number, identifiers=())
    assert decide(alone, [record], RULES).decision is Decision.REVIEW
    namesake = replace(ADA, mrn="1002", family="Quill", identifiers=())
    assert decide(alone, [namesake], RULES).decision is Decision.MATCH
    assert decide(alone, [namesake, record], RULES).decision is Decision.REVIEW


def test_somebody_only_another_hospital_knows_is_never_matched() -> None:
    """By number and by demographics: a record that is not registered here is shown to a person."""
    elsewhere = replace(ADA, registered=False)
    for person in (_with("1001"), SAID):
        match = decide(person, [elsewhere], RULES)
        assert (match.decision, match.reason_code, match.record) == (Decision.REVIEW, "patient.unknown", elsewhere)


def test_not_all_seen_is_never_a_match() -> None:
    """A certain match becomes a person's decision, with the record as the candidate; nobody found stays to be looked at."""
    for candidates in ((ADA,), ()):
        held = not_all_seen(decide(_with("1001"), candidates, RULES))
        assert (held.decision, held.reason_code) == (Decision.REVIEW, "directory.incomplete")
