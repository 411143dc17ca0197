"""The index counts names and birth dates as the patient file does, and never takes a common one for rare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.domain import frequency, register
from engine.domain.frequency import ENOUGH, Commonness
from engine.domain.patient import PatientRecord
from engine.plugins.directories.index import IndexSettings
from engine.plugins.directories.index.directory import IndexDirectory
from engine.ports.directory import CountsPeople
from engine.ports.services import SiteServices

pytestmark = pytest.mark.slow  # a thousand people are written

ADA = PatientRecord(
    mrn="1", assigning_authority="HOSP", family="Müller Arce", given="Ada", birth_date="1968-05-12", sex="F"
)
RENATE = replace(ADA, mrn="2", family="Mueller", given="Renate", birth_date="1970-01-01")
NAMESAKES = [replace(RENATE, mrn=f"n{number}", birth_date=f"1970-02-{number + 1:02}") for number in range(20)]


def _crowd(count: int) -> list[PatientRecord]:
    return [
        replace(ADA, mrn=f"c{at}", family=f"Name{at}", given=f"Given{at}", birth_date=f"{1900 + at // 300}-01-01")
        for at in range(count)
    ]


async def _filled(folder: Path, people: Sequence[PatientRecord]) -> IndexDirectory:
    services = SiteServices(site=folder, node="n", clock=None, ids=None, observer=None)  # type: ignore[arg-type]  # not used
    index = IndexDirectory(IndexSettings(path="p.db", default_authority="HOSP"), services)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    await index.apply(
        [register.PatientNews(key=one.key, said=register.facts_of(one, one.key), at=at) for one in people]
    )
    return index


async def test_the_index_counts_as_the_file_does(tmp_path: Path) -> None:
    """Birth dates exactly; names by their rarest word in any spelling, so at least as many as the file counts."""
    people = [ADA, RENATE, *NAMESAKES, *_crowd(ENOUGH)]
    index, summary = await _filled(tmp_path, people), frequency.summary(people)
    assert isinstance(index, CountsPeople)
    assert await index.commonness(RENATE) == Commonness(people=len(people), family=22, given=21, birth_date=1)
    for one in (ADA, RENATE, *people[-3:]):
        here, there = await index.commonness(one), summary.commonness(one)
        assert here is not None
        assert there is not None
        assert here.birth_date == there.birth_date
        assert here.family >= there.family
        assert here.given >= there.given
    assert await index.chances() == frequency.chances(people)
    await index.close()


async def test_it_counts_what_is_known_now(tmp_path: Path) -> None:
    """One more of the name after one more message; too few people count nothing."""
    index = await _filled(tmp_path, [RENATE, *_crowd(ENOUGH - 2)])
    assert await index.commonness(RENATE) is None
    at = datetime(2026, 2, 1, tzinfo=UTC)
    said = register.facts_of(NAMESAKES[0], NAMESAKES[0].key)
    await index.apply([register.PatientNews(key=NAMESAKES[0].key, said=said, at=at)])
    found = await index.commonness(RENATE)
    assert found is not None
    assert (found.people, found.family) == (ENOUGH, 2)
    await index.close()
