"""Four ledgers and what must hold between them: sent, acknowledged, what the engine says, what the EHR received."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.work import Parcel, field_of, values_of

ENDS = frozenset({"delivered", "duplicate", "filtered", "parked", "review", "withdrawn"})
"""Where a message may rest. Anything else after the engine has settled is a message that was forgotten."""


class Ledger:
    """What the laboratories sent and what was acknowledged to them; any thread may write."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.sent: dict[str, Parcel] = {}
        self.acked: dict[str, str] = {}
        self.refused: Counter[str] = Counter()
        self.tries = 0

    def offer(self, parcel: Parcel) -> None:
        """A message is about to be sent, perhaps again."""
        with self._lock:
            self.sent[parcel.control_id] = parcel
            self.tries += 1

    def answer(self, parcel: Parcel, code: str) -> None:
        """An answer came."""
        with self._lock:
            if code in ("AA", "CA"):
                self.acked[parcel.control_id] = code
            else:
                self.refused[code] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of an audit. `faults` is empty when every invariant held; each line names control ids only."""

    acked: int
    lost: int
    doubled: int
    resent: int
    altered: int
    states: dict[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Received:
    control_id: str
    filler: str
    mrn: str
    values: str
    digest: str


def _read(message: bytes) -> _Received:
    return _Received(
        control_id=field_of(message, b"MSH", 9),
        filler=field_of(message, b"OBR", 3).partition("^")[0],
        mrn=field_of(message, b"PID", 3).partition("^")[0],
        values=values_of(message),
        digest=hashlib.sha256(message).hexdigest(),
    )


def audit(ledger: Ledger, items: Sequence[dict[str, Any]], received: Iterable[bytes]) -> Verdict:
    """Compare the ledgers after the engine has settled.

    Args:
        ledger: of the laboratories.
        items: every message of the engine, as its API shows them.
        received: every whole frame the EHR read, in order.
    """
    arrivals = [_read(message) for message in received]
    ids: dict[str, set[str]] = defaultdict(set)
    bytes_of: dict[str, set[str]] = defaultdict(set)
    for one in arrivals:
        ids[one.filler].add(one.control_id)
        bytes_of[one.control_id].add(one.digest)
    lost = _lost(ledger, items, set(ids))
    doubled = sorted(filler for filler, found in ids.items() if len(found) > 1)
    altered = sorted(control_id for control_id, found in bytes_of.items() if len(found) > 1)
    faults = [
        *(f"lost: {one}" for one in lost),
        *(f"two control ids: {one}" for one in doubled),
        *(f"other bytes on a retry: {one}" for one in altered),
        *_unfinished(items),
        *_stored_twice(items),
        *_strangers(ledger, arrivals),
        *_out_of_order(ledger, arrivals),
        *_unrecorded(items, arrivals),
    ]
    return Verdict(
        acked=len(ledger.acked),
        lost=len(lost),
        doubled=len(doubled),
        resent=len(arrivals) - len(bytes_of),
        altered=len(altered),
        states=dict(Counter(item["state"] for item in items)),
        faults=tuple(faults),
    )


def _lost(ledger: Ledger, items: Sequence[dict[str, Any]], at_ehr: set[str]) -> list[str]:
    """Acknowledged and not in the engine, or called delivered there and never seen by the EHR."""
    known = {item["control_id"]: item["state"] for item in items}
    gone = [one for one in ledger.acked if one not in known]
    claimed = [
        one for one, state in known.items()
        if state == "delivered" and one in ledger.sent and ledger.sent[one].filler not in at_ehr
    ]  # fmt: skip
    return sorted({*gone, *claimed})


def _unfinished(items: Sequence[dict[str, Any]]) -> list[str]:
    return sorted(f"left {item['state']}: {item['control_id']}" for item in items if item["state"] not in ENDS)


def _stored_twice(items: Sequence[dict[str, Any]]) -> list[str]:
    """A retransmission of the same bytes is the same message."""
    counted = Counter(item["control_id"] for item in items)
    return sorted(f"stored {count} times: {one}" for one, count in counted.items() if count > 1)


def _strangers(ledger: Ledger, arrivals: Sequence[_Received]) -> list[str]:
    """Nothing arrives that was not sent, no result under another patient, no result changed."""
    by_filler = {parcel.filler: parcel for parcel in ledger.sent.values()}
    found = set()
    for one in arrivals:
        parcel = by_filler.get(one.filler)
        if parcel is None:
            found.add(f"never sent: {one.control_id}")
        elif parcel.mrn != one.mrn:
            found.add(f"under another patient: {one.control_id}")
        elif parcel.values != one.values:
            found.add(f"other results than sent: {one.control_id}")
    return sorted(found)


def _out_of_order(ledger: Ledger, arrivals: Sequence[_Received]) -> list[str]:
    """Inside a patient first arrivals come in the order of sending; a message is sent after the one before was acknowledged."""
    by_filler = {parcel.filler: parcel for parcel in ledger.sent.values()}
    newest: dict[str, int] = {}
    seen: set[str] = set()
    faults = []
    for one in arrivals:
        parcel = by_filler.get(one.filler)
        if parcel is None or one.filler in seen:
            continue
        seen.add(one.filler)
        if parcel.number < newest.get(parcel.mrn, 0):
            faults.append(f"out of order: {one.control_id}")
        newest[parcel.mrn] = max(parcel.number, newest.get(parcel.mrn, 0))
    return faults


def _unrecorded(items: Sequence[dict[str, Any]], arrivals: Sequence[_Received]) -> list[str]:
    """Every control id the EHR saw is one that the engine recorded before it sent."""
    recorded = {one["control_id"] for item in items for one in item["deliveries"]}
    return sorted({f"not recorded: {one.control_id}" for one in arrivals if one.control_id not in recorded})
