"""A receiver that answers AA to everything and counts, for the end-to-end rate.

python -m bench.sink PORT      answers `count` on stdin with the number received
"""

from __future__ import annotations

import asyncio
import sys

_END = b"\x1c\r"


class Sink(asyncio.Protocol):
    """One connection of the engine."""

    received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._buffer = bytearray()

    def data_received(self, data: bytes) -> None:
        start = max(len(self._buffer) - 1, 0)
        self._buffer += data
        while (end := self._buffer.find(_END, start)) >= 0:
            control_id = bytes(self._buffer[: min(end, 4096)]).split(b"|", 10)[9]
            del self._buffer[: end + 2]
            start = 0
            Sink.received += 1
            self._transport.write(
                b"\x0bMSH|^~\\&|E|H|||20260101||ACK^R01^ACK|1|P|2.5.1\rMSA|AA|" + control_id + b"\r" + _END
            )  # type: ignore[attr-defined]


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        sys.stdout.write(f"{Sink.received}\n")
        sys.stdout.flush()
    server.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
