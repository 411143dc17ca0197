"""`headrace send`: messages over MLLP, each ACK shown."""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.app.cli.wire import Client, NoAnswer, client_tls, read_messages
from engine.hl7v2.ack import read_ack
from engine.hl7v2.header import peek
from engine.ports.fields import HostPort, parse_host_port

_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """See the options of `headrace send`."""

    to: str
    count: int = 1
    rate: float = 0.0
    connections: int = 1
    renumber: bool = False
    timeout: float = 30.0
    expect: str = ""
    tls: bool = False
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    as_json: bool = False


def send_file(file: Path, options: SendOptions) -> int:
    """Send; 0 when every answer was as expected, 1 when one was not, 2 for arguments that make no sense."""
    try:
        target = parse_host_port(options.to)
        messages = read_messages(file)
        context = client_tls(options.ca, options.cert, options.key) if options.tls else None
    except (ValueError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return asyncio.run(_Sending(options, target, context).run(messages))


class _Sending:
    """One run of the command."""

    def __init__(self, options: SendOptions, target: HostPort, context: ssl.SSLContext | None) -> None:
        self._options = options
        self._target = target
        self._context = context
        self._codes: Counter[str] = Counter()
        self._bad = 0
        self._shown = 0

    async def run(self, messages: list[bytes]) -> int:
        todo = _copies(messages, self._options)
        began = time.monotonic()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._options.connections):
                    group.create_task(self._sender(todo, began))
        except* OSError as problems:
            sys.stderr.write(f"{self._target}: {problems.exceptions[0]}\n")
            self._bad += 1
        total = sum(self._codes.values())
        if not self._options.as_json and total > 1:
            seconds = max(time.monotonic() - began, 1e-6)
            codes = ", ".join(f"{code} {number}" for code, number in sorted(self._codes.items()))
            sys.stdout.write(f"{total} sent in {seconds:.2f} s ({total / seconds:.0f}/s): {codes}\n")
        return 1 if self._bad or not total else 0

    async def _sender(self, todo: Iterator[tuple[int, bytes]], began: float) -> None:
        client = await Client.connect(self._target.host, self._target.port, self._context)
        try:
            for number, message in todo:
                if self._options.rate:
                    await asyncio.sleep(max(0.0, began + number / self._options.rate - time.monotonic()))
                if not await self._one(client, message):
                    await client.close()
                    client = await Client.connect(self._target.host, self._target.port, self._context)
        finally:
            await client.close()

    async def _one(self, client: Client, message: bytes) -> bool:
        """Send one and show its answer; False when none came and the connection is of no more use."""
        began = time.monotonic()
        control_id = peek(message).control_id.decode("ascii", "backslashreplace")
        try:
            answer = await client.ask(message, self._options.timeout)
        except NoAnswer:
            self._show(control_id, "none", "no answer", time.monotonic() - began)
            self._bad += 1
            return False
        ack = read_ack(answer)
        code = ack.code if ack else "unreadable"
        good = code == self._options.expect if self._options.expect else ack is not None and ack.accepted
        matches = ack is not None and ack.control_id == peek(message).control_id
        note = "" if matches else "MSA-2 is another message's"
        if ack is not None and ack.errors:
            note = "; ".join(f"ERR {item.code} {item.text}".strip() for item in ack.errors)
        self._bad += 0 if good else 1
        self._show(control_id, code, note, time.monotonic() - began)
        return True

    def _show(self, control_id: str, code: str, note: str, seconds: float) -> None:
        self._codes[code] += 1
        if self._options.as_json:
            line = {"control_id": control_id, "ack": code, "note": note, "ms": round(seconds * 1000, 2)}
            sys.stdout.write(json.dumps(line) + "\n")
        elif self._shown < _SHOWN:
            sys.stdout.write(f"{code:3} {control_id or '(no MSH-10)'}  {seconds * 1000:.1f} ms  {note}".rstrip() + "\n")
        elif self._shown == _SHOWN:
            sys.stdout.write("… further answers are only counted\n")
        self._shown += 1


def _copies(messages: list[bytes], options: SendOptions) -> Iterator[tuple[int, bytes]]:
    """(running number, message), count times over; shared by all senders."""
    number = 0
    for turn in range(options.count):
        for message in messages:
            yield number, _renumbered(message, f"{turn}-{number}") if options.renumber else message
            number += 1


def _renumbered(message: bytes, suffix: str) -> bytes:
    """The message with `-suffix` behind MSH-10, cut to 20 characters from the front."""
    header = peek(message)
    if not header.has_msh or not header.control_id:
        return message
    separator = header.field_separator
    head, _, rest = message.partition(b"\r")
    fields = head.split(separator)
    fields[9] = (header.control_id + b"-" + suffix.encode("ascii"))[-20:]
    return separator.join(fields) + b"\r" + rest
