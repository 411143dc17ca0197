"""Two readings of one document: where they differ, neither is believed until a person has looked."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

from engine.domain import names
from engine.domain.reasons import Reason, merge, reason
from engine.domain.report import LabReport, ReportPatient, Result, Section

_Key = Callable[[Result], Hashable | None]


def seconded(first: LabReport, second: LabReport) -> LabReport:
    """The first reading with the doubts that a second reading of the same document raises.

    Results are paired by printed name, LOINC code, or value and unit, whatever the two readers share. A pair that
    differs in value, unit or code gets `cross_check.disagrees`; a result that only the first reading has
    `value.not_in_document`; results that only the second has make the whole reading `extraction.partial`. What one
    reading leaves empty contradicts nothing, save for the value. A second reading without results says why in its own
    reasons, and these count.
    """
    if not second.results:
        return _reviewed(replace(first, review_reasons=merge(first.review_reasons, second.review_reasons)))
    pairs = _paired(first.results, second.results)
    sections = tuple(_section(section, pairs) for section in first.sections)
    missed = len(second.results) - sum(1 for other in pairs.values() if other is not None)
    about_all = [
        reason("cross_check.disagrees", "Two readings name the patient differently.", f"patient.{field}")
        for field in _patient_differences(first.patient, second.patient)
    ]
    if missed:
        about_all.append(reason("extraction.partial", f"A second reading found {missed} further results."))
    return _reviewed(replace(first, sections=sections, review_reasons=merge(first.review_reasons, about_all)))


def _section(section: Section, pairs: dict[str, Result | None]) -> Section:
    return replace(section, results=tuple(_doubted(item, pairs[item.id]) for item in section.results))


def _doubted(result: Result, other: Result | None) -> Result:
    place = f"results[{result.id}]"
    if other is None:
        text = "A second reading of the document does not have this result."
        found: list[Reason] = [reason("value.not_in_document", text, f"{place}.value")]
    else:
        text = "Two readings of the document differ."
        found = [reason("cross_check.disagrees", text, f"{place}.{field}") for field in _differences(result, other)]
    return replace(result, review_reasons=merge(result.review_reasons, found))


def _differences(one: Result, other: Result) -> list[str]:
    found: list[str] = []
    if not _same_value(one, other):
        found.append("value")
    if not _same_unit(one, other):
        found.append("unit")
    if one.loinc_code and other.loinc_code and one.loinc_code != other.loinc_code:
        found.append("loinc_code")
    return found


def _same_value(one: Result, other: Result) -> bool:
    if one.numeric_value is not None and other.numeric_value is not None:
        return one.numeric_value == other.numeric_value and (one.comparator or "") == (other.comparator or "")
    return _squeezed(one.value) == _squeezed(other.value)


def _same_unit(one: Result, other: Result) -> bool:
    """By UCUM where both have it; as printed where neither does; one that is empty contradicts nothing."""
    if one.unit_ucum and other.unit_ucum:
        return one.unit_ucum == other.unit_ucum
    printed = not one.unit_ucum and not other.unit_ucum and one.unit and other.unit
    return not printed or _squeezed(one.unit) == _squeezed(other.unit)


def _squeezed(text: str) -> str:
    return "".join(text.casefold().split())


@dataclass(frozen=True, slots=True)
class _Rule:
    """One way to find the same row in both readings; a weak key pairs only what stands alone under it."""

    key: _Key
    alone: bool = False


def _name(result: Result) -> Hashable | None:
    return " ".join(names.tokens(result.test_name)) or None


def _value(result: Result) -> Hashable | None:
    if result.numeric_value is not None:
        return result.comparator or "", result.numeric_value
    return _squeezed(result.value) or None


def _with_value(key: _Key) -> _Key:
    def both(result: Result) -> Hashable | None:
        own, value = key(result), _value(result)
        return None if own is None or value is None else (own, value)

    return both


def _code(result: Result) -> Hashable | None:
    return result.loinc_code or None


def _unit(result: Result) -> Hashable | None:
    return result.unit_ucum or _squeezed(result.unit) or None


def _with_unit(result: Result) -> Hashable | None:
    return _name(result), _unit(result)


_RULES = (
    _Rule(_with_value(_with_unit)),
    _Rule(_with_value(_name)),
    _Rule(_with_value(_code)),
    _Rule(_name),
    _Rule(_code),
    _Rule(_with_value(_unit), alone=True),
)


def _paired(first: Sequence[Result], second: Sequence[Result]) -> dict[str, Result | None]:
    """For each result of the first reading that of the second, or None; in printed order under the same key."""
    pairs: dict[str, Result | None] = dict.fromkeys((item.id for item in first), None)
    left, right = list(first), list(second)
    for rule in _RULES:
        theirs = _by_key(right, rule)
        for key, ours in _by_key(left, rule).items():
            others = theirs.get(key, [])
            if rule.alone and (len(ours) > 1 or len(others) > 1):
                continue
            for one, other in zip(ours, others, strict=False):
                pairs[one.id] = other
                left.remove(one)
                right.remove(other)
    return pairs


def _by_key(results: Sequence[Result], rule: _Rule) -> dict[Hashable, list[Result]]:
    found: dict[Hashable, list[Result]] = {}
    for item in results:
        key = rule.key(item)
        if key is not None:
            found.setdefault(key, []).append(item)
    return found


def _patient_differences(one: ReportPatient, other: ReportPatient) -> list[str]:
    """Fields that both readings have and that cannot be the same."""
    found: list[str] = []
    if names.contradictory(one.birth_date, other.birth_date):
        found.append("birth_date")
    ours, theirs = (set(names.tokens(item.name or f"{item.given} {item.family}")) for item in (one, other))
    if ours and theirs and not (ours <= theirs or theirs <= ours):
        found.append("name")
    if one.sex in ("F", "M") and other.sex in ("F", "M") and one.sex != other.sex:
        found.append("sex")
    numbers, others = ({_letters(item.value) for item in patient.identifiers} for patient in (one, other))
    if numbers and others and not numbers & others:
        found.append("identifiers")
    return found


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _reviewed(report: LabReport) -> LabReport:
    """With every `needs_review` as the reasons say."""
    sections = tuple(
        replace(section, results=tuple(_marked(item) for item in section.results)) for section in report.sections
    )
    held = any(item.holds for item in report.review_reasons)
    return replace(
        report, sections=sections, needs_review=held or any(item.needs_review for s in sections for item in s.results)
    )


def _marked(result: Result) -> Result:
    return replace(result, needs_review=any(item.holds for item in result.review_reasons))
