"""Whoever the patient file finds, the index finds, and the other way round: both look by the same keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.domain import register
from engine.domain.patient import Demographics, Identifier, PatientRecord
from engine.plugins.directories.file import PatientIndex, read_patients
from engine.plugins.directories.index import IndexSettings
from engine.plugins.directories.index.directory import IndexDirectory
from engine.ports.services import SiteServices
from tests.generators.patients import make_population, write_csv

pytestmark = pytest.mark.slow  # some hundred people are written and looked for


def _descriptions(record: PatientRecord) -> list[Demographics]:
    """The person in words of senders: by number, misspelt, swapped, a digit off, in part."""
    year, month, day = record.birth_date.split("-")
    person = Demographics(family=record.family, given=record.given, birth_date=record.birth_date, sex=record.sex)
    return [
        person,
        Demographics(identifiers=(Identifier(value=record.mrn), *record.identifiers)),
        replace(person, family=record.given.upper(), given=record.family, birth_date=""),
        replace(person, birth_date=f"{year}-{day}-{month}"),
        replace(person, birth_date=f"{year}-{month}-{day[0]}{(int(day[1]) + 1) % 10}"),
        replace(person, birth_date=year),
        replace(person, family=record.family[1:], given=""),
    ]


async def test_both_find_the_same_people(tmp_path: Path) -> None:
    """Records and candidates are equal for every description; merged ones and their survivors too."""
    (tmp_path / "p.csv").write_text(write_csv(make_population(3, 400, "es")), encoding="utf-8")
    loaded = read_patients(tmp_path / "p.csv")
    people = [
        replace(one, merged_into=loaded[place + 1].mrn) if place % 9 == 0 else one for place, one in enumerate(loaded)
    ]
    file = PatientIndex(people)
    services = SiteServices(site=tmp_path, node="n", clock=None, ids=None, observer=None)  # type: ignore[arg-type]  # not used
    index = IndexDirectory(IndexSettings(path="p.db", default_authority="HOSP"), services)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    told = [register.PatientNews(key=one.key, said=register.facts_of(one, one.key), at=at) for one in people]
    assert await index.apply(told) == len(people)
    for person in (description for one in people[:100] for description in _descriptions(one)):
        found = await index.candidates(person)
        assert sorted(found, key=lambda one: one.mrn) == sorted(file.candidates(person), key=lambda one: one.mrn)
    await index.close()
