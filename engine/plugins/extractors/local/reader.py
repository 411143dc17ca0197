"""A reader: takes a document on stdin, answers with a report on stdout, until stdin ends.

It is a copy of the template process, begins by confining itself, and writes nothing but answers: the first says that it
is ready and which limits are active, each further one holds a report and how many milliseconds it took to read. Before
such a one may come `{"scan": true}`: pages have to be recognised, so it takes longer.
"""

from __future__ import annotations

import ctypes
import gc
import json
import math
import resource
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from engine.documents.opening import open_pages
from engine.extraction.packs import Packs
from engine.extraction.reader import ReadHints, read_report
from engine.plugins.extractors.local.confine import filter_calls, limit_resources
from engine.plugins.extractors.local.scanning import Scanner
from engine.plugins.extractors.local.sitepacks import SitePacks
from engine.plugins.extractors.local.wire import HEADER, Limits, dump_report, pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What all readers of a template share: packs, and why pages cannot be recognised here, or empty."""

    packs: Packs
    missing: str


def serve(libc: ctypes.CDLL, known: Known, limits: Limits, *, overlay: Path, table: Path) -> int:
    """Give up what a reader must not have, then serve documents until the pipe closes.

    Args:
        libc: the C library.
        known: as loaded.
        limits: what a document may cost.
        overlay: the site's names for tests; need not be there.
        table: the site's LOINC table; need not be there.
    """
    active = list(limit_resources(limits.memory_bytes, limits.scan_memory_bytes))
    if filter_calls(libc):
        active.append("calls")
    gc.set_threshold(50_000, 20, 20)  # rarer rounds: a report has few cycles
    gc.enable()
    with open(0, "rb", closefd=False) as source, open(1, "wb", closefd=False) as sink:
        _answer(sink, {"ready": True, "limits": active})
        site = SitePacks(known.packs, overlay=overlay, table=table)
        scanner = Scanner(
            seconds=limits.scan_seconds,
            memory_bytes=limits.scan_memory_bytes,
            missing=known.missing,
            begin=lambda: _begin_scan(sink, limits),
        )
        return _serve(source, sink, site, scanner, limits)


def _begin_scan(sink: BinaryIO, limits: Limits) -> None:
    _allow_cpu(limits.cpu_seconds + limits.scan_seconds)
    _answer(sink, {"scan": True})


def _serve(source: BinaryIO, sink: BinaryIO, site: SitePacks, scanner: Scanner, limits: Limits) -> int:
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
