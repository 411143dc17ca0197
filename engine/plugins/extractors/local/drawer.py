"""The process that draws pages of a document: file on stdin, PNG on stdout, then it ends.

Run as `python -m engine.plugins.extractors.local.drawer PARENT CPU`. It gives up what the reader processes give up
before it sees a foreign byte, and it has that many seconds of a processor. Frames are those of the readers: a JSON head
and bytes. Asked for `{"page"}` it answers one page, asked for `{"marks"}` all of them with these boxes.
"""

from __future__ import annotations

import ctypes
import json
import resource
import sys
from collections.abc import Iterator
from typing import Any

from engine.documents.drawing import Mark, Sheet, draw_marks, draw_page
from engine.plugins.extractors.local.confine import die_with, filter_calls, limit_resources
from engine.plugins.extractors.local.wire import HEADER, pack

_MEMORY_BYTES = 1 << 30


def main(arguments: list[str]) -> int:
    """Answer a frame a page, `{"page", "width", "height"}` and its picture; none for what cannot be drawn."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not die_with(libc, int(arguments[0])):
        return 1
    for _ in limit_resources(_MEMORY_BYTES, _MEMORY_BYTES):
        pass
    seconds = int(arguments[1])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    filter_calls(libc)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    head_length, data_length = HEADER.unpack(source.read(HEADER.size))
    head, data = json.loads(source.read(head_length)), source.read(data_length)
    for sheet in _sheets(head, data):
        told = {"page": sheet.number, "width": sheet.width, "height": sheet.height}
        sink.write(pack(json.dumps(told).encode("ascii"), sheet.picture))
        sink.flush()
    return 0


def _sheets(head: dict[str, Any], data: bytes) -> Iterator[Sheet]:
    if "page" in head:
        return draw_page(data, int(head["page"]))
    return draw_marks(
        data, [Mark(page=page, box=(x0, y0, x1, y1), kind=kind) for page, (x0, y0, x1, y1), kind in head["marks"]]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
