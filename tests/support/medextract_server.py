"""A stand-in for the remote extractor: HTTP/1.1 over real loopback sockets, with a script of faults."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came in; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def parts(self) -> dict[str, tuple[str | None, str, bytes]]:
        """The multipart fields: name -> (file name, content type, content)."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        found: dict[str, tuple[str | None, str, bytes]] = {}
        for part in message_from_bytes(head + self.body).get_payload():
            content = part.get_payload(decode=True)
            name = part.get_param("name", header="content-disposition")
            found[str(name)] = (part.get_filename(), part.get_content_type(), content)
        return found

    @property
    def form(self) -> dict[str, str]:
        """The multipart fields that are no files."""
        return {name: content.decode() for name, (file, _, content) in self.parts.items() if file is None}


Act = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]
"""What the server does with one request."""


def head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def answer(body: bytes, *, status: int = 200, **headers: str) -> Act:
    """A whole answer."""

    async def act(_: Received, writer: asyncio.StreamWriter) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        writer.write(head(status, {"Content-Length": str(len(body)), **named}) + body)
        await writer.drain()

    return act


def ok(content: Any) -> Act:
    """A JSON answer."""
    return answer(json.dumps(content).encode(), Content_Type="application/json")


def status(code: int, **headers: str) -> Act:
    """An error with problem JSON."""
    return answer(b'{"title": "no"}', status=code, **headers)


def rate_limited(seconds: str) -> Act:
    """429 with Retry-After."""
    return status(429, Retry_After=seconds)


def truncated(content: Any) -> Act:
    """Fewer bytes than announced, then the end."""

    async def act(_: Received, writer: asyncio.StreamWriter) -> None:
        body = json.dumps(content).encode()
        writer.write(head(200, {"Content-Length": str(len(body) + 10)}) + body[: len(body) // 2])
        await writer.drain()
        writer.close()

    return act


def cut() -> Act:
    """The connection is reset instead of an answer."""

    async def act(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    return act


def silent(until: asyncio.Event) -> Act:
    """Nothing is said before `until`, then an empty list of results."""

    async def act(received: Received, writer: asyncio.StreamWriter) -> None:
        await until.wait()
        await ok({"results": []})(received, writer)

    return act


def drip(on_byte: Callable[[], None]) -> Act:
    """A body that comes a byte at a time and never ends; `on_byte` is called before each."""

    async def act(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, {"Transfer-Encoding": "chunked"}))
        while not writer.is_closing():
            on_byte()
            writer.write(b"1\r\n \r\n")
            await writer.drain()
            await asyncio.sleep(0)

    return act


def drip_head() -> Act:
    """A head that comes a byte every few milliseconds and never ends."""

    async def act(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 X\r\nX-Slow: ")
        while not writer.is_closing():
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.005)

    return act


def endless() -> Act:
    """A body without announced length and without end."""

    async def act(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, {"Transfer-Encoding": "chunked"}))
        while not writer.is_closing():
            writer.write(b"1000\r\n" + b" " * 0x1000 + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0)

    return act


class MedExtractServer:
    """Plays `script` one act a request, then `usual` for ever.

    Attributes:
        received: the requests for readings, in order.
        token_requests: the requests for tokens; each gets the next of `t1`, `t2`, ...
        valid_tokens: where set, other bearers are answered with 401.
    """

    def __init__(self, usual: Act, *script: Act, token_life: object = 3600) -> None:
        self.usual = usual
        self.script = deque(script)
        self.token_script: deque[Act] = deque()
        self.token_life = token_life
        self.received: list[Received] = []
        self.token_requests: list[Received] = []
        self.valid_tokens: set[str] | None = None
        self.scheme = "http"
        self.port = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    @contextlib.asynccontextmanager
    async def run(self, *, context: ssl.SSLContext | None = None) -> AsyncIterator[MedExtractServer]:
        self.scheme = "http" if context is None else "https"
        tasks: set[asyncio.Task[None]] = set()

        def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._serve(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in tuple(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                received = await _receive(reader)
                await self._act(received)(received, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _act(self, received: Received) -> Act:
        if received.path == "/token":
            self.token_requests.append(received)
            if self.token_script:
                return self.token_script.popleft()
            token = f"t{len(self.token_requests)}"
            return ok({"access_token": token, "token_type": "Bearer", "expires_in": self.token_life})
        self.received.append(received)
        bearer = received.headers.get("authorization", "").removeprefix("Bearer ")
        if self.valid_tokens is not None and bearer not in self.valid_tokens:
            return status(401)
        return self.script.popleft() if self.script else self.usual


async def _receive(reader: asyncio.StreamReader) -> Received:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = lines[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method=method, path=path, headers=headers, body=body)
