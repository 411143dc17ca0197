"""The shipped language packs are complete and say one thing with one word."""

from __future__ import annotations

import pytest

from engine.extraction.packs import load_packs

LANGUAGES = ("en", "es", "fr", "de", "it", "pt")
ROLES = {
    "test", "result", "unit", "range", "low", "high", "flag", "previous", "method", "status", "specimen", "lab", "other",
    "date",
}  # fmt: skip
CODES = {"H", "L", "HH", "LL", "A", "AA", "N", "?"}


@pytest.mark.parametrize("code", LANGUAGES)
def test_pack_is_complete(code: str) -> None:
    """Each pack has every kind of word, all months, and only known roles and codes."""
    language = load_packs().languages[code]
    assert set(language.headers.values()) == ROLES
    assert set(language.flags.values()) <= CODES
    assert set(language.months.values()) == set(range(1, 13))
    assert {"blood", "urine"} <= set(language.sections.values())
    assert {"patient_name", "patient_id", "birth_date", "sex", "collected", "reported", "accession"} <= set(
        language.labels.values()
    )
    assert language.pending
    assert language.cancelled
    assert language.stop
    assert set(language.dates) <= {"mdy", "dmy", "ymd"}


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_word_is_value_and_heading(code: str) -> None:
    """A heading of a column is never an answer, and pending words are never answers either."""
    language = load_packs().languages[code]
    assert not set(language.pending) & set(language.qualitative)
    assert not set(language.cancelled) & set(language.qualitative)
    assert not set(language.flags) & (set(language.pending) | set(language.cancelled))


def test_sex_letters_are_certain() -> None:
    """A bare M says nothing in Spanish, where it is masculino in one hospital and mujer in the next."""
    packs = load_packs()
    assert packs.languages["en"].sex["m"] == "M"
    assert "m" not in packs.languages["es"].sex
