"""Does the document show what the remote extractor says? Each value is looked for in the document's own text.

A value counts as shown when a number of the same value and comparator, or the same words, stand in the text outside
ranges, dates and times; near the test's name, where the text has the name in one line. A value that more results
claim than the text shows is not shown for any of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.domain.reasons import Reason, merge, reason
from engine.domain.report import LabReport, Result
from engine.extraction.folding import fold, plain
from engine.extraction.numbers import COMPARATORS, Number, Vote, parse_number, take_vote
from engine.extraction.ranges import parse_range
from engine.extraction.units import UnitTable
from engine.mapping.medextract import reviewed

_PART = r"\d+(?:[.,]\d+)*"
_NOT_VALUES = re.compile(
    rf"{_PART}(?:\s+(?:[-–—−~÷…]|\.\.+|to|a|y|bis)\s+|[-–—−~÷…]|\.\.+){_PART}"  # ranges
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?!\d)|(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)",  # dates, times
    re.IGNORECASE,
)
# Not a number of its own: T4, x10^3, 10*3, 25-OH, /1000.
_SHOWN = re.compile(
    rf"(<\s?=|>\s?=|=\s?<|=\s?>|[<>≤≥])?\s*((?<![\w.,])[-+−])?(?<![\w.,^/:])({_PART})(?!\d|[.,]\d|\s?[\^*]\d|-[A-Za-z])"
)
_Key = tuple[str, Decimal]
_NEAR = (-1, 0, 1, 2)
"""Lines above and below a name in which its value may stand: names wrap, and some blocks put the value under it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentText:
    """Lines of each page; a page without words has none, an unopened document no pages."""

    pages: tuple[tuple[str, ...], ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every page has text, so that what is not found is not there."""
        return bool(self.pages) and all(self.pages)


def compare(report: LabReport, text: DocumentText, *, trust_without_text: bool) -> LabReport:
    """The report with `value.not_in_document` on every result whose value the text does not show.

    Args:
        report: as the remote told it.
        text: the document's own.
        trust_without_text: values may stand on a page without text (a scan); let them pass with a warning.
    """
    shown = _Shown(text)
    claims = Counter(_claim(item) for item in report.results if item.numeric_value is not None)
    lenient = trust_without_text and not text.complete
    sections = tuple(
        replace(section, results=tuple(_compared(item, shown, claims, lenient=lenient) for item in section.results))
        for section in report.sections
    )
    report = replace(report, sections=sections)
    if not text.complete:
        blank = sum(1 for page in text.pages if not page)
        told = f"{blank} pages have no text" if text.pages else "the document has no readable text"
        report = replace(report, warnings=(*report.warnings, f"{told}; values there could not be looked up"))
    return reviewed(report)


def completed(report: LabReport, text: DocumentText, units: UnitTable) -> LabReport:
    """UCUM units by our own table, and the ends of printed ranges, where the remote gave none."""
    vote = take_vote(line for page in text.pages for line in page)
    sections = tuple(
        replace(section, results=tuple(_completed(item, vote, units) for item in section.results))
        for section in report.sections
    )
    return replace(report, sections=sections)


def _completed(result: Result, vote: Vote, units: UnitTable) -> Result:
    if result.unit and not result.unit_ucum:
        result = replace(result, unit_ucum=units.ucum(result.unit))
    if result.reference_low is None and result.reference_high is None:
        span = parse_range(result.reference_range)
        low, high = span.limits(vote) if span is not None else (None, None)
        result = replace(result, reference_low=low, reference_high=high)
    return result


class _Shown:
    """What a text shows: its numbers by value, and its words in order."""

    def __init__(self, text: DocumentText) -> None:
        lines = [line for page in text.pages for line in page]
        self.complete = text.complete
        self.vote: Vote = take_vote(lines)
        self.sure: Counter[_Key] = Counter()
        self.printed: dict[_Key, dict[str, Decimal]] = {}
        self.open: set[_Key] = set()
        self._names: list[frozenset[str]] = []
        self._numbers: list[frozenset[_Key]] = []
        for line in lines:
            self._names.append(frozenset(_spaced([line], fold).split()))
            self._numbers.append(frozenset(key for number in _numbers(line) if (key := self._add(number)) is not None))
        self._words = _spaced(lines, fold)
        self._signs = _spaced(lines, plain)

    def _add(self, number: Number) -> _Key | None:
        value = number.resolve(self.vote)
        if value is None:
            self.open.update((number.comparator, reading.normalize()) for reading in number.readings)
            return None
        key = (number.comparator, value.normalize())
        self.sure[key] += 1
        self.printed.setdefault(key, {})[number.raw] = value
        return key

    def far_from(self, name: str, key: _Key) -> bool:
        """Whether the text has the name in some lines, and the number in none of them nor right above or below."""
        wanted = frozenset(_spaced([name], fold).split())
        rows = [at for at, line in enumerate(self._names) if wanted and wanted <= line]
        near = {at + step for at in rows for step in _NEAR}
        return bool(rows) and not any(key in self._numbers[at] for at in near if 0 <= at < len(self._numbers))

    def says(self, value: str) -> bool:
        """Whether the words stand in the text one after the other; a value of signs alone as it is."""
        folded = _spaced([value], fold)
        return folded in self._words if folded.strip() else _spaced([value], plain) in self._signs


def _spaced(lines: Iterable[str], form: Callable[[str], str]) -> str:
    """The folded words with a blank around each; folded one by one, since folding a line may join them."""
    return f" {' '.join(part for line in lines for word in line.split() for part in form(word).split())} "


def _numbers(line: str) -> Iterable[Number]:
    for match in _SHOWN.finditer(_NOT_VALUES.sub(" ; ", line)):
        comparator = COMPARATORS[match[1].replace(" ", "")] if match[1] else ""
        number = parse_number(f"{comparator}{match[2] or ''}{match[3]}")
        if number is not None:
            yield number


def _claim(result: Result) -> _Key:
    return result.comparator or "", (result.numeric_value or Decimal(0)).normalize()


def _compared(result: Result, shown: _Shown, claims: Counter[_Key], *, lenient: bool) -> Result:
    if not result.value:
        return result
    if result.numeric_value is None:
        return result if shown.says(result.value) else _doubted(result, lenient=lenient, complete=shown.complete)
    key = _claim(result)
    if shown.sure[key] and shown.far_from(result.test_name, key):
        text = "The document shows this value, but not near the test's name."
        return _doubted(result, lenient=lenient, complete=shown.complete, text=text)
    if shown.sure[key] >= claims[key]:
        return _as_printed(result, shown.printed[key])
    if not shown.sure[key] and key in shown.open:
        doubt = _at_value(result, "value.ambiguous", "The document prints this number in a form with two readings.")
        return replace(result, review_reasons=merge(result.review_reasons, [doubt]))
    if shown.sure[key]:
        text = "More results have this value than the document shows."
        return _doubted(result, lenient=lenient, complete=shown.complete, text=text)
    return _doubted(result, lenient=lenient, complete=shown.complete)


def _as_printed(result: Result, printed: Mapping[str, Decimal]) -> Result:
    """The value with the characters of the page (`5,10`, not `5.1`), where the page has it in one form only."""
    if len(printed) != 1:
        return result
    raw, number = next(iter(printed.items()))
    whole = parse_number(result.value) is not None
    return replace(result, numeric_value=number, value=raw if whole else result.value)


def _doubted(result: Result, *, lenient: bool, complete: bool, text: str = "") -> Result:
    if lenient:
        return result
    if not complete and not text:
        text = "The document has no text, or not on every page, to look this value up in."
    doubt = _at_value(result, "value.not_in_document", text)
    return replace(result, review_reasons=merge(result.review_reasons, [doubt]))


def _at_value(result: Result, code: str, text: str) -> Reason:
    return reason(code, text, f"results[{result.id}].value")


def without_misfits(report: LabReport, known: Mapping[str, frozenset[str]]) -> LabReport:
    """Without those codes whose units are known (by LOINC code) and do not contain the printed one."""
    sections = tuple(
        replace(section, results=tuple(_with_fitting_code(item, known) for item in section.results))
        for section in report.sections
    )
    return reviewed(replace(report, sections=sections))


def _with_fitting_code(result: Result, known: Mapping[str, frozenset[str]]) -> Result:
    units = known.get(result.loinc_code)
    if not units or not result.unit_ucum or result.unit_ucum in units:
        return result
    doubt = reason("unit.mismatch", field=f"results[{result.id}].unit")
    return replace(result, loinc_code="", loinc_name="", review_reasons=merge(result.review_reasons, [doubt]))
