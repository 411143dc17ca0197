"""The API described as OpenAPI 3.1; built by hand and held to the real answers by tests."""

from __future__ import annotations

from typing import Any

from engine.domain.layout import LayoutState
from engine.domain.message import ContentKind, DeliveryState, MessageState
from engine.domain.patient import Decision
from engine.domain.reasons import REASONS, Holds
from engine.web import filters, openapi_acts, openapi_report, operate
from engine.web.linked import RELATIONS
from engine.web.params import LIMIT_DEFAULT, LIMIT_MAX

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_TIME_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FLAG: Schema = {"type": "boolean"}
_CODES: Schema = {"type": "string", "enum": list(REASONS)}
_DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_MOMENT: Schema = {"type": "string", "examples": ["2026-03-02", "2026-03-02T08:15:00Z"]}
_NO_NUL: Schema = {"type": "string", "pattern": "^[^\\x00]*$"}


def document(version: str) -> Schema:
    """The whole description; paths are absolute."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "headrace",
            "version": version,
            "summary": "Messages, reviews, queues and channels of one engine.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"bearer": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
            "responses": _problems(),
        },
    }


def _object(properties: Schema, *, optional: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _page(name: str) -> Schema:
    return _object({"items": _list(_ref(name)), "next": _TEXT_OR_NULL})


def _schemas() -> Schema:
    return {
        "Problem": _problem(),
        "Reason": _object({"code": _CODES, "text": _TEXT, "field": _TEXT}),
        "Message": _object(_message()),
        "MessageDetail": _object(_message() | _message_detail()),
        "Delivery": _object(_delivery()),
        "DeliveryDetail": _object(_delivery() | _delivery_detail()),
        "TimelineEntry": _object({"at": _TIME, "action": _TEXT, "actor": _TEXT, "detail": {"type": "object"}}),
        "Version": _object(_version()),
        "Match": _object(_match()),
        "Evidence": _object(_evidence()),
        "Report": openapi_report.schema(),
        "Review": _object(_review()),
        "Queue": _object(_queue()),
        "Channel": _object(_channel()),
        "Node": _object(_node()),
        "Layout": _object(_layout()),
        "ReasonSpec": _object(
            {
                "code": _CODES,
                "holds": {"type": "string", "enum": [item.name.lower() for item in Holds]},
                "meaning": _TEXT,
                "action": _TEXT,
            }
        ),
        "Readiness": _object(
            {
                "status": {"type": "string", "enum": ["ready", "not ready"]},
                "checks": {"type": "object", "additionalProperties": {"type": ["boolean", "string"]}},
            }
        ),
    }


def _problem() -> Schema:
    properties: Schema = {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "parameter": {"type": "string", "description": "The query parameter at fault."},
    }
    return _object(properties, optional=("parameter",))


def _message() -> Schema:
    return {
        "id": _TEXT,
        "channel": _TEXT,
        "source": _TEXT,
        "control_id": {"type": "string", "description": "MSH-10 as received."},
        "message_type": {"type": "string", "examples": ["ORU^R01"]},
        "received_at": _TIME,
        "state": {"type": "string", "enum": [item.value for item in MessageState]},
        "reasons": _list(_ref("Reason")),
        "patient_mrn": _TEXT_OR_NULL,
        "documents": _list(_object({"sha256": _DIGEST, "media_type": _TEXT, "bytes": _COUNT})),
        "deliveries": _list(_ref("Delivery")),
    }


def _message_detail() -> Schema:
    return {
        "kind": {"type": "string", "enum": [item.value for item in ContentKind]},
        "bytes": _COUNT,
        "file_name": _TEXT,
        "batch_id": _TEXT_OR_NULL,
        "duplicate_of": _TEXT_OR_NULL,
        "error": _TEXT,
        "deliveries": _list(_ref("DeliveryDetail")),
        "timeline": _list(_ref("TimelineEntry")),
        "report": {"anyOf": [_ref("Report"), {"type": "null"}]},
        "reports": _list(_ref("Report")),
        "versions": _list(_ref("Version")),
        "match": {"anyOf": [_ref("Match"), {"type": "null"}]},
    }


def _match() -> Schema:
    return {
        "decision": {"type": "string", "enum": [item.value for item in Decision]},
        "mrn": _TEXT_OR_NULL,
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "step": _TEXT,
        "evidence": _list(_ref("Evidence")),
    }


def _evidence() -> Schema:
    return {"field": _TEXT, "outcome": _TEXT, "weight": {"type": "number"}}


def _delivery() -> Schema:
    return {
        "destination": _TEXT,
        "state": {"type": "string", "enum": [item.value for item in DeliveryState]},
        "control_id": _TEXT,
        "attempts": _COUNT,
        "ack_code": {"type": ["string", "null"], "description": "MSA-1 of the receiver, null before an ACK."},
    }


def _delivery_detail() -> Schema:
    return {
        "id": _TEXT,
        "required": _FLAG,
        "queued_at": _TIME,
        "sent_at": _TIME_OR_NULL,
        "next_attempt_at": _TIME_OR_NULL,
        "error": _TEXT,
    }


def _version() -> Schema:
    relation: Schema = {"type": "string", "enum": list(RELATIONS)}
    return {
        "id": _TEXT,
        "relations": _list(relation),
        "channel": _TEXT,
        "control_id": _TEXT,
        "received_at": _TIME,
        "state": {"type": "string", "enum": [item.value for item in MessageState]},
    }


def _review() -> Schema:
    return {
        "id": _TEXT,
        "message_id": _TEXT,
        "channel": _TEXT,
        "state": _TEXT,
        "reasons": _list(_ref("Reason")),
        "opened_at": _TIME,
    }


def _queue() -> Schema:
    return {
        "channel": _TEXT,
        "destination": _TEXT,
        "queued": _COUNT,
        "parked": _COUNT,
        "oldest_at": _TIME_OR_NULL,
        "head_error": {"type": "string", "description": "Why the head of the queue waits."},
        "paused": {"type": "boolean", "description": "Nothing is sent before a person resumes it."},
    }


def _node() -> Schema:
    return {"name": _TEXT, "started_at": _TIME, "seen_at": _TIME, "alive": _FLAG, "leases": _COUNT, "release": _TEXT}


def _layout() -> Schema:
    texts = ("id", "facility", "application", "lab", "message_id", "decided_by")
    return dict.fromkeys(texts, _TEXT) | {
        "state": {"type": "string", "enum": [item.value for item in LayoutState]},
        "kind": {"type": "string", "enum": ["table", "lines"]},
        "columns": _list(_TEXT),
        "headings": _list(_TEXT),
        "scanned": _FLAG,
        "documents": _COUNT,
        "first_at": _TIME,
    }


def _channel() -> Schema:
    counters = ("received", "filtered", "queued", "sent", "errored", "review", "duplicates", "working", "withdrawn")
    end: Schema = {"name": _TEXT, "use": _TEXT, "address": _TEXT}
    return {
        "name": _TEXT,
        "title": _TEXT,
        "enabled": _FLAG,
        "sources": _list(_object(end | {"listening": _FLAG, "connections": _COUNT})),
        "stages": _list(_object({"id": _TEXT, "use": _TEXT})),
        "destinations": _list(_object(end | {"required": _FLAG})),
        "counters": _object(dict.fromkeys(counters, _COUNT)),
    }


def _paths() -> Schema:
    message = "/api/v1/messages/{id}"
    delivery = message + "/deliveries/{delivery}"
    at = [_in_path("id", "The engine's id of a message.")]
    return {
        "/api/v1/messages": _get("Messages, newest first.", _page("Message"), _message_query()),
        message: _get("One message with timeline, report and versions.", _ref("MessageDetail"), at, by_id=True),
        message + "/raw": _bytes("The bytes as received.", at),
        message + "/ack": _bytes("The answer that the sender got.", at),
        message + "/documents/{sha256}": _bytes(
            "An embedded document, decoded, as an attachment.",
            [*at, _in_path("sha256", "SHA-256 of the decoded bytes, hexadecimal.")],
        ),
        delivery + "/payload": _bytes("The bytes sent, the same at every try.", [*at, _in_path("delivery", "Its id.")]),
        delivery + "/ack": _bytes("The receiver's last answer.", [*at, _in_path("delivery", "Its id.")]),
        "/api/v1/reviews": _get("Review cases, newest first.", _page("Review"), _review_query()),
        "/api/v1/reviews/{id}": _get(
            "One review case, open or closed.", _ref("Review"), [_in_path("id", "Its id.")], by_id=True
        ),
        "/api/v1/queues": _get("Destination queues: how many wait, since when, and why.", _page("Queue")),
        "/api/v1/channels": _get("Channels with sources, stages, destinations and counters.", _page("Channel")),
        "/api/v1/nodes": _get("The nodes that share the store, this one first.", _page("Node")),
        "/api/v1/layouts": _get("Remembered forms of laboratories' reports.", _page("Layout"), by_id=True),
        **openapi_acts.paths(),
        "/api/v1/reasons": _get("Every reason code: what it holds back, what to do.", _page("ReasonSpec")),
        "/healthz": _open_path("The process lives.", {"200": "It does."}),
        "/readyz": _open_path(
            "Whether messages can be taken.", {"200": "Yes.", "503": "No; the body names the check."}
        ),
    }


def _message_query() -> list[Schema]:
    return [
        _in_query("control_id", _NO_NUL, "MSH-10, exact."),
        _in_query("channel", _NO_NUL, "Name of a channel, exact."),
        _in_query("state", {"type": "string", "enum": ["", *(item.value for item in MessageState)]}, "State."),
        _in_query("q", _NO_NUL, "Control id, message id, MRN, accession or order number, exact."),
        _in_query("since", _MOMENT, "Received at that time or later; ISO 8601, without an offset the engine's own."),
        _in_query("until", _MOMENT, "Received before that time."),
        _in_query("source", _NO_NUL, "Name of a source, exact."),
        _in_query("message_type", _NO_NUL, "MSH-9 as in `message_type`, exact."),
        _in_query("reason", {"type": "string", "enum": ["", *REASONS]}, "A reason code the message carries."),
        *(_in_query(name, _NO_NUL, f"Search key `{key}`, exact.") for name, key in filters.METADATA.items()),
        *_paging(),
    ]


def _review_query() -> list[Schema]:
    states: Schema = {"type": "string", "enum": ["", *operate.REVIEW_STATES], "default": "open"}
    return [
        _in_query("state", states, "State of the case; `all` for any."),
        _in_query("channel", _NO_NUL, "Name of a channel, exact."),
        *_paging(),
    ]


def _paging() -> list[Schema]:
    limit: Schema = {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT}
    return [
        _in_query("limit", limit, "Items a page."),
        _in_query("cursor", _TEXT, "`next` of the page before."),
    ]


def _in_query(name: str, schema: Schema, description: str) -> Schema:
    shown: Schema = {"name": name, "in": "query", "description": description, "schema": schema}
    return shown if schema.get("type") == "integer" else shown | {"allowEmptyValue": True}


def _in_path(name: str, description: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": _TEXT}


def _get(summary: str, schema: Schema, parameters: list[Schema] | None = None, *, by_id: bool = False) -> Schema:
    return _operation(summary, {"application/json": {"schema": schema}}, parameters or [], by_id=by_id)


def _bytes(summary: str, parameters: list[Schema]) -> Schema:
    return _operation(summary, {"*/*": {"schema": {}}}, parameters, by_id=True)


def _operation(summary: str, content: Schema, parameters: list[Schema], *, by_id: bool) -> Schema:
    names = ["BadRequest", "Unauthorized", "Unavailable"] + (["NotFound"] if by_id else [])
    statuses = {"BadRequest": "400", "Unauthorized": "401", "NotFound": "404", "Unavailable": "503"}
    problems = {statuses[name]: {"$ref": f"#/components/responses/{name}"} for name in names}
    success = {"200": {"description": "Found." if by_id else "The list.", "content": content}}
    return {
        "get": {"summary": summary, "parameters": parameters, "responses": success | dict(sorted(problems.items()))}
    }


def _open_path(summary: str, answers: dict[str, str]) -> Schema:
    schema = {"type": "object"} if len(answers) == 1 else _ref("Readiness")
    content = {"application/json": {"schema": schema}}
    responses = {status: {"description": text, "content": content} for status, text in answers.items()}
    return {"get": {"summary": summary, "security": [], "responses": responses}}


def _problems() -> Schema:
    content = {"application/problem+json": {"schema": _ref("Problem")}}
    challenge = {"WWW-Authenticate": {"schema": _TEXT}}
    return {
        "BadRequest": {"description": "A parameter is unknown or wrong; `parameter` names it.", "content": content},
        "Unauthorized": {"description": "No token, or not the right one.", "headers": challenge, "content": content},
        "NotFound": {"description": "No such id.", "content": content},
        "Conflict": {"description": "The state does not allow it.", "content": content},
        "Unavailable": {"description": "The store does not answer; try again.", "content": content},
    }
