"""Socket to disk: the source over the real SQLite store and file blobs."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path

from engine.app.clock import SystemClock, SystemIds
from engine.pipeline.intake import FrameIntake
from engine.plugins.blobs.files import PLUGIN as FILES
from engine.plugins.sources.mllp import PLUGIN as SOURCE
from engine.plugins.stores.sqlite import PLUGIN as SQLITE
from engine.ports.services import SiteServices, SourceServices
from engine.ports.store import MessageQuery
from tests.support.intake_fakes import RecordingObserver
from tests.support.mllp_peer import Peer, block

BODY = b"PID|1||4711^^^HOSP^MR||TESTER^TONI\rOBR|1|P1|F1|24331-1^Lipids^LN\r"


def message(control_id: str, body: bytes = BODY) -> bytes:
    return b"MSH|^~\\&|LIS|LAB|HR|HOSP|20260105||ORU^R01|" + control_id.encode() + b"|P|2.5.1\r" + body


@asynccontextmanager
async def engine_on(site: Path):
    clock, ids, observer = SystemClock(), SystemIds(), RecordingObserver()
    around = {"site": site, "node": "node-1", "clock": clock, "ids": ids, "observer": observer}
    blobs = FILES.build(FILES.settings(), SiteServices(**around))
    store = SQLITE.build(SQLITE.settings(), SiteServices(**around, blobs=blobs))
    await store.open()
    intake = FrameIntake(store=store, clock=clock, ids=ids, observer=observer)
    services = SourceServices(name="lab", channel="labs", intake=intake, clock=clock, ids=ids, observer=observer)
    source = SOURCE.build(SOURCE.settings.model_validate({"listen": "127.0.0.1:0"}), services)
    address = (await source.start())[0]
    try:
        yield address, store
    finally:
        await source.stop()
        await store.close()


async def test_a_retransmission_after_a_restart_gets_the_first_answer(tmp_path):
    """The stored answer, byte for byte, large or small, from a new process on the same site; nothing is stored twice."""
    large = message("LARGE", BODY + b"OBX|1|ED|||^application^PDF^Base64^" + b"QUJD" * 100_000 + b"\r")
    async with engine_on(tmp_path) as (address, _):
        peer = await Peer.connect(address)
        first = [await peer.ask(message("SMALL")), await peer.ask(large)]
        await peer.close()
    async with engine_on(tmp_path) as (address, store):
        peer = await Peer.connect(address)
        assert [await peer.ask(message("SMALL")), await peer.ask(large)] == first
        await peer.close()
        stored = await store.search(MessageQuery())
        assert [item.control_id for item in stored] == ["LARGE", "SMALL"]
        assert await store.raw(stored[0].id) == large


async def test_commit_order_is_the_order_of_a_connection(tmp_path):
    """Pipelined frames, large ones between small ones, are committed as they were sent."""
    names = [f"N{number:02}" for number in range(40)]
    bodies = [BODY + (b"OBX|1|ED|||" + b"Z" * 140_000 + b"\r" if number % 7 == 3 else b"") for number in range(40)]
    async with engine_on(tmp_path) as (address, store):
        peer = await Peer.connect(address)
        await peer.send(b"".join(block(message(name, body)) for name, body in zip(names, bodies, strict=True)))
        answers = [await peer.answer() for _ in names]
        assert [answer.split(b"MSA|AA|")[1].split(b"\r")[0].decode() for answer in answers] == names
        stored = await store.search(MessageQuery(limit=100))
        assert [item.control_id for item in reversed(stored)] == names
        await peer.close()
