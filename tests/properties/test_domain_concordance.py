"""Ways of writing a name never become another person, and another person never becomes a way of writing."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.domain import names
from engine.domain.concordance import patient_conflicts
from engine.domain.patient import Demographics
from engine.domain.report import ReportPatient
from tests.support.examples import examples

FAMILIES = (
    "García",
    "López",
    "Müller",
    "O'Neill",
    "Marlow",
    "Hathersage",
    "Núñez",
    "Brannigan",
    "Quintanilla",
    "Świątek",
)
GIVENS = ("Ada", "María", "José", "Harriet", "Günther", "Ñusta", "Pilar", "Edmund", "Zoë", "Froilán")
_FAMILY = st.lists(st.sampled_from(FAMILIES), min_size=1, max_size=2, unique=True)
_GIVEN = st.lists(st.sampled_from(GIVENS), min_size=1, max_size=2, unique=True)


def _plain(text: str) -> str:
    return names.fold(text).upper()


_WRITINGS = st.sampled_from(
    [
        lambda family, given: f"{' '.join(given)} {' '.join(family)}",
        lambda family, given: f"{' '.join(family)}, {' '.join(given)}",
        lambda family, given: f"Dr. {' '.join(given)} {'-'.join(family)}",
        lambda family, given: _plain(f"{' '.join(family)} {' '.join(given)}"),
        lambda family, given: f"{' '.join(family)}, {given[0][0]}.",
        lambda family, given: f"{given[0]} {' '.join(item[0] + '.' for item in given[1:])} {family[0]}",
        lambda family, given: f"{family[0]} {given[0]}",
    ]
)


@settings(deadline=None, max_examples=examples(200))
@given(family=_FAMILY, given_names=_GIVEN, write=_WRITINGS)
def test_ones_own_name_never_conflicts(family: list[str], given_names: list[str], write: object) -> None:
    """Any order, initials, parts, titles, capitals without marks."""
    person = Demographics(family=" ".join(family), given=" ".join(given_names))
    assert callable(write)
    assert patient_conflicts(person, ReportPatient(name=write(family, given_names))) == ()


@settings(deadline=None, max_examples=examples(200))
@given(family=_FAMILY, given_names=_GIVEN, other=st.sampled_from(GIVENS), write=_WRITINGS)
def test_another_given_name_always_conflicts(
    family: list[str], given_names: list[str], other: str, write: object
) -> None:
    """A brother or sister with another first name and initial is told, however the page writes it."""
    assume(all(_plain(other)[0] != _plain(name)[0] for name in (*given_names, *family)))
    person = Demographics(family=" ".join(family), given=given_names[0])
    assert callable(write)
    assert "given" in patient_conflicts(person, ReportPatient(name=write(family, [other])))


@settings(deadline=None, max_examples=examples(200))
@given(left=st.text(max_size=12), right=st.text(max_size=12))
def test_comparing_is_symmetric_and_total(left: str, right: str) -> None:
    """Any two texts compare, the same both ways; a name agrees with itself."""
    assert names.compare(left, right) == names.compare(right, left)
    assert names.compare_given(left, right) == names.compare_given(right, left)
    assert names.compare(left, left) in ("agree", "missing")
    assert names.compare_dates(left, right) == names.compare_dates(right, left)
