"""The two tables of the index: a row for each record with its facts, and the words a record is found by."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import apsw

from engine.domain import lookup, register
from engine.domain.patient import Demographics, PatientRecord
from engine.domain.register import Facts, Key
from engine.ports.directory import DirectoryUnavailable

_APPLICATION = 0x48525049
_SCHEMA_VERSION = 1
_BUSY_MS = 5_000
_SCHEMA = """
CREATE TABLE patient (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL, authority TEXT NOT NULL, facts TEXT NOT NULL,
    UNIQUE (number, authority)
) STRICT;
CREATE TABLE lookup (
    word TEXT NOT NULL, birth TEXT NOT NULL, patient INTEGER NOT NULL, PRIMARY KEY (word, birth, patient)
) STRICT, WITHOUT ROWID;
"""
_BY_KEY = "SELECT id, facts FROM patient WHERE number = ? AND authority = ?"
_BY_NUMBER = "SELECT number, authority, facts FROM patient WHERE number = ? ORDER BY authority"
_BY_ID = "SELECT number, authority, facts FROM patient WHERE id = ?"
_INSERT = "INSERT INTO patient (number, authority, facts) VALUES (?, ?, ?)"
_UPDATE = "UPDATE patient SET facts = ? WHERE id = ?"
_FORGET = "DELETE FROM lookup WHERE word = ? AND birth = ? AND patient = ?"
_REMEMBER = "INSERT INTO lookup (word, birth, patient) VALUES (?, ?, ?)"
_FIND = "SELECT patient FROM lookup WHERE word = ? AND birth = ?"
_FIND_NAMESAKES = "SELECT birth, patient FROM lookup WHERE word = ?"
_EVERYONE = "SELECT number, authority, facts FROM patient"
BORN = "b"
"""The word under which a birth date is found."""

Said = tuple[Key, Mapping[str, str], str]
"""Of which record, what was said, and the stamp."""


def open_writer(path: Path) -> apsw.Connection:
    """The connection that writes; makes the file (mode 0600) and its tables when they are missing.

    Raises:
        DirectoryUnavailable: the file is no index, or one of a newer release.
        apsw.Error: it cannot be opened.
        OSError: the same.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        sync_folder(path.parent)
    connection = apsw.Connection(str(path))
    try:
        _configure_writer(connection)
    except (apsw.Error, DirectoryUnavailable):
        connection.close()
        raise
    return connection


def sync_folder(folder: Path) -> None:
    """A new file is there after a power cut only when its folder was flushed too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _configure_writer(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(_BUSY_MS)
    # TRANSACTION: the tables and the marks that say whose file it is; a crash leaves an empty file, made anew.
    connection.execute("BEGIN IMMEDIATE")
    try:
        _prepare(connection)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -8192", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _prepare(connection: apsw.Connection) -> None:
    if not _number(connection, "SELECT count(*) FROM sqlite_schema"):
        connection.execute(_SCHEMA).fetchall()
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    if _number(connection, "PRAGMA application_id") != _APPLICATION:
        raise DirectoryUnavailable("the file is another database")
    if _number(connection, "PRAGMA user_version") != _SCHEMA_VERSION:
        raise DirectoryUnavailable("the file was written by another release")


def _number(connection: apsw.Connection, sql: str) -> int:
    return int(next(iter(connection.execute(sql)))[0])


def open_reader(path: Path) -> apsw.Connection:
    """A connection that cannot write. Raises apsw.Error."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(_BUSY_MS)
    for pragma in ("query_only = ON", "cache_size = -16384", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def write(connection: apsw.Connection, batch: Iterable[Said]) -> int:
    """Take in a batch; the number of records that changed.

    TRANSACTION: all of the batch with the words its records are found by, or nothing. Durable on return.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        changed = sum(_write_one(connection, said) for said in batch)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return changed


def _write_one(connection: apsw.Connection, news: Said) -> bool:
    key, said, stamp = news
    row = next(iter(connection.execute(_BY_KEY, key)), None)
    before: Facts = _loads(row[1]) if row else {}
    after = register.fold(before, said, stamp)
    if after == before:
        return False
    if row is None:
        connection.execute(_INSERT, (*key, _dumps(after)))
        identity = connection.last_insert_rowid()
    else:
        identity = int(row[0])
        connection.execute(_UPDATE, (_dumps(after), identity))
    old, new = _words(key, before) if row else frozenset(), _words(key, after)
    connection.executemany(_FORGET, [(*word, identity) for word in old - new])
    connection.executemany(_REMEMBER, [(*word, identity) for word in new - old])
    return True


def _words(key: Key, facts: Facts) -> frozenset[tuple[str, str]]:
    """What a record is found by: numbers, birth date, names with the birth date beside them; a deleted one by none."""
    if register.is_removed(facts):
        return frozenset()
    record = register.record_of(key, facts)
    found = {(_by_number(number), "") for number in (record.mrn, *(item.value for item in record.identifiers))}
    if record.birth_date:
        found.add((BORN, record.birth_date))
    for family, given in ((record.family, record.given), *((name.family, name.given) for name in record.other_names)):
        found |= {(_by_name(*pair), record.birth_date) for pair in lookup.name_keys(family, given)}
    return frozenset(found)


def _by_number(number: str) -> str:
    return f"n:{number}"


def _by_name(word: str, initial: str) -> str:
    return f"w:{word} {initial}"


def _dumps(facts: Facts) -> str:
    return json.dumps(facts, separators=(",", ":"))


def _loads(text: Any) -> dict[str, tuple[str, str]]:
    return {name: (stamp, value) for name, (stamp, value) in json.loads(text).items()}


def count(connection: apsw.Connection) -> int:
    """How many records there are, merged and deleted ones too."""
    return _number(connection, "SELECT count(*) FROM patient")


def everyone(connection: apsw.Connection) -> Iterator[PatientRecord]:
    """Every record that was not deleted."""
    for number, authority, text in connection.execute(_EVERYONE):
        facts = _loads(text)
        if not register.is_removed(facts):
            yield register.record_of((str(number), str(authority)), facts)


def known(connection: apsw.Connection, number: str) -> list[tuple[Key, Facts]]:
    """Records under that number, with their facts."""
    rows = connection.execute(_BY_NUMBER, (number,)).fetchall()
    return [((str(row[0]), str(row[1])), _loads(row[2])) for row in rows]


def find(connection: apsw.Connection, person: Demographics) -> tuple[PatientRecord, ...]:
    """Everyone who could be the person, whom they were merged into, and whom they are linked with.

    TRANSACTION: reads only, all of one state of the index; stores nothing.
    """
    connection.execute("BEGIN")
    try:
        found: dict[Key, tuple[PatientRecord, Facts]] = {}
        for identity in _identities(connection, person):
            row = next(iter(connection.execute(_BY_ID, (identity,))), None)
            if row is not None:
                _add(found, (str(row[0]), str(row[1])), _loads(row[2]))
        _follow(connection, found)
    finally:
        connection.execute("ROLLBACK")
    return tuple(record for record, _ in found.values())


def _identities(connection: apsw.Connection, person: Demographics) -> set[int]:
    found: set[int] = set()
    for item in person.identifiers:
        found |= _column(connection, _by_number(item.value), "")
    for birth in lookup.birth_forms(person.birth_date):
        found |= _column(connection, BORN, birth)
    for pair in lookup.name_keys(person.family, person.given):
        found |= set(_namesakes(connection, _by_name(*pair), person.birth_date))
    return found


def _column(connection: apsw.Connection, word: str, birth: str) -> set[int]:
    return {int(row[0]) for row in connection.execute(_FIND, (word, birth))}


def _namesakes(connection: apsw.Connection, word: str, birth: str) -> Iterator[int]:
    fits: dict[str, bool] = {}
    for other, identity in connection.execute(_FIND_NAMESAKES, (word,)):
        if other not in fits:
            fits[other] = lookup.could_be_born(birth, other)
        if fits[other]:
            yield int(identity)


def _add(found: dict[Key, tuple[PatientRecord, Facts]], key: Key, facts: Facts) -> None:
    if not register.is_removed(facts):
        found[key] = register.record_of(key, facts), facts


def _follow(connection: apsw.Connection, found: dict[Key, tuple[PatientRecord, Facts]]) -> None:
    """Survivors along the chain of merges, and linked records, until nobody is new."""
    seen: set[Key] = set(found)
    waiting: list[Key] = [other for _, facts in found.values() for other in _related(facts)]
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        row = next(iter(connection.execute(_BY_KEY, key)), None)
        if row is not None:
            facts = _loads(row[1])
            _add(found, key, facts)
            waiting += _related(facts)


def _related(facts: Facts) -> Sequence[Key]:
    survivor = register.successor(facts)
    return (*register.links(facts), *((survivor,) if survivor else ()))
