"""One remote address: an httpx client that is never cancelled from outside, and replaced when its pool is lost.

A request whose task is cancelled leaves its connection counted in httpx's pool for ever (encode/httpcore#1093). So each
request runs in a task of its own; who waits for it may be cancelled, the request ends by its own timeouts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from ssl import SSLContext
from typing import Any, Literal

import httpx

from engine.links.failures import CallFailed, Cause
from engine.ports.clock import Clock

_ERROR_BYTES = 1 << 16
_PERHAPS_TLS = frozenset({Cause.CONNECT, Cause.CUT})
"""In TLS 1.3 a refused client certificate shows only after the handshake."""
FilePart = tuple[str, bytes, str]
"""File name, content, media type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of an address.

    Attributes:
        connect: seconds for connecting, TLS included, and for a free connection.
        total: seconds from sending to the last byte of the answer.
        answer: bytes an answer may have.
        connections: requests on the way at a time.
    """

    connect: float
    total: float
    answer: int
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One request: form fields, and files where it is multipart; or a body as it stands.

    Attributes:
        content: a body whose type the headers name; None sends the form.
        method: GET sends neither.
        reads_errors: keep the beginning of an answer other than 200 as well.
    """

    url: str
    headers: Mapping[str, str]
    form: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, FilePart] | None = None
    content: bytes | None = None
    method: Literal["POST", "GET"] = "POST"
    reads_errors: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, the body of a 200 (of any where it was asked for), and the seconds of `Retry-After`."""

    status: int
    body: bytes = b""
    retry_after: float | None = None


class _Generation:
    """One client and the requests that run on it; it closes when the last one that may still end has ended."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.active = 0
        self.stuck = 0
        self.retired = False

    @property
    def done(self) -> bool:
        return self.retired and self.active <= self.stuck


class Remote:
    """Posts to one address. Never follows a redirect, keeps no cookie, takes nothing from the environment.

    Args:
        limits: of the address.
        context: TLS; or what makes it anew after each connection that failed, so that renewed files are used.
        clock: for the time-outs.
    """

    def __init__(self, limits: Limits, context: SSLContext | Callable[[], SSLContext], clock: Clock) -> None:
        self._limits = limits
        self._context = context
        self._clock = clock
        self._free = asyncio.Semaphore(limits.connections)
        self._tasks: set[asyncio.Task[Answer | CallFailed]] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._generation: _Generation | None = None
        self._closed = False
        self.rebuilt = 0

    async def post(self, request: Post) -> Answer:
        """Send and wait for the whole answer; safe to cancel.

        Raises:
            CallFailed: there is none.
        """
        await self._free.acquire()
        if self._closed:
            self._free.release()
            raise CallFailed(Cause.CLOSED)
        try:
            generation = self._current()
        except OSError:
            self._free.release()
            raise CallFailed(Cause.TLS) from None
        task = asyncio.create_task(self._exchange(generation, request))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        # Silence and a dripping body end the request themselves; this is for a head that comes byte by byte.
        done, _ = await asyncio.wait({task}, timeout=2 * self._limits.total + self._limits.connect)
        if not done:
            generation.stuck += 1
            self._retire(generation)
            raise CallFailed(Cause.TIMEOUT)
        outcome = task.result()
        if isinstance(outcome, CallFailed):
            if outcome.cause is Cause.POOL or (callable(self._context) and outcome.cause in _PERHAPS_TLS):
                self._retire(generation)
            raise outcome
        return outcome

    def _ended(self, task: asyncio.Task[Answer | CallFailed]) -> None:
        self._tasks.discard(task)
        self._free.release()

    def _current(self) -> _Generation:
        if self._generation is None:
            self._generation = _Generation(self._client())
        return self._generation

    def _client(self) -> httpx.AsyncClient:
        limits = self._limits
        return httpx.AsyncClient(
            verify=self._context() if callable(self._context) else self._context,
            timeout=httpx.Timeout(limits.total, connect=limits.connect, pool=limits.connect),
            limits=httpx.Limits(max_connections=limits.connections, max_keepalive_connections=limits.connections),
            headers={"User-Agent": "headrace", "Accept": "application/json", "Accept-Encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
        )

    def _retire(self, generation: _Generation) -> None:
        """Give further requests a new client; the old one closes when nothing useful runs on it any more."""
        if self._generation is generation:
            self._generation = None
            self.rebuilt += 1
        generation.retired = True
        self._close_if_done(generation)

    def _close_if_done(self, generation: _Generation) -> None:
        if generation.done:
            closing = asyncio.create_task(generation.client.aclose())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _exchange(self, generation: _Generation, request: Post) -> Answer | CallFailed:
        """Returns its failure instead of raising it: nobody may be waiting for this task any more."""
        generation.active += 1
        try:
            return await self._talk(generation.client, request)
        except CallFailed as failed:
            return failed
        except httpx.PoolTimeout:
            return CallFailed(Cause.POOL)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return CallFailed(Cause.CONNECT)
        except httpx.TimeoutException:
            return CallFailed(Cause.TIMEOUT)
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError):
            return CallFailed(Cause.CUT)
        except RuntimeError:  # httpx: the client was closed under the request
            return CallFailed(Cause.CLOSED if self._closed else Cause.CUT)
        finally:
            generation.active -= 1
            self._close_if_done(generation)

    async def _talk(self, client: httpx.AsyncClient, request: Post) -> Answer:
        deadline = self._clock.monotonic() + self._limits.total
        sending = client.stream(request.method, request.url, headers=dict(request.headers), **_body_words(request))
        async with sending as response:
            client.cookies.clear()
            if response.status_code != 200:
                body = await self._beginning(response, deadline) if request.reads_errors else b""
                return Answer(status=response.status_code, body=body, retry_after=self._retry_after(response))
            if response.headers.get("content-encoding", "identity") != "identity":
                raise CallFailed(Cause.ENCODED, status=200)
            return Answer(status=200, body=await self._body(response, deadline))

    async def _body(self, response: httpx.Response, deadline: float) -> bytes:
        most = self._limits.answer
        announced = response.headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > most:
            raise CallFailed(Cause.TOO_LONG, status=200)
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > most:
                raise CallFailed(Cause.TOO_LONG, status=200)
            if self._clock.monotonic() > deadline:
                raise CallFailed(Cause.TIMEOUT)
        return bytes(body)

    async def _beginning(self, response: httpx.Response, deadline: float) -> bytes:
        """What an error says of itself, as far as it is short; b"" where it is compressed."""
        body = bytearray()
        if response.headers.get("content-encoding", "identity") == "identity":
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _ERROR_BYTES or self._clock.monotonic() > deadline:
                    break
        return bytes(body[:_ERROR_BYTES])

    def _retry_after(self, response: httpx.Response) -> float | None:
        """Seconds of a `Retry-After` in either form. Source: RFC 9110, 10.2.3."""
        given = response.headers.get("retry-after", "").strip()
        if given.isascii() and given.isdigit() and len(given) < 10:
            return float(given)
        try:
            return max(0.0, (parsedate_to_datetime(given) - self._clock.now()) / timedelta(seconds=1))
        except (ValueError, TypeError):
            return None

    async def close(self) -> None:
        """Cut what is on the way and drop the connections."""
        self._closed = True
        generation, self._generation = self._generation, None
        if generation is not None:
            await generation.client.aclose()
        waiting = {*self._tasks, *self._closing}
        if waiting:
            await asyncio.wait(waiting, timeout=self._limits.connect + 1.0)


def _body_words(request: Post) -> dict[str, Any]:
    """What httpx is given as the body."""
    if request.method == "GET":
        return {}
    if request.content is not None:
        return {"content": request.content}
    return {"data": dict(request.form), "files": request.files}
