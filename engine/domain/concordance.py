"""Do two sources say the same: the message and the document on the patient, the page and the OBX on the results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from engine.domain import names
from engine.domain.order import Observation
from engine.domain.patient import Demographics
from engine.domain.report import LabReport, ReportPatient, Result

_T = TypeVar("_T")


def patient_conflicts(person: Demographics, printed: ReportPatient) -> tuple[str, ...]:
    """Fields in which the printed patient is somebody else than `person`; empty when nothing speaks against it.

    The printed name may stand in any order, so its words are compared as a set: the family name and the given name
    must both be found there. A birth date with day and month swapped is not counted: the page's order of the two is
    our reading, not the lab's statement.
    """
    conflicts: list[str] = []
    if names.compare_dates(person.birth_date, printed.birth_date) == "differ":
        conflicts.append("birth_date")
    words = names.tokens(printed.name or f"{printed.given} {printed.family}")
    if words and person.family and not _found(names.tokens(person.family), words):
        conflicts.append("family")
    if words and person.given and not _found(names.tokens(person.given), words):
        conflicts.append("given")
    if printed.sex in ("F", "M") and person.sex in ("F", "M") and printed.sex != person.sex:
        conflicts.append("sex")
    return tuple(conflicts)


def _found(wanted: Sequence[str], words: Sequence[str]) -> bool:
    """At least one word of the name, or its initial, stands on the page."""
    return not wanted or any(names.compare(want, word) in ("agree", "close") for want in wanted for word in words)


def result_conflicts(observations: Sequence[Observation], report: LabReport) -> tuple[str, ...]:
    """Results that page and message both have, with different values: the OBX locations.

    Compared by LOINC, only where both sides have exactly one result under the code. Units must agree too when both
    are given; numbers are compared as numbers, texts folded.
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
        value = "".join(part for part in value.split("^")[:2])
    left, right = _number(value), result.numeric_value
    if left is not None and right is not None and result.comparator is None:
        return left == right
    return names.fold(value) == names.fold(result.value)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None
