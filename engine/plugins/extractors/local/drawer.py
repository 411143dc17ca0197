"""The process that draws one page of a document: file on stdin, PNG on stdout, then it ends.

Run as `python -m engine.plugins.extractors.local.drawer PARENT`. It gives up what the reader processes give up before
it sees a foreign byte, and it has a few seconds. Frames are those of the readers: a JSON head and bytes.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys

from engine.documents.drawing import draw_page
from engine.plugins.extractors.local.confine import filter_calls, limit_resources
from engine.plugins.extractors.local.wire import HEADER, pack

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_MEMORY_BYTES = 1 << 30
_CPU_SECONDS = 20


def main(arguments: list[str]) -> int:
    """Answer one frame: `{"width", "height"}` and the picture, or an empty head where there is none."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != int(arguments[0]):
        return 1  # the parent is gone already
    for _ in limit_resources(_MEMORY_BYTES, _MEMORY_BYTES):
        pass
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 1))
    filter_calls(libc)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    head_length, data_length = HEADER.unpack(source.read(HEADER.size))
    head, data = json.loads(source.read(head_length)), source.read(data_length)
    sheet = draw_page(data, int(head["page"]))
    told = {} if sheet is None else {"width": sheet.width, "height": sheet.height}
    sink.write(pack(json.dumps(told).encode("ascii"), b"" if sheet is None else sheet.picture))
    sink.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
