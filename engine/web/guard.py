"""The gate before every route: Host, credentials, body size; and the headers of every answer."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.web.auth import Access, Sessions, access_for, bearer_of, cookie_name, is_local_peer, same_secret
from engine.web.headers import SECURITY_HEADERS
from engine.web.problems import Problem, problem_response
from engine.web.services import WebServices

BODY_MAX = 64 * 1024
"""Bytes; the largest request this release takes is a pasted token or a search form."""

_SAFE_METHODS = frozenset({"GET", "HEAD"})


class Guard:
    """ASGI middleware; refuses before any route, parameter or store is looked at."""

    def __init__(self, app: ASGIApp, *, services: WebServices, sessions: Sessions) -> None:
        self._app = app
        self._services = services
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refusal, or pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._refusal(request)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith("/static/"):
                    headers["Cache-Control"] = "no-cache"  # kept, and asked for again
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, request: Request) -> Response | None:
        if not is_known_host(request.headers.get("host", ""), self._services.allowed_hosts):
            return problem_response(Problem(421, "this Host header is not served here"))
        return self._credentials_refusal(request) or _origin_refusal(request) or _size_refusal(request)

    def _credentials_refusal(self, request: Request) -> Response | None:
        access = access_for(request.scope["path"])  # never request.url: a Host header with a slash bends it
        if access is Access.PUBLIC or (access is Access.LOCAL_OR_TOKEN and is_local_peer(request)):
            return None
        if access is not Access.SESSION:
            return None if self._has_token(request) else _unauthorized(bearer_of(request))
        session_id = request.cookies.get(cookie_name(request), "")
        is_poll = request.headers.get("x-headrace-poll") is not None
        if session_id and self._sessions.is_open(session_id, touch=not is_poll):
            return None
        if is_poll or request.method not in _SAFE_METHODS:
            return problem_response(Problem(401, "the session has ended; sign in again"))
        return RedirectResponse("/login", status_code=303)

    def _has_token(self, request: Request) -> bool:
        return same_secret(bearer_of(request), self._services.admin_token)


def is_known_host(host: str, allowed: tuple[str, ...]) -> bool:
    """Whether a Host header may be served.

    A page of another site can point its own name at this machine (DNS rebinding); it then sends that name. IP
    addresses cannot be re-bound, and HTTP/1.0 probes without the header are no browsers.
    """
    if not allowed or not host:
        return True
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    return name in allowed or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _unauthorized(given: str) -> Response:
    challenge = 'Bearer realm="headrace"' + (', error="invalid_token"' if given else "")
    detail = "the bearer token is not the right one" if given else "a bearer token is needed"
    return problem_response(Problem(401, detail, headers={"WWW-Authenticate": challenge}))


def _origin_refusal(request: Request) -> Response | None:
    """Refuse a form that another site's page sends; browsers say where they stand, programs say nothing."""
    if request.method in _SAFE_METHODS:
        return None
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        is_own = site in {"same-origin", "none"}
    else:
        is_own = origin is None or origin.partition("://")[2] == request.headers.get("host", "")
    if not is_own:
        return problem_response(Problem(403, "forms are taken from this site's own pages only"))
    return None


def _size_refusal(request: Request) -> Response | None:
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > BODY_MAX:
        return problem_response(Problem(413, f"a request body may have {BODY_MAX} bytes at most"))
    return None
