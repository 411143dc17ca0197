"""Values as they lie in the columns of every store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.document import Document
from engine.domain.reasons import REASONS, Reason
from engine.records.values import (
    dump_documents,
    dump_reasons,
    load_documents,
    load_reasons,
    micros,
    micros_or_none,
    moment,
    moment_or_none,
)

_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_REASONS = st.builds(Reason, code=st.sampled_from(sorted(REASONS)), text=st.text(), field=st.text())
_DOCUMENTS = st.builds(
    Document,
    sha256=st.text(),
    media_type=st.text(),
    size_bytes=st.integers(0, 1 << 40),
    location=st.text(),
    order_index=st.integers(0, 99),
    declared_type=st.text(),
    file_name=st.text(),
    title=st.text(),
    complete=st.booleans(),
)


@settings(deadline=None)
@given(st.datetimes(timezones=_OFFSETS).filter(lambda value: 1 < value.year < 9999))
def test_times_come_back_as_the_same_instant(value: datetime) -> None:
    """Every aware time survives to the microsecond, whatever its offset."""
    assert moment(micros(value)) == value


def test_no_time_is_null() -> None:
    """None and NULL are one another's image."""
    assert micros_or_none(None) is None
    assert moment_or_none(None) is None
    assert moment_or_none(micros_or_none(datetime(2026, 1, 1, tzinfo=UTC))) == datetime(2026, 1, 1, tzinfo=UTC)


@settings(deadline=None)
@given(st.lists(_REASONS, max_size=4))
def test_reasons_come_back(values: list[Reason]) -> None:
    """Reasons survive their column."""
    assert load_reasons(dump_reasons(values)) == tuple(values)


@settings(deadline=None)
@given(st.lists(_DOCUMENTS, max_size=3))
def test_documents_come_back(values: list[Document]) -> None:
    """Documents survive their column."""
    assert load_documents(dump_documents(values)) == tuple(values)
