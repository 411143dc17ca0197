"""The hospital's own database in a SQLite file: who is found, what a row may look like, and when there is no answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import apsw
import pytest
from pydantic import ValidationError

from engine.domain.patient import Demographics, Identifier, OtherName, PatientRecord
from engine.links.failures import CallFailed
from engine.plugins.directories.sql import SqlSettings
from engine.plugins.directories.sql.directory import Query, SqlDirectory
from engine.plugins.directories.sql.sqlite import SqliteDatabase
from engine.plugins.directories.sql.statement import Statement
from engine.ports.directory import DirectoryIncomplete, DirectoryUnavailable
from tests.support.sql_directory import Clock, build

COLUMNS = "nr AS MRN, family, given, dob AS birth_date, sex, merged AS merged_into, other AS identifiers"
BY_NUMBER = f"SELECT {COLUMNS} FROM pat WHERE nr = :identifier"
BY_PERSON = (
    f"SELECT {COLUMNS} FROM pat WHERE substr(dob, 1, 10) IN (:birth_date, :birth_date_swapped) OR fold = :family_folded"
)
ROWS = [
    (4711, "Marlow", "Ada", "1968-05-12", "F", None, "NHS:943; :1;x", "marlow"),
    (5000, "Fern", "Bob", "19500102", "M", 4711, None, "fern"),
    (6000, "Núñez", "Cy", "1968-12-05T00:00:00", "male", None, None, "nunez"),
    (7000, "Odd", "Di", "02/01/1950", "F", 7000, None, "odd"),
]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a database of four patients."""
    connection = apsw.Connection(str(tmp_path / "pas.db"))
    connection.execute("CREATE TABLE pat (nr INTEGER, family, given, dob, sex, merged, other, fold)")
    connection.executemany("INSERT INTO pat VALUES (?, ?, ?, ?, ?, ?, ?, ?)", ROWS)
    connection.close()
    return tmp_path


def _directory(site: Path, **settings: Any) -> SqlDirectory:
    return build(site, **{"file": "pas.db", "by_identifier": BY_NUMBER, "by_person": BY_PERSON, **settings})[0]


async def _found(directory: SqlDirectory, **person: Any) -> Mapping[str, PatientRecord]:
    try:
        return {item.mrn: item for item in await directory.candidates(Demographics(**person))}
    finally:
        await directory.close()


def _number(value: str) -> dict[str, Any]:
    return {"identifiers": (Identifier(value=value, type="MR"),)}


async def test_a_row_becomes_a_record(site: Path) -> None:
    """Numbers and dates in whatever type, names of columns in whatever case; what names nobody is left out."""
    found = await _found(_directory(site), **_number("4711"))
    assert found == {
        "4711": PatientRecord(
            mrn="4711", assigning_authority="HOSP", family="Marlow", given="Ada", birth_date="1968-05-12", sex="F",
            identifiers=(Identifier(value="943", authority="NHS"), Identifier(value="1")),
        )
    }  # fmt: skip


@pytest.mark.parametrize(
    ("person", "mrns"),
    [
        (_number("1"), []),
        ({"birth_date": "1968-05-12"}, ["4711", "6000"]),
        ({"family": "NUNEZ", "given": "Cy"}, ["6000"]),
        ({"family": "Nobody", "birth_date": "1968"}, []),
        ({**_number("7000"), "birth_date": "1968-05-12"}, ["4711", "6000", "7000"]),
        ({}, []),
    ],
)
async def test_all_who_could_be_meant_are_found(site: Path, person: dict[str, Any], mrns: list[str]) -> None:
    """By number and by the rest, each person once."""
    assert sorted(await _found(_directory(site), **person)) == mrns


async def test_a_merged_record_brings_its_survivor(site: Path) -> None:
    """It is asked for by number; a record merged into itself ends the chain."""
    found = await _found(_directory(site), **_number("5000"))
    assert (found["5000"].merged_into, found["4711"].merged_into) == ("4711", "")
    assert sorted(await _found(_directory(site), **_number("7000"))) == ["7000"]


async def test_dates_and_sexes_that_say_nothing_certain(site: Path) -> None:
    """A compact date and a timestamp are dates; one that cannot be read stays and agrees with none."""
    found = {**await _found(_directory(site), **_number("5000")), **await _found(_directory(site), **_number("6000"))}
    assert [(found[mrn].birth_date, found[mrn].sex) for mrn in ("5000", "6000")] == [
        ("1950-01-02", "M"),
        ("1968-12-05", ""),
    ]
    odd = await _found(_directory(site), **_number("7000"))
    assert odd["7000"].birth_date == "02/01/1950"


async def test_rows_of_a_join_are_one_patient(site: Path) -> None:
    """A row for each number and name; two birth dates under one number are shown and never matched."""
    connection = apsw.Connection(str(site / "pas.db"))
    connection.execute("INSERT INTO pat VALUES (4711, 'Hart', 'Ada', '1968-05-12', 'F', NULL, 'REG:7', '')")
    found = await _found(_directory(site), **_number("4711"))
    assert [item.value for item in found["4711"].identifiers] == ["943", "1", "7"]
    assert (found["4711"].other_names, found["4711"].registered) == ((OtherName(family="Hart", given="Ada"),), True)
    connection.execute("INSERT INTO pat VALUES (4711, 'Marlow', 'Ada', '1986-05-12', 'F', NULL, NULL, '')")
    connection.close()
    assert not (await _found(_directory(site), **_number("4711")))["4711"].registered


async def test_more_rows_than_may_be_read_are_a_persons_decision(site: Path) -> None:
    """What was read is shown; nothing may be released on it."""
    with pytest.raises(DirectoryIncomplete) as caught:
        await _found(_directory(site, max_rows=1), birth_date="1968-05-12")
    assert [item.mrn for item in caught.value.found] == ["4711"]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"by_identifier": "SELECT nr, family, given FROM pat WHERE nr = :identifier"}, "wrong_shape"),
        ({"by_identifier": "SELECT * FROM no_such_table WHERE nr = :identifier"}, "client_error"),
        ({"file": "absent.db"}, "connect"),
    ],
)
async def test_without_a_usable_answer_the_directory_is_down(site: Path, settings: dict[str, Any], reason: str) -> None:
    """The log says why, without the question's content; nothing is made up and no file is created."""
    words = {"file": "pas.db", "by_identifier": BY_NUMBER, "by_person": BY_PERSON, **settings}
    directory, seen = build(site, **words)
    with pytest.raises(DirectoryUnavailable):
        await _found(directory, **_number("4711"))
    assert seen.notes == [
        ("directory.no_answer", {"level": "warning", "directory": "pas", "reason": reason, "status": None})
    ]
    assert [path.name for path in site.iterdir()] == ["pas.db"]


async def test_a_question_that_takes_too_long_is_broken_off(site: Path) -> None:
    """The database works for ever; the clock says the time is up."""
    endless = (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n WHERE i = :identifier || 'x'"
    )
    directory, seen = build(
        site, Clock(step=1.0), file="pas.db", by_identifier=endless, by_person=BY_PERSON, timeout="5s"
    )
    with pytest.raises(DirectoryUnavailable):
        await _found(directory, **_number("4711"))
    assert seen.notes[0][1]["reason"] == "timeout"


async def test_a_failing_database_is_left_alone_for_a_while(site: Path) -> None:
    """After some failures in a row it is not asked; the file appears and after the pause it answers again."""
    clock = Clock()
    settings = {
        "file": "later.db",
        "by_identifier": BY_NUMBER,
        "by_person": BY_PERSON,
        "breaker": {"failures": 2, "reset": "30s"},
    }
    directory, seen = build(site, clock, **settings)
    for _ in range(3):
        with pytest.raises(DirectoryUnavailable):
            await directory.candidates(Demographics(**_number("4711")))
    assert [fields.get("reason") or fields["state"] for _, fields in seen.notes] == ["connect", "open"]
    (site / "pas.db").rename(site / "later.db")
    with pytest.raises(DirectoryUnavailable):
        await directory.candidates(Demographics(**_number("4711")))
    await clock.sleep(31)
    assert list(await _found(directory, **_number("4711"))) == ["4711"]


async def test_nothing_can_be_written(site: Path) -> None:
    """Not even by a statement that passed the check: the connection itself refuses."""
    before = hashlib.sha256((site / "pas.db").read_bytes()).hexdigest()
    settings = SqlSettings(file="pas.db", by_identifier=BY_NUMBER, by_person=BY_PERSON)
    database = SqliteDatabase(settings, site / "pas.db", Clock())  # type: ignore[arg-type]  # the used parts only
    for text in ("DELETE FROM pat", "INSERT INTO pat (nr) VALUES (1) RETURNING nr", "CREATE TABLE x (y)"):
        planted = Query(statement=Statement(text=text, pieces=(text,), parameters=()), values={})
        with pytest.raises(CallFailed):
            await database.ask([planted], 10)
    await database.close()
    assert hashlib.sha256((site / "pas.db").read_bytes()).hexdigest() == before


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "give either `dsn` (PostgreSQL) or `file` (SQLite)"),
        ({"file": "a.db", "dsn": "postgresql://h/d"}, "give either `dsn` (PostgreSQL) or `file` (SQLite)"),
        ({"dsn": "mysql://h/d"}, "not an address of a PostgreSQL server; it begins with postgresql://"),
    ],
)
def test_one_database_is_named(settings: dict[str, Any], told: str) -> None:
    """Neither, both, or a kind that there is no driver for."""
    with pytest.raises(ValidationError) as caught:
        SqlSettings(by_identifier=BY_NUMBER, by_person=BY_PERSON, **settings)
    assert told in str(caught.value)
