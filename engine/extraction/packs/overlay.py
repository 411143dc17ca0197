"""What a site knows beyond the packs: how its laboratories call their tests, with codes, units and limits.

An overlay is data like the packs. It lies over them for the documents of one laboratory; what it says of a name is the
site's own word and counts before the packs' for that laboratory, and for no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.extraction.folding import fold
from engine.extraction.packs.model import Analyte, Code, Packs
from engine.extraction.units import fold_unit

Path = tuple[str | int, ...]
_LOINC = re.compile(r"^\d{1,7}-\d$")
_ID = re.compile(r"^[a-z0-9][a-z0-9_]{0,59}$")
_SPECIMENS = ("blood", "serum", "plasma", "urine", "csf", "stool", "any")
_VALUES = ("", "numeric", "qualitative", "titre")
_TOP, _LAB = ("version", "labs"), ("facility", "application", "tests", "units")
_TEST, _CODE = ("test", "display", "names", "codes", "plausible"), ("loinc", "name", "units", "specimen", "values")
_SHORTEST_FUZZY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong at one place of the file: keys and list places from the top."""

    path: Path
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One test of a laboratory; `display` is set for tests that the packs do not know."""

    __test__ = False

    id: str
    display: str = ""
    names: tuple[str, ...] = ()
    codes: tuple[Code, ...] = ()
    plausible: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabEntry:
    """What is said of one laboratory: MSH-4, MSH-3 or both, folded; both empty for all of them."""

    facility: str = ""
    application: str = ""
    tests: tuple[Test, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)

    def fits(self, facility: str, application: str) -> bool:
        """Whether it is about this sender."""
        return self.facility in ("", fold(facility)) and self.application in ("", fold(application))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A whole file; entries that name a sender more closely count before wider ones."""

    labs: tuple[LabEntry, ...] = ()

    def of(self, facility: str, application: str) -> tuple[LabEntry, ...]:
        """The entries about a sender, the widest first."""
        found = [entry for entry in self.labs if entry.fits(facility, application)]
        return tuple(sorted(found, key=lambda entry: bool(entry.facility) + bool(entry.application)))


def laid_over(packs: Packs, entries: Sequence[LabEntry]) -> Packs:
    """The packs with these entries on top; the packs themselves when there are none."""
    for entry in entries:
        packs = _with_units(_with_tests(packs, entry.tests), entry.units)
    return packs


def _with_tests(packs: Packs, tests: Sequence[Test]) -> Packs:
    if not tests:
        return packs
    analytes, aliases, by_words = dict(packs.analytes), dict(packs.aliases), dict(packs.sorted_aliases)
    own = {language: dict(names) for language, names in packs.own.items()}
    for test in tests:
        analytes[test.id] = _analyte(analytes.get(test.id), test)
        for name in test.names:
            folded = fold(name)
            aliases[folded] = (test.id,)
            by_words[" ".join(sorted(folded.split()))] = (test.id,)
            for names in own.values():
                names.pop(folded, None)
    fuzzy = dict.fromkeys((*packs.fuzzy, *(name for name in aliases if len(name) >= _SHORTEST_FUZZY)))
    return replace(
        packs, analytes=analytes, aliases=aliases, sorted_aliases=by_words, own=own, fuzzy=tuple(fuzzy)
    )  # fmt: skip


def _analyte(known: Analyte | None, test: Test) -> Analyte:
    if known is None:
        return Analyte(id=test.id, display=test.display, codes=test.codes, plausible=test.plausible)
    return replace(known, codes=(*test.codes, *known.codes), plausible={**known.plausible, **test.plausible})


def _with_units(packs: Packs, units: Mapping[str, str]) -> Packs:
    if not units:
        return packs
    exact = {**packs.units.exact, **{fold_unit(printed): ucum for printed, ucum in units.items()}}
    return replace(packs, units=replace(packs.units, exact=exact))


def build_overlay(raw: Any, packs: Packs) -> tuple[Overlay, list[Fault]]:
    """An overlay of parsed YAML, with everything that is wrong in it; what is wrong is left out of the overlay.

    Args:
        raw: plain mappings, lists and scalars.
        packs: whose tests and units it refers to.
    """
    faults: list[Fault] = []
    if not isinstance(raw, Mapping):
        return Overlay(), [Fault(path=(), message="expected a mapping with `version` and `labs`")]
    faults += _strange(raw, _TOP, ())
    if str(raw.get("version")) != "1":
        faults.append(Fault(path=("version",), message="expected `version: 1`"))
    labs = [
        _lab(item, packs, ("labs", place), faults) for place, item in enumerate(_listed(raw, "labs", (), faults))
    ]  # fmt: skip
    return Overlay(labs=tuple(labs)), faults


def _lab(raw: Any, packs: Packs, path: Path, faults: list[Fault]) -> LabEntry:
    if not isinstance(raw, Mapping):
        faults.append(Fault(path=path, message="expected a mapping with `facility` and `tests`"))
        return LabEntry()
    faults += _strange(raw, _LAB, path)
    tests: list[Test] = []
    seen: dict[str, str] = {}
    for place, item in enumerate(_listed(raw, "tests", path, faults)):
        test = _test(item, packs, (*path, "tests", place), faults)
        if test is None:
            continue
        for number, name in enumerate(test.names):
            other = seen.setdefault(fold(name), test.id)
            if other != test.id:
                message = f"the name stands for `{other}` already"
                faults.append(Fault(path=(*path, "tests", place, "names", number), message=message))
        tests.append(test)
    return LabEntry(
        facility=fold(str(raw.get("facility") or "")),
        application=fold(str(raw.get("application") or "")),
        tests=tuple(tests),
        units=_units(raw, packs, path, faults),
    )


def _test(raw: Any, packs: Packs, path: Path, faults: list[Fault]) -> Test | None:
    if not isinstance(raw, Mapping):
        faults.append(Fault(path=path, message="expected a mapping with `test` and `names`"))
        return None
    before = len(faults)
    faults += _strange(raw, _TEST, path)
    name = str(raw.get("test") or "")
    if not _ID.match(name):
        hint = "like `ferritin`: small letters, digits and _"
        faults.append(Fault(path=(*path, "test"), message="expected the id of a test", hint=hint))
    names = tuple(str(item) for item in _listed(raw, "names", path, faults))
    faults += [
        Fault(path=(*path, "names", place), message="nothing is left of the name without signs and blanks")
        for place, one in enumerate(names)
        if not fold(one)
    ]
    codes = [
        _code(item, packs, (*path, "codes", place), faults)
        for place, item in enumerate(_listed(raw, "codes", path, faults))
    ]
    if name not in packs.analytes and not (raw.get("display") and codes):
        message = "no test of the packs is called so; a new one needs `display` and `codes`"
        faults.append(Fault(path=(*path, "test"), message=message))
    limits = dict(_limits(raw, path, faults))
    if len(faults) > before:
        return None
    return Test(
        id=name, display=str(raw.get("display") or ""), names=names, codes=tuple(filter(None, codes)), plausible=limits
    )


def _code(raw: Any, packs: Packs, path: Path, faults: list[Fault]) -> Code | None:
    if not isinstance(raw, Mapping):
        faults.append(Fault(path=path, message="expected a mapping with `loinc` and `units`"))
        return None
    faults += _strange(raw, _CODE, path)
    loinc = str(raw.get("loinc") or "")
    if not is_loinc(loinc):
        message = "not a LOINC code: the digit behind the dash does not fit" if _LOINC.match(loinc) else (
            "expected a LOINC code like 2276-4")  # fmt: skip
        faults.append(Fault(path=(*path, "loinc"), message=message))
    known = set(packs.units.exact.values()) | {"none"}
    units = [str(item) for item in _listed(raw, "units", path, faults)]
    for place, unit in enumerate(units):
        if unit not in known:
            faults.append(Fault(path=(*path, "units", place), message="no UCUM unit that is known here"))
    specimens = [str(item) for item in _listed(raw, "specimen", path, faults)] or ["blood"]
    for place, specimen in enumerate(specimens):
        if specimen not in _SPECIMENS:
            hint = f"one of {', '.join(_SPECIMENS)}"
            faults.append(Fault(path=(*path, "specimen", place), message="no such specimen", hint=hint))
    values = str(raw.get("values") or "")
    if values not in _VALUES:
        faults.append(Fault(path=(*path, "values"), message="expected numeric, qualitative or titre"))
    return Code(
        loinc=loinc, name=str(raw.get("name") or ""), units=frozenset(units), specimen=frozenset(specimens),
        values=values,
    )  # fmt: skip


def is_loinc(code: str) -> bool:
    """Whether a text has the form of a LOINC code and its check digit. Source: LOINC Users' Guide (mod 10)."""
    if not _LOINC.match(code):
        return False
    digits = [int(one) for one in reversed(code[:-2])]
    total = sum(digits[1::2]) + sum(sum(divmod(2 * one, 10)) for one in digits[::2])
    return (10 - total % 10) % 10 == int(code[-1])


def _units(raw: Mapping[str, Any], packs: Packs, path: Path, faults: list[Fault]) -> dict[str, str]:
    given = raw.get("units") or {}
    if not isinstance(given, Mapping):
        faults.append(Fault(path=(*path, "units"), message="expected printed units with their UCUM codes"))
        return {}
    known = set(packs.units.exact.values())
    wrong = [printed for printed, ucum in given.items() if str(ucum) not in known]
    faults += [Fault(path=(*path, "units", one), message="no UCUM unit that is known here") for one in wrong]
    return {str(printed): str(ucum) for printed, ucum in given.items() if printed not in wrong}


def _limits(
    raw: Mapping[str, Any], path: Path, faults: list[Fault]
) -> Iterator[tuple[str, tuple[Decimal, Decimal]]]:  # fmt: skip
    given = raw.get("plausible") or {}
    for unit, pair in given.items() if isinstance(given, Mapping) else [("", given)]:
        try:
            low, high = (Decimal(str(end)) for end in pair)
        except (InvalidOperation, TypeError, ValueError):
            faults.append(Fault(path=(*path, "plausible", unit), message="expected two numbers, like [0, 500]"))
            continue
        if low > high:
            faults.append(Fault(path=(*path, "plausible", unit), message="the first number is above the second"))
        yield str(unit), (low, high)


def _listed(raw: Mapping[str, Any], key: str, path: Path, faults: list[Fault]) -> Sequence[Any]:
    given = raw.get(key)
    if given is None:
        return ()
    if not isinstance(given, list):
        faults.append(Fault(path=(*path, key), message="expected a list"))
        return ()
    return given


def _strange(raw: Mapping[str, Any], known: Sequence[str], path: Path) -> list[Fault]:
    hint = f"there are {', '.join(known)}"
    return [Fault(path=(*path, key), message="no such setting", hint=hint) for key in raw if key not in known]
