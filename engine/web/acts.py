"""What an operator does through the API: every act is a POST with a JSON body, named in the audit trail."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.ports.store import ReviewQuery, ReviewView
from engine.web import bulk, filters, operate, shapes
from engine.web.bodies import find_detail
from engine.web.json_body import read_json, reason_of
from engine.web.params import is_id, read_query
from engine.web.problems import Problem, bad_parameter, not_found
from engine.web.services import WebServices

SCAN_PAGE = 500
IDS_SHOWN = 20


def routes(api: str) -> list[Route]:
    """The routes of all acts under the prefix of the API."""
    ends = {
        "/messages/{id}/replay": replay,
        "/messages/{id}/withdraw": withdraw,
        "/messages/{id}/set-aside": set_aside,
        "/deliveries/{delivery:path}/retry": retry_delivery,
        "/deliveries/{delivery:path}/withdraw": withdraw_delivery,
        "/queues/pause": pause,
        "/queues/resume": resume,
        "/queues/{channel}/pause": pause,
        "/queues/{channel}/resume": resume,
        "/queues/{channel}/{destination}/pause": pause,
        "/queues/{channel}/{destination}/resume": resume,
        "/reviews/{id}/close": close_review,
        "/replay": replay_many,
    }
    return [Route(api + path, end, methods=["POST"]) for path, end in ends.items()]


async def replay(request: Request) -> Response:
    """Queue a message for its stages again; 409 while it is still being worked on."""
    services = _services(request)
    stage = (await read_json(request, {"from": str})).get("from", "")
    message = (await find_detail(request)).message
    return _now(message.id, await operate.replay(services, message, stage), status=202)


async def withdraw(request: Request) -> Response:
    """Close a message for good; 409 when nothing of it waits for a person."""
    services = _services(request)
    why = reason_of(await read_json(request, {"reason": str}), is_needed=True)
    message = (await find_detail(request)).message
    return _now(message.id, await operate.withdraw(services, message.id, why))


async def set_aside(request: Request) -> Response:
    """Let what waits behind a message go on; 409 when it holds nothing up."""
    services = _services(request)
    why = reason_of(await read_json(request, {"reason": str}), is_needed=False)
    message = (await find_detail(request)).message
    return _now(message.id, await operate.set_aside(services, message.id, why))


async def retry_delivery(request: Request) -> Response:
    """Send a delivery now; 409 when it neither waits nor is parked, or would overwrite a newer version."""
    services = _services(request)
    fields = await read_json(request, {"force": bool, "reason": str})
    force = fields.get("force", False)
    why = reason_of(fields, is_needed=force)
    delivery = request.path_params["delivery"]
    await operate.retry_delivery(services, delivery, force=force, why=why)
    return _now(delivery, "queued", status=202)


async def withdraw_delivery(request: Request) -> Response:
    """End a delivery that was not sent; 409 when it neither waits nor is parked."""
    services = _services(request)
    why = reason_of(await read_json(request, {"reason": str}), is_needed=True)
    delivery = request.path_params["delivery"]
    await operate.withdraw_delivery(services, delivery, why)
    return _now(delivery, "withdrawn")


async def pause(request: Request) -> Response:
    """Stop sending: one queue, those of a channel, or all."""
    return await _set_pause(request, is_paused=True)


async def resume(request: Request) -> Response:
    """Send again: one queue, those of a channel, or all."""
    return await _set_pause(request, is_paused=False)


async def _set_pause(request: Request, *, is_paused: bool) -> Response:
    services = _services(request)
    why = reason_of(await read_json(request, {"reason": str}), is_needed=False)
    place = [request.path_params.get(name, "") for name in ("channel", "destination")]
    found = await operate.set_pause(services, *place, is_paused=is_paused, why=why)
    return JSONResponse(shapes.page([shapes.queue(item) for item in found], None))


async def close_review(request: Request) -> Response:
    """Close an open review case; 409 when it is not open."""
    services = _services(request)
    fields = await read_json(request, {"outcome": str, "patient": str, "reason": str})
    why = reason_of(fields, is_needed=True)
    review = await find_review(services, request.path_params["id"])
    await operate.close_review(services, review.id, fields.get("outcome", ""), why, fields.get("patient", ""))
    return JSONResponse(shapes.review(await find_review(services, review.id)))


async def find_review(services: WebServices, wanted: str) -> ReviewView:
    """A case by its id; walks the pages: the store finds cases by state and channel only. Raises Problem (404)."""
    before = ""
    while is_id(wanted) and (found := await services.store.reviews(_review_page(before))):
        for item in found:
            if item.id == wanted:
                return item
        before = found[-1].id
    raise not_found("review case")


def _review_page(before: str) -> ReviewQuery:
    return ReviewQuery(state="", limit=SCAN_PAGE, before=before)


async def replay_many(request: Request) -> Response:
    """Replay what the filters fit; only counts and names the first ones unless `dry_run` is false."""
    services = _services(request)
    kinds: dict[str, type] = dict.fromkeys((*filters.NAMES, "from"), str)
    fields = await read_json(request, kinds | {"dry_run": bool, "limit": int})
    limit = fields.get("limit", bulk.MESSAGES_MAX)
    if not 1 <= limit <= bulk.MESSAGES_MAX:
        raise bad_parameter("limit", f"must be a whole number from 1 to {bulk.MESSAGES_MAX}")
    given = {name: fields[name] for name in filters.NAMES if fields.get(name)}
    if not given:
        raise Problem(400, f"at least one filter is needed: {', '.join(filters.NAMES)}")
    stage = fields.get("from", "")
    if stage:
        operate.check_stage(services, given.get("channel", ""), stage)
    query = filters.query_of(given, services.clock.now(), limit=bulk.SEARCH_PAGE)
    found = await bulk.find(services, query, limit)
    ids = [item.id for item in found.messages]
    is_dry = fields.get("dry_run", True)
    done = 0 if is_dry else await bulk.replay_all(services, ids, stage)
    body = {
        "dry_run": is_dry,
        "matched": len(ids),
        "more": found.is_capped,
        "replayed": done,
        "busy": 0 if is_dry else len(ids) - done,
        "ids": ids[:IDS_SHOWN],
    }
    return JSONResponse(body, status_code=200 if is_dry else 202)


def _services(request: Request) -> WebServices:
    """The services; an act takes no query parameters. Raises Problem (400)."""
    read_query(request, ())
    services: WebServices = request.app.state.services
    return services


def _now(subject: str, state: str, *, status: int = 200) -> Response:
    return JSONResponse({"id": subject, "state": str(state)}, status_code=status)
