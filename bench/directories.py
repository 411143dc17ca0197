"""How long it takes to find out who a person is among 100,000 patients, and what that costs in memory.

Each directory is filled and asked in processes of its own, so that memory is the directory's and not the bench's.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.app.builtins import builtin_registry
from engine.app.clock import SystemClock, SystemIds
from engine.app.logging import configure
from engine.app.metrics import Metrics
from engine.app.observer import AppObserver
from engine.domain import matching, register, weighing
from engine.domain.patient import Demographics, Identifier, PatientRecord
from engine.plugins.directories.file import read_patients
from engine.ports.directory import Directory, commonness
from engine.ports.plugin import Kind
from engine.ports.register import PatientRegister
from engine.ports.services import SiteServices

PEOPLE = 100_000
QUESTIONS = 2_000
UPDATES = 2_000
AT_ONCE = 32
TARGETS = {"identifier_p99_ms": 2.0, "demographics_p99_ms": 20.0, "memory_mib": 150.0}
_BY_NUMBER = "SELECT * FROM pas_patient WHERE mrn = :identifier"
_BY_PERSON = (
    "SELECT * FROM pas_patient WHERE birth_date IN (:birth_date, :birth_date_swapped) "
    "UNION SELECT * FROM pas_patient WHERE family = :family COLLATE NOCASE AND given = :given COLLATE NOCASE "
    "AND substr(birth_date, 1, 4) = :birth_year"
)
KINDS: dict[str, dict[str, Any]] = {
    "file": {"path": "patients.csv"},
    "index": {"path": "patients.db"},
    "sql": {"file": "pas.db", "by_identifier": _BY_NUMBER, "by_person": _BY_PERSON},
}


def directories(scale: float) -> list[dict[str, Any]]:
    """One row a directory."""
    from tests.generators.patients import make_population, write_csv

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        people = make_population(1, max(1_000, int(PEOPLE * scale)), "en")
        (Path(folder) / "patients.csv").write_text(write_csv(people), encoding="utf-8")
        asked = random.Random(7).sample(people, QUESTIONS // 2)
        (Path(folder) / "asked.csv").write_text(write_csv(asked), encoding="utf-8")
        for kind in KINDS:
            filled = _child("fill", kind, folder)
            row = {"directory": kind, "people": len(people), **filled, **_child("ask", kind, folder)}
            rows.append(row)
            print(_line(row), flush=True)
    return rows


def _child(act: str, kind: str, folder: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.directories", act, kind, folder]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def _line(row: dict[str, Any]) -> str:
    told = f"; {row['updates_per_second']:.0f} messages/s applied" if row.get("updates_per_second") else ""
    return (
        f"directory {row['directory']:5} {row['people']} people: number p50 {row['identifier_p50_ms']:.2f} p99 "
        f"{row['identifier_p99_ms']:.2f} (cpu {row['identifier_cpu_p99_ms']:.2f}) ms; demographics p50 {row['demographics_p50_ms']:.2f} p99 "
        f"{row['demographics_p99_ms']:.2f} (cpu {row['demographics_cpu_p99_ms']:.2f}) ms, {row['candidates']:.0f} candidates; {row['memory_mib']:.0f} MiB more; "
        f"filled in {row['fill_seconds']:.0f} s{told}"
    )


def _open(kind: str, site: Path) -> Directory:
    observer = AppObserver(configure("warning"), Metrics(version="bench", python="3"))
    services = SiteServices(site=site, node="bench", clock=SystemClock(), ids=SystemIds(), observer=observer)
    plugin = builtin_registry().get(Kind.DIRECTORY, kind)
    built: Directory = plugin.build(plugin.settings(**KINDS[kind], default_authority="HOSP"), services)
    return built


async def _fill(kind: str, site: Path) -> dict[str, Any]:
    records = read_patients(site / "patients.csv")
    began = time.monotonic()
    if kind == "index":
        await _fill_index(site, records)
    elif kind == "sql":
        _fill_database(site / "pas.db", records)
    return {"fill_seconds": round(time.monotonic() - began, 1)}


async def _fill_index(site: Path, records: Sequence[PatientRecord]) -> None:
    index = _open("index", site)
    if not isinstance(index, PatientRegister):
        raise TypeError("the index cannot be told")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for start in range(0, len(records), 2_000):
        await index.apply([_news(record, at) for record in records[start : start + 2_000]])
    await index.close()


def _news(record: PatientRecord, at: datetime) -> register.PatientNews:
    return register.PatientNews(key=record.key, said=register.facts_of(record, record.key), at=at)


def _fill_database(path: Path, records: Sequence[PatientRecord]) -> None:
    import apsw

    columns = ("mrn", "assigning_authority", "family", "given", "birth_date", "sex", "phone", "postcode", "merged_into")
    connection = apsw.Connection(str(path))
    with connection:
        connection.execute(f"CREATE TABLE pas_patient ({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        rows = [tuple(getattr(record, name) for name in columns) for record in records]
        connection.executemany(f"INSERT INTO pas_patient VALUES ({marks})", rows)
        for index in ("mrn", "birth_date", "family COLLATE NOCASE, given COLLATE NOCASE"):
            connection.execute(f'CREATE INDEX "{index}" ON pas_patient ({index})')
    connection.close()


@dataclass(frozen=True, slots=True)
class _Timed:
    """Milliseconds of each question, those of the processor among them, and how many candidates came."""

    milliseconds: list[float]
    working: list[float]
    candidates: list[int]

    def at(self, percent: int) -> float:
        return round(statistics.quantiles(self.milliseconds, n=100)[percent - 1], 3)

    def working_at(self, percent: int) -> float:
        """Without the time in which the machine did something else."""
        return round(statistics.quantiles(self.working, n=100)[percent - 1], 3)


async def _ask(kind: str, site: Path) -> dict[str, Any]:
    dice = random.Random(7)
    chosen = read_patients(site / "asked.csv")
    before = _memory_mib("VmRSS")
    directory = _open(kind, site)
    await directory.candidates(Demographics(identifiers=(Identifier(value=chosen[0].mrn),)))
    numbers = await _timed(directory, chosen, _by_number)
    people = await _timed(directory, chosen, lambda record: _by_demographics(record, dice))
    memory = _memory_mib("VmHWM") - before
    updates = await _updates(directory, chosen) if isinstance(directory, PatientRegister) else None
    await directory.close()
    return {
        "identifier_p50_ms": numbers.at(50), "identifier_p99_ms": numbers.at(99),
        "identifier_cpu_p99_ms": numbers.working_at(99), "demographics_cpu_p99_ms": people.working_at(99),
        "demographics_p50_ms": people.at(50), "demographics_p99_ms": people.at(99),
        "candidates": round(statistics.mean(people.candidates), 1), "memory_mib": round(memory, 1),
        "updates_per_second": updates,
    }  # fmt: skip


async def _timed(
    directory: Directory, records: Sequence[PatientRecord], describe: Callable[[PatientRecord], Demographics]
) -> _Timed:
    """Candidates and the decision, as the reconcile stage does it, one after another."""
    rules = matching.MatchRules(default_authority="HOSP")
    found = _Timed([], [], [])
    for record in (*records, *records):
        person = describe(record)
        began, worked = time.perf_counter(), time.process_time()
        candidates = await directory.candidates(person)
        match = matching.decide(person, candidates, rules)
        if match.step == "demographics":
            known = weighing.Knowledge(counts=await commonness(directory, match.record))
            weighing.weigh(match, known, auto=rules.auto)
        found.milliseconds.append((time.perf_counter() - began) * 1000)
        found.working.append((time.process_time() - worked) * 1000)
        found.candidates.append(len(candidates))
    return found


def _by_number(record: PatientRecord) -> Demographics:
    """A number alone: what a lookup by identifier costs by itself."""
    return Demographics(identifiers=(Identifier(value=record.mrn, authority="HOSP", type="MR"),))


def _by_demographics(record: PatientRecord, dice: random.Random) -> Demographics:
    """No number; now and then names or date are swapped, or a digit is off."""
    person = Demographics(family=record.family, given=record.given, birth_date=record.birth_date, sex=record.sex)
    year, month, day = record.birth_date.split("-")
    forms = (
        person, person, person, replace(person, family=person.given, given=person.family),
        replace(person, birth_date=f"{year}-{day}-{month}"), replace(person, birth_date=f"{year}-{month}-{day[0]}{dice.randrange(1, 9)}"),
    )  # fmt: skip
    return dice.choice(forms)


async def _updates(index: PatientRegister, records: Sequence[PatientRecord]) -> float:
    """Messages a second with as many on their way as the engine works on at once; each is on disk when it counts."""
    at = datetime(2026, 2, 1, tzinfo=UTC)
    waiting = [_news(records[n % len(records)], at + timedelta(seconds=n)) for n in range(UPDATES)]

    async def work() -> None:
        while waiting:
            await index.apply([waiting.pop()])

    began = time.monotonic()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return round(UPDATES / (time.monotonic() - began), 1)


def _memory_mib(field: str) -> float:
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in text.splitlines() if line.startswith(field)).split()[1]) / 1024


def main() -> None:
    act, kind, folder = sys.argv[1:]
    work = {"fill": _fill, "ask": _ask}[act]
    print(json.dumps(asyncio.run(work(kind, Path(folder)))))


if __name__ == "__main__":
    main()
