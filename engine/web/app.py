"""The web application: routes, gate and error answers put together."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from engine.ports.store import StoreError
from engine.web import api, problems
from engine.web.auth import TOKEN_LENGTH_MIN, Sessions
from engine.web.guard import Guard
from engine.web.ops import Ops
from engine.web.pages import Pages
from engine.web.rendering import STATIC, Renderer
from engine.web.services import WebServices
from engine.web.signing import Signing


def create_app(services: WebServices) -> Starlette:
    """The application over these services; it keeps nothing outside itself.

    Raises:
        ValueError: the admin token is too short to protect anything.
    """
    if len(services.admin_token) < TOKEN_LENGTH_MIN:
        raise ValueError(f"the admin token needs at least {TOKEN_LENGTH_MIN} characters")
    renderer = Renderer(services)
    ops = Ops(services)
    sessions = Sessions(services.clock.monotonic, idle=services.session_idle, life=services.session_life)
    app = Starlette(
        routes=[
            *ops.routes(),
            *api.routes(),
            *Signing(services, sessions, renderer).routes(),
            *Pages(services, ops, renderer).routes(),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard, services=services, sessions=sessions)],
        exception_handlers={
            problems.Problem: problems.on_problem,
            HTTPException: problems.on_http_exception,
            StoreError: problems.on_store_error,
            Exception: problems.on_failure,
        },
    )
    app.router.redirect_slashes = False
    app.state.services = services
    return app
