"""Everything about a read row that a person should see before it is released."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.domain.reasons import Reason, reason
from engine.extraction.checks import far_outside, flag_disagrees, lost_decimals, outside
from engine.extraction.codes import Chosen
from engine.extraction.draft import Draft
from engine.extraction.grammar import Kind
from engine.extraction.joining import open_bracket, unfinished
from engine.extraction.reading import Reading
from engine.extraction.recognised import lost_range

SURE_NAME = 96.0
_REVIEW_BELOW = 0.8


_BLOOD_GROUPS = frozenset({"abo_group", "rh_type", "abo_rh"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One row with all that was concluded from it.

    Attributes:
        identity: the result's id.
        specimen: as headings and labels tell it, empty when they do not.
        checked: plausibility of the value, `ok`, `implausible` or `unknown`.
        confidence: 0..1 by field.
    """

    identity: str
    draft: Draft
    reading: Reading
    chosen: Chosen
    specimen: str
    status: str
    checked: str
    confidence: dict[str, float]

    @property
    def exact(self) -> Decimal | None:
        """The value as a number, None when it has a comparator."""
        number = self.reading.number
        return None if number is None or number.comparator else self.reading.numeric

    def doubt(self, code: str, text: str, part: str) -> Reason:
        """A reason at one field of this result."""
        return reason(code, text, f"results[{self.identity}].{part}")


def doubts(finding: Finding, *, flags_matter: bool) -> tuple[Reason, ...]:
    """All doubts about a finding.

    Args:
        finding: the row.
        flags_matter: the document marks what is out of range, so a missing mark means something.
    """
    if finding.draft.text:
        return tuple(_of_text(finding))
    found = [
        *finding.reading.reasons,
        *_of_code(finding),
        *_of_reading(finding),
        *_of_value(finding, flags_matter=flags_matter),
    ]
    return tuple(dict.fromkeys(found))


def _of_text(finding: Finding) -> Iterator[Reason]:
    yield finding.doubt("code.unknown", "A part in prose is kept as text and has no code.", "loinc_code")
    if finding.draft.ocr:
        yield finding.doubt("extraction.low_confidence", "A text was read from a picture.", "value")
    if not finding.draft.settled:
        yield finding.doubt("extraction.low_confidence", "The columns of a grid could not be told apart.", "value")


def flags_matter(findings: Sequence[Finding]) -> bool:
    """Whether the document's flags follow its ranges: at least two do, none contradicts, hardly any is missing."""
    flagged = missing = 0
    for finding in findings:
        reading = finding.reading
        if finding.exact is None or (reading.low is None and reading.high is None):
            continue
        out = outside(finding.exact, reading.low, reading.high)
        if reading.flag and not out and reading.interpretation != "N":
            return False
        flagged += bool(reading.flag) and out
        missing += out and not reading.flag
    return flagged >= 2 and missing * 3 <= flagged


def _of_code(finding: Finding) -> Iterator[Reason]:
    chosen, kind = finding.chosen, finding.reading.kind
    if chosen.fault and not (kind in (Kind.PENDING, Kind.CANCELLED) and chosen.analyte is not None):
        yield finding.doubt(chosen.fault, chosen.text, "unit" if chosen.fault == "unit.mismatch" else "loinc_code")
    elif chosen.code and (unfinished(finding.reading.name) or open_bracket(finding.reading.name)):
        yield finding.doubt("extraction.low_confidence", "The name goes on somewhere else.", "test_name")
    elif chosen.code and chosen.score < SURE_NAME:
        yield finding.doubt("extraction.low_confidence", "The name is only similar to a known test.", "test_name")


def _of_reading(finding: Finding) -> Iterator[Reason]:
    reading, confidence = finding.reading, finding.confidence
    if finding.draft.rule == "prose":
        text = "The value stands in running text: it may be a former one, a goal or somebody else's."
        yield finding.doubt("extraction.low_confidence", text, "value")
    elif confidence["value"] < _REVIEW_BELOW:
        yield finding.doubt("extraction.low_confidence", "The value may belong to another column.", "value")
    if not finding.draft.row.whole:
        text = "The line above or under it may belong to the name and make it another test."
        yield finding.doubt("extraction.low_confidence", text, "test_name")
    if reading.swallowed:
        yield finding.doubt("extraction.low_confidence", "Another result may stand in the range.", "reference_range")
    if reading.kind is Kind.TEXT:
        text = "The answer has no form that is known here." if reading.value else "No value is printed in the row."
        yield finding.doubt("extraction.low_confidence", text, "value")
    if reading.blood_group and finding.chosen.analyte is not None and finding.chosen.analyte.id not in _BLOOD_GROUPS:
        yield finding.doubt("extraction.low_confidence", "The answer is that of a blood group.", "value")
    if reading.kind is Kind.UNIT:
        yield finding.doubt("extraction.low_confidence", "A unit stands where the value should be.", "value")
    if finding.draft.ocr and reading.kind is Kind.ANSWER and not reading.value.isascii():
        # Specks over a letter are read as accents (measured on faxes), and the answer still folds to a known one.
        yield finding.doubt("extraction.low_confidence", "An accent in the answer may be a speck on the page.", "value")
    if reading.kind is Kind.RANGE and (not reading.ucum.startswith("/") or reading.value[:1] in "(["):
        yield finding.doubt("value.ambiguous", "A range stands where the value should be.", "value")
    if reading.kind is Kind.NUMBER and reading.number is None:
        yield finding.doubt("value.ambiguous", "The characters are not one number.", "value")
    if min(confidence["unit"], confidence["test_name"]) < _REVIEW_BELOW and not finding.chosen.fault:
        yield finding.doubt(
            "extraction.low_confidence", "The unit or the name was read with too little certainty.", "unit"
        )


def _may_be_negative(finding: Finding) -> bool:
    """Whether a minus stands apart before the number of a test that may be below zero (`Base excess  - 2.3`)."""
    value, flags = finding.draft.row.fields.get("value", []), finding.draft.row.fields.get("flag", [])
    if not value or not any(word.text == "-" and word.x0 < value[0].x0 for word in flags):
        return False
    analyte = finding.chosen.analyte
    return analyte is None or not analyte.plausible or any(low < 0 for low, _ in analyte.plausible.values())


def _of_value(finding: Finding, *, flags_matter: bool) -> Iterator[Reason]:
    reading, value = finding.reading, finding.exact
    if (
        finding.draft.ocr
        and reading.kind is not Kind.TITRE
        and lost_range(reading.reference, known=reading.low is not None or reading.high is not None)
    ):
        text = "The reference range was not read as a range."
        yield finding.doubt("extraction.low_confidence", text, "reference_range")
    if finding.checked == "implausible":
        yield finding.doubt("value.implausible", "", "value")
    if value is None:
        return
    low, high = reading.low, reading.high
    if _may_be_negative(finding):
        yield finding.doubt(
            "value.ambiguous", "The minus before the number is its sign, or says that it is low.", "value"
        )
    if flag_disagrees(reading.interpretation, value, low, high):
        yield finding.doubt("extraction.low_confidence", "The flag and the range disagree about the value.", "value")
    elif flags_matter and not reading.flag and outside(value, low, high):
        text = "The value is outside its range and, unlike others, has no flag."
        yield finding.doubt("extraction.low_confidence", text, "value")
    if finding.draft.ocr or finding.checked == "unknown":
        reach = 3 if finding.draft.ocr else 50
        if far_outside(value, low, high, reach) and finding.checked != "implausible":
            yield finding.doubt("value.implausible", "The value is far outside its own reference range.", "value")
    if finding.draft.ocr and lost_decimals(reading.value, low, high):
        yield finding.doubt("extraction.low_confidence", "The range has decimals and the value has none.", "value")
