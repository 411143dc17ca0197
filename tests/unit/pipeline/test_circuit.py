"""A silent receiver is left alone, and no single message keeps it silent for the others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.pipeline.circuit import Circuit
from engine.ports.destination import RetryPolicy
from tests.support.intake_fakes import CountingIds, RecordingObserver


def made(**policy: Any) -> tuple[Circuit, RecordingObserver]:
    observer = RecordingObserver()
    return Circuit(RetryPolicy(**policy), CountingIds(), observer, channel="lab", destination="ehr"), observer


def batch(*keys: str) -> Any:
    return [SimpleNamespace(ordering_key=key) for key in keys]


def test_opens_after_so_many_in_a_row_and_says_so_once():
    """Three misses in a row open it, one answer closes it; the gauge goes up and down, each turn is noted once."""
    circuit, observer = made(opens_after=3)
    circuit.missed("a")
    circuit.reached()
    for _ in range(5):
        circuit.missed("a")
    assert circuit.is_open
    assert observer.counted("delivery_circuit_open", channel="lab", destination="ehr") == 1
    circuit.reached()
    assert not circuit.is_open
    assert observer.counted("delivery_circuit_open") == 0
    assert [note["state"] for note in observer.events("delivery.circuit")] == ["open", "closed"]


def test_waits_between_probes_are_bounded():
    """Back-off doubles up to the longest wait; while open never above the wait between two probes."""
    circuit, _ = made(opens_after=2, base_seconds=8.0, longest_seconds=300.0, probe_seconds=10.0)
    waits = [circuit.missed("a") for _ in range(6)]
    assert waits[0] < waits[1] <= 10.0
    assert max(waits[1:]) == 10.0


def test_probes_go_round_the_keys():
    """One message that makes the receiver silent is tried last, then the round begins anew; closed, all are sent."""
    circuit, _ = made(opens_after=1)
    assert len(circuit.probes(batch("a", "b", "c"))) == 3
    tried = []
    circuit.missed("a")
    for _ in range(4):
        (probe,) = circuit.probes(batch("a", "b", "c"))
        tried.append(probe.ordering_key)
        circuit.missed(probe.ordering_key)
    assert tried == ["b", "c", "a", "b"]


def test_another_node_starts_without_a_grudge():
    """When the queue goes to another node the gauge of this one is taken back and nothing is said of the receiver."""
    circuit, observer = made(opens_after=1)
    circuit.missed("a")
    circuit.forget()
    assert (circuit.is_open, circuit.unreached, observer.counted("delivery_circuit_open")) == (False, 0, 0)
    assert len(observer.events("delivery.circuit")) == 1
