"""The second opinion doubts what is common, and never makes a match."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from engine.domain.frequency import Commonness
from engine.domain.matching import MatchRules, decide
from engine.domain.patient import Decision, Demographics, Identifier, Match, PatientRecord
from engine.domain.weighing import FieldWeight, Knowledge, weigh

ADA = PatientRecord(
    mrn="1001", assigning_authority="HOSP", family="Marlow", given="Ada", birth_date="1968-05-12", sex="F"
)
SAID = Demographics(family="Marlow", given="Ada", birth_date="1968-05-12", sex="F")
RARE = Commonness(people=100_000, family=3, given=40, birth_date=4)
COMMON = Commonness(people=100_000, family=5_000, given=6_000, birth_date=9_000)
AUTO = MatchRules().auto


def _match(person: Demographics = SAID) -> Match:
    return decide(person, [ADA], MatchRules(default_authority="HOSP"))


def _weight(match: Match, field: str) -> float:
    return next(item.weight for item in match.evidence if item.field == field)


def test_agreement_on_a_rare_name_weighs_more_than_on_a_common_one() -> None:
    """log2(m/u) with u the share of the directory: 0.95 over 3 and over 5,000 in 100,000."""
    rare, common = (weigh(_match(), Knowledge(counts=counts), auto=AUTO) for counts in (RARE, COMMON))
    assert _weight(rare, "family") == pytest.approx(14.95, abs=0.01)
    assert _weight(common, "family") == pytest.approx(4.25, abs=0.01)
    assert _weight(rare, "birth_date") > _weight(common, "birth_date")
    assert _weight(rare, "sex") == _weight(common, "sex")


def test_common_names_and_a_default_birth_date_go_to_a_person() -> None:
    """Thousands share each field: that all three agree is chance as well, whatever the built-in figures say."""
    assert _match().decision is Decision.MATCH
    doubted = weigh(_match(), Knowledge(counts=COMMON), auto=AUTO)
    assert (doubted.decision, doubted.reason_code) == (Decision.REVIEW, "patient.ambiguous")
    assert doubted.record == ADA
    assert doubted.candidates == ("1001",)
    assert doubted.score < AUTO


def test_a_rare_name_is_certain_and_its_score_is_not_raised() -> None:
    """The lower of the two scores stands."""
    weighed = weigh(_match(), Knowledge(counts=RARE), auto=AUTO)
    assert weighed.decision is Decision.MATCH
    assert weighed.score == _match().score


def test_without_knowledge_nothing_changes() -> None:
    """A directory that does not count, and no figures of the operator."""
    assert weigh(_match(), Knowledge(), auto=AUTO) == _match()


def test_a_match_by_number_stands_as_it_is() -> None:
    """Common names confirm a number as rare ones do."""
    numbered = _match(replace(SAID, identifiers=(Identifier(value="1001", authority="HOSP", type="MR"),)))
    assert numbered.step == "identifier"
    assert weigh(numbered, Knowledge(counts=COMMON), auto=AUTO) == numbered


@pytest.mark.parametrize(
    ("counts", "weights"),
    list(
        product(
            (None, RARE, COMMON), ({}, {"family": FieldWeight(m=0.999, u=1e-9)}, {"birth_date": FieldWeight(u=1e-9)})
        )
    ),
)
def test_no_knowledge_makes_a_match(counts: Commonness | None, weights: dict[str, FieldWeight]) -> None:
    """Somebody of another given name stays a person's decision, however strong the rest is said to be."""
    doubtful = _match(replace(SAID, given="Adda"))
    assert doubtful.decision is Decision.REVIEW
    weighed = weigh(doubtful, Knowledge(counts=counts, weights=weights), auto=AUTO)
    assert weighed.decision is Decision.REVIEW
    assert weighed.score <= doubtful.score


def test_the_operators_figures_are_weighed() -> None:
    """With m 0.9 and u 0.3 of the birth date: 1.6 bits in place of 11, too little to be certain."""
    weighed = weigh(_match(), Knowledge(weights={"birth_date": FieldWeight(m=0.9, u=0.3)}), auto=AUTO)
    assert _weight(weighed, "birth_date") == pytest.approx(1.58, abs=0.01)
    assert _weight(weighed, "given") == _weight(_match(), "given")
    assert weighed.decision is Decision.REVIEW


def test_a_field_that_differs_weighs_by_the_operators_figures() -> None:
    """log2((1-m)/(1-u)) of a phone that agrees in nine of ten descriptions: -3.3 bits in place of -0.5."""
    said, record = replace(SAID, phone="0301234567"), replace(ADA, phone="0307654321")
    match = decide(said, [record], MatchRules(default_authority="HOSP"))
    weighed = weigh(match, Knowledge(weights={"phone": FieldWeight(m=0.9, u=0.001)}), auto=AUTO)
    assert _weight(match, "phone") == -0.5
    assert _weight(weighed, "phone") == pytest.approx(-3.32, abs=0.01)
