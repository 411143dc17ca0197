"""Signing in and out: the token by a form, the one-time set-up link, the session cookie."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from engine.web.auth import Sessions, SetupLink, cookie_name, same_secret
from engine.web.forms import read_form
from engine.web.problems import Problem
from engine.web.rendering import Renderer
from engine.web.services import WebServices


class Signing:
    """The endpoints that make and end browser sessions."""

    def __init__(self, services: WebServices, sessions: Sessions, renderer: Renderer) -> None:
        self._services = services
        self._sessions = sessions
        self._renderer = renderer
        self._setup = SetupLink(services.setup_secret, services.setup_used)

    def routes(self) -> list[Route]:
        """Public, but for `/logout`."""
        return [
            Route("/login", self.login_page, methods=["GET"]),
            Route("/login", self.login, methods=["POST"]),
            Route("/logout", self.logout, methods=["POST"]),
            Route("/setup/{secret}", self.setup, methods=["GET"]),
        ]

    async def login_page(self, _request: Request) -> Response:
        """The form for the token."""
        return await self._renderer.page("login.html", failed=False)

    async def login(self, request: Request) -> Response:
        """Open a session for the admin token."""
        form = await read_form(request)
        if not same_secret(form.get("token", "").strip(), self._services.admin_token):
            self._note(request, "web.login_refused", "warning")
            return await self._renderer.page("login.html", status=401, failed=True)
        self._note(request, "web.login", "info")
        return self._open(request)

    async def logout(self, request: Request) -> Response:
        """End the session."""
        self._sessions.close(request.cookies.get(cookie_name(request), ""))
        response = RedirectResponse("/login", status_code=303)
        response.delete_cookie(cookie_name(request), path="/", httponly=True, samesite="strict")
        return response

    async def setup(self, request: Request) -> Response:
        """Open a session by the one-time link; a browser that only fetches ahead, or a HEAD, does not use it up."""
        if request.method == "HEAD" or "prefetch" in request.headers.get("sec-purpose", ""):
            return Response(status_code=204)
        if not self._setup.take(request.path_params["secret"]):
            self._note(request, "web.setup_refused", "warning")
            raise Problem(404, "this set-up link was used already, or is not the right one; sign in with the token")
        self._note(request, "web.setup_used", "info")
        return self._open(request)

    def _open(self, request: Request) -> Response:
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(
            cookie_name(request),
            self._sessions.open(),
            path="/",
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    def _note(self, request: Request, event: str, level: str) -> None:
        peer = request.client.host if request.client else ""
        self._services.observer.note(event, level=level, peer=peer)
