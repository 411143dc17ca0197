"""Health, readiness and metrics: for supervisors and scrapers."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.ports.store import StoreError
from engine.web.services import Readiness, WebServices

STORE_CHECK_SECONDS = 5.0
READY_CACHE_SECONDS = 1.0


class Ops:
    """The three endpoints, with the last readiness kept for a second: anyone may ask, and each check is a write."""

    def __init__(self, services: WebServices) -> None:
        self._services = services
        self._checked: tuple[float, Readiness] | None = None
        self._checking = asyncio.Lock()

    def routes(self) -> list[Route]:
        """Routes without a prefix."""
        return [
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
            Route("/metrics", self.metrics),
        ]

    async def healthz(self, _request: Request) -> Response:
        """The event loop runs."""
        return JSONResponse({"status": "ok"})

    async def readyz(self, _request: Request) -> Response:
        """200 when messages can be taken, 503 otherwise; the body names each check."""
        readiness = await self.readiness()
        body = {"status": "ready" if readiness.ok else "not ready", "checks": dict(readiness.checks)}
        return JSONResponse(body, status_code=200 if readiness.ok else 503)

    async def metrics(self, _request: Request) -> Response:
        """The Prometheus exposition."""
        text = await self._services.metrics_text()
        return Response(text, headers={"Content-Type": self._services.metrics_type})

    async def readiness(self) -> Readiness:
        """The engine's checks and the store's, at most a second old."""
        async with self._checking:
            now = self._services.clock.monotonic()
            if self._checked is None or now - self._checked[0] >= READY_CACHE_SECONDS:
                self._checked = (now, await self._check())
            return self._checked[1]

    async def _check(self) -> Readiness:
        engine = await self._services.ready()
        store = await self._check_store()
        return Readiness(ok=engine.ok and store is True, checks={"store": store, **engine.checks})

    async def _check_store(self) -> bool | str:
        try:
            async with asyncio.timeout(STORE_CHECK_SECONDS):
                return await self._services.store.is_writable()
        except TimeoutError:
            return "no answer in time"
        except StoreError as error:
            return f"failed ({type(error).__name__})"
