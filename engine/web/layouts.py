"""The memory of report forms through the API: what is known of each laboratory, and a person's word on it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.domain.layout import Layout
from engine.domain.message import MessageState
from engine.ports.layouts import KeepsLayouts, LayoutBook
from engine.ports.store import MessageQuery
from engine.web import bulk, operate, shapes
from engine.web.json_body import read_json, reason_of
from engine.web.params import read_query
from engine.web.problems import not_found
from engine.web.services import WebServices

_REASON = "layout.unknown"
_GATE = "review"


def routes(api: str) -> list[Route]:
    """The routes under the prefix of the API."""
    return [
        Route(api + "/layouts", list_layouts),
        Route(api + "/layouts/{id}/confirm", confirm, methods=["POST"]),
        Route(api + "/layouts/{id}/forget", forget, methods=["POST"]),
    ]


async def list_layouts(request: Request) -> Response:
    """Every remembered layout, the oldest first."""
    services: WebServices = request.app.state.services
    read_query(request, ())
    found = await _book(services).everything()
    return JSONResponse(shapes.page([_shape(item) for item in found], None))


async def confirm(request: Request) -> Response:
    """Say that a layout is read rightly; messages that waited for such a word go through the gate again."""
    services: WebServices = request.app.state.services
    read_query(request, ())
    why = reason_of(await read_json(request, {"reason": str}), is_needed=False)
    wanted = request.path_params["id"]
    audit = operate.audit_of("layout.confirm", layout=wanted, reason=why)
    if not await _book(services).confirm(wanted, by=operate.ACTOR, audit=audit):
        raise not_found("layout")
    return JSONResponse({"id": wanted, "state": "confirmed", "replayed": await _again(services)})


async def forget(request: Request) -> Response:
    """Remember a layout no longer; the next document that has it is judged anew."""
    services: WebServices = request.app.state.services
    read_query(request, ())
    why = reason_of(await read_json(request, {"reason": str}), is_needed=False)
    wanted = request.path_params["id"]
    if not await _book(services).forget(wanted, audit=operate.audit_of("layout.forget", layout=wanted, reason=why)):
        raise not_found("layout")
    return JSONResponse({"id": wanted, "state": "forgotten", "replayed": 0})


def _book(services: WebServices) -> LayoutBook:
    """The memory. Raises Problem (404) where the store has none."""
    if not isinstance(services.store, KeepsLayouts):
        raise not_found("memory of layouts")
    return services.store.layouts


async def _again(services: WebServices) -> int:
    """Replay what waits for a layout from the gate of its channel; whatever still has an unknown one waits again."""
    done = 0
    for channel in services.channels():
        stage = next((item.id for item in channel.stages if item.use == _GATE), "")
        query = MessageQuery(channel=channel.name, state=MessageState.REVIEW, reason=_REASON)
        found = await bulk.find(services, query, bulk.MESSAGES_MAX)
        done += await bulk.replay_all(services, [item.id for item in found.messages], stage)
    return done


def _shape(item: Layout) -> dict[str, Any]:
    facility, _, application = item.sender.partition("|")
    return {
        "id": item.id,
        "state": item.state.value,
        "facility": facility,
        "application": application,
        "lab": item.lab,
        "kind": item.form.kind,
        "columns": list(item.form.roles),
        "headings": list(item.form.titles),
        "scanned": item.form.scanned,
        "documents": item.documents,
        "first_at": shapes.moment(item.first_at),
        "message_id": item.message_id,
        "decided_by": item.decided_by,
    }
