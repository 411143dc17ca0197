"""What a newer version makes of an older one that was not sent."""

from __future__ import annotations

import pytest

from engine.domain.history import History, overtaken
from engine.domain.message import DeliveryState, MessageId
from engine.domain.overtaking import fate
from engine.domain.version import Older, OrderVersion, SentResult, covers


@pytest.mark.parametrize(
    ("is_whole", "is_queued", "is_ahead", "state", "code"),
    [
        (True, True, True, DeliveryState.WITHDRAWN, "delivery.superseded"),
        (True, True, False, DeliveryState.WITHDRAWN, "delivery.superseded"),
        (True, False, True, DeliveryState.WITHDRAWN, "delivery.superseded"),
        (False, True, True, None, ""),
        (False, True, False, DeliveryState.PARKED, "delivery.overtaken"),
        (False, False, True, DeliveryState.PARKED, "delivery.overtaken"),
        (False, False, False, DeliveryState.PARKED, "delivery.overtaken"),
    ],
)
def test_only_what_is_sent_before_the_newer_one_stays(
    is_whole: bool, is_queued: bool, is_ahead: bool, state: DeliveryState | None, code: str
) -> None:
    """Said again it goes; else it stays queued only ahead of the newer one, and a person gets it otherwise."""
    found = fate(is_whole=is_whole, is_queued=is_queued, is_ahead=is_ahead, destination="ehr", newer=MessageId("M2"))
    assert (found.state if found else None) == state
    assert (found.why.code if found else "") == code
    assert found is None or ("M2" in found.why.text and found.why.field == "ehr")


def order(minute: int, *codes: str, key: str = "k") -> OrderVersion:
    return OrderVersion(
        key=key, reported_at=f"2026030110{minute:02}", results=tuple(SentResult(code=code) for code in codes)
    )


def test_an_older_message_is_whole_only_when_all_its_orders_are_said_again() -> None:
    """A result or an order that the newer one lacks keeps it; so does anything that versions do not hold."""
    newer = order(2, "NA", "K")
    assert covers([newer], [order(1, "K")])
    assert not covers([newer], [order(1, "K", "CL")])
    assert not covers([newer], [order(1, "K"), order(1, "HB", key="other")])
    others = (("M1", order(1, "K")), ("M2", order(1, "NA")), ("M3", order(1, "CL")), ("M4", order(3, "K")))
    history = History(version=newer, others=others, wholes={"M1": (order(1, "K"),)})
    found = overtaken([history], [newer])
    assert found == (Older(message_id="M1", is_whole=True), Older(message_id="M2", is_whole=False))
