"""The schema of a report as `engine.mapping.report_json` writes it."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_NUMBER_OR_NULL: Schema = {"type": ["number", "null"], "description": "With the printed digits: 5.10 stays 5.10."}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_FLAG: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_REASONS: Schema = {"type": "array", "items": {"$ref": "#/components/schemas/Reason"}}
_BOX: Schema = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}


def schema() -> Schema:
    """The report; further members may be added by later releases."""
    return _open(
        {
            "schema_version": _TEXT,
            "document": _open({"sha256": _TEXT, "media_type": _TEXT, "pages": _COUNT, "language": _TEXT}),
            "patient": _open({"name": _TEXT, "birth_date": _TEXT, "sex": _TEXT, "identifiers": _identifiers()}),
            "lab": _open({"name": _TEXT, "accession": _TEXT, "address": _TEXT}),
            "report": _open({"collected_at": _TEXT, "received_at": _TEXT, "reported_at": _TEXT, "status": _TEXT}),
            "sections": _list(_open({"name": _TEXT, "results": _list(_result())})),
            "summary": _open(
                {"total_tests": _COUNT, "coded": _COUNT, "flagged": _COUNT, "needs_review": _COUNT, "unread": _COUNT}
            ),
            "metadata": {"type": "object"},
            "needs_review": _FLAG,
            "review_reasons": _REASONS,
            "pages_failed": _list(_COUNT),
            "unread": _list(_open({"page": _COUNT, "box": _BOX, "text": _TEXT})),
        }
    )


def _open(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _identifiers() -> Schema:
    return _list(_open({"value": _TEXT, "type": _TEXT, "label": _TEXT}))


def _result() -> Schema:
    return _open(
        {
            "id": _TEXT,
            "test_name": {"type": "string", "description": "As printed."},
            "value": {"type": "string", "description": "As printed."},
            "loinc_code": _TEXT,
            "comparator": _TEXT_OR_NULL,
            "numeric_value": _NUMBER_OR_NULL,
            "value_type": _TEXT,
            "unit": _TEXT,
            "unit_ucum": _TEXT,
            "reference_range": _TEXT,
            "reference_low": _NUMBER_OR_NULL,
            "reference_high": _NUMBER_OR_NULL,
            "flag": _TEXT,
            "interpretation": _TEXT,
            "status": _TEXT,
            "confidence": _SHARE,
            "needs_review": _FLAG,
            "review_reasons": _REASONS,
            "provenance": {"anyOf": [_open({"page": _COUNT, "box": _BOX, "engine": _TEXT}), {"type": "null"}]},
        }
    )
