"""The web application: routes, gate and error answers put together."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from engine.ports.store import StoreError
from engine.web import api, problems
from engine.web.auth import TOKEN_LENGTH_MIN, Sessions
from engine.web.guard import Guard
from engine.web.ops import Ops
from engine.web.services import WebServices


def create_app(services: WebServices) -> Starlette:
    """The application over these services; it keeps nothing outside itself.

    Raises:
        ValueError: the admin token is too short to protect anything.
    """
    if len(services.admin_token) < TOKEN_LENGTH_MIN:
        raise ValueError(f"the admin token needs at least {TOKEN_LENGTH_MIN} characters")
    sessions = Sessions(services.clock.monotonic, idle=services.session_idle, life=services.session_life)
    app = Starlette(
        routes=[*Ops(services).routes(), *api.routes()],
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
