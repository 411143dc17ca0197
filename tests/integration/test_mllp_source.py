"""The `mllp` source on real loopback sockets, against an intake over an in-memory store."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import Any

import hl7
import pytest
from hl7.client import MLLPClient

from engine.pipeline.intake import FrameIntake
from engine.plugins.sources.mllp import PLUGIN
from engine.ports.services import SourceServices
from engine.ports.store import StoreFull
from tests.support.intake_fakes import AcceptingStore, CountingIds, HandClock, RecordingObserver
from tests.support.mllp_peer import Peer, block

BODY = b"PID|1||4711^^^HOSP^MR||TESTER^TONI\rOBR|1|P1|F1|24331-1^Lipids^LN\r"


def message(control_id: str = "M1", body: bytes = BODY, accept: bytes = b"") -> bytes:
    head = b"MSH|^~\\&|LIS|LAB|HR|HOSP|20260105||ORU^R01|" + control_id.encode() + b"|P|2.5.1"
    return head + b"|||" + accept + b"\r" + body


class Site:
    """A started source with its fakes."""

    def __init__(self, **settings: Any) -> None:
        self.clock = HandClock()
        self.observer = RecordingObserver()
        self.store = AcceptingStore()
        self.intake = FrameIntake(store=self.store, clock=self.clock, ids=CountingIds(), observer=self.observer)
        services = SourceServices(
            name="lab", channel="labs", intake=self.intake, clock=self.clock, ids=CountingIds(), observer=self.observer
        )
        self.settings = PLUGIN.settings.model_validate({"listen": "127.0.0.1:0", **settings})
        self.source = PLUGIN.build(self.settings, services)
        self.addresses: list[str] = []

    @property
    def address(self) -> str:
        return self.addresses[0]

    def errors(self, reason: str) -> int:
        return self.observer.counted("frame_errors", source="lab", reason=reason)

    async def until(self, condition) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0)

    async def sweep(self, seconds: float = 1.0) -> None:
        """Let the clock pass, with one sweep at its end."""
        await self.clock.asleep(1.0)
        await self.clock.advance(seconds)


@asynccontextmanager
async def running(**settings: Any):
    site = Site(**settings)
    site.addresses = list(await site.source.start())
    try:
        yield site
    finally:
        await site.source.stop()


def codes(answer: bytes) -> tuple[str, str]:
    segment = hl7.parse(answer.decode("latin-1")).segment("MSA")
    return str(segment[1]), str(segment[2])


async def test_plain_exchange():
    """A message is stored and answered; the connection stays open for the next."""
    async with running() as site:
        assert re.fullmatch(r"127\.0\.0\.1:\d+", site.address)
        peer = await Peer.connect(site.address)
        for number in range(3):
            assert codes(await peer.ask(message(f"M{number}"))) == ("AA", f"M{number}")
        assert [item.raw for item in site.store.messages] == [message(f"M{number}") for number in range(3)]
        await peer.close()


async def test_python_hl7_client():
    """The independent client of python-hl7 gets its answer."""
    async with running() as site:
        host, _, port = site.address.rpartition(":")

        def send() -> bytes:
            with MLLPClient(host, int(port)) as client:
                return client.send_message(message("INDEPENDENT").decode())

        answer = await asyncio.to_thread(send)
        assert codes(answer.strip(b"\x0b\x1c\r")) == ("AA", "INDEPENDENT")


async def test_single_bytes_and_two_frames_in_one_packet():
    """How the bytes are cut does not matter."""
    async with running() as site:
        peer = await Peer.connect(site.address)
        await peer.send_each_byte(block(message("SLOW")))
        assert codes(await peer.answer()) == ("AA", "SLOW")
        await peer.send(block(message("A")) + block(message("B")))
        assert [codes(await peer.answer())[1] for _ in range(2)] == ["A", "B"]
        await peer.close()


async def test_answers_leave_in_order_of_the_frames():
    """Pipelined frames are stored together; a refusal between them waits for its turn."""
    async with running() as site:
        site.store.gate = asyncio.Event()
        peer = await Peer.connect(site.address)
        frames = [message("A"), b"rubbish", message("B"), message("C", accept=b"NE"), message("D")]
        await peer.send(b"".join(block(frame) for frame in frames))
        await site.until(lambda: site.store.waiting == 4)
        site.store.gate.set()
        assert [codes(await peer.answer()) for _ in range(4)] == [("AA", "A"), ("AR", ""), ("AA", "B"), ("AA", "D")]
        await peer.close()


async def test_many_pipelined_frames():
    """More frames than may be under way at once all get their answer, in order."""
    async with running() as site:
        peer = await Peer.connect(site.address)
        await peer.send(b"".join(block(message(f"N{number}")) for number in range(300)))
        assert [codes(await peer.answer())[1] for _ in range(300)] == [f"N{number}" for number in range(300)]
        await peer.close()


async def test_large_frames_are_taken_alone_and_in_order():
    """A frame over 128 KiB reaches the store before what follows it."""
    async with running() as site:
        peer = await Peer.connect(site.address)
        big = message("BIG", BODY + b"OBX|1|ED|||^a^b^Base64^" + b"QUJD" * 100_000 + b"\r")
        await peer.send(block(message("ONE")) + block(big) + block(message("TWO")))
        assert [codes(await peer.answer())[1] for _ in range(3)] == ["ONE", "BIG", "TWO"]
        assert [item.control_id for item in site.store.messages] == ["ONE", "BIG", "TWO"]
        await peer.close()


async def test_noise_and_torn_frames():
    """Noise is counted, a torn frame kept, and the good frame after them answered."""
    async with running() as site:
        peer = await Peer.connect(site.address)
        await peer.send(b"hello\r\n" + b"\x0bMSH|^~\\&|torn" + block(message("GOOD")) + b"\n")
        assert codes(await peer.answer()) == ("AA", "GOOD")
        await site.until(lambda: site.store.fragments)
        assert site.store.fragments[0].data == b"MSH|^~\\&|torn"
        assert site.errors("noise_before") == 1
        assert site.errors("torn_by_start") == 1
        await peer.close()


async def test_missing_cr_is_complete_when_the_stream_pauses():
    """FS without CR: answered after a tenth of a second of silence."""
    async with running() as site:
        peer = await Peer.connect(site.address)
        await peer.send(b"\x0b" + message("NOCR") + b"\x1c")
        await site.clock.asleep(0.1)
        assert site.store.messages == []
        await site.clock.advance(0.1)
        assert codes(await peer.answer()) == ("AA", "NOCR")
        assert site.errors("missing_cr") == 1
        await peer.close()


async def test_strict_framing_drops_a_message_without_start():
    """`framing: strict` treats a message without VT as noise; lenient takes it."""
    for framing, expected in (("lenient", ["X", "Y"]), ("strict", ["Y"])):
        async with running(framing=framing) as site:
            peer = await Peer.connect(site.address)
            await peer.send(message("X") + b"\x1c\r" + block(message("Y")))
            assert [codes(await peer.answer())[1] for _ in expected] == expected
            await peer.close()


async def test_end_of_stream_after_a_frame():
    """A sender that shuts its side still gets its answer, then the connection closes."""
    async with running() as site:
        site.store.gate = asyncio.Event()
        peer = await Peer.connect(site.address)
        await peer.send(block(message("LAST")))
        peer.half_close()
        await site.until(lambda: site.store.waiting == 1)
        site.store.gate.set()
        rest = await peer.rest()
        assert rest.count(b"MSA|AA|LAST") == 1
        await site.until(lambda: not site.source._hub.connections)


async def test_end_of_stream_inside_a_frame():
    """Half a frame is kept for diagnosis and never answered."""
    async with running() as site:
        peer = await Peer.connect(site.address)
        await peer.send(b"\x0b" + message("HALF"))
        peer.half_close()
        assert await peer.rest() == b""
        await site.until(lambda: site.store.fragments)
        assert site.store.fragments[0].reason == "eof_in_frame"
        assert site.store.messages == []


@pytest.mark.parametrize("frames", [60, 200])
async def test_sender_that_leaves_at_once(frames):
    """Frames that were read completely are stored even when the connection is reset before the answer."""
    async with running() as site:
        site.store.gate = asyncio.Event()
        peer = await Peer.connect(site.address)
        await peer.send(b"".join(block(message(f"F{number}")) for number in range(frames)))
        await site.until(lambda: site.store.waiting == min(frames, 64))
        peer.reset()
        if frames == 60:  # with more, reading rests and nothing is noticed before the answers are written
            await _connections(site, 0)
        site.store.gate.set()
        await site.until(lambda: len(site.store.messages) == frames)
        await _connections(site, 0)
        await site.until(lambda: site.source._hub.budget.used == 0)


async def test_a_dead_peer_does_not_disturb_others():
    """A connection that is reset while its message is stored leaves the other one alone."""
    async with running() as site:
        site.store.gate = asyncio.Event()
        dead, alive = await Peer.connect(site.address), await Peer.connect(site.address)
        await dead.send(block(message("DEAD")))
        await alive.send(block(message("ALIVE")))
        await site.until(lambda: site.store.waiting == 2)
        dead.reset()
        site.store.gate.set()
        assert codes(await alive.answer()) == ("AA", "ALIVE")
        await alive.close()


async def test_oversize_frame():
    """Over `max_frame`: discarded while it streams by, AE with ERR 104, and the connection goes on."""
    async with running(max_frame="4KiB", max_in_flight="64KiB") as site:
        peer = await Peer.connect(site.address)
        await peer.send(block(message("HUGE", b"Z" * 10_000)))
        answer = await peer.answer()
        assert codes(answer) == ("AE", "HUGE")
        assert b"104^" in answer
        assert codes(await peer.ask(message("NEXT"))) == ("AA", "NEXT")
        exact = message("EXACT", b"")
        exact += b"Z" * (4096 - len(exact) - 1) + b"\r"
        assert codes(await peer.ask(exact))[0] == "AA"
        assert codes(await peer.ask(exact + b"Z"))[0] == "AE"
        assert site.errors("oversize") == 2
        await peer.close()


async def test_endless_frame_is_cut_off():
    """Four times the limit without an end: answered, then closed."""
    async with running(max_frame="4KiB", max_in_flight="64KiB") as site:
        peer = await Peer.connect(site.address)
        await peer.send(b"\x0b" + message("ENDLESS") + b"Z" * 20_000)
        assert codes((await peer.rest())[1:-2]) == ("AE", "ENDLESS")
        assert site.errors("overrun") == 1


async def test_slow_loris():
    """A frame that is not finished in time is kept as a fragment and its connection closed, dripping or not."""
    async with running(frame_timeout="60s") as site:
        peer, honest = await Peer.connect(site.address), await Peer.connect(site.address)
        await peer.send(b"\x0bMSH|^~\\&|")
        await site.until(lambda: any(item.buffered for item in site.source._hub.connections))
        await site.sweep(59)
        await peer.send(b"drip")
        await site.until(lambda: any(item.buffered == 13 for item in site.source._hub.connections))
        await site.sweep(2)
        assert await peer.rest() == b""
        assert [item.reason for item in site.store.fragments] == ["frame_timeout"]
        assert site.errors("frame_timeout") == 2  # the closed connection and the kept fragment
        assert codes(await honest.ask(message())) == ("AA", "M1")
        await honest.close()


async def test_slow_oversize_frame_is_answered():
    """Past the limit and past the time: AE with ERR 104, then closed."""
    async with running(max_frame="4KiB", max_in_flight="64KiB") as site:
        peer = await Peer.connect(site.address)
        await peer.send(b"\x0b" + message("TOOBIG") + b"Z" * 8000)
        (connection,) = await _connections(site, 1)
        await site.until(lambda: connection.received > 8000)
        await site.sweep(61)
        assert codes((await peer.rest())[1:-2]) == ("AE", "TOOBIG")
        assert site.store.fragments == []


async def _connections(site: Site, count: int) -> list[Any]:
    await site.until(lambda: len(site.source._hub.connections) == count)
    return list(site.source._hub.connections)


async def test_idle_timeout():
    """Only a silent connection is closed, and only where the setting says so."""
    async with running(idle_timeout="30s") as site:
        idle, busy = await Peer.connect(site.address), await Peer.connect(site.address)
        await _connections(site, 2)
        await site.sweep(29)
        assert codes(await busy.ask(message()))[0] == "AA"
        await site.sweep(2)
        assert await idle.rest() == b""
        assert codes(await busy.ask(message("M2")))[0] == "AA"
        await busy.close()
    async with running() as site:
        idle = await Peer.connect(site.address)
        await _connections(site, 1)
        await site.sweep(1_000_000)
        assert codes(await idle.ask(message()))[0] == "AA"
        await idle.close()


async def test_networks_that_may_connect():
    """A peer outside `allow` is cut off before anything is read; one inside is served."""
    async with running(allow=["192.0.2.0/24"]) as site:
        peer = await Peer.connect(site.address)
        assert await peer.rest() == b""
        assert site.errors("peer_not_allowed") == 1
        assert site.source._hub.connections == set()
    async with running(allow=["127.0.0.0/8"]) as site:
        peer = await Peer.connect(site.address)
        assert codes(await peer.ask(message()))[0] == "AA"
        await peer.close()


async def test_connection_limit():
    """Above `max_connections` a peer is closed at once; when one leaves, the next may come."""
    async with running(max_connections=2) as site:
        peers = [await Peer.connect(site.address) for _ in range(2)]
        await _connections(site, 2)
        assert await (await Peer.connect(site.address)).rest() == b""
        assert site.errors("too_many_connections") == 1
        await peers.pop().close()
        await _connections(site, 1)
        late = await Peer.connect(site.address)
        assert codes(await late.ask(message()))[0] == "AA"
        await late.close()
        await peers[0].close()


async def test_a_flood_of_refusals_is_noted_once_a_second():
    """Each refusal is counted, the log gets one line."""
    async with running(allow=["192.0.2.0/24"]) as site:
        for _ in range(5):
            await (await Peer.connect(site.address)).rest()
        assert site.errors("peer_not_allowed") == 5
        assert len(site.observer.events("mllp.refused")) == 1


async def test_several_addresses_and_ipv6():
    """One source listens on several addresses, IPv6 among them."""
    async with running(listen=["127.0.0.1:0", "[::1]:0"]) as site:
        assert len(site.addresses) == 2
        assert site.addresses[1].startswith("[::1]:")
        for number, address in enumerate(site.addresses):
            peer = await Peer.connect(address)
            assert codes(await peer.ask(message(f"V{number}")))[0] == "AA"
            await peer.close()


async def test_an_address_in_use_binds_nothing():
    """When one address cannot be bound start fails and the others are free again."""
    async with running() as site:
        other = Site(listen=["127.0.0.1:0", site.address])
        with pytest.raises(OSError, match="in use"):
            await other.source.start()
        assert other.source._servers == []


async def test_stop_answers_what_was_read():
    """On stop nothing new is taken; a message that was read is stored, answered, and then the connection closes."""
    site = Site()
    site.addresses = list(await site.source.start())
    site.store.gate = asyncio.Event()
    peer, idle, half = [await Peer.connect(site.address) for _ in range(3)]
    await half.send(b"\x0bMSH|half")
    await peer.send(block(message("INFLIGHT")))
    await site.until(lambda: site.store.waiting == 1 and any(c.buffered for c in site.source._hub.connections))
    stopping = asyncio.create_task(site.source.stop())
    await site.until(lambda: site.source._hub is None)
    with pytest.raises(OSError):
        await Peer.connect(site.address)
    site.store.gate.set()
    await stopping
    assert (await peer.rest()).count(b"MSA|AA|INFLIGHT") == 1
    assert await idle.rest() == b""
    assert await half.rest() == b""
    assert [item.data for item in site.store.fragments] == [b"MSH|half"]


async def test_store_full_is_told_to_the_sender():
    """A refusing store gives AR with ERR 207 and the connection stays open."""
    async with running() as site:
        site.store.trouble = StoreFull("full")
        peer = await Peer.connect(site.address)
        answer = await peer.ask(message())
        assert codes(answer)[0] == "AR"
        assert b"207^" in answer
        site.store.trouble = None
        assert codes(await peer.ask(message()))[0] == "AA"
        await peer.close()


async def test_a_defect_of_ours_is_no_answer():
    """When intake itself fails the connection closes without an answer, after the answers before it."""
    async with running() as site:
        site.store.gate = asyncio.Event()
        peer = await Peer.connect(site.address)
        await peer.send(block(b"rubbish") + block(message("BROKEN")) + block(message("AFTER")))
        await site.until(lambda: site.store.waiting == 2)
        site.store.trouble = RuntimeError("defect")
        site.store.gate.set()
        rest = await peer.rest()
        assert rest.count(b"\x0b") == 1
        assert b"MSA|AR|" in rest
        assert site.errors("intake_failed") == 2
        assert site.observer.events("mllp.closed")[0]["error"] == "RuntimeError"


async def test_back_pressure():
    """Above the byte budget nobody is read; frames finish one after another, all are answered, and it opens again."""
    size = 1_000_000
    async with running(max_frame="2MiB", max_in_flight="2MiB") as site:
        hub = site.source._hub
        peers = [await Peer.connect(site.address) for _ in range(8)]
        await _connections(site, 8)
        body = BODY + b"OBX|1|ED|||" + b"Z" * size + b"\r"
        asking = [asyncio.create_task(peer.ask(message(f"BIG{n}", body))) for n, peer in enumerate(peers)]
        peak = 0

        async def watch() -> None:
            nonlocal peak
            while len(site.store.messages) < 8:
                peak = max(peak, hub.budget.used)
                await asyncio.sleep(0)

        async with asyncio.timeout(20):
            await watch()
            answers = [await task for task in asking]
        assert sorted(codes(answer)[1] for answer in answers) == [f"BIG{n}" for n in range(8)]
        assert {len(item.raw) for item in site.store.messages} == {len(message("BIG0", body))}
        assert peak < 2 * 1024 * 1024 + size + 8 * 256 * 1024
        assert (hub.budget.used, hub.budget.is_over) == (0, False)
        late = await Peer.connect(site.address)
        assert codes(await late.ask(message("LATE")))[0] == "AA"
        for peer in (*peers, late):
            await peer.close()


async def test_back_pressure_waits_for_the_store():
    """While the store holds complete frames a new connection is accepted but not read; then it is served."""
    async with running(max_frame="64KiB", max_in_flight="64KiB") as site:
        site.store.gate = asyncio.Event()
        full, late = await Peer.connect(site.address), await Peer.connect(site.address)
        await _connections(site, 2)
        await full.send(block(message("FULL", BODY + b"Z" * 65_300)))
        await site.until(lambda: site.source._hub.budget.is_over)
        newest = await Peer.connect(site.address)
        await _connections(site, 3)
        await late.send(block(message("LATE")))
        await newest.send(block(message("NEWEST")))
        await site.sweep(120)
        assert sorted(item.received for item in site.source._hub.connections)[:2] == [0, 0]
        assert site.store.waiting == 1
        assert site.observer.counted("in_flight_bytes", source="lab") == site.source._hub.budget.used
        site.store.gate.set()
        assert codes(await full.answer())[0] == "AA"
        assert codes(await late.answer())[0] == "AA"
        assert codes(await newest.answer())[0] == "AA"
        for peer in (full, late, newest):
            await peer.close()


async def test_time_spent_waiting_for_us_does_not_count():
    """A half-sent frame that the budget holds back is not timed out for it."""
    async with running(max_frame="64KiB", max_in_flight="64KiB", frame_timeout="60s") as site:
        site.store.gate = asyncio.Event()
        half, full = await Peer.connect(site.address), await Peer.connect(site.address)
        await half.send(b"\x0b" + message("HALF")[:60])
        await site.until(lambda: any(item.buffered for item in site.source._hub.connections))
        await full.send(block(message("FULL", BODY + b"Z" * 65_300)))
        await site.until(lambda: site.source._hub.budget.is_over)
        await site.sweep(600)
        site.store.gate.set()
        await full.answer()
        await site.sweep(50)
        await half.send(message("HALF")[60:] + b"\x1c\r")
        assert codes(await half.answer()) == ("AA", "HALF")
        await half.close()
        await full.close()


@pytest.mark.slow
async def test_a_peer_that_does_not_read_its_answers():
    """Unread answers stop the reading of that connection only; after `frame_timeout` it is closed."""
    async with running(frame_timeout="60s") as site:
        reader, writer = await asyncio.open_connection(*_host_port(site.address), limit=1024)
        honest = await Peer.connect(site.address)
        flood = block(message("X" * 1000)) * 100

        async def pour() -> None:
            while True:
                writer.write(flood)
                await writer.drain()

        pouring = asyncio.create_task(pour())
        hub = site.source._hub
        await site.until(lambda: any(item._hold & 2 for item in hub.connections))
        assert codes(await honest.ask(message("HONEST")))[0] == "AA"
        await site.sweep(61)
        await site.until(lambda: len(hub.connections) == 1)
        assert site.errors("answers_not_read") == 1
        pouring.cancel()
        await asyncio.wait({pouring})
        writer.transport.abort()
        await honest.close()
        assert reader is not None


def _host_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


async def test_gauge_of_connections():
    """Connections are counted up and down, refused ones not at all."""
    async with running(max_connections=2) as site:
        peers = [await Peer.connect(site.address) for _ in range(2)]
        await _connections(site, 2)
        await (await Peer.connect(site.address)).rest()
        assert site.observer.counted("connections", source="lab") == 2
        for peer in peers:
            await peer.close()
        await _connections(site, 0)
        assert site.observer.counted("connections", source="lab") == 0


async def test_reading_stops_while_the_store_does_not_keep_up():
    """From half pressure on nothing more is read, on old and new connections; what was read is answered; then it goes on."""
    async with running() as site:
        first = await Peer.connect(site.address)
        site.store.pressure = 0.5
        assert codes(await first.ask(message("A"))) == ("AA", "A")
        second = await Peer.connect(site.address)
        await site.until(lambda: len(site.source._hub.connections) == 2)
        await first.send(block(message("B")))
        await second.send(block(message("C")))
        for _ in range(50):
            await asyncio.sleep(0)
        assert [item.control_id for item in site.store.messages] == ["A"]
        assert site.errors("store_pressed") == 1
        site.store.pressure = 0.4
        await site.clock.advance(0.005)
        assert codes(await first.answer()) == ("AA", "B")
        assert codes(await second.answer()) == ("AA", "C")
        await first.close()
        await second.close()


async def test_word_said_later_comes_behind_the_answers_that_are_due():
    """A late payload waits for the answers of frames read before it, and is refused where the connection is gone."""
    async with running() as site:
        site.store.gate = asyncio.Event()
        peer = await Peer.connect(site.address)
        await peer.send(block(message("A")))
        await site.until(lambda: site.store.waiting == 1)
        said = asyncio.create_task(site.source.answer("1", b"LATE"))
        await asyncio.sleep(0)
        site.store.gate.set()
        assert codes(await peer.answer()) == ("AA", "A")
        assert await peer.answer() == b"LATE"
        assert await said
        await peer.close()
        await site.until(lambda: not site.source._hub.connections)
        assert not await site.source.answer("1", b"LATE")
