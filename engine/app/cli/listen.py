"""`headrace listen`: a stand-in for an EHR."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from engine.app.cli.wire import frames
from engine.app.clock import SystemClock, SystemIds
from engine.hl7v2.ack import AckCode, AckError, build_ack
from engine.hl7v2.framing import wrap
from engine.hl7v2.header import peek

_LONGEST_SHOWN = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenOptions:
    """See the options of `headrace listen`."""

    host: str
    port: int
    ack: str = "AA"
    delay: float = 0.0
    save: Path | None = None
    count: int = 0
    quiet: bool = False


def listen_for(options: ListenOptions) -> int:
    """Listen until interrupted or `count` messages came; 0, or 1 when the address is taken, 2 for a wrong code."""
    if options.ack not in (*AckCode, "none", "wrong-id"):
        sys.stderr.write(f"--ack is one of {', '.join(AckCode)}, none, wrong-id\n")
        return 2
    try:
        asyncio.run(_Listening(options).run())
    except OSError as problem:
        sys.stderr.write(f"{options.host}:{options.port}: {problem}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


class _Listening:
    """One run of the command."""

    def __init__(self, options: ListenOptions) -> None:
        self._options = options
        self._ids = SystemIds()
        self._clock = SystemClock()
        self._received = 0
        self._enough = asyncio.Event()

    async def run(self) -> None:
        if self._options.save is not None:
            self._options.save.mkdir(parents=True, exist_ok=True)
        server = await asyncio.start_server(self._serve, self._options.host, self._options.port)
        host, port = server.sockets[0].getsockname()[:2]
        sys.stdout.write(f"listening on {host}:{port}\n")
        sys.stdout.flush()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._enough.set)
        async with server:
            await self._enough.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            async for message in frames(reader):
                self._keep(message)
                if self._options.delay:
                    await asyncio.sleep(self._options.delay)
                answer = self._answer(message)
                if answer is not None:
                    writer.write(wrap(answer))
                    await writer.drain()
                if self._options.count and self._received >= self._options.count:
                    self._enough.set()
                    break
        writer.close()

    def _keep(self, message: bytes) -> None:
        self._received += 1
        if self._options.save is not None:
            (self._options.save / f"{self._received:06}.hl7").write_bytes(message)
        if self._options.quiet:
            header = peek(message)
            control_id = header.control_id.decode("ascii", "backslashreplace")
            sys.stdout.write(f"{self._received} {header.type_event} {control_id} {len(message)} bytes\n")
        else:
            sys.stdout.write(f"--- message {self._received}, {len(message)} bytes\n{shown(message)}\n")
        sys.stdout.flush()

    def _answer(self, message: bytes) -> bytes | None:
        if self._options.ack == "none":
            return None
        header = peek(message)
        if self._options.ack == "wrong-id":
            fields = list(header.fields)
            fields[9] = b"SOMEBODY-ELSES"
            header = replace(header, fields=tuple(fields))
        code = AckCode.AA if self._options.ack == "wrong-id" else AckCode(self._options.ack)
        errors = () if code.is_positive else (AckError(code="207", text="refused by the stand-in"),)
        return build_ack(header, code, control_id=self._ids.control_id(), now=self._clock.now(), errors=errors)


def shown(message: bytes) -> str:
    """A message for the terminal: one line a segment, long ones cut."""
    lines = message.decode("utf-8", "backslashreplace").replace("\n", "\r").split("\r")
    return "\n".join(
        line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}… ({len(line)} characters)"
        for line in lines
        if line
    )
