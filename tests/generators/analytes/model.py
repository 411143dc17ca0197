"""What the stock knows of one test."""

from __future__ import annotations

from dataclasses import dataclass

Bounds = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unit a test is printed in, with the code that is right for it.

    Attributes:
        loinc: LOINC code for the analyte in this unit's dimension.
        spellings: The unit as labs print it; the first is the plainest.
        systems: Conventions that use it: ``us``, ``es``, ``si``.
        decimals: Digits after the decimal sign on paper.
        bounds: Reference limits in this unit (men, or everybody); None is open.
        female: Limits for women where they differ.
        factor: Printed value = value in the analyte's first unit x factor.
        below: Quantification limit: smaller values print as ``<limit``.
        above: Upper measuring limit: greater values print as ``>limit``.
    """

    loinc: str
    spellings: tuple[str, ...]
    systems: tuple[str, ...]
    decimals: int
    bounds: Bounds
    female: Bounds | None
    factor: float
    below: float | None
    above: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyte:
    """One laboratory test.

    Attributes:
        key: Short name inside the generators.
        en: English printed names, the commonest first.
        es: Spanish printed names, the commonest first.
        units: Units it is printed in; the first is the base for drawing values.
        least: Smallest value worth drawing, in the base unit.
        most: Greatest value worth drawing, in the base unit.
        critical: Limits beyond which LL and HH are printed, in the base unit.
        choices: (English, Spanish) words of a qualitative test; empty for numbers.
        normal: How many of the first choices are normal.
        reference: (English, Spanish) expected word.
        graded: The qualitative answer is a count range or a titre, not a word.
    """

    key: str
    en: tuple[str, ...]
    es: tuple[str, ...]
    units: tuple[Unit, ...]
    least: float = 0.0
    most: float = 0.0
    critical: Bounds = (None, None)
    choices: tuple[tuple[str, str], ...] = ()
    normal: int = 1
    reference: tuple[str, str] = ("", "")
    graded: bool = False


def unit(
    loinc: str,
    spellings: str,
    decimals: int,
    low: float | None,
    high: float | None,
    *,
    on: str = "us es si",
    f: Bounds | None = None,
    x: float = 1.0,
    below: float | None = None,
    above: float | None = None,
) -> Unit:
    """A unit row of the stock; ``spellings`` separated by ``|``, ``on`` by blanks, ``f`` for women, ``x`` the factor."""
    return Unit(
        loinc=loinc, spellings=tuple(spellings.split("|")), systems=tuple(on.split()), decimals=decimals,
        bounds=(low, high), female=f, factor=x, below=below, above=above,
    )  # fmt: skip


def number(
    key: str, en: str, es: str, *units: Unit, span: tuple[float, float], critical: Bounds = (None, None)
) -> Analyte:
    """A numeric test; ``span`` holds the least and greatest value worth drawing, in the first unit."""
    return Analyte(
        key=key, en=tuple(en.split("|")), es=tuple(es.split("|")), units=units,
        least=span[0], most=span[1], critical=critical,
    )  # fmt: skip


def words(
    key: str,
    loinc: str,
    en: str,
    es: str,
    choices: str,
    *,
    normal: int = 1,
    reference: str = "",
    spelling: str = "",
    graded: bool = False,
) -> Analyte:
    """A qualitative test; ``choices`` are ``english=spanish`` pairs separated by ``;``, normal ones first."""
    pairs = [(pair if "=" in pair else f"{pair}={pair}").split("=") for pair in choices.split(";")]
    expected = reference.split("=") if "=" in reference else [reference, reference]
    return Analyte(
        key=key, en=tuple(en.split("|")), es=tuple(es.split("|")),
        units=(unit(loinc, spelling, 0, None, None),), choices=tuple((p[0], p[1]) for p in pairs),
        normal=normal, reference=(expected[0], expected[1]), graded=graded,
    )  # fmt: skip
