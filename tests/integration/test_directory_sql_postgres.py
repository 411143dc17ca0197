"""The hospital's own database on a real PostgreSQL server: typed columns, no writing, no answer in time, an outage."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from engine.domain.patient import Demographics, Identifier
from engine.plugins.directories.sql.directory import SqlDirectory
from engine.ports.directory import DirectoryIncomplete, DirectoryUnavailable
from tests.support.postgres_server import PostgresServer, new_database, running_server
from tests.support.sql_directory import Seen, build

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

DOCUMENTED = Path(__file__).parents[2] / "docs/matching.md"


def _documented(key: str) -> str:
    """The query of the page that operators copy from."""
    text = DOCUMENTED.read_text(encoding="utf-8")
    lines = text[text.index(f"    {key}: |\n") :].splitlines()[1:]
    return "\n".join(takewhile(lambda line: line.startswith("      "), lines))


BY_NUMBER, BY_PERSON = _documented("by_identifier"), _documented("by_person")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One server for all tests of this file."""
    with running_server(is_durable=False) as found:
        yield found


@pytest.fixture
async def dsn(server: PostgresServer) -> str:
    """A database with three patients."""
    found = await new_database(server, "pas")
    connection = await asyncpg.connect(found)
    await connection.execute(
        """
        CREATE TABLE patient (mrn bigint, family char(12), given text, birth_date date, sex char, merged_into bigint);
        INSERT INTO patient VALUES (4711, 'Marlow', 'Ada', '1968-05-12', 'F', NULL), (5000, 'Fern', 'Bob', '1950-01-02', 'M', 4711),
            (6000, 'Reed', 'Cy', '1968-12-05', 'M', NULL);
        CREATE FUNCTION wipe() RETURNS bigint LANGUAGE sql AS 'DELETE FROM patient; SELECT 1::bigint';
        """
    )
    await connection.close()
    return found


@pytest.fixture
async def opened() -> AsyncIterator[list[SqlDirectory]]:
    """Directories that are closed at the end."""
    made: list[SqlDirectory] = []
    yield made
    for directory in made:
        await directory.close()


def _directory(opened: list[SqlDirectory], dsn: str, **settings: Any) -> tuple[SqlDirectory, Seen]:
    made = build(
        Path(), **{"dsn": dsn, "by_identifier": BY_NUMBER, "by_person": BY_PERSON, "timeout": "20s", **settings}
    )
    opened.append(made[0])
    return made


def _number(value: str) -> Demographics:
    return Demographics(identifiers=(Identifier(value=value, type="MR"),))


async def test_patients_are_found_and_merges_followed(dsn: str, opened: list[SqlDirectory]) -> None:
    """Padded texts, dates and numbers become what matching compares."""
    directory, _ = _directory(opened, dsn)
    found = {item.mrn: item for item in await directory.candidates(_number("5000"))}
    assert (found["5000"].merged_into, found["4711"].family, found["4711"].birth_date) == (
        "4711",
        "Marlow",
        "1968-05-12",
    )
    people = Demographics(family="REED", given="cy", birth_date="1968-05-12")
    assert sorted(item.mrn for item in await directory.candidates(people)) == ["4711", "6000"]
    assert await directory.candidates(_number("no number")) == ()


@pytest.mark.parametrize(
    "query",
    [
        "WITH gone AS (DELETE FROM patient RETURNING *) SELECT * FROM gone WHERE mrn::text <> :identifier",
        "SELECT wipe() AS mrn, '' AS family, '' AS given, '' AS birth_date WHERE :identifier <> ''",
        (
            "SELECT set_config('transaction_read_only', 'off', false) AS mrn, wipe() AS family, '' AS given, '' AS birth_date "
            "WHERE :identifier <> ''"
        ),
    ],
)
async def test_the_server_refuses_to_write(dsn: str, opened: list[SqlDirectory], query: str) -> None:
    """Whatever the query says, every patient is still there."""
    directory, _ = _directory(opened, dsn, by_identifier=query)
    with pytest.raises(DirectoryUnavailable):
        await directory.candidates(_number("4711"))
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT count(*) FROM patient") == 3
    await connection.close()


async def test_a_question_the_server_refuses_goes_to_a_person(dsn: str, opened: list[SqlDirectory]) -> None:
    """A number that is none where the query casts it: waiting would not help, so the message does not wait."""
    directory, seen = _directory(
        opened, dsn, by_identifier="SELECT * FROM patient WHERE mrn = CAST(:identifier AS bigint)"
    )
    with pytest.raises(DirectoryIncomplete):
        await directory.candidates(_number("A-4711"))
    assert [item.mrn for item in await directory.candidates(_number("4711"))] == ["4711"]
    assert "4711" not in str(seen.notes)


async def test_a_query_that_takes_too_long_is_no_answer(dsn: str, opened: list[SqlDirectory]) -> None:
    """The limit is the server's too."""
    slow = "SELECT *, pg_sleep(60) FROM patient WHERE mrn::text = :identifier"
    directory, seen = _directory(opened, dsn, by_identifier=slow, timeout="300ms")
    with pytest.raises(DirectoryUnavailable):
        await directory.candidates(_number("4711"))
    assert seen.notes[0][1]["reason"] == "timeout"


async def test_a_server_that_is_down_is_no_answer_until_it_is_back(
    server: PostgresServer, dsn: str, opened: list[SqlDirectory]
) -> None:
    """Sessions of before the outage are given up without help."""
    directory, seen = _directory(opened, dsn, tries=3)
    assert len(await directory.candidates(_number("4711"))) == 1
    server.stop("immediate")
    try:
        with pytest.raises(DirectoryUnavailable):
            await directory.candidates(_number("4711"))
    finally:
        server.start()
    assert len(await directory.candidates(_number("4711"))) == 1
    assert [(event, fields.get("reason")) for event, fields in seen.notes] == [
        ("directory.no_answer", "connect"), ("directory.back", None),
    ]  # fmt: skip
