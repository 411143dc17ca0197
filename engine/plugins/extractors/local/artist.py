"""Pages drawn in processes that are thrown away, a few at a time."""

from __future__ import annotations

import asyncio
import json
import os
import sys

from engine.plugins.extractors.local.wire import HEADER, MAX_ANSWER, pack
from engine.ports.drawing import DrawnPage

_SECONDS = 30.0
_AT_ONCE = 2


class ProcessArtist:
    """Implements `engine.ports.drawing.Artist`; two pages at once, further ones wait."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def draw(self, data: bytes, page: int) -> DrawnPage | None:
        """One page; None where it cannot be drawn, takes too long, or ends its process."""
        async with self._places:
            try:
                answer = await _ask(pack(json.dumps({"page": page}).encode("ascii"), data))
            except (OSError, TimeoutError):
                return None
        return _page(answer)


async def _ask(asked: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "engine.plugins.extractors.local.drawer",
        str(os.getpid()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            return (await process.communicate(asked))[0]
    finally:
        if process.returncode is None:
            process.kill()
            await asyncio.shield(process.wait())


def _page(answer: bytes) -> DrawnPage | None:
    """The answer taken apart; its process has opened foreign bytes, so it is checked and not believed."""
    if not HEADER.size <= len(answer) <= MAX_ANSWER:
        return None
    head_length, length = HEADER.unpack_from(answer, 0)
    picture = answer[HEADER.size + head_length :]
    if len(picture) != length or not picture.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    try:
        head = json.loads(answer[HEADER.size : HEADER.size + head_length])
        width, height = float(head["width"]), float(head["height"])
    except (ValueError, KeyError, TypeError):
        return None
    return DrawnPage(width=width, height=height, picture=picture) if min(width, height) > 0 else None
