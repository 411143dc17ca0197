"""A receiver that was away for a day: a million deliveries wait, the engine dies and comes back, then all drain in order."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import socket
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import running
from bench.load import END, Messages, drive, patients_csv
from engine.app.clock import SystemClock, SystemIds
from engine.app.logging import configure
from engine.app.metrics import Metrics
from engine.app.observer import AppObserver
from engine.domain.message import MessageId
from engine.plugins.stores.sqlite import SqliteSettings, build
from engine.ports.services import SiteServices
from engine.ports.store import KeyLease, NewDelivery, NewMessage, Store, Transition

QUEUED = 1_000_000
KEYS = 20_000
_AT_ONCE = 500
_TARGETS = {"first_ack_s": 2.0, "peak_mib": 300.0}


def outage(scale: float) -> dict[str, Any]:
    """Seconds from the start to the first AA, memory with everything queued, and whether the queue drains in order."""
    count = max(10_000, int(QUEUED * scale))
    with tempfile.TemporaryDirectory() as folder:
        site, ehr = Path(folder) / "site", running.free_port()
        running.write_site(site, ehr=ehr, patients=patients_csv())
        began = time.monotonic()
        asyncio.run(_queue(site, count))
        laid = time.monotonic() - began
        print(f"outage: {count} deliveries queued in {laid:.0f} s", flush=True)
        figures: dict[str, Any] = {"queued": count, "laid_down_s": round(laid)}
        with running.start(site) as engine:
            drive(engine.port, Messages("small", "WARM"), connections=4, depth=1, count=50)
            engine.process.send_signal(signal.SIGKILL)
            engine.process.wait()
        figures |= _after_the_kill(site, ehr, count + 51)
    figures["in_target"] = all(figures[name] < most for name, most in _TARGETS.items()) and not figures["out_of_order"]
    print(_line(figures), flush=True)
    return figures


def _after_the_kill(site: Path, ehr: int, expected: int) -> dict[str, Any]:
    began = time.monotonic()
    with running.start(site) as engine:
        _send_one(engine.port)
        first = time.monotonic() - began
        before = engine.memory_kib("VmHWM")
        with running.sink(ehr) as receiver:
            began = time.monotonic()
            while receiver.received() < expected:
                if time.monotonic() - began > expected / 50:
                    raise RuntimeError("the queue does not drain")
                time.sleep(0.2)
            drained = time.monotonic() - began
            disorder = receiver.out_of_order()
        return {
            "first_ack_s": round(first, 2), "queued_mib": round(before / 1024), "peak_mib": round(engine.memory_kib("VmHWM") / 1024),
            "drained_per_second": round(expected / drained), "out_of_order": disorder,
        }  # fmt: skip


def _line(row: dict[str, Any]) -> str:
    return (
        f"outage, {row['queued']} queued: first AA {row['first_ack_s']} s after the start that follows kill -9, peak {row['peak_mib']} MiB "
        f"({row['queued_mib']} before the drain), drained at {row['drained_per_second']}/s, {row['out_of_order']} out of order"
        f"{'' if row['in_target'] else '  OVER THE TARGET'}"
    )


def _send_one(port: int) -> None:
    _, frame = Messages("small", "ONE").frame(0)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as lab:
        lab.sendall(frame)
        answer = b""
        while not answer.endswith(END):
            got = lab.recv(65536)
            if not got:
                raise RuntimeError("no answer")
            answer += got
    if b"\rMSA|AA|" not in answer:
        raise RuntimeError("not accepted")


async def _queue(site: Path, count: int) -> None:
    observer = AppObserver(configure("warning"), Metrics(version="bench", python="3"))
    services = SiteServices(site=site, node="fill", clock=SystemClock(), ids=SystemIds(), observer=observer)
    store = build(SqliteSettings(min_free=1), services)
    await store.open()
    try:
        for first in range(0, count, _AT_ONCE):
            await store.accept([_message(number) for number in range(first, min(first + _AT_ONCE, count))])
            while leases := await store.claim("fill", keys=_AT_ONCE, per_key=64):
                await asyncio.gather(*(_finish(store, lease) for lease in leases))
    finally:
        await store.close()


async def _finish(store: Store, lease: KeyLease) -> None:
    for item in lease.items:
        number = int(item.control_id[1:])
        await store.advance(lease, _transition(item.id, number))
    await store.release(lease)


def _message(number: int) -> NewMessage:
    raw = _payload(f"Q{number:09}")
    return NewMessage(
        id=MessageId(f"{number:026}"), channel="bench", source="lab", ordering_key=f"K{number % KEYS:05}",
        received_at=datetime.now(UTC), raw=raw, sha256=hashlib.sha256(raw).hexdigest(),
        control_id=f"Q{number:09}", dedupe_sender="bench", message_type="ORU^R01",
    )  # fmt: skip


def _transition(message_id: MessageId, number: int) -> Transition:
    control_id = f"K{number % KEYS:05}-{number:09}"
    delivery = NewDelivery(
        id=hashlib.sha256(control_id.encode()).hexdigest()[:32], destination="ehr", idempotency_key=control_id,
        control_id=control_id, body=_payload(control_id),
    )  # fmt: skip
    return Transition(
        message_id=message_id, next_stage=None, dossier=json.dumps({"number": number}), deliveries=(delivery,)
    )


def _payload(control_id: str, results: Sequence[str] = ("2345-7", "2160-0", "2951-2", "2823-3", "718-7")) -> bytes:
    lines = [
        f"MSH|^~\\&|LAB|NORTH|EHR|HOSP|20260302081500||ORU^R01^ORU_R01|{control_id}|P|2.5.1",
        "PID|1||900001^^^HOSP^MR||BENCH0001^PAT0001||19700202|F",
        f"OBR|1|ORD{control_id}|ACC{control_id}|24323-8^CMP^LN|||20260302080000|||||||||||||||20260302081000|||F",
        *(f"OBX|{n}|NM|{code}^{code}^LN|1|{n * 7}|mmol/L|1-99||||F" for n, code in enumerate(results, start=1)),
    ]
    return ("\r".join(lines) + "\r").encode()
