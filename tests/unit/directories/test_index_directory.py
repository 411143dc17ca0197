"""The patient index on a real SQLite file: who is found, what outlives a restart, whose file it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from engine.domain.patient import Demographics, Identifier
from engine.plugins.directories.index import IndexSettings, tables
from engine.plugins.directories.index.directory import IndexDirectory
from engine.ports.directory import DirectoryUnavailable
from engine.ports.register import PatientRegister
from engine.ports.services import SiteServices
from tests.support.adt import ADA, BOB, adt, news, pid

SETTINGS = IndexSettings(path="var/patients.db", default_authority="HOSP", time_zone="UTC")


class Notes:
    """An observer that keeps what is noted."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def note(self, event: str, /, **_fields: object) -> None:
        self.events.append(event)


def open_index(site: Path, settings: IndexSettings = SETTINGS) -> IndexDirectory:
    """An index in that folder."""
    services = SiteServices(site=site, node="n", clock=None, ids=None, observer=Notes())  # type: ignore[arg-type]  # the used parts only
    return IndexDirectory(settings, services)


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[IndexDirectory]:
    """An empty index."""
    made = open_index(tmp_path)
    yield made
    await made.close()


async def _tell(index: IndexDirectory, *messages: bytes) -> None:
    for number, raw in enumerate(messages):
        await index.apply(news(raw, number))


async def _found(index: IndexDirectory, **person: object) -> list[tuple[str, str]]:
    records = await index.candidates(Demographics(**person))  # type: ignore[arg-type]  # the caller's words
    return sorted((item.mrn, item.merged_into) for item in records)


def _number(value: str) -> dict[str, object]:
    return {"identifiers": (Identifier(value=value),)}


@pytest.mark.parametrize(
    "person",
    [
        _number("4711"),
        _number("943"),
        {"birth_date": "1968-05-12"},
        {"birth_date": "1968-12-05"},
        {"family": "MÀRLOW", "given": "A."},
        {"family": "Ada", "given": "Marlow", "birth_date": "1968-05-13"},
        {"family": "Hart", "given": "Ada", "birth_date": "1968-05"},
    ],
)
async def test_a_person_is_found_by_whatever_fits(index: IndexDirectory, person: dict[str, object]) -> None:
    """Any number, the birth date or its swapped form, the name either way round with a digit off, a maiden name."""
    await _tell(
        index,
        adt("A28", pid(f"{ADA}~943^^^NHS^NH", "Marlow^Ada~Hart^Ada^^^^^M")),
        adt("A28", pid(BOB, "Fern^Bob", "19500102", "M")),
    )
    assert await _found(index, **person) == [("4711", "")]


async def test_namesakes_of_another_age_are_no_candidates(index: IndexDirectory) -> None:
    """There are hundreds of some names in a large hospital."""
    await _tell(index, adt("A28"))
    assert await _found(index, family="Marlow", given="Ada", birth_date="1990-01-01") == []


async def test_a_merged_record_comes_with_its_survivor(index: IndexDirectory) -> None:
    """Along a chain of merges, and an update of the merged record does not revive it."""
    await _tell(
        index, adt("A40", pid(), f"MRG|{BOB}"), adt("A40", pid("1^^^HOSP^MR", "Marlow^Adah"), f"MRG|{ADA}"),
        adt("A08", pid(BOB, "Fern^Bob"), at="20260301090000"),
    )  # fmt: skip
    assert await _found(index, **_number("5000")) == [("1", ""), ("4711", "1"), ("5000", "4711")]


async def test_linked_records_come_together_until_the_link_is_taken_back(index: IndexDirectory) -> None:
    """A24 and A37; both records live."""
    await _tell(index, adt("A24", pid(), pid(BOB, "Fern^Bob", "19500102", "M")))
    assert await _found(index, **_number("4711")) == [("4711", ""), ("5000", "")]
    await _tell(index, adt("A37", pid(), pid(BOB), at="20260301090000"))
    assert await _found(index, **_number("4711")) == [("4711", "")]


async def test_a_deleted_record_is_not_found_and_a_new_name_only_under_the_new(index: IndexDirectory) -> None:
    """The words a record is found by follow its facts."""
    await _tell(index, adt("A28"), adt("A08", pid(name="Hart^Ada"), at="20260301090000"))
    assert await _found(index, family="Marlow", given="Ada") == []
    assert await _found(index, family="Hart", given="Ada") == [("4711", "")]
    await _tell(index, adt("A29", at="20260301100000"))
    assert await _found(index, **_number("4711")) == []
    (row,) = await index.known("4711")
    assert row.key == ("4711", "HOSP")


async def test_an_older_message_changes_nothing(index: IndexDirectory) -> None:
    """A late A08 does not bring the old name back; fields it alone knows are taken."""
    await _tell(
        index, adt("A08", pid(name="Hart^Ada"), at="20260301090000"), adt("A08", pid(f13="555"), at="20260301080000")
    )
    (record,) = await index.candidates(Demographics(**_number("4711")))  # type: ignore[arg-type]  # one keyword
    assert (record.family, record.phone) == ("Hart", "555")


async def test_times_with_and_without_an_offset_are_compared_as_moments(tmp_path: Path) -> None:
    """09:00 in Madrid is before 08:30 in UTC."""
    index = open_index(tmp_path, SETTINGS.model_copy(update={"time_zone": "Europe/Madrid"}))
    await _tell(
        index,
        adt("A08", pid(name="New^Ada"), at="20260301083000+0000"),
        adt("A08", pid(name="Old^Ada"), at="20260301090000"),
    )
    (record,) = await index.candidates(Demographics(**_number("4711")))  # type: ignore[arg-type]  # one keyword
    await index.close()
    assert record.family == "New"


async def test_what_was_applied_outlives_the_process(tmp_path: Path) -> None:
    """On disk when `apply` returns; the file is for its owner only."""
    first = open_index(tmp_path)
    await _tell(first, adt("A28"))
    second = open_index(tmp_path)
    assert await _found(second, **_number("4711")) == [("4711", "")]
    assert (tmp_path / "var/patients.db").stat().st_mode & 0o777 == 0o600
    await first.close()
    await second.close()


async def test_messages_at_the_same_time_are_written_together(index: IndexDirectory) -> None:
    """Everyone who waits learns that it is on disk; one flush serves many."""
    calls = [index.apply(news(adt("A28", pid(f"{n}^^^HOSP^MR")), n)) for n in range(50)]
    counts = await asyncio.gather(*calls)
    assert max(counts) > 1
    assert len(await index.candidates(Demographics(birth_date="1968-05-12"))) == 50


async def test_a_foreign_database_is_left_alone(tmp_path: Path) -> None:
    """The engine's own store as the index, by a slip: nothing is written to it, the message waits."""
    (tmp_path / "var").mkdir()
    connection = apsw.Connection(str(tmp_path / "var/patients.db"))
    connection.execute("CREATE TABLE message (id)")
    before = (tmp_path / "var/patients.db").read_bytes()
    index = open_index(tmp_path)
    with pytest.raises(DirectoryUnavailable):
        await _tell(index, adt("A28"))
    await index.close()
    assert (tmp_path / "var/patients.db").read_bytes() == before


async def test_a_locked_or_broken_file_is_no_answer_and_is_noted(tmp_path: Path) -> None:
    """Unavailable, which waits or goes to a person; never an empty answer."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var/patients.db").write_bytes(b"no database" * 100)
    index = open_index(tmp_path)
    with pytest.raises(DirectoryUnavailable):
        await _found(index, **_number("4711"))
    with pytest.raises(DirectoryUnavailable):
        await _tell(index, adt("A28"))
    assert index._observer.events == ["directory.unreadable"] * 2  # type: ignore[attr-defined]  # the test's own
    await index.close()


async def test_a_failed_batch_is_tried_again_by_whoever_waits_for_it(
    index: IndexDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one is written two gather; the disk refuses the first of them, the second writes for both."""
    write, answers = tables.write, [None, apsw.IOError("disk"), None]

    def refuse_second(connection: apsw.Connection, batch: list[tables.Said]) -> int:
        failure = answers.pop(0)
        if failure is not None:
            raise failure
        return write(connection, batch)

    monkeypatch.setattr(tables, "write", refuse_second)
    calls = [index.apply(news(adt("A28", pid(number)))) for number in ("1^^^HOSP^MR", ADA, BOB)]
    first, second, third = await asyncio.gather(*calls, return_exceptions=True)
    assert (first, type(second), third) == (1, DirectoryUnavailable, 2)
    assert await _found(index, birth_date="1968-05-12") == [("1", ""), ("4711", ""), ("5000", "")]


def test_the_index_can_be_told() -> None:
    """The directory implements the port that the stage asks for."""
    assert isinstance(open_index(Path()), PatientRegister)
