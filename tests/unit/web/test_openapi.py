"""The published description against what the API really answers."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import jsonschema
import pytest
from starlette.routing import Route

from engine.domain.dossier import Dossier
from engine.domain.report import LabReport, Provenance, ReadDocument, Result, Section
from engine.pipeline import codec
from engine.ports.store import QueueView
from engine.web import openapi
from engine.web.app import create_app
from engine.web.services import ChannelInfo, DestinationInfo, SourceInfo, StageInfo
from tests.unit.web.acting_store import ActingStore
from tests.unit.web.fakes import START, FakeStore, a_reason, detail, document, message_id, review, services, view

SHA = hashlib.sha256(b"x").hexdigest()
DOCUMENT = openapi.document("0.1.0")


def filled_store() -> FakeStore:
    doubt = a_reason("value.ambiguous", "results[r1].value")
    result = Result(
        id="r1",
        test_name="Potassium",
        value="5.10",
        numeric_value=Decimal("5.10"),
        confidence=0.97,
        review_reasons=(doubt,),
        provenance=Provenance(page=1, box=(1.0, 2.0, 3.0, 4.0)),
    )
    report = LabReport(
        document=ReadDocument(sha256=SHA, media_type="application/pdf", pages=1),
        sections=(Section(name="CHEM", results=(result, Result(id="r2", test_name="Note", value="ok"))),),
    )
    shown = view(2, reasons=(doubt,), documents=(document(SHA, 1),), duplicate_of=message_id(1))
    return ActingStore(
        details=[detail(view(1)), detail(shown, dossier=codec.encode(Dossier(reports=(report,))))],
        review_views=[review(1, shown)],
        queues=(QueueView(channel="c", destination="d", queued=1, parked=0, oldest_at=START, head_error="refused"),),
    )


def channels() -> list[ChannelInfo]:
    source = SourceInfo(name="lab", use="mllp", address="127.0.0.1:2575", listening=True)
    destination = DestinationInfo(name="ehr", use="mllp", address="127.0.0.1:2576")
    stages = (StageInfo(id="decode", use="decode"),)
    return [ChannelInfo(name="lab-reports", sources=(source,), stages=stages, destinations=(destination,))]


def check(schema: dict[str, object], value: object) -> None:
    jsonschema.validate(value, {**schema, "components": DOCUMENT["components"]}, jsonschema.Draft202012Validator)


JSON_PATHS = [
    ("/api/v1/messages", "/api/v1/messages"),
    (f"/api/v1/messages/{message_id(1)}", "/api/v1/messages/{id}"),
    (f"/api/v1/messages/{message_id(2)}", "/api/v1/messages/{id}"),
    ("/api/v1/reviews", "/api/v1/reviews"),
    ("/api/v1/reviews/r00001", "/api/v1/reviews/{id}"),
    ("/api/v1/queues", "/api/v1/queues"),
    ("/api/v1/channels", "/api/v1/channels"),
    ("/api/v1/nodes", "/api/v1/nodes"),
    ("/api/v1/reasons", "/api/v1/reasons"),
    ("/healthz", "/healthz"),
    ("/readyz", "/readyz"),
]


@pytest.mark.parametrize(("path", "template"), JSON_PATHS)
async def test_answers_fit_their_schema(serve, path, template):
    """Each JSON answer is valid under the schema that is published for it, and none of the lists is empty."""
    client = await serve(services(filled_store(), channels=channels))
    body = (await client.get(path)).json()
    content = DOCUMENT["paths"][template]["get"]["responses"]["200"]["content"]
    check(content["application/json"]["schema"], body)
    assert body.get("items", [1])


ACTS = [
    (f"messages/{message_id(2)}/replay", "messages/{id}/replay", {}),
    ("queues/c/d/pause", "queues/{channel}/{destination}/pause", {"reason": "why"}),
    ("queues/resume", "queues/resume", {}),
    ("reviews/r00001/close", "reviews/{id}/close", {"outcome": "handled", "reason": "why"}),
    ("replay", "replay", {"state": "delivered", "dry_run": False}),
]


@pytest.mark.parametrize(("path", "template", "asked"), ACTS)
async def test_acts_fit_their_schema(serve, path, template, asked):
    """Body and answer of an act are valid under what is published, and so is its status."""
    client = await serve(services(filled_store(), channels=channels))
    described = DOCUMENT["paths"][f"/api/v1/{template}"]["post"]
    check(described["requestBody"]["content"]["application/json"]["schema"], asked)
    answer = await client.post(f"/api/v1/{path}", json=asked)
    check(described["responses"][str(answer.status_code)]["content"]["application/json"]["schema"], answer.json())
    assert answer.is_success


@pytest.mark.parametrize("path", ["/api/v1/messages?x=1", "/api/v1/messages/none", "/api/v1/none"])
async def test_problems_fit_their_schema(serve, path):
    """Refusals have one shape."""
    client = await serve(services(filled_store()))
    check({"$ref": "#/components/schemas/Problem"}, (await client.get(path)).json())


def test_schemas_refuse_a_wrong_answer():
    """The check above can fail: a missing and a foreign key are both refused."""
    with pytest.raises(jsonschema.ValidationError):
        check({"$ref": "#/components/schemas/Reason"}, {"code": "code.unknown", "text": ""})
    with pytest.raises(jsonschema.ValidationError):
        check({"$ref": "#/components/schemas/Reason"}, {"code": "code.unknown", "text": "", "field": "", "x": 1})


def test_every_route_is_described_and_no_other():
    """Routes under /api and the description name the same paths."""
    routes = {item.path for item in create_app(services(FakeStore())).routes if isinstance(item, Route)}
    api = {path.replace(":path}", "}") for path in routes if path.startswith("/api/v1")}
    assert api == {path for path in DOCUMENT["paths"] if path.startswith("/api/v1")}


def test_every_reference_leads_somewhere():
    """No dangling $ref."""
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, dict):
            found.extend([value["$ref"]] if "$ref" in value else [])
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(DOCUMENT)
    assert len(found) > 20
    for reference in found:
        _, _, kind, name = reference.split("/")
        assert name in DOCUMENT["components"][kind]


async def test_the_description_is_public_and_its_paths_absolute(serve):
    """No token is needed to read it."""
    client = await serve(services(FakeStore()), token=None)
    body = (await client.get("/api/openapi.json")).json()
    assert body["openapi"].startswith("3.1")
    assert body["info"]["version"] == "0.1.0"
    assert all(path.startswith("/") for path in body["paths"])
    assert "servers" not in body
