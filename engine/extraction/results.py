"""Read rows turned into `Result` values, each with its code, confidence, provenance and doubts."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.reasons import Holds, reason
from engine.domain.report import Box, PreviousResult, Provenance, Result
from engine.extraction.agreement import compare_pairs
from engine.extraction.checks import plausibility
from engine.extraction.codes import Chosen, choose_code, specimen_in_name, table_choice
from engine.extraction.dates import parse_date
from engine.extraction.doubts import SURE_NAME, Finding, doubts, flags_matter
from engine.extraction.draft import Draft
from engine.extraction.folding import fold
from engine.extraction.grammar import Kind, without_bracket
from engine.extraction.layout import box_of
from engine.extraction.reading import Context, Reading, read_row
from engine.extraction.rows import clean_name

_NAMES = {"name": "test_name", "range": "reference_range"}
_CONFIRMED = 0.9
"""The least confidence in a recognised unit that the test's own units confirm."""
_BLOOD = ("", "blood", "serum", "plasma")
_NO_VALUE = (Kind.PENDING, Kind.CANCELLED)
_STATUS_LETTERS = frozenset("FPCXI")


def make_results(drafts: Sequence[Draft], context: Context) -> list[Result]:
    """Build the results `r1`, `r2` ... of all drafts; a document's own habit of flagging is part of the judgement."""
    findings = [_find(draft, f"r{number}", context) for number, draft in enumerate(drafts, start=1)]
    compare_pairs(findings)
    habit = flags_matter(findings)
    return [_result(finding, context, habit=habit) for finding in findings]


def _find(draft: Draft, identity: str, context: Context) -> Finding:
    if draft.text:
        return _told(draft, identity, context)
    reading = read_row(draft, identity, context)
    if reading.kind in _NO_VALUE:
        reading.value, reading.numeric = "", None
    chosen, specimen = _choose(reading, draft, context)
    match = context.matcher.find(reading.name)
    if draft.ocr and match is not None and context.matcher.may_be_other(reading.name, match):
        text = "With a wrong letter, the name may be another test's."
        reading.reasons.append(reason("extraction.low_confidence", text, f"results[{identity}].test_name"))
    return Finding(
        identity=identity,
        draft=draft,
        reading=reading,
        chosen=chosen,
        specimen=specimen,
        status=_status(reading, draft, context),
        checked=plausibility(chosen.analyte, reading.numeric, reading.ucum),
        confidence=_confidences(reading, draft, chosen),
    )


def _told(draft: Draft, identity: str, context: Context) -> Finding:
    """A part in prose: its text as printed, without a code and without a number."""
    reading = Reading(
        name=clean_name(draft.row.text("name")), value=draft.text, unit="", unit_in_name=False, ucum="", reference="",
        flag="", kind=Kind.TEXT,
    )  # fmt: skip
    least = min(word.confidence for word in draft.row.words)
    confidence = {"test_name": least, "value": least, "unit": 1.0, "loinc": 0.0, "reference_range": 1.0}
    return Finding(
        identity=identity, draft=draft, reading=reading, chosen=Chosen(), specimen=draft.specimen,
        status=_status(reading, draft, context), checked="unknown", confidence=confidence,
    )  # fmt: skip


def _status(reading: Reading, draft: Draft, context: Context) -> str:
    if reading.kind is Kind.PENDING:
        return "I"
    if reading.kind is Kind.CANCELLED:
        return "X"
    printed = draft.row.text("status").strip()
    own = printed if printed in _STATUS_LETTERS else context.grammar.language.status.get(fold(printed), "")
    return own or ("P" if context.status == "P" else "F")


def _choose(reading: Reading, draft: Draft, context: Context) -> tuple[Chosen, str]:
    """The code, and the specimen that the headings tell; what they leave open is decided by the test, or by nobody."""
    kinds = {Kind.NUMBER: "numeric", Kind.TITRE: "titre", Kind.RANGE: "numeric"}
    kind = kinds.get(reading.kind, "qualitative")
    if reading.kind in _NO_VALUE:
        kind = "numeric"
    specimen, by_heading = _specimen(reading.name, draft, context)
    chosen = _chosen(reading, specimen, kind, context)
    if draft.sure or not by_heading or specimen in _BLOOD:
        return chosen, draft.specimen
    other = _chosen(reading, "", kind, context)
    if other.code is None:
        return chosen, draft.specimen
    if chosen.code is None or chosen.code.loinc == other.code.loinc:
        return other, ""
    text = "A heading that is not known leaves open whether the specimen is that of the heading before."
    return Chosen(analyte=other.analyte, score=other.score, fault="code.unknown", text=text), ""


def _chosen(reading: Reading, specimen: str, kind: str, context: Context) -> Chosen:
    """The code of a reading in a specimen: of the packs, or of the site's own table where they know no such name."""
    packs, unit = context.grammar.packs, without_bracket(reading.unit)
    match = context.matcher.find(reading.name)
    if match is None:
        found = table_choice(reading.name, packs, ucum=reading.ucum, specimen=specimen, kind=kind)
        if found is not None:
            return found
    return choose_code(match, packs, ucum=reading.ucum, unit=unit, specimen=specimen, kind=kind)


def _specimen(name: str, draft: Draft, context: Context) -> tuple[str, bool]:
    """The specimen by the row's own column, then by a word of the name, then by the heading; whether by the heading."""
    sections = context.grammar.language.sections
    own = sections.get(fold(draft.row.text("specimen")), "")
    if own:
        return own, False
    told = specimen_in_name(name, context.matcher)
    if told:
        return told, False
    return draft.specimen, True


def _confidences(reading: Reading, draft: Draft, chosen: Chosen) -> dict[str, float]:
    row = draft.row
    found = {
        "test_name": min(1.0, chosen.score / 100) if chosen.score else 0.9,
        "value": row.certainty * (1.0 if reading.numeric is not None or reading.kind is not Kind.TEXT else 0.85),
        "unit": 1.0 if reading.ucum or not without_bracket(reading.unit) else 0.7,
        "loinc": (0.99 if chosen.score >= SURE_NAME else chosen.score / 100 * 0.8) if chosen.code else 0.0,
        "reference_range": 1.0 if reading.range_known else 0.8,
    }
    for name, part in (("test_name", "name"), ("value", "value"), ("unit", "unit"), ("reference_range", "range")):
        words = row.fields.get(part)
        if words:
            found[name] *= min([word.confidence for word in words])
    if reading.unit_confirmed:
        found["unit"] = max(found["unit"], _CONFIRMED)
    return {name: round(value, 3) for name, value in found.items()}


def _result(finding: Finding, context: Context, *, habit: bool) -> Result:
    draft, reading, chosen = finding.draft, finding.reading, finding.chosen
    reasons = doubts(finding, flags_matter=habit)
    confidence = finding.confidence
    parts = ["test_name", "value", "unit", "loinc"] if chosen.code else ["test_name", "value", "unit"]
    return Result(
        id=finding.identity,
        test_name=reading.name,
        test_name_en=chosen.analyte.display if chosen.analyte else "",
        loinc_code=chosen.code.loinc if chosen.code else "",
        loinc_name=chosen.code.name if chosen.code else "",
        value=reading.value,
        comparator=(reading.number.comparator or None) if reading.number else None,
        numeric_value=reading.numeric,
        value_type="TX" if draft.text else _value_type(reading),
        unit=reading.unit,
        unit_ucum=reading.ucum,
        reference_range=reading.reference,
        reference_low=reading.low,
        reference_high=reading.high,
        flag=reading.flag,
        interpretation=reading.interpretation,
        plausibility=finding.checked,
        method=draft.row.text("method"),
        specimen="blood" if finding.specimen == "gas" else finding.specimen,
        status=finding.status,
        comments=tuple(draft.comments),
        previous=_previous(draft, context),
        confidence=min(confidence[part] for part in parts),
        field_confidence=confidence,
        needs_review=any(item.holds >= Holds.RESULT for item in reasons),
        review_reasons=reasons,
        provenance=_provenance(draft),
    )


def _previous(draft: Draft, context: Context) -> tuple[PreviousResult, ...]:
    """Former results; a date column beside a single one tells its date."""
    printed = parse_date(draft.row.text("date"), context.grammar.language, context.order)
    beside = printed.iso if printed is not None and len(draft.row.previous) == 1 else ""
    return tuple(
        PreviousResult(date=date or beside, value=" ".join(word.text for word in part))
        for date, part in draft.row.previous
    )


def _provenance(draft: Draft) -> Provenance:
    words = draft.row.words
    fields: dict[str, Box] = {_NAMES.get(name, name): box_of(part) for name, part in draft.row.fields.items() if part}
    lefts, tops, rights, bottoms = zip(*fields.values(), strict=True)
    return Provenance(
        page=draft.page,
        box=(min(lefts), min(tops), max(rights), max(bottoms)),
        engine=draft.source,
        raw=" ".join([word.text for word in words]),
        rule=draft.rule or ("line" if draft.row.headless else "table"),
        fields=fields,
    )


def _value_type(reading: Reading) -> str:
    if reading.numeric is not None and reading.number is not None:
        return "SN" if reading.number.comparator else "NM"
    if reading.kind in (Kind.TITRE, Kind.RANGE):
        return "SN"
    return "TX" if len(reading.value) > 200 else "ST"
