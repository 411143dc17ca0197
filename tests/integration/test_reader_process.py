"""The reader process: what it cannot do any more once it is confined, and that its pool gives the reports of the reader."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import fpdf
import pytest

from engine.documents.opening import open_pages
from engine.domain.document import Document
from engine.domain.report import LabReport
from engine.extraction.packs import load_packs
from engine.extraction.reader import read_report
from engine.mapping import report_json
from engine.plugins.extractors.local import LocalSettings
from engine.plugins.extractors.local.pool import LocalExtractor
from engine.plugins.extractors.local.wire import dump_report, load_report
from engine.ports.extractor import ReadRequest
from tests.generators import reports, scans

pytestmark = pytest.mark.slow  # many examples; `make test` runs them, `make check` does not wait

TRIES = {
    "socket": "__import__('socket').socket()",
    "pair": "__import__('socket').socketpair()",
    "write": "open(sys.argv[1], 'w')",
    "append": "os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)",
    "remove": "os.unlink(sys.argv[1])",
    "fork": "os.fork()",
    "run": "os.execv('/bin/true', ['true'])",
    "signal": "os.kill(os.getppid(), 0)",
}
CONFINED = """
import ctypes, os, sys, socket
from engine.plugins.extractors.local.confine import filter_calls
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
assert filter_calls(libc), "no filter"
assert open(sys.argv[1]).read() == "kept"
try:
    eval(sys.argv[2])
except PermissionError:
    os.write(1, b"refused")
"""


class Notes:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.outcomes: list[str] = []
        self.seconds: list[float] = []

    def note(self, event: str, /, **_fields: object) -> None:
        self.events.append(event)

    def count(self, metric: str, /, amount: float = 1, **labels: str) -> None:
        assert (metric, amount, labels["extractor"]) == ("extractor_calls", 1, "local")
        self.outcomes.append(labels["outcome"])

    def observe(self, metric: str, /, value: float, **labels: str) -> None:
        assert (metric, labels) == ("extractor_seconds", {"extractor": "local"})
        self.seconds.append(value)


def request(data: bytes) -> ReadRequest:
    return ReadRequest(
        document=Document(sha256="0" * 64, media_type="application/pdf", size_bytes=len(data)), data=data
    )


def with_pool(work: Callable[[LocalExtractor], Awaitable[None]], **settings: float) -> list[str]:
    """Run some work on a pool and close it; the events noted."""
    notes = Notes()

    async def run() -> None:
        pool = LocalExtractor(LocalSettings(**settings), notes)
        try:
            await work(pool)
        finally:
            await pool.close()

    asyncio.run(run())
    assert len(notes.seconds) == len(notes.outcomes)
    lost = [outcome for outcome in notes.outcomes if outcome != "read"]
    assert len(lost) == notes.events.count("extractor.reader_lost"), "each loss is counted and told"
    return notes.events


@pytest.mark.parametrize("tried", sorted(TRIES))
def test_a_confined_process_is_refused(tried: str, tmp_path: Path) -> None:
    """A process behind the filter reads files, and is refused sockets, writing, processes and signals."""
    file = tmp_path / "file"
    file.write_text("kept")
    command = [sys.executable, "-P", "-c", CONFINED, str(file), TRIES[tried]]
    environment = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.stdout, done.stderr) == ("refused", "")
    assert file.read_text() == "kept"


def test_the_pool_gives_the_report_of_the_reader() -> None:
    """What comes back through the pipe, from readers that started together, equals what the reader makes in place."""
    data, _ = reports.make("us_chem", 4)
    wanted = read_report(open_pages(data), load_packs(), sha256="0" * 64)

    async def work(pool: LocalExtractor) -> None:
        await pool.start()
        readings = await asyncio.gather(*(pool.read(request(data)) for _ in range(3)))
        assert [reading.report for reading in readings] == [wanted] * 3
        for reading in readings:
            shown = report_json.to_dict(reading.report, milliseconds=reading.milliseconds)
            assert shown["metadata"]["processing_time_ms"] == reading.milliseconds > 0
            assert report_json.from_dict(shown) == wanted
        assert pool.limits >= {"memory", "files", "calls"}

    assert with_pool(work, readers=2) == []


def test_a_used_up_reader_is_replaced() -> None:
    """Each reader serves its number of documents, and the next one reads on."""
    data, _ = reports.make("es_clasico", 4)

    async def work(pool: LocalExtractor) -> None:
        first, second = await pool.extract(request(data)), await pool.extract(request(data))
        assert first == second
        assert first.results

    assert with_pool(work, readers=1, documents_per_reader=1) == []


def test_a_pool_closes_while_its_readers_start() -> None:
    """Closing at once ends the readers that are still starting, without a word."""

    async def work(pool: LocalExtractor) -> None:
        pool._start_all()
        await asyncio.sleep(0)

    assert with_pool(work, readers=2) == []


def test_an_answer_is_not_taken_on_trust() -> None:
    """A report with an unknown reason, or of another shape, is no answer; printed digits survive the pipe."""
    data, _ = reports.make("us_chem", 4)
    report = read_report(open_pages(data), load_packs(), sha256="0" * 64)
    assert repr(load_report(dump_report(report))) == repr(report)
    for broken in (b"{", b'{"confidence": "high"}', b'{"review_reasons": [{"code": "made.up"}]}'):
        with pytest.raises(ValueError, match=r"reason|validation"):
            load_report(broken)
    assert load_report(b"{}") == LabReport()


def scan_of_a_table(pages: int = 1) -> bytes:
    """Small pages of a report as pictures: quick to recognise."""
    sheet = fpdf.FPDF(format=(330, 200), unit="pt")
    sheet.set_font("Helvetica", size=10)
    rows = (
        "Test;Result;Units;Range",
        "Glucose;105;mg/dL;70-99",
        "Sodium;139;mmol/L;135-146",
        "Potassium;4.1;mmol/L;3.5-5.3",
    )
    for _ in range(pages):
        sheet.add_page()
        for line, row in enumerate(rows):
            for column, text in enumerate(row.split(";")):
                sheet.text(30 + 75 * column, 40 + 25 * line, text)
    return scans.worn(bytes(sheet.output()), "clean")


def test_a_scan_is_recognised_behind_the_filter() -> None:
    """A confined reader loads the models with its first scan, and its results say what read them and how surely."""
    pytest.importorskip("onnxruntime")

    async def work(pool: LocalExtractor) -> None:
        report = await pool.extract(request(scan_of_a_table()))
        assert [(item.test_name, item.value, item.unit) for item in report.results] == [
            ("Glucose", "105", "mg/dL"),
            ("Sodium", "139", "mmol/L"),
            ("Potassium", "4.1", "mmol/L"),
        ]
        assert {item.provenance.engine for item in report.results if item.provenance} == {"ocr"}
        assert all(0.5 < item.confidence < 1 for item in report.results)
        assert report.document.text_layer == (False,)

    assert with_pool(work, readers=1) == []


def test_pages_without_time_left_are_named() -> None:
    """A scan with more pages than its time allows comes back with those left out named, and the reader lives on."""
    pytest.importorskip("onnxruntime")

    async def work(pool: LocalExtractor) -> None:
        report = await pool.extract(request(scan_of_a_table(pages=2)))
        assert report.pages_failed == (1, 2)
        assert {item.code for item in report.review_reasons} == {"extraction.partial", "document.unreadable"}
        again, _ = reports.make("us_chem", 4)
        assert (await pool.extract(request(again))).results

    assert with_pool(work, readers=1, scan_time=0.001) == []
