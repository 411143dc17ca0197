"""Leaves a receiver alone that gives no usable answer: one try at a time, and not the same message each time."""

from __future__ import annotations

from collections.abc import Sequence

from engine.pipeline.retry import backoff_seconds
from engine.ports.clock import Ids
from engine.ports.destination import RetryPolicy
from engine.ports.observe import Observer
from engine.ports.store import QueuedDelivery


class Circuit:
    """Counts tries without a usable answer; open from `opens_after` in a row until the receiver answers anything.

    While it is open one delivery is tried at a time, with back-off up to `probe_seconds` between two. Tries go round
    the ordering keys: one message that makes the receiver silent cannot keep it from the others.
    """

    def __init__(self, policy: RetryPolicy, ids: Ids, observer: Observer, *, channel: str, destination: str) -> None:
        self._policy = policy
        self._ids = ids
        self._observer = observer
        self._channel = channel
        self._destination = destination
        self._tried: set[str] = set()
        self.unreached = 0
        self.is_open = False

    def reached(self) -> None:
        """The receiver answered."""
        self.unreached = 0
        if self.is_open:
            self._turn(is_open=False)

    def missed(self, key: str) -> float:
        """No usable answer to a delivery of this key; returns for how long to leave that delivery alone, in seconds."""
        self.unreached += 1
        if not self.is_open and self.unreached >= self._policy.opens_after:
            self._turn(is_open=True)
        if self.is_open:
            self._tried.add(key)
        delay = backoff_seconds(self.unreached, self._policy, self._ids)
        return min(delay, self._policy.probe_seconds) if self.is_open else delay

    def probes(self, batch: Sequence[QueuedDelivery]) -> Sequence[QueuedDelivery]:
        """What may be tried now: everything, or while it is open the one delivery whose turn it is."""
        if not self.is_open or not batch:
            return batch
        fresh = [delivery for delivery in batch if delivery.ordering_key not in self._tried]
        if not fresh:
            self._tried.clear()
        return (fresh or batch)[:1]

    def forget(self) -> None:
        """The queue is another node's now: nothing is known of the receiver any more."""
        self.unreached = 0
        if self.is_open:
            self._set(is_open=False)

    def _turn(self, *, is_open: bool) -> None:
        self._set(is_open=is_open)
        state, level = ("open", "warning") if is_open else ("closed", "info")
        self._observer.note(
            "delivery.circuit", level=level, state=state, channel=self._channel, destination=self._destination
        )

    def _set(self, *, is_open: bool) -> None:
        self.is_open = is_open
        self._tried.clear()
        change = 1 if is_open else -1
        self._observer.count("delivery_circuit_open", change, channel=self._channel, destination=self._destination)
