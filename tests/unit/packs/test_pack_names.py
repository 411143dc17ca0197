"""The names in French, German, Italian and Portuguese lead to one analyte each."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import yaml

from engine.extraction.codes import Matcher, choose_code
from engine.extraction.folding import fold
from engine.extraction.grammar import Grammar, Kind
from engine.extraction.packs import load_packs

NAMES = Path(__file__).parents[3] / "engine" / "extraction" / "packs" / "names.yaml"


@cache
def names_of_analytes() -> dict[str, dict[str, list[str]]]:
    """The file, in the compiled parser: the other one takes a second for it."""
    loaded: dict[str, dict[str, list[str]]] = yaml.load(NAMES.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return loaded


@pytest.mark.parametrize("language", ["fr", "de", "it", "pt"])
def test_each_name_leads_to_its_analyte_in_its_own_language(language: str) -> None:
    """Every listed analyte exists, and in its own language each name leads to that analyte alone."""
    packs, listed = load_packs(), names_of_analytes()
    assert len(listed) >= 250
    for owner, names in listed.items():
        assert owner in packs.analytes
        assert names[language]
        assert {packs.named(fold(name), language) for name in names[language]} == {(owner,)}


@pytest.mark.parametrize(
    ("language", "owner"), [("fr", "prothrombin_activity"), ("es", "prothrombin_time"), ("pt", "prothrombin_time")]
)
def test_one_name_means_what_it_means_in_the_language_of_the_document(language: str, owner: str) -> None:
    """TP is an activity in French and a time in Spanish and Portuguese."""
    assert Matcher(load_packs(), language).find("TP").ids == (owner,)


def test_a_name_of_several_meanings_is_not_guessed_where_the_language_has_none() -> None:
    """In German TP means nothing of its own, so it keeps all meanings and only a unit can decide."""
    found = Matcher(load_packs(), "de").find("TP")
    assert set(found.ids) == {"prothrombin_activity", "prothrombin_time"}
    bare = choose_code(found, load_packs(), ucum="", unit="", specimen="", kind="numeric")
    assert (bare.code, bare.fault) == (None, "unit.mismatch")


@pytest.mark.parametrize(("unit", "loinc"), [("pg", "785-6"), ("%", ""), ("", "")])
def test_hbe_is_coded_by_picograms_only(unit: str, loinc: str) -> None:
    """German HbE is the mean haemoglobin of a cell in pg; as a share or without unit it stays uncoded."""
    packs = load_packs()
    chosen = choose_code(Matcher(packs, "de").find("HbE"), packs, ucum=unit, unit=unit, specimen="", kind="numeric")
    assert (chosen.code.loinc if chosen.code else "") == loinc


@pytest.mark.parametrize(
    ("language", "answer"),
    [("de", "0 Rh positiv"), ("fr", "AB Rh négatif"), ("it", "A Rh positivo"), ("pt", "O positivo")],
)
def test_blood_groups_are_answers(language: str, answer: str) -> None:
    """A blood group is an answer as a whole; its letter is no flag."""
    packs = load_packs()
    assert Grammar(packs, packs.languages[language]).kind(answer) is Kind.ANSWER
