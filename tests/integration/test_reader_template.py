"""The template process and its copies: who holds what, who dies with whom, and what a death costs."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvloop

from engine.domain.report import LabReport
from engine.plugins.extractors.local import LocalSettings, processes
from engine.plugins.extractors.local.pool import LocalExtractor
from tests.generators import reports
from tests.integration.test_reader_process import Notes, request

pytestmark = pytest.mark.slow

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
DATA, _ = reports.make("us_chem", 4)
ENGINE = """
import asyncio
from engine.plugins.extractors.local import LocalSettings
from engine.plugins.extractors.local.pool import LocalExtractor

async def run():
    pool = LocalExtractor(LocalSettings(readers=2), None)
    await pool.start()
    print(pool._template.result()._process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(run())
"""


def with_pool(work: Callable[[LocalExtractor], Awaitable[None]], loop: str = "asyncio", **settings: float) -> list[str]:
    """Run some work on a started pool and close it; the events noted. Nothing is left behind."""
    notes = Notes()

    async def run() -> None:
        pool = LocalExtractor(LocalSettings(**settings), notes)
        await pool.start()
        with watched(template_of(pool), *copies_of(pool)) as ended:
            try:
                await work(pool)
            finally:
                await pool.close()
            assert ended()

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(run())
    return notes.events


def template_of(pool: LocalExtractor) -> int:
    assert pool._template is not None
    return pool._template.result()._process.pid


def copies_of(pool: LocalExtractor) -> list[int]:
    return children(template_of(pool))


def children(parent: int) -> list[int]:
    """The processes whose parent this is."""
    found = [path for path in Path("/proc").glob("[0-9]*") if f"PPid:\t{parent}\n" in text(path / "status")]
    return sorted(int(path.name) for path in found)


def text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended
        return ""


@contextmanager
def watched(*processes: int) -> Iterator[Callable[[], bool]]:
    """Something that waits for the end of all these processes, and says whether it came."""
    descriptors = [os.pidfd_open(process) for process in processes]
    try:
        yield lambda: all(select.select([descriptor], [], [], 20)[0] for descriptor in descriptors)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def held(process: int) -> dict[int, str]:
    """The open descriptors of a process and what they are."""
    return {int(item.name): str(item.readlink()) for item in Path(f"/proc/{process}/fd").iterdir()}


@pytest.mark.parametrize("loop", LOOPS)
def test_a_copy_holds_its_own_connection_and_nothing_else(loop: str) -> None:
    """No descriptor of the engine, of the template or of another reader is in a reader."""

    async def work(pool: LocalExtractor) -> None:
        first, second = (held(process) for process in copies_of(pool))
        for found in (first, second):
            assert sorted(found) == [0, 1, 2]
            assert found[0] == found[1]
            assert found[2] == "/dev/null"
        assert len({first[0], second[0], held(template_of(pool))[0]}) == 3
        assert sorted(held(template_of(pool))) == [0, 1, 2]

    assert with_pool(work, loop) == []


def test_each_copy_confines_itself() -> None:
    """Filter, limits and session are each reader's own; the template, which forks, has one thread and no filter."""

    async def work(pool: LocalExtractor) -> None:
        for process in copies_of(pool):
            status, limits = (text(Path(f"/proc/{process}/{name}")) for name in ("status", "limits"))
            assert "Seccomp:\t2\n" in status
            assert "NoNewPrivs:\t1\n" in status
            rows = {line[:25].strip(): line[25:].split()[:2] for line in limits.splitlines()}
            assert rows["Max address space"] == [str(1 << 30), str(3 << 30)]
            assert rows["Max open files"] == ["16", "16"]
            assert {tuple(rows[f"Max {what}"]) for what in ("processes", "file size", "core file size")} == {("0", "0")}
            assert os.getsid(process) == process
        status = text(Path(f"/proc/{template_of(pool)}/status"))
        assert "Threads:\t1\n" in status
        assert "Seccomp:\t0\n" in status
        assert "NoNewPrivs:\t1\n" in status

    assert with_pool(work) == []


@pytest.mark.parametrize("loop", LOOPS)
def test_a_template_that_dies_costs_no_document(loop: str) -> None:
    """A document under way is read again by a copy of the next template; the loss is told."""

    async def work(pool: LocalExtractor) -> None:
        template, copies = template_of(pool), copies_of(pool)
        for process in copies:
            os.kill(process, signal.SIGSTOP)
        reading = asyncio.create_task(pool.extract(request(DATA)))
        while len(pool._idle + pool._starting) == 2:
            await asyncio.sleep(0)
        with watched(*copies) as ended:
            os.kill(template, signal.SIGKILL)
            assert ended()
        assert (await reading).results
        assert template_of(pool) != template

    assert with_pool(work, loop) == ["extractor.template_lost"]


@pytest.mark.parametrize("loop", LOOPS)
def test_a_template_that_dies_while_nothing_is_read_is_replaced(loop: str) -> None:
    """The next document finds its readers gone and waits for new ones."""

    async def work(pool: LocalExtractor) -> None:
        with watched(*copies_of(pool)) as ended:
            os.kill(template_of(pool), signal.SIGTERM)
            assert ended()
        reports = await asyncio.gather(*(pool.extract(request(DATA)) for _ in range(3)))
        assert all(report.results for report in reports)

    assert with_pool(work, loop) == ["extractor.template_lost"]


@pytest.mark.parametrize("loop", LOOPS)
def test_a_reader_that_dies_costs_its_document(loop: str) -> None:
    """One document says so. The others are read, by copies of a new template: memory is laid out anew."""

    async def work(pool: LocalExtractor) -> None:
        template, copies = template_of(pool), copies_of(pool)
        with watched(*copies) as ended:
            for process in copies:
                os.kill(process, signal.SIGKILL)
            assert ended()
        assert codes(await pool.extract(request(DATA))) == ["document.worker_lost"]
        assert (await pool.extract(request(DATA))).results
        assert template_of(pool) != template

    assert with_pool(work, loop) == ["extractor.reader_lost"]


def codes(report: LabReport) -> list[str]:
    return [item.code for item in report.review_reasons]


def test_a_template_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not follow orders is killed, and its readers with it."""
    monkeypatch.setattr(processes, "_END_SECONDS", 0.01)

    async def work(pool: LocalExtractor) -> None:
        os.kill(template_of(pool), signal.SIGSTOP)

    assert with_pool(work, readers=1) == []


def test_all_die_with_the_engine(tmp_path: Path) -> None:
    """An engine that is killed leaves neither template nor readers, not even stopped ones."""
    with subprocess.Popen([sys.executable, "-c", ENGINE], stdout=subprocess.PIPE, cwd=tmp_path) as engine:
        assert engine.stdout is not None
        template = int(engine.stdout.readline())
        copies = children(template)
        assert len(copies) == 2
        with watched(template, *copies) as ended:
            os.kill(copies[0], signal.SIGSTOP)
            engine.kill()
            assert ended()
