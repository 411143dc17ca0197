"""The API over the embedded store: what was accepted, decided and sent is what HTTP shows."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from engine.app.metrics import Metrics
from engine.domain.document import Document
from engine.domain.dossier import Dossier
from engine.domain.message import DeliveryState, MessageState
from engine.domain.reasons import reason
from engine.domain.report import LabReport, ReadDocument
from engine.pipeline import codec
from engine.plugins.blobs import files
from engine.plugins.stores import sqlite
from engine.ports.services import SiteServices
from engine.ports.store import (
    DeliveryResult,
    Fingerprint,
    NewDelivery,
    NewMessage,
    NewReview,
    Store,
    Transition,
)
from engine.web.app import create_app
from engine.web.server import WebServer
from tests.contracts.store_kit import START, CountedIds, FrozenClock, Recorder, message
from tests.unit.web.fakes import TOKEN, services

pytestmark = pytest.mark.slow  # many examples; `make test` runs them, `make check` does not wait

PDF = b"%PDF-1.4 synthetic\n%%EOF\n"
SHA = hashlib.sha256(PDF).hexdigest()


def oru(number: int) -> NewMessage:
    raw = (
        f"MSH|^~\\&|LAB|NORTH|EHR|HOSP|2026||ORU^R01|C{number}|P|2.5.1\r"
        f"PID|1||MRN{number}^^^HOSP^MR||Sample^Synthetic\rOBR|1|||11502-2\r"
        f"OBX|1|ED|PDF^Report^L||^application^pdf^Base64^{base64.b64encode(PDF).decode()}||||||F\r"
    ).encode()
    return message(number, key=f"key{number}", body=raw)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    site = SiteServices(
        site=tmp_path,
        node="node-a",
        clock=FrozenClock(),
        ids=CountedIds(),
        observer=Recorder(),
        blobs=files.FileBlobs(tmp_path / "blobs"),
    )
    opened = sqlite.PLUGIN.build(sqlite.SqliteSettings(path="var/headrace.db"), site)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    metrics = Metrics(version="0.1.0", python="3.11")

    async def text() -> bytes:
        return await metrics.scrape(store, START)

    server = WebServer(create_app(services(store, metrics_text=text)), "127.0.0.1", 0)  # type: ignore[arg-type]
    url = await server.start()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as made:
        yield made
    await server.stop()


async def advance_all(store: Store, **changes: object) -> None:
    for lease in await store.claim("node-a", keys=100, per_key=10):
        for item in lease.items:
            number = int(item.id)
            values: dict[str, object] = {
                "next_stage": None,
                "metadata": {"patient_mrn": f"MRN{number}", "accession": f"ACC{number}"},
                "documents": (
                    Document(sha256=SHA, media_type="application/pdf", size_bytes=len(PDF), location="OBX[1]-5"),
                ),
                **changes,
            }
            await store.advance(lease, Transition(message_id=item.id, **values))  # type: ignore[arg-type]
        await store.release(lease)


async def test_a_message_is_shown_from_receipt_to_ack(store, client):
    """State, MRN, document, delivery and ACK appear as the pipeline writes them; bytes come back as they were."""
    await store.accept([oru(1)])
    before = (await client.get("/api/v1/messages")).json()["items"][0]
    assert (before["state"], before["patient_mrn"], before["documents"]) == ("received", None, [])
    built = NewDelivery(
        id="d1", destination="ehr", idempotency_key="k1", control_id="HR1", body=b"MSH|^~\\&|HR\rOBX|1\r"
    )
    dossier = codec.encode(Dossier(reports=(LabReport(document=ReadDocument(sha256=SHA)),)))
    await advance_all(store, deliveries=(built,), dossier=dossier)
    lane = await store.open_lane("node-a", "lab", "ehr")
    assert lane is not None
    await store.settle(
        lane,
        [DeliveryResult(delivery_id="d1", state=DeliveryState.SENT, ack_code="AA", answer=b"MSH|^~\\&\rMSA|AA|HR1\r")],
    )
    shown = (await client.get("/api/v1/messages", params={"control_id": "C1"})).json()["items"][0]
    assert (shown["state"], shown["patient_mrn"]) == ("delivered", "MRN1")
    assert shown["documents"] == [{"sha256": SHA, "media_type": "application/pdf", "bytes": len(PDF)}]
    assert shown["deliveries"] == [
        {"destination": "ehr", "state": "sent", "control_id": "HR1", "attempts": 1, "ack_code": "AA"}
    ]
    base = f"/api/v1/messages/{shown['id']}"
    assert (await client.get(base + "/raw")).content == oru(1).raw
    assert (await client.get(f"{base}/documents/{SHA}")).content == PDF
    assert (await client.get(base + "/deliveries/d1/payload")).content == built.body
    assert b"MSA|AA|HR1" in (await client.get(base + "/deliveries/d1/ack")).content
    assert b"MSA|AA|C1" in (await client.get(base + "/ack")).content
    detail = (await client.get(base)).json()
    assert detail["report"]["document"]["sha256"] == SHA
    assert detail["timeline"][0]["action"] == "accept"


async def test_search_and_paging_over_the_store(store, client):
    """Exact search by MRN, accession and control id; pages of three visit all twenty once, newest first."""
    await store.accept([oru(number) for number in range(1, 21)])
    await advance_all(store)
    for text in ("MRN7", "ACC7", "C7"):
        items = (await client.get("/api/v1/messages", params={"q": text})).json()["items"]
        assert [item["control_id"] for item in items] == ["C7"]
    seen, cursor = [], ""
    while cursor is not None:
        body = (await client.get("/api/v1/messages", params={"limit": 3, "cursor": cursor, "channel": "lab"})).json()
        seen += [item["control_id"] for item in body["items"]]
        cursor = body["next"]
    assert seen == [f"C{number}" for number in range(20, 0, -1)]


async def test_messages_that_arrive_while_paging_shift_nothing(store, client):
    """A cursor is a place in the order and not a count: new messages neither double nor hide older ones."""
    await store.accept([oru(number) for number in range(1, 7)])
    first = (await client.get("/api/v1/messages", params={"limit": 3})).json()
    await store.accept([oru(number) for number in range(7, 10)])
    second = (await client.get("/api/v1/messages", params={"limit": 3, "cursor": first["next"]})).json()
    assert [item["control_id"] for item in first["items"] + second["items"]] == ["C6", "C5", "C4", "C3", "C2", "C1"]


async def test_reviews_page_and_are_found_by_id(store, client):
    """Open cases of the store, newest first, by pages and one by one."""
    await store.accept([oru(number) for number in range(1, 6)])
    for lease in await store.claim("node-a", keys=100, per_key=10):
        for item in lease.items:
            case = NewReview(id=f"review-{int(item.id)}", reasons=(reason("patient.unknown", field="patient"),))
            await store.advance(lease, Transition(message_id=item.id, next_stage=None, review=case))
        await store.release(lease)
    seen, cursor = [], ""
    while cursor is not None:
        body = (await client.get("/api/v1/reviews", params={"limit": 2, "cursor": cursor})).json()
        seen += [item["id"] for item in body["items"]]
        cursor = body["next"]
    assert sorted(seen) == [f"review-{number}" for number in range(1, 6)]
    one = (await client.get("/api/v1/reviews/review-3")).json()
    assert (one["state"], one["reasons"][0]["code"], int(one["message_id"])) == ("open", "patient.unknown", 3)
    assert (await client.get("/api/v1/reviews/review-9")).status_code == 404
    assert (await client.get("/api/v1/messages", params={"state": "review"})).json()["items"][0]["state"] == "review"


async def test_versions_link_by_fingerprint_and_duplicate(store, client):
    """The later message names the first one; both relations stand in one entry."""
    prints = (Fingerprint(kind="content", value="abc"),)
    dossier = codec.encode(Dossier(fingerprints=(("content", "abc"),)))
    await store.accept([oru(1)])
    await advance_all(store, fingerprints=prints, dossier=dossier)
    first = (await client.get("/api/v1/messages")).json()["items"][0]["id"]
    await store.accept([oru(2)])
    await advance_all(store, dossier=dossier, duplicate_of=first, final_state=MessageState.DUPLICATE)
    second = (await client.get("/api/v1/messages")).json()["items"][0]
    assert second["state"] == "duplicate"
    detail = (await client.get(f"/api/v1/messages/{second['id']}")).json()
    assert [(item["id"], item["relations"]) for item in detail["versions"]] == [
        (first, ["duplicate_of", "same_report"])
    ]


async def test_readiness_and_metrics_ask_the_store(store, client):
    """Ready while it can be written; figures of the store in the exposition; both say so when it is closed."""
    await store.accept([oru(1), oru(2)])
    assert (await client.get("/readyz")).json() == {"status": "ready", "checks": {"store": True}}
    text = (await client.get("/metrics")).text
    assert 'headrace_messages{channel="lab",state="received"} 2.0' in text
    await store.close()
    assert (await client.get("/api/v1/messages")).status_code == 503
    assert "headrace_store_up 0.0" in (await client.get("/metrics")).text


async def test_browsing_goes_on_while_messages_pour_in(store, client):
    """Readers and the writer do not wait for one another for ever: twenty lists beside forty commits all answer."""

    async def pour() -> None:
        for number in range(1, 41):
            await store.accept([oru(number)])

    answers, _ = await asyncio.gather(
        asyncio.gather(*(client.get("/api/v1/messages", params={"limit": 5}) for _ in range(20))), pour()
    )
    assert {item.status_code for item in answers} == {200}
    assert len((await client.get("/api/v1/messages")).json()["items"]) == 40
