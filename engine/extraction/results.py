"""One raw row turned into a `Result`: value, unit, range, flag, code, confidence, and every doubt as a reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from engine.domain.reasons import Holds, Reason, reason
from engine.domain.report import PreviousResult, Provenance, Result
from engine.extraction.checks import far_outside, flag_disagrees, interpret, lost_decimals, plausibility
from engine.extraction.codes import Chosen, Matcher, choose_code
from engine.extraction.draft import Draft
from engine.extraction.folding import fold, key, without_mark
from engine.extraction.grammar import Grammar, Kind, without_bracket
from engine.extraction.layout import box_of
from engine.extraction.numbers import Number, Vote, parse_number
from engine.extraction.ranges import Range, pick_range
from engine.extraction.rows import clean_name

_UNIT_IN_NAME = re.compile(r"^(.*?)[\s,]*[(\[]([^()\[\]]{1,20})[)\]]$")
_SURE_NAME = 96.0
_REVIEW_BELOW = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What one reading knows beyond the row."""

    grammar: Grammar
    matcher: Matcher
    vote: Vote
    sex: str
    status: str


@dataclass(slots=True)
class _Reading:
    """The fields of a row as they become known."""

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
    interpretation: str = ""
    reasons: list[Reason] = field(default_factory=list)


def make_result(draft: Draft, number: int, context: Context) -> Result:
    """Build the result `r<number>` of a draft."""
    identity = f"r{number}"
    reading = _read(draft, context)
    _read_numbers(reading, identity, context)
    status = _status(reading, draft, context)
    if reading.kind in (Kind.PENDING, Kind.CANCELLED):
        reading.value, reading.numeric = "", None
    chosen = _choose(reading, draft, context)
    checked = plausibility(chosen.analyte, reading.numeric, reading.ucum)
    confidence = _confidences(reading, draft, chosen)
    reading.reasons.extend(_doubts(reading, draft, chosen, checked, identity, confidence))
    return _result(draft, identity, reading, chosen, status, checked, confidence)


def _read(draft: Draft, context: Context) -> _Reading:
    row, packs = draft.row, context.grammar.packs
    name = clean_name(row.text("name"))
    unit = row.text("unit")
    in_name = False
    if not unit:
        match = _UNIT_IN_NAME.match(name)
        if match and packs.units.ucum(match.group(2)) and not context.matcher.exact(name):
            name, unit, in_name = match.group(1).strip(" ,"), match.group(2), True
    printed = " ".join(without_mark(word.text) for word in row.fields.get("value", ()))
    return _Reading(
        name=name,
        value=printed,
        unit=unit,
        unit_in_name=in_name,
        ucum=packs.units.ucum(without_bracket(unit)) if unit else "",
        reference=row.text("range"),
        flag=row.text("flag"),
        kind=row.kind or Kind.TEXT,
    )


def _read_numbers(reading: _Reading, identity: str, context: Context) -> None:
    """Resolve the value and its range together: the range decides what shape and document leave open."""
    span, reading.range_known = (
        pick_range(reading.reference, context.sex, context.grammar.language.comparators)
        if reading.reference
        else (None, True)
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
    printed = context.grammar.language.flags.get(key(reading.flag), "")
    exact = reading.numeric if reading.number and not reading.number.comparator else None
    reading.interpretation = interpret(printed, exact, reading.low, reading.high)
    if printed == "?" and reading.kind is Kind.ANSWER and _answers_differ(reading, context):
        reading.interpretation = "A"


def _answers_differ(reading: _Reading, context: Context) -> bool:
    """Whether a marked answer is another one than the answer expected by its reference (`2+`, expected `Negative`)."""
    answers = context.grammar.language.qualitative
    expected = key(reading.reference.strip("()[] "))
    return expected in answers and answers.get(key(reading.value)) != answers[expected]


def _resolve(number: Number, span: Range | None, vote: Vote) -> Decimal | None:
    """The value by shape, then by the document, and by the row's range where the document has no habit."""
    if number.sure:
        return number.readings[0]
    fitting = _fitting_readings(number, span, vote)
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


def _status(reading: _Reading, draft: Draft, context: Context) -> str:
    if reading.kind is Kind.PENDING:
        return "I"
    if reading.kind is Kind.CANCELLED:
        return "X"
    own = context.grammar.language.status.get(fold(draft.row.text("status")), "")
    return own or ("P" if context.status == "P" else "F")


def _choose(reading: _Reading, draft: Draft, context: Context) -> Chosen:
    kinds = {Kind.NUMBER: "numeric", Kind.TITRE: "titre", Kind.RANGE: "numeric"}
    kind = kinds.get(reading.kind, "qualitative")
    if reading.kind in (Kind.PENDING, Kind.CANCELLED):
        kind = "numeric"
    specimen = _specimen(reading.name, draft, context)
    return choose_code(
        context.matcher.find(reading.name),
        context.grammar.packs,
        ucum=reading.ucum,
        unit=without_bracket(reading.unit),
        specimen=specimen,
        kind=kind,
    )


def _specimen(name: str, draft: Draft, context: Context) -> str:
    """The specimen by the row's own column, then by a word of the name, then by the heading."""
    sections = context.grammar.language.sections
    own = sections.get(fold(draft.row.text("specimen")), "")
    if own:
        return own
    folded = set(fold(name).split())
    for words, specimen in (
        ({"urine", "orina", "urinary", "urinario", "urinaria", "ur", "ua"}, "urine"),
        ({"csf", "lcr"}, "csf"),
    ):
        if folded & words:
            return specimen
    return draft.specimen


def _confidences(reading: _Reading, draft: Draft, chosen: Chosen) -> dict[str, float]:
    row = draft.row
    found = {
        "test_name": min(1.0, chosen.score / 100) if chosen.score else 0.9,
        "value": row.certainty * (1.0 if reading.numeric is not None or reading.kind is not Kind.TEXT else 0.85),
        "unit": 1.0 if reading.ucum or not reading.unit else 0.7,
        "loinc": (0.99 if chosen.score >= _SURE_NAME else chosen.score / 100 * 0.8) if chosen.code else 0.0,
        "reference_range": 1.0 if reading.range_known else 0.8,
    }
    for name, part in (("test_name", "name"), ("value", "value"), ("unit", "unit"), ("reference_range", "range")):
        least = min((word.confidence for word in row.fields.get(part, ())), default=1.0)
        found[name] *= least
    return {name: round(value, 3) for name, value in found.items()}


def _doubts(
    reading: _Reading, draft: Draft, chosen: Chosen, checked: str, identity: str, confidence: dict[str, float]
) -> list[Reason]:
    """Everything about a row that a person should see."""
    out: list[Reason] = []

    def doubt(code: str, text: str, part: str) -> None:
        out.append(reason(code, text, f"results[{identity}].{part}"))

    value = reading.numeric
    if chosen.fault and not (reading.kind in (Kind.PENDING, Kind.CANCELLED) and chosen.analyte is not None):
        doubt(chosen.fault, chosen.text, "unit" if chosen.fault == "unit.mismatch" else "loinc_code")
    elif chosen.code and chosen.score < _SURE_NAME:
        doubt("extraction.low_confidence", "The name is only similar to a known test.", "test_name")
    if checked == "implausible":
        doubt("value.implausible", "", "value")
    if confidence["value"] < _REVIEW_BELOW:
        doubt("extraction.low_confidence", "The value may belong to another column.", "value")
    if reading.kind is Kind.TEXT and not reading.value:
        doubt("extraction.low_confidence", "No value is printed in the row.", "value")
    if reading.kind is Kind.NUMBER and reading.number is None:
        doubt("value.ambiguous", "The characters are not one number.", "value")
    if min(confidence["unit"], confidence["test_name"]) < _REVIEW_BELOW and not chosen.fault:
        doubt("extraction.low_confidence", "The unit or the name was read with too little certainty.", "unit")
    if value is not None and reading.number is not None and not reading.number.comparator:
        if flag_disagrees(reading.interpretation, value, reading.low, reading.high):
            doubt("extraction.low_confidence", "The flag and the range disagree about the value.", "value")
        out.extend(_recognition_doubts(reading, draft, identity, value))
    return out


def _recognition_doubts(reading: _Reading, draft: Draft, identity: str, value: Decimal) -> list[Reason]:
    """Checks for recognised characters, where a decimal sign gets lost; a text layer only meets the widest of them."""
    place = f"results[{identity}].value"
    if far_outside(value, reading.low, reading.high, 3 if draft.ocr else 50):
        return [reason("value.implausible", "The value is far outside its own reference range.", place)]
    if draft.ocr and lost_decimals(reading.value, reading.low, reading.high):
        return [reason("extraction.low_confidence", "The range has decimals and the value has none.", place)]
    return []


def _result(
    draft: Draft,
    identity: str,
    reading: _Reading,
    chosen: Chosen,
    status: str,
    checked: str,
    confidence: dict[str, float],
) -> Result:
    row = draft.row
    reasons = tuple(dict.fromkeys(reading.reasons))
    words = row.words
    fields = {name: box_of(part) for name, part in row.fields.items() if part}
    fields = {{"name": "test_name", "range": "reference_range"}.get(name, name): box for name, box in fields.items()}
    considered = [confidence["test_name"], confidence["value"], confidence["unit"]] + (
        [confidence["loinc"]] if chosen.code else []
    )
    return Result(
        id=identity,
        test_name=reading.name,
        test_name_en=chosen.analyte.display if chosen.analyte else "",
        loinc_code=chosen.code.loinc if chosen.code else "",
        loinc_name=chosen.code.name if chosen.code else "",
        value=reading.value,
        comparator=(reading.number.comparator or None) if reading.number else None,
        numeric_value=reading.numeric,
        value_type=_value_type(reading),
        unit=reading.unit,
        unit_ucum=reading.ucum,
        reference_range=reading.reference,
        reference_low=reading.low,
        reference_high=reading.high,
        flag=reading.flag,
        interpretation=reading.interpretation,
        plausibility=checked,
        method=row.text("method"),
        specimen=draft.specimen,
        status=status,
        comments=tuple(draft.comments),
        previous=tuple(
            PreviousResult(date=date, value=" ".join(word.text for word in part)) for date, part in row.previous
        ),
        confidence=round(min(considered), 3),
        field_confidence=confidence,
        needs_review=any(item.holds >= Holds.RESULT for item in reasons),
        review_reasons=reasons,
        provenance=Provenance(
            page=draft.page,
            box=box_of(words),
            engine="ocr" if draft.ocr else "pdf-text",
            raw=" ".join(word.text for word in words),
            rule="headless" if row.headless else "table",
            fields=fields,
        ),
    )


def _value_type(reading: _Reading) -> str:
    if reading.numeric is not None and reading.number is not None:
        return "SN" if reading.number.comparator else "NM"
    if reading.kind in (Kind.TITRE, Kind.RANGE):
        return "SN"
    return "TX" if len(reading.value) > 200 else "ST"
