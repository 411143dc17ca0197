"""Queries of the configuration: one SELECT with known parameters, whatever else stands in it."""

from __future__ import annotations

import re

import pytest

from engine.domain.patient import Demographics, Identifier
from engine.plugins.directories.sql.statement import BY_IDENTIFIER, BY_PERSON, Statement, of_identifier, of_person


@pytest.mark.parametrize(
    ("text", "numbered"),
    [
        ("SELECT * FROM p WHERE mrn = :identifier;", "SELECT * FROM p WHERE mrn = $1::text"),
        ("select x::text from p where a=:authority or b=:identifier or c=:authority",
         "select x::text from p where a=$1::text or b=$2::text or c=$1::text"),
        ("SELECT ':type', \":type\", 'it''s :x', $$ :y $$, $q$ :z; $q$ FROM p -- :no\nWHERE /* ; :no */ m=:identifier",
         "SELECT ':type', \":type\", 'it''s :x', $$ :y $$, $q$ :z; $q$ FROM p -- :no\nWHERE /* ; :no */ m=$1::text"),
        ("/* patients */ -- by number\n WITH x AS (SELECT 1) SELECT * FROM x WHERE m = :identifier",
         "/* patients */ -- by number\n WITH x AS (SELECT 1) SELECT * FROM x WHERE m = $1::text"),
    ],
)  # fmt: skip
def test_parameters_are_found_and_nothing_else_is_touched(text: str, numbered: str) -> None:
    """Casts, texts, quoted names and comments keep their colons."""
    assert Statement.parse(text, BY_IDENTIFIER).numbered()[0] == numbered


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT * FROM p WHERE mrn = :identifer", "no parameter :identifer; did you mean :identifier?"),
        ("SELECT * FROM p WHERE mrn = :family", "no parameter :family; there are :identifier, :authority, :type"),
        ("SELECT * FROM p", "the query asks for nobody in particular; it needs one of :identifier, :authority, :type"),
        ("SELECT * FROM p WHERE m = :identifier; DELETE FROM p", "more than one statement; write one SELECT"),
        ("DELETE FROM p WHERE mrn = :identifier", "not a query; it begins with SELECT or WITH"),
        ("/* SELECT */ UPDATE p SET m = :identifier", "not a query; it begins with SELECT or WITH"),
        ("", "not a query; it begins with SELECT or WITH"),
        ("SELECT 'x FROM p WHERE m = :identifier", "a quote or a comment that does not end"),
        ("SELECT 1 /* FROM p WHERE m = :identifier", "a quote or a comment that does not end"),
    ],
)
def test_what_is_no_query_for_one_number_is_refused(text: str, told: str) -> None:
    """In words for the admin; `check` adds file, line and column."""
    with pytest.raises(ValueError, match=re.escape(told)) as caught:
        Statement.parse(text, BY_IDENTIFIER)
    assert str(caught.value) == told


def test_what_is_not_known_is_null() -> None:
    """A partial or impossible date is no date; names are given as sent and folded; a NUL is left out."""
    person = Demographics(family="de la Núñez", given="Ana\0", birth_date="1968-05", sex="F")
    assert of_person(person) == {
        "family": "de la Núñez", "given": "Ana", "middle": None, "family_folded": "nunez", "given_folded": "ana",
        "birth_date": None, "birth_date_swapped": None, "birth_year": "1968", "sex": "F", "phone": None, "postcode": None,
    }  # fmt: skip
    dates = [of_person(Demographics(birth_date=date)) for date in ("1968-05-12", "1968-05-22", "1968-02-30")]
    assert [(item["birth_date"], item["birth_date_swapped"]) for item in dates] == [
        ("1968-05-12", "1968-12-05"), ("1968-05-22", None), (None, None),
    ]  # fmt: skip
    assert set(of_person(Demographics())) == set(BY_PERSON)


@pytest.mark.parametrize(("kind", "authority"), [("MR", "HOSP"), ("", "HOSP"), ("SS", None)])
def test_only_a_patient_number_takes_the_default_authority(kind: str, authority: str | None) -> None:
    """A national number without an authority is not the hospital's."""
    assert of_identifier(Identifier(value="1", type=kind), "HOSP") == {
        "identifier": "1", "authority": authority, "type": kind or None,
    }  # fmt: skip
