"""file: the patient directory as a CSV file, read again when it changes."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.domain import frequency, lookup, names
from engine.domain.frequency import Chances, Commonness
from engine.domain.patient import Demographics, Identifier, PatientRecord
from engine.ports.clock import Clock
from engine.ports.directory import DirectoryUnavailable
from engine.ports.observe import Observer
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.services import SiteServices

_COLUMNS = ("mrn", "assigning_authority", "family", "given", "middle", "birth_date", "sex")
_OPTIONAL = ("identifiers", "phone", "postcode", "deceased_date", "merged_into")
_REQUIRED = frozenset({"mrn", "family", "given", "birth_date"})
_LOOK_AGAIN_SECONDS = 1.0


class FileDirectorySettings(Settings):
    """A CSV file of patients; see docs/reference/patients-csv.md for its columns."""

    path: str = "conf/patients.csv"
    """The file, relative to the site."""
    default_authority: str = ""
    """The assigning authority of a bare PID-3 identifier."""


class PatientFileError(ValueError):
    """The file cannot be used; names line and column, never content. `line` is 0 for the file as a whole."""

    log_safe = True

    def __init__(self, name: str, line: int, what: str) -> None:
        super().__init__(f"{name}:{line}: {what}" if line else f"{name}: {what}")
        self.line = line


class FileDirectory:
    """The `Directory` port over one CSV file held in memory."""

    def __init__(self, settings: FileDirectorySettings, site: Path, clock: Clock, observer: Observer) -> None:
        self.default_authority = settings.default_authority
        self._path = site / settings.path
        self._clock = clock
        self._observer = observer
        self._stamp: tuple[int, int] | None = None
        self._looked_at = float("-inf")
        self._index: PatientIndex | None = None
        self._reading = asyncio.Lock()

    async def candidates(self, person: Demographics) -> Sequence[PatientRecord]:
        """Everyone who shares an identifier, the birth date (or its swapped or near form), or the name.

        Somebody merged into another comes with that other.
        """
        return (await self._current()).candidates(person)

    async def commonness(self, record: PatientRecord) -> Commonness | None:
        """See `CountsPeople`."""
        return (await self._current()).summary.commonness(record)

    async def chances(self) -> Chances:
        """See `CountsPeople`."""
        index = await self._current()
        return await asyncio.to_thread(frequency.chances, index.records())

    async def _current(self) -> PatientIndex:
        async with self._reading:
            await self._refresh()
        if self._index is None:
            raise DirectoryUnavailable("patient file unreadable")
        return self._index

    async def _refresh(self) -> None:
        """Read the file again when it changed; a broken new version leaves the old one in force, loudly."""
        now = self._clock.monotonic()
        if now - self._looked_at < _LOOK_AGAIN_SECONDS:
            return
        self._looked_at = now
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                self._stamp = stamp  # a broken version is not read again before it changes
                # In a thread: a hundred thousand rows take a second, and the loop answers peers meanwhile.
                self._index = await asyncio.to_thread(_load, self._path)
        except PatientFileError as problem:
            self._observer.note("directory.unreadable", level="error", error="PatientFileError", line=problem.line)
        except OSError as problem:
            self._stamp = None
            self._observer.note("directory.unreadable", level="error", error=type(problem).__name__)

    async def close(self) -> None:
        """Nothing is held open."""


def _load(path: Path) -> PatientIndex:
    return PatientIndex(read_patients(path))


def read_patients(path: Path) -> tuple[PatientRecord, ...]:
    """The records of a patient file.

    Raises:
        PatientFileError: a column is missing, a date is none, a number comes twice; names the line.
        OSError: the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise PatientFileError(path.name, 0, f"not UTF-8 at byte {problem.start}") from None
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    missing = _REQUIRED - set(rows.fieldnames or ())
    if missing:
        raise PatientFileError(path.name, 1, f"missing columns: {', '.join(sorted(missing))}")
    return tuple(_records(path.name, rows))


def _records(name: str, rows: csv.DictReader[str]) -> Iterator[PatientRecord]:
    seen: set[tuple[str, str]] = set()
    try:
        for row in rows:
            record = _record(name, rows.line_num, row)
            key = (record.mrn, record.assigning_authority)
            if key in seen:
                raise PatientFileError(name, rows.line_num, "this mrn stands twice")
            seen.add(key)
            yield record
    except csv.Error:
        raise PatientFileError(name, rows.line_num + 1, "not a row of comma-separated values") from None


def _record(name: str, line: int, row: Mapping[str | None, str | None]) -> PatientRecord:
    if None in row:
        raise PatientFileError(name, line, "more cells than columns")
    cells = {key: (row.get(key) or "").strip() for key in (*_COLUMNS, *_OPTIONAL)}
    if not cells["mrn"]:
        raise PatientFileError(name, line, "mrn is empty")
    for column in ("birth_date", "deceased_date"):
        if cells[column] and not names.is_date(cells[column]):
            raise PatientFileError(name, line, f"{column} is not a date like 1968-05-12")
    if cells["sex"] and cells["sex"] not in ("F", "M", "O", "U"):
        raise PatientFileError(name, line, "sex is not one of F, M, O, U")
    identifiers = tuple(_identifier(name, line, item) for item in cells.pop("identifiers").split(";") if item.strip())
    fields: dict[str, Any] = {**cells, "identifiers": identifiers}
    return PatientRecord(**fields)


def _identifier(name: str, line: int, text: str) -> Identifier:
    authority, separator, value = text.strip().partition(":")
    if not separator or not value:
        raise PatientFileError(name, line, "identifiers are written authority:value;authority:value")
    return Identifier(value=value.strip(), authority=authority.strip())


class PatientIndex:
    """Records by what a person may be found by."""

    def __init__(self, records: Sequence[PatientRecord]) -> None:
        self._by_key: dict[tuple[str, str], PatientRecord] = {}
        self._by_number: dict[str, list[PatientRecord]] = defaultdict(list)
        self._by_birth: dict[str, list[PatientRecord]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[PatientRecord]] = defaultdict(list)
        for record in records:
            for number in {record.mrn, *(item.value for item in record.identifiers)}:
                self._by_number[number].append(record)
            self._by_key[record.key] = record
            self._by_birth[record.birth_date].append(record)
            for key in lookup.name_keys(record.family, record.given):
                self._by_name[key].append(record)
        self.summary = frequency.summary(records)

    def records(self) -> tuple[PatientRecord, ...]:
        """Everyone."""
        return tuple(self._by_key.values())

    def candidates(self, person: Demographics) -> tuple[PatientRecord, ...]:
        """Every record that could be the person; see `FileDirectory.candidates`."""
        found: dict[int, PatientRecord] = {}
        for item in person.identifiers:
            found |= {id(record): record for record in self._by_number.get(item.value, ())}
        for birth in lookup.birth_forms(person.birth_date):
            found |= {id(record): record for record in self._by_birth.get(birth, ())}
        for key in lookup.name_keys(person.family, person.given):
            found |= {
                id(record): record
                for record in self._by_name.get(key, ())
                if lookup.could_be_born(person.birth_date, record.birth_date)
            }
        for record in tuple(found.values()):
            found |= {id(other): other for other in self._successors(record)}
        return tuple(found.values())

    def _successors(self, record: PatientRecord) -> list[PatientRecord]:
        """Those a merged record lives on in, along the chain of merges."""
        chain = [record]
        while chain[-1].merged_into:
            following = self._by_key.get((chain[-1].merged_into, record.assigning_authority))
            if following is None or following in chain:
                break
            chain.append(following)
        return chain[1:]


def _build(settings: FileDirectorySettings, services: SiteServices) -> Any:
    return FileDirectory(settings, services.site, services.clock, services.observer)


PLUGIN = Plugin(
    kind=Kind.DIRECTORY,
    name="file",
    settings=FileDirectorySettings,
    build=_build,
    summary="Patients from a CSV file, read again when it changes.",
)
