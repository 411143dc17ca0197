"""Whatever comes twice, late or in another order: the patient index ends the same, and as the newest messages say."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.domain.patient import Demographics, Identifier, PatientRecord
from engine.plugins.directories.index import IndexSettings
from engine.plugins.directories.index.directory import IndexDirectory
from engine.ports.services import SiteServices
from tests.support.adt import adt, news, pid

pytestmark = pytest.mark.slow  # each example writes SQLite files

NUMBERS = ("1", "2", "3", "4")
NAMES = ("Marlow^Ada", "Hart^Ada", "Fern^Bob", "")
BIRTHS = ("19680512", "19681205", "19500102", "", '""')


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One message of a history; its place in the history is its time."""

    kind: str
    number: str
    other: str
    name: str
    birth: str
    minute: int
    order: int

    def raw(self) -> bytes:
        own = pid(f"{self.number}^^^HOSP^MR~N{self.number}^^^NHS^NH", self.name, self.birth)
        second = {"A40": f"MRG|{self.other}^^^HOSP^MR", "A24": pid(f"{self.other}^^^HOSP^MR", self.name)}
        lines = (own, second["A24"]) if self.kind == "A37" else (own, *filter(None, [second.get(self.kind)]))
        return adt(self.kind, *lines, at=f"2026030108{self.minute:02}00")


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Up to fourteen messages about four numbers; some in the same minute."""
    found, minute = [], 0
    for order in range(draw(st.integers(1, 14))):
        number, other = draw(st.permutations(NUMBERS))[:2]
        minute += draw(st.integers(0, 1))
        kind = draw(st.sampled_from(("A28", "A08", "A08", "A40", "A40", "A24", "A37", "A29")))
        found.append(
            Event(
                kind=kind, number=number, other=other, name=draw(st.sampled_from(NAMES)),
                birth=draw(st.sampled_from(BIRTHS)), minute=minute, order=order,
            )
        )  # fmt: skip
    return found


class _Silent:
    def note(self, event: str, /, **fields: object) -> None:
        raise AssertionError(event, fields)


async def _ends(events: Sequence[Event]) -> tuple[object, ...]:
    """Facts and lookups of an index that was told these messages in this order."""
    with tempfile.TemporaryDirectory() as folder:
        services = SiteServices(site=Path(folder), node="n", clock=None, ids=None, observer=_Silent())  # type: ignore[arg-type]  # the used parts only
        index = IndexDirectory(IndexSettings(path="p.db", default_authority="HOSP", time_zone="UTC"), services)
        for event in events:
            await index.apply(news(event.raw(), event.order))
        facts = [await index.known(number) for number in NUMBERS]
        found = [await index.candidates(person) for person in _questions()]
        await index.close()
    return facts, [sorted(map(repr, records)) for records in found]


def _questions() -> list[Demographics]:
    numbers = [*NUMBERS, *(f"N{number}" for number in NUMBERS)]
    births = ("1968-05-12", "1950-01-02")
    by_name = [Demographics(family=name.split("^")[0], given=name.split("^")[1]) for name in NAMES if name]
    return [
        *(Demographics(identifiers=(Identifier(value=number),)) for number in numbers),
        *(Demographics(birth_date=birth) for birth in births),
        *by_name,
    ]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_order_and_repetition_ends_in_the_same_index(data: st.DataObject) -> None:
    """A history in order, and the same history shuffled with repetitions; merges, links, deletions and all."""
    history = data.draw(histories())
    repeats = data.draw(st.lists(st.sampled_from(history), max_size=6))
    shuffled = data.draw(st.permutations([*history, *repeats]))
    assert asyncio.run(_ends(shuffled)) == asyncio.run(_ends(history))


def _newest(history: Sequence[Event], number: str) -> tuple[str, str, bool]:
    """Told by hand: the name, the survivor and whether the record is deleted, of the history in order."""
    name, survivor, gone = "", "", False
    for event in history:
        about = event.number == number or (event.kind in ("A24", "A37") and event.other == number)
        if event.kind == "A40" and event.other == number:
            survivor = event.number
        if about and event.kind == "A29":
            gone = True
        elif about:
            name, gone = event.name or name, False
            survivor = "" if event.kind == "A40" else survivor
    return name, survivor, gone


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories())
def test_the_index_says_what_the_newest_messages_said(history: list[Event]) -> None:
    """Against a model without stamps that takes the messages in their order."""

    async def told() -> list[Sequence[PatientRecord]]:
        with tempfile.TemporaryDirectory() as folder:
            services = SiteServices(site=Path(folder), node="n", clock=None, ids=None, observer=_Silent())  # type: ignore[arg-type]  # the used parts only
            index = IndexDirectory(IndexSettings(path="p.db", default_authority="HOSP", time_zone="UTC"), services)
            for event in history:
                await index.apply(news(event.raw(), event.order))
            found = [await index.candidates(Demographics(identifiers=(Identifier(value=one),))) for one in NUMBERS]
            await index.close()
        return found

    for number, records in zip(NUMBERS, asyncio.run(told()), strict=True):
        name, survivor, gone = _newest(history, number)
        own = next((item for item in records if item.mrn == number), None)
        is_known = any(
            number in (event.number, event.other if event.kind in ("A40", "A24", "A37") else "") for event in history
        )
        assert (own is not None) == (is_known and not gone)
        if own is not None:
            assert (f"{own.family}^{own.given}" if own.family else "", own.merged_into) == (name, survivor)
