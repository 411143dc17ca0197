"""An operator's acts through the API."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from engine.domain.message import DeliveryState, MessageState
from engine.ports.store import QueueView
from engine.web.services import ChannelInfo, DestinationInfo, StageInfo
from tests.unit.web.acting_store import ActingStore
from tests.unit.web.conftest import Serve
from tests.unit.web.fakes import START, delivery, detail, message_id, review, services, view

CHANNEL = ChannelInfo(
    name="lab-reports",
    stages=(StageInfo(id="extract", use="extract"),),
    destinations=(DestinationInfo(name="ehr", use="mllp"), DestinationInfo(name="archive", use="files")),
)
NAMES = {1: MessageState.DELIVERED, 2: MessageState.PROCESSING, 3: MessageState.PARKED, 4: MessageState.REVIEW}


def store() -> ActingStore:
    """A delivered message, one at work, a parked one with its delivery, and one in review."""
    parked = delivery(3, state=DeliveryState.PARKED, ack_code="AE")
    shown = [view(number, state=state, deliveries=(parked,) if number == 3 else ()) for number, state in NAMES.items()]
    queue = QueueView(
        channel="lab-reports", destination="ehr", queued=2, parked=1, oldest_at=START, head_error="refused"
    )
    return ActingStore(
        details=[detail(item) for item in shown],
        payloads={"d3": b"MSH|", "d1": b"MSH|"},
        review_views=[review(1, shown[3])],
        queues=(queue,),
        holding={message_id(3)},
    )


async def post(serve: Serve, kept: ActingStore, path: str, body: Any = None) -> httpx.Response:
    client = await serve(services(kept, channels=lambda: [CHANNEL]))
    data = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    return await client.post(f"/api/v1/{path}", content=data)


async def test_replay_names_stage_and_actor(serve: Serve) -> None:
    """A replay reaches the store with its stage, and the audit entry names the user."""
    kept = store()
    answer = await post(serve, kept, f"messages/{message_id(1)}/replay", {"from": "extract"})
    assert (answer.status_code, answer.json()) == (202, {"id": message_id(1), "state": "processing"})
    assert kept.replayed == [f"{message_id(1)}:extract"]
    assert (kept.audits[0].actor, json.loads(kept.audits[0].detail)) == ("admin", {"from": "extract"})


ACTS = [
    (f"messages/{message_id(3)}/withdraw", {"reason": "sent on paper"}, {"id": message_id(3), "state": "withdrawn"}),
    (f"messages/{message_id(3)}/set-aside", {"reason": "later"}, {"id": message_id(3), "state": "parked"}),
    ("deliveries/d3/retry", {}, {"id": "d3", "state": "queued"}),
    ("deliveries/d3/withdraw", {"reason": "wrong receiver"}, {"id": "d3", "state": "withdrawn"}),
]


@pytest.mark.parametrize(("path", "body", "wanted"), ACTS)
async def test_an_act_answers_with_the_new_state(serve: Serve, path: str, body: Any, wanted: Any) -> None:
    """What was done is told at once, and the reason given stands in the audit entry."""
    kept = store()
    answer = await post(serve, kept, path, body)
    assert (answer.status_code // 100, answer.json()) == (2, wanted)
    assert json.loads(kept.audits[0].detail).get("reason", "") == body.get("reason", "")


@pytest.mark.parametrize(
    "path",
    [
        f"messages/{message_id(2)}/replay",
        f"messages/{message_id(1)}/withdraw",
        f"messages/{message_id(1)}/set-aside",
        "deliveries/d1/retry",
        "deliveries/d1/withdraw",
    ],
)
async def test_what_the_state_does_not_allow_is_a_conflict(serve: Serve, path: str) -> None:
    """409, and nothing is written."""
    kept = store()
    answer = await post(serve, kept, path, {"reason": "x"} if "withdraw" in path else {})
    assert (answer.status_code, kept.audits) == (409, [])


async def test_an_older_version_is_sent_only_by_force_and_with_a_reason(serve: Serve) -> None:
    """409 names the newer message; force without a reason is 400; with both it is queued and stands in the trail."""
    kept = store()
    kept.overtaken["d3"] = message_id(1)
    answer = await post(serve, kept, "deliveries/d3/retry")
    assert answer.status_code == 409
    assert message_id(1) in answer.json()["detail"]
    assert (await post(serve, kept, "deliveries/d3/retry", {"force": True})).json()["parameter"] == "reason"
    assert kept.audits == []
    assert (await post(serve, kept, "deliveries/d3/retry", {"force": True, "reason": "agreed"})).status_code == 202
    assert json.loads(kept.audits[0].detail) == {"delivery": "d3", "force": True, "reason": "agreed"}


@pytest.mark.parametrize(
    "path",
    [f"messages/{message_id(9)}/{act}" for act in ("replay", "withdraw", "set-aside")]
    + ["deliveries/none/retry", "deliveries/a%20b/withdraw", "reviews/none/close", "queues/none/pause"]
    + ["queues/lab-reports/none/resume"],
)
async def test_an_unknown_id_is_not_found(serve: Serve, path: str) -> None:
    """404, and nothing is written."""
    kept = store()
    body = {"reason": "x"} if "withdraw" in path else {}
    body |= {"outcome": "handled", "reason": "x"} if "close" in path else {}
    assert ((await post(serve, kept, path, body)).status_code, kept.audits) == (404, [])


@pytest.mark.parametrize(
    "body",
    [b"[", b"[]", b'{"x": ""}', b'{"from": 1}', b'{"from": "none"}', b"[" * 9000, b"\xff", b'{"from": "\\u0000"}'],
)
async def test_a_bad_body_changes_nothing(serve: Serve, body: bytes) -> None:
    """Whatever is no object of known text fields with a known stage is 400."""
    kept = store()
    assert ((await post(serve, kept, f"messages/{message_id(1)}/replay", body)).status_code, kept.audits) == (400, [])


@pytest.mark.parametrize("why", ["", "  ", "a\nb", "x" * 501])
@pytest.mark.parametrize(
    "path", [f"messages/{message_id(3)}/withdraw", "deliveries/d3/withdraw", "reviews/r00001/close"]
)
async def test_who_closes_something_says_why(serve: Serve, path: str, why: str) -> None:
    """No reason, one of several lines, or an endless one is 400 and closes nothing."""
    kept = store()
    body = {"reason": why} | ({"outcome": "handled"} if "close" in path else {})
    answer = await post(serve, kept, path, body)
    assert (answer.status_code, answer.json()["parameter"], kept.audits) == (400, "reason", [])


async def test_a_body_past_the_limit_is_refused(serve: Serve) -> None:
    """16 KiB are enough for any act."""
    answer = await post(serve, store(), f"messages/{message_id(1)}/replay", b" " * 17_000)
    assert answer.status_code == 413


async def test_a_review_is_closed_once(serve: Serve) -> None:
    """The outcome becomes the state of the case; a second time it is no longer open."""
    kept = store()
    body = {"outcome": "handled", "reason": "entered by hand"}
    answer = await post(serve, kept, "reviews/r00001/close", body)
    assert (answer.status_code, answer.json()["state"]) == (200, "handled")
    assert (await post(serve, kept, "reviews/r00001/close", body)).status_code == 409


@pytest.mark.parametrize(("said", "kept_as"), [({}, None), ({"patient": ""}, None), ({"patient": "shown"}, "shown")])
async def test_whose_results_they_are_is_kept_when_said(
    serve: Serve, said: dict[str, str], kept_as: str | None
) -> None:
    """In the audit trail, beside outcome and reason."""
    kept = store()
    answer = await post(serve, kept, "reviews/r00001/close", {"outcome": "handled", "reason": "by hand"} | said)
    assert answer.status_code == 200
    assert json.loads(kept.audits[-1].detail).get("patient") == kept_as


async def test_whose_results_is_one_of_two_words(serve: Serve) -> None:
    """A number or a name has no place in it; the case stays open."""
    kept = store()
    body = {"outcome": "handled", "reason": "x", "patient": "4711"}
    answer = await post(serve, kept, "reviews/r00001/close", body)
    assert (answer.status_code, answer.json()["parameter"]) == (400, "patient")
    assert kept.review_views[0].state == "open"


@pytest.mark.parametrize("outcome", ["", "open", "superseded", "all", "Handled", "two words"])
async def test_an_outcome_is_a_word_of_its_own(serve: Serve, outcome: str) -> None:
    """Words that the store uses itself, and what is no word, are refused."""
    answer = await post(serve, store(), "reviews/r00001/close", {"outcome": outcome, "reason": "x"})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "outcome")


@pytest.mark.parametrize(
    ("place", "key", "listed"),
    [
        ("queues", ("", ""), ["archive", "ehr"]),
        ("queues/lab-reports", ("lab-reports", ""), ["archive", "ehr"]),
        ("queues/lab-reports/ehr", ("lab-reports", "ehr"), ["ehr"]),
    ],
)
async def test_queues_are_paused_and_resumed(serve: Serve, place: str, key: tuple[str, str], listed: list[str]) -> None:
    """One queue, those of a channel, or all; the answer shows the queues as they stand."""
    kept = store()
    paused = (await post(serve, kept, f"{place}/pause", {"reason": "maintenance"})).json()["items"]
    assert (kept.pauses, [item["destination"] for item in paused]) == ({key}, listed)
    assert next(item for item in paused if item["destination"] == "ehr")["paused"]
    resumed = (await post(serve, kept, f"{place}/resume")).json()["items"]
    assert (kept.pauses, [item["paused"] for item in resumed]) == (set(), [False] * len(listed))


async def test_the_list_of_queues_names_empty_ones(serve: Serve) -> None:
    """A destination that nothing waits for is listed too: it can be paused before anything does."""
    client = await serve(services(store(), channels=lambda: [CHANNEL]))
    items = (await client.get("/api/v1/queues")).json()["items"]
    assert [(item["destination"], item["queued"], item["paused"]) for item in items] == [
        ("archive", 0, False), ("ehr", 2, False),
    ]  # fmt: skip


async def test_nodes_are_listed(serve: Serve) -> None:
    """The node that answers, with what it holds."""
    client = await serve(services(store()))
    (node,) = (await client.get("/api/v1/nodes")).json()["items"]
    assert (node["name"], node["alive"], node["leases"]) == ("node-a", True, 2)


async def test_an_act_takes_no_query(serve: Serve) -> None:
    """A parameter in the address is 400, so that a misplaced reason is not taken for none."""
    answer = await post(serve, store(), f"messages/{message_id(3)}/withdraw?reason=x", {"reason": "x"})
    assert answer.status_code == 400
