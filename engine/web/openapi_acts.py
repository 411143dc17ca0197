"""The acts of the API described: bodies, answers, and what each refuses."""

from __future__ import annotations

from typing import Any

from engine.domain.message import DeliveryState, MessageState
from engine.web import filters
from engine.web.bulk import MESSAGES_MAX
from engine.web.json_body import REASON_MAX
from engine.web.operate import OUTCOMES, PATIENTS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_REASON: Schema = {
    "type": "string",
    "maxLength": REASON_MAX,
    "description": "Why, in the user's words; no patient data.",
}
_WHOSE: Schema = {"type": "string", "enum": ["", *PATIENTS]}
_NEEDED: Schema = _REASON | {"minLength": 1}
_FORCE: Schema = {
    "type": "boolean",
    "default": False,
    "description": "Send it although it overwrites a newer version; needs a reason.",
}
_QUEUES: Schema = {
    "type": "object",
    "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Queue"}},
        "next": {"type": "null"},
    },
    "required": ["items", "next"],
    "additionalProperties": False,
}


def paths() -> Schema:
    """Every path that changes something."""
    message, delivery = [_in_path("id", "The engine's id of a message.")], [_in_path("delivery", "Id of a delivery.")]
    stage: Schema = {"from": {"type": "string", "description": "The stage to begin with; empty for the first."}}
    done, moved = _state(MessageState), _state(DeliveryState)
    return {
        "/api/v1/messages/{id}/replay": _act(
            "Queue a message for its stages again; an unchanged result set is not sent twice.",
            message, _fields(stage), {"202": done},
        ),
        "/api/v1/messages/{id}/withdraw": _act(
            "Close a message in review or parked for good; what was sent stays sent.",
            message, _fields({"reason": _NEEDED}, "reason"), {"200": done},
        ),
        "/api/v1/messages/{id}/set-aside": _act(
            "Let what waits behind a message go on (`order: strict`); the message stays where it is.",
            message, _fields({"reason": _REASON}), {"200": done},
        ),
        "/api/v1/deliveries/{delivery}/retry": _act(
            "Send a delivery that waits or is parked now: the same bytes, the same control id. "
            "409 where a newer version was sent meanwhile.",
            delivery, _fields({"force": _FORCE, "reason": _REASON}), {"202": moved},
        ),
        "/api/v1/deliveries/{delivery}/withdraw": _act(
            "End a delivery that waits or is parked.", delivery, _fields({"reason": _NEEDED}, "reason"), {"200": moved}
        ),
        **_pauses(),
        "/api/v1/reviews/{id}/close": _act(
            "Close an open review case; the outcome becomes its state.",
            [_in_path("id", "Its id.")],
            _fields({"outcome": {"type": "string", "enum": list(OUTCOMES)}, "patient": _WHOSE, "reason": _NEEDED},
                    "outcome", "reason"),
            {"200": {"$ref": "#/components/schemas/Review"}},
        ),
        **_layouts(),
        "/api/v1/replay": _act(
            f"Replay what the filters of the message list fit, oldest first, at most {MESSAGES_MAX} of them.",
            [], _many(stage), {"200": _many_done(), "202": _many_done()}, misses=False,
        ),
    }  # fmt: skip


def _layouts() -> Schema:
    """A person's word on a remembered layout."""
    shown: Schema = {"type": "string", "enum": ["confirmed", "forgotten"]}
    count: Schema = {"type": "integer", "minimum": 0, "description": "Messages that go through the gate again."}
    done = _closed({"id": _TEXT, "state": shown, "replayed": count}, ["id", "state", "replayed"])
    where, body = [_in_path("id", "Its id.")], _fields({"reason": _REASON})
    words = {
        "confirm": "Say that a layout is read rightly; what waits for it goes through the gate again.",
        "forget": "Remember a layout no longer; the next document that has it is judged anew.",
    }
    return {
        f"/api/v1/layouts/{{id}}/{act}": _act(summary, where, body, {"200": done}, conflicts=False)
        for act, summary in words.items()
    }


def _pauses() -> Schema:
    """Pause and resume, each for one queue, for those of a channel, and for all."""
    found: Schema = {}
    channel, destination = _in_path("channel", "Name of a channel."), _in_path("destination", "Its destination.")
    for act, words in (("pause", "Stop sending"), ("resume", "Send again")):
        for place, where, what in (
            ("", [], "every queue there is"),
            ("/{channel}", [channel], "all queues of a channel"),
            ("/{channel}/{destination}", [channel, destination], "one queue"),
        ):
            summary = f"{words}: {what}. A queue is paused while it, its channel or everything is."
            found[f"/api/v1/queues{place}/{act}"] = _act(
                summary, where, _fields({"reason": _REASON}), {"200": _QUEUES}, misses=bool(where), conflicts=False
            )
    return found


def _many(stage: Schema) -> Schema:
    filtered: Schema = dict.fromkeys(filters.NAMES, _TEXT)
    more: Schema = {
        "dry_run": {"type": "boolean", "default": True, "description": "Only count; nothing is replayed."},
        "limit": {"type": "integer", "minimum": 1, "maximum": MESSAGES_MAX, "default": MESSAGES_MAX},
    }
    return _fields(filtered | stage | more)


def _many_done() -> Schema:
    count: Schema = {"type": "integer", "minimum": 0}
    properties: Schema = {
        "dry_run": {"type": "boolean"},
        "matched": count,
        "more": {"type": "boolean", "description": "More fit than `limit`; the newest ones were taken."},
        "replayed": count,
        "busy": count | {"description": "Still being worked on, therefore left alone."},
        "ids": {"type": "array", "items": _TEXT, "description": "The first ones, oldest first."},
    }
    return _closed(properties, list(properties))


def _state(states: type[MessageState | DeliveryState]) -> Schema:
    shown: Schema = {"type": "string", "enum": [item.value for item in states]}
    return _closed({"id": _TEXT, "state": shown}, ["id", "state"])


def _fields(properties: Schema, *needed: str) -> Schema:
    return _closed(properties, list(needed))


def _closed(properties: Schema, needed: list[str]) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | {"required": needed} if needed else found


def _in_path(name: str, description: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": _TEXT}


def _act(
    summary: str,
    parameters: list[Schema],
    body: Schema,
    answers: Schema,
    *,
    misses: bool = True,
    conflicts: bool = True,
) -> Schema:
    names = {"400": "BadRequest", "401": "Unauthorized", "503": "Unavailable"}
    names |= {"404": "NotFound"} if misses else {}
    names |= {"409": "Conflict"} if conflicts and misses else {}
    problems = {status: {"$ref": f"#/components/responses/{name}"} for status, name in sorted(names.items())}
    done = {status: {"description": "Done.", "content": _json(schema)} for status, schema in answers.items()}
    asked = {"required": "required" in body, "content": _json(body)}
    return {"post": {"summary": summary, "parameters": parameters, "requestBody": asked, "responses": done | problems}}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}
