"""How a directory finds every record that could be a person: by number, by birth date, by name.

All directories that hold their own records look by these keys, so that none finds fewer people than another.
"""

from __future__ import annotations

from engine.domain import names

_FULL_DATE = 10


def birth_forms(birth: str) -> tuple[str, ...]:
    """A full birth date and the one with day and month in each other's place; nothing for a partial date."""
    if len(birth) != _FULL_DATE:
        return ()
    return birth, f"{birth[:4]}-{birth[8:]}-{birth[5:7]}"


def name_keys(family: str, given: str) -> frozenset[tuple[str, str]]:
    """Each family word with the initial of each given word, both ways round: names are often swapped."""
    families, givens = names.tokens(family), names.tokens(given)
    keys = {(word, initial[0]) for word in families for initial in givens}
    return frozenset(keys | {(word, initial[0]) for word in givens for initial in families})


def could_be_born(birth: str, other: str) -> bool:
    """Namesakes of another birth date are no candidates; there are hundreds of some names in a large hospital."""
    return names.compare_dates(birth, other) != "differ"
