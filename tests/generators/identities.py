"""Adversarial identity pairs: a directory full of people who are easily confused, and descriptions of them and of others.

`python -m tests.generators.identities --pairs 10000 --seed 7 --out DIR` writes `patients.csv` (the directory) and
`pairs.csv` for `headrace match --evaluate`. The same seed makes the same files.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

AUTHORITY = "HOSP"
FAMILIES = [
    "Müller", "Schäfer", "Größmann", "Jørgensen", "Sørlie", "Øvergaard", "Núñez Arce", "García López", "Ibáñez",
    "Şahin", "Yıldız", "Çelik", "Dvořák", "Łukasik", "Kowalska", "Ivanova", "Petrov", "Hoxha", "Papadakis", "Haddad",
    "Nguyen", "Tran", "O'Malley", "McTavish", "de la Cruz", "van der Berg", "Smith-Jones", "Harper", "Hartley",
    "Whitcombe", "Marlow", "Marlowe", "Meyer", "Maier", "Berger", "Bergner", "Olsen", "Olsson", "Rossi", "Russo",
]  # fmt: skip
GIVENS = {
    "F": [
        "Lena", "Lea", "Leah", "Anna", "Anne", "Hanna", "Maria", "Marie", "Sofía", "Sophie", "Zoë", "Chloé", "Eva",
        "Ewa", "Jana", "Joana", "Daniela", "Andrea", "Frieda", "Ingrid", "Beatrice", "Carla", "Dolores", "Yasemin",
    ],
    "M": [
        "Jan", "Jon", "John", "Johan", "Mario", "Marius", "Daniel", "Andreas", "André", "José", "Jürgen", "Søren",
        "Emre", "Omar", "Oskar", "Theodore", "Matthias", "Mathias", "Karl", "Carlos", "Peter", "Petar", "Lukas", "Luca",
    ],
}  # fmt: skip
_ROMAN = str.maketrans({
    "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "å": "aa", "ş": "s", "ı": "i", "ç": "c", "ñ": "n", "á": "a",
    "é": "e", "í": "i", "ó": "o", "ú": "u", "ř": "r", "ł": "l", "ë": "e", "Ö": "Oe", "Ü": "Ue", "Ø": "O", "Ş": "S",
    "Ç": "C", "Ł": "L",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """An identifier: value, who assigned it, and its type (table 0203)."""

    value: str
    authority: str
    type: str = "MR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a message says of a person; empty where it says nothing."""

    identifiers: tuple[Number, ...] = ()
    family: str = ""
    given: str = ""
    middle: str = ""
    birth_date: str = ""
    sex: str = ""
    phone: str = ""
    postcode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One person of the directory."""

    mrn: str
    assigning_authority: str
    family: str
    given: str
    birth_date: str
    sex: str
    phone: str
    postcode: str
    identifiers: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A description and the one record it may be matched to; `expected` empty when there is none."""

    case: str
    kind: str
    person: Description
    expected: str


@dataclass(frozen=True, slots=True)
class _Household:
    """One person, their twin, and a son or daughter of the same name: the directory has all but the unregistered."""

    one: Registered
    twin: Registered
    child: Registered
    registered: bool


def make(count: int, seed: int) -> tuple[list[Registered], list[Pair]]:
    """The directory and `count` pairs, the kinds in turn."""
    draw = random.Random(f"identities:{seed}")
    households = [_household(draw, number) for number in range(max(60, count // 8))]
    directory = [
        record
        for home in households
        for record in ((home.one, home.twin, home.child) if home.registered else (home.one,))
    ]
    return directory, list(_pairs(draw, households, count))


def _household(draw: random.Random, number: int) -> _Household:
    sex = draw.choice("FM")
    given, twin_given = draw.sample(GIVENS[sex], 2)
    born = date(1935, 1, 1) + timedelta(days=draw.randrange(25_000))
    one = Registered(
        mrn=f"{100000 + number * 10}", assigning_authority=AUTHORITY, family=draw.choice(FAMILIES), given=given,
        birth_date=born.isoformat(), sex=sex, phone=f"0{draw.randrange(10**9, 10**10)}",
        postcode=f"{draw.randrange(10000, 99999)}",
        identifiers=(Number(value=f"9{draw.randrange(10**9, 10**10)}", authority="NAT"),),
    )  # fmt: skip
    twin = replace(one, mrn=f"{100001 + number * 10}", given=twin_given, identifiers=())
    later = born.replace(year=born.year + draw.randrange(20, 35), day=min(born.day, 28))
    child = replace(one, mrn=f"{100002 + number * 10}", birth_date=later.isoformat(), identifiers=())
    return _Household(one, twin, child, registered=bool(number % 2))


def _said(record: Registered, number: str = "", **changes: str) -> Description:
    """What a message says of a record; with a number when one is given."""
    numbers = (Number(value=number, authority=AUTHORITY, type="MR"),) if number else ()
    said = Description(
        identifiers=numbers, family=record.family, given=record.given, birth_date=record.birth_date, sex=record.sex,
        phone=record.phone, postcode=record.postcode,
    )  # fmt: skip
    return replace(said, **changes)  # type: ignore[arg-type]  # texts only


def _typo(draw: random.Random, text: str) -> str:
    """One letter left out, doubled, or two in each other's place; never the first one."""
    at = draw.randrange(1, len(text) - 1)
    return draw.choice(
        [text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:], text[:at] + text[at + 1] + text[at] + text[at + 2 :]]
    )  # fmt: skip


def _swapped(birth: str) -> str:
    year, month, day = birth.split("-")
    return f"{year}-{day}-{month}" if int(day) <= 12 else birth


def _mistyped_day(draw: random.Random, birth: str) -> str:
    return f"{birth[:-1]}{draw.choice([d for d in '12345678' if d != birth[-1]])}"


def _roman(text: str) -> str:
    return text.translate(_ROMAN)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What one pair is made of."""

    draw: random.Random
    home: _Household
    other: _Household


Made = tuple[Description, str]
"""A description, and the number of the record it is about, or nothing."""
KINDS: dict[str, Callable[[_Drawn], Made]] = {
    # Descriptions of a registered person: a match is right.
    "true: number and all": lambda x: (_said(x.home.one, x.home.one.mrn), x.home.one.mrn),
    "true: number, no address": lambda x: (_said(x.home.one, x.home.one.mrn, phone="", postcode=""), x.home.one.mrn),
    "true: number, family misspelt": lambda x: (
        _said(x.home.one, x.home.one.mrn, family=_typo(x.draw, x.home.one.family)), x.home.one.mrn),
    "true: number, given name misspelt": lambda x: (
        _said(x.home.one, x.home.one.mrn, given=_typo(x.draw, x.home.one.given)), x.home.one.mrn),
    "true: number, names swapped": lambda x: (
        _said(x.home.one, x.home.one.mrn, family=x.home.one.given, given=x.home.one.family), x.home.one.mrn),
    "true: number, day and month swapped": lambda x: (
        _said(x.home.one, x.home.one.mrn, birth_date=_swapped(x.home.one.birth_date)), x.home.one.mrn),
    "true: number, transliterated": lambda x: (
        _said(x.home.one, x.home.one.mrn, family=_roman(x.home.one.family).upper(), given=_roman(x.home.one.given).upper()), x.home.one.mrn),
    "true: number, other address": lambda x: (
        _said(x.home.one, x.home.one.mrn, phone=x.other.one.phone, postcode=x.other.one.postcode), x.home.one.mrn),
    "true: no number": lambda x: (_said(x.home.one), x.home.one.mrn),
    "true: no number, no address": lambda x: (_said(x.home.one, phone="", postcode=""), x.home.one.mrn),
    "true: no number, transliterated": lambda x: (
        _said(x.home.one, family=_roman(x.home.one.family), given=_roman(x.home.one.given)), x.home.one.mrn),
    "true: a twin with the own number": lambda x: (
        (_said(x.home.twin, x.home.twin.mrn), x.home.twin.mrn) if x.home.registered else (_said(x.home.one, x.home.one.mrn), x.home.one.mrn)),
    "true: a child of the same name": lambda x: (
        (_said(x.home.child, x.home.child.mrn), x.home.child.mrn) if x.home.registered else (_said(x.home.one, x.home.one.mrn), x.home.one.mrn)),
    "true: number, surname changed": lambda x: (
        _said(x.home.one, x.home.one.mrn, family=_renamed(x.home, x.other)), x.home.one.mrn),
    # Descriptions of somebody else: a match is wrong, whomever it names.
    "false: number of the twin": lambda x: (_said(x.home.twin, x.home.one.mrn), ""),
    "false: number of the parent": lambda x: (_said(x.home.child, x.home.one.mrn), ""),
    "false: number of a stranger": lambda x: (_said(x.home.one, x.other.one.mrn), ""),
    "false: number mistyped": lambda x: (_said(x.home.one, f"{x.home.one.mrn[:-2]}{x.home.one.mrn[-1]}{x.home.one.mrn[-2]}7"), ""),
    "false: twin, not registered": lambda x: (_said(replace(x.home.twin, given=_other(x.draw, x.home)), ""), ""),
    "false: child of the same name, not registered": lambda x: (
        _said(x.home.one, birth_date=_generation(x.draw, x.home.one.birth_date)), ""),
    "false: shared phone, other person": lambda x: (_said(x.other.one, family=_renamed(x.other, x.home), phone=x.home.one.phone), ""),
    "false: other sex": lambda x: (_said(x.home.one, sex="M" if x.home.one.sex == "F" else "F"), ""),
    "false: day and month swapped, no number": lambda x: (
        _said(x.home.one, birth_date=_swapped(x.home.one.birth_date) if _swapped(x.home.one.birth_date) != x.home.one.birth_date
              else _mistyped_day(x.draw, x.home.one.birth_date)), ""),
    "false: misspelt and a digit off, no number": lambda x: (
        _said(x.home.one, family=_typo(x.draw, x.home.one.family), birth_date=_mistyped_day(x.draw, x.home.one.birth_date)), ""),
    "false: number alone": lambda x: (Description(identifiers=_said(x.home.one, x.home.one.mrn).identifiers), ""),
}  # fmt: skip


def _renamed(home: _Household, other: _Household) -> str:
    """The other's family name; a new one where both have the same."""
    return other.one.family if other.one.family != home.one.family else "Zabel"


def _other(draw: random.Random, home: _Household) -> str:
    """A given name of nobody in the household."""
    return draw.choice([name for name in GIVENS[home.one.sex] if name not in (home.one.given, home.twin.given)])


def _generation(draw: random.Random, birth: str) -> str:
    """A birth date nobody of the household has: 36 to 45 years on."""
    return f"{int(birth[:4]) + draw.randrange(36, 46)}-{birth[5:8]}{min(int(birth[8:]), 28):02}"


def _pairs(draw: random.Random, homes: Sequence[_Household], count: int) -> Iterator[Pair]:
    kinds = list(KINDS.items())
    for number in range(count):
        kind, made = kinds[number % len(kinds)]
        home, other = draw.sample(homes, 2)
        person, expected = made(_Drawn(draw, home, other))
        yield Pair(case=f"{number:05}", kind=kind, person=person, expected=expected)


def write_directory(path: Path, directory: Sequence[Registered]) -> None:
    """The directory file, as docs/reference/patients-csv.md says."""
    columns = ("mrn", "assigning_authority", "family", "given", "birth_date", "sex", "phone", "postcode")
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow((*columns, "identifiers"))
        for item in directory:
            numbers = ";".join(f"{one.authority}:{one.value}" for one in item.identifiers)
            rows.writerow((*(getattr(item, column) for column in columns), numbers))


def write_pairs(path: Path, pairs: Sequence[Pair]) -> None:
    """The pairs, as `headrace match --evaluate` reads them."""
    columns = ("family", "given", "middle", "birth_date", "sex", "phone", "postcode")
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("case", "class", "expected_mrn", "identifiers", *columns))
        for item in pairs:
            numbers = ";".join(f"{one.authority}:{one.value}" for one in item.person.identifiers)
            fields = (getattr(item.person, column) for column in columns)
            rows.writerow((item.case, item.kind, item.expected, numbers, *fields))


def main() -> None:
    """Write both files."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--out", type=Path, required=True)
    chosen = options.parse_args()
    directory, pairs = make(chosen.pairs, chosen.seed)
    chosen.out.mkdir(parents=True, exist_ok=True)
    write_directory(chosen.out / "patients.csv", directory)
    write_pairs(chosen.out / "pairs.csv", pairs)


if __name__ == "__main__":
    main()
