"""The reader process: takes a document on stdin, answers with a report on stdout, until stdin ends.

Run as `python -m engine.plugins.extractors.local.reader MEMORY CPU PARENT SCAN_MEMORY SCAN_SECONDS OVERLAY LOINC`; the
last two are files of the site that need not be there. It dies with its parent, keeps to its limits, and writes nothing
but answers: the first says that it is ready and which limits are active, each further one holds a report and how many
milliseconds it took to read. Before such a one may come `{"scan": true}`: pages have to be recognised, so it takes
longer.
"""

from __future__ import annotations

import ctypes
import gc
import json
import math
import os
import resource
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from engine.documents.opening import open_pages
from engine.domain.report import LabReport
from engine.extraction.packs import load_packs
from engine.extraction.reader import ReadHints, read_report
from engine.plugins.extractors.local.confine import filter_calls, limit_resources
from engine.plugins.extractors.local.scanning import Scanner
from engine.plugins.extractors.local.sitepacks import SitePacks
from engine.plugins.extractors.local.wire import HEADER, Limits, dump_report, pack

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def main(arguments: list[str]) -> int:
    """Serve documents until the pipe closes."""
    limits = Limits(
        memory_bytes=int(arguments[0]),
        cpu_seconds=float(arguments[1]),
        scan_memory_bytes=max(int(arguments[3]), int(arguments[0])),
        scan_seconds=float(arguments[4]),
    )
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != int(arguments[2]):
        return 1  # the parent is gone already
    active = list(limit_resources(limits.memory_bytes, limits.scan_memory_bytes))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    gc.disable()  # loading makes tens of thousands of values that stay: looking through them for cycles finds none
    packs = load_packs()
    dump_report(LabReport())
    if filter_calls(libc):
        active.append("calls")
    _keep_for_good()
    _answer(sys.stdout.buffer, {"ready": True, "limits": active})
    return _serve(SitePacks(packs, overlay=Path(arguments[5]), table=Path(arguments[6])), limits)


def _serve(site: SitePacks, limits: Limits) -> int:
    source, sink = sys.stdin.buffer, sys.stdout.buffer

    def begin_scan() -> None:
        _allow_cpu(limits.cpu_seconds + limits.scan_seconds)
        _answer(sink, {"scan": True})

    scanner = Scanner(seconds=limits.scan_seconds, memory_bytes=limits.scan_memory_bytes, begin=begin_scan)
    while True:
        request = _next(source)
        if request is None:
            return 0
        head, data = request
        _allow_cpu(limits.cpu_seconds)
        scanner.next_document()
        started = time.perf_counter()
        hints = ReadHints(language=str(head["language"]), expected_sex=str(head["sex"]))
        opened = open_pages(data, recogniser=scanner)
        memory = site.of(str(head["facility"]), str(head["application"]))
        report = read_report(opened, memory.packs, sha256=str(head["sha256"]), hints=hints, memory=memory)
        report = replace(report, warnings=(*report.warnings, *site.warnings))
        body = dump_report(report)
        _answer(sink, {"milliseconds": round((time.perf_counter() - started) * 1000)}, body)


def _keep_for_good() -> None:
    """Take what is loaded out of the garbage collector's rounds, and make these rarer: a report has few cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


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


def _answer(sink: BinaryIO, head: dict[str, object], body: bytes = b"") -> None:
    sink.write(pack(json.dumps(head).encode("ascii"), body))
    sink.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
