"""Coded entries of a document held against what its pages say.

What a CDA document shows is what was signed, so the narrative counts. An entry may confirm a row, give it its code, and
bring a result that the narrative holds in prose only; one that contradicts the page makes a doubt, never a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from engine.documents.pages import CodedEntry
from engine.domain.reasons import Holds, Reason, reason
from engine.domain.report import Result
from engine.extraction.folding import fold, key
from engine.extraction.numbers import parse_number
from engine.extraction.packs.model import Packs

_CONFIDENCE = 0.95
_INTERPRETATIONS = frozenset({"N", "L", "H", "LL", "HH", "A", "AA"})


def with_entries(
    results: Sequence[Result], entries: Sequence[CodedEntry], texts: Sequence[str], packs: Packs
) -> tuple[list[Result], list[Result]]:
    """The results with what the entries say of them, and the further results that only entries bring.

    Args:
        results: what was read from the pages.
        entries: the coded entries, in document order.
        texts: the lines of the pages.
        packs: to know the units of a code.
    """
    kept = list(results)
    more: list[Result] = []
    words = {word.strip(".,;:()[]") for text in texts for word in text.split()}
    for entry in entries:
        places = [index for index, item in enumerate(kept) if _same_test(item, entry)]
        equal = [index for index in places if _same_value(kept[index], entry)]
        for index in equal[:1]:
            kept[index] = _coded(kept[index], entry)
        if places and not equal:
            kept[places[0]] = _doubted(kept[places[0]])
        elif not places:
            shown = not results and entry.value.lstrip("<>=") in words
            more.append(_result(entry, f"e{len(more) + 1}", packs, shown=shown))
    return kept, more


def _same_test(item: Result, entry: CodedEntry) -> bool:
    if item.loinc_code and entry.code:
        return item.loinc_code == entry.code
    return bool(entry.name) and fold(item.test_name) == fold(entry.name)


def _same_value(item: Result, entry: CodedEntry) -> bool:
    number = parse_number(entry.value)
    if number is None or item.numeric_value is None:
        return key(item.value) == key(entry.value)
    # An entry's number is XML's: its decimal sign is the point.
    return Decimal(entry.value.lstrip("<>= ")) == item.numeric_value


def _coded(item: Result, entry: CodedEntry) -> Result:
    """The sender's own LOINC code for a row that has none."""
    if item.loinc_code or not entry.certain or not entry.code:
        return item
    left = tuple(one for one in item.review_reasons if one.code != "code.unknown")
    held = any(one.holds >= Holds.RESULT for one in left)
    return replace(item, loinc_code=entry.code, review_reasons=left, needs_review=held)


def _doubted(item: Result) -> Result:
    text = "The coded entry of this test holds another value than the page."
    doubt = reason("value.not_in_document", text, f"results[{item.id}].value")
    return replace(item, review_reasons=(*item.review_reasons, doubt), needs_review=True)


def _result(entry: CodedEntry, identity: str, packs: Packs, *, shown: bool) -> Result:
    """A result that only an entry brings; it waits unless the prose of the page shows its value."""
    number = parse_number(entry.value)
    exact = number.readings[0] if number is not None else None
    doubts: list[Reason] = []
    if not shown:
        text = "A coded entry holds this result; no row of the page does."
        doubts.append(reason("value.not_in_document", text, f"results[{identity}].value"))
    if not entry.certain:
        doubts.append(reason("code.unknown", "The entry's code is no LOINC code.", f"results[{identity}].loinc_code"))
    kind = "ST" if number is None else "SN" if number.comparator else "NM"
    span = " - ".join(filter(None, (entry.low, entry.high)))
    low, high = (parse_number(end) for end in (entry.low, entry.high))
    return Result(
        id=identity,
        test_name=entry.name or entry.code,
        value=entry.value,
        comparator=(number.comparator or None) if number else None,
        numeric_value=exact,
        value_type=kind,
        unit=entry.unit,
        unit_ucum=packs.units.ucum(entry.unit) if entry.unit else "",
        loinc_code=entry.code if entry.certain else "",
        reference_range=span if entry.low and entry.high else f">= {entry.low}" if entry.low else span and f"<= {span}",
        reference_low=low.readings[0] if low else None,
        reference_high=high.readings[0] if high else None,
        interpretation=entry.interpretation if entry.interpretation in _INTERPRETATIONS else "",
        status="P" if entry.preliminary else "F",
        confidence=_CONFIDENCE,
        field_confidence={"test_name": 1.0, "value": 1.0, "unit": 1.0},
        needs_review=bool(doubts),
        review_reasons=tuple(doubts),
    )
