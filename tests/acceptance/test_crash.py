"""Promise one, from outside: what was acknowledged survives kill -9, and no result set leaves under two control ids."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.generators.discrete import oru_discrete
from tests.generators.messages import DIALECTS, envelope_of
from tests.generators.patients import make_population, write_csv
from tests.generators.reports import compose
from tests.support.site import Lab, ack_code, ehr_listening, make_site, running, until

PATIENTS = make_population(4000, 40, "en")
SENDERS = 6


def _messages(count: int) -> dict[str, bytes]:
    """Small discrete messages for many patients, by control id; every one has an accession of its own."""
    made = {}
    reports = [
        compose("us_chem", seed=7000 + index, patient=patient, panels=("lipids",))
        for index, patient in enumerate(PATIENTS)
    ]
    dialect = DIALECTS["lri251"]
    for number in range(count):
        control_id = f"CRASH-{number:05}"
        report = reports[number % len(reports)]
        envelope = replace(envelope_of(report, control_id), placer=f"ORD{number:05}", filler=f"ACC{number:05}")
        made[control_id] = oru_discrete(dialect, envelope, report)
    return made


class _Ledger:
    """What the lab sent and what was acknowledged to it."""

    def __init__(self, messages: dict[str, bytes]) -> None:
        self._todo = list(messages.items())
        self._lock = threading.Lock()
        self.acked: set[str] = set()

    def take(self) -> tuple[str, bytes] | None:
        with self._lock:
            return self._todo.pop() if self._todo else None

    def give_back(self, item: tuple[str, bytes]) -> None:
        with self._lock:
            self._todo.append(item)

    @property
    def left(self) -> int:
        with self._lock:
            return len(self._todo)


def _send_until_gone(address: tuple[str, int], ledger: _Ledger) -> None:
    """Send until nothing is left or the engine dies; a message without an answer is sent again later, as labs do."""
    item = None
    try:
        with Lab(address) as lab:
            while (item := ledger.take()) is not None:
                if ack_code(lab.send(item[1])) == "AA":
                    ledger.acked.add(item[0])
                else:
                    ledger.give_back(item)
    except OSError:
        if item is not None:
            ledger.give_back(item)


def _senders(address: tuple[str, int], ledger: _Ledger) -> list[threading.Thread]:
    threads = [threading.Thread(target=_send_until_gone, args=(address, ledger)) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    return threads


@pytest.mark.slow
def test_kill_9_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """Kill -9 three times in a run of 2,000 messages: every acknowledged one is delivered, each under one control id."""
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    messages = _messages(2000)
    ledger = _Ledger(messages)
    kill_at = sorted(dice.sample(range(100, 1800), 3))
    with ehr_listening() as ehr:
        site = make_site(tmp_path / "site", ehr=ehr.port, patients=write_csv(PATIENTS))
        for count in kill_at:
            with running(site) as engine:
                threads = _senders(engine.mllp, ledger)
                until(lambda count=count: len(ledger.acked) >= count or not ledger.left, "acknowledgements")
                engine.kill()
                for thread in threads:
                    thread.join()
        with running(site) as engine:
            for thread in _senders(engine.mllp, ledger):
                thread.join()
            items = engine.settled()
    stored = {item["control_id"]: item for item in items}
    assert ledger.acked == set(messages), "the lab got an AA for everything in the end"
    assert set(stored) == set(messages), f"stored {len(stored)} of {len(messages)}"
    assert len(items) == len(messages), "a retransmission made a second message"
    assert {item["state"] for item in items} == {"delivered"}, f"states {sorted({item['state'] for item in items})}"
    ids_by_result_set: dict[str, set[str]] = {}
    for received in ehr.received:
        obr = next(line for line in received.split(b"\r") if line.startswith(b"OBR|")).split(b"|")
        ids_by_result_set.setdefault(obr[3].decode(), set()).add(received.split(b"|", 10)[9].decode())
    assert len(ids_by_result_set) == len(messages)
    assert {number: ids for number, ids in ids_by_result_set.items() if len(ids) > 1} == {}, "two control ids"
    sent_ids = {one["control_id"] for item in items for one in item["deliveries"]}
    assert set(ehr.control_ids()) == sent_ids, "the EHR saw exactly the control ids the engine recorded"
    assert all(len(item["deliveries"]) == 1 for item in items), "one delivery a result set"
