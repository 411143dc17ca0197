"""Faults of the extraction service on request, for tests of its clients; only when started with `--test-faults`."""

from __future__ import annotations

import asyncio
from collections import deque
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from engine.web.problems import Problem

FAULTS = ("delay", "500", "503", "429", "garbage", "truncate", "cut", "ok")
_SCRIPT_MAX = 1000
_DELAY_SECONDS_MAX = 60.0


class Cut(Response):
    """An answer that ends in the middle: the length promises more than comes."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body, media_type="application/json")
        self._sent = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's own signature
        """Send a part and return; the server then closes the connection."""
        length = str(2 * len(self._sent) + 64).encode("ascii")
        start: Message = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json"), (b"content-length", length)],
        }
        await send(start)
        await send({"type": "http.response.body", "body": self._sent, "more_body": True})


class Faults:
    """A script of faults for the next calls: `PUT /test-faults` with `["503", "cut", "delay:0.2", "ok"]`."""

    def __init__(self) -> None:
        self._script: deque[str] = deque()

    async def put(self, request: Request) -> Response:
        """Replace the script. Raises Problem (400)."""
        try:
            script = await request.json()
        except ValueError:
            script = None
        if not isinstance(script, list) or len(script) > _SCRIPT_MAX or not all(_is_fault(item) for item in script):
            raise Problem(HTTPStatus.BAD_REQUEST, f"send a list of {', '.join(FAULTS)} (delay:SECONDS)")
        self._script = deque(script)
        return JSONResponse({"faults": len(script)})

    async def next(self) -> Response | None:
        """The fault of this call, None for none. Raises Problem where the fault is an ordinary refusal."""
        name, _, seconds = (self._script.popleft() if self._script else "ok").partition(":")
        if name == "delay":
            await asyncio.sleep(float(seconds or "1"))
        elif name in ("500", "503", "429"):
            headers = {} if name == "500" else {"Retry-After": seconds or "1"}
            raise Problem(int(name), "a fault for tests", headers=headers)
        elif name == "garbage":
            return Response(b"<html>\xff\xfe not what was asked for", media_type="application/json")
        elif name == "truncate":
            return Response(b'{"schema_version": "1.0", "sections": [{"name"', media_type="application/json")
        elif name == "cut":
            return Cut(b'{"schema_version": "1.0"')
        return None


def _is_fault(item: object) -> bool:
    if not isinstance(item, str):
        return False
    name, _, seconds = item.partition(":")
    if name not in FAULTS:
        return False
    try:
        return 0 <= float(seconds or "1") <= _DELAY_SECONDS_MAX
    except ValueError:
        return False
