"""Who may see what: the bearer token, browser sessions, and the one-time set-up link."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from ipaddress import ip_address

from starlette.requests import Request

TOKEN_LENGTH_MIN = 16
SESSIONS_MAX = 1000

_PUBLIC = frozenset({"/healthz", "/readyz", "/api/openapi.json", "/login"})
_PUBLIC_TREES = ("/setup/", "/static/")
_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Access(Enum):
    """What a path asks for."""

    PUBLIC = auto()
    TOKEN = auto()
    LOCAL_OR_TOKEN = auto()
    SESSION = auto()


def access_for(path: str) -> Access:
    """What this path asks for; whatever is not named here asks for a session."""
    if path in _PUBLIC or path.startswith(_PUBLIC_TREES):
        return Access.PUBLIC
    if path == "/metrics":
        return Access.LOCAL_OR_TOKEN
    return Access.TOKEN if path == "/api" or path.startswith("/api/") else Access.SESSION


def same_secret(given: str, wanted: str) -> bool:
    """Compare in constant time; an empty secret matches nothing."""
    return bool(wanted) and hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def bearer_of(request: Request) -> str:
    """The token of the Authorization header, or empty."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def is_local_peer(request: Request) -> bool:
    """Whether the request comes straight from this machine; one that a proxy passed on does not."""
    if request.client is None or any(name in request.headers for name in _PROXY_HEADERS):
        return False
    return is_loopback(request.client.host)


def is_loopback(host: str) -> bool:
    """Whether this is a loopback address (127.0.0.0/8, ::1) or `localhost`."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def cookie_name(request: Request) -> str:
    """The session cookie's name, one a port: cookies do not know ports, and two engines may share a host."""
    server = request.scope.get("server")
    return f"headrace_session_{server[1] if server else 0}"


@dataclass(frozen=True, slots=True)
class _Session:
    opened: float
    used: float


class Sessions:
    """Browser sessions, in memory: a restart signs everyone out.

    Args:
        monotonic: seconds that never go back.
        idle: seconds without use after which a session ends.
        life: seconds after which it ends in any case.
    """

    def __init__(self, monotonic: Callable[[], float], *, idle: float, life: float) -> None:
        self._monotonic = monotonic
        self._idle = idle
        self._life = life
        self._open: dict[str, _Session] = {}

    def open(self) -> str:
        """A new session; returns its secret id, kept here only as a digest."""
        self._drop_ended()
        while len(self._open) >= SESSIONS_MAX:
            del self._open[min(self._open, key=lambda key: self._open[key].used)]
        session_id = secrets.token_urlsafe(32)
        now = self._monotonic()
        self._open[_digest(session_id)] = _Session(now, now)
        return session_id

    def is_open(self, session_id: str, *, touch: bool) -> bool:
        """Whether the session lives; `touch` starts its idle time anew (a page that refreshes itself must not)."""
        key = _digest(session_id)
        session = self._open.get(key)
        if session is None:
            return False
        if self._has_ended(session):
            del self._open[key]
            return False
        if touch:
            self._open[key] = replace(session, used=self._monotonic())
        return True

    def close(self, session_id: str) -> None:
        """End a session; an unknown one is no error."""
        self._open.pop(_digest(session_id), None)

    def _has_ended(self, session: _Session) -> bool:
        now = self._monotonic()
        return now - session.used > self._idle or now - session.opened > self._life

    def _drop_ended(self) -> None:
        for key in [key for key, session in self._open.items() if self._has_ended(session)]:
            del self._open[key]


class SetupLink:
    """The one-time link that opens a first session without the token."""

    def __init__(self, secret: str, used: Callable[[], None] | None) -> None:
        self._secret = secret
        self._used = used

    def take(self, given: str) -> bool:
        """True exactly once, for the right secret."""
        if not same_secret(given, self._secret):
            return False
        self._secret = ""
        if self._used is not None:
            self._used()
        return True


def _digest(session_id: str) -> str:
    return hashlib.sha256(session_id.encode("utf-8", "replace")).hexdigest()
