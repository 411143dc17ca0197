"""The checks judge one moment: an answer that comes while they look is for the next look."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from tests.simulation import checks
from tests.simulation.endpoints import Letter


class Reading:
    """A desk whose bodies take their time; meanwhile the last letter gets its answer."""

    def __init__(self, late: Letter, *, keeps: bool) -> None:
        self._late = late
        self._keeps = keeps

    async def raw(self, message_id: str) -> bytes:
        self._late.accepted = b"MSA|AA|2"
        return message_id.encode() if self._keeps else b"something else"


def looked(*, keeps: bool) -> list[str]:
    """Two letters of one control id, both stored, and one that is answered only while their bodies are compared."""
    first = Letter("lab", "1", 0, b"a", "result", accepted=b"MSA|AA|1")
    again = Letter("lab", "1", 0, b"b", "reused", accepted=b"MSA|AA|1")
    late = Letter("lab", "2", 0, b"c", "result")
    views = [SimpleNamespace(id=name, source="lab", control_id="1", deliveries=()) for name in ("a", "b")]
    world: Any = SimpleNamespace(letters=[first, again, late], views=views, is_calm=False)
    desk: Any = Reading(late, keeps=keeps)
    return asyncio.run(checks.lost(world, desk))


def test_an_answer_during_the_look_is_no_loss() -> None:
    """The list of messages is older than that answer, and says nothing about it."""
    assert looked(keeps=True) == []


def test_a_body_that_is_not_there_is_a_loss() -> None:
    """Both letters were acknowledged, and neither's bytes are stored."""
    assert looked(keeps=False) == ["1 was acknowledged and is not stored"] * 2
