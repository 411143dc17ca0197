"""The reader process: takes a document on stdin, answers with a report on stdout, until stdin ends.

Run as `python -m engine.plugins.extractors.local.reader MEMORY CPU PARENT`. It dies with its parent, keeps to its
limits, and writes nothing but answers.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import resource
import signal
import sys
from typing import BinaryIO

from engine.documents.opening import open_pages
from engine.extraction.packs import load_packs
from engine.extraction.reader import ReadHints, read_report
from engine.mapping import report_json
from engine.plugins.extractors.local.wire import HEADER, Limits, pack

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def main(arguments: list[str]) -> int:
    """Serve documents until the pipe closes."""
    limits = Limits(memory_bytes=int(arguments[0]), cpu_seconds=float(arguments[1]))
    if not _confine(limits, parent=int(arguments[2])):
        return 1
    packs = load_packs()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    _answer(sink, b'{"ready": true}')
    while True:
        request = _next(source)
        if request is None:
            return 0
        head, data = request
        _allow_cpu(limits.cpu_seconds)
        opened = open_pages(data)
        report = read_report(
            opened,
            packs,
            sha256=str(head["sha256"]),
            hints=ReadHints(language=str(head["language"]), expected_sex=str(head["sex"])),
        )
        _answer(sink, report_json.dumps(report_json.to_dict(report)).encode("utf-8"))


def _confine(limits: Limits, *, parent: int) -> bool:
    """Set every limit before a foreign byte is read; False when the parent is gone already."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        return False
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return True


def _allow_cpu(seconds: float) -> None:
    """Processor time for the next document, counted from what is used already; the kernel ends the process past it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _next(source: BinaryIO) -> tuple[dict[str, object], bytes] | None:
    prefix = source.read(HEADER.size)
    if len(prefix) < HEADER.size:
        return None
    head_length, data_length = HEADER.unpack(prefix)
    head, data = source.read(head_length), source.read(data_length)
    if len(head) < head_length or len(data) < data_length:
        return None
    parsed: dict[str, object] = json.loads(head)
    return parsed, data


def _answer(sink: BinaryIO, body: bytes) -> None:
    sink.write(pack(b"{}", body))
    sink.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
