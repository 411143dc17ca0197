"""The judge is judged first: each invariant of the ledgers bites when it is broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.ledger import Ledger, audit
from tests.faults.work import Parcel, Patients

PATIENTS = Patients(5, 2)
PARCELS = [PATIENTS.parcel(0, 1), PATIENTS.parcel(0, 2), PATIENTS.parcel(1, 1)]


def item(parcel: Parcel, **fields: Any) -> dict[str, Any]:
    return {
        "control_id": parcel.control_id, "state": "delivered", "deliveries": [{"control_id": f"OUT{parcel.filler}"}], **fields
    }  # fmt: skip


def arrival(parcel: Parcel) -> bytes:
    return parcel.data.replace(parcel.control_id.encode(), f"OUT{parcel.filler}".encode(), 1)


def ledger() -> Ledger:
    made = Ledger()
    for parcel in PARCELS:
        made.offer(parcel)
        made.answer(parcel, "AA")
    return made


def test_an_honest_run_has_no_fault() -> None:
    """What arrives once, in order, as sent, is no fault; an identical re-send is counted and is none either."""
    received = [arrival(one) for one in (*PARCELS, PARCELS[0])]
    verdict = audit(ledger(), [item(one) for one in PARCELS], received)
    assert (verdict.acked, verdict.lost, verdict.resent, verdict.faults) == (3, 0, 1, ())


Spoil = Callable[[list[dict[str, Any]], list[bytes]], object]


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        pytest.param(lambda items, _got: items.pop(), "lost", id="acknowledged-and-unknown"),
        pytest.param(lambda _items, got: got.pop(), "lost", id="delivered-and-never-seen"),
        pytest.param(
            lambda _items, got: got.append(got[0].replace(b"OUT", b"NEW")), "two control ids", id="second-control-id"
        ),
        pytest.param(lambda _items, got: got.append(got[0] + b"ZZZ|1\r"), "other bytes", id="altered-retry"),
        pytest.param(lambda items, _got: items[0].update(state="queued"), "left queued", id="forgotten"),
        pytest.param(lambda items, _got: items.append(items[0]), "stored 2 times", id="stored-twice"),
        pytest.param(
            lambda _items, got: got.append(got[0].replace(PARCELS[0].filler.encode(), b"A99-1")),
            "never sent",
            id="stranger",
        ),
        pytest.param(
            lambda _items, got: got.append(got[0].replace(PARCELS[0].mrn.encode(), PARCELS[2].mrn.encode())),
            "another patient",
            id="wrong-patient",
        ),
        pytest.param(
            lambda _items, got: got.append(got[0].replace(b"|mg/dL|", b"|g/L|")), "other results", id="changed"
        ),
        pytest.param(lambda _items, got: got.insert(0, got.pop(1)), "out of order", id="order"),
        pytest.param(lambda items, _got: items[0].update(deliveries=[]), "not recorded", id="unrecorded"),
    ],
)
def test_a_broken_invariant_is_named(spoil: Spoil, word: str) -> None:
    """Each way to break a promise gives a line that names it."""
    items, received = [item(one) for one in PARCELS], [arrival(one) for one in PARCELS]
    spoil(items, received)
    assert any(fault.startswith(word) or word in fault for fault in audit(ledger(), items, received).faults)
