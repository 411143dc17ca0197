"""The JSON API under /api/v1."""

from __future__ import annotations

import asyncio
import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.domain.dossier import Dossier
from engine.mapping import report_json
from engine.ports.store import MessageDetail, MessageView, ReviewQuery
from engine.web import acts, bodies, filters, layouts, linked, openapi, operate, shapes
from engine.web.linked import Linked
from engine.web.params import choice_of, limit_of, pack_review, pack_sequence, read_query, review_of, sequence_of
from engine.web.services import WebServices

API = "/api/v1"
MESSAGES = API + "/messages"


def routes() -> list[Route]:
    """Every route under /api."""
    return [
        Route("/api/openapi.json", openapi_document),
        Route(MESSAGES, list_messages),
        *bodies.routes(MESSAGES),
        *acts.routes(API),
        *layouts.routes(API),
        Route(MESSAGES + "/{id}", show_message),
        Route(API + "/reviews", list_reviews),
        Route(API + "/reviews/{id}", show_review),
        Route(API + "/queues", list_queues),
        Route(API + "/channels", list_channels),
        Route(API + "/reasons", list_reasons),
        Route(API + "/nodes", list_nodes),
    ]


async def openapi_document(request: Request) -> Response:
    """The description of this API; public."""
    services: WebServices = request.app.state.services
    return JSONResponse(openapi.document(services.version))


async def list_messages(request: Request) -> Response:
    """Messages, newest first."""
    services: WebServices = request.app.state.services
    query = read_query(request, (*filters.NAMES, "limit", "cursor"))
    limit = limit_of(query)
    search = filters.query_of(query, services.clock.now(), limit=limit + 1, before=sequence_of(query))
    found = await services.store.search(search)
    following = pack_sequence(found[limit - 1].sequence) if len(found) > limit else None
    return await asyncio.to_thread(_message_list, found[:limit], following)


def _message_list(found: list[MessageView], following: str | None) -> Response:
    return JSONResponse(shapes.page([shapes.message(item) for item in found], following))


async def show_message(request: Request) -> Response:
    """One message with timeline, report and versions."""
    services: WebServices = request.app.state.services
    read_query(request, ())
    detail = await bodies.find_detail(request)
    dossier = linked.dossier_of(detail, services.observer)
    versions = await linked.versions(services.store, detail, dossier)
    return await asyncio.to_thread(_detail, detail, dossier, versions)


def _detail(detail: MessageDetail, dossier: Dossier, versions: list[Linked]) -> Response:
    body = shapes.message_in_detail(detail, dossier, [shapes.version(item.view, item.relations) for item in versions])
    return Response(report_json.dumps(body), media_type="application/json")


async def list_reviews(request: Request) -> Response:
    """Review cases, newest first; the open ones unless `state` says otherwise."""
    services: WebServices = request.app.state.services
    query = read_query(request, ("state", "channel", "limit", "cursor"))
    limit = limit_of(query)
    state = choice_of(query, "state", operate.REVIEW_STATES) or "open"
    search = ReviewQuery(
        state="" if state == "all" else state,
        channel=query.get("channel", ""),
        limit=limit + 1,
        before=review_of(query),
    )
    found = await services.store.reviews(search)
    following = pack_review(found[limit - 1].id) if len(found) > limit else None
    return JSONResponse(shapes.page([shapes.review(item) for item in found[:limit]], following))


async def show_review(request: Request) -> Response:
    """One review case, open or closed."""
    services: WebServices = request.app.state.services
    read_query(request, ())
    return JSONResponse(shapes.review(await acts.find_review(services, request.path_params["id"])))


async def list_queues(request: Request) -> Response:
    """Every destination queue."""
    services: WebServices = request.app.state.services
    read_query(request, ())
    figures = await services.store.figures()
    return JSONResponse(shapes.page([shapes.queue(item) for item in operate.queues(services, figures)], None))


async def list_channels(request: Request) -> Response:
    """Every channel with its sources, stages, destinations and counters."""
    services: WebServices = request.app.state.services
    read_query(request, ())
    figures = await services.store.figures()
    return JSONResponse(shapes.page([shapes.channel(item, figures) for item in services.channels()], None))


async def list_reasons(request: Request) -> Response:
    """Every reason code."""
    read_query(request, ())
    return Response(json.dumps(shapes.page(shapes.known_reasons(), None)), media_type="application/json")


async def list_nodes(request: Request) -> Response:
    """The nodes that share the store, this one first."""
    services: WebServices = request.app.state.services
    read_query(request, ())
    return JSONResponse(shapes.page([shapes.node(item) for item in await services.store.nodes()], None))
