"""Do two sources say the same: the message and the document on the patient, the page and the OBX on the results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from engine.domain import names
from engine.domain.order import Observation
from engine.domain.patient import Demographics
from engine.domain.report import LabReport, ReportPatient, Result

_T = TypeVar("_T")
_COMPARATOR = re.compile(r"[<>]=?")


def patient_conflicts(person: Demographics, printed: ReportPatient) -> tuple[str, ...]:
    """Fields in which the printed patient is somebody else than `person`; empty when nothing speaks against it.

    The printed name may stand in any order and any length, so its words are told apart by the person's own: one of
    the family name and one of the given names must be there, and a missing one may not be replaced by another
    (`María José` is not `María Luisa`; `María` alone may be her). A birth date with day and month swapped is not
    counted: the page's order of the two is our reading, not the lab's statement.
    """
    conflicts: list[str] = []
    if names.contradictory(person.birth_date, printed.birth_date):
        conflicts.append("birth_date")
    conflicts += _name_conflicts(person, list(names.tokens(printed.name or f"{printed.given} {printed.family}")))
    if printed.sex in ("F", "M") and person.sex in ("F", "M") and printed.sex != person.sex:
        conflicts.append("sex")
    return tuple(conflicts)


def _name_conflicts(person: Demographics, words: list[str]) -> list[str]:
    """Family and given name against the printed words; each word stands for one name only."""
    if not words:
        return []
    wanted = {"family": list(names.tokens(person.family)), "given": list(names.tokens(person.given, person.middle))}
    if not person.given:
        wanted["given"] = []
    found = dict.fromkeys(wanted, 0)
    for exactly in (True, False):
        for field, missing in wanted.items():
            for name in tuple(missing):
                word = next((item for item in words if _is(name, item, field, exactly=exactly)), None)
                if word is not None:
                    words.remove(word)
                    missing.remove(name)
                    found[field] += 1
    others = [word for word in words if len(word) > 1]
    return [field for field, missing in wanted.items() if missing and (not found[field] or others)]


def _is(name: str, word: str, field: str, *, exactly: bool) -> bool:
    if exactly:
        return name == word
    return names.same_word(name, word) and not (field == "given" and names.gendered(name, word))


def result_conflicts(observations: Sequence[Observation], report: LabReport) -> tuple[str, ...]:
    """Results that page and message both have, with different values: the OBX locations.

    Compared by LOINC, only where both sides have exactly one result under the code. Numbers are compared as numbers,
    texts as they are but for case and blanks; units where both sides give a UCUM one.
    """
    printed = _unique_by_code((item.loinc_code, item) for item in report.results)
    sent = _unique_by_code((item.code.in_system("LN"), item) for item in observations)
    return tuple(
        observation.location
        for code, observation in sent.items()
        if code in printed and not _same_value(observation, printed[code])
    )


def _unique_by_code(pairs: Iterable[tuple[str, _T]]) -> dict[str, _T]:
    """What stands alone under its code; a code that comes twice is not comparable."""
    found: dict[str, list[_T]] = {}
    for code, item in pairs:
        if code:
            found.setdefault(code, []).append(item)
    return {code: items[0] for code, items in found.items() if len(items) == 1}


def _same_value(observation: Observation, result: Result) -> bool:
    value = observation.values[0] if observation.values else ""
    if observation.value_type == "SN":
        value = "".join(value.split("^")[:4])
    sent_unit = observation.unit.code if observation.unit.system == "UCUM" else ""
    if sent_unit and result.unit_ucum and sent_unit != result.unit_ucum:
        return False
    comparator = _COMPARATOR.match(value)
    sent = comparator[0].strip() if comparator else ""
    left, right = _number(value[len(sent) :]), result.numeric_value
    if left is not None and right is not None:
        return left == right and sent == (result.comparator or "")
    return _squeezed(value) == _squeezed(result.value)


def _squeezed(text: str) -> str:
    """Without case and blanks; signs stay, for `+` and `-` are results."""
    return "".join(text.casefold().split())


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
