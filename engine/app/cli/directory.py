"""`headrace directory`: fills a patient index from a file, shows what it knows, takes a merge back."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from engine.app.cli.at_rest import loaded_site, surroundings
from engine.app.cli.client import Unavailable
from engine.app.compose import build_parts
from engine.domain import register
from engine.domain.patient import PatientRecord
from engine.domain.register import PatientNews
from engine.plugins.directories.file import PatientFileError, read_patients
from engine.ports.directory import Directory, DirectoryUnavailable
from engine.ports.register import KnownPatient, PatientRegister

OK, FAILED, USAGE, TRY_AGAIN = 0, 1, 2, 75
_ROWS_AT_ONCE = 2_000
Act = Callable[[PatientRegister], Awaitable[int]]


class NoIndex(ValueError):
    """There is no index of that name; says which directories there are."""


def load_file(site: Path, name: str, file: Path, *, as_of: str, as_json: bool) -> int:
    """Apply every row as said at `as_of`; 2 for a file or time that cannot be used, nothing applied."""
    path = file.resolve()
    try:
        records = read_patients(path)
        at = datetime.fromisoformat(as_of) if as_of else datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (PatientFileError, OSError, ValueError) as problem:
        sys.stderr.write(f"{_words(problem, as_of)}\n")
        return USAGE
    return _with_index(site, name, lambda index: _load(index, records, at, as_json=as_json))


def show_number(site: Path, name: str, number: str, *, as_json: bool) -> int:
    """Print the records under a number; 1 when there is none."""
    return _with_index(site, name, lambda index: _show(index, number, as_json=as_json))


def unmerge_number(site: Path, name: str, number: str, *, authority: str) -> int:
    """Say that a record lives; 1 when it was not merged."""
    return _with_index(site, name, lambda index: _unmerge(index, number, authority))


def _words(problem: Exception, as_of: str) -> str:
    if isinstance(problem, (PatientFileError, OSError)):
        return str(problem)
    return f"--as-of: {len(as_of)} characters that are no time; write one like 2026-03-01T06:00"


def _with_index(site: Path, name: str, act: Act) -> int:
    folder = site.resolve()
    try:
        os.chdir(folder)
        index = _index(build_parts(loaded_site(folder), surroundings(folder)).directories, name)
        return asyncio.run(_closing(index, act))
    except NoIndex as problem:
        sys.stderr.write(f"{problem}\n")
        return USAGE
    except DirectoryUnavailable as problem:
        sys.stderr.write(f"{problem}; what was done stays done, the command may be repeated\n")
        return TRY_AGAIN
    except Unavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return problem.exit_code


def _index(directories: Mapping[str, Directory], name: str) -> PatientRegister:
    indexes = {key: one for key, one in directories.items() if isinstance(one, PatientRegister)}
    if name not in indexes:
        raise NoIndex(f"no index is called {name!r}; there are: {', '.join(sorted(indexes)) or 'none'}")
    return indexes[name]


async def _closing(directory: PatientRegister, act: Act) -> int:
    try:
        return await act(directory)
    finally:
        await directory.close()


async def _load(index: PatientRegister, records: Sequence[PatientRecord], at: datetime, *, as_json: bool) -> int:
    changed = 0
    for rows in _portions(records):
        changed += await index.apply([_news(record, at, index.default_authority) for record in rows])
    if as_json:
        sys.stdout.write(json.dumps({"rows": len(records), "changed": changed}) + "\n")
    else:
        sys.stdout.write(f"{len(records)} rows as of {at:%Y-%m-%d %H:%M}, {changed} records changed\n")
    return OK


def _portions(records: Sequence[PatientRecord]) -> Iterator[Sequence[PatientRecord]]:
    """Short transactions: a running engine applies its messages in between."""
    for start in range(0, len(records), _ROWS_AT_ONCE):
        yield records[start : start + _ROWS_AT_ONCE]


def _news(record: PatientRecord, at: datetime, default_authority: str) -> PatientNews:
    key = record.mrn, record.assigning_authority or default_authority
    return PatientNews(key=key, said=register.facts_of(record, key), at=at, tie="load")


async def _show(index: PatientRegister, number: str, *, as_json: bool) -> int:
    found = await index.known(number)
    if as_json:
        sys.stdout.write(json.dumps([_as_json(item) for item in found], ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n".join(_as_text(item) for item in found) if found else "nobody under this number\n")
    return OK if found else FAILED


def _as_json(item: KnownPatient) -> dict[str, object]:
    facts = {
        name: {"value": value, "recorded_at": stamp.split("|")[0] + "Z", "message": stamp.rsplit("|", 1)[1]}
        for name, (stamp, value) in sorted(item.facts.items())
    }
    number, authority = item.key
    return {"number": number, "authority": authority, "deleted": register.is_removed(item.facts), "facts": facts}


def _as_text(item: KnownPatient) -> str:
    lines = [f"{item.key[0]} ({item.key[1] or 'no authority'}){' deleted' if register.is_removed(item.facts) else ''}"]
    for name, (stamp, value) in sorted(item.facts.items()):
        recorded, _, told_by = stamp.replace("|", " ", 1).partition("|")
        lines.append(f"  {name:24} {value or '-':40} {recorded[:19]}Z  {told_by}")
    return "\n".join(lines) + "\n"


async def _unmerge(index: PatientRegister, number: str, authority: str) -> int:
    key = number, authority or index.default_authority
    known = next((item for item in await index.known(number) if item.key == key), None)
    if known is None or register.successor(known.facts) is None:
        sys.stderr.write("no record of that number and authority is merged into another\n")
        return FAILED
    now = surroundings(Path()).clock.now()
    await index.apply([PatientNews(key=key, said={register.MERGED_INTO: ""}, at=now, tie="unmerge")])
    sys.stdout.write("the record stands on its own again\n")
    return OK
