"""The HTTP server inside the engine's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp

BACKLOG = 128
HEADER_MAX = 64 * 1024
GRACE_SECONDS = 5
CONNECTIONS_MAX = 512
"""Further ones are told 503: browsers and scrapers must not take the descriptors that senders need."""


class _Server(uvicorn.Server):
    """Leaves the signals to the engine."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take no signal."""
        yield


class WebServer:
    """Serves one application on one address until it is stopped.

    Args:
        app: the application.
        host: address or name to bind; `127.0.0.1` unless others shall reach it.
        port: 0 takes a free one.
        grace: seconds that running requests have when it is stopped.
    """

    def __init__(self, app: ASGIApp, host: str, port: int, *, grace: int = GRACE_SECONDS) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._grace = grace
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Bind and serve; returns the URL of the bound address.

        Raises:
            OSError: the address cannot be bound.
        """
        listener = _bind(self._host, self._port)
        self._server = _Server(_config(self._app, self._grace))
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]), name="web-server")
        host, port = listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def stop(self) -> None:
        """Stop listening, let running requests end within the grace, return when all is closed."""
        if self._server is None or self._task is None:
            return
        self._server.should_exit = True
        task, self._task = self._task, None
        await task


def _bind(host: str, port: int) -> socket.socket:
    """A bound, listening socket, so that a taken port is this call's error and connections queue from here on."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    return listener


def _config(app: ASGIApp, grace: int) -> uvicorn.Config:
    """No access log (a query may name a patient), no trust in proxy headers, no server banner."""
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        loop="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        limit_concurrency=CONNECTIONS_MAX,
        h11_max_incomplete_event_size=HEADER_MAX,
        timeout_graceful_shutdown=grace,
    )
