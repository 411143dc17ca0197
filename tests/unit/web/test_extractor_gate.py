"""The extraction service's gate: no keys no service, calls a minute a key, places for documents."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from engine.web.extractor_gate import Gate
from engine.web.problems import Problem
from tests.support.intake_fakes import HandClock

KEY, OTHER = "a" * 20, "b" * 20


def _request(key: str, header: str = "x-api-key") -> Request:
    return Request({"type": "http", "headers": [(header.encode(), key.encode("latin-1"))]})


def _gate(clock: HandClock, *, per_minute: int = 0, places: int = 1) -> Gate:
    return Gate([KEY, OTHER], per_minute=per_minute, places=places, monotonic=clock.monotonic)


@pytest.mark.parametrize("keys", [[], ["short"], [KEY, ""], [KEY, "b" * 19]])
def test_no_gate_without_real_keys(keys: list[str]) -> None:
    """None, an empty or a short one is refused at the start: there is no default key."""
    with pytest.raises(ValueError, match="20 characters"):
        Gate(keys, per_minute=0, places=1, monotonic=HandClock().monotonic)


@pytest.mark.parametrize("key", ["", "a" * 19, "a" * 21, KEY.upper(), "ä" * 20])
def test_only_the_whole_key_opens(key: str) -> None:
    """A part, a longer one, other case, other alphabets: 401 with a challenge."""
    with pytest.raises(Problem) as refused:
        _gate(HandClock()).admit(_request(key))
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")


async def test_each_key_has_its_own_minute() -> None:
    """The third call within 60 seconds is told when to come back; another key is not concerned."""
    clock = HandClock()
    gate = _gate(clock, per_minute=2)
    gate.admit(_request(KEY))
    await clock.advance(10)
    gate.admit(_request(f"Bearer {KEY}", "authorization"))
    with pytest.raises(Problem) as refused:
        gate.admit(_request(KEY))
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "50")
    gate.admit(_request(OTHER))
    await clock.advance(50)
    gate.admit(_request(KEY))


def test_a_place_is_given_back_whatever_happens() -> None:
    """One document at a time here; the next one is told to come back; an error in the first frees its place."""
    gate = _gate(HandClock())

    def fail() -> None:
        with gate.place():
            with pytest.raises(Problem) as refused, gate.place():
                pass
            assert refused.value.status == 503
            raise KeyError

    for _ in range(2):
        with pytest.raises(KeyError):
            fail()


def test_a_closing_service_takes_nothing_more() -> None:
    """503 with Retry-After, so that a balancer goes elsewhere."""
    gate = _gate(HandClock())
    gate.closing = True
    with pytest.raises(Problem) as refused:
        gate.admit(_request(KEY))
    assert (refused.value.status, "Retry-After" in refused.value.headers) == (503, True)
