"""The figures of the engine, in one registry; names and labels are a contract with people's dashboards.

Labels come from configuration and from closed lists, never from a message's content, and no metric takes more than
`SERIES_MAX` label sets: what comes beyond goes to one series whose labels say `other`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics import MetricWrapperBase

from engine.ports.store import Store, StoreError, StoreFigures

CONTENT_TYPE = CONTENT_TYPE_LATEST
PREFIX = "headrace_"
OTHER = "other"
SERIES_MAX = 1000
CALLS_MAX = 4000
"""Calls that are remembered with their series; further ones are looked up each time."""

_STAGE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_ACK_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

ORU_TYPES = ("ORU^R01", "ORU^R30", "ORU^R31", "ORU^R32", "ORU^R40")
MDM_TYPES = tuple(f"MDM^T{number:02d}" for number in range(1, 12))
ADT_TYPES = tuple(f"ADT^A{number:02d}" for number in range(1, 63))
OTHER_TYPES = ("ACK", "ORM^O01", "OML^O21", "OUL^R22", "OUL^R21", "ORL^O22", "DOCUMENT", "batch")
MESSAGE_TYPES = frozenset((*ORU_TYPES, *MDM_TYPES, *ADT_TYPES, *OTHER_TYPES))
ACK_CODES = frozenset({"AA", "AE", "AR", "CA", "CE", "CR", "none", "received"})

_CLOSED: Mapping[str, frozenset[str]] = {"type": MESSAGE_TYPES, "code": ACK_CODES}


class UnknownMetric(Exception):
    """A metric or a label that is not declared here: a mistake in the calling code."""

    log_safe = True


@dataclass(frozen=True, slots=True)
class Spec:
    """One declared metric: its labels, its help text, and buckets where it is a histogram."""

    labels: tuple[str, ...]
    text: str
    buckets: tuple[float, ...] = ()


COUNTERS: Mapping[str, Spec] = {
    "messages_received": Spec(
        ("channel", "source", "type"), "Messages answered, refused ones among them, by type (MSH-9)."
    ),
    "acks": Spec(
        ("channel", "code"),
        "Answers given to senders, by MSA-1; `none` where none was due, `received` for ACKs that came in.",
    ),
    "stage_outcomes": Spec(("channel", "stage", "outcome"), "What stages decided."),
    "outcomes": Spec(("channel", "state"), "Messages that came to a state after their stages or deliveries."),
    "delivery_attempts": Spec(("channel", "destination", "result"), "Tries to send, by what came of them."),
    "frame_errors": Spec(("source", "reason"), "Broken framing: noise, oversize, torn frames."),
    "documents": Spec(("channel", "media_type", "outcome"), "Embedded documents, by what reading them came to."),
    "extractor_calls": Spec(
        ("extractor", "outcome"), "Documents given to an extractor, each try of a remote one, by what came of it."
    ),
    "extractor_answers": Spec(("status",), "Answers of `headrace serve-extractor`, by HTTP status."),
    "directory_calls": Spec(
        ("directory", "outcome"), "Questions to a directory on another machine, each try, by what came of it."
    ),
    "log_fields_dropped": Spec((), "Log fields outside the allow-list, dropped or cut."),
    "log_lines_dropped": Spec((), "Log lines lost because stderr did not take them."),
    "observer_errors": Spec((), "Metrics named wrongly by the engine's own code."),
}
HISTOGRAMS: Mapping[str, Spec] = {
    "extractor_seconds": Spec(("extractor",), "Time of an extractor for a document, or for one try.", _STAGE_BUCKETS),
    "directory_seconds": Spec(("directory",), "Time of a directory on another machine for one try.", _STAGE_BUCKETS),
    "stage_seconds": Spec(("channel", "stage"), "Time in a stage, per message.", _STAGE_BUCKETS),
    "ack_seconds": Spec(("channel",), "From the end of a frame to its answer.", _ACK_BUCKETS),
    "delivery_seconds": Spec(("channel", "destination"), "From sending to the receiver's answer.", _ACK_BUCKETS),
}
GAUGES: Mapping[str, Spec] = {
    "connections": Spec(("source",), "Open connections."),
    "in_flight_bytes": Spec(("source",), "Bytes received and not yet answered."),
    "queue_depth": Spec(("channel", "destination"), "Deliveries that wait, retries included."),
    "queue_parked": Spec(("channel", "destination"), "Deliveries that wait for a person."),
    "queue_oldest_seconds": Spec(("channel", "destination"), "Age of the oldest delivery that waits."),
    "delivery_circuit_open": Spec(
        ("channel", "destination"), "1 while a receiver that gives no answer is tried with one delivery at a time."
    ),
    "extractor_circuit_open": Spec(
        ("extractor",), "1 while a remote extractor is left alone after failures, its probe included."
    ),
    "directory_circuit_open": Spec(
        ("directory",), "1 while a directory on another machine is left alone after failures, its probe included."
    ),
    "messages": Spec(("channel", "state"), "Messages held, by state."),
    "review_open": Spec((), "Open review cases."),
    "review_oldest_seconds": Spec((), "Age of the oldest open review case."),
    "work_waiting": Spec((), "Messages whose stages are not done."),
    "store_up": Spec((), "1 when the store gave its figures at this scrape, else 0."),
    "build_info": Spec(("version", "python"), "Always 1; what runs is in the labels."),
}
_FROM_FIGURES = ("queue_depth", "queue_parked", "queue_oldest_seconds", "messages")


M = TypeVar("M", bound=MetricWrapperBase)


class _Family(Generic[M]):
    """One metric and its series; a series is made once and found by its label values from then on."""

    def __init__(self, parent: M, labels: tuple[str, ...], series_max: int) -> None:
        self._parent = parent
        self._labels = labels
        self._series_max = series_max
        self._series: dict[tuple[str, ...], M] = {}

    def child(self, labels: Mapping[str, str]) -> M:
        """The series of these labels, or the one called `other` where there are too many."""
        names = self._labels
        try:
            key = tuple([_closed(name, labels[name]) for name in names])
        except KeyError:
            raise _wrong_labels(labels, names) from None
        if len(labels) != len(names):
            raise _wrong_labels(labels, names)
        found = self._series.get(key)
        return found if found is not None else self._make(key)

    def _make(self, key: tuple[str, ...]) -> M:
        if not key:
            made = self._parent
        elif len(self._series) >= self._series_max:
            return self._parent.labels(*(OTHER for _ in key))
        else:
            made = self._parent.labels(*key)
        self._series[key] = made
        return made

    def clear(self) -> None:
        """Forget every series; the next exposition shows those set since."""
        self._series.clear()
        self._parent.clear()


class Metrics:
    """The registry and everything in it.

    Args:
        version: of the product; `python` that of the interpreter.
        series_max: label sets a metric may have before further ones are counted under `other`.
    """

    def __init__(self, *, version: str, python: str, series_max: int = SERIES_MAX) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the exposition, and no dashboard of ours reads them
        self.registry = CollectorRegistry()
        self._counters = {
            name: _Family(
                Counter(PREFIX + name, spec.text, spec.labels, registry=self.registry), spec.labels, series_max
            )
            for name, spec in COUNTERS.items()
        }
        self._gauges = {
            name: _Family(Gauge(PREFIX + name, spec.text, spec.labels, registry=self.registry), spec.labels, series_max)
            for name, spec in GAUGES.items()
        }
        self._histograms = {
            name: _Family(self._histogram(name, spec), spec.labels, series_max) for name, spec in HISTOGRAMS.items()
        }
        self._adders: dict[tuple[object, ...], Callable[[float], None]] = {}
        self._observers: dict[tuple[object, ...], Callable[[float], None]] = {}
        self.set("build_info", 1, version=version, python=python)

    def _histogram(self, name: str, spec: Spec) -> Histogram:
        return Histogram(PREFIX + name, spec.text, spec.labels, buckets=spec.buckets, registry=self.registry)

    def add(self, name: str, amount: float = 1, /, **labels: str) -> None:
        """Add to a counter, or to a gauge (where the amount may be negative).

        Raises:
            UnknownMetric: no such metric, or not these labels.
            ValueError: a negative amount for a counter.
        """
        call = (name, *labels.items())
        known = self._adders.get(call)
        if known is not None:
            known(amount)
        elif name in self._counters:
            add = self._counters[name].child(labels).inc
            _remember(self._adders, call, add)
            add(amount)
        else:
            _known(self._gauges, name).child(labels).inc(amount)

    def observe(self, name: str, value: float, /, **labels: str) -> None:
        """Add one observation to a histogram. Raises UnknownMetric as `add` does."""
        call = (name, *labels.items())
        known = self._observers.get(call)
        if known is None:
            known = _known(self._histograms, name).child(labels).observe
            _remember(self._observers, call, known)
        known(value)

    def set(self, name: str, value: float, /, **labels: str) -> None:
        """Set a gauge. Raises UnknownMetric as `add` does."""
        _known(self._gauges, name).child(labels).set(value)

    def set_figures(self, figures: StoreFigures, now: datetime) -> None:
        """Take over what the store counted; a queue that is gone loses its series."""
        for name in _FROM_FIGURES:
            self._gauges[name].clear()
        for (channel, state), number in figures.messages.items():
            self.set("messages", number, channel=channel, state=state)
        for queue in figures.queues:
            labels = {"channel": queue.channel, "destination": queue.destination}
            self.set("queue_depth", queue.queued, **labels)
            self.set("queue_parked", queue.parked, **labels)
            self.set("queue_oldest_seconds", _age(queue.oldest_at, now), **labels)
        self.set("review_open", figures.reviews_open)
        self.set("review_oldest_seconds", _age(figures.oldest_review_at, now))
        self.set("work_waiting", figures.work_waiting)
        self.set("store_up", 1)

    async def scrape(self, store: Store, now: datetime) -> bytes:
        """The exposition with fresh figures; the former ones and `store_up` 0 when the store does not answer."""
        try:
            self.set_figures(await store.figures(), now)
        except StoreError:
            self.set("store_up", 0)
        return self.render()

    def render(self) -> bytes:
        """The exposition as it stands."""
        return generate_latest(self.registry)


def _known(families: Mapping[str, _Family[M]], name: str) -> _Family[M]:
    found = families.get(name)
    if found is None:
        raise UnknownMetric(f"no metric of this kind is called {name}")
    return found


def _remember(
    calls: dict[tuple[object, ...], Callable[[float], None]],
    call: tuple[object, ...],
    act: Callable[[float], None],
) -> None:
    """Counters and histograms keep their series for ever, so a call made before needs no look at its labels."""
    if len(calls) < CALLS_MAX:
        calls[call] = act


def _wrong_labels(given: Mapping[str, str], wanted: tuple[str, ...]) -> UnknownMetric:
    return UnknownMetric(f"labels {sorted(given)} instead of {sorted(wanted)}")


def _closed(label: str, value: str) -> str:
    """The value itself, or `other` where the label has a closed list and the value is not on it."""
    allowed = _CLOSED.get(label)
    return value if allowed is None or value in allowed else OTHER


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
