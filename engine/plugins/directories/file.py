"""file: the patient directory as a CSV file, read again when it changes."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.domain import names
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
    """The file cannot be used; names line and column, never content."""


class FileDirectory:
    """The `Directory` port over one CSV file held in memory."""

    def __init__(self, settings: FileDirectorySettings, site: Path, clock: Clock, observer: Observer) -> None:
        self.default_authority = settings.default_authority
        self._path = site / settings.path
        self._clock = clock
        self._observer = observer
        self._stamp: tuple[int, int] | None = None
        self._looked_at = float("-inf")
        self._index = _Index(())

    async def candidates(self, person: Demographics) -> Sequence[PatientRecord]:
        """Everyone who shares an identifier, the birth date (or its swapped or near form), or the family name."""
        self._refresh()
        return self._index.candidates(person)

    def _refresh(self) -> None:
        """Read the file again when it changed; a broken new version leaves the old one in force, loudly."""
        now = self._clock.monotonic()
        if now - self._looked_at < _LOOK_AGAIN_SECONDS:
            return
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                self._index = _Index(read_patients(self._path))
                self._stamp = stamp
        except (OSError, PatientFileError) as problem:
            self._observer.note("directory.unreadable", level="error", error=type(problem).__name__)
            if self._stamp is None:
                raise DirectoryUnavailable("patient file unreadable") from None
        self._looked_at = now

    async def close(self) -> None:
        """Nothing is held open."""


def read_patients(path: Path) -> tuple[PatientRecord, ...]:
    """The records of a patient file.

    Raises:
        PatientFileError: a column is missing, a date is none, a number comes twice; names the line.
        OSError: the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise PatientFileError(f"{path.name}: not UTF-8 at byte {problem.start}") from None
    rows = csv.DictReader(text.splitlines(), strict=True)
    missing = _REQUIRED - set(rows.fieldnames or ())
    if missing:
        raise PatientFileError(f"{path.name}:1: missing columns: {', '.join(sorted(missing))}")
    return tuple(_records(path.name, rows))


def _records(name: str, rows: csv.DictReader[str]) -> Iterator[PatientRecord]:
    seen: set[tuple[str, str]] = set()
    try:
        for row in rows:
            record = _record(name, rows.line_num, row)
            key = (record.mrn, record.assigning_authority)
            if key in seen:
                raise PatientFileError(f"{name}:{rows.line_num}: this mrn stands twice")
            seen.add(key)
            yield record
    except csv.Error:
        raise PatientFileError(f"{name}:{rows.line_num}: not a row of comma-separated values") from None


def _record(name: str, line: int, row: Mapping[str, str | None]) -> PatientRecord:
    cells = {key: (row.get(key) or "").strip() for key in (*_COLUMNS, *_OPTIONAL)}
    if not cells["mrn"]:
        raise PatientFileError(f"{name}:{line}: mrn is empty")
    for column in ("birth_date", "deceased_date"):
        if cells[column] and not names.is_date(cells[column]):
            raise PatientFileError(f"{name}:{line}: {column} is not a date like 1968-05-12")
    if cells["sex"] and cells["sex"] not in ("F", "M", "O", "U"):
        raise PatientFileError(f"{name}:{line}: sex is not one of F, M, O, U")
    identifiers = tuple(_identifier(name, line, item) for item in cells.pop("identifiers").split(";") if item.strip())
    return PatientRecord(**cells, identifiers=identifiers)


def _identifier(name: str, line: int, text: str) -> Identifier:
    authority, separator, value = text.strip().partition(":")
    if not separator or not value:
        raise PatientFileError(f"{name}:{line}: identifiers are written authority:value;authority:value")
    return Identifier(value=value.strip(), authority=authority.strip())


class _Index:
    """Records by what a person may be found by."""

    def __init__(self, records: Sequence[PatientRecord]) -> None:
        self._by_number: dict[str, list[PatientRecord]] = defaultdict(list)
        self._by_birth: dict[str, list[PatientRecord]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[PatientRecord]] = defaultdict(list)
        for record in records:
            for number in {record.mrn, *(item.value for item in record.identifiers)}:
                self._by_number[number].append(record)
            self._by_birth[record.birth_date].append(record)
            for key in _name_keys(record.family, record.given):
                self._by_name[key].append(record)

    def candidates(self, person: Demographics) -> tuple[PatientRecord, ...]:
        found: dict[int, PatientRecord] = {}
        for item in person.identifiers:
            found |= {id(record): record for record in self._by_number.get(item.value, ())}
        for birth in _birth_forms(person.birth_date):
            found |= {id(record): record for record in self._by_birth.get(birth, ())}
        for key in _name_keys(person.family, person.given):
            found |= {id(record): record for record in self._by_name.get(key, ())}
        return tuple(found.values())


def _birth_forms(birth: str) -> tuple[str, ...]:
    """The date, and the one with day and month swapped."""
    if len(birth) != 10:
        return ()
    return birth, f"{birth[:4]}-{birth[8:]}-{birth[5:7]}"


def _name_keys(family: str, given: str) -> set[tuple[str, str]]:
    """Each family word with the initial of each given word, both ways round: names are often swapped."""
    families, givens = names.tokens(family), names.tokens(given)
    keys = {(word, initial[0]) for word in families for initial in givens}
    return keys | {(word, initial[0]) for word in givens for initial in families}


def _build(settings: FileDirectorySettings, services: SiteServices) -> Any:
    return FileDirectory(settings, services.site, services.clock, services.observer)


PLUGIN = Plugin(
    kind=Kind.DIRECTORY,
    name="file",
    settings=FileDirectorySettings,
    build=_build,
    summary="Patients from a CSV file, read again when it changes.",
)
