"""Each room opens with its card, so that a newcomer knows in four lines what belongs there."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.tree import ENGINE, rooms

CARD = ("Holds:", "May import:", "May touch:", "Never:")


def card_faults(source: str) -> list[str]:
    """What is wrong with the card in a package's docstring; empty when it is in order."""
    docstring = ast.get_docstring(ast.parse(source)) or ""
    lines = docstring.splitlines()
    first = next((number for number, line in enumerate(lines) if line.startswith(CARD[0])), None)
    if first is None:
        return ["no card"]
    card = lines[first : first + len(CARD)]
    faults = [
        f"line {wanted!r} missing or out of place"
        for wanted, line in zip(CARD, card, strict=False)
        if not line.startswith(wanted)
    ]
    if len(card) < len(CARD):
        faults.append("card is cut short")
    faults += [f"{line} says nothing" for line in card if line.strip() in CARD]
    rest = lines[first + len(CARD) :]
    if rest and rest[0].strip():
        faults.append("card is longer than four lines")
    return faults


@pytest.mark.parametrize("room", rooms())
def test_room_has_its_card(room: str) -> None:
    """Every room of the import contract is a package whose docstring holds the card of four lines."""
    assert card_faults((ENGINE / room / "__init__.py").read_text()) == []


def test_every_folder_of_the_engine_is_a_room() -> None:
    """A folder beside the rooms would be a place without rules."""
    folders = {path.parent.name for path in ENGINE.glob("*/__init__.py")}
    assert folders == set(rooms())


GOOD = '"""A room.\n\nHolds: a.\nMay import: b.\nMay touch: c.\nNever: d.\n"""\n'


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('"""A room without rules."""\n', "no card"),
        (GOOD.replace("May touch: c.\n", ""), "line 'May touch:' missing or out of place"),
        (GOOD.replace("Never: d.\n", ""), "card is cut short"),
        (GOOD.replace("Never: d.", "Never:"), "Never: says nothing"),
        (GOOD.replace("Never: d.\n", "Never: d.\nAlso: e.\n"), "card is longer than four lines"),
        (
            GOOD.replace("Holds: a.\nMay import: b.\n", "May import: b.\nHolds: a.\n"),
            "line 'May import:' missing or out of place",
        ),
    ],
)
def test_a_faulty_card_is_seen(source: str, fault: str) -> None:
    """The check of the cards catches a missing, short, empty, long or shuffled card."""
    assert fault in card_faults(source)


def test_a_good_card_passes() -> None:
    """The check of the cards accepts the very card it asks for."""
    assert card_faults(GOOD) == []
