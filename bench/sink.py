"""A receiver that answers AA to everything and counts, for the end-to-end rate.

python -m bench.sink PORT      answers each line on stdin with the number received and how many came out of order

A control id `KEY-NUMBER` is out of order when its key had a higher number before.
"""

from __future__ import annotations

import asyncio
import sys
from typing import ClassVar, cast

_END = b"\x1c\r"


class Sink(asyncio.Protocol):
    """One connection of the engine."""

    received = 0
    out_of_order = 0
    newest: ClassVar[dict[bytes, bytes]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._buffer = bytearray()

    def data_received(self, data: bytes) -> None:
        start = max(len(self._buffer) - 1, 0)
        self._buffer += data
        while (end := self._buffer.find(_END, start)) >= 0:
            control_id = bytes(self._buffer[: min(end, 4096)]).split(b"|", 10)[9]
            del self._buffer[: end + 2]
            start = 0
            Sink.received += 1
            key, dash, number = control_id.partition(b"-")
            if dash and Sink.newest.get(key, b"") >= number:
                Sink.out_of_order += 1
            elif dash:
                Sink.newest[key] = number
            self._transport.write(
                b"\x0bMSH|^~\\&|E|H|||20260101||ACK^R01^ACK|1|P|2.5.1\rMSA|AA|" + control_id + b"\r" + _END
            )


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        sys.stdout.write(f"{Sink.received} {Sink.out_of_order}\n")
        sys.stdout.flush()
    server.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
