"""The message list and the message, as the API gives them."""

from __future__ import annotations

import base64
import hashlib
import json
from decimal import Decimal

import pytest

from engine.domain.dossier import Dossier
from engine.domain.message import ContentKind, MessageState
from engine.domain.report import LabReport, ReadDocument, Result, Section
from engine.pipeline import codec
from engine.ports.store import Fingerprint, FingerprintOwner
from tests.unit.web.fakes import (
    FakeStore,
    a_reason,
    delivery,
    detail,
    document,
    message_id,
    services,
    view,
)

PDF = b"%PDF-1.4 synthetic\n%%EOF\n"
SHA = hashlib.sha256(PDF).hexdigest()
RAW = (
    b"MSH|^~\\&|LAB|NORTH|EHR|HOSP|20260302081500||ORU^R01|MSG00001|P|2.5.1\r"
    b"PID|1||MRN0001^^^HOSP^MR||Sample^Synthetic||19680512|F\r"
    b"OBR|1|P1|F1|11502-2^Laboratory report^LN\r"
    b"OBX|1|ED|PDF^Report^L||^application^pdf^Base64^" + base64.b64encode(PDF) + b"||||||F\r"
)


async def test_the_list_has_exactly_the_shape_of_the_contract(serve):
    """Every key of the contract is there, no other, with the values of the store."""
    shown = view(1, reasons=(a_reason("charset.guessed", "MSH-18"),), documents=(document(SHA, len(PDF)),))
    client = await serve(services(FakeStore(details=[detail(shown)])))
    body = (await client.get("/api/v1/messages")).json()
    assert body == {
        "items": [
            {
                "id": message_id(1),
                "channel": "lab-reports",
                "source": "lab",
                "control_id": "MSG00001",
                "message_type": "ORU^R01",
                "received_at": "2026-03-02T08:16:00.000+00:00",
                "state": "delivered",
                "reasons": [
                    {"code": "charset.guessed", "text": a_reason("charset.guessed").text, "field": "MSH-18"},
                ],
                "patient_mrn": "MRN0001",
                "documents": [{"sha256": SHA, "media_type": "application/pdf", "bytes": len(PDF)}],
                "deliveries": [
                    {"destination": "ehr", "state": "sent", "control_id": "HR000001", "attempts": 1, "ack_code": "AA"}
                ],
            }
        ],
        "next": None,
    }


async def test_an_ack_code_before_any_ack_is_null(serve):
    """The store's empty text and None both show as null."""
    waiting = view(1, deliveries=(delivery(1, ack_code=""), delivery(2, ack_code=None)))
    client = await serve(services(FakeStore(details=[detail(waiting)])))
    shown = (await client.get("/api/v1/messages")).json()["items"][0]["deliveries"]
    assert [item["ack_code"] for item in shown] == [None, None]


async def test_paging_visits_every_message_once_newest_first(serve):
    """Following `next` gives all messages in falling order; the last page says null."""
    client = await serve(services(FakeStore(details=[detail(view(n)) for n in range(1, 8)])))
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        body = (await client.get("/api/v1/messages", params={"limit": 3, "cursor": cursor})).json()
        seen += [item["control_id"] for item in body["items"]]
        cursor, pages = body["next"], pages + 1
    assert seen == [f"MSG{n:05d}" for n in range(7, 0, -1)]
    assert pages == 3


async def test_a_full_last_page_has_no_next(serve):
    """A list that ends with the page is not followed by an empty one."""
    client = await serve(services(FakeStore(details=[detail(view(n)) for n in range(1, 4)])))
    assert (await client.get("/api/v1/messages", params={"limit": 3})).json()["next"] is None


async def test_fifty_messages_come_unless_asked_otherwise(serve):
    """The default page has 50, and 500 is the most that may be asked for."""
    client = await serve(services(FakeStore(details=[detail(view(n)) for n in range(1, 61)])))
    assert len((await client.get("/api/v1/messages")).json()["items"]) == 50
    assert len((await client.get("/api/v1/messages", params={"limit": 500})).json()["items"]) == 60


@pytest.mark.parametrize("control_id", ["A B+C", "50%", "a&b=c", "x/y", "é∂", "#1;2", "  lead"], ids=repr)
async def test_control_id_is_an_exact_match_however_it_is_spelt(serve, control_id):
    """Percent-encoding carries any control id; neighbours are not found."""
    store = FakeStore(details=[detail(view(1, control_id=control_id)), detail(view(2, control_id=control_id + "x"))])
    client = await serve(services(store))
    items = (await client.get("/api/v1/messages", params={"control_id": control_id})).json()["items"]
    assert [item["control_id"] for item in items] == [control_id]


async def test_filters_narrow_by_channel_state_and_text(serve):
    """`channel`, `state` and `q` all have to fit."""
    store = FakeStore(
        details=[
            detail(view(1, channel="other")),
            detail(view(2, state=MessageState.REVIEW)),
            detail(view(3), metadata={"accession": "ACC-9"}),
        ]
    )
    client = await serve(services(store))

    async def ids(**params: str) -> list[str]:
        return [item["id"] for item in (await client.get("/api/v1/messages", params=params)).json()["items"]]

    assert await ids(channel="other") == [message_id(1)]
    assert await ids(state="review") == [message_id(2)]
    assert await ids(q="ACC-9") == [message_id(3)]
    assert await ids(q="ACC-9", channel="other") == []
    assert len(await ids(control_id="", channel="", state="", q="", cursor="")) == 3


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=-1", "limit"),
        ("limit=", "limit"),
        ("limit=ten", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("state=done", "state"),
        ("state=DELIVERED", "state"),
        ("cursor=nonsense", "cursor"),
        ("cursor=bTox%3D", "cursor"),
        ("cursor=" + base64.urlsafe_b64encode(b"m:" + b"9" * 19).decode().rstrip("="), "cursor"),
        ("cursor=" + base64.urlsafe_b64encode(b"r:r00001").decode().rstrip("="), "cursor"),
        ("q=a%00b", "q"),
        ("limit=1&limit=2", "limit"),
        ("order=asc", "order"),
    ],
)
async def test_a_bad_parameter_is_400_and_named(serve, query, parameter):
    """Problem details name the parameter; the store is not asked."""
    store = FakeStore()
    client = await serve(services(store))
    response = await client.get(f"/api/v1/messages?{query}")
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert (body["parameter"], body["status"], body["title"]) == (parameter, 400, "Bad Request")
    assert store.calls == []


async def test_the_message_adds_timeline_report_and_versions(serve):
    """The detail holds the list's keys and those three; the report's digits survive to the text of the answer."""
    result = Result(id="r1", test_name="Potassium", value="5.10", numeric_value=Decimal("5.10"), unit="mmol/L")
    report = LabReport(document=ReadDocument(sha256=SHA), sections=(Section(name="CHEM", results=(result,)),))
    prints = (("content", "abc"),)
    dossier = codec.encode(Dossier(reports=(report,), fingerprints=prints, supersedes=message_id(2)))
    first, second, third = view(1), view(2), view(3, duplicate_of=message_id(1))
    owner = FingerprintOwner(
        fingerprint=Fingerprint(kind="content", value="abc"), message_id=message_id(1), state=MessageState.DELIVERED
    )
    store = FakeStore(details=[detail(first), detail(second), detail(third, dossier=dossier)], owners=[owner])
    client = await serve(services(store))
    response = await client.get(f"/api/v1/messages/{message_id(3)}")
    assert response.status_code == 200
    assert '"numeric_value": 5.10' in response.text
    body = json.loads(response.text)
    assert body["report"]["sections"][0]["results"][0]["value"] == "5.10"
    assert body["reports"] == [body["report"]]
    assert [entry["action"] for entry in body["timeline"]] == ["accept", "deliver"]
    assert body["timeline"][0]["detail"] == {"bytes": 2048}
    assert [(item["id"], item["relations"]) for item in body["versions"]] == [
        (message_id(2), ["supersedes"]),
        (message_id(1), ["duplicate_of", "same_report"]),
    ]
    assert body["deliveries"][0]["id"] == "d3"


async def test_a_message_without_dossier_has_no_report(serve):
    """Before extraction the report is null and versions are empty."""
    client = await serve(services(FakeStore(details=[detail(view(1))])))
    body = (await client.get(f"/api/v1/messages/{message_id(1)}")).json()
    assert (body["report"], body["reports"], body["versions"]) == (None, [], [])


async def test_an_unreadable_dossier_is_noted_and_the_rest_is_shown(serve):
    """A dossier of another release costs the report, never the page."""
    wired = services(FakeStore(details=[detail(view(1), dossier='{"reports": 7}')]))
    client = await serve(wired)
    response = await client.get(f"/api/v1/messages/{message_id(1)}")
    assert (response.status_code, response.json()["report"]) == (200, None)
    assert wired.observer.notes[0][0] == "web.dossier_unreadable"


async def test_raw_gives_the_bytes_as_received(serve):
    """Nothing is decoded, added or stripped, and browsers are told not to show it."""
    data = bytes(range(256)) + RAW
    client = await serve(services(FakeStore(details=[detail(view(1))], raws={message_id(1): data})))
    response = await client.get(f"/api/v1/messages/{message_id(1)}/raw")
    assert response.content == data
    assert response.headers["content-type"] == "application/hl7-v2"
    assert response.headers["content-disposition"] == f'attachment; filename="{message_id(1)}.hl7"'
    assert "sandbox" in response.headers["content-security-policy"]


async def test_a_document_is_found_by_the_digest_of_its_decoded_bytes(serve):
    """The attachment's bytes hash to the digest in its path."""
    store = FakeStore(details=[detail(view(1, documents=(document(SHA, len(PDF)),)))], raws={message_id(1): RAW})
    client = await serve(services(store))
    response = await client.get(f"/api/v1/messages/{message_id(1)}/documents/{SHA}")
    assert response.content == PDF
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"].startswith("attachment;")
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_document_is_found_before_decode_has_listed_it(serve):
    """A message that still waits for its stages gives its document all the same; an unknown digest is 404."""
    client = await serve(services(FakeStore(details=[detail(view(1))], raws={message_id(1): RAW})))
    assert (await client.get(f"/api/v1/messages/{message_id(1)}/documents/{SHA}")).content == PDF
    assert (await client.get(f"/api/v1/messages/{message_id(1)}/documents/{'0' * 64}")).status_code == 404
    assert (await client.get(f"/api/v1/messages/{message_id(1)}/documents/..%2f")).status_code == 404


async def test_a_bare_document_is_its_own_content(serve):
    """A file from a folder has one document: itself."""
    bare = view(1, kind=ContentKind.DOCUMENT, file_name="scan.pdf")
    client = await serve(services(FakeStore(details=[detail(bare)], raws={message_id(1): PDF})))
    assert (await client.get(f"/api/v1/messages/{message_id(1)}/documents/{SHA}")).content == PDF
    raw = await client.get(f"/api/v1/messages/{message_id(1)}/raw")
    assert raw.headers["content-type"] == "application/octet-stream"


async def test_bytes_that_are_no_message_have_no_documents(serve):
    """Content that cannot be parsed answers 404, not 500."""
    client = await serve(services(FakeStore(details=[detail(view(1))], raws={message_id(1): b"garbage"})))
    assert (await client.get(f"/api/v1/messages/{message_id(1)}/documents/{SHA}")).status_code == 404


async def test_payload_and_ack_of_a_delivery(serve):
    """The bytes of a delivery come only under the message they belong to."""
    other = view(2, deliveries=())
    store = FakeStore(
        details=[detail(view(1, deliveries=(delivery(1, id="ehr:a/b"),))), detail(other)],
        payloads={"ehr:a/b": RAW},
        answers={"ehr:a/b": b"MSH|^~\\&|EHR\rMSA|AA|HR000001\r"},
        acks={message_id(1): b"MSH|^~\\&|HR\rMSA|AA|MSG00001\r"},
    )
    client = await serve(services(store))
    base = f"/api/v1/messages/{message_id(1)}"
    assert (await client.get(base + "/deliveries/ehr:a%2Fb/payload")).content == RAW
    assert b"MSA|AA|HR000001" in (await client.get(base + "/deliveries/ehr:a/b/ack")).content
    assert b"MSA|AA|MSG00001" in (await client.get(base + "/ack")).content
    stranger = f"/api/v1/messages/{message_id(2)}"
    assert (await client.get(stranger + "/deliveries/ehr:a/b/payload")).status_code == 404
    assert (await client.get(stranger + "/ack")).status_code == 404


@pytest.mark.parametrize(
    "tail", ["", "/raw", "/ack", "/documents/" + SHA, "/deliveries/d1/payload", "/deliveries/d1/ack"]
)
@pytest.mark.parametrize("unknown", ["01UNKNOWN", "a%00b", "%20", "%F0%9F%A6%84", "x" * 300])
async def test_an_unknown_message_is_404(serve, tail, unknown):
    """Any id that is not there answers 404 problem details, whatever its letters."""
    client = await serve(services(FakeStore(details=[detail(view(1))])))
    response = await client.get(f"/api/v1/messages/{unknown}{tail}")
    assert response.status_code == 404
    assert response.json()["title"] == "Not Found"
