"""A laboratory report as it was read from a document: what was printed, where, and how sure the reading is.

Nothing here is computed for a patient: values, units, ranges and flags are those on the page. Where the reader adds
something (a LOINC code, a UCUM unit, a table 0078 interpretation), the printed original stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.domain.layout import Form
from engine.domain.reasons import Reason

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in PDF points, origin at the top left of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a field was read: document page (from 1), box, the engine that read it, and its raw text."""

    page: int
    box: Box
    engine: str = "pdf-text"
    raw: str = ""
    rule: str = ""
    fields: Mapping[str, Box] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousResult:
    """A former value printed beside the current one."""

    date: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row of a report.

    Attributes:
        id: unique in the report (`r12`), stable for the same document.
        test_name: as printed.
        value: as printed, without comparator handling (`<0.5`, `1.234,5`, `Negative`).
        comparator: `<`, `>`, `<=`, `>=` or None.
        numeric_value: the number as a Decimal with the printed digits, or None.
        value_type: NM, SN, ST, TX or CWE: what the value is, before any destination's wish.
        unit: as printed; `unit_ucum` its UCUM form, or empty when unknown.
        reference_range: as printed; low and high are set when it has that form.
        flag: as printed; `interpretation` its table 0078 code where the meaning is certain, or empty.
        status: OBX-11 letter: F, P, C, X, I.
        confidence: 0..1, the least of the row's fields.
        field_confidence: 0..1 for test_name, value, unit, loinc, reference_range.
        needs_review: whether `review_reasons` holds anything that keeps this result back.
    """

    id: str
    test_name: str
    value: str
    test_name_en: str = ""
    loinc_code: str = ""
    loinc_name: str = ""
    comparator: str | None = None
    numeric_value: Decimal | None = None
    value_type: str = "ST"
    unit: str = ""
    unit_ucum: str = ""
    reference_range: str = ""
    reference_low: Decimal | None = None
    reference_high: Decimal | None = None
    flag: str = ""
    interpretation: str = ""
    plausibility: str = "unknown"
    method: str = ""
    specimen: str = ""
    status: str = "F"
    comments: tuple[str, ...] = ()
    previous: tuple[PreviousResult, ...] = ()
    confidence: float = 0.0
    field_confidence: Mapping[str, float] = field(default_factory=dict)
    needs_review: bool = False
    review_reasons: tuple[Reason, ...] = ()
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading of the report and the results under it."""

    name: str
    results: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedIdentifier:
    """A patient identifier printed in the document, with the label it stood behind."""

    value: str
    type: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPatient:
    """The patient as printed. `birth_date` ISO; `sex` F, M, O, U or empty; `age` as printed."""

    name: str = ""
    family: str = ""
    given: str = ""
    identifiers: tuple[PrintedIdentifier, ...] = ()
    birth_date: str = ""
    sex: str = ""
    age: str = ""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLab:
    """The issuing laboratory as printed."""

    name: str = ""
    accession: str = ""
    address: str = ""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportHeader:
    """Times are ISO texts in the printed precision (`2026-03`, `2026-03-02`, `2026-03-02T08:15`); empty when absent."""

    collected_at: str = ""
    received_at: str = ""
    reported_at: str = ""
    status: str = ""
    ordering_provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDocument:
    """The document that was read: digest, type, pages, language, and which pages had a text layer."""

    sha256: str = ""
    media_type: str = ""
    pages: int = 0
    language: str = ""
    text_layer: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadLine:
    """A line that may hold a result and became part of none: its page (from 1), its box and its text as printed."""

    page: int
    box: Box
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabReport:
    """Everything read from one document.

    Attributes:
        patient: the first patient printed; `patient_count` how many different ones the pages name.
        review_reasons: reasons for the whole report; results carry their own.
        pages_failed: numbers of pages that could not be read, from 1.
        unread: lines of readable pages that may hold a result and are part of none.
        forms: the forms it is printed in, for recognising a laboratory's report that has changed.
    """

    document: ReadDocument = ReadDocument()
    patient: ReportPatient = ReportPatient()
    patient_count: int = 0
    lab: ReportLab = ReportLab()
    report: ReportHeader = ReportHeader()
    sections: tuple[Section, ...] = ()
    engine: str = ""
    confidence: float = 0.0
    needs_review: bool = False
    review_reasons: tuple[Reason, ...] = ()
    pages_failed: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    packs: Mapping[str, str] = field(default_factory=dict)
    forms: tuple[Form, ...] = ()
    unread: tuple[UnreadLine, ...] = ()

    @property
    def results(self) -> tuple[Result, ...]:
        """All results in printed order."""
        return tuple(result for section in self.sections for result in section.results)

    @property
    def all_reasons(self) -> tuple[Reason, ...]:
        """The report's reasons and those of its results."""
        return self.review_reasons + tuple(r for result in self.results for r in result.review_reasons)
