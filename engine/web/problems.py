"""Errors as problem details (RFC 9457): one shape for every answer that is not a success."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from engine.ports.store import StoreError
from engine.web.headers import SECURITY_HEADERS
from engine.web.services import WebServices

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer other than success, raised from an endpoint.

    Attributes:
        status: HTTP status.
        detail: one sentence; names parameters, never repeats their values.
        parameter: the query parameter at fault, or empty.
    """

    def __init__(
        self, status: int, detail: str, *, parameter: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.parameter = parameter
        self.headers = dict(headers or {})


def bad_parameter(name: str, detail: str) -> Problem:
    """A 400 that names the parameter."""
    return Problem(HTTPStatus.BAD_REQUEST, f"{name}: {detail}", parameter=name)


def not_found(what: str) -> Problem:
    """A 404 for an id or a path that leads nowhere."""
    return Problem(HTTPStatus.NOT_FOUND, f"no such {what}")


def problem_response(problem: Problem) -> Response:
    """The problem as a response."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": int(problem.status),
        "detail": problem.detail,
    }
    if problem.parameter:
        body["parameter"] = problem.parameter
    content = json.dumps(body, ensure_ascii=False)
    return Response(content, status_code=problem.status, media_type=MEDIA_TYPE, headers=problem.headers)


def answer(request: Request, problem: Problem) -> Response:
    """The problem as JSON, or as a page for a browser outside the API."""
    is_api = request.scope["path"].startswith("/api")
    if is_api or "text/html" not in request.headers.get("accept", ""):
        return problem_response(problem)
    title, detail = HTTPStatus(problem.status).phrase, escape(problem.detail)
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} - headrace</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="/static/icon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="/static/style.css"></head><body class="narrow"><main>'
        f'<h1>{title}</h1><p>{detail}</p><p><a href="/">Overview</a></p></main></body></html>'
    )
    return HTMLResponse(page, status_code=problem.status, headers=problem.headers)


async def on_problem(request: Request, error: Exception) -> Response:
    """Handler for `Problem`."""
    if not isinstance(error, Problem):
        raise error
    return answer(request, error)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Handler for the router's own 404 and 405."""
    if not isinstance(error, HTTPException):
        raise error
    details = {404: "no such path", 405: "this path does not take this method"}
    detail = details.get(error.status_code, "the request was refused")
    return answer(request, Problem(error.status_code, detail, headers=error.headers))


async def on_store_error(request: Request, error: Exception) -> Response:
    """Handler for a store that could not answer: 503, to be tried again."""
    services: WebServices = request.app.state.services
    services.observer.note("web.store_failed", level="error", error=type(error).__name__)
    if not isinstance(error, StoreError):
        raise error
    headers = {"Retry-After": "5"}
    return answer(request, Problem(HTTPStatus.SERVICE_UNAVAILABLE, "the store does not answer", headers=headers))


async def on_failure(request: Request, error: Exception) -> Response:
    """Handler for everything else: a bug; the client learns no more than that. Runs outside the guard."""
    services: WebServices = request.app.state.services
    services.observer.note("web.failed", level="error", error=type(error).__name__)
    detail = "the request failed; see the engine's log"
    return answer(request, Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail, headers=SECURITY_HEADERS))
