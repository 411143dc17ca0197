"""The template process: loads what a reader knows, then makes readers as copies of itself (docs/adr/0012).

Run as `python -m engine.plugins.extractors.local.template MEMORY CPU PARENT SCAN_MEMORY SCAN_SECONDS OVERLAY LOINC`,
the last two being files of the site that need not be there, with a socket of whole messages as stdin: each is an
`ORDER` to make a reader, with the socket that it will serve, or to end one.
It never reads what a reader reads or answers. It dies with its parent, and its readers with it.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from engine.documents.ocr.models import missing
from engine.domain.report import LabReport
from engine.extraction.packs import load_packs
from engine.plugins.extractors.local.confine import die_with
from engine.plugins.extractors.local.reader import Known, serve
from engine.plugins.extractors.local.wire import END, ORDER, Limits, dump_report

_PR_SET_NAME = 15
_FILES = 64
_IGNORED = (signal.SIGINT, signal.SIGXFSZ)


def main(arguments: list[str]) -> int:
    """Make readers until the socket closes; in a reader, serve documents until its own closes."""
    limits = Limits(
        memory_bytes=int(arguments[0]),
        cpu_seconds=float(arguments[1]),
        scan_memory_bytes=max(int(arguments[3]), int(arguments[0])),
        scan_seconds=float(arguments[4]),
    )
    libc = ctypes.CDLL(None, use_errno=True)
    if not die_with(libc, int(arguments[2])):
        return 1
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])  # what the engine's own parent left open
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    libc.prctl(_PR_SET_NAME, b"reader-template", 0, 0, 0)
    known = _load()
    template = os.getpid()
    given = _next_copy(socket.socket(fileno=0))
    if given is None:
        return 0
    os.setsid()
    if not die_with(libc, template):
        return 1
    libc.prctl(_PR_SET_NAME, b"headrace-reader", 0, 0, 0)
    _take_only(given)
    return serve(libc, known, limits, overlay=Path(arguments[5]), table=Path(arguments[6]))


def _load() -> Known:
    """What all readers share; out of the garbage collector's rounds, so that the pages stay shared as well."""
    gc.disable()  # loading makes tens of thousands of values that stay: looking through them for cycles finds none
    known = Known(packs=load_packs(), missing=missing())
    dump_report(LabReport())
    gc.collect()
    gc.freeze()
    return known


def _next_copy(control: socket.socket) -> int | None:
    """Follow orders. Returns in each reader with the descriptor of its socket, in the template at the end with None."""
    children: dict[int, int] = {}
    while True:
        order, descriptors, _, _ = socket.recv_fds(control, ORDER.size, 1)
        if not order:
            break
        what, number = ORDER.unpack(order)
        if what == END:
            _end(children.pop(number, 0))
            continue
        with suppress(OSError):  # no memory or no place for a further process: the engine sees the socket close
            child = os.fork()
            if not child:
                control.detach()
                return descriptors[0]
            children[number] = child
        os.close(descriptors[0])
    for child in children.values():
        _end(child)
    return None


def _end(child: int) -> None:
    """End a reader. Nobody else collects it, so its number still is its own."""
    if child:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _take_only(descriptor: int) -> None:
    """Keep one socket, as stdin and stdout, and no other descriptor but stderr."""
    os.dup2(descriptor, 0)
    os.dup2(descriptor, 1)
    os.closerange(3, _FILES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
