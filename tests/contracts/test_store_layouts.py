"""The memory of report forms in a store: kept over a restart, one word of a person, gone when told."""

from __future__ import annotations

import dataclasses

import pytest

from engine.domain.layout import Form, Layout, LayoutState
from engine.ports.layouts import KeepsLayouts, LayoutBook
from engine.ports.store import AuditEntry, Store
from tests.contracts.store_kit import START, Shop

# The model store of the simulation is left out: it knows no laboratories.
pytestmark = pytest.mark.parametrize(
    "shop", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True
)
PERSON = AuditEntry(action="layout.confirm", actor="anna")
FORM = Form(kind="table", roles=("test", "result"), titles=("test", "result"), places=(0.0, 1.0))
LAYOUT = Layout(
    sender="north|lis", lab="northlab", form=FORM, state=LayoutState.LEARNED, first_at=START, message_id="m1"
)


def book_of(store: Store) -> LayoutBook:
    assert isinstance(store, KeepsLayouts)
    return store.layouts


async def test_layout_is_there_after_a_restart(shop: Shop) -> None:
    """What was remembered before a restart is found after it, by its sender only."""
    await book_of(await shop.open()).see(LAYOUT)
    await shop.close()
    book = book_of(await shop.open())
    assert list(await book.of_sender("north|lis")) == [LAYOUT]
    assert list(await book.of_sender("south|lis")) == []
    assert list(await book.everything()) == [LAYOUT]


async def test_second_document_counts_and_keeps_the_state(shop: Shop) -> None:
    """A layout seen again counts its documents; only one that is merely seen takes the newer state."""
    book = book_of(await shop.open())
    seen = dataclasses.replace(LAYOUT, lab="other", state=LayoutState.SEEN)
    for item in (LAYOUT, dataclasses.replace(LAYOUT, state=LayoutState.HELD), seen):
        await book.see(item)
    await book.see(dataclasses.replace(seen, state=LayoutState.LEARNED))
    states = {item.lab: (item.state, item.documents) for item in await book.everything()}
    assert states == {"northlab": (LayoutState.LEARNED, 2), "other": (LayoutState.LEARNED, 2)}


async def test_person_confirms_and_forgets(shop: Shop) -> None:
    """A confirmed layout names who did it; a forgotten one is gone; an unknown id is told as such."""
    book = book_of(await shop.open())
    await book.see(dataclasses.replace(LAYOUT, state=LayoutState.HELD))
    assert await book.confirm(LAYOUT.id, by="anna", audit=PERSON)
    (kept,) = await book.everything()
    assert (kept.state, kept.decided_by) == (LayoutState.CONFIRMED, "anna")
    assert await book.forget(LAYOUT.id, audit=PERSON)
    assert list(await book.everything()) == []
    assert not await book.confirm(LAYOUT.id, by="anna", audit=PERSON)
    assert not await book.forget(LAYOUT.id, audit=PERSON)
