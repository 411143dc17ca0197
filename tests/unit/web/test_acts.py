"""An operator's acts through the API."""

from __future__ import annotations

import pytest

from engine.domain.message import MessageId
from engine.ports.store import AuditEntry
from engine.web.services import ChannelInfo, StageInfo
from tests.unit.web.conftest import Serve
from tests.unit.web.fakes import FakeStore, detail, message_id, services, view


class ReplayStore(FakeStore):
    """Remembers what was asked of `replay` and answers as told."""

    is_free = True
    asked: tuple[MessageId, str, AuditEntry] | None = None

    async def replay(self, message_id: MessageId, *, from_stage: str, audit: AuditEntry) -> bool:
        self.asked = (message_id, from_stage, audit)
        return self.is_free


def store() -> ReplayStore:
    return ReplayStore(details=[detail(view(1))])


async def post(serve: Serve, kept: ReplayStore, body: bytes, number: int = 1) -> int:
    info = ChannelInfo(name=view(1).channel, stages=(StageInfo(id="extract", use="extract"),))
    client = await serve(services(kept, channels=lambda: [info]))
    answer = await client.post(f"/api/v1/messages/{message_id(number)}/replay", content=body)
    return answer.status_code


async def test_replay_names_stage_and_actor(serve: Serve) -> None:
    """A replay reaches the store with its stage, and the audit entry names the user."""
    kept = store()
    assert await post(serve, kept, b'{"from": "extract"}') == 202
    assert kept.asked is not None
    assert (kept.asked[:2], kept.asked[2].actor) == ((message_id(1), "extract"), "admin")


async def test_replay_of_a_busy_message_is_a_conflict(serve: Serve) -> None:
    """What the store refuses because it is being worked on is answered with 409."""
    kept = store()
    kept.is_free = False
    assert await post(serve, kept, b"") == 409


async def test_replay_of_an_unknown_message(serve: Serve) -> None:
    """An unknown id is 404 and the store is not asked to replay."""
    kept = store()
    assert (await post(serve, kept, b"{}", 9), kept.asked) == (404, None)


@pytest.mark.parametrize("body", [b"[", b"[]", b'{"x": ""}', b'{"from": 1}', b'{"from": "none"}', b"[" * 9000, b"\xff"])
async def test_a_bad_body_changes_nothing(serve: Serve, body: bytes) -> None:
    """Whatever is no object of known text fields with a known stage is 400."""
    kept = store()
    assert (await post(serve, kept, body), kept.asked) == (400, None)
