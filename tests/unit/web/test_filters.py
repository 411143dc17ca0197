"""The filters of the message list."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.message import MessageId
from engine.ports.store import MessageQuery, MessageView
from engine.web import filters
from engine.web.problems import Problem
from tests.unit.web.conftest import Serve
from tests.unit.web.fakes import FakeStore, services

NOW = datetime(2026, 3, 2, 8, 15, tzinfo=timezone(timedelta(hours=1)))


class AskedStore(FakeStore):
    """Remembers the query."""

    query: MessageQuery | None = None
    known: MessageId | None = None

    async def search(self, query: MessageQuery) -> list[MessageView]:
        self.query = query
        return []


async def test_every_filter_reaches_the_store(serve: Serve) -> None:
    """Each parameter of the list becomes its part of the query; an offset is kept, a plus sign as well."""
    kept = AskedStore()
    client = await serve(services(kept))
    asked = {
        "control_id": "C", "channel": "lab", "state": "parked", "q": "T", "since": "2026-03-01",
        "until": "2026-03-02T08:15:00+02:00", "source": "S", "message_type": "ORU^R01", "reason": "delivery.rejected",
        "mrn": "M", "accession": "A", "filler": "F", "limit": "7",
    }  # fmt: skip
    assert (await client.get("/api/v1/messages", params=asked)).status_code == 200
    assert kept.query == MessageQuery(
        control_id="C", channel="lab", state="parked", text="T", limit=8, source="S", message_type="ORU^R01",
        since=datetime(2026, 3, 1, tzinfo=UTC), until=datetime(2026, 3, 2, 6, 15, tzinfo=UTC),
        reason="delivery.rejected", metadata={"patient_mrn": "M", "accession": "A", "filler": "F"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since", "yesterday"), ("since", "2026-13-01"), ("until", "2026-03-02T25:00"), ("until", "0001-01-01"),
        ("since", "9999-12-31"), ("reason", "no.such"), ("state", "lost"), ("since", "20260302"),
    ],
)  # fmt: skip
async def test_a_bad_filter_is_named(serve: Serve, name: str, value: str) -> None:
    """400 with the name of the parameter, before the store is asked."""
    kept = AskedStore()
    client = await serve(services(kept))
    answer = await client.get("/api/v1/messages", params={name: value})
    assert (answer.status_code, answer.json()["parameter"], kept.query) == (400, name, None)


def test_a_time_without_offset_is_the_engines_own() -> None:
    """Midnight of a bare date is midnight at the site."""
    found = filters.query_of({"since": "2026-03-02"}, NOW, limit=1).since
    assert found == datetime(2026, 3, 1, 23, tzinfo=UTC)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    """Nothing else comes out of it, and every time that comes out can be shifted and compared."""
    with contextlib.suppress(Problem):
        found = filters.query_of({"since": text}, NOW, limit=1).since
        assert found is None or found - timedelta(days=1) < found.astimezone(UTC)
