"""The fields of one row as they become known: texts, numbers, range, flag."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from engine.domain.reasons import Reason, reason
from engine.extraction.checks import interpret
from engine.extraction.codes import Matcher
from engine.extraction.conditions import Person
from engine.extraction.draft import Draft
from engine.extraction.folding import key, without_mark
from engine.extraction.grammar import Grammar, Kind, without_bracket
from engine.extraction.numbers import Number, Vote, parse_number
from engine.extraction.ranges import Range
from engine.extraction.recognised import cleaned_range, has_rival, likely_unit, spelled, without_dust, without_specks
from engine.extraction.rows import clean_name

_UNIT_IN_NAME = re.compile(r"^(.*?)[\s,]*[(\[]([^()\[\]]{1,20})[)\]]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What one reading of a document knows beyond the row."""

    grammar: Grammar
    matcher: Matcher
    vote: Vote
    person: Person
    status: str
    order: str = ""


@dataclass(slots=True)
class Reading:
    """The fields of a row; `reasons` collects the doubts that arise on the way.

    `swallowed`: a number with a unit stands in the range, so another result may have run into it. `unit_confirmed`: a
    recognised unit is one of the test's, and a wrong letter would not make another one of them. `blood_group`: the
    answer is one; for any other test it is a flag and an answer (`A positive`).
    """

    name: str
    value: str
    unit: str
    unit_in_name: bool
    ucum: str
    reference: str
    flag: str
    kind: Kind
    number: Number | None = None
    numeric: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    range_known: bool = True
    swallowed: bool = False
    unit_confirmed: bool = False
    blood_group: bool = False
    interpretation: str = ""
    reasons: list[Reason] = field(default_factory=list)


def read_row(draft: Draft, identity: str, context: Context) -> Reading:
    """Read the texts and numbers of a draft whose result will be called `identity`."""
    reading = _read(draft, context)
    if draft.ocr:
        _clean(reading, context)
    _read_numbers(reading, identity, context)
    if not reading.range_known:
        pieces = context.grammar.pieces(draft.row.fields["range"])
        reading.swallowed = any(
            one.kind is Kind.NUMBER and one.text[0].isdigit() and other.kind is Kind.UNIT
            for one, other in pairwise(pieces)
        )
    return reading


def _read(draft: Draft, context: Context) -> Reading:
    row, packs = draft.row, context.grammar.packs
    name = clean_name(row.text("name"))
    unit = row.text("unit")
    in_name = False
    if not unit:
        match = _UNIT_IN_NAME.match(name)
        if match and _is_unit_of(match.group(1).strip(" ,"), match.group(2), name, context):
            name, unit, in_name = match.group(1).strip(" ,"), match.group(2), True
        elif draft.unit and row.kind is Kind.NUMBER and _measures(name, packs.units.ucum(draft.unit), context):
            unit = draft.unit
    printed = " ".join(without_mark(word.text) for word in row.fields.get("value", ()))
    if draft.ocr and row.kind is Kind.ANSWER:
        printed = without_dust(printed)
    return Reading(
        name=name,
        value=printed,
        unit=unit,
        unit_in_name=in_name,
        ucum=packs.units.ucum(without_bracket(unit)) if unit else "",
        reference=row.text("range"),
        flag=row.text("flag") or _raised_flag(row.text("value"), context),
        kind=row.kind or Kind.TEXT,
        blood_group=row.kind is Kind.ANSWER and context.grammar.language.qualitative.get(key(printed)) == "blood_group",
    )


def _is_unit_of(bare: str, unit: str, name: str, context: Context) -> bool:
    """Whether the bracket behind a name is its unit: one of the test's, or any where nobody knows the whole name."""
    ucum = context.grammar.packs.units.ucum(unit)
    if not ucum or context.matcher.direct(name):
        return False
    return not context.matcher.exact(name) or _measures(bare, ucum, context)


def _measures(name: str, ucum: str, context: Context) -> bool:
    """Whether the test of a name is measured in a unit."""
    match = context.matcher.find(name)
    analytes = context.grammar.packs.analytes
    return match is not None and any(ucum in code.units for item in match.ids for code in analytes[item].codes)


def _clean(reading: Reading, context: Context) -> None:
    """Read past specks: round a unit, and in a range that only without them has a known form."""
    packs = context.grammar.packs
    reading.unit = without_specks(reading.unit)
    match = context.matcher.find(reading.name)
    codes = [code for item in match.ids for code in packs.analytes[item].codes] if match and reading.unit else []
    allowed = {unit for code in codes for unit in code.units}
    printed = without_bracket(reading.unit)
    reading.ucum = packs.units.ucum(printed)
    if printed and not reading.ucum:
        reading.ucum = likely_unit(printed, allowed, packs.units)
        if reading.ucum:
            # What goes out must not be a unit that nobody prints; the characters as read stay in the provenance.
            reading.unit = printed = spelled(printed, reading.ucum, packs.units)
    reading.unit_confirmed = reading.ucum in allowed and not has_rival(printed, reading.ucum, allowed, packs.units)
    if reading.reference and not context.grammar.range_for(reading.reference, context.person)[1]:
        cleaned = cleaned_range(reading.reference)
        if cleaned and context.grammar.range_for(cleaned, context.person)[1]:
            reading.reference = cleaned


def _flag_kind(printed: str, context: Context) -> str:
    """The kind of a printed flag; of several marks (`H C`) the one that is certain."""
    flags = context.grammar.language.flags
    whole = flags.get(key(printed), "") or flags.get(key(printed.strip("()[]")), "")
    if whole or " " not in printed:
        return whole
    kinds = {flags.get(key(part), "") for part in printed.split()} - {"", "?"}
    return kinds.pop() if len(kinds) == 1 else ""


def _raised_flag(value: str, context: Context) -> str:
    """A flag printed as a raised letter behind the value (`5.8^H`)."""
    mark = value.rsplit("^", 1)[1] if "^" in value else ""
    return mark if mark.isupper() and context.grammar.language.flags.get(key(mark)) in ("H", "L", "HH", "LL") else ""


def _read_numbers(reading: Reading, identity: str, context: Context) -> None:
    """Resolve the value and its range together: the range decides what shape and document leave open."""
    span, reading.range_known = (
        context.grammar.range_for(reading.reference, context.person) if reading.reference else (None, True)
    )
    if span is not None:
        reading.low, reading.high = span.limits(context.vote)
    if reading.kind is Kind.NUMBER:
        reading.number = parse_number(reading.value)
    if reading.number is not None:
        reading.numeric = _resolve(reading.number, span, context.vote)
        if reading.numeric is None:
            place = f"results[{identity}].value"
            reading.reasons.append(
                reason("value.ambiguous", "A sign in the number may part decimals or thousands.", place)
            )
    printed = _flag_kind(reading.flag, context)
    exact = reading.numeric if reading.number and not reading.number.comparator else None
    reading.interpretation = interpret(printed, exact, reading.low, reading.high)
    if printed == "?" and reading.kind is Kind.ANSWER and _answers_differ(reading, context):
        reading.interpretation = "A"


def _answers_differ(reading: Reading, context: Context) -> bool:
    """Whether a marked answer is another one than the answer expected by its reference (`2+`, expected `Negative`)."""
    answers = context.grammar.language.qualitative
    expected = key(reading.reference.strip("()[] "))
    return expected in answers and answers.get(key(reading.value)) != answers[expected]


def _resolve(number: Number, span: Range | None, vote: Vote) -> Decimal | None:
    """The value by shape, then by the document, and by the row's range where the document has no habit.

    Groups parted by blanks may as well be two numbers: only a range near the whole makes them one.
    """
    fitting = _fitting_readings(number, span, vote)
    if number.spaced:
        return fitting[0] if fitting else None
    if number.sure:
        return number.readings[0]
    voted = number.resolve(vote)
    if voted is not None:
        return voted if not fitting or voted in fitting else None
    return fitting[0] if len(fitting) == 1 else None


def _fitting_readings(number: Number, span: Range | None, vote: Vote) -> list[Decimal]:
    """The readings that are near the row's range (within ten times its ends); none when there is no usable range."""
    if span is None:
        return []
    ends = [end for end in (span.low, span.high) if end is not None]
    values = [end.readings[0] if end.sure else end.resolve(vote) for end in ends]
    known = [abs(value) for value in values if value is not None and value != 0]
    if not known:
        return []
    return [item for item in number.readings if min(known) / 10 <= abs(item) <= max(known) * 10]
