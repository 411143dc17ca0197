"""The demo's stand-in EHR: takes messages over MLLP, answers AA, keeps what it got by control id."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from engine.app.cli.wire import frames
from engine.app.clock import SystemClock, SystemIds
from engine.hl7v2.ack import AckCode, build_ack
from engine.hl7v2.framing import wrap
from engine.hl7v2.header import peek


class StandIn:
    """`received` maps MSH-10 to the message; a second one under an id would overwrite it, so `count` tells."""

    def __init__(self) -> None:
        self.received: dict[str, bytes] = {}
        self.count = 0
        self.port = 0
        self._ids = SystemIds()
        self._clock = SystemClock()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            async for message in frames(reader):
                header = peek(message)
                self.received[header.control_id.decode("ascii", "backslashreplace")] = message
                self.count += 1
                answer = build_ack(header, AckCode.AA, control_id=self._ids.control_id(), now=self._clock.now())
                writer.write(wrap(answer))
                await writer.drain()
        writer.close()
