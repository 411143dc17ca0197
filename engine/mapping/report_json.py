"""LabReport as JSON: the shape of the extraction API, `headrace extract --json` and the reader processes' answers.

Numbers keep their printed digits: a Decimal becomes a JSON number with those digits (5.10 stays 5.10), which the
standard encoder cannot write, hence the small writer here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from engine.domain.layout import Form
from engine.domain.reasons import Reason
from engine.domain.report import (
    Box,
    LabReport,
    PreviousResult,
    PrintedIdentifier,
    Provenance,
    ReadDocument,
    ReportHeader,
    ReportLab,
    ReportPatient,
    Result,
    Section,
    UnreadLine,
)

SCHEMA_VERSION = "1.0"


def dumps(value: object, *, indent: int | None = None) -> str:
    """JSON text of plain values, dataclasses and Decimals (as numbers with their digits, never exponents).

    Raises:
        TypeError: a value JSON has no word for.
    """
    return "".join(_write(value, indent, 0))


def _write(value: object, indent: int | None, level: int) -> list[str]:
    if isinstance(value, Decimal):
        return [format(value, "f") if value.is_finite() else "null"]
    if value is None or isinstance(value, (bool, int, float, str)):
        return [json.dumps(value, ensure_ascii=False, allow_nan=False)]
    if isinstance(value, Mapping):
        pairs = [
            [json.dumps(str(k), ensure_ascii=False), ": ", *_write(v, indent, level + 1)] for k, v in value.items()
        ]
        return _enclose("{", pairs, "}", indent, level)
    if isinstance(value, (list, tuple)):
        return _enclose("[", [_write(item, indent, level + 1) for item in value], "]", indent, level)
    if is_dataclass(value) and not isinstance(value, type):
        return _write({f.name: getattr(value, f.name) for f in fields(value)}, indent, level)
    raise TypeError(f"no JSON for {type(value).__name__}")


def _enclose(opening: str, items: list[list[str]], closing: str, indent: int | None, level: int) -> list[str]:
    if not items:
        return [opening, closing]
    inner = "" if indent is None else "\n" + " " * (indent * (level + 1))
    outer = "" if indent is None else "\n" + " " * (indent * level)
    parts = [opening]
    for number, item in enumerate(items):
        parts.append(("," if number else "") + (inner if indent is not None else " " if number else ""))
        parts.extend(item)
    parts.extend((outer, closing))
    return parts


def loads(text: str | bytes) -> Any:  # JSON is Any by nature; callers narrow it
    """Plain values of JSON text; numbers with a fraction come back as Decimal with their digits."""
    return json.loads(text, parse_float=Decimal)


def to_dict(report: LabReport, *, milliseconds: int | None = None) -> dict[str, Any]:
    """The report in the API's shape (docs/reference/report.md); plain values and Decimals.

    Args:
        report: what was read.
        milliseconds: how long the reading took, for `metadata.processing_time_ms`, which is left out without it.
    """
    results = report.results
    timed = {} if milliseconds is None else {"processing_time_ms": milliseconds}
    return {
        "schema_version": SCHEMA_VERSION,
        "document": _plain(report.document),
        "patient": _plain(report.patient) | {"count": report.patient_count, "date": report.report.collected_at},
        "lab": _plain(report.lab),
        "report": _plain(report.report),
        "sections": [
            {"name": section.name, "results": [_result_dict(item) for item in section.results]}
            for section in report.sections
        ],
        "summary": {
            "total_tests": len(results),
            "coded": sum(1 for item in results if item.loinc_code),
            "flagged": sum(1 for item in results if item.interpretation not in ("", "N") or item.flag),
            "needs_review": sum(1 for item in results if item.needs_review),
            "pages_failed": list(report.pages_failed),
            "unread": len(report.unread),
        },
        "metadata": {
            "engine": report.engine,
            **timed,
            "confidence_mean": _mean([item.confidence for item in results]),
            "confidence": report.confidence,
            "packs": dict(report.packs),
            "warnings": list(report.warnings),
            "forms": [_plain(item) for item in report.forms],
        },
        "needs_review": report.needs_review,
        "review_reasons": [_plain(item) for item in report.review_reasons],
        "pages_failed": list(report.pages_failed),
        "unread": [_plain(item) for item in report.unread],
    }


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value


def _result_dict(result: Result) -> dict[str, Any]:
    shown = _plain(result)
    if isinstance(shown, dict) and result.provenance is not None:
        shown["provenance"]["box"] = list(result.provenance.box)
    return shown if isinstance(shown, dict) else {}


def from_dict(data: Mapping[str, Any]) -> LabReport:
    """A report from the API's shape; unknown keys are ignored, missing ones take their defaults.

    Raises:
        ValueError, TypeError, KeyError: the shape is not that of a report.
    """
    metadata = data.get("metadata", {})
    patient = dict(data.get("patient", {}))
    return LabReport(
        document=_make(ReadDocument, data.get("document", {}), text_layer=tuple(_of(data, "document", "text_layer"))),
        patient=_make(
            ReportPatient,
            patient,
            identifiers=tuple(_make(PrintedIdentifier, item) for item in patient.get("identifiers", ())),
        ),
        patient_count=int(patient.get("count", 0)),
        lab=_make(ReportLab, data.get("lab", {})),
        report=_make(ReportHeader, data.get("report", {})),
        sections=tuple(
            Section(name=str(item.get("name", "")), results=tuple(_result(one) for one in item.get("results", ())))
            for item in data.get("sections", ())
        ),
        engine=str(metadata.get("engine", "")),
        confidence=float(metadata.get("confidence", 0.0)),
        needs_review=bool(data.get("needs_review", False)),
        review_reasons=_reasons(data),
        pages_failed=tuple(int(item) for item in data.get("pages_failed", ())),
        warnings=tuple(str(item) for item in metadata.get("warnings", ())),
        packs={str(k): str(v) for k, v in metadata.get("packs", {}).items()},
        forms=tuple(_form(item) for item in metadata.get("forms", ())),
        unread=tuple(_unread(item) for item in data.get("unread", ())),
    )


def _unread(data: Mapping[str, Any]) -> UnreadLine:
    x0, y0, x1, y1 = (float(item) for item in data["box"])
    return UnreadLine(page=int(data["page"]), box=(x0, y0, x1, y1), text=str(data["text"]))


def _form(data: Mapping[str, Any]) -> Form:
    places = tuple(float(item) for item in data.get("places", ()))
    texts = {key: tuple(str(item) for item in data.get(key, ())) for key in ("roles", "titles")}
    return Form(kind=str(data["kind"]), places=places, scanned=bool(data.get("scanned")), **texts)


def _of(data: Mapping[str, Any], *path: str) -> Any:
    current: Any = data
    for key in path:
        current = current.get(key, {}) if isinstance(current, Mapping) else {}
    return current or ()


def _make(kind: type[Any], data: Mapping[str, Any], **given: Any) -> Any:
    """An instance of a flat dataclass from the keys it knows; floats that were read as Decimal go back to float."""
    known = {f.name for f in fields(kind)}
    values = {k: float(v) if isinstance(v, Decimal) else v for k, v in data.items() if k in known and k not in given}
    return kind(**values, **given)


def _reasons(data: Mapping[str, Any]) -> tuple[Reason, ...]:
    return tuple(_make(Reason, item) for item in data.get("review_reasons", ()))


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _box(values: Sequence[Any]) -> Box:
    x0, y0, x1, y1 = (float(item) for item in values)
    return (x0, y0, x1, y1)


def _provenance(data: Mapping[str, Any] | None) -> Provenance | None:
    if not data:
        return None
    boxes = {str(k): _box(v) for k, v in data.get("fields", {}).items()}
    return _make_provenance(data, boxes)


def _make_provenance(data: Mapping[str, Any], boxes: Mapping[str, Box]) -> Provenance:
    made: Provenance = _make(Provenance, data, box=_box(data["box"]), fields=boxes)
    return made


def _result(data: Mapping[str, Any]) -> Result:
    made: Result = _make(
        Result,
        data,
        numeric_value=_decimal(data.get("numeric_value")),
        reference_low=_decimal(data.get("reference_low")),
        reference_high=_decimal(data.get("reference_high")),
        comments=tuple(data.get("comments", ())),
        previous=tuple(_make(PreviousResult, item) for item in data.get("previous", ())),
        field_confidence={str(k): float(v) for k, v in data.get("field_confidence", {}).items()},
        review_reasons=_reasons(data),
        provenance=_provenance(data.get("provenance")),
    )
    return made
