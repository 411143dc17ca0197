"""Names and dates are compared as people write them, not as machines store them."""

from __future__ import annotations

import pytest

from engine.domain import names


@pytest.mark.parametrize(
    ("left", "right", "outcome"),
    [
        ("García López", "GARCIA LOPEZ", "agree"),
        ("Núñez-O'Neill", "nunez oneill", "agree"),
        ("Müller", "Mueller", "agree"),
        ("van der Berg", "Berg", "agree"),
        ("McTavish", "Mc Tavish", "agree"),
        ("José María", "María José", "agree"),
        ("García López", "García", "close"),
        ("Hathersage", "Hathersge", "close"),
        ("J", "Juan", "close"),
        ("Mª", "María", "close"),
        ("Smith", "Jones", "differ"),
        ("", "Jones", "missing"),
        ("Le", "Le", "agree"),
        ("Don", "Dan", "differ"),
        ("Ana Ana", "Ana Luz", "differ"),
        ("石井", "石井", "agree"),
    ],
)
def test_names_compare(left: str, right: str, outcome: str) -> None:
    """Case, marks, particles and order do not matter; parts and misspellings are only close. Both ways round."""
    assert names.compare(left, right) == outcome
    assert names.compare(right, left) == outcome


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("García, E.", ("garcia", "e")),
        ("Y. Ito", ("y", "ito")),
        ("Gómez y Paz", ("gomez", "paz")),
        ("Costa e Silva", ("costa", "silva")),
    ],
)
def test_an_initial_is_no_particle(name: str, words: tuple[str, ...]) -> None:
    """A single letter joins two names only between them; at either end it is somebody's initial."""
    assert names.tokens(name) == words


@pytest.mark.parametrize(
    ("left", "right"), [("Mario", "Maria"), ("Daniel", "Daniela"), ("Daniel", "Danielle"), ("Jean", "Jeanne")]
)
def test_given_names_of_two_sexes_differ(left: str, right: str) -> None:
    """One letter makes another person of a given name, not of a family name."""
    assert names.compare_given(left, right) == "differ"
    assert names.compare_given(right, left) == "differ"


@pytest.mark.parametrize(
    ("left", "right", "outcome", "contradictory"),
    [
        ("1968-05-12", "1968-05-12", "agree", False),
        ("1968-05-12", "1968-12-05", "close", False),
        ("1968-05-12", "1968-05", "close", False),
        ("1968-05-12", "1968-05-13", "close", True),
        ("1968-05-12", "1998-05-12", "differ", True),
        ("1968-05-12", "1967-05-12", "close", True),
        ("1968-05-12", "1971-03-30", "differ", True),
        ("1968", "1978", "differ", True),
        ("1968-05-12", "1969", "differ", True),
        ("1968", "1968", "close", False),
        ("", "1968-05-12", "missing", False),
    ],
)
def test_dates_compare(left: str, right: str, outcome: str, contradictory: bool) -> None:
    """A typing error is close, yet a contradiction where two sources must say the same."""
    assert names.compare_dates(left, right) == names.compare_dates(right, left) == outcome
    assert names.contradictory(left, right) is names.contradictory(right, left) is contradictory
