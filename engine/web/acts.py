"""What an operator does to a message through the API: written by POST, named in the audit trail."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.ports.store import AuditEntry
from engine.web.bodies import find_detail, get_detail
from engine.web.params import read_query
from engine.web.problems import Problem, bad_parameter, not_found
from engine.web.services import WebServices

ACTOR = "admin"
"""The one user there is: whoever holds the token."""

JSON_MAX = 16 * 1024


def routes(messages: str) -> list[Route]:
    """The routes of acts on messages under the prefix of the message list."""
    return [Route(messages + "/{id}/replay", replay, methods=["POST"])]


async def replay(request: Request) -> Response:
    """Queue a message for its stages again; 409 while it is still being worked on."""
    services: WebServices = request.app.state.services
    read_query(request, ())
    stage = (await read_json(request, ("from",))).get("from", "")
    message = (await find_detail(request)).message
    known = {item.id for info in services.channels() if info.name == message.channel for item in info.stages}
    if stage and stage not in known:
        raise bad_parameter("from", "is no stage of the message's channel")
    audit = AuditEntry(action="replay", actor=ACTOR, detail=json.dumps({"from": stage}))
    if not await services.store.replay(message.id, from_stage=stage, audit=audit):
        raise Problem(409, "the message is still being worked on")
    now = await get_detail(services, message.id)
    if now is None:
        raise not_found("message")
    return JSONResponse({"id": now.message.id, "state": now.message.state.value}, status_code=202)


async def read_json(request: Request, allowed: Collection[str]) -> Mapping[str, str]:
    """The text fields of a JSON object; an empty body is an object without fields.

    Raises:
        Problem: 413 past 16 KiB, 400 for what is no object of texts or has a field that is not in `allowed`.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > JSON_MAX:
            raise Problem(413, f"a body may have {JSON_MAX} bytes at most")
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None
    if not isinstance(found, dict):
        raise Problem(400, "the body must be a JSON object")
    for name, value in found.items():
        if name not in allowed:
            raise Problem(400, f"unknown field; known here: {', '.join(sorted(allowed))}")
        if not isinstance(value, str):
            raise bad_parameter(name, "must be a text")
    return found
