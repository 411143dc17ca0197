"""Pages drawn in processes that are thrown away, a few at a time."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.domain.report import Box
from engine.links.processes import ask_process
from engine.plugins.extractors.local.wire import HEADER, MAX_ANSWER, pack
from engine.ports.drawing import DrawnPage

_AT_ONCE = 2
_PAGE_SECONDS, _DOCUMENT_SECONDS = 20, 120
"""Seconds of a processor for one page and for a whole document; by the wall half as many again."""
_PNG = b"\x89PNG\r\n\x1a\n"


class ProcessArtist:
    """Implements `engine.ports.drawing.Artist`; two pages at once, further ones wait."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def draw(self, data: bytes, page: int) -> DrawnPage | None:
        """One page; None where it cannot be drawn, takes too long, or ends its process."""
        async with self._places:
            try:
                answer = await _ask({"page": page}, data, _PAGE_SECONDS)
            except (OSError, TimeoutError):
                return None
        return next((drawn for _, drawn in _pages(answer)), None)


async def draw_boxes(data: bytes, marks: Sequence[tuple[int, Box, str]]) -> list[tuple[int, DrawnPage]]:
    """The pages of a document with boxes on them, as far as they can be drawn.

    Args:
        data: the document.
        marks: page, box and kind of each (`value`, `unit`, `doubt`, `unread`, or another field).

    Raises:
        OSError, TimeoutError: nothing was drawn.
    """
    return list(_pages(await _ask({"marks": marks}, data, _DOCUMENT_SECONDS)))


async def _ask(head: Mapping[str, Any], data: bytes, seconds: int) -> bytes:
    """What the process answers, as far as it came."""
    return await ask_process(
        "engine.plugins.extractors.local.drawer",
        str(os.getpid()),
        str(seconds),
        data=pack(json.dumps(head).encode("ascii"), data),
        seconds=seconds * 1.5,
    )


def _pages(answer: bytes) -> Iterator[tuple[int, DrawnPage]]:
    """The pages of an answer; a frame that was cut off, or is none, ends them.

    The process has opened foreign bytes, so it is checked and not believed.
    """
    at = 0
    while at + HEADER.size <= len(answer):
        head_length, length = HEADER.unpack_from(answer, at)
        start = at + HEADER.size
        at = start + head_length + length
        picture = answer[start + head_length : at]
        if at > len(answer) or length > MAX_ANSWER or not picture.startswith(_PNG):
            return
        try:
            head = json.loads(answer[start : start + head_length])
            number, width, height = int(head["page"]), float(head["width"]), float(head["height"])
        except (ValueError, KeyError, TypeError):
            return
        if min(number, width, height) <= 0:
            return
        yield number, DrawnPage(width=width, height=height, picture=picture)
