"""Remembered forms of reports through the API and on the overview."""

from __future__ import annotations

from dataclasses import dataclass, field

import jsonschema
import pytest

from engine.domain.layout import Form, Layout, LayoutState
from engine.domain.message import MessageState
from engine.web import openapi
from engine.web.services import ChannelInfo, StageInfo
from tests.support.layout_book import Book
from tests.unit.web.acting_store import ActingStore
from tests.unit.web.conftest import Serve
from tests.unit.web.fakes import START, TOKEN, a_reason, detail, message_id, services, view

FORM = Form(kind="table", roles=("test", "flag", "result"), titles=("test", "flag", "result"), places=(0.0, 0.5, 1.0))
HELD = Layout(
    sender="northlab|lis", lab="north <b>lab", form=FORM, state=LayoutState.HELD, first_at=START, message_id=message_id(1)
)  # fmt: skip
CHANNEL = ChannelInfo(name="lab-reports", stages=(StageInfo(id="gate", use="review"),))


@dataclass
class RememberingStore(ActingStore):
    layouts: Book = field(default_factory=lambda: Book(HELD))


def store() -> RememberingStore:
    """One message that waits for the held layout, one that was delivered."""
    waiting = view(1, state=MessageState.REVIEW, reasons=(a_reason("layout.unknown", "layout"),))
    other = view(2, state=MessageState.DELIVERED)
    return RememberingStore(details=[detail(waiting), detail(other)])


async def test_list_has_the_documented_shape(serve: Serve) -> None:
    """Every member of a layout is described, and none else is there."""
    client = await serve(services(store(), channels=lambda: [CHANNEL]))
    page = (await client.get("/api/v1/layouts")).json()
    document = openapi.document("0")
    schema = {**document["components"]["schemas"]["Layout"], "components": document["components"]}
    (item,) = page["items"]
    jsonschema.validate(item, schema)
    assert (item["id"], item["state"], item["facility"], item["columns"]) == (
        HELD.id,
        "held",
        "northlab",
        [*FORM.roles],
    )


async def test_confirm_lets_go_what_waits_for_it(serve: Serve) -> None:
    """The layout is confirmed, the audit says who and why, and what is in review for a layout runs again, from the gate."""
    kept = store()
    client = await serve(services(kept, channels=lambda: [CHANNEL]))
    answer = await client.post(f"/api/v1/layouts/{HELD.id}/confirm", json={"reason": "compared with the page"})
    assert (answer.status_code, answer.json()) == (200, {"id": HELD.id, "state": "confirmed", "replayed": 1})
    assert kept.replayed == [f"{message_id(1)}:gate"]
    (audit,) = kept.layouts.audits
    assert (audit.action, audit.actor, "compared with the page" in audit.detail) == ("layout.confirm", "admin", True)


async def test_forget_removes_and_replays_nothing(serve: Serve) -> None:
    """A forgotten layout is gone; nothing is sent by it."""
    kept = store()
    client = await serve(services(kept, channels=lambda: [CHANNEL]))
    answer = await client.post(f"/api/v1/layouts/{HELD.id}/forget", json={})
    assert (answer.status_code, kept.layouts.kept, kept.replayed) == (200, {}, [])


@pytest.mark.parametrize("act", ["confirm", "forget"])
async def test_unknown_layout_is_404(serve: Serve, act: str) -> None:
    """An id that is not there, and a store without such a memory."""
    for kept in (store(), ActingStore()):
        client = await serve(services(kept, channels=lambda: [CHANNEL]))
        assert (await client.post(f"/api/v1/layouts/0123456789abcdef/{act}", json={})).status_code == 404


async def test_overview_shows_changed_reports(serve: Serve) -> None:
    """Who opens the desk sees which laboratory changed its report, and how to say that it is read rightly."""
    client = await serve(services(store(), channels=lambda: [CHANNEL]), token=None)
    await client.post("/login", data={"token": TOKEN})
    page = (await client.get("/")).text
    assert "Changed reports" in page
    assert f"headrace layouts confirm {HELD.id}" in page
    assert "north &lt;b&gt;lab" in page
