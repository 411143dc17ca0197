"""The process that draws a document's pages: marks and file on stdin, PNG pictures on stdout, then it ends.

Run as `python -m engine.app.cli.boxes_process`. A foreign document is opened in a process that may be thrown away,
here too. Frames are those of the reader processes: a JSON head and bytes.
"""

from __future__ import annotations

import json
import resource
import sys

from engine.documents.drawing import Mark, draw_marks
from engine.plugins.extractors.local.wire import HEADER, pack

_MEMORY_BYTES = 1 << 30
_CPU_SECONDS = 120


def main() -> int:
    """Answer one frame a page, `{"page": number}` and its picture."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 1))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    head_length, data_length = HEADER.unpack(source.read(HEADER.size))
    head, data = json.loads(source.read(head_length)), source.read(data_length)
    marks = [Mark(page=page, box=(x0, y0, x1, y1), kind=kind) for page, (x0, y0, x1, y1), kind in head["marks"]]
    for number, picture in draw_marks(data, marks):
        sink.write(pack(json.dumps({"page": number}).encode("ascii"), picture))
        sink.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
