"""The process that opens a document for its words: the file on stdin, lines of text on stdout, then it ends.

Run as `python -m engine.plugins.extractors.medextract.textprocess MEMORY CPU PARENT`. One document, one process: what
it costs is small beside the remote call, and a document that kills it costs nothing else.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import resource
import signal
import sys

from engine.documents.opening import open_pages
from engine.extraction.layout import lines_of

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def main(arguments: list[str]) -> int:
    """Answer `{"pages": [[line, ...], ...], "reason": code}`; a page without words has no lines."""
    memory, cpu, parent = int(arguments[0]), math.ceil(float(arguments[1])), int(arguments[2])
    if not _confine(memory, cpu, parent):
        return 1
    opened = open_pages(sys.stdin.buffer.read())
    pages = [[line.text for line in lines_of(page)] for page in opened.pages]
    pages += [[] for _ in range(min(opened.page_count, 10_000) - len(pages))]
    sys.stdout.write(json.dumps({"pages": pages, "reason": opened.reason_code}))
    sys.stdout.flush()
    return 0


def _confine(memory: int, cpu: int, parent: int) -> bool:
    """Set every limit before a foreign byte is read; False when the parent is gone already."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        return False
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
