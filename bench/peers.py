"""The peer: python-hl7's own asyncio MLLP server as its documentation shows it; it stores nothing.

python -m bench.peers PORT
"""

from __future__ import annotations

import asyncio
import sys

from hl7.mllp import start_hl7_server

_LIMIT = 64 * 1024 * 1024


async def _serve(reader: object, writer: object) -> None:
    try:
        while not writer.is_closing():  # type: ignore[attr-defined]
            message = await reader.readmessage()  # type: ignore[attr-defined]
            writer.writemessage(message.create_ack())  # type: ignore[attr-defined]
            await writer.drain()  # type: ignore[attr-defined]
    except asyncio.IncompleteReadError:
        writer.close()  # type: ignore[attr-defined]


async def main(port: int) -> None:
    server = await start_hl7_server(_serve, host="127.0.0.1", port=port, limit=_LIMIT, encoding="latin-1")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
