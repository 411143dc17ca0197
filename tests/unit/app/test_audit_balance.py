"""The balance finds what nobody accounts for, and only that."""

from __future__ import annotations

from typing import Any

import pytest

from engine.app.cli import audit
from tests.support.lab_messages import NUMBER, OBR, message

RAW = message(OBR, NUMBER, NUMBER.replace("2345-7", "2160-0"))


def _detail(state: str, *deliveries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    detail = {
        "id": "M1", "control_id": "C1", "kind": "er7", "state": state, "reasons": [], "error": "", "timeline": [],
        "versions": [], "reports": [], "duplicate_of": None, "deliveries": list(deliveries),
    }  # fmt: skip
    return {**detail, **changes}


def _delivery(state: str = "sent", number: str = "D1") -> dict[str, Any]:
    return {"id": number, "destination": "ehr", "state": state, "sent_at": "2026-03-01T10:00:00Z", "error": ""}


class _Api:
    """One message, and the payload of its delivery."""

    def __init__(self, detail: dict[str, Any], payload: bytes = RAW) -> None:
        self._detail = detail
        self._payload = payload

    async def json(self, path: str, **_query: str | int) -> Any:
        if path == "/api/v1/messages":
            return {"items": [self._detail], "next": None}
        if path.endswith("/M1"):
            return self._detail
        raise LookupError("no such message")

    async def body(self, path: str) -> bytes:
        return RAW if path.endswith("/raw") else self._payload


WITHDRAWN = {"action": "withdraw", "actor": "admin", "at": "", "detail": {}}


@pytest.mark.parametrize(
    ("detail", "outcome", "why"),
    [
        (_detail("delivered", _delivery()), "sent", ""),
        (_detail("delivered"), "sent", "nothing of it was sent"),
        (_detail("delivered", _delivery("withdrawn")), "sent", "nothing of it was sent"),
        (_detail("delivered", _delivery("withdrawn"), timeline=[WITHDRAWN]), "withdrawn", ""),
        (_detail("queued", _delivery("queued")), "waiting", ""),
        (_detail("queued", _delivery("sent")), "waiting", "nothing of it is in a queue"),
        (_detail("review", reasons=[{"code": "version.stale"}]), "waiting", ""),
        (_detail("review"), "waiting", "without a reason"),
        (_detail("parked", error="stage failed"), "waiting", ""),
        (_detail("withdrawn", timeline=[WITHDRAWN]), "withdrawn", ""),
        (_detail("withdrawn"), "withdrawn", "does not say by whom"),
        (_detail("duplicate", duplicate_of="M1"), "duplicate", ""),
        (_detail("duplicate", duplicate_of="M7"), "duplicate", "that is gone"),
        (_detail("duplicate"), "duplicate", "of nothing"),
        (_detail("filtered"), "filtered", ""),
    ],
)
async def test_each_state_must_be_borne_out(detail: dict[str, Any], outcome: str, why: str) -> None:
    """A state is believed only with its evidence: a delivery, a reason, a named person, the first message."""
    found = await audit.count(_Api(detail), {})  # type: ignore[arg-type]  # as much of the API as it asks
    assert found.messages == {outcome: 1}
    assert found.results == {outcome: 2}
    assert [why in item["why"] for item in found.open_items] == ([True] if why else [])


async def test_a_result_that_did_not_leave_is_found() -> None:
    """Two results came in and one is in what was sent."""
    found = await audit.count(_Api(_detail("delivered", _delivery()), message(OBR, NUMBER)), {})  # type: ignore[arg-type]
    assert [item["why"] for item in found.open_items] == ["2 results came in, 1 went to ehr"]


async def test_what_replaces_is_told_from_what_it_replaced() -> None:
    """A message that a newer one supersedes counts as replaced."""
    linked = [{"id": "M1", "relations": ["supersedes"]}]
    found = await audit.count(_Api(_detail("delivered", _delivery(), versions=linked)), {})  # type: ignore[arg-type]
    assert found.messages == {"replaced": 1}
