"""The exposition: names, bounded labels, and figures taken from the store at each scrape."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

import engine
from engine.app.metrics import COUNTERS, GAUGES, HISTOGRAMS, OTHER, Metrics, Spec, UnknownMetric
from engine.ports.store import QueueView, StoreError, StoreFigures
from tests.architecture.tree import nodes

NOW = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
PROMISED = {
    "headrace_messages_received_total": ("channel", "source", "type"),
    "headrace_acks_total": ("channel", "code"),
    "headrace_stage_seconds": ("channel", "stage"),
    "headrace_stage_outcomes_total": ("channel", "stage", "outcome"),
    "headrace_ack_seconds": ("channel",),
    "headrace_outcomes_total": ("channel", "state"),
    "headrace_queue_depth": ("channel", "destination"),
    "headrace_queue_oldest_seconds": ("channel", "destination"),
    "headrace_review_open": (),
    "headrace_review_oldest_seconds": (),
    "headrace_delivery_attempts_total": ("channel", "destination", "result"),
    "headrace_frame_errors_total": ("source", "reason"),
    "headrace_connections": ("source",),
    "headrace_documents_total": ("channel", "media_type", "outcome"),
    "headrace_in_flight_bytes": ("source",),
    "headrace_log_fields_dropped_total": (),
    "headrace_build_info": ("version", "python"),
}


def figures(**changes: object) -> StoreFigures:
    queue = QueueView(
        channel="lab-reports",
        destination="ehr",
        queued=3,
        parked=1,
        oldest_at=NOW - timedelta(seconds=90),
        head_error="refused",
    )
    values: dict[str, object] = {
        "messages": {("lab-reports", "queued"): 3, ("lab-reports", "delivered"): 7},
        "queues": (queue,),
        "reviews_open": 2,
        "oldest_review_at": NOW - timedelta(hours=1),
        "work_waiting": 4,
    }
    return StoreFigures(**(values | changes))  # type: ignore[arg-type]


class Figures:
    def __init__(self, answer: StoreFigures | StoreError) -> None:
        self.answer = answer

    async def figures(self) -> StoreFigures:
        if isinstance(self.answer, StoreError):
            raise self.answer
        return self.answer


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(version="0.1.0", python="3.11.7")


def samples(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (item.name, tuple(sorted(item.labels.items()))): item.value
        for family in text_string_to_metric_families(text.decode())
        for item in family.samples
    }


def test_the_promised_names_and_labels_are_declared():
    """Dashboards are written against these; none may be renamed by accident."""
    declared = {f"headrace_{name}_total": spec.labels for name, spec in COUNTERS.items()}
    declared |= {f"headrace_{name}": spec.labels for name, spec in (GAUGES | HISTOGRAMS).items()}
    assert PROMISED.items() <= declared.items()


def test_each_declared_metric_can_be_used_and_is_exposed(metrics):
    """Every name works with its labels and comes out with its help text."""
    for name, spec in COUNTERS.items():
        metrics.add(name, **dict.fromkeys(spec.labels, "AA"))
    for name, spec in GAUGES.items():
        metrics.set(name, 2, **dict.fromkeys(spec.labels, "x"))
    for name, spec in HISTOGRAMS.items():
        metrics.observe(name, 0.01, **dict.fromkeys(spec.labels, "x"))
    text = metrics.render()
    names = {name for name, _ in samples(text)}
    assert {f"headrace_{name}_total" for name in COUNTERS} <= names
    assert {f"headrace_{name}" for name in GAUGES} <= names
    assert {f"headrace_{name}_bucket" for name in HISTOGRAMS} <= names
    assert b"_created" not in text


def test_types_and_codes_outside_the_lists_count_as_other(metrics):
    """What a sender writes into MSH-9 cannot make new series."""
    for number in range(50):
        metrics.add("messages_received", channel="c", source="s", type=f"ZZZ^{number}")
    metrics.add("messages_received", channel="c", source="s", type="ORU^R01")
    metrics.add("acks", channel="c", code="ZORBLATT")
    found = {key: value for key, value in samples(metrics.render()).items() if "received" in key[0]}
    assert {dict(labels)["type"]: value for (_, labels), value in found.items()} == {OTHER: 50, "ORU^R01": 1}
    assert b"ZORBLATT" not in metrics.render()


def test_no_metric_grows_without_end():
    """Beyond the limit further label sets share one series, and those that exist go on."""
    metrics = Metrics(version="0", python="3", series_max=3)
    for number in range(10):
        metrics.add("frame_errors", source=f"s{number}", reason="noise")
    metrics.add("frame_errors", source="s0", reason="noise")
    found = {key: value for key, value in samples(metrics.render()).items() if "frame" in key[0]}
    assert len(found) == 4
    assert found["headrace_frame_errors_total", (("reason", "noise"), ("source", "s0"))] == 2
    assert found["headrace_frame_errors_total", (("reason", OTHER), ("source", OTHER))] == 7


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("no_such", {}),
        ("acks", {"channel": "c"}),
        ("acks", {"channel": "c", "code": "AA", "patient": "x"}),
        ("acks", {"channel": "c", "kode": "AA"}),
        ("log_fields_dropped", {"channel": "c"}),
    ],
)
def test_wrong_names_and_labels_are_refused(metrics, name, labels):
    """A mistake is an error here; the observer decides whether it may show."""
    with pytest.raises(UnknownMetric):
        metrics.add(name, **labels)


def test_labels_are_found_in_any_order(metrics):
    """Two call sites that spell the same labels differently count in one series."""
    metrics.add("acks", channel="c", code="AA")
    metrics.add("acks", code="AA", channel="c")
    assert samples(metrics.render())["headrace_acks_total", (("channel", "c"), ("code", "AA"))] == 2


def test_gauges_go_up_and_down(metrics):
    """Connections are counted both ways by the source that holds them."""
    metrics.add("connections", 1, source="lab")
    metrics.add("connections", 1, source="lab")
    metrics.add("connections", -1, source="lab")
    assert samples(metrics.render())["headrace_connections", (("source", "lab"),)] == 1


async def test_figures_come_from_the_store_at_each_scrape(metrics):
    """Depth, age, reviews and states are those of the moment."""
    found = samples(await metrics.scrape(Figures(figures()), NOW))  # type: ignore[arg-type]
    queue = (("channel", "lab-reports"), ("destination", "ehr"))
    assert found["headrace_queue_depth", queue] == 3
    assert found["headrace_queue_parked", queue] == 1
    assert found["headrace_queue_oldest_seconds", queue] == 90
    assert found["headrace_messages", (("channel", "lab-reports"), ("state", "delivered"))] == 7
    assert (found["headrace_review_open", ()], found["headrace_review_oldest_seconds", ()]) == (2, 3600)
    assert (found["headrace_work_waiting", ()], found["headrace_store_up", ()]) == (4, 1)


async def test_an_emptied_queue_loses_its_series(metrics):
    """No alert goes on for a queue that is gone; an age without a queue is zero."""
    await metrics.scrape(Figures(figures()), NOW)  # type: ignore[arg-type]
    empty = figures(queues=(), messages={}, reviews_open=0, oldest_review_at=None)
    found = samples(await metrics.scrape(Figures(empty), NOW))  # type: ignore[arg-type]
    assert not [name for name, _ in found if name.startswith(("headrace_queue", "headrace_messages"))]
    assert found["headrace_review_oldest_seconds", ()] == 0


async def test_a_store_that_fails_leaves_the_other_metrics(metrics):
    """The scrape answers and says that the store did not."""
    metrics.add("acks", channel="c", code="AA")
    found = samples(await metrics.scrape(Figures(StoreError("broken")), NOW))  # type: ignore[arg-type]
    assert found["headrace_store_up", ()] == 0
    assert found["headrace_acks_total", (("channel", "c"), ("code", "AA"))] == 1


def test_every_figure_of_the_engine_is_declared():
    """Each call site that counts or observes by a literal name uses a declared metric with exactly its labels."""
    seen, wrong = 0, []
    for path in sorted(Path(engine.__file__).parent.rglob("*.py")):
        for call in nodes(path.read_text(encoding="utf-8"), "observer"):
            found = literal_figure(call)
            if found is None:
                continue
            seen += 1
            declared, name, labels = found
            if name not in declared or labels != set(declared[name].labels):
                wrong.append(f"{path.name} {name} {sorted(labels)}")
    assert (seen > 5, wrong) == (True, [])


def literal_figure(call: ast.AST) -> tuple[Mapping[str, Spec], str, set[str]] | None:
    """The declarations, name and labels of `observer.count("x", a=...)`; None for any other node."""
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
        return None
    first = call.args[0]
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        return None
    if not ast.unparse(call.func.value).endswith("observer"):
        return None
    labels = {item.arg for item in call.keywords if item.arg} - {"amount"}
    kinds: dict[str, Mapping[str, Spec]] = {"count": COUNTERS | GAUGES, "observe": HISTOGRAMS}
    declared = kinds.get(call.func.attr)
    return None if declared is None else (declared, first.value, labels)


def test_two_registries_do_not_meet():
    """Nothing is kept in the module: tests and engines in one process count apart."""
    first, second = Metrics(version="0", python="3"), Metrics(version="0", python="3")
    first.add("acks", channel="c", code="AA")
    assert b'headrace_acks_total{channel="c"' not in second.render()
